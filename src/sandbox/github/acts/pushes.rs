//! Branches that come, move and go.

use serde_json::{Value, json};

use super::super::payload::push_commit_json;
use super::super::world::{Actor, ReviewState, World};
use crate::base::{IssueNumber, RepositoryId, Sha};
use crate::sandbox::git::GitError;

/// What git writes for "no commit".
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// A push names at most this many commits (docs.github.com/webhooks, "push").
const PUSHED_COMMITS_MAX: usize = 2_048;

/// A branch that moved, and from where to where; `None` is "was not there".
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    pub(crate) branch: String,
    pub(crate) before: Option<Sha>,
    pub(crate) after: Option<Sha>,
    pub(crate) forced: bool,
}

impl World {
    /// Makes a branch at a commit.
    pub(crate) fn create_branch(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
        sha: &Sha,
    ) -> Result<(), GitError> {
        self.repo(repository).git.create_branch(branch, sha)?;
        let after = Some(sha.clone());
        self.moved(
            repository,
            actor,
            Moved { branch: branch.to_owned(), before: None, after, forced: false },
        );
        Ok(())
    }

    /// Points a branch elsewhere.
    pub(crate) fn point_branch(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
        sha: &Sha,
    ) -> Result<(), GitError> {
        let git = &self.repo(repository).git;
        let before = git.branch(branch);
        let forced = match &before {
            Some(before) => !git.is_ancestor(before, sha)?,
            None => false,
        };
        git.point_branch(branch, sha)?;
        if before.as_ref() != Some(sha) {
            let after = Some(sha.clone());
            self.moved(
                repository,
                actor,
                Moved { branch: branch.to_owned(), before, after, forced },
            );
        }
        Ok(())
    }

    /// Deletes a branch.
    pub(crate) fn delete_branch(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
    ) -> Result<(), GitError> {
        let git = &self.repo(repository).git;
        let before = git.branch(branch);
        git.delete_branch(branch)?;
        self.moved(
            repository,
            actor,
            Moved { branch: branch.to_owned(), before, after: None, forced: false },
        );
        Ok(())
    }

    /// Tells of a branch that moved on disk, and takes the pull requests of it along.
    pub(crate) fn moved(&mut self, repository: RepositoryId, actor: Actor, moved: Moved) {
        let now = self.now();
        self.repo_mut(repository).pushed_at = now;
        let body = self.push_json(repository, actor, &moved);
        self.emit("push", None, repository, actor, body);
        let repo = self.repo(repository);
        let branch = json!({
            "ref": moved.branch,
            "ref_type": "branch",
            "pusher_type": "user",
        });
        match (&moved.before, &moved.after) {
            (None, Some(_)) => {
                let mut body = branch;
                body["master_branch"] = repo.default_branch.clone().into();
                body["description"] = Value::Null;
                self.emit("create", None, repository, actor, body);
            }
            (Some(_), None) => {
                self.emit("delete", None, repository, actor, branch);
                self.close_pulls_of(repository, actor, &moved.branch);
            }
            (Some(before), Some(after)) => {
                self.synchronize(repository, actor, &moved.branch, before, after);
            }
            (None, None) => {}
        }
        if let Some(after) = &moved.after {
            let ends = (moved.before.as_ref(), after);
            self.open_suites(repository, actor, &moved.branch, ends);
            self.push_starts_ci(repository, actor, &moved.branch, after);
        }
    }

    fn synchronize(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
        before: &Sha,
        after: &Sha,
    ) {
        for number in self.open_pulls_of(repository, branch) {
            self.touch(repository, number);
            if let Some(pull) = &mut self.repo_mut(repository).issue_mut(number).pull {
                pull.head_sha = after.clone();
            }
            let details = json!({ "before": before, "after": after });
            self.emit_on_issue(repository, number, "synchronize", actor, details);
            self.dismiss_stale(repository, number, actor);
        }
    }

    /// Where the base branch says so, a push takes approvals back.
    fn dismiss_stale(&mut self, repository: RepositoryId, number: IssueNumber, actor: Actor) {
        let repo = self.repo(repository);
        let base = repo.issues[&number].pull.as_ref().map(|it| &it.base_ref);
        let rules = base.and_then(|it| repo.rules.get(it));
        if rules.is_none_or(|it| !it.dismiss_stale) {
            return;
        }
        let stale = repo.reviews.iter().filter(|it| it.pull == number);
        let stale = stale.filter(|it| it.state == ReviewState::Approved).map(|it| it.id);
        for id in stale.collect::<Vec<_>>() {
            // Approvals can always be dismissed.
            let _ = self.dismiss_review(repository, id, actor);
        }
    }

    /// A pull request whose branch is deleted is closed, as on GitHub.
    fn close_pulls_of(&mut self, repository: RepositoryId, actor: Actor, branch: &str) {
        for number in self.open_pulls_of(repository, branch) {
            self.close_issue(repository, number, actor, "");
        }
    }

    fn open_pulls_of(&self, repository: RepositoryId, branch: &str) -> Vec<IssueNumber> {
        let of_branch = |it: &&super::super::world::Issue| {
            let is_of =
                |pull: &super::super::world::Pull| pull.fork.is_none() && pull.head_ref == branch;
            it.is_open() && it.pull.as_ref().is_some_and(is_of)
        };
        self.repo(repository).issues.values().filter(of_branch).map(|it| it.number).collect()
    }

    fn push_json(&self, repository: RepositoryId, actor: Actor, moved: &Moved) -> Value {
        let repo = self.repo(repository);
        let none = || Sha(NO_COMMIT.to_owned());
        let before = moved.before.clone().unwrap_or_else(none);
        let after = moved.after.clone().unwrap_or_else(none);
        let commits = self.pushed_commits(repository, moved);
        let head = moved.after.as_ref().and_then(|sha| {
            let commit = repo.git.commit(sha).ok()?;
            let changes = repo.git.changes(commit.parents.first(), sha).ok()?;
            Some(push_commit_json(self, repo, sha, &commit, &changes))
        });
        let page = format!("{}/{}", self.web_url, repo.full_name());
        let compare = match (&moved.before, &moved.after) {
            (Some(before), Some(after)) => {
                format!("{page}/compare/{}...{}", &before.0[..12], &after.0[..12])
            }
            (None, Some(_)) | (None, None) => format!("{page}/compare/{}", moved.branch),
            (Some(before), None) => format!("{page}/compare/{}...000000000000", &before.0[..12]),
        };
        let login = self.accounts.get(&actor.user).map(|it| it.login.clone());
        json!({
            "ref": format!("refs/heads/{}", moved.branch),
            "before": before,
            "after": after,
            "created": moved.before.is_none(),
            "deleted": moved.after.is_none(),
            "forced": moved.forced,
            "base_ref": null,
            "compare": compare,
            "commits": commits,
            "head_commit": head,
            "pusher": { "name": login, "email": self.signature(actor.user).email },
        })
    }

    /// The commits that the branch did not have, oldest first; of a new branch, those that no
    /// other branch has.
    fn pushed_commits(&self, repository: RepositoryId, moved: &Moved) -> Vec<Value> {
        let repo = self.repo(repository);
        let Some(after) = &moved.after else { return Vec::new() };
        let known: Vec<Sha> = match &moved.before {
            Some(before) => vec![before.clone()],
            None => {
                let heads = repo.git.branches().unwrap_or_default();
                heads.into_iter().filter(|(it, _)| *it != moved.branch).map(|it| it.1).collect()
            }
        };
        let old: Vec<Sha> = known
            .iter()
            .filter_map(|it| repo.git.log(it).ok())
            .flatten()
            .map(|(sha, _)| sha)
            .collect();
        let new = repo.git.log(after).unwrap_or_default();
        let mut commits: Vec<Value> = new
            .into_iter()
            .filter(|(sha, _)| !old.contains(sha))
            .take(PUSHED_COMMITS_MAX)
            .filter_map(|(sha, commit)| {
                let changes = repo.git.changes(commit.parents.first(), &sha).ok()?;
                Some(push_commit_json(self, repo, &sha, &commit, &changes))
            })
            .collect();
        commits.reverse();
        commits
    }
}
