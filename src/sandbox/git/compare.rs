//! What differs between two commits, file by file: kind, hunks, renames.

use std::collections::BTreeSet;

use super::diff::{self, Hunk, LineKind};
use super::history::{Change, ChangeKind};
use super::{GitError, Repository};
use crate::base::Sha;

/// A file whose diff is larger is listed without it (docs.github.com, "Repository limits": 20,000
/// lines and 500 KB of a single file's diff).
const DIFF_BYTES_MAX: usize = 500 * 1024;
const DIFF_LINES_MAX: usize = 20_000;

/// Two files are one that was renamed when they share this part of their lines, as git decides by
/// default.
const RENAME_PERCENT_MIN: usize = 50;

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// It is new.
    Added,
    /// It has other bytes or another mode.
    Modified,
    /// It is gone.
    Removed,
    /// It came from this path.
    Renamed(String),
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path now; a removed file's last path.
    pub path: String,
    /// What happened to it.
    pub kind: FileKind,
    /// Its blob now; a removed file's last blob.
    pub sha: Sha,
    /// What changed in it; `None` for bytes that are no text and for diffs that are too large.
    pub hunks: Option<Vec<Hunk>>,
    /// Lines that are new.
    pub additions: usize,
    /// Lines that are gone.
    pub deletions: usize,
}

impl FileChange {
    /// The hunks as one text.
    pub fn patch(&self) -> Option<String> {
        let hunks = self.hunks.as_ref().filter(|it| !it.is_empty())?;
        Some(hunks.iter().map(Hunk::text).collect::<Vec<_>>().join("\n"))
    }
}

impl Repository {
    /// The newest commit that both come from.
    ///
    /// # Errors
    /// When a commit is missing.
    pub fn merge_base(&self, one: &Sha, other: &Sha) -> Result<Option<Sha>, GitError> {
        let ancestors: BTreeSet<Sha> = self.log(one)?.into_iter().map(|it| it.0).collect();
        Ok(self.log(other)?.into_iter().map(|it| it.0).find(|it| ancestors.contains(it)))
    }

    /// The files that differ between two commits, by path; `None` is the empty tree.
    ///
    /// # Errors
    /// When a commit or a blob is missing.
    pub fn file_changes(
        &self,
        before: Option<&Sha>,
        after: &Sha,
    ) -> Result<Vec<FileChange>, GitError> {
        let mut changes = self.changes(before, after)?;
        let renames = self.renames(before, after, &changes)?;
        changes.retain(|it| {
            it.kind != ChangeKind::Removed || renames.iter().all(|(from, _)| *from != it.path)
        });
        let mut files = Vec::new();
        for change in changes {
            let from = renames.iter().find(|it| it.1 == change.path).map(|it| it.0.clone());
            let old_path = from.as_ref().unwrap_or(&change.path);
            let old = match before {
                Some(before) => self.bytes_at(before, old_path)?,
                None => None,
            };
            let new = self.bytes_at(after, &change.path)?;
            let kind = match (from, change.kind) {
                (Some(from), _) => FileKind::Renamed(from),
                (None, ChangeKind::Added) => FileKind::Added,
                (None, ChangeKind::Modified) => FileKind::Modified,
                (None, ChangeKind::Removed) => FileKind::Removed,
            };
            files.push(file_change(change.path, kind, old, new));
        }
        Ok(files)
    }

    /// Pairs of a removed and an added path that are one renamed file: equal ones first.
    fn renames(
        &self,
        before: Option<&Sha>,
        after: &Sha,
        changes: &[Change],
    ) -> Result<Vec<(String, String)>, GitError> {
        let Some(before) = before else { return Ok(Vec::new()) };
        let of = |kind| changes.iter().filter(move |it| it.kind == kind);
        let mut gone = Vec::new();
        for change in of(ChangeKind::Removed) {
            gone.push((change.path.clone(), self.bytes_at(before, &change.path)?));
        }
        let mut new = Vec::new();
        for change in of(ChangeKind::Added) {
            new.push((change.path.clone(), self.bytes_at(after, &change.path)?));
        }
        let mut pairs: Vec<(usize, String, String)> = Vec::new();
        for (from, old) in &gone {
            for (to, now) in &new {
                let percent = alike_percent(old.as_ref(), now.as_ref());
                if RENAME_PERCENT_MIN <= percent {
                    pairs.push((100 - percent, from.clone(), to.clone()));
                }
            }
        }
        pairs.sort();
        let mut found: Vec<(String, String)> = Vec::new();
        for (_, from, to) in pairs {
            if found.iter().all(|it| it.0 != from && it.1 != to) {
                found.push((from, to));
            }
        }
        Ok(found)
    }

    /// A blob and its bytes; a submodule has none.
    fn bytes_at(&self, commit: &Sha, path: &str) -> Result<Option<(Sha, Vec<u8>)>, GitError> {
        let Some(entry) = self.entry_at(commit, path)? else { return Ok(None) };
        let bytes = self.blob(&entry.sha).unwrap_or_default();
        Ok(Some((entry.sha, bytes)))
    }
}

fn file_change(
    path: String,
    kind: FileKind,
    old: Option<(Sha, Vec<u8>)>,
    new: Option<(Sha, Vec<u8>)>,
) -> FileChange {
    let sha = new.as_ref().or(old.as_ref()).map(|it| it.0.clone());
    let sha = sha.unwrap_or_else(|| Sha(String::new()));
    let bytes = |it: Option<(Sha, Vec<u8>)>| it.map(|it| it.1).unwrap_or_default();
    let (old, new) = (bytes(old), bytes(new));
    let mut change = FileChange { path, kind, sha, hunks: None, additions: 0, deletions: 0 };
    let (Some(old), Some(new)) = (text(&old), text(&new)) else { return change };
    let hunks = diff::hunks(old, new);
    let lines = || hunks.iter().flat_map(|it| &it.lines);
    change.additions = lines().filter(|it| it.kind == LineKind::Added).count();
    change.deletions = lines().filter(|it| it.kind == LineKind::Removed).count();
    let bytes: usize = lines().map(|it| it.text.len() + 1).sum();
    if bytes <= DIFF_BYTES_MAX && lines().count() <= DIFF_LINES_MAX {
        change.hunks = Some(hunks);
    }
    change
}

/// Bytes with a NUL are no text to git.
fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

fn alike_percent(old: Option<&(Sha, Vec<u8>)>, new: Option<&(Sha, Vec<u8>)>) -> usize {
    let (Some((old_sha, old)), Some((new_sha, new))) = (old, new) else { return 0 };
    if old_sha == new_sha {
        return 100;
    }
    let (Some(old), Some(new)) = (text(old), text(new)) else { return 0 };
    let longest = old.lines().count().max(new.lines().count());
    match longest {
        0 => 0,
        // A file that changed is never wholly alike.
        _ => (diff::lines_kept(old, new) * 100 / longest).min(99),
    }
}
