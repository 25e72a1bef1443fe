//! One repository: objects, branches and history together.

use std::fs;
use std::path::{Path, PathBuf};

use super::history::{self, Change};
use super::object::{Commit, Kind, Mode, Signature, TreeEntry};
use super::refs::Refs;
use super::store::Store;
use super::tree::{self, Placed, TreeChange};
use super::{GitError, WorkFile, archive};
use crate::base::Sha;

/// A bare repository in a folder.
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
    store: Store,
    refs: Refs,
}

impl Repository {
    /// Makes an empty repository, or opens what stands in the folder.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path, default_branch: &str) -> Result<Repository, GitError> {
        fs::create_dir_all(folder)?;
        Ok(Repository {
            folder: folder.to_owned(),
            store: Store::open(folder)?,
            refs: Refs::open(folder, default_branch)?,
        })
    }

    /// Where it stands: `git --git-dir <folder> log` reads it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Commits files on top of a branch and moves it; the branch is made when it is new, from
    /// `start` or without a parent. A file of `None` is deleted.
    ///
    /// # Errors
    /// When a path or the branch's name is not allowed, or the disk fails.
    pub fn commit_files(
        &self,
        branch: &str,
        start: Option<&Sha>,
        files: &[(String, Option<Vec<u8>>)],
        author: &Signature,
        message: &str,
    ) -> Result<Sha, GitError> {
        let parent = self.branch(branch).or_else(|| start.cloned());
        let base = parent.as_ref().map(|it| self.commit(it)).transpose()?.map(|it| it.tree);
        let mut changes = Vec::new();
        for (path, bytes) in files {
            let placed = match bytes {
                Some(bytes) => Placed::Object(Mode::File, self.put_blob(bytes)?),
                None => Placed::Nothing,
            };
            changes.push(TreeChange { path: path.clone(), placed });
        }
        let tree = self.change_tree(base.as_ref(), &changes)?;
        let commit = Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: author.clone(),
            committer: author.clone(),
            message: message.to_owned(),
        };
        let sha = self.put_commit(&commit)?;
        match self.branch(branch) {
            Some(_) => self.point_branch(branch, &sha)?,
            None => self.create_branch(branch, &sha)?,
        }
        Ok(sha)
    }

    /// Records an imported work tree as one commit without parents, modes included.
    ///
    /// # Errors
    /// When the disk fails or a path is not allowed.
    pub fn import(
        &self,
        branch: &str,
        files: Vec<WorkFile>,
        author: &Signature,
        message: &str,
    ) -> Result<Sha, GitError> {
        let mut changes = Vec::new();
        for file in files {
            let placed = Placed::Object(file.mode, self.put_blob(&file.bytes)?);
            changes.push(TreeChange { path: file.path, placed });
        }
        let commit = Commit {
            tree: self.change_tree(None, &changes)?,
            parents: Vec::new(),
            author: author.clone(),
            committer: author.clone(),
            message: message.to_owned(),
        };
        let sha = self.put_commit(&commit)?;
        self.create_branch(branch, &sha)?;
        Ok(sha)
    }

    /// All branches by name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn branches(&self) -> Result<Vec<(String, Sha)>, GitError> {
        self.refs.all()
    }

    /// A branch's commit.
    pub fn branch(&self, name: &str) -> Option<Sha> {
        self.refs.get(name)
    }

    /// Makes a branch.
    ///
    /// # Errors
    /// When it exists, its name is not allowed, or another branch is in its way.
    pub fn create_branch(&self, name: &str, sha: &Sha) -> Result<(), GitError> {
        self.refs.create(name, sha)
    }

    /// Points an existing branch elsewhere.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn point_branch(&self, name: &str, sha: &Sha) -> Result<(), GitError> {
        self.refs.write(name, sha)
    }

    /// Deletes a branch.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_branch(&self, name: &str) -> Result<(), GitError> {
        self.refs.delete(name)
    }

    /// Resolves `HEAD`'s branch given as `default_branch`, a branch, `refs/heads/…`, `heads/…`, a
    /// full or an abbreviated commit name (four digits or more), in the order git tries them.
    pub fn resolve(&self, name: &str, default_branch: &str) -> Option<Sha> {
        let short = name.strip_prefix("refs/").unwrap_or(name);
        let short = short.strip_prefix("heads/").unwrap_or(short);
        let branch = if matches!(name, "" | "HEAD") { default_branch } else { short };
        if let Some(sha) = self.branch(branch) {
            return Some(sha);
        }
        if let Ok((Kind::Commit, _)) = self.store.get(&Sha(name.to_owned())) {
            return Some(Sha(name.to_owned()));
        }
        self.abbreviated(name)
    }

    /// A commit.
    ///
    /// # Errors
    /// When it is missing or not a commit.
    pub fn commit(&self, sha: &Sha) -> Result<Commit, GitError> {
        self.store.commit(sha)
    }

    /// Writes a commit object; no branch moves.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_commit(&self, commit: &Commit) -> Result<Sha, GitError> {
        self.store.put_commit(commit)
    }

    /// A blob's bytes.
    ///
    /// # Errors
    /// When it is missing or not a blob.
    pub fn blob(&self, sha: &Sha) -> Result<Vec<u8>, GitError> {
        Ok(self.store.blob(sha)?.to_vec())
    }

    /// Writes a blob.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Sha, GitError> {
        self.store.put(Kind::Blob, bytes)
    }

    /// The tree of a commit, or the tree itself: GitHub takes either where it wants a tree.
    ///
    /// # Errors
    /// When neither exists.
    pub fn tree_of(&self, treeish: &Sha) -> Result<Sha, GitError> {
        match self.store.get(treeish)? {
            (Kind::Tree, _) => Ok(treeish.clone()),
            (Kind::Commit, _) => Ok(self.commit(treeish)?.tree),
            (Kind::Blob, _) => Err(GitError::Missing(treeish.clone())),
        }
    }

    /// A tree's entries; recursively with whole paths, folders included.
    ///
    /// # Errors
    /// When it is missing.
    pub fn entries(&self, tree: &Sha, recursive: bool) -> Result<Vec<TreeEntry>, GitError> {
        tree::list(&self.store, tree, recursive)
    }

    /// A tree that differs from `base` by these changes.
    ///
    /// # Errors
    /// When a path is not allowed or an object is missing.
    pub fn change_tree(&self, base: Option<&Sha>, changes: &[TreeChange]) -> Result<Sha, GitError> {
        tree::change(&self.store, base, changes)
    }

    /// The entry at a path of a commit.
    ///
    /// # Errors
    /// When the commit is missing.
    pub fn entry_at(&self, commit: &Sha, path: &str) -> Result<Option<TreeEntry>, GitError> {
        tree::find(&self.store, &self.commit(commit)?.tree, path)
    }

    /// Commits from `from` back to the first, newest first.
    ///
    /// # Errors
    /// When a commit is missing.
    pub fn log(&self, from: &Sha) -> Result<Vec<(Sha, Commit)>, GitError> {
        history::log(&self.store, from)
    }

    /// Whether `ancestor` is `descendant` or lies before it.
    ///
    /// # Errors
    /// When a commit is missing.
    pub fn is_ancestor(&self, ancestor: &Sha, descendant: &Sha) -> Result<bool, GitError> {
        history::is_ancestor(&self.store, ancestor, descendant)
    }

    /// The paths that differ between two commits; `None` is the empty tree.
    ///
    /// # Errors
    /// When a commit is missing.
    pub fn changes(&self, before: Option<&Sha>, after: &Sha) -> Result<Vec<Change>, GitError> {
        let before = before.map(|it| self.commit(it)).transpose()?.map(|it| it.tree);
        history::changes(&self.store, before.as_ref(), Some(&self.commit(after)?.tree))
    }

    /// A commit's files as a `.tar.gz` whose entries begin with `prefix`.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn archive(&self, commit: &Sha, prefix: &str) -> Result<Vec<u8>, GitError> {
        archive::tarball(&self.store, commit, prefix)
    }

    fn abbreviated(&self, name: &str) -> Option<Sha> {
        let is_hex =
            4 <= name.len() && name.len() < 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hex {
            return None;
        }
        let heads = self.branches().ok()?;
        let commits = heads.iter().filter_map(|(_, head)| self.log(head).ok()).flatten();
        commits.map(|(sha, _)| sha).find(|sha| sha.0.starts_with(name))
    }
}
