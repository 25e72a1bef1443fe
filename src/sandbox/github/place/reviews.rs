//! Reviews and threads as a page or an assertion reads them.

use super::super::world::{ReviewComment, ReviewState};
use super::{Place, ReactionView, login, reaction_views};
use crate::base::{CommentId, IssueNumber, Sha};

/// A review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewView {
    /// Its id.
    pub id: i64,
    /// Who reviewed.
    pub author: String,
    /// What it says.
    pub state: ReviewState,
    /// What it says in words.
    pub body: String,
    /// The head that was reviewed.
    pub commit: Sha,
}

/// A comment of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadCommentView {
    /// Its id.
    pub id: CommentId,
    /// Who wrote it.
    pub author: String,
    /// Its text.
    pub body: String,
    /// Who reacted how, oldest first.
    pub reactions: Vec<ReactionView>,
}

/// A thread on lines, or on a file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadView {
    /// The file.
    pub path: String,
    /// The line as it was numbered when the thread began; `None` is the file as a whole.
    pub line: Option<usize>,
    /// The hunk, up to the line.
    pub hunk: String,
    /// Whether the lines are gone.
    pub outdated: bool,
    /// Whether somebody resolved it.
    pub resolved: bool,
    /// Its comments, oldest first.
    pub comments: Vec<ThreadCommentView>,
}

impl Place {
    /// The reviews of a pull request, oldest first.
    pub fn reviews(&self, number: IssueNumber) -> Vec<ReviewView> {
        self.read(|world, it| {
            let found = it.reviews.iter().filter(|it| it.pull == number);
            found
                .map(|it| ReviewView {
                    id: it.id,
                    author: login(world, it.author),
                    state: it.state,
                    body: it.body.clone(),
                    commit: it.commit.clone(),
                })
                .collect()
        })
    }

    /// The threads of a pull request, oldest first.
    pub fn threads(&self, number: IssueNumber) -> Vec<ThreadView> {
        self.read(|world, it| {
            let comment = |it: &ReviewComment| ThreadCommentView {
                id: it.id,
                author: login(world, it.author),
                body: it.body.clone(),
                reactions: reaction_views(world, &it.reactions),
            };
            it.threads_of(number)
                .map(|root| ThreadView {
                    path: root.path.clone(),
                    line: root.lines.as_ref().map(|it| it.last),
                    hunk: root.hunk.clone(),
                    outdated: world.is_outdated(it, root),
                    resolved: root.resolved_by.is_some(),
                    comments: it.comments_of_thread(root.id).map(comment).collect(),
                })
                .collect()
        })
    }
}
