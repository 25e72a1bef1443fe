//! Comments on issues and pull requests.

use serde_json::{Value, json};

use super::super::payload::extend;
use super::super::world::{Actor, Comment, World};
use crate::base::{CommentId, IssueNumber, RepositoryId};

impl World {
    pub(crate) fn add_comment(
        &mut self,
        repository: RepositoryId,
        issue: IssueNumber,
        actor: Actor,
        body: String,
    ) -> CommentId {
        let id = CommentId(self.next_id());
        let now = self.touch(repository, issue);
        let comment = Comment {
            id,
            issue,
            author: actor.user,
            via_app: actor.via_app,
            body,
            created_at: now,
            updated_at: now,
            reactions: Vec::new(),
        };
        self.repo_mut(repository).comments.insert(id, comment);
        self.emit_comment(repository, id, "created", actor, Value::Null);
        id
    }

    /// Changes a comment's text. GitHub tells of every save, also of one that changes nothing.
    pub(crate) fn edit_comment(
        &mut self,
        repository: RepositoryId,
        id: CommentId,
        actor: Actor,
        body: String,
    ) {
        let now = self.now();
        let comment = self.repo_mut(repository).comment_mut(id);
        let before = std::mem::replace(&mut comment.body, body);
        comment.updated_at = now;
        let changes = json!({ "changes": { "body": { "from": before } } });
        self.emit_comment(repository, id, "edited", actor, changes);
    }

    pub(crate) fn delete_comment(&mut self, repository: RepositoryId, id: CommentId, actor: Actor) {
        self.emit_comment(repository, id, "deleted", actor, Value::Null);
        self.repo_mut(repository).comments.remove(&id);
    }

    fn emit_comment(
        &mut self,
        repository: RepositoryId,
        id: CommentId,
        action: &'static str,
        actor: Actor,
        details: Value,
    ) {
        let repo = self.repo(repository);
        let Some(comment) = repo.comments.get(&id) else { return };
        let Some(issue) = repo.issues.get(&comment.issue) else { return };
        let mut body = json!({
            "issue": self.issue_json(repo, issue),
            "comment": self.comment_json(repo, comment),
        });
        extend(&mut body, details);
        self.emit("issue_comment", Some(action), repository, actor, body);
    }
}
