//! Committing a change of several files to one of Baton's branches.

use serde_json::{Value, json};

use super::call::Call;
use super::error::GitHubError;
use super::git::{branch_head, commit};
use super::port::WritePort;
use crate::base::Sha;
use crate::github::branch::BatonRef;

/// A change of one path. Whether Baton may write there is decided before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// A text, new or replaced as a whole.
    Write {
        /// The path from the root, with slashes.
        path: String,
        /// The whole text.
        content: String,
        /// Its mode; for a file that is there already, the one it has.
        mode: FileMode,
    },
    /// Bytes that the repository has already: how a file comes to a new path untouched, be it text
    /// or not.
    Place {
        /// The path from the root, with slashes.
        path: String,
        /// The object id of the bytes.
        blob: Sha,
        /// Its mode; for a moved file, the one it had.
        mode: FileMode,
    },
    /// A file that goes.
    Delete {
        /// The path from the root, with slashes.
        path: String,
    },
}

/// Whether a regular file may be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileMode {
    /// It may not.
    #[default]
    Regular,
    /// It may.
    Executable,
}

impl FileMode {
    fn git(self) -> &'static str {
        match self {
            FileMode::Regular => "100644",
            FileMode::Executable => "100755",
        }
    }
}

impl FileChange {
    /// A file that moves, its bytes and mode unchanged.
    pub fn moved(from: &str, to: &str, blob: Sha, mode: FileMode) -> [FileChange; 2] {
        [
            FileChange::Delete { path: from.to_owned() },
            FileChange::Place { path: to.to_owned(), blob, mode },
        ]
    }

    fn entry(&self) -> Value {
        match self {
            FileChange::Write { path, content, mode } => {
                json!({ "path": path, "mode": mode.git(), "type": "blob", "content": content })
            }
            FileChange::Place { path, blob, mode } => {
                json!({ "path": path, "mode": mode.git(), "type": "blob", "sha": blob })
            }
            // GitHub wants a mode here too, and does not look at it.
            FileChange::Delete { path } => {
                let mode = FileMode::Regular.git();
                json!({ "path": path, "mode": mode, "type": "blob", "sha": null })
            }
        }
    }
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// The branch points to it.
    Done(Sha),
    /// The changes change nothing, so there is no commit.
    Unchanged,
    /// The branch does not point to the expected commit, or not any more. It stays as it is.
    HeadMoved {
        /// Where it points; `None` if it is gone.
        head: Option<Sha>,
    },
}

impl WritePort {
    /// Commits `changes` on top of `expected`, to which `branch` must point, never by force. The
    /// caller puts trailers into the message, by which the commit is found again.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unprocessable`] for a change that cannot be made, as deleting what is not
    /// there. [`GitHubError::outcome_unknown`] errors may have moved the branch: look for the
    /// trailer first.
    pub async fn commit_files(
        &self,
        branch: &BatonRef,
        expected: &Sha,
        message: &str,
        changes: &[FileChange],
    ) -> Result<Committed, GitHubError> {
        // A branch that was set back would take the commit, and with it what was dropped from it.
        let head = branch_head(&self.port, branch.as_str()).await?;
        if head.as_ref() != Some(expected) {
            return Ok(Committed::HeadMoved { head });
        }
        let base = commit(&self.port, expected).await?.tree;
        let base = base.ok_or_else(|| GitHubError::unexpected("a commit without a tree"))?;
        let entries: Vec<_> = changes.iter().map(FileChange::entry).collect();
        let body = json!({ "base_tree": base, "tree": entries });
        let tree = self.object(&Call::post("/repos/{owner}/{repo}/git/trees", body)).await?;
        if tree == base {
            return Ok(Committed::Unchanged);
        }
        let made = self.create_commit(message, &tree, &[expected]).await?;
        let error = match self.update_branch(branch, &made).await {
            Ok(()) => return Ok(Committed::Done(made)),
            Err(error) => error,
        };
        let may_have_moved = matches!(
            error,
            GitHubError::NotFastForward
                | GitHubError::NotFound
                | GitHubError::Unprocessable { .. }
                | GitHubError::Conflict { .. }
        );
        if !may_have_moved {
            return Err(error);
        }
        let head = branch_head(&self.port, branch.as_str()).await?;
        let moved = error == GitHubError::NotFastForward || head.as_ref() != Some(expected);
        if moved { Ok(Committed::HeadMoved { head }) } else { Err(error) }
    }
}
