//! Commit statuses.

use serde::Deserialize;
use serde_json::json;

use super::super::acts::NewStatus;
use super::super::world::{CommitStatus, Repository, StatusState, World};
use super::answer::{Answer, Refusal};
use super::contents::resolve_commit;
use super::request::Request;
use crate::base::Sha;

/// Characters of a status's description.
const DESCRIPTION_CHARACTERS_MAX: usize = 140;

/// All statuses of a commit, newest first.
pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let sha = resolve_commit(repository, request.param("ref"))?;
    let found = repository.statuses.iter().rev().filter(|it| it.sha == sha);
    Ok(request.page(found.map(|it| world.status_json(repository, it)).collect()))
}

/// The newest status of each context, and what they say together: `pending` also when there is
/// none (`docs.github.com/rest/commits/statuses`, "Get the combined status").
pub(super) fn combined(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let sha = resolve_commit(repository, request.param("ref"))?;
    let latest = latest(repository, &sha);
    let any = |wanted: &[StatusState]| latest.iter().any(|it| wanted.contains(&it.state));
    let state = if any(&[StatusState::Error, StatusState::Failure]) {
        "failure"
    } else if latest.is_empty() || any(&[StatusState::Pending]) {
        "pending"
    } else {
        "success"
    };
    let url = world.repository_url(repository);
    let total = latest.len();
    let listed = latest.into_iter().map(|it| world.status_json(repository, it)).collect();
    let mut answer = request.page(listed);
    if let super::answer::Body::Json(statuses) = answer.body {
        answer.body = super::answer::Body::Json(json!({
            "state": state,
            "statuses": statuses,
            "sha": sha,
            "total_count": total,
            "repository": world.repository_json(repository),
            "commit_url": format!("{url}/commits/{sha}"),
            "url": format!("{url}/commits/{sha}/status"),
        }));
    }
    Ok(answer)
}

#[derive(Deserialize)]
struct Creation {
    state: Option<String>,
    target_url: Option<String>,
    description: Option<String>,
    context: Option<String>,
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = request.repo()?;
    let wanted: Creation = request.json()?;
    let state = wanted.state.as_deref().and_then(StatusState::parse);
    let state = state.ok_or_else(|| Refusal::invalid("Status", "state", "inclusion"))?;
    let description = wanted.description;
    let length = description.as_ref().map_or(0, |it| it.chars().count());
    if DESCRIPTION_CHARACTERS_MAX < length {
        let why = "description is too long (maximum is 140 characters)";
        return Err(Refusal::custom("Status", "description", why));
    }
    let sha = resolve_commit(world.repo(id), request.param("sha"))?;
    let context = wanted.context.unwrap_or_else(|| "default".to_owned());
    let new = NewStatus { sha, context, state, description, target_url: wanted.target_url };
    let made = world.set_status(id, request.actor, new);
    let repository = world.repo(id);
    let status = repository.statuses.iter().find(|it| it.id == made);
    let status = status.ok_or_else(Refusal::not_found)?;
    Ok(Answer::created(world.status_json(repository, status)))
}

fn latest<'a>(repository: &'a Repository, sha: &Sha) -> Vec<&'a CommitStatus> {
    let mut found: Vec<&CommitStatus> = Vec::new();
    for status in repository.statuses.iter().rev().filter(|it| it.sha == *sha) {
        if found.iter().all(|it| it.context != status.context) {
            found.push(status);
        }
    }
    found
}
