//! Issues, their comments, reactions and labels.

use serde_json::json;

use super::call::Call;
use super::error::GitHubError;
use super::pages::{Listed, Pages};
use super::port::{ReadPort, WritePort};
use crate::base::{CommentId, IssueNumber, Timestamp};
use crate::domain::incoming::{CommentSnapshot, IssueSnapshot};
use crate::github::lenient::List;
use crate::github::wire::{WireComment, WireIssue};

/// Pages read at most: 2,000 comments are more than anybody reads.
const PAGES_MAX: usize = 20;

/// Comments of an issue, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comments {
    /// The comments that were read.
    pub items: Vec<CommentSnapshot>,
    /// Whether these are all; if not, the newest are missing.
    pub complete: bool,
}

/// A reaction, as GitHub names its emoji.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Seen.
    Eyes,
    /// Ended well.
    Rocket,
    /// Refused, or not understood.
    Confused,
}

impl Reaction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Reaction::Eyes => "eyes",
            Reaction::Rocket => "rocket",
            Reaction::Confused => "confused",
        }
    }
}

/// What became of a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reacted {
    /// It is there, now or since before.
    Done,
    /// The comment is gone, or this server has no reactions for it. Nothing depends on them.
    Unsupported,
}

/// A label to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLabel {
    /// The name, at most 50 characters.
    pub name: String,
    /// Six hexadecimal digits, without `#`.
    pub color: String,
    /// One sentence, at most 100 characters.
    pub description: String,
}

impl ReadPort {
    /// An issue, or a pull request seen as one, as it is now.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Gone`] if it was deleted or moved to another repository.
    pub async fn issue(&self, number: IssueNumber) -> Result<IssueSnapshot, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/issues/{number}").with("number", number);
        let issue: WireIssue = self.port.fetch(&call).await?;
        issue.snapshot().ok_or_else(|| GitHubError::unexpected("an issue without a number"))
    }

    /// A comment as it is now.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if it was deleted.
    pub async fn comment(&self, id: CommentId) -> Result<CommentSnapshot, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/issues/comments/{id}").with("id", id);
        snapshot(self.port.fetch(&call).await?)
    }

    /// The comments of an issue, all or those changed at or after `since`.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn comments(
        &self,
        number: IssueNumber,
        since: Option<Timestamp>,
    ) -> Result<Comments, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/issues/{number}/comments");
        let call = call.with("number", number);
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: List<WireComment>| it.0.into_iter().map(WireComment::snapshot).collect(),
            key: |it: &CommentSnapshot| it.id,
        };
        let more = since.map(|it| ("since", it.iso()));
        let Listed { items, complete } = self.port.pages(&call, more, pages).await?;
        Ok(Comments { items, complete })
    }
}

impl WritePort {
    /// Writes a comment. The answer's author is who Baton is at this server.
    ///
    /// # Errors
    ///
    /// [`GitHubError::outcome_unknown`] errors may have written it: look for its marker first.
    pub async fn create_comment(
        &self,
        number: IssueNumber,
        body: &str,
    ) -> Result<CommentSnapshot, GitHubError> {
        let body = json!({ "body": body });
        let call = Call::post("/repos/{owner}/{repo}/issues/{number}/comments", body);
        snapshot(self.port.fetch(&call.with("number", number)).await?)
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if it was deleted.
    pub async fn update_comment(
        &self,
        id: CommentId,
        body: &str,
    ) -> Result<CommentSnapshot, GitHubError> {
        let body = json!({ "body": body });
        let call = Call::patch("/repos/{owner}/{repo}/issues/comments/{id}", body);
        snapshot(self.port.fetch(&call.with("id", id)).await?)
    }

    /// Reacts to a comment; doing it twice is doing it once.
    ///
    /// # Errors
    ///
    /// Never because reactions are absent: see [`Reacted::Unsupported`].
    pub async fn react_to_comment(
        &self,
        id: CommentId,
        reaction: Reaction,
    ) -> Result<Reacted, GitHubError> {
        let body = json!({ "content": reaction.name() });
        let call = Call::post("/repos/{owner}/{repo}/issues/comments/{id}/reactions", body);
        self.react(call.with("id", id)).await
    }

    pub(super) async fn react(&self, call: Call) -> Result<Reacted, GitHubError> {
        let reply = self.port.call(&call).await?;
        if reply.is_success() {
            return Ok(Reacted::Done);
        }
        let error = self.port.error(&reply);
        // Whatever the reason for a refusal: nothing depends on it, and the next try ends alike.
        if !error.retryable() || reply.status == 501 {
            return Ok(Reacted::Unsupported);
        }
        Err(error)
    }

    /// Puts labels on an issue; those that are there stay. GitHub makes unknown labels itself, grey.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn add_labels(
        &self,
        number: IssueNumber,
        labels: &[&str],
    ) -> Result<(), GitHubError> {
        let body = json!({ "labels": labels });
        let call = Call::post("/repos/{owner}/{repo}/issues/{number}/labels", body);
        self.port.perform(&call.with("number", number)).await
    }

    /// Takes a label off an issue; one that is not there is no trouble.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn remove_label(&self, number: IssueNumber, label: &str) -> Result<(), GitHubError> {
        let call = Call::delete("/repos/{owner}/{repo}/issues/{number}/labels/{label}");
        match self.port.perform(&call.with("number", number).with("label", label)).await {
            Err(GitHubError::NotFound) => Ok(()),
            other => other,
        }
    }

    /// Makes a label; one of that name that is there stays as it is. Where labels cannot be made,
    /// nothing happens: putting one on makes it as well.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn create_label(&self, label: &NewLabel) -> Result<(), GitHubError> {
        let body = json!({
            "name": label.name,
            "color": label.color,
            "description": label.description,
        });
        let call = Call::post("/repos/{owner}/{repo}/labels", body);
        match self.port.perform(&call).await {
            Err(
                error @ (GitHubError::NotFound
                | GitHubError::Gone
                | GitHubError::Conflict { .. }
                | GitHubError::Unprocessable { .. }
                | GitHubError::Server(501)),
            ) => {
                tracing::debug!(%error, label = label.name, "a label is not made by itself");
                Ok(())
            }
            other => other,
        }
    }
}

fn snapshot(comment: WireComment) -> Result<CommentSnapshot, GitHubError> {
    comment.snapshot().ok_or_else(|| GitHubError::unexpected("a comment without an id"))
}
