//! Reviews. On a public repository everyone may write one; only the approvals of people with write
//! count for a branch that asks for them.

use super::super::acts::Subject;
use super::super::acts::{NewReview, NewReviewComment, ReviewRefused};
use super::super::world::{ReactionKind, ReviewState, Role, Side};
use super::{ActRefused, Person, Result};
use crate::base::{CommentId, IssueNumber};

impl Person {
    /// Reviews the head of a pull request and says the review's id.
    ///
    /// # Errors
    /// When there is no such pull request, it is their own and they approve it or request changes,
    /// or a review that needs words has none.
    pub fn reviews(&self, number: IssueNumber, state: ReviewState, body: &str) -> Result<i64> {
        self.reviews_with(number, state, body, &[])
    }

    /// Reviews the head with comments on lines of the new text: `(path, line, text)`.
    ///
    /// # Errors
    /// As [`reviews`](Person::reviews), and when a line is not part of the diff.
    pub fn reviews_with(
        &self,
        number: IssueNumber,
        state: ReviewState,
        body: &str,
        comments: &[(&str, usize, &str)],
    ) -> Result<i64> {
        let comments = comments
            .iter()
            .map(|(path, line, text)| NewReviewComment {
                path: (*path).to_owned(),
                line: Some(*line),
                start_line: None,
                side: Side::Right,
                body: (*text).to_owned(),
            })
            .collect();
        let new = NewReview { state, body: body.to_owned(), commit: None, comments };
        let mut world = self.on_issue(number, Role::Read, false)?;
        if world.repo(self.repository).issues[&number].pull.is_none() {
            return Err(ActRefused::Missing("pull request"));
        }
        let submitted = world.submit_review(self.repository, number, self.actor(), new);
        submitted.map_err(refused)
    }

    /// Comments on one line of the new text.
    ///
    /// # Errors
    /// When there is no such pull request, or the line is not part of its diff.
    pub fn comments_on_line(
        &self,
        number: IssueNumber,
        path: &str,
        line: usize,
        body: &str,
    ) -> Result<CommentId> {
        let review =
            self.reviews_with(number, ReviewState::Commented, "", &[(path, line, body)])?;
        let world = self.allowed(Role::Read)?;
        let comments = world.repo(self.repository).review_comments.values();
        let made = comments.filter(|it| it.review == review).map(|it| it.id).next_back();
        made.ok_or(ActRefused::Missing("comment"))
    }

    /// Answers in a thread, whichever of its comments is named.
    ///
    /// # Errors
    /// When there is no such comment.
    pub fn answers_in_thread(&self, comment: CommentId, body: &str) -> Result<CommentId> {
        let mut world = self.allowed(Role::Read)?;
        let root = world.repo(self.repository).thread_of(comment);
        let root = root.ok_or(ActRefused::Missing("comment"))?;
        let made =
            world.reply_to_review_comment(self.repository, root, self.actor(), body.to_owned());
        made.ok_or(ActRefused::Missing("comment"))
    }

    /// Changes a comment on lines. Its author may, and people with write.
    ///
    /// # Errors
    /// When there is no such comment or they may not.
    pub fn edits_review_comment(&self, comment: CommentId, body: &str) -> Result<()> {
        let author = {
            let world = self.allowed(Role::Read)?;
            world.repo(self.repository).review_comments.get(&comment).map(|it| it.author)
        };
        let author = author.ok_or(ActRefused::Missing("comment"))?;
        let needs = if author == self.user { Role::Read } else { Role::Write };
        let mut world = self.allowed(needs)?;
        world.edit_review_comment(self.repository, comment, self.actor(), body.to_owned());
        Ok(())
    }

    /// Resolves a thread, or opens it again. The pull request's author may, and people with write.
    ///
    /// # Errors
    /// When there is no such comment or they may not.
    pub fn resolves_thread(&self, comment: CommentId, resolved: bool) -> Result<()> {
        let (root, author) = {
            let world = self.allowed(Role::Read)?;
            let repo = world.repo(self.repository);
            let root = repo.thread_of(comment).ok_or(ActRefused::Missing("comment"))?;
            (root, repo.issues[&repo.review_comments[&root].pull].author)
        };
        let needs = if author == self.user { Role::Read } else { Role::Write };
        let mut world = self.allowed(needs)?;
        let thread = world.repo_mut(self.repository).review_comment_mut(root);
        thread.resolved_by = resolved.then_some(self.user);
        Ok(())
    }

    /// Takes somebody's approval or request for changes back.
    ///
    /// # Errors
    /// Without write, when there is no such review, or when it is neither.
    pub fn dismisses_review(&self, review: i64) -> Result<()> {
        let mut world = self.allowed(Role::Write)?;
        if world.repo(self.repository).reviews.iter().all(|it| it.id != review) {
            return Err(ActRefused::Missing("review"));
        }
        let dismissed = world.dismiss_review(self.repository, review, self.actor());
        dismissed.map_err(refused)
    }

    /// Reacts to a comment on lines.
    ///
    /// # Errors
    /// When there is no such comment.
    pub fn reacts_to_review_comment(&self, id: CommentId, kind: ReactionKind) -> Result<()> {
        let mut world = self.allowed(Role::Read)?;
        if !world.repo(self.repository).review_comments.contains_key(&id) {
            return Err(ActRefused::Missing("comment"));
        }
        world.react(self.repository, Subject::ReviewComment(id), self.actor(), kind);
        Ok(())
    }
}

fn refused(why: ReviewRefused) -> ActRefused {
    if let ReviewRefused::Git(error) = why {
        return error.into();
    }
    ActRefused::Refused(why.to_string())
}
