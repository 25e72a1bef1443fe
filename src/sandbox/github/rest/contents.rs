//! Branches, commits, files and the tarball.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::payload::{commit_json, extend};
use super::super::world::{Repository, World};
use super::answer::{Answer, Body, Refusal};
use super::git_data::wrapped_base64;
use super::git_refs::filled;
use super::request::Request;
use crate::base::Sha;
use crate::sandbox::git::{FileChange, Mode, TreeEntry};

pub(super) fn branches(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let all = repository.git.branches()?;
    Ok(request
        .page(all.iter().map(|(name, sha)| branch_json(world, repository, name, sha)).collect()))
}

pub(super) fn branch(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let name = request.param("branch");
    let missing = || Refusal::new(404, "Branch not found");
    let sha = repository.git.branch(name).ok_or_else(missing)?;
    let mut json = branch_json(world, repository, name, &sha);
    json["commit"] = commit_json(world, repository, &sha, &repository.git.commit(&sha)?);
    Ok(Answer::ok(json))
}

/// The log from `sha` (a branch or a commit), newest first, of `path` if given.
pub(super) fn commits(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let from = resolve(repository, request.query("sha").unwrap_or_default())?;
    let path = request.query("path").unwrap_or_default().trim_matches('/');
    let mut found = Vec::new();
    for (sha, commit) in repository.git.log(&from)? {
        if path.is_empty() || touches(repository, commit.parents.first(), &sha, path)? {
            found.push(commit_json(world, repository, &sha, &commit));
        }
    }
    Ok(request.page(found))
}

pub(super) fn commit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let sha = resolve_commit(repository, request.param("ref"))?;
    if request.wants("application/vnd.github.sha") {
        return Ok(Answer::new(200, Body::Text(sha.0, "application/vnd.github.sha")));
    }
    let commit = repository.git.commit(&sha)?;
    let parent = commit.parents.first();
    let files = repository.git.file_changes(parent, &sha)?;
    let lines = |of: fn(&FileChange) -> usize| files.iter().map(of).sum::<usize>();
    let (additions, deletions) = (lines(|it| it.additions), lines(|it| it.deletions));
    let parent = parent.unwrap_or(&sha);
    let listed: Vec<Value> =
        files.iter().map(|it| world.file_json(repository, (parent, &sha), it)).collect();
    let mut json = commit_json(world, repository, &sha, &commit);
    let total = additions + deletions;
    let stats = json!({ "total": total, "additions": additions, "deletions": deletions });
    extend(&mut json, json!({ "stats": stats, "files": listed }));
    Ok(Answer::ok(json))
}

/// A file, or the list of a folder.
pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let name = request.query("ref").unwrap_or_default();
    let path = request.param("path").trim_matches('/');
    let commit = resolve(repository, name)?;
    let entry = repository.git.entry_at(&commit, path)?.ok_or_else(Refusal::not_found)?;
    if entry.mode == Mode::Directory {
        let inside = repository.git.entries(&entry.sha, false)?;
        let join = |it: &TreeEntry| match path {
            "" => it.name.clone(),
            path => format!("{path}/{}", it.name),
        };
        let list: Vec<Value> =
            inside.iter().map(|it| entry_json(world, repository, &commit, &join(it), it)).collect();
        return Ok(Answer::ok(Value::Array(list)));
    }
    let bytes = repository.git.blob(&entry.sha)?;
    if request.wants("raw") {
        return Ok(Answer::new(200, Body::Bytes(bytes, "application/vnd.github.raw")));
    }
    let mut json = entry_json(world, repository, &commit, path, &entry);
    extend(&mut json, json!({ "encoding": "base64", "content": wrapped_base64(&bytes) }));
    Ok(Answer::ok(json))
}

/// Sends the caller to the host that makes archives. On GitHub that is another host, so a client
/// must follow and must not take its token along.
pub(super) fn tarball(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let sha = resolve(repository, request.param("ref"))?;
    let mut url =
        format!("{}/codeload/{}/legacy.tar.gz/{sha}", world.api_url, repository.full_name());
    if repository.private {
        url.push_str(&format!("?token={}", archive_token(world, &sha)));
    }
    Ok(Answer::new(302, Body::Empty).with("location", url))
}

/// The archive itself: no credentials but the one in a private repository's address.
pub(super) fn codeload(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let sha = resolve(repository, request.param("ref"))?;
    let token = archive_token(world, &sha);
    if repository.private && request.query("token") != Some(token.as_str()) {
        return Err(Refusal::not_found());
    }
    let short = sha.0.get(..7).unwrap_or_default();
    let prefix = format!("{}-{}-{short}", repository.owner, repository.name);
    let bytes = repository.git.archive(&sha, &prefix)?;
    let name = format!("attachment; filename={prefix}.tar.gz");
    Ok(Answer::new(200, Body::Bytes(bytes, "application/x-gzip")).with("content-disposition", name))
}

fn archive_token(world: &World, sha: &Sha) -> String {
    hex::encode(Sha256::digest(format!("{}{sha}", world.hook.secret)))
}

fn resolve(repository: &Repository, name: &str) -> Result<Sha, Refusal> {
    let sha = repository.git.resolve(name, &repository.default_branch);
    sha.ok_or_else(|| match name {
        "" => Refusal::new(404, "This repository is empty."),
        _ => Refusal::new(404, format!("No commit found for the ref {name}")),
    })
}

/// What the commits, checks and statuses APIs take where they ask for a commit.
pub(super) fn resolve_commit(repository: &Repository, name: &str) -> Result<Sha, Refusal> {
    let sha = repository.git.resolve(name, &repository.default_branch);
    sha.ok_or_else(|| Refusal::new(422, format!("No commit found for SHA: {name}")))
}

fn touches(
    repository: &Repository,
    parent: Option<&Sha>,
    sha: &Sha,
    path: &str,
) -> Result<bool, Refusal> {
    let now = repository.git.entry_at(sha, path)?;
    let before = match parent {
        Some(parent) => repository.git.entry_at(parent, path)?,
        None => None,
    };
    Ok(now.map(|it| it.sha) != before.map(|it| it.sha))
}

fn branch_json(world: &World, repository: &Repository, name: &str, sha: &Sha) -> Value {
    let url = world.repository_url(repository);
    json!({
        "name": name,
        "commit": { "sha": sha, "url": format!("{url}/commits/{sha}") },
        "protected": false,
    })
}

fn entry_json(
    world: &World,
    repository: &Repository,
    commit: &Sha,
    path: &str,
    entry: &TreeEntry,
) -> Value {
    let url = world.repository_url(repository);
    let page = format!("{}/{}", world.web_url, repository.full_name());
    let (kind, view) = match entry.mode {
        Mode::Directory => ("dir", "tree"),
        Mode::File | Mode::Executable => ("file", "blob"),
        Mode::Symlink => ("symlink", "blob"),
        Mode::Submodule => ("submodule", "tree"),
    };
    let this = format!("{url}/contents/{path}?ref={commit}");
    let git_url = format!("{url}/git/{view}s/{}", entry.sha);
    let html_url = format!("{page}/{view}/{commit}/{path}");
    let size = repository.git.blob(&entry.sha).map(|it| it.len()).unwrap_or(0);
    json!({
        "name": path.rsplit('/').next(),
        "path": path,
        "sha": entry.sha,
        "size": size,
        "type": kind,
        "url": this,
        "git_url": git_url,
        "html_url": html_url,
        "download_url": (kind == "file").then(|| format!("{page}/raw/{commit}/{path}")),
        "_links": { "self": this, "git": git_url, "html": html_url },
    })
}
