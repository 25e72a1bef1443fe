//! A run's edits: an overlay over a snapshot, in memory.
//!
//! [`Workspace`] runs both kinds of tools: reading tools see the files with the edits, edit tools
//! change them. [`Edits`] is what it has come to, and [`Workspace::with_edits`] goes on from there.
//! It is stored nowhere: after a crash the edits of the transcript are made again. At the end
//! [`Workspace::change_set`] is what the diff guard judges.
//!
//! Nothing is edited that agents may not write: paths that a plan may not name, secret and
//! ignored files, Baton's own. The guard judges the change set all the same; refusing here tells
//! the model at once.

mod replace;
mod workspace;

use std::collections::BTreeMap;

pub use self::workspace::Workspace;

/// What a run has changed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    changes: BTreeMap<String, Change>,
}

/// What became of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// A file stands there with this text.
    Written {
        /// The whole text.
        text: String,
        /// Where it stood at the base commit, when it was moved from there.
        from: Option<String>,
    },
    /// The base commit's file is gone.
    Deleted,
}

impl Edits {
    /// The paths written or deleted, sorted: what another push may not touch meanwhile.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.changes.keys().map(String::as_str)
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The written files with their texts.
    fn written(&self) -> impl Iterator<Item = (&str, &str)> {
        self.changes.iter().filter_map(|(path, change)| match change {
            Change::Written { text, .. } => Some((path.as_str(), text.as_str())),
            Change::Deleted => None,
        })
    }

    fn is_deleted(&self, path: &str) -> bool {
        self.changes.get(path) == Some(&Change::Deleted)
    }
}

#[cfg(test)]
mod tests;
