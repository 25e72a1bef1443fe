//! What a planner reads of an issue beside the repository, and what it does not: enough to tell
//! people (`trust.md`, rule 9).

use serde::{Deserialize, Serialize};

use crate::base::CommentId;

/// The most characters read of an issue's title and body together.
pub const ISSUE_CHARS_MAX: usize = 20_000;

/// The most characters read of a comment.
pub const COMMENT_CHARS_MAX: usize = 4_000;

/// The most comments that a run reads.
pub const COMMENTS_MAX: usize = 30;

/// What was read of an issue and its comments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The characters of title and body that people see, read or cut off.
    pub issue_chars: usize,
    /// The comments that were read, oldest first.
    pub comments: Vec<ReadComment>,
    /// The comments that were not.
    pub left_out: LeftOut,
    /// Whether GitHub did not hand all comments out.
    #[serde(default)]
    pub unread: bool,
}

/// A comment that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadComment {
    /// Its id.
    pub id: CommentId,
    /// Its author's login.
    pub author: String,
    /// Whether it was read only because the command named it.
    pub included: bool,
    /// Whether it is longer than what is read of a comment.
    #[serde(default)]
    pub cut: bool,
}

/// How many comments were not read, by reason. Baton's own do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Their authors have no triage access.
    pub outsiders: usize,
    /// A bot or a deleted account wrote them.
    pub bots: usize,
    /// They were written or changed after somebody asked.
    pub later: usize,
    /// There were more than a run reads, and these are the oldest.
    pub older: usize,
}
