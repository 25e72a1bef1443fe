//! What one run changed, as a value: the *change set* that is judged, shown to people, and pushed.
//!
//! [`ChangeSet::new`] sorts changes by path and drops those that change nothing, so that two runs
//! with the same outcome have the same change set and the same [`ChangeHash`]: that is what a
//! person's yes is bound to. [`unified`] is its bounded text for comments and prompts, and
//! [`FileChange::lines`] is what the diff guard reads.

mod hash;
mod lines;
mod unified;

pub use self::hash::{BadChangeHash, ChangeHash};
pub use self::lines::{DiffLine, LineCounts, Sign, diff_lines};
pub use self::unified::unified;

use serde::{Deserialize, Serialize};

/// Every file that a run created, changed, deleted or moved, sorted by path, each path once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<FileChange>", into = "Vec<FileChange>")]
pub struct ChangeSet {
    files: Vec<FileChange>,
}

/// What happened to one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Path from the repository's root; of a moved file the new one.
    pub path: String,
    /// What happened.
    pub kind: ChangeKind,
    /// What stood there, of a moved file at its old path; `None` when it did not exist.
    pub before: Option<Content>,
    /// What stands there; `None` when it is deleted.
    pub after: Option<Content>,
    /// What kind of entry it is, of a deleted file what it was.
    pub mode: FileMode,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It did not exist.
    Created,
    /// It has another content.
    Modified,
    /// It is gone.
    Deleted,
    /// It stood elsewhere; its content may have changed too.
    Moved {
        /// The old path, where nothing stands any more.
        from: String,
    },
}

impl ChangeKind {
    /// The word for it in a sentence.
    pub fn word(&self) -> &'static str {
        match self {
            ChangeKind::Created => "created",
            ChangeKind::Modified => "modified",
            ChangeKind::Deleted => "deleted",
            ChangeKind::Moved { .. } => "moved",
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Text in UTF-8. Of a symbolic link its target, of a submodule its commit.
    Text(String),
    /// Anything else; the bytes themselves stay where they are.
    Binary {
        /// Its size in bytes.
        bytes: u64,
        /// SHA-256 of its bytes, 64 hexadecimal digits.
        sha256: String,
    },
}

impl Content {
    /// The text; `None` of a binary content.
    pub fn text(&self) -> Option<&str> {
        match self {
            Content::Text(text) => Some(text),
            Content::Binary { .. } => None,
        }
    }

    /// Whether it is not text.
    pub fn is_binary(&self) -> bool {
        match self {
            Content::Text(_) => false,
            Content::Binary { .. } => true,
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Content::Text(text.to_owned())
    }
}

/// What kind of entry a path is in git's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileMode {
    /// A regular file. One that is modified or moved keeps the executable bit it has: who commits
    /// it takes the mode of the tree it replaces.
    Regular,
    /// A regular file that may be executed.
    Executable,
    /// A symbolic link; its content is the target.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

impl FileMode {
    /// The word for it in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            FileMode::Regular => "file",
            FileMode::Executable => "executable file",
            FileMode::Symlink => "symbolic link",
            FileMode::Submodule => "submodule",
        }
    }
}

/// Two changes name the same path, so neither can be what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change set names {0:?} twice")]
pub struct TwiceChanged(pub String);

impl FileChange {
    /// A regular file that did not exist.
    pub fn created(path: impl Into<String>, after: impl Into<Content>) -> FileChange {
        FileChange {
            path: path.into(),
            kind: ChangeKind::Created,
            before: None,
            after: Some(after.into()),
            mode: FileMode::Regular,
        }
    }

    /// A regular file with another content.
    pub fn modified(
        path: impl Into<String>,
        before: impl Into<Content>,
        after: impl Into<Content>,
    ) -> FileChange {
        FileChange {
            path: path.into(),
            kind: ChangeKind::Modified,
            before: Some(before.into()),
            after: Some(after.into()),
            mode: FileMode::Regular,
        }
    }

    /// A regular file that is gone.
    pub fn deleted(path: impl Into<String>, before: impl Into<Content>) -> FileChange {
        FileChange {
            path: path.into(),
            kind: ChangeKind::Deleted,
            before: Some(before.into()),
            after: None,
            mode: FileMode::Regular,
        }
    }

    /// A regular file that stood elsewhere.
    pub fn moved(
        from: impl Into<String>,
        path: impl Into<String>,
        before: impl Into<Content>,
        after: impl Into<Content>,
    ) -> FileChange {
        FileChange {
            path: path.into(),
            kind: ChangeKind::Moved { from: from.into() },
            before: Some(before.into()),
            after: Some(after.into()),
            mode: FileMode::Regular,
        }
    }

    /// The same change of an entry of another kind.
    pub fn with_mode(self, mode: FileMode) -> FileChange {
        FileChange { mode, ..self }
    }

    /// Whether either side is not text.
    pub fn is_binary(&self) -> bool {
        [&self.before, &self.after].into_iter().flatten().any(Content::is_binary)
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.mode == FileMode::Symlink
    }

    /// The old text; empty when there was none or it is binary.
    pub fn before_text(&self) -> &str {
        self.before.as_ref().and_then(Content::text).unwrap_or_default()
    }

    /// The new text; empty when there is none or it is binary.
    pub fn after_text(&self) -> &str {
        self.after.as_ref().and_then(Content::text).unwrap_or_default()
    }

    /// The path it had before: the old one of a moved file, else its own.
    pub fn path_before(&self) -> &str {
        match &self.kind {
            ChangeKind::Moved { from } => from,
            ChangeKind::Created | ChangeKind::Modified | ChangeKind::Deleted => &self.path,
        }
    }

    /// All lines, kept ones too, in reading order.
    pub fn lines(&self) -> Vec<DiffLine<'_>> {
        diff_lines(self.before_text(), self.after_text())
    }

    /// How many lines were added and removed.
    pub fn counts(&self) -> LineCounts {
        LineCounts::of(&self.lines())
    }

    /// A created file that stayed empty is a change; an unchanged modified one is none.
    fn changes_nothing(&self) -> bool {
        match &self.kind {
            ChangeKind::Modified => self.before == self.after,
            ChangeKind::Moved { from } => *from == self.path && self.before == self.after,
            ChangeKind::Created | ChangeKind::Deleted => false,
        }
    }
}

impl ChangeSet {
    /// A change set of these changes in any order. Those that change nothing are dropped.
    ///
    /// # Errors
    /// [`TwiceChanged`] when a path occurs twice; the old path of a moved file counts as well.
    pub fn new(mut files: Vec<FileChange>) -> Result<ChangeSet, TwiceChanged> {
        files.retain(|it| !it.changes_nothing());
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut paths: Vec<&str> = files.iter().map(|it| it.path.as_str()).collect();
        let sources = files.iter().filter(|it| it.path_before() != it.path);
        paths.extend(sources.map(FileChange::path_before));
        paths.sort_unstable();
        if let Some(twice) = paths.windows(2).find(|it| it[0] == it[1]) {
            return Err(TwiceChanged(twice[0].to_owned()));
        }
        Ok(ChangeSet { files })
    }

    /// The changes, sorted by path.
    pub fn files(&self) -> &[FileChange] {
        &self.files
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What happened at a path.
    pub fn get(&self, path: &str) -> Option<&FileChange> {
        let found = self.files.binary_search_by(|it| it.path.as_str().cmp(path)).ok()?;
        self.files.get(found)
    }

    /// Lines added and removed in all files.
    pub fn counts(&self) -> LineCounts {
        self.files.iter().map(FileChange::counts).fold(LineCounts::default(), LineCounts::plus)
    }

    /// What a person's yes is bound to: see [`ChangeHash`].
    pub fn hash(&self) -> ChangeHash {
        ChangeHash::of(self)
    }
}

impl TryFrom<Vec<FileChange>> for ChangeSet {
    type Error = TwiceChanged;

    fn try_from(files: Vec<FileChange>) -> Result<ChangeSet, TwiceChanged> {
        ChangeSet::new(files)
    }
}

impl From<ChangeSet> for Vec<FileChange> {
    fn from(set: ChangeSet) -> Vec<FileChange> {
        set.files
    }
}

#[cfg(test)]
mod tests;
