//! Reactions. GitHub sends no webhook for them.

use super::super::world::{Actor, Reaction, ReactionKind, World};
use crate::base::{CommentId, IssueNumber, RepositoryId};

/// What can be reacted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Issue(IssueNumber),
    Comment(CommentId),
    ReviewComment(CommentId),
}

impl World {
    /// Adds a reaction and says whether it is new: the same person's same reaction is kept once.
    pub(crate) fn react(
        &mut self,
        repository: RepositoryId,
        subject: Subject,
        actor: Actor,
        kind: ReactionKind,
    ) -> (Reaction, bool) {
        let (id, at) = (self.next_id(), self.now());
        let reactions = self.reactions_mut(repository, subject);
        if let Some(known) = reactions.iter().find(|it| it.by == actor.user && it.kind == kind) {
            return (known.clone(), false);
        }
        let reaction = Reaction { id, by: actor.user, kind, at };
        reactions.push(reaction.clone());
        (reaction, true)
    }

    pub(crate) fn reactions_mut(
        &mut self,
        repository: RepositoryId,
        subject: Subject,
    ) -> &mut Vec<Reaction> {
        let repo = self.repo_mut(repository);
        match subject {
            Subject::Issue(number) => &mut repo.issue_mut(number).reactions,
            Subject::Comment(id) => &mut repo.comment_mut(id).reactions,
            Subject::ReviewComment(id) => &mut repo.review_comment_mut(id).reactions,
        }
    }
}
