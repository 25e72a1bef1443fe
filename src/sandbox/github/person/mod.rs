//! What people do in the browser and with `git push`, with GitHub's rights.
//!
//! ```text
//! conversation  issues, comments, labels    reviews  reviews, their comments and threads
//! code          pushes, pull requests       checks   buttons, re-runs, statuses
//! app           roles, and the App's installation
//! ```

mod app;
mod checks;
mod code;
mod conversation;
mod reviews;

pub use self::code::Push;

use std::sync::{Arc, Mutex, MutexGuard};

use super::lock;
use super::world::{Actor, Issue, Role, World};
use crate::base::{CommentId, InstallationId, IssueNumber, RepositoryId, UserId};
use crate::sandbox::git::GitError;

/// Why GitHub does not let somebody do something.
#[derive(Debug, thiserror::Error)]
pub enum ActRefused {
    /// They may not.
    #[error("{login} needs the role {} for this", .needs.name())]
    NotAllowed {
        /// Who.
        login: String,
        /// What they would need.
        needs: Role,
    },
    /// There is no such issue, comment, label, branch, installation.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// GitHub says why not.
    #[error("{0}")]
    Refused(String),
    /// The pull request cannot be merged.
    #[error("the pull request cannot be merged: {0}")]
    Conflict(String),
    /// Git refuses.
    #[error(transparent)]
    Git(#[from] GitError),
}

type Result<T> = std::result::Result<T, ActRefused>;

/// Somebody in one repository.
#[derive(Clone)]
pub struct Person {
    world: Arc<Mutex<World>>,
    repository: RepositoryId,
    user: UserId,
}

impl Person {
    pub(super) fn new(world: Arc<Mutex<World>>, repository: RepositoryId, user: UserId) -> Person {
        Person { world, repository, user }
    }

    fn actor(&self) -> Actor {
        Actor::person(self.user)
    }

    fn role(&self, world: &World) -> Option<Role> {
        let repository = world.repo(self.repository);
        let role = repository.roles.get(&self.user).copied();
        role.or((!repository.private).then_some(Role::Read))
    }

    fn allowed(&self, needs: Role) -> Result<MutexGuard<'_, World>> {
        let world = lock(&self.world);
        match Some(needs) <= self.role(&world) {
            true => Ok(world),
            false => {
                let login = world.accounts[&self.user].login.clone();
                Err(ActRefused::NotAllowed { login, needs })
            }
        }
    }

    /// The world, when the issue exists and they have the role, or wrote it where that suffices.
    fn on_issue(
        &self,
        number: IssueNumber,
        needs: Role,
        author_may: bool,
    ) -> Result<MutexGuard<'_, World>> {
        let world = lock(&self.world);
        let issue: Option<&Issue> = world.repo(self.repository).issues.get(&number);
        let author = issue.ok_or(ActRefused::Missing("issue"))?.author;
        drop(world);
        self.allowed(if author_may && author == self.user { Role::Read } else { needs })
    }

    fn on_comment(&self, id: CommentId) -> Result<MutexGuard<'_, World>> {
        let world = lock(&self.world);
        let comment = world.repo(self.repository).comments.get(&id);
        let author = comment.ok_or(ActRefused::Missing("comment"))?.author;
        drop(world);
        self.allowed(if author == self.user { Role::Read } else { Role::Write })
    }

    fn installation(&self) -> Result<(MutexGuard<'_, World>, InstallationId)> {
        let world = self.allowed(Role::Admin)?;
        let id = world.installation_of(self.repository).map(|it| it.id);
        Ok((world, id.ok_or(ActRefused::Missing("installation"))?))
    }
}
