//! Making a snapshot: from an archive, from single blobs, or from an archive whose gaps are
//! filled with blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive;
use super::pack::{self, Index, Place, Writer};
use super::path;
use super::snapshot::{Skipped, Snapshot, SnapshotError, SnapshotLimits};
use crate::base::{RepositoryId, Sha};
use crate::domain::hygiene::is_secret_path;

/// A snapshot in the making. Dropped before [`finish`](SnapshotBuilder::finish) it leaves nothing.
pub struct SnapshotBuilder {
    dir: PathBuf,
    repository: RepositoryId,
    sha: Sha,
    limits: SnapshotLimits,
    writer: Writer,
    files: BTreeMap<String, Place>,
    secret: BTreeSet<String>,
    left_out: BTreeSet<String>,
    skipped: Skipped,
    bytes: u64,
    entries: usize,
}

impl SnapshotBuilder {
    /// Begins the snapshot of a commit in a cache directory, which is made when absent.
    ///
    /// # Errors
    /// [`SnapshotError::BadSha`] and [`SnapshotError::Cache`].
    pub fn new(
        dir: &Path,
        repository: RepositoryId,
        sha: &Sha,
        limits: SnapshotLimits,
    ) -> Result<SnapshotBuilder, SnapshotError> {
        pack::path_of(dir, repository, sha)?;
        Ok(SnapshotBuilder {
            dir: dir.to_owned(),
            repository,
            sha: sha.clone(),
            limits,
            writer: Writer::new(dir).map_err(SnapshotError::Cache)?,
            files: BTreeMap::new(),
            secret: BTreeSet::new(),
            left_out: BTreeSet::new(),
            skipped: Skipped::default(),
            bytes: 0,
            entries: 0,
        })
    }

    /// Adds every regular file of a host's archive, without the folder around them.
    ///
    /// # Errors
    /// [`SnapshotError`]; the builder is of no use then.
    pub fn add_tarball(&mut self, archive: impl Read) -> Result<(), SnapshotError> {
        archive::read_into(self, archive)
    }

    /// Adds one file. An unsafe name is counted and left out, a secret file's content is dropped.
    ///
    /// # Errors
    /// [`SnapshotError::TooLarge`], [`SnapshotError::TooManyEntries`], [`SnapshotError::Cache`].
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.count_entry()?;
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.limits.bytes_max < self.bytes {
            return Err(SnapshotError::TooLarge { bytes_max: self.limits.bytes_max });
        }
        self.put(path, &mut &*bytes).map(drop)
    }

    /// Notes a file that exists and whose content could not be had: a plan may name it, and no tool
    /// shows it.
    pub fn leave_out(&mut self, path: &str) {
        self.left_out.extend(path::safe(path));
    }

    /// How many files were added so far.
    pub fn added(&self) -> usize {
        self.files.len() + self.secret.len()
    }

    /// The paths among `files` that were not added, sorted; see [`Snapshot::verify_against`].
    pub fn missing<'a>(&self, files: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        missing(files, |path| self.files.contains_key(path) || self.secret.contains(path))
    }

    /// Writes the snapshot into the cache, at once and whole, and opens it.
    ///
    /// # Errors
    /// [`SnapshotError::Cache`].
    pub fn finish(mut self) -> Result<Snapshot, SnapshotError> {
        self.skipped.secret = self.secret.len();
        let path = pack::path_of(&self.dir, self.repository, &self.sha)?;
        let index = Index {
            repository: self.repository,
            sha: self.sha,
            files: self.files,
            secret: self.secret.into_iter().collect(),
            left_out: self.left_out.into_iter().collect(),
            skipped: self.skipped,
        };
        self.writer.finish(&index, &path).map_err(SnapshotError::Cache)?;
        Snapshot::open_cached(&self.dir, index.repository, &index.sha)?
            .ok_or_else(|| SnapshotError::Cache(io::Error::other("a new snapshot did not open")))
    }

    pub(super) fn limits(&self) -> SnapshotLimits {
        self.limits
    }

    pub(super) fn skipped_mut(&mut self) -> &mut Skipped {
        &mut self.skipped
    }

    pub(super) fn count_entry(&mut self) -> Result<(), SnapshotError> {
        self.entries += 1;
        if self.limits.entries_max < self.entries {
            return Err(SnapshotError::TooManyEntries { entries_max: self.limits.entries_max });
        }
        Ok(())
    }

    /// Keeps a file; answers how many bytes were read, or `None` when its content was not wanted.
    pub(super) fn put(
        &mut self,
        path: &str,
        content: &mut dyn Read,
    ) -> Result<Option<u64>, SnapshotError> {
        let Some(path) = path::safe(path) else {
            self.skipped.names += 1;
            return Ok(None);
        };
        if is_secret_path(&path) {
            self.secret.insert(path);
            return Ok(None);
        }
        let place = self.writer.append(content)?;
        if self.files.insert(path, place).is_some() {
            self.skipped.repeated += 1;
        }
        Ok(Some(place.len))
    }
}

/// The safe ones among `files` that are not known, sorted.
pub(super) fn missing<'a>(
    files: impl IntoIterator<Item = &'a str>,
    known: impl Fn(&str) -> bool,
) -> Vec<&'a str> {
    let absent = |it: &&str| path::safe(it).is_some_and(|path| !known(&path));
    let mut paths: Vec<_> = files.into_iter().filter(absent).collect();
    paths.sort_unstable();
    paths
}
