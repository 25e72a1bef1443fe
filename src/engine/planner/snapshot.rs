//! The files of the base commit: from the cache, else fetched as an archive, with what the archive
//! leaves out filled in blob by blob. Without an archive, or with one that cannot be read, all are
//! fetched so.

use std::path::PathBuf;

use crate::base::{InstallationId, IssueKey, IssueNumber, Millis, RepositoryId, Sha, Timestamp};
use crate::domain::incoming::Repository;
use crate::engine::Engine;
use crate::engine::pause::pause_of;
use crate::github::client::{Downloaded, EntryKind, GitHubError, ReadPort, TreeEntry};
use crate::scout::{BATONIGNORE, Snapshot, SnapshotBuilder, SnapshotError, SnapshotLimits};
use crate::store::RunRow;

/// Archives larger than this are not fetched: the unpacked limit is the same (trust rule 12).
const ARCHIVE_BYTES_MAX: u64 = 500 * 1024 * 1024;
/// How many files that an archive leaves out are fetched one by one.
const BLOBS_MAX: usize = 200;
/// How many files a repository may have where the server offers no archive.
const BLOBS_WITHOUT_ARCHIVE_MAX: usize = 2_000;
/// Larger files are of no use to a planner.
const BLOB_BYTES_MAX: u64 = 1024 * 1024;
/// The handle under which the commit stands whose archive has failed once.
const ARCHIVE_FAILED: &str = "archive-failed";
/// How long until a server that does not answer is asked again.
const AGAIN_AFTER: Millis = Millis::seconds(30);

/// Why there is no snapshot.
#[derive(Debug)]
pub(in crate::engine) enum Trouble {
    /// Not now.
    Later { until: Timestamp, why: String },
    /// Not for this repository.
    Never { why: String },
    /// The repository has no commit.
    Empty,
    /// A comment that the command includes cannot be read.
    NotIncluded { why: String },
}

impl Engine {
    /// The snapshot a run reads. It is looked up anew by whichever process goes on with the run.
    pub(super) async fn snapshot(&self, run: &RunRow, sha: &Sha) -> Result<Snapshot, Trouble> {
        let repository = self.store.load_repository(run.issue.repository).await;
        let repository = match repository {
            Ok(Some((_, repository))) => repository,
            Ok(None) => return Err(Trouble::Never { why: "the repository is gone".to_owned() }),
            Err(error) => return Err(self.later(error.to_string())),
        };
        self.fetch_snapshot(run.installation, &repository, sha).await
    }

    /// The snapshot of a commit.
    pub(in crate::engine) async fn fetch_snapshot(
        &self,
        installation: InstallationId,
        repository: &Repository,
        sha: &Sha,
    ) -> Result<Snapshot, Trouble> {
        if let Some(snapshot) = self.cached(repository.id, sha).await? {
            return Ok(snapshot);
        }
        let dir = self.snapshots.clone();
        let reader = self.reader(installation, repository);
        let tree = match reader.tree(sha).await {
            Ok(tree) => Ok(tree.entries),
            // A server may have archives and no trees.
            Err(error) if is_absence(&error) => Err(error),
            Err(error) => return Err(self.github_trouble(&error)),
        };
        // On the same disk as the cache: `/tmp` is often small.
        let folder = std::fs::create_dir_all(&dir).and_then(|()| tempfile::tempdir_in(&dir));
        let folder = folder.map_err(|it| self.later(it.to_string()))?;
        let path = folder.path().join("archive.tar.gz");
        let archive = match reader.tarball(sha, &path, ARCHIVE_BYTES_MAX).await {
            Ok(Downloaded::Saved { .. }) => Some(path),
            Ok(Downloaded::Unsupported) => None,
            Ok(Downloaded::TooLarge) => {
                let why = "the repository's archive is larger than 500 MB".to_owned();
                return Err(Trouble::Never { why });
            }
            // A limit is no word about the archive: whatever is called next meets it as well.
            Err(error) if pause_of(&error, self.clock.now()).is_some() => {
                return Err(self.github_trouble(&error));
            }
            Err(error) => {
                self.try_archive_again(repository.id, sha, self.github_trouble(&error)).await?;
                None
            }
        };
        let tree = match tree {
            Ok(entries) => entries,
            Err(error) if archive.is_none() => return Err(self.github_trouble(&error)),
            Err(error) => {
                tracing::warn!(%sha, %error, "the tree is not told; the archive is all there is");
                Vec::new()
            }
        };
        let readable = tree.iter().filter(|it| is_readable(it)).count();
        let (mut builder, has_archive) =
            self.unpacked(repository.id, sha, archive, readable).await?;
        let most = if has_archive { BLOBS_MAX } else { BLOBS_WITHOUT_ARCHIVE_MAX };
        self.fill(&mut builder, &reader, &tree, most).await?;
        self.has_its_rules(&mut builder, &reader, (&tree, sha)).await?;
        let finished = tokio::task::spawn_blocking(move || builder.finish());
        let finished = finished.await.map_err(|it| self.later(it.to_string()))?;
        finished.map_err(|it| self.snapshot_trouble(&it))
    }

    /// Adds what the archive lacks, as far as it can be read: at most so many files. The others are
    /// noted, so that a plan that names them is not told that they do not exist.
    async fn fill(
        &self,
        builder: &mut SnapshotBuilder,
        reader: &ReadPort,
        tree: &[TreeEntry],
        most: usize,
    ) -> Result<(), Trouble> {
        let (mut asked, mut refused, mut left_out) = (0, None, 0);
        for entry in missing(builder, tree) {
            let is_asked = is_readable(&entry) && asked < most;
            asked += usize::from(is_asked);
            let read = if is_asked { reader.blob(&entry.sha).await.map(Some) } else { Ok(None) };
            match read {
                Ok(Some(bytes)) => {
                    builder.add(&entry.path, &bytes).map_err(|it| self.snapshot_trouble(&it))?;
                    continue;
                }
                Ok(None) => {}
                Err(error) if is_about_this_blob(&error) => refused = Some(error),
                Err(error) => return Err(self.github_trouble(&error)),
            }
            left_out += 1;
            builder.leave_out(&entry.path);
        }
        // None at all came: the repository is not read in part, it is not read.
        if let Some(error) = refused.filter(|_| builder.added() == 0) {
            let why = format!("the server hands out neither an archive nor single files ({error})");
            return Err(Trouble::Never { why });
        }
        if left_out != 0 {
            tracing::warn!(left_out, asked, "files of the repository are not read by models");
        }
        Ok(())
    }

    /// What `.batonignore` hides is never sent to a model, so a commit whose rules cannot be read is
    /// not read at all (`trust.md`, rule 21).
    async fn has_its_rules(
        &self,
        builder: &mut SnapshotBuilder,
        reader: &ReadPort,
        (tree, sha): (&[TreeEntry], &Sha),
    ) -> Result<(), Trouble> {
        if builder.missing([BATONIGNORE]).is_empty() {
            return Ok(());
        }
        if tree.iter().any(|it| it.path == BATONIGNORE) {
            let why = "its `.batonignore` is no regular file that can be read, and nobody knows \
                       without it what must not be read";
            return Err(Trouble::Never { why: why.to_owned() });
        }
        if !tree.is_empty() {
            return Ok(());
        }
        // The archive alone is told, and `export-ignore` may have left it out.
        match reader.file_at(BATONIGNORE, sha).await {
            Ok(Some(rules)) => {
                builder.add(BATONIGNORE, &rules.bytes).map_err(|it| self.snapshot_trouble(&it))
            }
            Ok(None) => Ok(()),
            Err(error) if is_absence(&error) => Ok(()),
            Err(error) => Err(self.github_trouble(&error)),
        }
    }

    /// Puts the reading off when the archive of this commit failed for the first time; from the
    /// second time on the files are read one by one.
    async fn try_archive_again(
        &self,
        repository: RepositoryId,
        sha: &Sha,
        trouble: Trouble,
    ) -> Result<(), Trouble> {
        let Trouble::Later { until, why } = trouble else { return Err(trouble) };
        let place = IssueKey { repository, number: IssueNumber(0) };
        let failed = self.store.handle(place, ARCHIVE_FAILED).await;
        let failed = failed.map_err(|it| self.later(it.to_string()))?;
        if failed.as_deref() == Some(sha.as_str()) {
            tracing::warn!(%sha, why, "the archive failed twice; its files are read one by one");
            return Ok(());
        }
        tracing::warn!(%sha, why, "the archive is fetched once more");
        let saved = self.store.save_handle(place, ARCHIVE_FAILED, sha.as_str()).await;
        saved.map_err(|it| self.later(it.to_string()))?;
        Err(Trouble::Later { until, why })
    }

    /// A snapshot begun with what the archive holds, and whether it holds anything that can be read.
    /// One that is damaged is done without where the files can be read one by one.
    async fn unpacked(
        &self,
        repository: RepositoryId,
        sha: &Sha,
        archive: Option<PathBuf>,
        readable: usize,
    ) -> Result<(SnapshotBuilder, bool), Trouble> {
        let is_first = archive.is_some();
        let error = match self.unpack(repository, sha, archive).await? {
            Ok(builder) => return Ok((builder, is_first)),
            Err(error) => error,
        };
        if !is_first || !matches!(error, SnapshotError::Damaged(_)) {
            return Err(self.snapshot_trouble(&error));
        }
        if BLOBS_WITHOUT_ARCHIVE_MAX < readable {
            self.try_archive_again(repository, sha, self.snapshot_trouble(&error)).await?;
        }
        tracing::warn!(%sha, %error, "the archive cannot be read; its files are read one by one");
        let empty = self.unpack(repository, sha, None).await?;
        empty.map(|it| (it, false)).map_err(|it| self.snapshot_trouble(&it))
    }

    async fn unpack(
        &self,
        repository: RepositoryId,
        sha: &Sha,
        archive: Option<PathBuf>,
    ) -> Result<Result<SnapshotBuilder, SnapshotError>, Trouble> {
        let (dir, sha) = (self.snapshots.clone(), sha.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpack(&dir, repository, &sha, archive));
        unpacked.await.map_err(|it| self.later(it.to_string()))
    }

    async fn cached(
        &self,
        repository: RepositoryId,
        sha: &Sha,
    ) -> Result<Option<Snapshot>, Trouble> {
        let (dir, sha) = (self.snapshots.clone(), sha.clone());
        let opened =
            tokio::task::spawn_blocking(move || Snapshot::open_cached(&dir, repository, &sha));
        let opened = opened.await.map_err(|it| self.later(it.to_string()))?;
        opened.map_err(|it| self.snapshot_trouble(&it))
    }

    fn later(&self, why: String) -> Trouble {
        Trouble::Later { until: self.clock.now() + AGAIN_AFTER, why }
    }

    /// What an error of GitHub means for reading the repository.
    pub(in crate::engine) fn github_trouble(&self, error: &GitHubError) -> Trouble {
        let why = error.to_string();
        if matches!(error, GitHubError::Conflict { .. }) {
            return Trouble::Empty;
        }
        if !error.retryable() {
            return Trouble::Never { why };
        }
        let now = self.clock.now();
        let until = pause_of(error, now).unwrap_or(now + AGAIN_AFTER);
        Trouble::Later { until, why }
    }

    fn snapshot_trouble(&self, error: &SnapshotError) -> Trouble {
        match error {
            SnapshotError::Damaged(_) | SnapshotError::Cache(_) => self.later(error.to_string()),
            SnapshotError::BadSha(_)
            | SnapshotError::TooLarge { .. }
            | SnapshotError::TooManyEntries { .. }
            | SnapshotError::Ratio { .. } => Trouble::Never { why: error.to_string() },
        }
    }
}

fn unpack(
    dir: &std::path::Path,
    repository: RepositoryId,
    sha: &Sha,
    archive: Option<PathBuf>,
) -> Result<SnapshotBuilder, SnapshotError> {
    let mut builder = SnapshotBuilder::new(dir, repository, sha, SnapshotLimits::default())?;
    if let Some(path) = archive {
        let file = std::fs::File::open(path).map_err(SnapshotError::Cache)?;
        builder.add_tarball(file)?;
    }
    Ok(builder)
}

fn is_readable(entry: &TreeEntry) -> bool {
    let is_file = matches!(entry.kind, EntryKind::File | EntryKind::Executable);
    is_file && entry.size.unwrap_or(0) <= BLOB_BYTES_MAX
}

/// The files that `export-ignore` or a missing archive left out.
fn missing(builder: &SnapshotBuilder, tree: &[TreeEntry]) -> Vec<TreeEntry> {
    let is_file = |it: &&TreeEntry| matches!(it.kind, EntryKind::File | EntryKind::Executable);
    let files: Vec<&TreeEntry> = tree.iter().filter(is_file).collect();
    let absent = builder.missing(files.iter().map(|it| it.path.as_str()));
    let absent: std::collections::BTreeSet<String> =
        absent.into_iter().map(str::to_owned).collect();
    files.into_iter().filter(|it| absent.contains(&it.path)).cloned().collect()
}

/// Whether an error says that the server has no such call, or not for this.
fn is_absence(error: &GitHubError) -> bool {
    match error {
        GitHubError::Forbidden(_)
        | GitHubError::NotFound
        | GitHubError::Gone
        | GitHubError::Unprocessable { .. } => true,
        GitHubError::RateLimited { .. }
        | GitHubError::SecondaryLimit { .. }
        | GitHubError::Conflict { .. }
        | GitHubError::NotFastForward
        | GitHubError::Unauthorized
        | GitHubError::Server(_)
        | GitHubError::Network { .. }
        | GitHubError::Unexpected { .. } => false,
    }
}

/// Whether another file may be read all the same: this one is not there, too large, or unreadable.
fn is_about_this_blob(error: &GitHubError) -> bool {
    is_absence(error) || matches!(error, GitHubError::Unexpected { .. })
}
