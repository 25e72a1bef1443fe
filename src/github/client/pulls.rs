//! Pull requests of Baton's own branches.

use serde_json::json;

use super::call::Call;
use super::error::GitHubError;
use super::port::{Port, ReadPort, WritePort};
use crate::base::{IssueNumber, Sha};
use crate::domain::incoming::Account;
use crate::github::branch::BatonRef;
use crate::github::lenient::List;
use crate::github::wire::{WirePull, WireUser};

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: IssueNumber,
    /// Its id for GraphQL; servers without GraphQL have none.
    pub node_id: Option<String>,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
    /// Who opened it.
    pub author: Option<Account>,
    /// The branch it comes from.
    pub head_ref: String,
    /// The commit it ends with.
    pub head_sha: Option<Sha>,
    /// Whether its branch stands in this repository, not in a fork.
    pub same_repository: bool,
    /// The branch it goes to.
    pub base_ref: String,
    /// The commit that branch had when the pull request last looked.
    pub base_sha: Option<Sha>,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
    /// The commit of the merge.
    pub merge_commit: Option<Sha>,
    /// Whether it can be merged without a conflict; `None` while GitHub finds out, which takes it
    /// some seconds after each push, and in lists.
    pub mergeable: Option<bool>,
    /// Whether it is a draft.
    pub draft: bool,
    /// Its page, for links.
    pub url: Option<String>,
}

/// A pull request to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPullRequest {
    /// Where it comes from.
    pub head: BatonRef,
    /// Where it goes to.
    pub base: String,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
    /// Whether as a draft.
    pub draft: bool,
}

/// What became of a new pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullRequestOpened {
    /// It is there now.
    Opened(PullRequest),
    /// An open one of this branch was there before.
    Exists(PullRequest),
    /// The repository's plan has no drafts: open an ordinary one that says so in its title.
    DraftsUnsupported,
}

impl ReadPort {
    /// A pull request as it is now.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if there is none of that number.
    pub async fn pull_request(&self, number: IssueNumber) -> Result<PullRequest, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/pulls/{number}").with("number", number);
        read(&self.port, self.port.fetch(&call).await?)
    }

    /// The pull requests that come from one of Baton's branches, open and closed, newest first.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn pull_requests_of(&self, head: &BatonRef) -> Result<Vec<PullRequest>, GitHubError> {
        pull_requests_of(&self.port, head).await
    }
}

impl WritePort {
    /// Opens a pull request. A refused one is looked up before it counts as an error.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unprocessable`] for what cannot be opened, as without any commit of its own.
    pub async fn open_pull_request(
        &self,
        new: &NewPullRequest,
    ) -> Result<PullRequestOpened, GitHubError> {
        let body = json!({
            "title": new.title,
            "body": new.body,
            "head": new.head.as_str(),
            "base": new.base,
            "draft": new.draft,
        });
        let call = Call::post("/repos/{owner}/{repo}/pulls", body);
        let (error, message) = match self.port.fetch(&call).await {
            Ok(pull) => return read(&self.port, pull).map(PullRequestOpened::Opened),
            Err(GitHubError::Unprocessable { message }) => {
                (GitHubError::Unprocessable { message: message.clone() }, message)
            }
            Err(error) => return Err(error),
        };
        if new.draft && message.to_lowercase().contains("draft") {
            return Ok(PullRequestOpened::DraftsUnsupported);
        }
        let existing = pull_requests_of(&self.port, &new.head).await?;
        existing.into_iter().find(|it| it.open).map(PullRequestOpened::Exists).ok_or(error)
    }
}

async fn pull_requests_of(port: &Port, head: &BatonRef) -> Result<Vec<PullRequest>, GitHubError> {
    let owner = port.name().owner;
    let call = Call::get("/repos/{owner}/{repo}/pulls")
        .query("head", format!("{owner}:{head}"))
        .query("state", "all")
        .query("per_page", 100);
    let (list, _) = port.fetch_list::<List<WirePull>>(&call).await?;
    // Some servers ignore the filter, and an organization may hold a fork of its own repository.
    let list = list.0.into_iter().filter_map(|it| read(port, it).ok());
    Ok(list.filter(|it| it.same_repository && it.head_ref == head.as_str()).collect())
}

pub(super) fn read(port: &Port, pull: WirePull) -> Result<PullRequest, GitHubError> {
    let number = pull.number.0;
    let number =
        number.ok_or_else(|| GitHubError::unexpected("a pull request without a number"))?;
    let same_repository = is_ours(port, &pull);
    let (merged, merge_commit) = (pull.is_merged(), pull.merge_commit());
    let (head, base) = (pull.head.0.unwrap_or_default(), pull.base.0.unwrap_or_default());
    Ok(PullRequest {
        number: IssueNumber(number),
        node_id: pull.node_id.0.filter(|it| !it.is_empty()),
        title: pull.title.or_empty(),
        body: pull.body.or_empty(),
        author: pull.user.0.and_then(WireUser::account),
        head_ref: head.git_ref.or_empty(),
        head_sha: head.sha.0.map(Sha),
        same_repository,
        base_ref: base.git_ref.or_empty(),
        base_sha: base.sha.0.map(Sha),
        open: pull.state.0.as_deref() != Some("closed"),
        merged,
        merge_commit,
        mergeable: pull.mergeable.0,
        draft: pull.draft.is_set(),
        url: pull.html_url.0,
    })
}

/// Some servers tell the owner of the branch only.
fn is_ours(port: &Port, pull: &WirePull) -> bool {
    !pull.is_fork(Some(port.repository().0), Some(&port.name().owner))
}
