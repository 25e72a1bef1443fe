//! Loose objects on disk.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

use super::GitError;
use super::object::{
    Commit, Kind, TreeEntry, decode_commit, decode_tree, encode_commit, encode_tree,
};
use crate::base::Sha;

/// Larger objects are read from disk each time.
const LARGEST_KEPT: usize = 64 * 1024;

/// With this many in memory, all are let go and kept anew as they are read.
const MOST_KEPT: usize = 4_096;

/// An object as it was read.
type Object = (Kind, Arc<[u8]>);

/// The objects of one repository.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    /// What was read. An object is named by its content, so it never changes; trees and commits
    /// are walked many times for one answer, and unpacking them was a tenth of a test's time.
    read: Mutex<HashMap<Sha, Object>>,
}

impl Store {
    pub(super) fn open(git_dir: &Path) -> Result<Store, GitError> {
        let folder = git_dir.join("objects");
        fs::create_dir_all(folder.join("info"))?;
        fs::create_dir_all(folder.join("pack"))?;
        Ok(Store { folder, read: Mutex::default() })
    }

    /// Writes an object and says its name; an object that exists is left alone.
    pub(super) fn put(&self, kind: Kind, content: &[u8]) -> Result<Sha, GitError> {
        let header = format!("{kind} {}\0", content.len());
        let mut hash = Sha1::new();
        hash.update(header.as_bytes());
        hash.update(content);
        let sha = Sha(hex::encode(hash.finalize()));
        let path = self.path(&sha);
        if path.exists() {
            return Ok(sha);
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(header.as_bytes())?;
        packed.write_all(content)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        // Renamed into place, so that a reader never sees half an object.
        let draft = path.with_extension("draft");
        fs::write(&draft, packed.finish()?)?;
        fs::rename(draft, path)?;
        Ok(sha)
    }

    pub(super) fn get(&self, sha: &Sha) -> Result<Object, GitError> {
        let kept = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(sha).cloned();
        if let Some(object) = kept {
            return Ok(object);
        }
        let (kind, bytes) = self.unpack(sha)?;
        let object = (kind, Arc::from(bytes));
        self.keep(sha, &object);
        Ok(object)
    }

    fn keep(&self, sha: &Sha, object: &Object) {
        if LARGEST_KEPT < object.1.len() {
            return;
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if MOST_KEPT <= read.len() {
            read.clear();
        }
        read.insert(sha.clone(), object.clone());
    }

    fn unpack(&self, sha: &Sha) -> Result<(Kind, Vec<u8>), GitError> {
        // A name comes from a URL: only forty hexadecimal digits may become a path.
        let is_name = sha.0.len() == 40 && sha.0.bytes().all(|it| it.is_ascii_hexdigit());
        let path = self.path(sha);
        if !is_name || !path.exists() {
            return Err(GitError::Missing(sha.clone()));
        }
        let mut bytes = Vec::new();
        ZlibDecoder::new(fs::File::open(path)?).read_to_end(&mut bytes)?;
        let damaged = || GitError::Damaged(sha.clone());
        let nul = bytes.iter().position(|it| *it == 0).ok_or_else(damaged)?;
        let header = std::str::from_utf8(&bytes[..nul]).map_err(|_| damaged())?;
        let (kind, _) = header.split_once(' ').ok_or_else(damaged)?;
        let kind = Kind::parse(kind).ok_or_else(damaged)?;
        Ok((kind, bytes.split_off(nul + 1)))
    }

    pub(super) fn blob(&self, sha: &Sha) -> Result<Arc<[u8]>, GitError> {
        self.of_kind(sha, Kind::Blob)
    }

    pub(super) fn tree(&self, sha: &Sha) -> Result<Vec<TreeEntry>, GitError> {
        decode_tree(&self.of_kind(sha, Kind::Tree)?).ok_or_else(|| GitError::Damaged(sha.clone()))
    }

    pub(super) fn commit(&self, sha: &Sha) -> Result<Commit, GitError> {
        decode_commit(&self.of_kind(sha, Kind::Commit)?)
            .ok_or_else(|| GitError::Damaged(sha.clone()))
    }

    pub(super) fn put_tree(&self, entries: Vec<TreeEntry>) -> Result<Sha, GitError> {
        self.put(Kind::Tree, &encode_tree(entries))
    }

    pub(super) fn put_commit(&self, commit: &Commit) -> Result<Sha, GitError> {
        self.put(Kind::Commit, &encode_commit(commit))
    }

    fn of_kind(&self, sha: &Sha, wanted: Kind) -> Result<Arc<[u8]>, GitError> {
        match self.get(sha)? {
            (found, bytes) if found == wanted => Ok(bytes),
            (found, _) => Err(GitError::WrongKind { sha: sha.clone(), wanted, found }),
        }
    }

    fn path(&self, sha: &Sha) -> PathBuf {
        let (folder, file) = sha.0.split_at_checked(2).unwrap_or(("00", &sha.0));
        self.folder.join(folder).join(file)
    }
}
