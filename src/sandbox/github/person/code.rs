//! Branches and pull requests.

use std::sync::MutexGuard;

use super::super::acts::{NewMerge, NewPull};
use super::super::world::{Fork, MergeMethod, Role, World};
use super::{ActRefused, Person, Result};
use crate::base::{IssueNumber, RepositoryId, Sha};
use crate::sandbox::git::{Commit, Mode, Placed, Signature, TreeChange};

/// A commit that somebody pushes. Start from [`Push::default`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Push<'a> {
    /// The branch; it begins at the default branch when it is new.
    pub branch: &'a str,
    /// Paths and their new bytes; `None` deletes.
    pub files: &'a [(&'a str, Option<&'a [u8]>)],
    /// Subject, blank line, body.
    pub message: &'a str,
    /// The author's name and address, where it is not who pushes.
    pub author: Option<(&'a str, &'a str)>,
    /// The parent, where it is not the branch's head: the branch is then forced.
    pub onto: Option<&'a Sha>,
}

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
        let files: Vec<(&str, Option<&[u8]>)> =
            files.iter().map(|(path, text)| (*path, text.map(str::as_bytes))).collect();
        self.pushes_commit(&Push { branch, files: &files, message, ..Push::default() })
    }

    /// Makes a commit and pushes it, as [`Push`] says.
    ///
    /// # Errors
    /// Without write, or when git refuses a name or does not know the parent.
    pub fn pushes_commit(&self, push: &Push<'_>) -> Result<Sha> {
        let mut world = self.allowed(Role::Write)?;
        let committer = world.signature(self.user);
        let (name, email) = push.author.unwrap_or((&committer.name, &committer.email));
        let author = Signature { name: name.to_owned(), email: email.to_owned(), at: committer.at };
        let repository = world.repo(self.repository);
        let git = &repository.git;
        let before = git.branch(push.branch);
        let start = || before.clone().or_else(|| git.branch(&repository.default_branch));
        let parent = push.onto.cloned().or_else(start);
        let base = parent.as_ref().map(|it| git.commit(it)).transpose()?.map(|it| it.tree);
        let mut changes = Vec::new();
        for (path, bytes) in push.files {
            let placed = match bytes {
                Some(bytes) => Placed::Object(Mode::File, git.put_blob(bytes)?),
                None => Placed::Nothing,
            };
            changes.push(TreeChange { path: (*path).to_owned(), placed });
        }
        let commit = Commit {
            tree: git.change_tree(base.as_ref(), &changes)?,
            parents: parent.into_iter().collect(),
            author,
            committer,
            message: push.message.to_owned(),
        };
        let sha = git.put_commit(&commit)?;
        match before {
            Some(_) => world.point_branch(self.repository, self.actor(), push.branch, &sha)?,
            None => world.create_branch(self.repository, self.actor(), push.branch, &sha)?,
        }
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
        self.opens_any_pull(head, (title, body), false)
    }

    /// Opens a draft.
    ///
    /// # Errors
    /// As [`opens_pull`](Person::opens_pull), and where drafts are not to be had.
    pub fn opens_draft(&self, head: &str, title: &str, body: &str) -> Result<IssueNumber> {
        self.opens_any_pull(head, (title, body), true)
    }

    fn opens_any_pull(
        &self,
        head: &str,
        (title, body): (&str, &str),
        draft: bool,
    ) -> Result<IssueNumber> {
        let mut world = self.allowed(Role::Write)?;
        let repository = world.repo(self.repository);
        if draft && !repository.drafts_allowed {
            let why = "Draft pull requests are not supported in this repository.";
            return Err(ActRefused::Refused(why.to_owned()));
        }
        let sha = |name: &str| repository.git.branch(name).ok_or(ActRefused::Missing("branch"));
        let base = repository.default_branch.clone();
        let new = NewPull {
            fork: None,
            title: title.to_owned(),
            body: Some(body.to_owned()),
            head: head.to_owned(),
            head_sha: sha(head)?,
            base_sha: sha(&base)?,
            base,
            draft,
        };
        Ok(world.open_pull(self.repository, self.actor(), new))
    }

    /// Opens a pull request into the default branch from a branch of their own fork, which nobody
    /// else sees anything of. Whoever may read may fork.
    ///
    /// # Errors
    /// When they may not read, or git refuses a name.
    pub fn opens_pull_from_fork(
        &self,
        (head, files): (&str, &[(&str, Option<&str>)]),
        title: &str,
        body: &str,
    ) -> Result<IssueNumber> {
        let mut world = self.allowed(Role::Read)?;
        let id = RepositoryId(world.next_id());
        let author = world.signature(self.user);
        let repository = world.repo(self.repository);
        let (git, base) = (&repository.git, repository.default_branch.clone());
        let base_sha = git.branch(&base).ok_or(ActRefused::Missing("branch"))?;
        let mut changes = Vec::new();
        for (path, text) in files {
            let placed = match text {
                Some(text) => Placed::Object(Mode::File, git.put_blob(text.as_bytes())?),
                None => Placed::Nothing,
            };
            changes.push(TreeChange { path: (*path).to_owned(), placed });
        }
        let commit = Commit {
            tree: git.change_tree(Some(&git.commit(&base_sha)?.tree), &changes)?,
            parents: vec![base_sha.clone()],
            author: author.clone(),
            committer: author,
            message: title.to_owned(),
        };
        let new = NewPull {
            fork: Some(Fork { id, owner: self.user }),
            title: title.to_owned(),
            body: Some(body.to_owned()),
            head: head.to_owned(),
            // GitHub keeps a fork's commits at hand, also where no branch leads to them.
            head_sha: git.put_commit(&commit)?,
            base,
            base_sha,
            draft: false,
        };
        Ok(world.open_pull(self.repository, self.actor(), new))
    }

    /// Ends a draft. Its author may, and people with write.
    ///
    /// # Errors
    /// When there is no such pull request or they may not.
    pub fn marks_ready(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_pull(number)?;
        world.set_draft(self.repository, number, self.actor(), false);
        Ok(())
    }

    /// Makes a draft of a pull request. Its author may, and people with write.
    ///
    /// # Errors
    /// When there is no such pull request or they may not.
    pub fn converts_to_draft(&self, number: IssueNumber) -> Result<()> {
        let mut world = self.on_pull(number)?;
        world.set_draft(self.repository, number, self.actor(), true);
        Ok(())
    }

    /// Merges a pull request with a merge commit and says it.
    ///
    /// # Errors
    /// Without write, or when there is no such pull request, or something stands in its way.
    pub fn merges(&self, number: IssueNumber) -> Result<Sha> {
        self.merges_with(number, MergeMethod::Merge)
    }

    /// Merges a pull request in this way and says the commit.
    ///
    /// # Errors
    /// As [`merges`](Person::merges).
    pub fn merges_with(&self, number: IssueNumber, method: MergeMethod) -> Result<Sha> {
        let mut world = self.on_issue(number, Role::Write, false)?;
        let new = NewMerge { method, head: None, title: None, message: None };
        let merged = world.merge_pull(self.repository, number, self.actor(), new);
        merged.map_err(|it| ActRefused::Conflict(it.to_string()))
    }

    fn on_pull(&self, number: IssueNumber) -> Result<MutexGuard<'_, World>> {
        let world = self.on_issue(number, Role::Write, true)?;
        match world.repo(self.repository).issues[&number].pull {
            Some(_) => Ok(world),
            None => Err(ActRefused::Missing("pull request")),
        }
    }
}
