//! Where somebody said what they want.

use crate::base::{CommentId, ReviewCommentId};
use crate::domain::workflow::event::{ControlLabel, Spot, Tick};

/// Where a wish was made, which is where it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A comment.
    Comment(CommentId),
    /// A label.
    Label(ControlLabel),
    /// A box under one of Baton's own comments.
    Tick(Tick),
    /// A review, to which nobody can react.
    Review,
    /// A comment on a line.
    Line(ReviewCommentId),
}

impl Origin {
    /// Where on the pull request it was asked.
    pub(super) fn at(spot: Spot) -> Origin {
        match spot {
            Spot::Review => Origin::Review,
            Spot::Line(comment) => Origin::Line(comment),
        }
    }
}
