//! What Baton does with its own pull requests, and in the threads on their lines.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GitHubError;
use super::issues::{Reacted, Reaction};
use super::port::WritePort;
use super::pulls::{PullRequest, read};
use super::reviews::snapshot;
use super::told::{Told, Untold};
use crate::base::{IssueNumber, ReviewCommentId, ReviewId};
use crate::domain::incoming::{ReviewCommentSnapshot, ReviewState};
use crate::github::branch::BatonRef;
use crate::github::wire::{Empty, WireReview};

/// A pull request of one of Baton's branches: the proof that what asks for it may write its
/// text, close it, make it ready, or dismiss its reviews. Only [`WritePort::own_pull_request`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPullRequest(PullRequest);

impl OwnPullRequest {
    /// It, as it was when it was looked at.
    pub fn as_it_was(&self) -> &PullRequest {
        &self.0
    }
}

impl WritePort {
    /// Looks at a pull request; `None` if it does not come from `branch` of this repository.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if there is none of that number.
    pub async fn own_pull_request(
        &self,
        number: IssueNumber,
        branch: &BatonRef,
    ) -> Result<Option<OwnPullRequest>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/pulls/{number}").with("number", number);
        let pull = read(&self.port, self.port.fetch(&call).await?)?;
        let is_own = pull.same_repository && pull.head_ref == branch.as_str();
        Ok(is_own.then_some(OwnPullRequest(pull)))
    }

    /// Changes the title, the body or both.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if there is none of that number.
    pub async fn update_pull_request(
        &self,
        own: &OwnPullRequest,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<PullRequest, GitHubError> {
        let mut change = Map::new();
        change.extend(title.map(|it| ("title".to_owned(), Value::from(it))));
        change.extend(body.map(|it| ("body".to_owned(), Value::from(it))));
        let call = Call::patch("/repos/{owner}/{repo}/pulls/{number}", Value::Object(change));
        read(&self.port, self.port.fetch(&call.with("number", own.0.number)).await?)
    }

    /// Closes a pull request without merging it; a closed one stays closed.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn close_pull_request(&self, own: &OwnPullRequest) -> Result<(), GitHubError> {
        let body = json!({ "state": "closed" });
        let call = Call::patch("/repos/{owner}/{repo}/pulls/{number}", body);
        self.port.perform(&call.with("number", own.0.number)).await
    }

    /// Makes a draft ready for review, which only GraphQL can. Where that is not known a person
    /// must be asked. One that is no draft is ready.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unprocessable`] if GitHub does not want it, as for a closed one.
    pub async fn mark_ready(&self, own: &OwnPullRequest) -> Result<Told<()>, GitHubError> {
        if !own.0.draft {
            return Ok(Told::Known(()));
        }
        let Some(id) = &own.0.node_id else { return Ok(Told::Unknown(Untold::NotOffered)) };
        let query = "mutation($id: ID!) { markPullRequestReadyForReview(input: \
                     {pullRequestId: $id}) { pullRequest { isDraft } } }";
        let outcome = self.port.graphql::<Empty>(query, json!({ "id": id })).await;
        if let Err(GitHubError::Unprocessable { .. }) = &outcome {
            // Somebody may have been faster.
            let call = Call::get("/repos/{owner}/{repo}/pulls/{number}");
            let call = call.with("number", own.0.number);
            if !read(&self.port, self.port.fetch(&call).await?)?.draft {
                return Ok(Told::Known(()));
            }
        }
        Ok(outcome?.map(drop))
    }

    /// Dismisses a review, so that it does not count for what is pushed next (`trust.md` rule 1).
    /// One that is dismissed stays so. `message` says why, and people read it.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being dismissed: then nothing may be pushed.
    pub async fn dismiss_review(
        &self,
        own: &OwnPullRequest,
        review: ReviewId,
        message: &str,
    ) -> Result<(), GitHubError> {
        let body = json!({ "message": message, "event": "DISMISS" });
        let template = "/repos/{owner}/{repo}/pulls/{number}/reviews/{review}/dismissals";
        let call = Call::put(template, body).with("number", own.0.number).with("review", review);
        let outcome = self.port.perform(&call).await;
        if let Err(GitHubError::Unprocessable { .. }) = &outcome {
            let call = Call::get("/repos/{owner}/{repo}/pulls/{number}/reviews/{review}");
            let call = call.with("number", own.0.number).with("review", review);
            let review: WireReview = self.port.fetch(&call).await?;
            if review.snapshot().is_some_and(|it| it.state == ReviewState::Dismissed) {
                return Ok(());
            }
        }
        outcome
    }

    /// Answers in a thread, which it never resolves.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if the thread is gone.
    pub async fn reply_in_thread(
        &self,
        number: IssueNumber,
        thread: ReviewCommentId,
        body: &str,
    ) -> Result<ReviewCommentSnapshot, GitHubError> {
        let template = "/repos/{owner}/{repo}/pulls/{number}/comments/{thread}/replies";
        let call = Call::post(template, json!({ "body": body }));
        snapshot(self.port.fetch(&call.with("number", number).with("thread", thread)).await?)
    }

    /// Reacts to a comment on a line; doing it twice is doing it once.
    ///
    /// # Errors
    ///
    /// Never because reactions are absent: see [`Reacted::Unsupported`].
    pub async fn react_to_review_comment(
        &self,
        id: ReviewCommentId,
        reaction: Reaction,
    ) -> Result<Reacted, GitHubError> {
        let body = json!({ "content": reaction.name() });
        let call = Call::post("/repos/{owner}/{repo}/pulls/comments/{id}/reactions", body);
        self.react(call.with("id", id)).await
    }
}
