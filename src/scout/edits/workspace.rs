//! The files as a run sees and changes them.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::replace::{Replaced, replace};
use super::{Change, Edits};
use crate::domain::diff::{ChangeSet, Content, FileChange};
use crate::domain::guard::is_batons_own;
use crate::domain::hygiene::is_secret_path;
use crate::domain::plan::paths::path_fault;
use crate::domain::session::{Editing, Reading};
use crate::scout::halt::Halt;
use crate::scout::output::{Refusal, clip, size};
use crate::scout::path::normalise;
use crate::scout::snapshot::{Snapshot, SnapshotError};

/// The longest text of one file: larger ones are generated or data, which no model should write.
const FILE_BYTES_MAX: usize = 512 * 1_024;

/// All written texts of a run together: they are kept in memory while it works.
const TOTAL_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Files that one run may touch. A person has to read them all.
const FILES_MAX: usize = 200;

/// A snapshot with a run's edits over it.
pub struct Workspace {
    base: Arc<Snapshot>,
    edits: Edits,
    view: Snapshot,
}

impl Workspace {
    /// The commit without edits.
    pub fn new(base: Arc<Snapshot>) -> Workspace {
        Workspace::with_edits(base, Edits::default())
    }

    /// The commit with the edits that a run had made. Written files stand as they were stored: on
    /// another commit than the one they were made on, whoever changes the base has seen to it
    /// that no path of the edits differs between the two.
    pub fn with_edits(base: Arc<Snapshot>, edits: Edits) -> Workspace {
        let view = base.edited(edits.written(), |path| edits.is_deleted(path));
        Workspace { base, edits, view }
    }

    /// The same files and edits, with tools that stop when `halt` asks them to.
    #[must_use]
    pub fn until(self, halt: &Halt) -> Workspace {
        Workspace {
            base: Arc::new(self.base.until(halt.clone())),
            view: self.view.until(halt.clone()),
            edits: self.edits,
        }
    }

    /// The edits so far, to be stored.
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    /// The files with the edits.
    pub fn snapshot(&self) -> &Snapshot {
        &self.view
    }

    /// Runs a reading tool on the files with the edits.
    ///
    /// # Errors
    /// [`Refusal`] with a sentence for the model.
    pub fn read(&self, reading: &Reading) -> Result<String, Refusal> {
        self.view.run(reading)
    }

    /// Runs an edit tool. A refused edit changes nothing.
    ///
    /// # Errors
    /// [`Refusal`] with a sentence for the model.
    pub fn edit(&mut self, editing: &Editing) -> Result<String, Refusal> {
        let mut edits = self.edits.clone();
        let answer = match editing {
            Editing::Create { path, content } => {
                let path = self.free(path)?;
                let text = content.clone();
                let lines = text.lines().count();
                edits.changes.insert(path.clone(), Change::Written { text, from: None });
                format!("Created `{path}` ({lines} lines).\n")
            }
            Editing::Replace { path, old, new } => {
                let path = self.writable(path)?;
                let Replaced { text, answer } = replace(&path, &self.whole_text(&path)?, old, new)?;
                let from = self.origin(&path);
                edits.changes.insert(path, Change::Written { text, from });
                answer
            }
            Editing::Delete { path } => {
                let path = self.existing(path)?;
                edits.changes.insert(path.clone(), Change::Deleted);
                format!("Deleted `{path}`.\n")
            }
            Editing::Move { from, to } => {
                let from = self.existing(from)?;
                let to = self.free(to)?;
                let text = self.whole_text(&from)?;
                let origin =
                    self.origin(&from).or_else(|| self.in_base(&from).then(|| from.clone()));
                edits.changes.insert(from.clone(), Change::Deleted);
                edits.changes.insert(to.clone(), Change::Written { text, from: origin });
                format!("Moved `{from}` to `{to}`.\n")
            }
        };
        self.settle(&mut edits);
        within_limits(&edits)?;
        self.view = self.base.edited(edits.written(), |path| edits.is_deleted(path));
        self.edits = edits;
        Ok(answer)
    }

    /// What the run changed, for the guard, for people, and for the commit.
    ///
    /// # Errors
    /// [`SnapshotError::Cache`] when the snapshot cannot be read.
    pub fn change_set(&self) -> Result<ChangeSet, SnapshotError> {
        let mut files = Vec::new();
        for (path, change) in &self.edits.changes {
            let before = self.base_content(path)?;
            let change = match (change, before) {
                (Change::Deleted, Some(before)) if !self.is_moved(path) => {
                    FileChange::deleted(path, before)
                }
                (Change::Deleted, _) => continue,
                (Change::Written { text, .. }, Some(before)) => {
                    FileChange::modified(path, before, text.as_str())
                }
                (Change::Written { text, from }, None) => {
                    let from = from.as_ref().filter(|it| self.edits.is_deleted(it));
                    match from.map(|it| Ok((it, self.base_content(it)?))).transpose()? {
                        Some((from, Some(before))) => {
                            FileChange::moved(from, path, before, text.as_str())
                        }
                        Some((_, None)) | None => FileChange::created(path, text.as_str()),
                    }
                }
            };
            files.push(change);
        }
        // The paths are keys of one map, and a moved file's old path is deleted there once.
        ChangeSet::new(files).map_err(|it| SnapshotError::Cache(std::io::Error::other(it)))
    }

    /// A path that an agent may write.
    fn writable(&self, path: &str) -> Result<String, Refusal> {
        let path = normalise(path);
        let shown = clip(&path, 200);
        if let Some(fault) = path_fault(&path) {
            return Err(Refusal(format!("`{shown}` {fault}.")));
        }
        if is_secret_path(&path) || self.base.hidden_paths().any(|it| it == path) {
            return Err(Refusal(format!(
                "`{shown}` is one of the files that no model reads or writes; leave it to a person \
                 and say so."
            )));
        }
        if is_batons_own(&path) {
            return Err(Refusal(format!(
                "`{shown}` is Baton's own; the service writes it itself."
            )));
        }
        Ok(path)
    }

    /// A writable path where a file stands.
    fn existing(&self, path: &str) -> Result<String, Refusal> {
        let path = self.writable(path)?;
        if self.view.content(&path).is_none() {
            // The reading tool knows how to say it: with near names, or that it is a folder.
            self.view.text(&path)?;
        }
        Ok(path)
    }

    /// A writable path where nothing stands, neither below it nor in its way, on any disk.
    fn free(&self, path: &str) -> Result<String, Refusal> {
        let path = self.writable(path)?;
        let lower = path.to_lowercase();
        let taken = self.view.paths().chain(self.base.hidden_paths()).find_map(|it| {
            let other = it.to_lowercase();
            if it == path {
                Some(format!("`{path}` exists already; change it with `replace_text`."))
            } else if other == lower {
                Some(format!("`{it}` exists, and differs from `{path}` in case only."))
            } else if other.strip_prefix(&lower).is_some_and(|it| it.starts_with('/')) {
                Some(format!("`{path}` is a folder."))
            } else if lower.strip_prefix(&other).is_some_and(|it| it.starts_with('/')) {
                Some(format!("`{it}` is a file, so nothing can stand below it."))
            } else {
                None
            }
        });
        match taken {
            Some(says) => Err(Refusal(says)),
            None => Ok(path),
        }
    }

    /// A file's exact text.
    fn whole_text(&self, path: &str) -> Result<String, Refusal> {
        // Refused as in reading: absent, too large, binary, a pointer.
        self.view.text(path)?;
        let bytes = self.view.content(path).and_then(|it| self.view.bytes(it).ok());
        String::from_utf8(bytes.unwrap_or_default()).map_err(|_| {
            Refusal(format!("`{path}` is not UTF-8, so an edit would damage it; leave it alone."))
        })
    }

    /// Where a file stood at the base commit, if it was moved from there.
    fn origin(&self, path: &str) -> Option<String> {
        match self.edits.changes.get(path) {
            Some(Change::Written { from, .. }) => from.clone(),
            Some(Change::Deleted) | None => None,
        }
    }

    fn in_base(&self, path: &str) -> bool {
        self.base.content(path).is_some()
    }

    /// Whether a deleted path is the old one of a moved file that now stands where nothing was.
    fn is_moved(&self, path: &str) -> bool {
        self.edits.changes.iter().any(|(to, it)| match it {
            Change::Written { from, .. } => from.as_deref() == Some(path) && !self.in_base(to),
            Change::Deleted => false,
        })
    }

    /// Drops what is as it was: a file written back, one created and deleted again.
    fn settle(&self, edits: &mut Edits) {
        edits.changes.retain(|path, change| match change {
            Change::Deleted => self.in_base(path),
            Change::Written { text, .. } => {
                let same = |it: &Content| it.text() == Some(text);
                !matches!(self.base_content(path), Ok(Some(it)) if same(&it))
            }
        });
    }

    fn base_content(&self, path: &str) -> Result<Option<Content>, SnapshotError> {
        let Some(content) = self.base.content(path) else { return Ok(None) };
        let bytes = self.base.bytes(content).map_err(SnapshotError::Cache)?;
        Ok(Some(match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Content::Text(text),
            Ok(text) => binary(text.as_bytes()),
            Err(error) => binary(error.as_bytes()),
        }))
    }
}

fn binary(bytes: &[u8]) -> Content {
    Content::Binary { bytes: bytes.len() as u64, sha256: hex::encode(Sha256::digest(bytes)) }
}

fn within_limits(edits: &Edits) -> Result<(), Refusal> {
    if FILES_MAX < edits.changes.len() {
        return Err(Refusal(format!(
            "This would be the {}th file; one run touches at most {FILES_MAX}. Finish what there \
             is and say what is left.",
            edits.changes.len()
        )));
    }
    let mut total = 0;
    for (path, text) in edits.written() {
        if text.contains('\0') {
            return Err(Refusal(format!("`{path}` would hold a NUL character; write text only.")));
        }
        if FILE_BYTES_MAX < text.len() {
            return Err(Refusal(format!(
                "`{path}` would have {}; a written file has at most {}.",
                size(text.len() as u64),
                size(FILE_BYTES_MAX as u64)
            )));
        }
        total += text.len();
    }
    if TOTAL_BYTES_MAX < total {
        return Err(Refusal(format!(
            "All written files together would have {}; one run writes at most {}.",
            size(total as u64),
            size(TOTAL_BYTES_MAX as u64)
        )));
    }
    Ok(())
}
