//! What happens on pull requests: themselves, their reviews, and the comments on their lines.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::base::{IssueNumber, ReviewCommentId, ReviewId, Sha, Timestamp};

/// A pull request at the moment of the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullSnapshot {
    /// Its number.
    pub number: IssueNumber,
    /// The title.
    pub title: String,
    /// The body; GitHub sends `null` for an empty one.
    pub body: String,
    /// Who opened it.
    pub author: Option<Account>,
    /// The branch it comes from.
    pub head_ref: String,
    /// The commit it ends with.
    pub head_sha: Option<Sha>,
    /// The branch it goes to.
    pub base_ref: String,
    /// Whether its branch stands in this repository. A stranger's fork can have a branch of any
    /// name, so the name alone means nothing.
    pub same_repository: bool,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a draft.
    pub draft: bool,
    /// When GitHub last changed it.
    pub updated_at: Option<Timestamp>,
}

/// What happened to a pull request, closing aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullNews {
    /// It was opened.
    Opened,
    /// It was opened again.
    Reopened,
    /// It is no draft any more.
    Ready,
    /// It was made a draft.
    Drafted,
    /// Its branch points to another commit.
    Synchronized {
        /// The commit it ended with before; some servers do not say.
        before: Option<Sha>,
    },
    /// Its title, body or base changed.
    Edited {
        /// The body before it; `None` if the body stayed, or if the server does not say.
        before: Option<String>,
    },
}

/// A review at the moment of the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewSnapshot {
    /// Its id.
    pub id: ReviewId,
    /// Who wrote it.
    pub reviewer: Option<Account>,
    /// What it says.
    pub state: ReviewState,
    /// Its text, without the comments on lines.
    pub body: String,
    /// The commit it was made on: an approval holds for this one only.
    pub commit: Option<Sha>,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
}

/// What a review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// The change may be merged.
    Approved,
    /// Something must change first.
    ChangesRequested,
    /// Neither.
    Commented,
    /// It counted once and does not any more.
    Dismissed,
    /// It is not submitted yet.
    Pending,
    /// A state that this version does not know, which counts as neither.
    Unknown,
}

/// What happened to a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewNews {
    /// It was submitted.
    Submitted,
    /// It was dismissed.
    Dismissed,
}

/// A comment on a line of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewCommentSnapshot {
    /// Its id, which is not an issue comment's.
    pub id: ReviewCommentId,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub author: Option<Account>,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// When GitHub last changed it.
    pub updated_at: Option<Timestamp>,
    /// Whether an App posted it.
    pub by_app: bool,
    /// The review it belongs to.
    pub review: Option<ReviewId>,
    /// The comment that begins its thread, if it is a reply.
    pub in_reply_to: Option<ReviewCommentId>,
    /// The file it is about.
    pub path: String,
    /// The line of the file as it is now; `None` if the line is gone, or for the whole file.
    pub line: Option<u32>,
    /// The commit it was made on.
    pub commit: Option<Sha>,
}

impl ReviewCommentSnapshot {
    /// The comment that begins its thread, and so names the thread.
    pub fn thread(&self) -> ReviewCommentId {
        self.in_reply_to.unwrap_or(self.id)
    }
}

/// What happened to a comment on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewCommentNews {
    /// It was written.
    Created,
    /// It was changed.
    Edited {
        /// The text before it; some servers do not say.
        before: Option<String>,
    },
    /// It was deleted.
    Deleted,
}
