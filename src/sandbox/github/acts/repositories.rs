//! Repositories that get another name, and issues that move to another repository.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::world::{Actor, Comment, Issue, World};
use crate::base::{CommentId, IssueNumber, RepositoryId};

impl World {
    /// Renames a repository. Its id stays, and its old name leads to it until another takes it.
    pub(crate) fn rename_repository(&mut self, repository: RepositoryId, actor: Actor, name: &str) {
        let full_name = self.repo(repository).full_name();
        let before = std::mem::replace(&mut self.repo_mut(repository).name, name.to_owned());
        self.old_names.push((full_name, repository));
        let changes = json!({ "repository": { "name": { "from": before } } });
        self.emit("repository", Some("renamed"), repository, actor, json!({ "changes": changes }));
    }

    /// Moves an issue with its comments to another repository, where it gets a new number. Labels
    /// go along where the other repository has them too.
    pub(crate) fn transfer_issue(
        &mut self,
        from: RepositoryId,
        number: IssueNumber,
        actor: Actor,
        to: RepositoryId,
    ) -> IssueNumber {
        let old = self.repo(from).issues[&number].clone();
        let names: Vec<String> =
            self.repo(from).labels_of(&old).into_iter().map(|it| it.name.clone()).collect();
        let labels = names.iter().filter_map(|it| self.repo(to).label(it).map(|it| it.id));
        let labels = labels.collect();
        let blank = self.blank_issue(to, actor, String::new(), None);
        let new = blank.number;
        let issue = Issue { id: blank.id, number: new, labels, ..old.clone() };
        self.repo_mut(to).issues.insert(new, issue);
        let (source, target) = (self.repo(from), self.repo(to));
        let gone = json!({ "changes": {
            "new_issue": self.issue_json(target, &target.issues[&new]),
            "new_repository": self.repository_json(target),
        } });
        let came = json!({ "changes": {
            "old_issue": self.issue_json(source, &old),
            "old_repository": self.repository_json(source),
        } });
        self.emit_on_issue(from, number, "transferred", actor, gone);
        let repo = self.repo_mut(from);
        repo.issues.remove(&number);
        repo.transferred.insert(number, (to, new));
        let all = std::mem::take(&mut repo.comments).into_iter();
        let (moved, kept): (BTreeMap<CommentId, Comment>, _) =
            all.partition(|it| it.1.issue == number);
        repo.comments = kept;
        for (id, comment) in moved {
            let comment = Comment { issue: new, ..comment };
            self.repo_mut(to).comments.insert(id, comment);
        }
        self.emit_on_issue(to, new, "opened", actor, came);
        new
    }
}
