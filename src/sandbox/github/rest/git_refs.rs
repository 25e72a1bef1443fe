//! References. Only branches exist here: Baton never makes a tag.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::payload::node_id;
use super::super::world::{Level, Repository, World};
use super::answer::{Answer, Refusal};
use super::request::Request;
use crate::base::{RepositoryId, Sha};
use crate::sandbox::git::{GitError, RefConflict};

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let branch = request.param("ref").strip_prefix("heads/").ok_or_else(Refusal::not_found)?;
    let sha = repository.git.branch(branch).ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(ref_json(world, repository, branch, &sha)))
}

/// Branches whose names begin so.
pub(super) fn matching(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = filled(world, request)?;
    let prefix = request.param("ref");
    let found = repository.git.branches()?;
    let wanted = found.iter().filter(|(name, _)| format!("heads/{name}").starts_with(prefix));
    Ok(request.page(wanted.map(|(name, sha)| ref_json(world, repository, name, sha)).collect()))
}

#[derive(Deserialize)]
struct Creation {
    #[serde(rename = "ref")]
    name: Option<String>,
    sha: Option<String>,
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = request.repo()?;
    filled(world, request)?;
    let wanted: Creation = request.json()?;
    let missing = |field: &str| Refusal::invalid("Reference", field, "missing_field");
    let name = wanted.name.ok_or_else(|| missing("ref"))?;
    let sha = Sha(wanted.sha.ok_or_else(|| missing("sha"))?);
    let Some(branch) = name.strip_prefix("refs/heads/") else {
        let message = "Reference name must start with 'refs/heads/' here: the sandbox has no tags";
        return Err(Refusal::new(422, message));
    };
    check_commit(world.repo(id), &sha)?;
    let base = world.repo(id).git.branch(&world.repo(id).default_branch);
    check_workflows(world, (request, id), base.as_ref(), &sha)?;
    world.create_branch(id, request.actor, branch, &sha).map_err(bad_ref)?;
    Ok(Answer::created(ref_json(world, world.repo(id), branch, &sha)))
}

#[derive(Deserialize)]
struct Update {
    sha: Option<String>,
    #[serde(default)]
    force: bool,
}

pub(super) fn update(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = request.repo()?;
    let (branch, before) = existing(world, request)?;
    let wanted: Update = request.json()?;
    let sha = wanted.sha.ok_or_else(|| Refusal::invalid("Reference", "sha", "missing_field"))?;
    let sha = Sha(sha);
    check_commit(world.repo(id), &sha)?;
    if !wanted.force && !world.repo(id).git.is_ancestor(&before, &sha)? {
        return Err(Refusal::new(422, "Update is not a fast forward"));
    }
    check_workflows(world, (request, id), Some(&before), &sha)?;
    world.point_branch(id, request.actor, &branch, &sha)?;
    Ok(Answer::ok(ref_json(world, world.repo(id), &branch, &sha)))
}

pub(super) fn delete(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (branch, _) = existing(world, request)?;
    world.delete_branch(request.repo()?, request.actor, &branch)?;
    Ok(Answer::no_content())
}

/// The repository, when it has commits: the git data API answers 409 otherwise.
pub(super) fn filled<'a>(world: &'a World, request: &Request) -> Result<&'a Repository, Refusal> {
    let repository = world.repo(request.repo()?);
    match repository.git.branches()?.is_empty() {
        true => Err(Refusal::new(409, "Git Repository is empty.")),
        false => Ok(repository),
    }
}

fn bad_ref(error: GitError) -> Refusal {
    let GitError::Ref(conflict) = error else { return error.into() };
    match conflict {
        RefConflict::Exists(_) => Refusal::new(422, "Reference already exists"),
        RefConflict::BadName(name) => {
            Refusal::new(422, format!("refs/heads/{name} is not a valid ref name."))
        }
        RefConflict::Blocked { .. } => Refusal::new(422, "Reference update failed"),
    }
}

fn existing(world: &World, request: &Request) -> Result<(String, Sha), Refusal> {
    let missing = || Refusal::new(422, "Reference does not exist");
    let branch = request.param("ref").strip_prefix("heads/").ok_or_else(missing)?;
    let sha = filled(world, request)?.git.branch(branch).ok_or_else(missing)?;
    Ok((branch.to_owned(), sha))
}

fn check_commit(repository: &Repository, sha: &Sha) -> Result<(), Refusal> {
    match repository.git.commit(sha) {
        Ok(_) => Ok(()),
        Err(GitError::Missing(_)) => Err(Refusal::new(422, "Object does not exist")),
        Err(GitError::WrongKind { .. }) => Err(Refusal::new(422, "Object is not a commit")),
        Err(other) => Err(other.into()),
    }
}

/// An App without the permission `workflows` may not bring a branch to a commit that changes a
/// workflow file.
pub(super) fn check_workflows(
    world: &World,
    (request, repository): (&Request, RepositoryId),
    before: Option<&Sha>,
    after: &Sha,
) -> Result<(), Refusal> {
    let allowed = request.token.as_ref().and_then(|it| it.permissions.get("workflows"));
    if allowed == Some(&Level::Write) {
        return Ok(());
    }
    let changes = world.repo(repository).git.changes(before, after)?;
    match changes.iter().find(|it| it.path.starts_with(".github/workflows/")) {
        Some(change) => Err(Refusal::new(
            422,
            format!(
                "refusing to allow a GitHub App to create or update workflow `{}` without \
                 `workflows` permission",
                change.path
            ),
        )),
        None => Ok(()),
    }
}

fn ref_json(world: &World, repository: &Repository, branch: &str, sha: &Sha) -> Value {
    let url = world.repository_url(repository);
    json!({
        "ref": format!("refs/heads/{branch}"),
        "node_id": node_id("REF", branch),
        "url": format!("{url}/git/refs/heads/{branch}"),
        "object": {
            "type": "commit",
            "sha": sha,
            "url": format!("{url}/git/commits/{sha}"),
        },
    })
}
