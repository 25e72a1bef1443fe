//! Branches: one file each under `refs/heads`, holding a commit's name.

use std::fs;
use std::path::{Path, PathBuf};

use super::GitError;
use crate::base::Sha;

/// Why a branch cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefConflict {
    /// Git forbids the name.
    #[error("`{0}` is not a valid branch name")]
    BadName(String),
    /// It exists.
    #[error("branch `{0}` already exists")]
    Exists(String),
    /// `a` and `a/b` cannot both be branches, because a ref is a file.
    #[error("branch `{wanted}` cannot stand beside branch `{existing}`")]
    Blocked {
        /// The new one.
        wanted: String,
        /// The one in its way.
        existing: String,
    },
}

/// Whether git allows a branch of this name (the rules of `git check-ref-format --branch`).
pub fn is_valid_branch(name: &str) -> bool {
    let part_is_good =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let bad_character = |c: char| {
        c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    name.split('/').all(part_is_good)
        && !name.contains(bad_character)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with('-')
        && name != "@"
        && name != "HEAD"
        && name.len() <= 244
}

/// The branches of one repository.
#[derive(Debug)]
pub(super) struct Refs {
    heads: PathBuf,
}

impl Refs {
    pub(super) fn open(git_dir: &Path, default_branch: &str) -> Result<Refs, GitError> {
        let heads = git_dir.join("refs/heads");
        fs::create_dir_all(&heads)?;
        fs::write(git_dir.join("HEAD"), format!("ref: refs/heads/{default_branch}\n"))?;
        let config = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";
        fs::write(git_dir.join("config"), config)?;
        Ok(Refs { heads })
    }

    /// All branches by name.
    pub(super) fn all(&self) -> Result<Vec<(String, Sha)>, GitError> {
        let mut found = Vec::new();
        collect(&self.heads, "", &mut found)?;
        found.sort();
        Ok(found)
    }

    pub(super) fn get(&self, branch: &str) -> Option<Sha> {
        if !is_valid_branch(branch) {
            return None;
        }
        let text = fs::read_to_string(self.heads.join(branch)).ok()?;
        Some(Sha(text.trim().to_owned()))
    }

    /// Makes a branch.
    pub(super) fn create(&self, branch: &str, sha: &Sha) -> Result<(), GitError> {
        if !is_valid_branch(branch) {
            return Err(RefConflict::BadName(branch.to_owned()).into());
        }
        for (existing, _) in self.all()? {
            if existing == branch {
                return Err(RefConflict::Exists(existing).into());
            }
            let inside = |outer: &str, inner: &str| inner.starts_with(&format!("{outer}/"));
            if inside(&existing, branch) || inside(branch, &existing) {
                let wanted = branch.to_owned();
                return Err(RefConflict::Blocked { wanted, existing }.into());
            }
        }
        self.write(branch, sha)
    }

    /// Points a branch elsewhere, wherever it pointed before.
    pub(super) fn write(&self, branch: &str, sha: &Sha) -> Result<(), GitError> {
        let path = self.heads.join(branch);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let draft = self.heads.with_file_name("draft.lock");
        fs::write(&draft, format!("{sha}\n"))?;
        fs::rename(draft, path)?;
        Ok(())
    }

    /// Deletes a branch and the folders that only it needed, so that `a` may follow `a/b`.
    pub(super) fn delete(&self, branch: &str) -> Result<(), GitError> {
        let path = self.heads.join(branch);
        fs::remove_file(&path)?;
        for folder in path.ancestors().skip(1).take_while(|it| *it != self.heads) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, Sha)>) -> Result<(), GitError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push((name, Sha(fs::read_to_string(entry.path())?.trim().to_owned())));
        }
    }
    Ok(())
}
