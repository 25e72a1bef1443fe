//! The comments that a planner reads: of the moment it was asked for, by people with triage access or
//! more, and those that its command includes; with what is told of it to people
//! (`trust.md`, rule 9).

use std::collections::BTreeMap;

use crate::base::{CommentId, Timestamp, UserId};
use crate::domain::incoming::CommentSnapshot;
use crate::domain::permission::Right;
use crate::domain::reading::{COMMENT_CHARS_MAX, COMMENTS_MAX, ReadComment, Reading};
use crate::domain::workflow::Ask;
use crate::engine::Engine;
use crate::engine::planner::brief::{Order, clean};
use crate::engine::planner::snapshot::Trouble;
use crate::github::client::ReadPort;

/// How many people's rights are asked for to find the comments: a crowd of strangers must not use
/// up GitHub's limit.
const AUTHORS_MAX: usize = 30;

/// What a run may read of what people said.
pub(super) struct Readable {
    /// Login, right and text, oldest first.
    pub(super) comments: Vec<(String, Right, String)>,
    /// The same for people, with what was left out.
    pub(super) reading: Reading,
}

/// A comment of the moment, by a person.
struct Said {
    id: CommentId,
    login: String,
    user: UserId,
    body: String,
}

impl Engine {
    /// The comments that a run may read.
    pub(super) async fn readable_comments(
        &self,
        order: &Order<'_>,
        ask: &Ask,
    ) -> Result<Readable, Trouble> {
        let reader = self.reader(order.installation, order.repository);
        let (all, unread) = match reader.comments(order.issue.number, None).await {
            Ok(all) => (all.items, !all.complete),
            Err(error) if error.retryable() => return Err(self.github_trouble(&error)),
            Err(_) => (Vec::new(), true),
        };
        let include = included(ask);
        are_there(include, (&all, unread), order.at)?;
        let seen = |text: &str| clean(&self.secrets, text).trim().chars().count();
        let issue_chars = seen(&order.snapshot.title) + seen(&order.snapshot.body);
        let mut reading = Reading { issue_chars, unread, ..Reading::default() };
        let mut comments = Vec::new();
        let mut rights = BTreeMap::new();
        // The newest first: where there are more than are read, those matter more.
        let mut room = COMMENTS_MAX.saturating_sub(include.len());
        for comment in all.into_iter().rev().filter(|it| !is_batons(it)) {
            if !is_from_then(&comment, order.at) {
                reading.left_out.later += 1;
                continue;
            }
            let Some(said) = by_a_person(comment) else {
                reading.left_out.bots += 1;
                continue;
            };
            let is_included = include.contains(&said.id);
            if room == 0 && !is_included {
                reading.left_out.older += 1;
                continue;
            }
            let right = self.author_right(&reader, &said, &mut rights).await?;
            let may_be_read = Right::Triage <= right;
            if !may_be_read && !is_included {
                reading.left_out.outsiders += 1;
                continue;
            }
            if !is_included {
                room -= 1;
            }
            let text = clean(&self.secrets, &said.body);
            reading.comments.push(ReadComment {
                id: said.id,
                author: said.login.clone(),
                included: is_included && !may_be_read,
                cut: COMMENT_CHARS_MAX < text.trim().chars().count(),
            });
            comments.push((said.login, right, text));
        }
        comments.reverse();
        reading.comments.reverse();
        Ok(Readable { comments, reading })
    }

    async fn author_right(
        &self,
        reader: &ReadPort,
        said: &Said,
        known: &mut BTreeMap<UserId, Right>,
    ) -> Result<Right, Trouble> {
        if let Some(right) = known.get(&said.user) {
            return Ok(*right);
        }
        if AUTHORS_MAX <= known.len() {
            return Ok(Right::None);
        }
        let right = match reader.permission(&said.login, said.user).await {
            Ok(permission) => permission.right,
            Err(error) if error.retryable() => return Err(self.github_trouble(&error)),
            Err(_) => Right::None,
        };
        known.insert(said.user, right);
        Ok(right)
    }
}

/// The comments that a command names.
fn included(ask: &Ask) -> &[CommentId] {
    match ask {
        Ask::Plan { include, .. } | Ask::Revise { include, .. } => include,
        Ask::Again | Ask::Task { .. } | Ask::Inspect { .. } => &[],
    }
}

/// What somebody wants read must be read: money is not spent on a plan without it.
pub(in crate::engine) fn are_there(
    include: &[CommentId],
    (all, unread): (&[CommentSnapshot], bool),
    at: Timestamp,
) -> Result<(), Trouble> {
    for id in include {
        let why = match all.iter().find(|it| it.id == *id) {
            None if unread => "is not among those that GitHub handed out",
            None => "is not on this issue",
            Some(it) if it.by_app || it.author.as_ref().is_none_or(|it| it.bot) => {
                "is by a bot or a deleted account, and no run reads those"
            }
            Some(it) if !is_from_then(it, at) => {
                "was changed after somebody asked; ask again if it still says what you want"
            }
            Some(_) => continue,
        };
        return Err(Trouble::NotIncluded { why: format!("comment {id} {why}") });
    }
    Ok(())
}

fn by_a_person(comment: CommentSnapshot) -> Option<Said> {
    let author = comment.author.filter(|it| !it.bot)?;
    let CommentSnapshot { id, body, .. } = comment;
    Some(Said { id, login: author.login, user: author.id, body })
}

/// Whether it is one that Baton keeps up to date: the run is told all that stands there. What a
/// person writes is theirs, whatever it begins with.
fn is_batons(comment: &CommentSnapshot) -> bool {
    let is_apps = comment.by_app || comment.author.as_ref().is_some_and(|it| it.bot);
    is_apps && comment.body.trim_start().starts_with("<!-- baton:")
}

/// Text can be changed after a maintainer asked; what changed later is left out.
fn is_from_then(comment: &CommentSnapshot, at: Timestamp) -> bool {
    comment.updated_at.or(comment.created_at).is_none_or(|it| it <= at)
}
