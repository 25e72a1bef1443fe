//! Pull requests, their reviews and the comments on their lines.

use serde::{Deserialize, Deserializer};

use super::{Empty, WireId, WireOwner, WireUser, instant};
use crate::base::{IssueNumber, ReviewCommentId, ReviewId, Sha};
use crate::domain::incoming::{PullSnapshot, ReviewCommentSnapshot, ReviewSnapshot, ReviewState};
use crate::github::lenient::{Flag, Number, Object, Text};

/// A pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WirePull {
    pub(in crate::github) number: Number,
    pub(in crate::github) node_id: Text,
    pub(in crate::github) title: Text,
    pub(in crate::github) body: Text,
    pub(in crate::github) user: Object<WireUser>,
    pub(in crate::github) state: Text,
    pub(in crate::github) draft: Flag,
    pub(in crate::github) merged: Flag,
    pub(in crate::github) merged_at: Text,
    pub(in crate::github) merge_commit_sha: Text,
    pub(in crate::github) mergeable: Flag,
    pub(in crate::github) html_url: Text,
    pub(in crate::github) updated_at: Text,
    pub(in crate::github) head: Object<WireEnd>,
    pub(in crate::github) base: Object<WireEnd>,
}

/// One end of a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireEnd {
    #[serde(rename = "ref")]
    pub(in crate::github) git_ref: Text,
    pub(in crate::github) sha: Text,
    pub(in crate::github) user: Object<WireOwner>,
    /// The outer `None`: the server does not say. The inner one: the fork is deleted.
    #[serde(deserialize_with = "told")]
    pub(in crate::github) repo: Option<Object<WireId>>,
}

fn told<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Object<WireId>>, D::Error> {
    Object::deserialize(it).map(Some)
}

impl WireEnd {
    /// Whether the branch stands in another repository than `base`, whose owner is `owner` where
    /// that is known. A stranger's fork can have a branch of any name, so its pull requests move
    /// nothing here. An organization may hold a fork of its own repository, so the id decides
    /// before the owner does.
    pub(in crate::github) fn is_fork(&self, base: Option<i64>, owner: Option<&str>) -> bool {
        if let Some(repo) = &self.repo {
            let id = repo.0.as_ref().and_then(|it| it.id.0);
            return base.is_some() && id != base;
        }
        let login = self.user.0.as_ref().and_then(|it| it.login.0.as_deref());
        let owners = login.zip(owner);
        owners.is_some_and(|(login, owner)| !login.eq_ignore_ascii_case(owner))
    }
}

impl WirePull {
    /// Whether it was merged; some servers tell only when.
    pub(in crate::github) fn is_merged(&self) -> bool {
        self.merged.is_set() || self.merged_at.0.is_some()
    }

    /// The commit of the merge. Before that GitHub keeps a trial merge there, which is none.
    pub(in crate::github) fn merge_commit(&self) -> Option<Sha> {
        self.merge_commit_sha.0.clone().filter(|_| self.is_merged()).map(Sha)
    }

    /// Whether its branch stands in another repository; unknown ends count as ours.
    pub(in crate::github) fn is_fork(&self, base: Option<i64>, owner: Option<&str>) -> bool {
        self.head.0.as_ref().is_some_and(|it| it.is_fork(base, owner))
    }

    /// `None` without a number. A missing state counts as open, a missing text as empty.
    pub(in crate::github) fn snapshot(self, repository: Option<i64>) -> Option<PullSnapshot> {
        let same_repository = !self.is_fork(repository, None);
        let (head, base) = (self.head.0.unwrap_or_default(), self.base.0.unwrap_or_default());
        Some(PullSnapshot {
            number: IssueNumber(self.number.0?),
            title: self.title.or_empty(),
            body: self.body.or_empty(),
            author: self.user.0.and_then(WireUser::account),
            head_ref: head.git_ref.or_empty(),
            head_sha: head.sha.0.map(Sha),
            base_ref: base.git_ref.or_empty(),
            same_repository,
            open: self.state.0.as_deref() != Some("closed"),
            draft: self.draft.is_set(),
            updated_at: instant(&self.updated_at),
        })
    }
}

/// A review.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireReview {
    pub(in crate::github) id: Number,
    pub(in crate::github) user: Object<WireUser>,
    pub(in crate::github) state: Text,
    pub(in crate::github) body: Text,
    pub(in crate::github) commit_id: Text,
    pub(in crate::github) submitted_at: Text,
}

impl WireReview {
    /// `None` without an id.
    pub(in crate::github) fn snapshot(self) -> Option<ReviewSnapshot> {
        Some(ReviewSnapshot {
            id: ReviewId(self.id.0?),
            reviewer: self.user.0.and_then(WireUser::account),
            state: review_state(&self.state),
            body: self.body.or_empty(),
            commit: self.commit_id.0.map(Sha),
            submitted_at: instant(&self.submitted_at),
        })
    }
}

/// Webhooks write the state in lower case, answers in upper case.
fn review_state(state: &Text) -> ReviewState {
    let state = state.0.as_deref().map(str::to_ascii_lowercase);
    match state.as_deref() {
        Some("approved") => ReviewState::Approved,
        Some("changes_requested") => ReviewState::ChangesRequested,
        Some("commented") => ReviewState::Commented,
        Some("dismissed") => ReviewState::Dismissed,
        Some("pending") => ReviewState::Pending,
        _ => ReviewState::Unknown,
    }
}

/// A comment on a line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireReviewComment {
    pub(in crate::github) id: Number,
    pub(in crate::github) body: Text,
    pub(in crate::github) user: Object<WireUser>,
    pub(in crate::github) created_at: Text,
    pub(in crate::github) updated_at: Text,
    pub(in crate::github) performed_via_github_app: Object<Empty>,
    pub(in crate::github) pull_request_review_id: Number,
    pub(in crate::github) in_reply_to_id: Number,
    pub(in crate::github) path: Text,
    pub(in crate::github) line: Number,
    pub(in crate::github) commit_id: Text,
}

impl WireReviewComment {
    /// `None` without an id.
    pub(in crate::github) fn snapshot(self) -> Option<ReviewCommentSnapshot> {
        Some(ReviewCommentSnapshot {
            id: ReviewCommentId(self.id.0?),
            body: self.body.or_empty(),
            author: self.user.0.and_then(WireUser::account),
            created_at: instant(&self.created_at),
            updated_at: instant(&self.updated_at),
            by_app: self.performed_via_github_app.0.is_some(),
            review: self.pull_request_review_id.0.map(ReviewId),
            in_reply_to: self.in_reply_to_id.0.map(ReviewCommentId),
            path: self.path.or_empty(),
            line: self.line.0.and_then(|it| u32::try_from(it).ok()),
            commit: self.commit_id.0.map(Sha),
        })
    }
}
