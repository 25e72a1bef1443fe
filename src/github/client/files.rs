//! What commits and pull requests change, and a file as it stood at a commit.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::call::Call;
use super::error::GitHubError;
use super::git::{Commit, WireListedCommit, WireSha};
use super::pages::{Listed, Pages};
use super::port::ReadPort;
use super::told::Told;
use crate::base::{IssueNumber, Sha};
use crate::github::lenient::{List, Number, Object, Text};

/// GitHub names at most this many files of a comparison.
const COMPARED_FILES_MAX: usize = 300;

/// Pages read at most: GitHub names 3,000 files of a pull request.
const PAGES_MAX: usize = 30;

/// How one commit differs from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Commits that the head has and the base has not.
    pub ahead_by: u64,
    /// Commits that the base has and the head has not.
    pub behind_by: u64,
    /// The newest commit that both have: the files differ from that one.
    pub merge_base: Option<Sha>,
    /// The commits that the head has, oldest first.
    pub commits: Listed<Commit>,
    /// The files that differ.
    pub files: Listed<ChangedFile>,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path now, or its last one.
    pub path: String,
    /// Its path before, if it was renamed or copied.
    pub previous: Option<String>,
    /// What happened to it.
    pub change: FileStatus,
    /// Lines added.
    pub additions: u64,
    /// Lines removed.
    pub deletions: u64,
    /// The hunks of the difference; `None` for binaries and for what is too large.
    pub patch: Option<String>,
    /// The object id of its bytes now.
    pub blob: Option<Sha>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its bytes changed.
    Modified,
    /// It has another path; its bytes may have changed too.
    Renamed,
    /// It is a copy of another.
    Copied,
    /// Its mode changed.
    Changed,
    /// Nothing.
    Unchanged,
    /// A word that this version does not know.
    Unknown,
}

/// A file as it stood at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAt {
    /// The object id of its bytes.
    pub blob: Sha,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl ReadPort {
    /// How `head` differs from `base`.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn compare(&self, base: &Sha, head: &Sha) -> Result<Told<Comparison>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/compare/{range}");
        let call = call.with("range", format!("{base}...{head}"));
        Ok(self.port.ask_for::<WireComparison>(&call).await?.map(WireComparison::read))
    }

    /// The files that a pull request changes.
    ///
    /// # Errors
    ///
    /// Only what any call can meet.
    pub async fn pull_files(
        &self,
        number: IssueNumber,
    ) -> Result<Told<Listed<ChangedFile>>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/pulls/{number}/files").with("number", number);
        let pages = Pages {
            most: PAGES_MAX,
            items: |it: List<WireFile>| it.0.into_iter().map(WireFile::read).collect(),
            key: |it: &ChangedFile| it.path.clone(),
        };
        self.port.ask_pages(&call, None, pages).await
    }

    /// The file at `path` as it stood at a commit; `None` if there is no regular file. A symbolic
    /// link inside the repository is followed.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unexpected`] if it is over 20 MB or not readable;
    /// [`GitHubError::Unprocessable`] for a path that climbs.
    pub async fn file_at(&self, path: &str, sha: &Sha) -> Result<Option<FileAt>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/contents/{path}");
        let call = call.with("path", path).query("ref", sha);
        // A directory comes as a list.
        let found: Object<WireContent> = match self.port.fetch_list(&call).await {
            Err(GitHubError::NotFound) => return Ok(None),
            other => other?.0,
        };
        let Object(Some(found)) = found else { return Ok(None) };
        if found.kind.0.as_deref().is_some_and(|it| it != "file") {
            return Ok(None);
        }
        let blob = found.sha.0.map(Sha);
        let blob = blob.ok_or_else(|| GitHubError::unexpected("a file without an id"))?;
        // Over 1 MB the bytes are left out.
        let is_inline = found.encoding.0.as_deref() == Some("base64");
        let inline =
            found.content.0.filter(|it| is_inline && (!it.is_empty() || found.size.0 == Some(0)));
        let bytes = match inline {
            Some(content) => {
                let compact: String = content.split_ascii_whitespace().collect();
                let bytes = STANDARD.decode(compact);
                bytes.map_err(|_| GitHubError::unexpected("a file that cannot be read"))?
            }
            None => self.blob(&blob).await?,
        };
        Ok(Some(FileAt { blob, bytes }))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireComparison {
    ahead_by: Number,
    behind_by: Number,
    total_commits: Number,
    merge_base_commit: Object<WireSha>,
    commits: List<WireListedCommit>,
    files: List<WireFile>,
}

impl WireComparison {
    fn read(self) -> Comparison {
        let commits: Vec<_> =
            self.commits.0.into_iter().filter_map(WireListedCommit::read).collect();
        let all = self.total_commits.0.or(self.ahead_by.0);
        let all_commits = all.is_none_or(|it| count(Number(Some(it))) <= commits.len() as u64);
        let named = self.files.0.len();
        let files = self.files.0.into_iter().filter_map(WireFile::read).collect();
        Comparison {
            ahead_by: count(self.ahead_by),
            behind_by: count(self.behind_by),
            merge_base: self.merge_base_commit.0.and_then(|it| it.sha.0).map(Sha),
            commits: Listed { items: commits, complete: all_commits },
            files: Listed { items: files, complete: named < COMPARED_FILES_MAX },
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireFile {
    filename: Text,
    previous_filename: Text,
    status: Text,
    additions: Number,
    deletions: Number,
    patch: Text,
    sha: Text,
}

impl WireFile {
    fn read(self) -> Option<ChangedFile> {
        let change = match self.status.0.as_deref() {
            Some("added") => FileStatus::Added,
            Some("removed") => FileStatus::Removed,
            Some("modified") => FileStatus::Modified,
            Some("renamed") => FileStatus::Renamed,
            Some("copied") => FileStatus::Copied,
            Some("changed") => FileStatus::Changed,
            Some("unchanged") => FileStatus::Unchanged,
            _ => FileStatus::Unknown,
        };
        Some(ChangedFile {
            path: self.filename.0?,
            previous: self.previous_filename.0,
            change,
            additions: count(self.additions),
            deletions: count(self.deletions),
            patch: self.patch.0,
            blob: self.sha.0.filter(|_| change != FileStatus::Removed).map(Sha),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireContent {
    #[serde(rename = "type")]
    kind: Text,
    sha: Text,
    size: Number,
    content: Text,
    encoding: Text,
}

fn count(number: Number) -> u64 {
    number.0.and_then(|it| u64::try_from(it).ok()).unwrap_or(0)
}
