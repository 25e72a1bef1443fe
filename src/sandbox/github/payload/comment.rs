//! Comments on issues and pull requests.

use serde_json::{Value, json};

use super::super::world::{Comment, Repository, World};
use super::issue::reactions_json;
use super::{author_association, node_id};

impl World {
    /// A comment.
    pub(crate) fn comment_json(&self, repository: &Repository, comment: &Comment) -> Value {
        let repository_url = self.repository_url(repository);
        let url = format!("{repository_url}/issues/comments/{}", comment.id);
        let page = repository.issues.get(&comment.issue).map(|it| self.issue_page(repository, it));
        json!({
            "url": url,
            "html_url": page.map(|it| format!("{it}#issuecomment-{}", comment.id)),
            "issue_url": format!("{repository_url}/issues/{}", comment.issue),
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "user": self.user_json(comment.author),
            "created_at": comment.created_at.iso(),
            "updated_at": comment.updated_at.iso(),
            "author_association": author_association(repository, comment.author),
            "body": comment.body,
            "reactions": reactions_json(&url, &comment.reactions),
            "performed_via_github_app": self.performed_via(comment.via_app),
        })
    }
}
