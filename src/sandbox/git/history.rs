//! Reading history: ancestry, the log, and what changed between two commits.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::GitError;
use super::object::{Commit, Mode};
use super::store::Store;
use super::tree;
use crate::base::Sha;

/// How a path differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has other bytes.
    Modified,
    /// It is gone.
    Removed,
}

/// One path that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// From the root.
    pub path: String,
    /// How.
    pub kind: ChangeKind,
}

/// Commits reachable from `from`, newest first by committer time, children before parents.
pub(super) fn log(store: &Store, from: &Sha) -> Result<Vec<(Sha, Commit)>, GitError> {
    let mut waiting = vec![(from.clone(), store.commit(from)?)];
    let mut seen = HashSet::from([from.clone()]);
    let mut found = Vec::new();
    while let Some(at) = newest(&waiting) {
        let (sha, commit) = waiting.remove(at);
        for parent in &commit.parents {
            if seen.insert(parent.clone()) {
                waiting.push((parent.clone(), store.commit(parent)?));
            }
        }
        found.push((sha, commit));
    }
    Ok(found)
}

/// Whether `ancestor` can be reached from `descendant`; a commit is its own ancestor.
pub(super) fn is_ancestor(
    store: &Store,
    ancestor: &Sha,
    descendant: &Sha,
) -> Result<bool, GitError> {
    Ok(log(store, descendant)?.iter().any(|(sha, _)| sha == ancestor))
}

/// What differs between two trees, by path.
pub(super) fn changes(
    store: &Store,
    before: Option<&Sha>,
    after: Option<&Sha>,
) -> Result<Vec<Change>, GitError> {
    let (before, after) = (files(store, before)?, files(store, after)?);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let kind = |path: &String| match (before.get(path), after.get(path)) {
        (None, Some(_)) => Some(ChangeKind::Added),
        (Some(_), None) => Some(ChangeKind::Removed),
        (old, new) if old != new => Some(ChangeKind::Modified),
        _ => None,
    };
    Ok(paths
        .into_iter()
        .filter_map(|path| kind(path).map(|kind| Change { path: path.clone(), kind }))
        .collect())
}

fn files(
    store: &Store,
    root: Option<&Sha>,
) -> Result<BTreeMap<String, (Sha, &'static str)>, GitError> {
    let Some(root) = root else { return Ok(BTreeMap::new()) };
    Ok(tree::list(store, root, true)?
        .into_iter()
        .filter(|it| it.mode != Mode::Directory)
        .map(|it| (it.name, (it.sha, it.mode.name())))
        .collect())
}

/// The place of the newest waiting commit. Among equals the first found, so that a child made in
/// the same second comes before its parent.
fn newest(waiting: &[(Sha, Commit)]) -> Option<usize> {
    let newest = waiting.iter().map(|(_, it)| it.committer.at).max()?;
    waiting.iter().position(|(_, it)| it.committer.at == newest)
}
