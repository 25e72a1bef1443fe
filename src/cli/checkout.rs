//! A folder of this machine as a repository: its files, and a name that GitHub would allow.

use std::path::{Path, PathBuf};

use crate::sandbox::git::{self, GitError, WorkFile};

/// More files than this are more likely a home folder than a repository.
const FILES_MAX: usize = 50_000;

/// What was read.
pub struct Checkout {
    /// The folder's name, as a repository's.
    pub name: String,
    /// Its files, `.gitignore` respected.
    pub files: Vec<WorkFile>,
}

/// Why a folder cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// It is not there, or is a file.
    #[error("{0} is not a folder; name the folder of a checkout")]
    NotAFolder(PathBuf),
    /// Nothing to plan with.
    #[error("{0} has no files that git would add; name the folder of a checkout")]
    Empty(PathBuf),
    /// Far too much.
    #[error("{0} has more than {FILES_MAX} files; name the folder of one repository")]
    TooLarge(PathBuf),
    /// Something in it cannot be read.
    #[error(transparent)]
    Unreadable(#[from] GitError),
}

/// Reads the files of `folder`. Nothing in it is changed.
///
/// # Errors
/// See [`CheckoutError`].
pub fn read(folder: &Path) -> Result<Checkout, CheckoutError> {
    if !folder.is_dir() {
        return Err(CheckoutError::NotAFolder(folder.to_owned()));
    }
    let files = git::work_tree(folder)?;
    if files.is_empty() {
        return Err(CheckoutError::Empty(folder.to_owned()));
    }
    if FILES_MAX < files.len() {
        return Err(CheckoutError::TooLarge(folder.to_owned()));
    }
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().map(|it| it.to_string_lossy().into_owned());
    Ok(Checkout { name: repository_name(&name.unwrap_or_default()), files })
}

/// GitHub allows letters, digits, `-`, `_` and `.`; others become `-`.
fn repository_name(folder: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = folder.chars().map(|c| if allowed(c) { c } else { '-' }).take(100).collect();
    match name.trim_matches(['-', '.']) {
        "" => "repository".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: &str, expected: &str) {
        assert_eq!(repository_name(folder), expected);
    }

    #[test]
    fn names_are_what_github_allows() {
        check("helpdesk", "helpdesk");
        check("my project", "my-project");
        check("../..", "repository");
        check("", "repository");
        check("größe", "gr--e");
    }

    #[test]
    fn what_is_no_checkout_is_refused_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let text = |path: &Path| read(path).err().map(|it| it.to_string()).unwrap_or_default();
        assert!(text(&folder.path().join("absent")).contains("is not a folder"));
        assert!(text(folder.path()).contains("has no files"));
        std::fs::write(folder.path().join("a.txt"), "a").unwrap();
        assert_eq!(read(folder.path()).unwrap().files.len(), 1);
        assert!(text(&folder.path().join("a.txt")).contains("is not a folder"));
    }
}
