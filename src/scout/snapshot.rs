//! One commit's files, opened.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::builder::SnapshotBuilder;
use super::halt::Halt;
use super::index::RankIndex;
use super::output::Refusal;
use super::pack::{self, Place};
use super::visibility::{self, BATONIGNORE};
use crate::base::{RepositoryId, Sha};
use crate::domain::session::Reading;

/// What an archive may make us unpack (trust rule 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotLimits {
    /// The most bytes after unpacking, archive headers included.
    pub bytes_max: u64,
    /// The most entries, folders and links included.
    pub entries_max: usize,
    /// The most unpacked bytes per packed byte.
    pub ratio_max: u64,
    /// Unpacked bytes below which the ratio is not looked at: a small archive of one repetitive
    /// file harms nobody.
    pub ratio_from_bytes: u64,
}

impl Default for SnapshotLimits {
    fn default() -> SnapshotLimits {
        SnapshotLimits {
            bytes_max: 500_000_000,
            entries_max: 100_000,
            ratio_max: 100,
            ratio_from_bytes: 16_000_000,
        }
    }
}

/// How many entries a snapshot does not show, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Symbolic and hard links.
    pub links: usize,
    /// Devices, pipes, sparse files and other kinds.
    pub special: usize,
    /// Names that are absolute, leave the root, stand in `.git`, or are not UTF-8.
    pub names: usize,
    /// Paths that came more than once; the last one counts, as in unpacking.
    pub repeated: usize,
    /// Secret files (trust rule 21).
    pub secret: usize,
    /// Files that `.batonignore` names.
    pub ignored: usize,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The commit's name is not a git object id.
    #[error("`{0}` is not a commit id (40 or 64 hexadecimal digits)")]
    BadSha(String),
    /// More bytes than allowed.
    #[error(
        "the repository is larger than {bytes_max} bytes unpacked; exclude large files from \
         archives with `export-ignore` in `.gitattributes`"
    )]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// More entries than allowed.
    #[error("the repository has more than {entries_max} entries, which is more than Baton reads")]
    TooManyEntries {
        /// The limit.
        entries_max: usize,
    },
    /// An archive that unpacks to far more than it is.
    #[error("the archive unpacks to more than {ratio_max} times its size and was not read further")]
    Ratio {
        /// The limit.
        ratio_max: u64,
    },
    /// The archive is cut or not an archive.
    #[error("the repository's archive is damaged or was cut: {0}; it can be fetched again")]
    Damaged(io::Error),
    /// Our own disk.
    #[error("the snapshot cache in the data directory cannot be used: {0}")]
    Cache(io::Error),
}

/// The files of a repository at one commit, as a model may see them; or, inside a
/// [`Workspace`](super::Workspace), these files with a run's edits.
pub struct Snapshot {
    repository: RepositoryId,
    sha: Sha,
    pack: Arc<Mutex<File>>,
    /// Visible files, by path.
    files: Files,
    /// Paths that exist and are not shown, sorted.
    hidden: Arc<[String]>,
    /// Those of them whose content could not be had, sorted.
    left_out: Arc<[String]>,
    skipped: Skipped,
    ranked: Arc<Ranked>,
    /// When the tools stop looking; of the snapshot itself nobody asks it.
    halt: Halt,
}

/// Visible files, sorted by path.
type Files = Arc<[(String, Content)]>;

/// Where the bytes of a visible file are.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// In the pack, as they are at the commit.
    Packed(Place),
    /// In memory, as a run wrote them.
    Written(Arc<str>),
}

impl Content {
    /// How many bytes there are.
    pub(super) fn len(&self) -> u64 {
        match self {
            Content::Packed(place) => place.len,
            Content::Written(text) => text.len() as u64,
        }
    }
}

/// The commit's own files and their index, shared by every view of them: an edit must not cost
/// the index of a whole repository.
struct Ranked {
    files: Files,
    index: OnceLock<RankIndex>,
}

impl Snapshot {
    /// Reads a host's archive (gzip or plain tar, everything inside one folder) into the cache.
    ///
    /// # Errors
    /// [`SnapshotError`]; nothing is left in the cache then.
    pub fn from_tarball(
        dir: &Path,
        repository: RepositoryId,
        sha: &Sha,
        archive: impl Read,
        limits: SnapshotLimits,
    ) -> Result<Snapshot, SnapshotError> {
        let mut builder = SnapshotBuilder::new(dir, repository, sha, limits)?;
        builder.add_tarball(archive)?;
        builder.finish()
    }

    /// Opens the snapshot of a commit when the cache has it complete.
    ///
    /// # Errors
    /// [`SnapshotError::BadSha`] and [`SnapshotError::Cache`].
    pub fn open_cached(
        dir: &Path,
        repository: RepositoryId,
        sha: &Sha,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        let path = pack::path_of(dir, repository, sha)?;
        let Some((file, index)) = pack::open(&path).map_err(SnapshotError::Cache)? else {
            return Ok(None);
        };
        let same = index.repository == repository && index.sha.0.eq_ignore_ascii_case(&sha.0);
        if !same {
            return Ok(None);
        }
        let mut hidden: Vec<String> = index.secret;
        hidden.extend(index.left_out.iter().cloned());
        hidden.sort();
        let packed = |(path, place)| (path, Content::Packed(place));
        let files: Files = index.files.into_iter().map(packed).collect();
        let mut snapshot = Snapshot {
            repository,
            sha: index.sha,
            pack: Arc::new(Mutex::new(file)),
            files: Arc::clone(&files),
            hidden: hidden.into(),
            left_out: index.left_out.into(),
            skipped: index.skipped,
            ranked: Arc::new(Ranked { files, index: OnceLock::new() }),
            halt: Halt::default(),
        };
        snapshot.hide_ignored().map_err(SnapshotError::Cache)?;
        Ok(Some(snapshot))
    }

    /// The same commit with these files written, and these gone. Both are paths of visible files
    /// or new ones.
    pub(super) fn edited<'a>(
        &self,
        written: impl IntoIterator<Item = (&'a str, &'a str)>,
        gone: impl Fn(&str) -> bool,
    ) -> Snapshot {
        let mut files: BTreeMap<String, Content> = self
            .files
            .iter()
            .filter(|(path, _)| !gone(path))
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect();
        for (path, text) in written {
            files.insert(path.to_owned(), Content::Written(Arc::from(text)));
        }
        Snapshot {
            repository: self.repository,
            sha: self.sha.clone(),
            pack: Arc::clone(&self.pack),
            files: files.into_iter().collect(),
            hidden: Arc::clone(&self.hidden),
            left_out: Arc::clone(&self.left_out),
            skipped: self.skipped,
            ranked: Arc::clone(&self.ranked),
            halt: self.halt.clone(),
        }
    }

    /// The same files, with tools that stop when `halt` asks them to.
    #[must_use]
    pub fn until(&self, halt: Halt) -> Snapshot {
        Snapshot {
            repository: self.repository,
            sha: self.sha.clone(),
            pack: Arc::clone(&self.pack),
            files: Arc::clone(&self.files),
            hidden: Arc::clone(&self.hidden),
            left_out: Arc::clone(&self.left_out),
            skipped: self.skipped,
            ranked: Arc::clone(&self.ranked),
            halt,
        }
    }

    fn hide_ignored(&mut self) -> io::Result<()> {
        let Some(content) = self.content(BATONIGNORE) else { return Ok(()) };
        let text = String::from_utf8_lossy(&self.bytes(content)?).into_owned();
        let rules = visibility::ignored_by(&text);
        let (ignored, visible): (Vec<_>, Vec<_>) =
            self.files.iter().cloned().partition(|(path, _)| visibility::hides(&rules, path));
        self.skipped.ignored = ignored.len();
        self.files = visible.into();
        self.ranked = Arc::new(Ranked { files: Arc::clone(&self.files), index: OnceLock::new() });
        let mut hidden = self.hidden.to_vec();
        hidden.extend(ignored.into_iter().map(|(path, _)| path));
        hidden.sort();
        self.hidden = hidden.into();
        Ok(())
    }

    /// The repository.
    pub fn repository(&self) -> RepositoryId {
        self.repository
    }

    /// The commit.
    pub fn sha(&self) -> &Sha {
        &self.sha
    }

    /// What is not shown, by reason.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// The paths of all visible files, sorted.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &str> {
        self.files.iter().map(|(path, _)| path.as_str())
    }

    /// The paths of files that exist and are shown to no model, sorted: for checking a plan,
    /// never for a tool.
    pub fn hidden_paths(&self) -> impl ExactSizeIterator<Item = &str> {
        self.hidden.iter().map(String::as_str)
    }

    /// The paths of files that exist and whose content the server did not hand out, sorted.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// How many lines a visible text file has. `None` for no such file, a binary one, or one over
    /// the reading limit.
    pub fn line_count(&self, path: &str) -> Option<usize> {
        let text = self.text(path).ok()?;
        Some(text.lines().count())
    }

    /// The paths among `files` that the snapshot lacks, sorted: the host's archive leaves out what
    /// `.gitattributes` marks `export-ignore`. Give the regular files of the commit's recursive
    /// tree (modes 100644 and 100755).
    pub fn verify_against<'a>(&self, files: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let known = |path: &str| {
            self.content(path).is_some()
                || self.hidden.binary_search_by(|it| (**it).cmp(path)).is_ok()
        };
        super::builder::missing(files, known)
    }

    /// Runs one reading tool.
    ///
    /// # Errors
    /// [`Refusal`] with a sentence for the model.
    pub fn run(&self, reading: &Reading) -> Result<String, Refusal> {
        match reading {
            Reading::ListFiles { dir, glob } => self.list_files(dir.as_deref(), glob.as_deref()),
            Reading::ReadFile { path, from_line, to_line } => {
                self.read_file(path, *from_line, *to_line)
            }
            Reading::Grep { pattern, glob } => self.grep(pattern, glob.as_deref()),
            Reading::Search { query } => self.search(query),
        }
    }

    pub(super) fn files(&self) -> &[(String, Content)] {
        &self.files
    }

    pub(super) fn content(&self, path: &str) -> Option<&Content> {
        let found = self.files.binary_search_by(|(it, _)| (**it).cmp(path)).ok()?;
        self.files.get(found).map(|(_, content)| content)
    }

    pub(super) fn bytes(&self, content: &Content) -> io::Result<Vec<u8>> {
        let place = match content {
            Content::Packed(place) => place,
            Content::Written(text) => return Ok(text.as_bytes().to_vec()),
        };
        // A panic elsewhere cannot have left the handle in a state that the seek does not mend.
        let mut pack = self.pack.lock().unwrap_or_else(PoisonError::into_inner);
        pack.seek(SeekFrom::Start(place.offset))?;
        let mut bytes = vec![0; usize::try_from(place.len).map_err(io::Error::other)?];
        pack.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The commit's own files as they stand in [`rank_index`](Snapshot::rank_index).
    pub(super) fn ranked_files(&self) -> &[(String, Content)] {
        &self.ranked.files
    }

    /// The index of the commit's files, made when first asked for; `None` where making it was
    /// stopped. Half an index is not kept: it would rank differently from then on.
    pub(super) fn rank_index(&self) -> Option<&RankIndex> {
        if let Some(index) = self.ranked.index.get() {
            return Some(index);
        }
        // Two runs may make it at the same time; each can be stopped by itself.
        let index = RankIndex::new(self)?;
        Some(self.ranked.index.get_or_init(|| index))
    }

    /// Whether whoever asked no longer waits.
    pub(super) fn is_halted(&self) -> bool {
        self.halt.is_called()
    }
}
