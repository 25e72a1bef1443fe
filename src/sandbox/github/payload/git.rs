//! Commits in their three shapes: git data, commit lists, pushes.

use serde_json::{Value, json};

use super::super::world::{Repository, World};
use super::node_id;
use crate::base::Sha;
use crate::sandbox::git::{Change, ChangeKind, Commit, Signature};

/// A commit of the git data API.
pub(crate) fn git_commit_json(
    world: &World,
    repository: &Repository,
    sha: &Sha,
    commit: &Commit,
) -> Value {
    let url = world.repository_url(repository);
    let page = format!("{}/{}/commit", world.web_url, repository.full_name());
    let parent = |it: &Sha| {
        json!({
            "sha": it,
            "url": format!("{url}/git/commits/{it}"),
            "html_url": format!("{page}/{it}"),
        })
    };
    json!({
        "sha": sha,
        "node_id": node_id("C", sha),
        "url": format!("{url}/git/commits/{sha}"),
        "html_url": format!("{page}/{sha}"),
        "author": author_json(&commit.author),
        "committer": author_json(&commit.committer),
        "tree": { "sha": commit.tree, "url": format!("{url}/git/trees/{}", commit.tree) },
        "message": commit.message,
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(),
        "verification": unsigned(),
    })
}

/// A commit of the commits API.
pub(crate) fn commit_json(
    world: &World,
    repository: &Repository,
    sha: &Sha,
    commit: &Commit,
) -> Value {
    let url = world.repository_url(repository);
    let page = format!("{}/{}/commit", world.web_url, repository.full_name());
    let account = |who: &Signature| {
        let login = who.email.split('@').next()?.split('+').next_back()?;
        world.account(login).map(|it| world.user_json(it.id))
    };
    let parent = |it: &Sha| {
        json!({
            "sha": it,
            "url": format!("{url}/commits/{it}"),
            "html_url": format!("{page}/{it}"),
        })
    };
    json!({
        "sha": sha,
        "node_id": node_id("C", sha),
        "commit": {
            "author": author_json(&commit.author),
            "committer": author_json(&commit.committer),
            "message": commit.message,
            "tree": { "sha": commit.tree, "url": format!("{url}/git/trees/{}", commit.tree) },
            "url": format!("{url}/git/commits/{sha}"),
            "comment_count": 0,
            "verification": unsigned(),
        },
        "url": format!("{url}/commits/{sha}"),
        "html_url": format!("{page}/{sha}"),
        "comments_url": format!("{url}/commits/{sha}/comments"),
        "author": account(&commit.author),
        "committer": account(&commit.committer),
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(),
    })
}

/// A commit as a push lists it, with the paths it touched.
pub(crate) fn push_commit_json(
    world: &World,
    repository: &Repository,
    sha: &Sha,
    commit: &Commit,
    changes: &[Change],
) -> Value {
    let page = format!("{}/{}/commit/{sha}", world.web_url, repository.full_name());
    let paths = |kind| -> Vec<&str> {
        changes.iter().filter(|it| it.kind == kind).map(|it| it.path.as_str()).collect()
    };
    let person = |who: &Signature| {
        let username = who.email.split('@').next().and_then(|it| it.split('+').next_back());
        json!({ "name": who.name, "email": who.email, "username": username })
    };
    json!({
        "id": sha,
        "tree_id": commit.tree,
        "distinct": true,
        "message": commit.message,
        "timestamp": commit.committer.at.iso(),
        "url": page,
        "author": person(&commit.author),
        "committer": person(&commit.committer),
        "added": paths(ChangeKind::Added),
        "removed": paths(ChangeKind::Removed),
        "modified": paths(ChangeKind::Modified),
    })
}

/// A commit as checks and workflow runs carry it.
pub(crate) fn simple_commit_json(sha: &Sha, commit: &Commit) -> Value {
    let person = |who: &Signature| json!({ "name": who.name, "email": who.email });
    json!({
        "id": sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.at.iso(),
        "author": person(&commit.author),
        "committer": person(&commit.committer),
    })
}

/// Name, address and date of a signature.
fn author_json(who: &Signature) -> Value {
    json!({ "name": who.name, "email": who.email, "date": who.at.iso() })
}

fn unsigned() -> Value {
    json!({
        "verified": false,
        "reason": "unsigned",
        "signature": null,
        "payload": null,
        "verified_at": null,
    })
}
