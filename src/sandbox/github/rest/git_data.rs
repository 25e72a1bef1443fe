//! Blobs, trees and commits by their names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::payload::{git_commit_json, node_id};
use super::super::world::{Repository, World};
use super::answer::{Answer, Body, Refusal};
use super::git_refs::filled;
use super::issues::present;
use super::request::Request;
use crate::base::{Sha, Timestamp};
use crate::sandbox::git::{Commit, GitError, Kind, Mode, Placed, Signature, TreeChange, TreeEntry};

#[derive(Deserialize)]
struct NewBlob {
    content: Option<String>,
    encoding: Option<String>,
}

pub(super) fn create_blob(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let wanted: NewBlob = request.json()?;
    let content =
        wanted.content.ok_or_else(|| Refusal::invalid("Blob", "content", "missing_field"))?;
    let bytes = match wanted.encoding.as_deref() {
        Some("base64") => STANDARD
            .decode(content.replace(['\n', '\r'], ""))
            .map_err(|_| Refusal::new(422, "content is not valid Base64"))?,
        _ => content.into_bytes(),
    };
    let sha = repository.git.put_blob(&bytes)?;
    let url = format!("{}/git/blobs/{sha}", world.repository_url(repository));
    Ok(Answer::created(json!({ "sha": sha, "url": url })))
}

pub(super) fn blob(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let sha = Sha(request.param("sha").to_owned());
    let bytes = repository.git.blob(&sha)?;
    if request.wants("raw") {
        return Ok(Answer::new(200, Body::Bytes(bytes, "application/vnd.github.raw")));
    }
    Ok(Answer::ok(json!({
        "sha": sha,
        "node_id": node_id("B", &sha),
        "size": bytes.len(),
        "url": format!("{}/git/blobs/{sha}", world.repository_url(repository)),
        "content": wrapped_base64(&bytes),
        "encoding": "base64",
    })))
}

/// Base64 in lines, as GitHub sends file contents.
pub(super) fn wrapped_base64(bytes: &[u8]) -> String {
    let mut text = STANDARD.encode(bytes);
    let mut at = 60;
    while at < text.len() {
        text.insert(at, '\n');
        at += 61;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// A tree by its own name, a commit's, or a branch's; any value of `recursive` lists all levels.
pub(super) fn tree(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let name = request.param("sha");
    let treeish = repository.git.resolve(name, &repository.default_branch);
    let sha = repository.git.tree_of(&treeish.unwrap_or_else(|| Sha(name.to_owned())))?;
    let recursive = request.query("recursive").is_some();
    let mut entries = repository.git.entries(&sha, recursive)?;
    let truncated = world.listed_entries_max < entries.len();
    entries.truncate(world.listed_entries_max);
    Ok(Answer::ok(tree_json(world, repository, &sha, &entries, truncated)))
}

#[derive(Deserialize)]
struct NewTree {
    base_tree: Option<String>,
    #[serde(default)]
    tree: Vec<NewEntry>,
}

#[derive(Deserialize)]
struct NewEntry {
    path: Option<String>,
    mode: Option<String>,
    content: Option<String>,
    /// `null` deletes; absent means that `content` is given.
    #[serde(default, deserialize_with = "present")]
    sha: Option<Option<String>>,
}

pub(super) fn create_tree(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let wanted: NewTree = request.json()?;
    if wanted.tree.is_empty() {
        return Err(Refusal::new(422, "Invalid tree info"));
    }
    let base = match wanted.base_tree {
        None => None,
        Some(base) => Some(
            repository
                .git
                .tree_of(&Sha(base))
                .map_err(|_| Refusal::new(422, "base_tree is not a valid tree oid"))?,
        ),
    };
    let changes = wanted
        .tree
        .into_iter()
        .map(|it| change(repository, base.as_ref(), it))
        .collect::<Result<Vec<_>, _>>()?;
    let sha = repository.git.change_tree(base.as_ref(), &changes).map_err(bad_tree)?;
    let entries = repository.git.entries(&sha, false)?;
    Ok(Answer::created(tree_json(world, repository, &sha, &entries, false)))
}

fn bad_tree(error: GitError) -> Refusal {
    if let GitError::BadPath(_) = error {
        return Refusal::new(422, "tree.path contains a malformed path component");
    }
    if let GitError::Missing(sha) = error {
        return Refusal::new(422, format!("tree.sha {sha} is not a valid blob"));
    }
    error.into()
}

fn change(
    repository: &Repository,
    base: Option<&Sha>,
    entry: NewEntry,
) -> Result<TreeChange, Refusal> {
    let path = entry.path.ok_or_else(|| Refusal::new(422, "tree.path is missing"))?;
    let mode = entry
        .mode
        .and_then(|it| Mode::parse(&it))
        .ok_or_else(|| Refusal::new(422, "Must supply a valid tree.mode"))?;
    let placed = match (entry.sha, entry.content) {
        (Some(Some(sha)), None) => Placed::Object(mode, Sha(sha)),
        (None, Some(content)) => Placed::Object(mode, repository.git.put_blob(content.as_bytes())?),
        (Some(None), None) => {
            let listed = base.map(|it| repository.git.entries(it, true)).transpose()?;
            if listed.is_none_or(|it| it.iter().all(|entry| entry.name != path)) {
                return Err(Refusal::new(422, "GitRPC::BadObjectState"));
            }
            Placed::Nothing
        }
        (Some(_), Some(_)) => {
            return Err(Refusal::new(422, "Must supply either tree.sha or tree.content, not both"));
        }
        (None, None) => return Err(Refusal::new(422, "Must supply tree.sha or tree.content")),
    };
    Ok(TreeChange { path, placed })
}

#[derive(Deserialize)]
struct NewCommit {
    message: Option<String>,
    tree: Option<String>,
    #[serde(default)]
    parents: Vec<String>,
    author: Option<Person>,
    committer: Option<Person>,
}

#[derive(Deserialize)]
struct Person {
    name: String,
    email: String,
    date: Option<String>,
}

pub(super) fn create_commit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let wanted: NewCommit = request.json()?;
    let missing = |field: &str| Refusal::invalid("Commit", field, "missing_field");
    let message = wanted.message.ok_or_else(|| missing("message"))?;
    let tree = Sha(wanted.tree.ok_or_else(|| missing("tree"))?);
    if repository.git.entries(&tree, false).is_err() {
        return Err(Refusal::new(422, "Tree SHA does not exist"));
    }
    let parents: Vec<Sha> = wanted.parents.into_iter().map(Sha).collect();
    if parents.iter().any(|it| repository.git.commit(it).is_err()) {
        let message = "Parent SHA does not exist or is not a commit object";
        return Err(Refusal::new(422, message));
    }
    let own = world.signature(request.actor.user);
    let author = wanted.author.map_or_else(|| own.clone(), |it| signature(it, own.at));
    let committer = wanted.committer.map_or_else(|| author.clone(), |it| signature(it, own.at));
    let commit = Commit { tree, parents, author, committer, message };
    let sha = repository.git.put_commit(&commit)?;
    Ok(Answer::created(git_commit_json(world, repository, &sha, &commit)))
}

pub(super) fn commit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let sha = Sha(request.param("sha").to_owned());
    let commit = repository.git.commit(&sha)?;
    Ok(Answer::ok(git_commit_json(world, repository, &sha, &commit)))
}

fn signature(person: Person, now: Timestamp) -> Signature {
    let at = person.date.and_then(|it| Timestamp::parse_iso(&it)).unwrap_or(now);
    Signature { name: person.name, email: person.email, at }
}

fn tree_json(
    world: &World,
    repository: &Repository,
    sha: &Sha,
    entries: &[TreeEntry],
    truncated: bool,
) -> Value {
    let url = format!("{}/git", world.repository_url(repository));
    let line = |it: &TreeEntry| {
        let kind = it.mode.kind();
        let mut json = json!({
            "path": it.name,
            "mode": it.mode.name(),
            "type": kind.name(),
            "sha": it.sha,
        });
        if kind != Kind::Commit {
            json["url"] = json!(format!("{url}/{kind}s/{}", it.sha));
        }
        if kind == Kind::Blob {
            json["size"] = json!(repository.git.blob(&it.sha).map(|it| it.len()).unwrap_or(0));
        }
        json
    };
    json!({
        "sha": sha,
        "url": format!("{url}/trees/{sha}"),
        "tree": entries.iter().map(line).collect::<Vec<_>>(),
        "truncated": truncated,
    })
}
