//! Pull requests: opened, made ready, put back to draft, reviewers asked.

use serde_json::{Value, json};

use super::super::world::{Actor, Fork, Pull, World};
use crate::base::{IssueNumber, RepositoryId, Sha, UserId};

/// A new pull request between two branches of one repository, or from a fork's.
#[derive(Clone, Debug)]
pub(crate) struct NewPull {
    pub(crate) fork: Option<Fork>,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) head: String,
    pub(crate) head_sha: Sha,
    pub(crate) base: String,
    pub(crate) base_sha: Sha,
    pub(crate) draft: bool,
}

impl World {
    pub(crate) fn open_pull(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        new: NewPull,
    ) -> IssueNumber {
        let mut issue = self.blank_issue(repository, actor, new.title, new.body);
        let number = issue.number;
        issue.pull = Some(Pull {
            id: self.next_id(),
            fork: new.fork,
            head_ref: new.head,
            head_sha: new.head_sha,
            base_ref: new.base,
            base_sha: new.base_sha,
            draft: new.draft,
            reviewers: Vec::new(),
            merged: None,
        });
        self.repo_mut(repository).issues.insert(number, issue);
        self.emit_on_issue(repository, number, "opened", actor, Value::Null);
        number
    }

    /// Ends a draft, or makes one of what was none; what is so already tells nobody.
    pub(crate) fn set_draft(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        draft: bool,
    ) {
        let pull = &mut self.repo_mut(repository).issue_mut(number).pull;
        let Some(pull) = pull.as_mut().filter(|it| it.draft != draft) else { return };
        pull.draft = draft;
        self.touch(repository, number);
        let action = if draft { "converted_to_draft" } else { "ready_for_review" };
        self.emit_on_issue(repository, number, action, actor, Value::Null);
    }

    /// Asks somebody for a review; who was asked already is not asked again.
    pub(crate) fn ask_reviewer(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        reviewer: UserId,
    ) {
        let pull = &mut self.repo_mut(repository).issue_mut(number).pull;
        let Some(pull) = pull.as_mut().filter(|it| !it.reviewers.contains(&reviewer)) else {
            return;
        };
        pull.reviewers.push(reviewer);
        self.touch(repository, number);
        let details = json!({ "requested_reviewer": self.user_json(reviewer) });
        self.emit_on_issue(repository, number, "review_requested", actor, details);
    }
}
