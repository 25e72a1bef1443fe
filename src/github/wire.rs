//! GitHub's JSON, as far as Baton reads it, and its translation to the domain's words. Webhooks
//! and REST answers share these shapes.

mod ci;
mod pull;

use serde::Deserialize;

pub(super) use self::ci::{
    WireCheckRun, WireLinkedPull, WireSuite, ci_state, conclusion_of, status_state,
};
pub(super) use self::pull::{WireEnd, WirePull, WireReview, WireReviewComment};
use super::lenient::{Flag, List, Number, Object, Text};
use crate::base::{CommentId, IssueNumber, RepositoryId, Timestamp, UserId};
use crate::domain::incoming::{Account, CommentSnapshot, IssueSnapshot, Repository};

/// Anything of which only the id matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireId {
    pub(super) id: Number,
}

/// An account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUser {
    pub(super) id: Number,
    pub(super) login: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
}

impl WireUser {
    /// `None` without id or login: then nobody can be held to it.
    pub(super) fn account(self) -> Option<Account> {
        let (id, login) = (self.id.0?, self.login.0?);
        let bot = self.kind.0.as_deref() == Some("Bot") || login.ends_with("[bot]");
        Some(Account { id: UserId(id), login, bot })
    }
}

/// A repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireRepository {
    pub(super) id: Number,
    pub(super) name: Text,
    pub(super) full_name: Text,
    pub(super) owner: Object<WireOwner>,
    pub(super) default_branch: Text,
    pub(super) master_branch: Text,
    pub(super) private: Flag,
    pub(super) archived: Flag,
}

/// A repository's owner; `push` calls the login `name`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireOwner {
    pub(super) login: Text,
    pub(super) name: Text,
}

impl WireRepository {
    /// `None` without an id. The name is taken from `full_name` where owner or name are absent.
    pub(super) fn repository(self) -> Option<Repository> {
        let id = RepositoryId(self.id.0?);
        let full = self.full_name.or_empty();
        let (full_owner, full_name) = full.split_once('/').unwrap_or(("", &full));
        let owner = self.owner.0.and_then(|it| it.login.0.or(it.name.0));
        Some(Repository {
            id,
            owner: owner.unwrap_or_else(|| full_owner.to_owned()),
            name: self.name.0.unwrap_or_else(|| full_name.to_owned()),
            default_branch: self.default_branch.0.or(self.master_branch.0),
            private: self.private.is_set(),
        })
    }
}

/// A label.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireLabel {
    pub(super) name: Text,
}

/// An issue, or a pull request seen as one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireIssue {
    pub(super) number: Number,
    pub(super) title: Text,
    pub(super) body: Text,
    pub(super) user: Object<WireUser>,
    pub(super) labels: List<WireLabel>,
    pub(super) state: Text,
    pub(super) pull_request: Object<Empty>,
    pub(super) updated_at: Text,
}

/// An object whose presence is all that counts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Empty {}

impl WireIssue {
    /// `None` without a number. A missing state counts as open, a missing text as empty.
    pub(super) fn snapshot(self) -> Option<IssueSnapshot> {
        Some(IssueSnapshot {
            number: IssueNumber(self.number.0?),
            title: self.title.or_empty(),
            body: self.body.or_empty(),
            author: self.user.0.and_then(WireUser::account),
            labels: self.labels.0.into_iter().filter_map(|it| it.name.0).collect(),
            open: self.state.0.as_deref() != Some("closed"),
            is_pull_request: self.pull_request.0.is_some(),
            updated_at: instant(&self.updated_at),
        })
    }
}

/// A comment on an issue or pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireComment {
    pub(super) id: Number,
    pub(super) body: Text,
    pub(super) user: Object<WireUser>,
    pub(super) created_at: Text,
    pub(super) updated_at: Text,
    pub(super) performed_via_github_app: Object<Empty>,
}

impl WireComment {
    /// `None` without an id.
    pub(super) fn snapshot(self) -> Option<CommentSnapshot> {
        Some(CommentSnapshot {
            id: CommentId(self.id.0?),
            body: self.body.or_empty(),
            author: self.user.0.and_then(WireUser::account),
            created_at: instant(&self.created_at),
            updated_at: instant(&self.updated_at),
            by_app: self.performed_via_github_app.0.is_some(),
        })
    }
}

/// An instant as GitHub writes it; anything else is unknown.
pub(super) fn instant(text: &Text) -> Option<Timestamp> {
    text.0.as_deref().and_then(Timestamp::parse_iso)
}
