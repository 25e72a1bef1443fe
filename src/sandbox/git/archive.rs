//! A commit as GitHub's tarball: gzip, one folder named after the repository and the commit.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

use super::GitError;
use super::object::Mode;
use super::store::Store;
use super::tree;
use crate::base::Sha;

pub(super) fn tarball(store: &Store, commit: &Sha, prefix: &str) -> Result<Vec<u8>, GitError> {
    let root = store.commit(commit)?;
    let seconds = u64::try_from(root.committer.at.0 / 1_000).unwrap_or(0);
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    // Git writes the commit's name into a global header, and so does GitHub.
    let comment = format!("52 comment={commit}\n");
    let mut header = header(EntryType::XGlobalHeader, 0o666, seconds);
    header.set_size(comment.len() as u64);
    tar.append_data(&mut header, "pax_global_header", comment.as_bytes())?;
    tar.append_data(&mut folder(seconds), format!("{prefix}/"), std::io::empty())?;
    for entry in tree::list(store, &root.tree, true)? {
        let path = format!("{prefix}/{}", entry.name);
        match entry.mode {
            Mode::Directory => {
                tar.append_data(&mut folder(seconds), format!("{path}/"), std::io::empty())?;
            }
            Mode::File | Mode::Executable => {
                let bytes = store.blob(&entry.sha)?;
                let mode = if entry.mode == Mode::File { 0o664 } else { 0o775 };
                let mut header = self::header(EntryType::Regular, mode, seconds);
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, path, &*bytes)?;
            }
            Mode::Symlink => {
                let target = String::from_utf8_lossy(&store.blob(&entry.sha)?).into_owned();
                let mut header = self::header(EntryType::Symlink, 0o777, seconds);
                tar.append_link(&mut header, path, target)?;
            }
            // A submodule is an empty folder in an archive.
            Mode::Submodule => {
                tar.append_data(&mut folder(seconds), format!("{path}/"), std::io::empty())?;
            }
        }
    }
    let mut gz = tar.into_inner()?;
    gz.flush()?;
    Ok(gz.finish()?)
}

fn folder(seconds: u64) -> Header {
    header(EntryType::Directory, 0o775, seconds)
}

fn header(kind: EntryType, mode: u32, seconds: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(seconds);
    header.set_size(0);
    header
}
