//! Everything that can happen, whoever does it: a person in the browser, a person's `git push`, or
//! the App over REST. Each act changes the world and tells the App by webhook, in that order.
//!
//! Acts do not ask for rights: the REST table asks for the App's permissions before it acts, and
//! [`Person`](super::Person) asks for the person's right.

mod checks;
mod comments;
mod installations;
mod issues;
mod labels;
mod merges;
mod pulls;
mod pushes;
mod reactions;
mod repositories;
mod reviews;
mod statuses;
mod workflows;

pub(super) use self::checks::{CheckEdit, NewCheck};
pub(super) use self::issues::{IssueEdit, NewIssue};
pub(super) use self::merges::{MergeRefused, NewMerge};
pub(super) use self::pulls::NewPull;
pub(super) use self::pushes::Moved;
pub(super) use self::reactions::Subject;
pub(super) use self::reviews::{NewReview, NewReviewComment, ReviewRefused, find_line};
pub(super) use self::statuses::NewStatus;

use serde_json::{Value, json};

use super::payload::extend;
use super::world::{Actor, World};
use crate::base::{IssueNumber, RepositoryId, Timestamp, UserId};
use crate::sandbox::git::Signature;

impl World {
    /// Emits `issues` for an issue and `pull_request` for a pull request, as it stands now.
    fn emit_on_issue(
        &mut self,
        repository: RepositoryId,
        number: IssueNumber,
        action: &'static str,
        actor: Actor,
        details: Value,
    ) {
        let repo = self.repo(repository);
        let Some(issue) = repo.issues.get(&number) else { return };
        let (event, mut body) = match &issue.pull {
            Some(pull) => {
                let pull = self.full_pull_json(repo, issue, pull);
                ("pull_request", json!({ "number": number, "pull_request": pull }))
            }
            None => ("issues", json!({ "issue": self.issue_json(repo, issue) })),
        };
        extend(&mut body, details);
        self.emit(event, Some(action), repository, actor, body);
    }

    /// Marks an issue as changed now and says what time that is.
    fn touch(&mut self, repository: RepositoryId, number: IssueNumber) -> Timestamp {
        let now = self.now();
        self.repo_mut(repository).issue_mut(number).updated_at = now;
        now
    }

    /// How an account signs a commit made here and now.
    pub(super) fn signature(&self, user: UserId) -> Signature {
        let login = self.accounts.get(&user).map(|it| it.login.clone()).unwrap_or_default();
        let email = format!("{user}+{login}@users.noreply.github.test");
        Signature { name: login, email, at: self.now() }
    }
}
