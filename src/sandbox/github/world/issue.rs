//! Issues, pull requests, comments, labels, reactions.

use crate::base::{CommentId, IssueNumber, RepositoryId, Sha, Timestamp, UserId};

/// A label of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// Its id.
    pub id: i64,
    /// Its name as written; names are compared without case.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// What it means.
    pub description: Option<String>,
    /// Whether GitHub made it with the repository.
    pub default: bool,
}

/// The eight reactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReactionKind {
    /// `+1`
    ThumbsUp,
    /// `-1`
    ThumbsDown,
    /// `laugh`
    Laugh,
    /// `hooray`
    Hooray,
    /// `confused`
    Confused,
    /// `heart`
    Heart,
    /// `rocket`
    Rocket,
    /// `eyes`
    Eyes,
}

impl ReactionKind {
    /// All of them, in the order in which GitHub shows them.
    pub const ALL: [ReactionKind; 8] = [
        ReactionKind::ThumbsUp,
        ReactionKind::ThumbsDown,
        ReactionKind::Laugh,
        ReactionKind::Hooray,
        ReactionKind::Confused,
        ReactionKind::Heart,
        ReactionKind::Rocket,
        ReactionKind::Eyes,
    ];

    /// The API's name for it.
    pub fn name(self) -> &'static str {
        match self {
            ReactionKind::ThumbsUp => "+1",
            ReactionKind::ThumbsDown => "-1",
            ReactionKind::Laugh => "laugh",
            ReactionKind::Hooray => "hooray",
            ReactionKind::Confused => "confused",
            ReactionKind::Heart => "heart",
            ReactionKind::Rocket => "rocket",
            ReactionKind::Eyes => "eyes",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<ReactionKind> {
        ReactionKind::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// Somebody's reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reaction {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub by: UserId,
    /// Which.
    pub kind: ReactionKind,
    /// When.
    pub at: Timestamp,
}

/// A comment on an issue or pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Where it stands.
    pub issue: IssueNumber,
    /// Who wrote it.
    pub author: UserId,
    /// Whether the App wrote it.
    pub via_app: bool,
    /// Its text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who reacted how.
    pub reactions: Vec<Reaction>,
}

/// What makes an issue a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pull {
    /// Its own id, which is not the issue's.
    pub id: i64,
    /// Where that branch stands, if not in this repository.
    pub fork: Option<Fork>,
    /// The branch it comes from.
    pub head_ref: String,
    /// That branch's last known commit.
    pub head_sha: Sha,
    /// The branch it goes to.
    pub base_ref: String,
    /// That branch's commit when the pull request was opened.
    pub base_sha: Sha,
    /// Whether it is a draft.
    pub draft: bool,
    /// Who was asked for a review.
    pub reviewers: Vec<UserId>,
    /// When, how and by whom it was merged.
    pub merged: Option<Merge>,
}

/// Somebody's copy of the repository, as far as its pull requests show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fork {
    /// Its id.
    pub id: RepositoryId,
    /// Whose it is.
    pub owner: UserId,
}

/// A merge that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    /// The merge commit.
    pub sha: Sha,
    /// Who pressed the button.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// An issue or a pull request; they share numbers, comments and labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Its id.
    pub id: i64,
    /// Its number in the repository.
    pub number: IssueNumber,
    /// The title.
    pub title: String,
    /// The text; GitHub keeps nothing as `null`.
    pub body: Option<String>,
    /// Who opened it.
    pub author: UserId,
    /// Whether the App opened it.
    pub via_app: bool,
    /// The labels on it, by id, in the order they were put there.
    pub labels: Vec<i64>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything on it changed.
    pub updated_at: Timestamp,
    /// When and by whom it was closed.
    pub closed: Option<(Timestamp, UserId)>,
    /// `completed`, `not_planned` or `reopened`.
    pub state_reason: Option<String>,
    /// Whether only people with write may comment.
    pub locked: bool,
    /// Who reacted how.
    pub reactions: Vec<Reaction>,
    /// Set when it is a pull request.
    pub pull: Option<Pull>,
}

impl Issue {
    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}
