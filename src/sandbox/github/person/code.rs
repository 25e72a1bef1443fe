//! Branches and pull requests.

use super::super::acts::{MergeConflict, Moved, NewPull};
use super::super::world::Role;
use super::{ActRefused, Person, Result};
use crate::base::{IssueNumber, Sha};

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
