//! Changing and listing trees.

use std::collections::BTreeMap;

use super::GitError;
use super::object::{Kind, Mode, TreeEntry};
use super::store::Store;
use crate::base::Sha;

/// What shall stand at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// This object.
    Object(Mode, Sha),
    /// Nothing: the entry is removed.
    Nothing,
}

/// One change to a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    /// From the root, with `/`.
    pub path: String,
    /// What stands there afterwards.
    pub placed: Placed,
}

/// Applies changes to a base tree (or to an empty one) and says the new tree's name. A folder
/// that ends empty disappears, because git does not know empty folders.
pub(super) fn change(
    store: &Store,
    base: Option<&Sha>,
    changes: &[TreeChange],
) -> Result<Sha, GitError> {
    let changes = changes
        .iter()
        .map(|it| check_path(&it.path).map(|()| (it.path.as_str(), &it.placed)))
        .collect::<Result<Vec<_>, _>>()?;
    match build(store, base, &changes)? {
        Some(sha) => Ok(sha),
        None => store.put_tree(Vec::new()),
    }
}

/// Lists a tree; recursively with whole paths and the folders themselves, as GitHub does.
pub(super) fn list(store: &Store, sha: &Sha, recursive: bool) -> Result<Vec<TreeEntry>, GitError> {
    let mut found = Vec::new();
    list_into(store, sha, "", recursive, &mut found)?;
    Ok(found)
}

/// The entry at a path of a tree.
pub(super) fn find(store: &Store, root: &Sha, path: &str) -> Result<Option<TreeEntry>, GitError> {
    let mut here = TreeEntry { mode: Mode::Directory, name: String::new(), sha: root.clone() };
    for name in path.split('/').filter(|it| !it.is_empty()) {
        if here.mode != Mode::Directory {
            return Ok(None);
        }
        match store.tree(&here.sha)?.into_iter().find(|it| it.name == name) {
            Some(entry) => here = entry,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

fn check_path(path: &str) -> Result<(), GitError> {
    let bad = |part: &str| {
        part.is_empty() || part == "." || part == ".." || part.eq_ignore_ascii_case(".git")
    };
    match path.contains('\0') || path.split('/').any(bad) {
        true => Err(GitError::BadPath(path.to_owned())),
        false => Ok(()),
    }
}

fn build(
    store: &Store,
    base: Option<&Sha>,
    changes: &[(&str, &Placed)],
) -> Result<Option<Sha>, GitError> {
    let mut entries: BTreeMap<String, TreeEntry> = match base {
        Some(sha) => store.tree(sha)?.into_iter().map(|it| (it.name.clone(), it)).collect(),
        None => BTreeMap::new(),
    };
    let mut inside: BTreeMap<&str, Vec<(&str, &Placed)>> = BTreeMap::new();
    for (path, placed) in changes {
        match path.split_once('/') {
            Some((folder, rest)) => inside.entry(folder).or_default().push((rest, placed)),
            None => match placed {
                Placed::Object(mode, sha) => {
                    // A tree must not name what is not there, as git's own `mktree` insists.
                    if *mode != Mode::Submodule {
                        store.get(sha)?;
                    }
                    let name = (*path).to_owned();
                    entries.insert(name.clone(), TreeEntry { mode: *mode, name, sha: sha.clone() });
                }
                Placed::Nothing => {
                    entries.remove(*path);
                }
            },
        }
    }
    for (folder, changes) in inside {
        let before = entries.get(folder).filter(|it| it.mode.kind() == Kind::Tree);
        match build(store, before.map(|it| it.sha.clone()).as_ref(), &changes)? {
            Some(sha) => {
                let name = folder.to_owned();
                entries.insert(name.clone(), TreeEntry { mode: Mode::Directory, name, sha });
            }
            None => {
                entries.remove(folder);
            }
        }
    }
    if entries.is_empty() {
        return Ok(None);
    }
    store.put_tree(entries.into_values().collect()).map(Some)
}

fn list_into(
    store: &Store,
    sha: &Sha,
    prefix: &str,
    recursive: bool,
    found: &mut Vec<TreeEntry>,
) -> Result<(), GitError> {
    for entry in store.tree(sha)? {
        let name = format!("{prefix}{}", entry.name);
        let below = (recursive && entry.mode == Mode::Directory).then(|| entry.sha.clone());
        found.push(TreeEntry { name: name.clone(), ..entry });
        if let Some(below) = below {
            list_into(store, &below, &format!("{name}/"), recursive, found)?;
        }
    }
    Ok(())
}
