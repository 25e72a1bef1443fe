//! Reading git: branches, commits, trees, blobs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::call::Call;
use super::error::GitHubError;
use super::port::{Port, ReadPort};
use super::told::Told;
use crate::base::Sha;
use crate::github::lenient::{Flag, List, Number, Object, Text};

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub sha: Sha,
    /// The tree it stands for; unknown where a list leaves it out.
    pub tree: Option<Sha>,
    /// The commits before it.
    pub parents: Vec<Sha>,
    /// Its message, trailers included.
    pub message: String,
}

/// All files of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The tree's id.
    pub sha: Sha,
    /// Its entries at every depth, directories included.
    pub entries: Vec<TreeEntry>,
    /// Whether GitHub left entries out because there are too many (100,000 or 7 MB).
    pub truncated: bool,
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// The path from the root, with slashes.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its object id.
    pub sha: Sha,
    /// Bytes, for files.
    pub size: Option<u64>,
}

/// What an entry of a tree is, by its git mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A regular file that may be run.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A directory.
    Directory,
    /// A commit of another repository.
    Submodule,
    /// A mode that git does not write today.
    Other,
}

impl EntryKind {
    fn of(mode: &str, kind: &str) -> EntryKind {
        match (mode, kind) {
            ("100644" | "100664", _) | ("", "blob") => EntryKind::File,
            ("100755", _) => EntryKind::Executable,
            ("120000", _) => EntryKind::Symlink,
            ("040000" | "40000", _) | ("", "tree") => EntryKind::Directory,
            ("160000", _) => EntryKind::Submodule,
            _ => EntryKind::Other,
        }
    }
}

impl ReadPort {
    /// The commit a branch points to; `None` if there is no such branch.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Conflict`] if the repository has no commits at all.
    pub async fn branch_head(&self, branch: &str) -> Result<Option<Sha>, GitHubError> {
        branch_head(&self.port, branch).await
    }

    /// A commit.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if the repository does not have it.
    pub async fn commit(&self, sha: &Sha) -> Result<Commit, GitHubError> {
        commit(&self.port, sha).await
    }

    /// The newest commits of a branch, newest first, at most `count` (100 or fewer).
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if there is no such branch.
    pub async fn commits(&self, branch: &str, count: u8) -> Result<Vec<Commit>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/commits");
        let call = call.query("sha", branch).query("per_page", count);
        let (list, _) = self.port.fetch_list::<List<WireListedCommit>>(&call).await?;
        let listed = list.0.into_iter().filter_map(WireListedCommit::read);
        Ok(listed.take(usize::from(count)).collect())
    }

    /// Whether the repository has any commit on its default branch.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if the server does not list commits.
    pub async fn has_commits(&self) -> Result<bool, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/commits").query("per_page", 1);
        match self.port.fetch_list::<List<WireListedCommit>>(&call).await {
            Ok((list, _)) => Ok(!list.0.is_empty()),
            Err(GitHubError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The whole tree of a commit or tree, at every depth.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if the repository does not have it.
    pub async fn tree(&self, sha: &Sha) -> Result<Tree, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/git/trees/{sha}");
        let tree: WireTree = self.port.fetch(&call.with("sha", sha).query("recursive", 1)).await?;
        let truncated = tree.truncated.is_set();
        let entries = tree.tree.0.into_iter().filter_map(WireEntry::read).collect();
        let sha = tree.sha.0.map_or_else(|| sha.clone(), Sha);
        Ok(Tree { sha, entries, truncated })
    }

    /// The bytes of a file by its object id.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unexpected`] if it is over 20 MB or not readable; [`GitHubError::NotFound`]
    /// if the repository does not have it.
    pub async fn blob(&self, sha: &Sha) -> Result<Vec<u8>, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/git/blobs/{sha}").with("sha", sha);
        let blob: WireBlob = self.port.fetch(&call).await?;
        let unreadable = || GitHubError::unexpected("a blob that cannot be read");
        // A blob that is too large may come without its content, which does not make it empty.
        let content = blob.content.0.or_else(|| (blob.size.0 == Some(0)).then(String::new));
        let content = content.ok_or_else(unreadable)?;
        match blob.encoding.0.as_deref() {
            Some("utf-8") => Ok(content.into_bytes()),
            Some("base64") | None => {
                let compact: String = content.split_ascii_whitespace().collect();
                STANDARD.decode(compact).map_err(|_| unreadable())
            }
            Some(_) => Err(unreadable()),
        }
    }
}

pub(super) async fn commit(port: &Port, sha: &Sha) -> Result<Commit, GitHubError> {
    let call = Call::get("/repos/{owner}/{repo}/git/commits/{sha}").with("sha", sha);
    let commit: WireCommit = port.fetch(&call).await?;
    commit.read().ok_or_else(|| GitHubError::unexpected("a commit without an id"))
}

pub(super) async fn branch_head(port: &Port, branch: &str) -> Result<Option<Sha>, GitHubError> {
    let call = Call::get("/repos/{owner}/{repo}/git/ref/heads/{ref}").with("ref", branch);
    let found: WireRef = match port.fetch(&call).await {
        Err(GitHubError::NotFound) if port.app().knows_ref() => return Ok(None),
        Err(GitHubError::NotFound) => return head_told_otherwise(port, branch).await,
        other => other?,
    };
    port.app().note_that_it_knows_ref();
    let sha = found.object.0.and_then(|it| it.sha.0);
    sha.map(|it| Some(Sha(it))).ok_or_else(|| GitHubError::unexpected("a branch without a commit"))
}

/// The head of a branch by the older and the wider of GitHub's calls: a server may know only those,
/// and its "not found" for the other one means the call, not the branch.
async fn head_told_otherwise(port: &Port, branch: &str) -> Result<Option<Sha>, GitHubError> {
    let call = Call::get("/repos/{owner}/{repo}/git/refs/heads/{ref}").with("ref", branch);
    if let Told::Known(reply) = port.ask(&call).await? {
        return Ok(of_refs(port.app().transport().parse_any(&call, &reply)?, branch));
    }
    let call = Call::get("/repos/{owner}/{repo}/branches/{ref}").with("ref", branch);
    let found = port.ask_for::<WireBranch>(&call).await?.known();
    Ok(found.and_then(|it| it.commit.0).and_then(|it| it.sha.0).map(Sha))
}

/// Anything that has an object id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireSha {
    pub(super) sha: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRef {
    #[serde(rename = "ref")]
    name: Text,
    object: Object<WireSha>,
}

/// The head of `branch` in an answer that is one ref, or all whose names begin so.
fn of_refs(answer: Value, branch: &str) -> Option<Sha> {
    let all = if let Value::Array(all) = answer { all } else { vec![answer] };
    let name = format!("refs/heads/{branch}");
    let refs = all.into_iter().filter_map(|it| serde_json::from_value::<WireRef>(it).ok());
    let found = refs.into_iter().find(|it| it.name.0.as_ref() == Some(&name));
    found.and_then(|it| it.object.0).and_then(|it| it.sha.0).map(Sha)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireBranch {
    commit: Object<WireSha>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCommit {
    sha: Text,
    message: Text,
    tree: Object<WireSha>,
    parents: List<WireSha>,
}

impl WireCommit {
    fn read(self) -> Option<Commit> {
        Some(Commit {
            sha: Sha(self.sha.0?),
            tree: self.tree.0.and_then(|it| it.sha.0).map(Sha),
            parents: self.parents.0.into_iter().filter_map(|it| it.sha.0).map(Sha).collect(),
            message: self.message.or_empty(),
        })
    }
}

/// A commit as lists of commits have it: the git part stands one level deeper.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireListedCommit {
    sha: Text,
    commit: Object<WireCommit>,
    parents: List<WireSha>,
}

impl WireListedCommit {
    pub(super) fn read(self) -> Option<Commit> {
        let inner = self.commit.0.unwrap_or_default();
        WireCommit { sha: self.sha, parents: self.parents, ..inner }.read()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireTree {
    sha: Text,
    tree: List<WireEntry>,
    truncated: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEntry {
    path: Text,
    mode: Text,
    #[serde(rename = "type")]
    kind: Text,
    sha: Text,
    size: Number,
}

impl WireEntry {
    fn read(self) -> Option<TreeEntry> {
        Some(TreeEntry {
            path: self.path.0?,
            kind: EntryKind::of(&self.mode.or_empty(), &self.kind.or_empty()),
            sha: Sha(self.sha.0?),
            size: self.size.0.and_then(|it| u64::try_from(it).ok()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireBlob {
    content: Text,
    encoding: Text,
    size: Number,
}
