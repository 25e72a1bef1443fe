//! Pull requests: opened, merged.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::world::{Actor, Merge, Pull, World};
use super::Moved;
use crate::base::{IssueNumber, RepositoryId, Sha};
use crate::sandbox::git::{Commit, GitError, Placed, TreeChange};

/// A new pull request between two branches of one repository.
#[derive(Clone, Debug)]
pub(crate) struct NewPull {
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) head: String,
    pub(crate) head_sha: Sha,
    pub(crate) base: String,
    pub(crate) base_sha: Sha,
    pub(crate) draft: bool,
}

/// Why a pull request cannot be merged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeConflict {
    #[error("both sides changed {0}")]
    Path(String),
    #[error("the branch is gone")]
    BranchGone,
    #[error(transparent)]
    Git(#[from] GitError),
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
            head_ref: new.head,
            head_sha: new.head_sha,
            base_ref: new.base,
            base_sha: new.base_sha,
            draft: new.draft,
            merged: None,
        });
        self.repo_mut(repository).issues.insert(number, issue);
        self.emit_on_issue(repository, number, "opened", actor, Value::Null);
        number
    }

    /// Merges with a merge commit; then closes the issues that the body says it closes.
    pub(crate) fn merge_pull(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        actor: Actor,
    ) -> Result<Sha, MergeConflict> {
        let repo = self.repo(repository);
        let issue = &repo.issues[&number];
        let Some(pull) = issue.pull.clone() else { return Err(MergeConflict::BranchGone) };
        let base = repo.git.branch(&pull.base_ref).ok_or(MergeConflict::BranchGone)?;
        let closes = closed_issues(issue.body.as_deref().unwrap_or_default());
        let owner = &repo.owner;
        let message = format!(
            "Merge pull request #{number} from {owner}/{}\n\n{}",
            pull.head_ref, issue.title
        );
        let author = self.signature(actor.user);
        let commit = Commit {
            tree: self.merged_tree(repository, &base, &pull.head_sha)?,
            parents: vec![base.clone(), pull.head_sha.clone()],
            author: author.clone(),
            committer: author,
            message,
        };
        let repo = self.repo(repository);
        let sha = repo.git.put_commit(&commit)?;
        repo.git.point_branch(&pull.base_ref, &sha)?;
        let at = self.touch(repository, number);
        if let Some(pull) = &mut self.repo_mut(repository).issue_mut(number).pull {
            pull.merged = Some(Merge { sha: sha.clone(), by: actor.user, at });
            pull.draft = false;
        }
        self.close_issue(repository, number, actor, "");
        let after = Some(sha.clone());
        let default_branch = self.repo(repository).default_branch == pull.base_ref;
        self.moved(
            repository,
            actor,
            Moved { branch: pull.base_ref, before: Some(base), after, forced: false },
        );
        for closed in closes.into_iter().filter(|_| default_branch) {
            if self.repo(repository).issues.get(&closed).is_some_and(|it| it.pull.is_none()) {
                self.close_issue(repository, closed, actor, "completed");
            }
        }
        Ok(sha)
    }

    /// Three-way by path: what the head changed since the two parted, laid onto the base.
    fn merged_tree(
        &self,
        repository: RepositoryId,
        base: &Sha,
        head: &Sha,
    ) -> Result<Sha, MergeConflict> {
        let git = &self.repo(repository).git;
        let head_log = git.log(head)?;
        let common = git
            .log(base)?
            .into_iter()
            .map(|(sha, _)| sha)
            .find(|sha| head_log.iter().any(|(it, _)| it == sha));
        let theirs: BTreeSet<String> =
            git.changes(common.as_ref(), base)?.into_iter().map(|it| it.path).collect();
        let mut changes = Vec::new();
        for change in git.changes(common.as_ref(), head)? {
            let ours = git.entry_at(head, &change.path)?;
            if theirs.contains(&change.path) && git.entry_at(base, &change.path)? != ours {
                return Err(MergeConflict::Path(change.path));
            }
            let placed = ours.map_or(Placed::Nothing, |it| Placed::Object(it.mode, it.sha));
            changes.push(TreeChange { path: change.path, placed });
        }
        Ok(git.change_tree(Some(&git.commit(base)?.tree), &changes)?)
    }
}

/// The issues that a text closes by GitHub's keywords (`closes #1`, `Fixed: #2`).
fn closed_issues(text: &str) -> Vec<IssueNumber> {
    const KEYWORDS: [&str; 9] =
        ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |word: &str| {
        let digits = word.strip_prefix('#')?.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse().ok().map(IssueNumber)
    };
    words
        .windows(2)
        .filter(|it| KEYWORDS.contains(&it[0].trim_end_matches(':').to_lowercase().as_str()))
        .filter_map(|it| number(it[1]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[i64]) {
        let found: Vec<i64> = closed_issues(text).into_iter().map(|it| it.0).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_keywords_close_issues() {
        check("Closes #1 and fixes: #22.", &[1, 22]);
        check("Part of #3", &[]);
        check("prefixes #4, closes 5", &[]);
    }
}
