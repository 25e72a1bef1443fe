//! What a plan is checked against: the files of the base commit.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::plan::words;

/// The files of the base commit, and how long those are that a plan quotes.
#[derive(Clone, Debug, Default)]
pub struct Base {
    files: BTreeSet<String>,
    /// Files and their folders in lower case, with one real spelling.
    folded: BTreeMap<String, String>,
    folders: BTreeSet<String>,
    lines: BTreeMap<String, u32>,
}

impl Base {
    /// The base with these files, as paths from the root.
    pub fn new(paths: impl IntoIterator<Item = String>) -> Base {
        let mut base = Base::default();
        for path in paths {
            for folder in folders_of(&path) {
                base.folded.entry(folder.to_lowercase()).or_insert_with(|| folder.to_owned());
                base.folders.insert(folder.to_owned());
            }
            base.folded.entry(path.to_lowercase()).or_insert_with(|| path.clone());
            base.files.insert(path);
        }
        base
    }

    /// Adds how many lines a file has. Needed for the files that a plan's `examples` quote; of a
    /// file without count only the existence is checked.
    pub fn with_lines(mut self, path: &str, n_lines: u32) -> Base {
        self.lines.insert(path.to_owned(), n_lines);
        self
    }

    /// Whether a file stands there.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Whether a folder stands there.
    pub(super) fn has_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    /// How many lines the file has, when somebody counted.
    pub(super) fn n_lines(&self, path: &str) -> Option<u32> {
        self.lines.get(path).copied()
    }

    /// A file or folder that differs from `path`, or from a folder of it, only by case.
    pub(super) fn differs_by_case(&self, path: &str) -> Option<&str> {
        let parts = folders_of(path).chain([path]);
        let mut spelled = parts.filter_map(|part| {
            let there = self.folded.get(&part.to_lowercase())?;
            let is_exact = self.files.contains(part) || self.folders.contains(part);
            (!is_exact).then_some(there.as_str())
        });
        spelled.next()
    }

    /// The file that was probably meant.
    pub(super) fn nearest(&self, path: &str) -> Option<&str> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let same_name = self.files.iter().filter(|it| it.rsplit('/').next() == Some(name));
        let mut same_name = same_name.map(String::as_str);
        match (same_name.next(), same_name.next()) {
            (Some(only), None) => Some(only),
            (Some(first), Some(second)) => {
                words::nearest(path, [first, second].into_iter().chain(same_name))
            }
            (None, _) => words::nearest(path, self.files.iter().map(String::as_str)),
        }
    }
}

/// `a/b/c` → `a`, `a/b`.
pub(super) fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}
