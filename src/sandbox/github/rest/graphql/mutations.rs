//! The two mutations that have no REST twin: ending a draft, and committing on an expected head.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::super::world::{Level, World};
use super::super::git_refs::check_workflows;
use super::super::request::Request;
use super::objects::Reach;
use super::shape::Fault;
use super::syntax::Field;
use crate::base::{IssueNumber, RepositoryId, Sha};
use crate::sandbox::git::{Commit, GitError, Mode, Placed, Repository, TreeChange};

/// Does one mutation and says its payload.
pub(super) fn run(world: &mut World, request: &Request, field: &Field) -> Result<Value, Fault> {
    let input = field.arguments.get("input").cloned().unwrap_or_default();
    let mut payload = match field.name.as_str() {
        "markPullRequestReadyForReview" => mark_ready(world, request, &input)?,
        "createCommitOnBranch" => create_commit(world, request, &input)?,
        other => {
            let why = format!("Field '{other}' doesn't exist on type 'Mutation'");
            return Err(Fault::senseless(why));
        }
    };
    payload["clientMutationId"] = input["clientMutationId"].clone();
    Ok(payload)
}

fn mark_ready(world: &mut World, request: &Request, input: &Value) -> Result<Value, Fault> {
    let id = required(input, "MarkPullRequestReadyForReviewInput", "pullRequestId")?;
    let (repository, number, draft, open) = {
        let reach = Reach::new(world, request);
        let (repo, issue, pull) = reach.pull(id).ok_or_else(|| unknown(id))?;
        if !reach.may(repo.id, &[("pull_requests", Level::Write)], false) {
            return Err(forbidden());
        }
        (repo.id, issue.number, pull.draft, issue.is_open())
    };
    if !open {
        return Err(Fault::new("UNPROCESSABLE", "Pull request is closed"));
    }
    if !draft {
        return Err(Fault::new("UNPROCESSABLE", "Pull request is not in draft state"));
    }
    world.set_draft(repository, number, request.actor, false);
    Ok(json!({
        "__typename": "MarkPullRequestReadyForReviewPayload",
        "pullRequest": pull_object(world, request, repository, number),
    }))
}

fn pull_object(
    world: &World,
    request: &Request,
    repository: RepositoryId,
    number: IssueNumber,
) -> Value {
    let reach = Reach::new(world, request);
    let repo = world.repo(repository);
    let issue = &repo.issues[&number];
    issue.pull.as_ref().map_or(Value::Null, |pull| reach.pull_object(repo, issue, pull))
}

/// Commits files on a branch, if its head is still the one that the caller saw.
fn create_commit(world: &mut World, request: &Request, input: &Value) -> Result<Value, Fault> {
    let kind = "CreateCommitOnBranchInput";
    let expected = Sha(required(input, kind, "expectedHeadOid")?.to_owned());
    let headline = required(&input["message"], "CommitMessage", "headline")?;
    let (repository, branch) = {
        let reach = Reach::new(world, request);
        let (repo, branch) = match input["branch"]["id"].as_str() {
            Some(id) => reach.branch(id).ok_or_else(|| unknown(id))?,
            None => {
                let name = required(&input["branch"], kind, "repositoryNameWithOwner")?;
                let branch = required(&input["branch"], kind, "branchName")?;
                let branch = branch.trim_start_matches("refs/heads/").to_owned();
                (reach.repository(name).ok_or_else(|| unknown(name))?, branch)
            }
        };
        if !reach.may(repo.id, &[("contents", Level::Write)], false) {
            return Err(forbidden());
        }
        (repo.id, branch)
    };
    let git = &world.repo(repository).git;
    let head = git.branch(&branch).ok_or_else(|| {
        Fault::new(
            "NOT_FOUND",
            format!("Could not resolve to a branch with the name of '{branch}'."),
        )
    })?;
    if head != expected {
        return Err(Fault::new(
            "STALE_DATA",
            format!(
                "Expected branch to point to \"{expected}\" but it did not.  Pull and try again."
            ),
        ));
    }
    let changes = changes(git, &head, &input["fileChanges"])?;
    let parent = git.commit(&head).map_err(broken)?;
    let author = world.signature(request.actor.user);
    let message = match input["message"]["body"].as_str().filter(|it| !it.is_empty()) {
        Some(body) => format!("{headline}\n\n{body}"),
        None => headline.to_owned(),
    };
    let git = &world.repo(repository).git;
    let tree = git.change_tree(Some(&parent.tree), &changes).map_err(broken)?;
    let commit = Commit {
        tree,
        parents: vec![head.clone()],
        author: author.clone(),
        committer: author,
        message,
    };
    let sha = git.put_commit(&commit).map_err(broken)?;
    check_workflows(world, (request, repository), Some(&head), &sha)
        .map_err(|it| Fault::new("FORBIDDEN", it.message()))?;
    world.point_branch(repository, request.actor, &branch, &sha).map_err(broken)?;
    let reach = Reach::new(world, request);
    Ok(json!({
        "__typename": "CreateCommitOnBranchPayload",
        "commit": reach.commit_object(world.repo(repository), &sha),
        "ref": reach.ref_object(&branch, &sha),
    }))
}

fn changes(git: &Repository, head: &Sha, wanted: &Value) -> Result<Vec<TreeChange>, Fault> {
    let listed = |name: &str| wanted[name].as_array().cloned().unwrap_or_default();
    let mut changes = Vec::new();
    for addition in listed("additions") {
        let path = required(&addition, "FileAddition", "path")?.to_owned();
        let contents = required(&addition, "FileAddition", "contents")?;
        let bytes = STANDARD.decode(contents);
        let bytes =
            bytes.map_err(|_| Fault::senseless("FileAddition.contents is no Base64String"))?;
        // An executable stays one.
        let known = git.entry_at(head, &path).map_err(broken)?.map(|it| it.mode);
        let mode = known.filter(|it| *it == Mode::Executable).unwrap_or(Mode::File);
        let sha = git.put_blob(&bytes).map_err(broken)?;
        changes.push(TreeChange { path, placed: Placed::Object(mode, sha) });
    }
    for deletion in listed("deletions") {
        let path = required(&deletion, "FileDeletion", "path")?.to_owned();
        if git.entry_at(head, &path).map_err(broken)?.is_none() {
            let why = format!("A path was requested for deletion which does not exist: {path}");
            return Err(Fault::new("UNPROCESSABLE", why));
        }
        changes.push(TreeChange { path, placed: Placed::Nothing });
    }
    Ok(changes)
}

fn required<'a>(input: &'a Value, kind: &str, name: &str) -> Result<&'a str, Fault> {
    input[name].as_str().ok_or_else(|| {
        Fault::senseless(format!(
            "Variable $input of type {kind}! was provided invalid value for {name} (Expected value \
             to not be null)"
        ))
    })
}

fn unknown(id: &str) -> Fault {
    Fault::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'"))
}

fn forbidden() -> Fault {
    Fault::new("FORBIDDEN", "Resource not accessible by integration")
}

fn broken(error: GitError) -> Fault {
    Fault::new("UNPROCESSABLE", error.to_string())
}
