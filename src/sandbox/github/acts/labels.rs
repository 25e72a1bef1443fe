//! Labels of a repository, and labels on issues.

use serde_json::json;

use super::super::world::{Actor, Label, World};
use crate::base::{IssueNumber, RepositoryId};

/// The colour GitHub gives to a label that came into being by being used.
const UNKNOWN_LABEL_COLOR: &str = "ededed";

/// A label of this name exists.
#[derive(Debug)]
pub(crate) struct LabelTaken;

impl World {
    pub(crate) fn create_label(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        name: &str,
        color: Option<String>,
        description: Option<String>,
    ) -> Result<i64, LabelTaken> {
        if self.repo(repository).label(name).is_some() {
            return Err(LabelTaken);
        }
        let id = self.next_id();
        let color = color.unwrap_or_else(|| UNKNOWN_LABEL_COLOR.to_owned());
        let label = Label { id, name: name.to_owned(), color, description, default: false };
        self.repo_mut(repository).labels.push(label);
        self.emit_label(repository, actor, "created", id);
        Ok(id)
    }

    pub(crate) fn delete_label(&mut self, repository: RepositoryId, actor: Actor, id: i64) {
        self.emit_label(repository, actor, "deleted", id);
        let repo = self.repo_mut(repository);
        repo.labels.retain(|it| it.id != id);
        for issue in repo.issues.values_mut() {
            issue.labels.retain(|it| *it != id);
        }
    }

    /// Puts labels on an issue; those that are there stay and tell nobody. A label the repository
    /// does not know is made, as GitHub does.
    pub(crate) fn add_labels(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        names: &[String],
    ) {
        for label in self.ensure_labels(repository, actor, names) {
            let issue = self.repo_mut(repository).issue_mut(number);
            if !issue.labels.contains(&label) {
                issue.labels.push(label);
                self.touch(repository, number);
                self.emit_labelled(repository, number, "labeled", actor, label);
            }
        }
    }

    /// Takes a label off an issue.
    pub(crate) fn remove_label(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        label: i64,
    ) {
        self.repo_mut(repository).issue_mut(number).labels.retain(|it| *it != label);
        self.touch(repository, number);
        self.emit_labelled(repository, number, "unlabeled", actor, label);
    }

    /// Makes the labels on an issue exactly these.
    pub(crate) fn replace_labels(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        names: &[String],
    ) {
        let wanted = self.ensure_labels(repository, actor, names);
        let present = self.repo_mut(repository).issue_mut(number).labels.clone();
        for label in present.into_iter().filter(|it| !wanted.contains(it)) {
            self.remove_label(repository, number, actor, label);
        }
        self.add_labels(repository, number, actor, names);
    }

    pub(super) fn ensure_labels(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        names: &[String],
    ) -> Vec<i64> {
        let mut ids = Vec::new();
        for name in names {
            let known = self.repo(repository).label(name).map(|it| it.id);
            let id = known.or_else(|| self.create_label(repository, actor, name, None, None).ok());
            ids.extend(id.filter(|it| !ids.contains(it)));
        }
        ids
    }

    pub(super) fn emit_labelled(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        action: &'static str,
        actor: Actor,
        label: i64,
    ) {
        let repo = self.repo(repository);
        let Some(label) = repo.labels.iter().find(|it| it.id == label) else { return };
        let details = json!({ "label": self.label_json(repo, label) });
        self.emit_on_issue(repository, number, action, actor, details);
    }

    fn emit_label(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        action: &'static str,
        label: i64,
    ) {
        let repo = self.repo(repository);
        let Some(label) = repo.labels.iter().find(|it| it.id == label) else { return };
        let body = json!({ "label": self.label_json(repo, label) });
        self.emit("label", Some(action), repository, actor, body);
    }
}
