//! Opening, editing, closing, deleting issues and the issue side of pull requests.

use serde_json::{Value, json};

use super::super::world::{Actor, Issue, World};
use crate::base::{IssueNumber, RepositoryId};

/// A new issue.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewIssue {
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) labels: Vec<String>,
}

/// What changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssueEdit {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<Option<String>>,
}

impl World {
    pub(crate) fn open_issue(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        new: NewIssue,
    ) -> IssueNumber {
        let labels = self.ensure_labels(repository, actor, &new.labels);
        let mut issue = self.blank_issue(repository, actor, new.title, new.body);
        issue.labels = labels.clone();
        let number = issue.number;
        self.repo_mut(repository).issues.insert(number, issue);
        self.emit_on_issue(repository, number, "opened", actor, Value::Null);
        for label in labels {
            self.emit_labelled(repository, number, "labeled", actor, label);
        }
        number
    }

    /// An issue with the next number, not yet in the repository.
    pub(super) fn blank_issue(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        title: String,
        body: Option<String>,
    ) -> Issue {
        let (id, now) = (self.next_id(), self.now());
        let repo = self.repo_mut(repository);
        repo.last_number += 1;
        Issue {
            id,
            number: IssueNumber(repo.last_number),
            title,
            body: body.filter(|it| !it.is_empty()),
            author: actor.user,
            via_app: actor.via_app,
            labels: Vec::new(),
            created_at: now,
            updated_at: now,
            closed: None,
            state_reason: None,
            locked: false,
            reactions: Vec::new(),
            pull: None,
        }
    }

    /// Changes title and body; an edit that changes nothing tells nobody, as on GitHub.
    pub(crate) fn edit_issue(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        edit: IssueEdit,
    ) {
        let issue = self.repo_mut(repository).issue_mut(number);
        let mut changes = json!({});
        if let Some(title) = edit.title.filter(|it| *it != issue.title) {
            changes["title"] = json!({ "from": issue.title });
            issue.title = title;
        }
        if let Some(body) = edit.body.map(|it| it.filter(|it| !it.is_empty()))
            && body != issue.body
        {
            changes["body"] = json!({ "from": issue.body.clone().unwrap_or_default() });
            issue.body = body;
        }
        if changes != json!({}) {
            self.touch(repository, number);
            let details = json!({ "changes": changes });
            self.emit_on_issue(repository, number, "edited", actor, details);
        }
    }

    /// Closes an open issue or pull request; `reason` is `completed` or `not_planned`.
    pub(crate) fn close_issue(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        reason: &str,
    ) {
        let now = self.touch(repository, number);
        let issue = self.repo_mut(repository).issue_mut(number);
        if issue.is_open() {
            issue.closed = Some((now, actor.user));
            issue.state_reason = issue.pull.is_none().then(|| reason.to_owned());
            self.emit_on_issue(repository, number, "closed", actor, Value::Null);
        }
    }

    pub(crate) fn reopen_issue(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
    ) {
        self.touch(repository, number);
        let issue = self.repo_mut(repository).issue_mut(number);
        if !issue.is_open() {
            issue.closed = None;
            issue.state_reason = issue.pull.is_none().then(|| "reopened".to_owned());
            self.emit_on_issue(repository, number, "reopened", actor, Value::Null);
        }
    }

    /// Locks a conversation, or opens it again.
    pub(crate) fn lock_issue(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        locked: bool,
    ) {
        self.touch(repository, number);
        self.repo_mut(repository).issue_mut(number).locked = locked;
        let action = if locked { "locked" } else { "unlocked" };
        self.emit_on_issue(repository, number, action, actor, Value::Null);
    }

    /// Deletes an issue with its comments. Its number answers 410 from then on.
    pub(crate) fn delete_issue(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
    ) {
        self.emit_on_issue(repository, number, "deleted", actor, Value::Null);
        let repo = self.repo_mut(repository);
        repo.issues.remove(&number);
        repo.comments.retain(|_, it| it.issue != number);
    }
}
