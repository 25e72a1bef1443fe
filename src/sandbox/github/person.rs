//! What people do in the browser and with `git push`, with GitHub's rights.

use std::sync::{Arc, Mutex, MutexGuard};

use super::acts::{IssueEdit, MergeConflict, Moved, NewIssue, NewPull, Subject};
use super::lock;
use super::world::{Actor, Issue, Permissions, ReactionKind, Role, World};
use crate::base::{CommentId, InstallationId, IssueNumber, RepositoryId, Sha, UserId};
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

/// Issues and comments.
impl Person {
    /// Opens an issue.
    ///
    /// # Errors
    /// When the repository is private and they have no role.
    pub fn opens(&self, title: &str, body: &str) -> Result<IssueNumber> {
        self.opens_with_labels(title, body, &[])
    }

    /// Opens an issue with labels on it; without triage GitHub leaves the labels out.
    ///
    /// # Errors
    /// When the repository is private and they have no role.
    pub fn opens_with_labels(
        &self,
        title: &str,
        body: &str,
        labels: &[&str],
    ) -> Result<IssueNumber> {
        let mut world = self.allowed(Role::Read)?;
        let may_label = Some(Role::Triage) <= self.role(&world);
        let labels = labels.iter().filter(|_| may_label).map(|it| (*it).to_owned()).collect();
        let new = NewIssue { title: title.to_owned(), body: Some(body.to_owned()), labels };
        Ok(world.open_issue(self.repository, self.actor(), new))
    }

    /// Changes an issue's title or body; `None` stays. The author may, and people with write.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn edits_issue(
        &self,
        number: IssueNumber,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<()> {
        let mut world = self.on_issue(number, Role::Write, true)?;
        let edit =
            IssueEdit { title: title.map(str::to_owned), body: body.map(|it| Some(it.to_owned())) };
        world.edit_issue(self.repository, number, self.actor(), edit);
        Ok(())
    }

    /// Writes a comment.
    ///
    /// # Errors
    /// When there is no such issue, or it is locked and they have no write.
    pub fn comments(&self, number: IssueNumber, body: &str) -> Result<CommentId> {
        let world = self.on_issue(number, Role::Read, false)?;
        let locked = world.repo(self.repository).issues[&number].locked;
        drop(world);
        let mut world = self.allowed(if locked { Role::Write } else { Role::Read })?;
        Ok(world.add_comment(self.repository, number, self.actor(), body.to_owned()))
    }

    /// Changes a comment. Its author may, and people with write: that is how a box is ticked.
    ///
    /// # Errors
    /// When there is no such comment or they may not.
    pub fn edits_comment(&self, id: CommentId, body: &str) -> Result<()> {
        let mut world = self.on_comment(id)?;
        world.edit_comment(self.repository, id, self.actor(), body.to_owned());
        Ok(())
    }

    /// Deletes a comment. Its author may, and people with write.
    ///
    /// # Errors
    /// When there is no such comment or they may not.
    pub fn deletes_comment(&self, id: CommentId) -> Result<()> {
        let mut world = self.on_comment(id)?;
        world.delete_comment(self.repository, id, self.actor());
        Ok(())
    }

    /// Reacts to a comment.
    ///
    /// # Errors
    /// When there is no such comment.
    pub fn reacts(&self, id: CommentId, kind: ReactionKind) -> Result<()> {
        let mut world = self.allowed(Role::Read)?;
        if !world.repo(self.repository).comments.contains_key(&id) {
            return Err(ActRefused::Missing("comment"));
        }
        world.react(self.repository, Subject::Comment(id), self.actor(), kind);
        Ok(())
    }

    /// Puts a label on an issue or pull request, making it first if it is new.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue.
    pub fn labels(&self, number: IssueNumber, label: &str) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        world.add_labels(self.repository, number, self.actor(), &[label.to_owned()]);
        Ok(())
    }

    /// Takes a label off.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue, or the label is not on it.
    pub fn unlabels(&self, number: IssueNumber, label: &str) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        let repository = world.repo(self.repository);
        let label = repository.label(label).map(|it| it.id);
        let present = label.filter(|it| repository.issues[&number].labels.contains(it));
        let label = present.ok_or(ActRefused::Missing("label"))?;
        world.remove_label(self.repository, number, self.actor(), label);
        Ok(())
    }

    /// Closes an issue or pull request as completed. Its author may, and people with triage.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn closes(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, true)?;
        world.close_issue(self.repository, number, self.actor(), "completed");
        Ok(())
    }

    /// Opens a closed issue or pull request again. Its author may, and people with triage.
    ///
    /// # Errors
    /// When there is no such issue or they may not.
    pub fn reopens(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, true)?;
        world.reopen_issue(self.repository, number, self.actor());
        Ok(())
    }

    /// Locks a conversation: from then on only people with write may comment.
    ///
    /// # Errors
    /// Without triage, or when there is no such issue.
    pub fn locks(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Triage, false)?;
        world.lock_issue(self.repository, number, self.actor());
        Ok(())
    }

    /// Deletes an issue for good.
    ///
    /// # Errors
    /// Without admin, or when there is no such issue.
    pub fn deletes_issue(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_issue(number, Role::Admin, false)?;
        world.delete_issue(self.repository, number, self.actor());
        Ok(())
    }
}

/// Code.
impl Person {
    /// Commits files on a branch and pushes it; the branch begins at the default branch when it is
    /// new. A file of `None` is deleted.
    ///
    /// # Errors
    /// Without write, or when git refuses a name.
    pub fn pushes(
        &self,
        branch: &str,
        files: &[(&str, Option<&str>)],
        message: &str,
    ) -> Result<Sha> {
        let mut world = self.allowed(Role::Write)?;
        let author = world.signature(self.user);
        let repository = world.repo(self.repository);
        let git = &repository.git;
        let before = git.branch(branch);
        let start = git.branch(&repository.default_branch);
        let files: Vec<(String, Option<Vec<u8>>)> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.map(|it| it.as_bytes().to_vec())))
            .collect();
        let sha = git.commit_files(branch, start.as_ref(), &files, &author, message)?;
        let moved =
            Moved { branch: branch.to_owned(), before, after: Some(sha.clone()), forced: false };
        world.moved(self.repository, self.actor(), moved);
        Ok(sha)
    }

    /// Points a branch at another commit, whatever it pointed to: `git push --force`.
    ///
    /// # Errors
    /// Without write, or when there is no such branch or commit.
    pub fn force_pushes(&self, branch: &str, to: &Sha) -> Result<()> {
        let mut world = self.allowed(Role::Write)?;
        let git = &world.repo(self.repository).git;
        git.commit(to)?;
        git.branch(branch).ok_or(ActRefused::Missing("branch"))?;
        Ok(world.point_branch(self.repository, self.actor(), branch, to)?)
    }

    /// Deletes a branch; pull requests from it are closed.
    ///
    /// # Errors
    /// Without write, or when there is no such branch.
    pub fn deletes_branch(&self, branch: &str) -> Result<()> {
        let mut world = self.allowed(Role::Write)?;
        let known = world.repo(self.repository).git.branch(branch).is_some();
        if !known {
            return Err(ActRefused::Missing("branch"));
        }
        Ok(world.delete_branch(self.repository, self.actor(), branch)?)
    }

    /// Opens a pull request from a branch into the default branch.
    ///
    /// # Errors
    /// Without write, or when there is no such branch.
    pub fn opens_pull(&self, head: &str, title: &str, body: &str) -> Result<IssueNumber> {
        let mut world = self.allowed(Role::Write)?;
        let repository = world.repo(self.repository);
        let sha = |name: &str| repository.git.branch(name).ok_or(ActRefused::Missing("branch"));
        let base = repository.default_branch.clone();
        let new = NewPull {
            title: title.to_owned(),
            body: Some(body.to_owned()),
            head: head.to_owned(),
            head_sha: sha(head)?,
            base_sha: sha(&base)?,
            base,
            draft: false,
        };
        Ok(world.open_pull(self.repository, self.actor(), new))
    }

    /// Merges a pull request and says the merge commit.
    ///
    /// # Errors
    /// Without write, or when there is no such pull request, or both sides changed a file.
    pub fn merges(&self, number: IssueNumber) -> Result<Sha> {
        let mut world = self.on_issue(number, Role::Write, false)?;
        let merged = world.merge_pull(self.repository, number, self.actor());
        merged.map_err(|it: MergeConflict| ActRefused::Conflict(it.to_string()))
    }
}

/// People and the App.
impl Person {
    /// Their login.
    pub fn login(&self) -> String {
        lock(&self.world).accounts[&self.user].login.clone()
    }

    /// Their id.
    pub fn id(&self) -> UserId {
        self.user
    }

    /// Gives somebody a role, or takes it away.
    ///
    /// # Errors
    /// Without admin.
    pub fn sets_role(&self, of: &Person, role: Option<Role>) -> Result<()> {
        let mut world = self.allowed(Role::Admin)?;
        let roles = &mut world.repo_mut(self.repository).roles;
        match role {
            Some(role) => roles.insert(of.user, role),
            None => roles.remove(&of.user),
        };
        Ok(())
    }

    /// Suspends the App, or lifts the suspension.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn suspends_app(&self, suspended: bool) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.suspend(id, self.actor(), suspended);
        Ok(())
    }

    /// Installs the App on the organisation, for this repository.
    ///
    /// # Errors
    /// Without admin.
    pub fn installs_app(&self) -> Result<InstallationId> {
        let mut world = self.allowed(Role::Admin)?;
        let owner = world.app.owner;
        Ok(world.install(owner, &[self.repository], self.actor()))
    }

    /// Removes the App.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn removes_app(&self) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.uninstall(id, self.actor());
        Ok(())
    }

    /// Takes this repository away from the App.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn withdraws_repository(&self) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.select_repository(id, self.actor(), self.repository, false);
        Ok(())
    }

    /// Gives the App this repository beside those it has.
    ///
    /// # Errors
    /// Without admin, or when the App is installed nowhere.
    pub fn selects_repository(&self) -> Result<()> {
        let mut world = self.allowed(Role::Admin)?;
        let id = world.installations.keys().next().copied();
        let id = id.ok_or(ActRefused::Missing("installation"))?;
        world.select_repository(id, self.actor(), self.repository, true);
        Ok(())
    }

    /// Changes what the App may do.
    ///
    /// # Errors
    /// Without admin, or when the App is not installed here.
    pub fn grants(&self, permissions: Permissions) -> Result<()> {
        let (mut world, id) = self.installation()?;
        world.grant(id, self.actor(), permissions);
        Ok(())
    }
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
