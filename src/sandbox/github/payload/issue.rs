//! Issues, also the issue side of pull requests.

use serde_json::{Value, json};

use super::super::world::{Issue, Reaction, ReactionKind, Repository, World};
use super::{add_urls, author_association, extend, node_id};
use crate::base::IssueNumber;

impl World {
    /// An issue; the issue side of a pull request has `pull_request` and `draft` besides.
    pub(crate) fn issue_json(&self, repository: &Repository, issue: &Issue) -> Value {
        let repository_url = self.repository_url(repository);
        let url = format!("{repository_url}/issues/{}", issue.number);
        let labels = repository.labels_of(issue);
        // Both sides of a pull request are one object to GraphQL.
        let node = match &issue.pull {
            Some(pull) => node_id("PR", pull.id),
            None => node_id("I", issue.id),
        };
        let mut json = json!({
            "url": url,
            "repository_url": repository_url,
            "labels_url": format!("{url}/labels{{/name}}"),
            "html_url": self.issue_page(repository, issue),
            "id": issue.id,
            "node_id": node,
            "number": issue.number,
            "title": issue.title,
            "user": self.user_json(issue.author),
            "labels": labels.iter().map(|it| self.label_json(repository, it)).collect::<Vec<_>>(),
            "state": if issue.is_open() { "open" } else { "closed" },
            "state_reason": issue.state_reason,
            "locked": issue.locked,
            "active_lock_reason": null,
            "assignee": null,
            "assignees": [],
            "milestone": null,
            "comments": repository.comments_of(issue.number).count(),
            "created_at": issue.created_at.iso(),
            "updated_at": issue.updated_at.iso(),
            "closed_at": issue.closed.map(|(at, _)| at.iso()),
            "author_association": author_association(repository, issue.author),
            "body": issue.body,
            "reactions": reactions_json(&url, &issue.reactions),
            "performed_via_github_app": self.performed_via(issue.via_app),
        });
        let tails = [("comments", "/comments"), ("events", "/events"), ("timeline", "/timeline")];
        add_urls(&mut json, &url, &tails);
        if let Some(pull) = &issue.pull {
            let page = self.issue_page(repository, issue);
            extend(
                &mut json,
                json!({
                    "draft": pull.draft,
                    "pull_request": {
                        "url": format!("{repository_url}/pulls/{}", issue.number),
                        "html_url": page,
                        "diff_url": format!("{page}.diff"),
                        "patch_url": format!("{page}.patch"),
                        "merged_at": pull.merged.as_ref().map(|it| it.at.iso()),
                    },
                }),
            );
        }
        json
    }

    /// What a single issue answers beyond one in a list.
    pub(crate) fn full_issue_json(&self, repository: &Repository, issue: &Issue) -> Value {
        let mut json = self.issue_json(repository, issue);
        let closed_by = issue.closed.map(|(_, by)| self.user_json(by));
        extend(&mut json, json!({ "closed_by": closed_by }));
        json
    }

    /// The page of an issue or pull request.
    pub(crate) fn issue_page(&self, repository: &Repository, issue: &Issue) -> String {
        let kind = if issue.pull.is_some() { "pull" } else { "issues" };
        self.page(repository, kind, issue.number)
    }

    fn page(&self, repository: &Repository, kind: &str, number: IssueNumber) -> String {
        format!("{}/{}/{kind}/{number}", self.web_url, repository.full_name())
    }

    /// One reaction.
    pub(crate) fn reaction_json(&self, reaction: &Reaction) -> Value {
        json!({
            "id": reaction.id,
            "node_id": node_id("REA", reaction.id),
            "user": self.user_json(reaction.by),
            "content": reaction.kind.name(),
            "created_at": reaction.at.iso(),
        })
    }
}

/// The counts of an object's reactions.
pub(super) fn reactions_json(url: &str, reactions: &[Reaction]) -> Value {
    let mut json = json!({ "url": format!("{url}/reactions"), "total_count": reactions.len() });
    for kind in ReactionKind::ALL {
        json[kind.name()] = reactions.iter().filter(|it| it.kind == kind).count().into();
    }
    json
}
