//! Reviews: submitted, dismissed, answered, resolved.

use serde_json::{Value, json};

use super::super::payload::extend;
use super::super::world::{Actor, Lines, Pull, Review, ReviewComment, ReviewState, Side, World};
use crate::base::{CommentId, IssueNumber, RepositoryId, Sha};
use crate::sandbox::git::{DiffLine, GitError, Hunk};

/// A new review.
#[derive(Clone, Debug)]
pub(crate) struct NewReview {
    pub(crate) state: ReviewState,
    pub(crate) body: String,
    /// The commit that was looked at; the head when absent.
    pub(crate) commit: Option<Sha>,
    pub(crate) comments: Vec<NewReviewComment>,
}

/// A new comment on lines, or on a file as a whole.
#[derive(Clone, Debug)]
pub(crate) struct NewReviewComment {
    pub(crate) path: String,
    /// The last line; `None` is the file as a whole.
    pub(crate) line: Option<usize>,
    pub(crate) start_line: Option<usize>,
    pub(crate) side: Side,
    pub(crate) body: String,
}

/// Why a review is not taken, in the words of GitHub's errors.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReviewRefused {
    #[error("Can not {0} your own pull request")]
    Own(&'static str),
    #[error("Body can't be blank")]
    Blank,
    #[error("The commit is not part of the pull request")]
    Commit,
    #[error("Path could not be resolved")]
    Path,
    #[error(
        "Pull request review thread line must be part of the diff and Pull request review thread \
         diff hunk can't be blank"
    )]
    Line,
    #[error(
        "Pull request review thread start line must precede the end line. and must be part of the \
         same hunk as the line."
    )]
    StartLine,
    #[error("Can not dismiss a {} pull request review", .0.name().to_lowercase())]
    NotDismissible(ReviewState),
    #[error(transparent)]
    Git(#[from] GitError),
}

impl World {
    /// Submits a review with its comments, all or nothing.
    pub(crate) fn submit_review(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        new: NewReview,
    ) -> Result<i64, ReviewRefused> {
        let repo = self.repo(repository);
        let issue = &repo.issues[&number];
        let pull = issue.pull.clone().ok_or(ReviewRefused::Commit)?;
        let own = issue.author == actor.user;
        match new.state {
            ReviewState::Approved if own => return Err(ReviewRefused::Own("approve")),
            ReviewState::ChangesRequested if own => {
                return Err(ReviewRefused::Own("request changes on"));
            }
            ReviewState::ChangesRequested | ReviewState::Commented
                if new.body.trim().is_empty() && new.comments.is_empty() =>
            {
                return Err(ReviewRefused::Blank);
            }
            ReviewState::Approved
            | ReviewState::ChangesRequested
            | ReviewState::Commented
            | ReviewState::Dismissed => {}
        }
        let commit = new.commit.unwrap_or_else(|| pull.head_sha.clone());
        if repo.git.commit(&commit).is_err() || !repo.git.is_ancestor(&commit, &pull.head_sha)? {
            return Err(ReviewRefused::Commit);
        }
        let placed = new
            .comments
            .into_iter()
            .map(|it| self.place_comment(repository, &pull, &commit, it))
            .collect::<Result<Vec<_>, _>>()?;
        let (id, at) = (self.next_id(), self.touch(repository, number));
        let review = Review {
            id,
            pull: number,
            author: actor.user,
            body: new.body,
            state: new.state,
            commit,
            at,
        };
        let repo = self.repo_mut(repository);
        repo.reviews.push(review);
        if let Some(pull) = &mut repo.issue_mut(number).pull {
            // Who has reviewed is no longer asked to.
            pull.reviewers.retain(|it| *it != actor.user);
        }
        self.emit_review(repository, id, "submitted", actor);
        for comment in placed {
            let comment = ReviewComment {
                id: CommentId(self.next_id()),
                pull: number,
                review: id,
                author: actor.user,
                created_at: at,
                updated_at: at,
                ..comment
            };
            self.add_review_comment(repository, comment, actor);
        }
        Ok(id)
    }

    /// Takes an approval or a request for changes back.
    pub(crate) fn dismiss_review(
        &mut self,
        repository: RepositoryId,
        id: i64,
        actor: Actor,
    ) -> Result<(), ReviewRefused> {
        let reviews = &mut self.repo_mut(repository).reviews;
        let Some(review) = reviews.iter_mut().find(|it| it.id == id) else { return Ok(()) };
        match review.state {
            ReviewState::Approved | ReviewState::ChangesRequested => {
                review.state = ReviewState::Dismissed;
                let number = review.pull;
                self.touch(repository, number);
                self.emit_review(repository, id, "dismissed", actor);
                Ok(())
            }
            ReviewState::Commented | ReviewState::Dismissed => {
                Err(ReviewRefused::NotDismissible(review.state))
            }
        }
    }

    /// Answers in a thread. GitHub makes a review of its own for every answer.
    pub(crate) fn reply_to_review_comment(
        &mut self,
        repository: RepositoryId,
        root: CommentId,
        actor: Actor,
        body: String,
    ) -> Option<CommentId> {
        let root = self.repo(repository).review_comments.get(&root)?.clone();
        let (review, at) = (self.next_id(), self.touch(repository, root.pull));
        let id = CommentId(self.next_id());
        self.repo_mut(repository).reviews.push(Review {
            id: review,
            pull: root.pull,
            author: actor.user,
            body: String::new(),
            state: ReviewState::Commented,
            commit: root.commit.clone(),
            at,
        });
        self.emit_review(repository, review, "submitted", actor);
        let reply = ReviewComment {
            id,
            review,
            author: actor.user,
            body,
            reply_to: Some(root.id),
            resolved_by: None,
            created_at: at,
            updated_at: at,
            reactions: Vec::new(),
            ..root
        };
        self.add_review_comment(repository, reply, actor);
        Some(id)
    }

    pub(crate) fn edit_review_comment(
        &mut self,
        repository: RepositoryId,
        id: CommentId,
        actor: Actor,
        body: String,
    ) {
        let now = self.now();
        let comment = self.repo_mut(repository).review_comment_mut(id);
        let before = std::mem::replace(&mut comment.body, body);
        comment.updated_at = now;
        let changes = json!({ "changes": { "body": { "from": before } } });
        self.emit_review_comment(repository, id, "edited", actor, changes);
    }

    pub(crate) fn delete_review_comment(
        &mut self,
        repository: RepositoryId,
        id: CommentId,
        actor: Actor,
    ) {
        self.emit_review_comment(repository, id, "deleted", actor, Value::Null);
        self.repo_mut(repository).review_comments.remove(&id);
    }

    fn add_review_comment(
        &mut self,
        repository: RepositoryId,
        comment: ReviewComment,
        actor: Actor,
    ) {
        let id = comment.id;
        self.repo_mut(repository).review_comments.insert(id, comment);
        self.emit_review_comment(repository, id, "created", actor, Value::Null);
    }

    /// Finds the lines in the diff. What is not part of it cannot be commented on.
    fn place_comment(
        &self,
        repository: RepositoryId,
        pull: &Pull,
        commit: &Sha,
        new: NewReviewComment,
    ) -> Result<ReviewComment, ReviewRefused> {
        if new.body.trim().is_empty() {
            return Err(ReviewRefused::Blank);
        }
        let git = &self.repo(repository).git;
        let fork = git.merge_base(&pull.base_sha, commit)?;
        let files = git.file_changes(fork.as_ref(), commit)?;
        let file = files.into_iter().find(|it| it.path == new.path).ok_or(ReviewRefused::Path)?;
        let hunks = file.hunks.unwrap_or_default();
        let (lines, hunk) = match new.line {
            None => (None, hunks.first().map(Hunk::header).unwrap_or_default()),
            Some(last) => {
                let (hunk, at, position) =
                    find_line(&hunks, new.side, last).ok_or(ReviewRefused::Line)?;
                let start = new.start_line;
                let starts = |start: usize| {
                    start < last && hunk.lines.iter().any(|it| number(it, new.side) == Some(start))
                };
                if start.is_some_and(|it| !starts(it)) {
                    return Err(ReviewRefused::StartLine);
                }
                let text: Vec<String> =
                    hunk.text().lines().take(at + 2).map(str::to_owned).collect();
                (Some(Lines { side: new.side, start, last, position }), text.join("\n"))
            }
        };
        Ok(ReviewComment {
            id: CommentId(0),
            pull: IssueNumber(0),
            review: 0,
            author: self.app.bot,
            body: new.body,
            path: new.path,
            lines,
            commit: commit.clone(),
            hunk,
            reply_to: None,
            resolved_by: None,
            created_at: self.now(),
            updated_at: self.now(),
            reactions: Vec::new(),
        })
    }

    pub(super) fn emit_review(
        &mut self,
        repository: RepositoryId,
        id: i64,
        action: &'static str,
        actor: Actor,
    ) {
        let repo = self.repo(repository);
        let Some(review) = repo.reviews.iter().find(|it| it.id == id) else { return };
        let Some(issue) = repo.issues.get(&review.pull) else { return };
        let Some(pull) = &issue.pull else { return };
        let body = json!({
            "review": self.told_review_json(repo, review),
            "pull_request": self.pull_json(repo, issue, pull),
        });
        self.emit("pull_request_review", Some(action), repository, actor, body);
    }

    fn emit_review_comment(
        &mut self,
        repository: RepositoryId,
        id: CommentId,
        action: &'static str,
        actor: Actor,
        details: Value,
    ) {
        let repo = self.repo(repository);
        let Some(comment) = repo.review_comments.get(&id) else { return };
        let Some(issue) = repo.issues.get(&comment.pull) else { return };
        let Some(pull) = &issue.pull else { return };
        let mut body = json!({
            "comment": self.review_comment_json(repo, comment),
            "pull_request": self.pull_json(repo, issue, pull),
        });
        extend(&mut body, details);
        self.emit("pull_request_review_comment", Some(action), repository, actor, body);
    }
}

/// The hunk that holds a line, the line's place in it, and its position in the file's diff.
pub(crate) fn find_line(hunks: &[Hunk], side: Side, line: usize) -> Option<(&Hunk, usize, usize)> {
    let mut above = 0;
    for hunk in hunks {
        if let Some(at) = hunk.lines.iter().position(|it| number(it, side) == Some(line)) {
            return Some((hunk, at, above + at + 1));
        }
        above += hunk.lines.len() + 1;
    }
    None
}

fn number(line: &DiffLine, side: Side) -> Option<usize> {
    match side {
        Side::Left => line.old,
        Side::Right => line.new,
    }
}
