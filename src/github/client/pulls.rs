//! Pull requests of Baton's own branches.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GitHubError;
use super::port::{Port, ReadPort, WritePort};
use crate::base::{IssueNumber, RepositoryId, Sha};
use crate::github::branch::BatonRef;
use crate::github::lenient::{Flag, List, Number, Object, Text};
use crate::github::wire::{WireOwner, WireRepository};

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: IssueNumber,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
    /// The branch it comes from.
    pub head_ref: String,
    /// The commit it ends with.
    pub head_sha: Option<Sha>,
    /// The branch it goes to.
    pub base_ref: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
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
        read(self.port.fetch(&call).await?)
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
            Ok(pull) => return read(pull).map(PullRequestOpened::Opened),
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

    /// Changes the title, the body or both.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if there is none of that number.
    pub async fn update_pull_request(
        &self,
        number: IssueNumber,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<PullRequest, GitHubError> {
        let mut change = Map::new();
        change.extend(title.map(|it| ("title".to_owned(), Value::from(it))));
        change.extend(body.map(|it| ("body".to_owned(), Value::from(it))));
        let call = Call::patch("/repos/{owner}/{repo}/pulls/{number}", Value::Object(change));
        read(self.port.fetch(&call.with("number", number)).await?)
    }

    /// Closes a pull request without merging it; closing a closed one changes nothing.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if there is none of that number.
    pub async fn close_pull_request(
        &self,
        number: IssueNumber,
    ) -> Result<PullRequest, GitHubError> {
        let change = json!({ "state": "closed" });
        let call = Call::patch("/repos/{owner}/{repo}/pulls/{number}", change);
        read(self.port.fetch(&call.with("number", number)).await?)
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
    let is_ours = |it: &WirePull| {
        let Object(Some(head)) = &it.head else { return true };
        match head.repo.0.as_ref().and_then(|it| it.id.0) {
            Some(id) => RepositoryId(id) == port.repository(),
            None => head.owner().is_none_or(|it| it.eq_ignore_ascii_case(&owner)),
        }
    };
    let list = list.0.into_iter().filter(is_ours).filter_map(|it| read(it).ok());
    Ok(list.filter(|it| it.head_ref == head.as_str()).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePull {
    number: Number,
    title: Text,
    body: Text,
    state: Text,
    merged: Flag,
    merged_at: Text,
    draft: Flag,
    html_url: Text,
    head: Object<WireEnd>,
    base: Object<WireEnd>,
}

/// One end of a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEnd {
    #[serde(rename = "ref")]
    git_ref: Text,
    sha: Text,
    user: Object<WireOwner>,
    repo: Object<WireRepository>,
}

impl WireEnd {
    fn owner(&self) -> Option<&str> {
        self.user.0.as_ref()?.login.0.as_deref()
    }
}

fn read(pull: WirePull) -> Result<PullRequest, GitHubError> {
    let number = pull.number.0;
    let number =
        number.ok_or_else(|| GitHubError::unexpected("a pull request without a number"))?;
    let (head, base) = (pull.head.0.unwrap_or_default(), pull.base.0.unwrap_or_default());
    Ok(PullRequest {
        number: IssueNumber(number),
        title: pull.title.or_empty(),
        body: pull.body.or_empty(),
        head_ref: head.git_ref.or_empty(),
        head_sha: head.sha.0.map(Sha),
        base_ref: base.git_ref.or_empty(),
        open: pull.state.0.as_deref() != Some("closed"),
        merged: pull.merged.is_set() || pull.merged_at.0.is_some(),
        draft: pull.draft.is_set(),
        url: pull.html_url.0,
    })
}
