//! A git repository on disk, in as few lines as a sandbox needs.
//!
//! Objects are loose, zlib-compressed and named by their SHA-1; refs are files; `HEAD` names the
//! default branch. That is all git asks of a bare repository, so `git log` and `git fsck` in the
//! sandbox's folder show what an agent committed. Packs, the index, the reflog and remotes are
//! absent: nothing here needs them.
//!
//! ```text
//! object   bytes <-> blob, tree, commit
//! store    objects on disk
//! refs     branches on disk
//! tree     changing and listing trees
//! history  ancestry, logs, what a commit changed
//! diff     two texts by lines, in hunks
//! compare  two commits file by file: hunks, renames, the commit both come from
//! repository  all of it together: "these files, on this branch, by this person"
//! import   a work tree, or the bundled sample, as a list of files
//! archive  a commit as the .tar.gz that GitHub sends
//! ```

mod archive;
mod compare;
mod diff;
mod history;
mod import;
mod object;
mod refs;
mod repository;
mod store;
mod tree;

pub use self::compare::{FileChange, FileKind};
pub use self::diff::{DiffLine, Hunk, LineKind, hunks, moved_line};
pub use self::history::{Change, ChangeKind};
pub use self::import::{SAMPLE_NAME, WorkFile, sample, work_tree};
pub use self::object::{Commit, Kind, Mode, Signature, TreeEntry};
pub use self::refs::{RefConflict, is_valid_branch};
pub use self::repository::Repository;
pub use self::tree::{Placed, TreeChange};

use std::path::PathBuf;

use crate::base::Sha;

/// What can go wrong with a repository on disk.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No object has this name.
    #[error("there is no object {0}")]
    Missing(Sha),
    /// The object exists but is of another kind.
    #[error("object {sha} is a {found}, not a {wanted}")]
    WrongKind {
        /// Its name.
        sha: Sha,
        /// What was asked for.
        wanted: Kind,
        /// What it is.
        found: Kind,
    },
    /// The bytes are not a git object.
    #[error("object {0} is damaged")]
    Damaged(Sha),
    /// A path cannot stand in a tree.
    #[error("`{0}` cannot be a path in a tree")]
    BadPath(String),
    /// A branch cannot have this name beside the others.
    #[error(transparent)]
    Ref(#[from] RefConflict),
    /// A folder to import cannot be read.
    #[error("cannot read {path}: {reason}")]
    Import {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The disk failed.
    #[error("the sandbox's repository on disk failed: {0}")]
    Io(#[from] std::io::Error),
}

#[cfg(test)]
mod tests;
