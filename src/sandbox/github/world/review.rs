//! Reviews of pull requests, and the comments on lines that they carry.

use super::Reaction;
use crate::base::{CommentId, IssueNumber, Sha, Timestamp, UserId};

/// What a review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// It may be merged.
    Approved,
    /// It may not be merged like this.
    ChangesRequested,
    /// Neither.
    Commented,
    /// It was one of the first two, and somebody took that back.
    Dismissed,
}

impl ReviewState {
    /// REST's name for it; webhooks carry the same in lower case.
    pub fn name(self) -> &'static str {
        match self {
            ReviewState::Approved => "APPROVED",
            ReviewState::ChangesRequested => "CHANGES_REQUESTED",
            ReviewState::Commented => "COMMENTED",
            ReviewState::Dismissed => "DISMISSED",
        }
    }
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Review {
    /// Its id.
    pub id: i64,
    /// What was reviewed.
    pub pull: IssueNumber,
    /// Who reviewed.
    pub author: UserId,
    /// What it says in words; GitHub keeps nothing as `null` in webhooks and as `""` in REST.
    pub body: String,
    /// What it says.
    pub state: ReviewState,
    /// The head that was reviewed.
    pub commit: Sha,
    /// When.
    pub at: Timestamp,
}

/// Which side of a diff a line stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The text before.
    Left,
    /// The text after.
    Right,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Side::Left => "LEFT",
            Side::Right => "RIGHT",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Side> {
        [Side::Left, Side::Right].into_iter().find(|it| it.name() == name)
    }
}

/// The lines a comment is about, numbered as when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Before or after.
    pub side: Side,
    /// The first, where there are several.
    pub start: Option<usize>,
    /// The last.
    pub last: usize,
    /// How many lines below the first `@@` of the file the last one stands.
    pub position: usize,
}

/// A comment on lines of a diff, or on a file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReviewComment {
    /// Its id.
    pub id: CommentId,
    /// Where it stands.
    pub pull: IssueNumber,
    /// The review that carried it; a single comment has a review of its own.
    pub review: i64,
    /// Who wrote it.
    pub author: UserId,
    /// Its text.
    pub body: String,
    /// The file.
    pub path: String,
    /// The lines; `None` is the file as a whole.
    pub lines: Option<Lines>,
    /// The head it was written at.
    pub commit: Sha,
    /// The hunk, up to the last line.
    pub hunk: String,
    /// The comment that began the thread, of an answer.
    pub reply_to: Option<CommentId>,
    /// Who resolved the thread; of the comment that began it.
    pub resolved_by: Option<UserId>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who reacted how.
    pub reactions: Vec<Reaction>,
}
