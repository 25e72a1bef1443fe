//! The pack file: contents one after another, then an index, then a trailer.
//!
//! It is written under a temporary name, synced, and renamed; a reader wants the trailer. So a
//! crash half-way leaves a file that nobody opens, never half a snapshot.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::snapshot::{Skipped, SnapshotError};
use crate::base::{RepositoryId, Sha};

/// Ends every complete pack; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"BTNPACK1";

/// The index's length and [`MAGIC`].
const TRAILER_BYTES: u64 = 16;

/// The most bytes of an index: 100,000 paths of the longest kind still fit.
const INDEX_BYTES_MAX: u64 = 128 * 1_024 * 1_024;

/// The end of a pack's file name.
const EXTENSION: &str = "snapshot";

/// How the names of files and folders begin that are being written, here and by whoever downloads
/// an archive beside the packs.
const TEMPORARY: &str = ".tmp";

/// Nothing is written for so long: a download is given up after ten minutes.
const LEFT_AFTER: Duration = Duration::from_secs(60 * 60);

/// Where a file's bytes stand in the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// What stands after the contents.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) repository: RepositoryId,
    pub(super) sha: Sha,
    pub(super) files: BTreeMap<String, Place>,
    /// Paths of secret files; their contents were not kept.
    pub(super) secret: Vec<String>,
    /// Paths of files whose contents could not be had.
    #[serde(default)]
    pub(super) left_out: Vec<String>,
    pub(super) skipped: Skipped,
}

/// Where the pack of a commit stands. The SHA must be hexadecimal, because it becomes a name.
pub(super) fn path_of(
    dir: &Path,
    repository: RepositoryId,
    sha: &Sha,
) -> Result<PathBuf, SnapshotError> {
    let text = sha.as_str();
    let hexadecimal = text.bytes().all(|it| it.is_ascii_hexdigit());
    if !hexadecimal || !matches!(text.len(), 40 | 64) {
        return Err(SnapshotError::BadSha(text.to_owned()));
    }
    Ok(dir.join(format!("{repository}-{}.{EXTENSION}", text.to_lowercase())))
}

/// A pack that is being written.
pub(super) struct Writer {
    out: BufWriter<NamedTempFile>,
    offset: u64,
}

impl Writer {
    pub(super) fn new(dir: &Path) -> io::Result<Writer> {
        std::fs::create_dir_all(dir)?;
        Ok(Writer { out: BufWriter::new(NamedTempFile::new_in(dir)?), offset: 0 })
    }

    /// Appends all that `content` gives. A read that fails is the archive's fault, a write ours.
    pub(super) fn append(&mut self, content: &mut dyn Read) -> Result<Place, SnapshotError> {
        let mut place = Place { offset: self.offset, len: 0 };
        let mut buffer = [0; 16 * 1_024];
        loop {
            let n = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(SnapshotError::Damaged(error)),
            };
            self.out.write_all(&buffer[..n]).map_err(SnapshotError::Cache)?;
            place.len += n as u64;
        }
        self.offset += place.len;
        Ok(place)
    }

    /// Writes index and trailer and gives the pack its name.
    pub(super) fn finish(mut self, index: &Index, path: &Path) -> io::Result<()> {
        let bytes = serde_json::to_vec(index)?;
        self.out.write_all(&bytes)?;
        self.out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        let file = self.out.into_inner().map_err(|it| it.into_error())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|it| it.error)?;
        Ok(())
    }
}

/// Opens a complete pack. `None` when there is none; anything else than a complete pack counts as
/// none too, so that it is made again.
pub(super) fn open(path: &Path) -> io::Result<Option<(File, Index)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len();
    if len < TRAILER_BYTES {
        return Ok(None);
    }
    let mut trailer = [0; TRAILER_BYTES as usize];
    file.seek(SeekFrom::End(-(TRAILER_BYTES as i64)))?;
    file.read_exact(&mut trailer)?;
    let (index_len, magic) = trailer.split_at(8);
    let index_len = index_len.iter().rev().fold(0, |sum: u64, it| sum << 8 | u64::from(*it));
    if magic != MAGIC || INDEX_BYTES_MAX < index_len || len - TRAILER_BYTES < index_len {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(len - TRAILER_BYTES - index_len))?;
    let mut bytes = Vec::new();
    (&mut file).take(index_len).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes).ok().map(|index| (file, index)))
}

/// Removes what broken-off downloads left in a cache directory, and the oldest packs until the rest
/// takes at most `bytes_max`. Answers how many went. An open snapshot stays readable on Unix.
///
/// # Errors
/// When the directory cannot be listed or written to; a pack that somebody else removed meanwhile is
/// none.
pub fn prune(dir: &Path, bytes_max: u64) -> io::Result<usize> {
    let mut removed = remove_leftovers(dir)?;
    let mut packs = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.path();
        if metadata.is_file() && path.extension().is_some_and(|it| it == EXTENSION) {
            packs.push((metadata.modified()?, path, metadata.len()));
        }
    }
    packs.sort();
    let mut total: u64 = packs.iter().map(|(_, _, len)| len).sum();
    for (_, path, len) in packs {
        if total <= bytes_max {
            break;
        }
        if std::fs::remove_file(path).is_ok() {
            removed += 1;
        }
        total = total.saturating_sub(len);
    }
    Ok(removed)
}

/// Removes archives and packs that were being written when their process was killed: nobody else
/// ever would. How old one is the disk's own clock says.
fn remove_leftovers(dir: &Path) -> io::Result<usize> {
    let newest = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(dir)?;
    let now = newest.as_file().metadata()?.modified()?;
    let mut removed = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        let age = now.duration_since(metadata.modified()?).unwrap_or_default();
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        if !is_ours || age < LEFT_AFTER {
            continue;
        }
        let path = entry.path();
        let gone = match metadata.is_dir() {
            true => std::fs::remove_dir_all(path),
            false => std::fs::remove_file(path),
        };
        removed += usize::from(gone.is_ok());
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that is killed while it downloads takes nothing away; what is being written stays.
    #[test]
    fn what_broken_off_downloads_left_goes_after_an_hour() {
        let dir = tempfile::tempdir().unwrap();
        let hours_ago = std::time::UNIX_EPOCH;
        for (name, is_old) in [("old", true), ("new", false)] {
            let file = dir.path().join(format!(".tmp{name}"));
            std::fs::write(&file, "half a pack").unwrap();
            let folder = dir.path().join(format!(".tmp{name}-folder"));
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("archive.tar.gz"), "half an archive").unwrap();
            for path in [file, folder].iter().filter(|_| is_old) {
                File::open(path).unwrap().set_modified(hours_ago).unwrap();
            }
        }
        std::fs::write(dir.path().join("other.txt"), "stays").unwrap();
        let other = File::open(dir.path().join("other.txt")).unwrap();
        other.set_modified(hours_ago).unwrap();

        assert_eq!(prune(dir.path(), u64::MAX).unwrap(), 2);

        let left = std::fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name());
        let mut left: Vec<_> = left.map(|it| it.into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, [".tmpnew", ".tmpnew-folder", "other.txt"]);
    }
}
