//! Writing git: a tree and a commit, which nobody sees, and then one of Baton's own branches.

use serde_json::json;

use super::app::Anything;
use super::call::Call;
use super::error::GitHubError;
use super::git::{WireSha, branch_head};
use super::port::WritePort;
use crate::base::Sha;
use crate::github::branch::BatonRef;

/// A text file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// The path from the root, with slashes. Whether Baton may write there is decided before.
    pub path: String,
    /// The whole text.
    pub content: String,
}

/// What became of a new branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchCreated {
    /// It is there now.
    Created,
    /// It was there before and points to this commit.
    Exists(Sha),
    /// A branch named `baton` blocks every `baton/…`: use [`BatonRef::fallback`].
    Blocked,
}

impl WritePort {
    /// Stores a tree: `base` with `files` added or replaced.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Conflict`] if the repository has no commits.
    pub async fn create_tree(&self, base: &Sha, files: &[NewFile]) -> Result<Sha, GitHubError> {
        let entries: Vec<_> = files
            .iter()
            .map(|it| {
                json!({ "path": it.path, "mode": "100644", "type": "blob", "content": it.content })
            })
            .collect();
        let body = json!({ "base_tree": base, "tree": entries });
        self.object(&Call::post("/repos/{owner}/{repo}/git/trees", body)).await
    }

    /// Stores a commit on top of `parents`; the first is what a branch moves on from. Author and committer are left to GitHub, which signs
    /// the commits of Apps only then. The caller puts trailers into the message.
    ///
    /// # Errors
    ///
    /// Only what any call can meet. A commit that no branch names is harmless.
    pub async fn create_commit(
        &self,
        message: &str,
        tree: &Sha,
        parents: &[&Sha],
    ) -> Result<Sha, GitHubError> {
        let body = json!({ "message": message, "tree": tree, "parents": parents });
        self.object(&Call::post("/repos/{owner}/{repo}/git/commits", body)).await
    }

    /// Makes one of Baton's branches. What stands in the way is looked up, not guessed from the
    /// error's words.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn create_branch(
        &self,
        branch: &BatonRef,
        sha: &Sha,
    ) -> Result<BranchCreated, GitHubError> {
        let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
        let call = Call::post("/repos/{owner}/{repo}/git/refs", body);
        let error = match self.port.fetch::<Anything>(&call).await {
            Ok(_) => return Ok(BranchCreated::Created),
            Err(error) => error,
        };
        if !matches!(error, GitHubError::Unprocessable { .. } | GitHubError::Conflict { .. }) {
            return Err(error);
        }
        if let Some(head) = branch_head(&self.port, branch.as_str()).await? {
            return Ok(BranchCreated::Exists(head));
        }
        let nested = branch.as_str().starts_with("baton/");
        if nested && branch_head(&self.port, "baton").await?.is_some() {
            return Ok(BranchCreated::Blocked);
        }
        Err(error)
    }

    /// Moves one of Baton's branches forward to `sha`, never by force.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFastForward`] if the branch holds commits that `sha` does not;
    /// [`GitHubError::NotFound`] or [`GitHubError::Unprocessable`] if the branch was deleted.
    pub async fn update_branch(&self, branch: &BatonRef, sha: &Sha) -> Result<(), GitHubError> {
        let body = json!({ "sha": sha, "force": false });
        let call = Call::patch("/repos/{owner}/{repo}/git/refs/heads/{ref}", body);
        match self.port.perform(&call.with("ref", branch)).await {
            Err(GitHubError::Unprocessable { message } | GitHubError::Conflict { message })
                if is_not_fast_forward(&message) =>
            {
                Err(GitHubError::NotFastForward)
            }
            other => other,
        }
    }

    pub(super) async fn object(&self, call: &Call) -> Result<Sha, GitHubError> {
        let object: WireSha = self.port.fetch(call).await?;
        object.sha.0.map(Sha).ok_or_else(|| GitHubError::unexpected("an object without an id"))
    }
}

fn is_not_fast_forward(message: &str) -> bool {
    let message = message.to_lowercase().replace('-', " ");
    message.contains("fast forward")
}
