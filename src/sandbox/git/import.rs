//! Where a sandbox repository's first commit comes from: a folder on this machine, or the sample.

use std::fs;
use std::path::Path;

use ignore::WalkBuilder;

use super::GitError;
use super::object::Mode;

/// The name of the bundled sample repository.
pub const SAMPLE_NAME: &str = "helpdesk";

/// A larger file is left out of an import: GitHub refuses files over 100 MB, and nobody plans
/// with one.
const IMPORT_FILE_BYTES_MAX: u64 = 25 * 1024 * 1024;

/// One file to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkFile {
    /// From the root of the work tree, with `/`.
    pub path: String,
    /// File, executable or symbolic link.
    pub mode: Mode,
    /// Its bytes; a link's are the path of its target.
    pub bytes: Vec<u8>,
}

/// Reads a work tree as git would add it: `.gitignore` is respected, hidden files belong, `.git`
/// does not.
///
/// # Errors
/// When the folder is absent or a file cannot be read.
pub fn work_tree(folder: &Path) -> Result<Vec<WorkFile>, GitError> {
    let failed = |path: &Path, reason: String| GitError::Import { path: path.to_owned(), reason };
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(|it| it.file_name() != ".git")
        .sort_by_file_path(Ord::cmp)
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|it| failed(folder, it.to_string()))?;
        let Some(kind) = entry.file_type().filter(|it| !it.is_dir()) else { continue };
        let path = entry.path();
        let Ok(relative) = path.strip_prefix(folder) else { continue };
        // A name that is not Unicode cannot travel in GitHub's JSON.
        let Some(name) = relative.to_str() else { continue };
        let broken = |it: std::io::Error| failed(path, it.to_string());
        let (mode, bytes) = if kind.is_symlink() {
            let target = fs::read_link(path).map_err(broken)?;
            (Mode::Symlink, target.to_string_lossy().into_owned().into_bytes())
        } else if kind.is_file() {
            let about = fs::metadata(path).map_err(broken)?;
            if IMPORT_FILE_BYTES_MAX < about.len() {
                continue;
            }
            (file_mode(&about), fs::read(path).map_err(broken)?)
        } else {
            continue;
        };
        files.push(WorkFile { path: name.replace('\\', "/"), mode, bytes });
    }
    Ok(files)
}

/// The bundled sample: a small Rust service with tests, documents and a CI workflow.
pub fn sample() -> Vec<WorkFile> {
    SAMPLE
        .iter()
        .map(|(path, text)| WorkFile {
            path: (*path).to_owned(),
            mode: Mode::File,
            bytes: text.as_bytes().to_vec(),
        })
        .collect()
}

#[cfg(unix)]
fn file_mode(about: &fs::Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;

    match about.permissions().mode() & 0o100 {
        0 => Mode::File,
        _ => Mode::Executable,
    }
}

#[cfg(not(unix))]
fn file_mode(_: &fs::Metadata) -> Mode {
    Mode::File
}

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../sample/", $path)))),*]
    };
}

const SAMPLE: &[(&str, &str)] = embedded![
    ".github/workflows/ci.yml",
    ".gitignore",
    "CLAUDE.md",
    "Cargo.toml",
    "README.md",
    "docs/architecture.md",
    "documents/returns.md",
    "documents/shipping.md",
    "migrations/0001_documents.sql",
    "src/config.rs",
    "src/document.rs",
    "src/http.rs",
    "src/index.rs",
    "src/lib.rs",
    "src/main.rs",
    "src/rag.rs",
    "src/tokenize.rs",
    "tests/answers.rs",
];
