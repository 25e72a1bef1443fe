//! Pull requests between branches of one repository.

use serde::Deserialize;
use serde_json::Value;

use super::super::acts::{IssueEdit, NewPull};
use super::super::world::{Issue, Pull, Repository, World};
use super::answer::{Answer, Refusal};
use super::issues::{check_body, check_title, present};
use super::request::Request;
use crate::base::{IssueNumber, Sha};

pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let state = request.query("state").unwrap_or("open");
    let wanted = |issue: &&Issue, pull: &Pull| {
        let owner = pull.fork.as_ref().map(|it| world.accounts[&it.owner].login.as_str());
        let label = format!("{}:{}", owner.unwrap_or(&repository.owner), pull.head_ref);
        (state == "all" || issue.is_open() == (state == "open"))
            && request.query("head").is_none_or(|it| it.eq_ignore_ascii_case(&label))
            && request.query("base").is_none_or(|it| it == pull.base_ref)
    };
    let mut found: Vec<Value> = pulls(repository)
        .filter(|(issue, pull)| wanted(issue, pull))
        .map(|(issue, pull)| world.pull_json(repository, issue, pull))
        .collect();
    if request.query("direction") != Some("asc") {
        found.reverse();
    }
    Ok(request.page(found))
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    answer(world, request, number)
}

#[derive(Deserialize)]
struct Creation {
    title: Option<String>,
    head: Option<String>,
    base: Option<String>,
    body: Option<String>,
    #[serde(default)]
    draft: bool,
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let wanted: Creation = request.json()?;
    let missing = |field: &str| Refusal::invalid("PullRequest", field, "missing_field");
    let title = wanted.title.ok_or_else(|| missing("title"))?;
    check_title("PullRequest", &title)?;
    check_body("PullRequest", wanted.body.as_deref().unwrap_or_default())?;
    let id = request.repo()?;
    let repository = world.repo(id);
    let head = wanted.head.ok_or_else(|| missing("head"))?;
    let head = match head.split_once(':') {
        Some((owner, branch)) if owner.eq_ignore_ascii_case(&repository.owner) => branch.to_owned(),
        Some(_) => return Err(Refusal::invalid("PullRequest", "head", "invalid")),
        None => head,
    };
    let base = wanted.base.ok_or_else(|| missing("base"))?;
    let branch = |name: &str, field: &str| {
        let sha = repository.git.branch(name);
        sha.ok_or_else(|| Refusal::invalid("PullRequest", field, "invalid"))
    };
    let (head_sha, base_sha) = (branch(&head, "head")?, branch(&base, "base")?);
    check_new(repository, (&head, &head_sha), (&base, &base_sha))?;
    if wanted.draft && !repository.drafts_allowed {
        return Err(Refusal::new(422, "Draft pull requests are not supported in this repository."));
    }
    let (body, draft) = (wanted.body, wanted.draft);
    let new = NewPull { fork: None, title, body, head, head_sha, base, base_sha, draft };
    let number = world.open_pull(id, request.actor, new);
    Ok(Answer::created(full_json(world, request, number)?))
}

#[derive(Deserialize)]
struct Edit {
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    body: Option<Option<String>>,
    state: Option<String>,
    base: Option<String>,
}

pub(super) fn edit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (id, number) = (request.repo()?, pull_number(world, request)?);
    let wanted: Edit = request.json()?;
    if let Some(title) = &wanted.title {
        check_title("PullRequest", title)?;
    }
    check_body("PullRequest", wanted.body.as_ref().and_then(Option::as_deref).unwrap_or_default())?;
    if let Some(base) = wanted.base {
        let sha = world.repo(id).git.branch(&base);
        let sha = sha.ok_or_else(|| Refusal::invalid("PullRequest", "base", "invalid"))?;
        if let Some(pull) = &mut world.repo_mut(id).issue_mut(number).pull {
            (pull.base_ref, pull.base_sha) = (base, sha);
        }
    }
    let edit = IssueEdit { title: wanted.title, body: wanted.body };
    world.edit_issue(id, number, request.actor, edit);
    match wanted.state.as_deref() {
        Some("closed") => world.close_issue(id, number, request.actor, ""),
        Some("open") => reopen(world, request, number)?,
        Some(_) => return Err(Refusal::invalid("PullRequest", "state", "invalid")),
        None => {}
    }
    answer(world, request, number)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    reviewers: Vec<String>,
}

/// Asks people for a review. They must reach the repository, and nobody reviews their own work.
pub(super) fn ask_reviewers(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (id, number) = (request.repo()?, pull_number(world, request)?);
    let wanted: Asked = request.json()?;
    let repository = world.repo(id);
    let author = repository.issues[&number].author;
    let mut asked = Vec::new();
    for login in &wanted.reviewers {
        let account = world.account(login).map(|it| it.id);
        let known = account.filter(|it| repository.roles.contains_key(it));
        let known = known.ok_or_else(|| {
            Refusal::new(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or \
                 teams you specified is not a collaborator of the repository.",
            )
        })?;
        if known == author {
            let why = "Review cannot be requested from pull request author.";
            return Err(Refusal::new(422, why));
        }
        asked.push(known);
    }
    for reviewer in asked {
        world.ask_reviewer(id, number, request.actor, reviewer);
    }
    let repository = world.repo(id);
    let issue = &repository.issues[&number];
    let pull = issue.pull.as_ref().ok_or_else(Refusal::not_found)?;
    Ok(Answer::created(world.pull_json(repository, issue, pull)))
}

fn reopen(world: &mut World, request: &Request, number: IssueNumber) -> Result<(), Refusal> {
    let repository = world.repo(request.repo()?);
    let pull = repository.issues[&number].pull.as_ref();
    let gone =
        pull.is_none_or(|it| it.fork.is_none() && repository.git.branch(&it.head_ref).is_none());
    let message = match pull.is_some_and(|it| it.merged.is_some()) {
        true => Some("state cannot be changed. The pull request cannot be reopened."),
        false if gone => Some("state cannot be changed. The branch was deleted."),
        false => None,
    };
    match message {
        Some(message) => Err(Refusal::custom("PullRequest", "state", message)),
        None => {
            world.reopen_issue(request.repo()?, number, request.actor);
            Ok(())
        }
    }
}

fn check_new(
    repository: &Repository,
    (head, head_sha): (&str, &Sha),
    (base, base_sha): (&str, &Sha),
) -> Result<(), Refusal> {
    let same = |issue: &Issue, pull: &Pull| {
        let is_here = pull.fork.is_none() && pull.head_ref == head;
        issue.is_open() && is_here && pull.base_ref == base
    };
    if pulls(repository).any(|(issue, pull)| same(issue, pull)) {
        let message = format!("A pull request already exists for {}:{head}.", repository.owner);
        return Err(Refusal::custom("PullRequest", "head", &message));
    }
    if repository.git.is_ancestor(head_sha, base_sha)? {
        let message = format!("No commits between {base} and {head}");
        return Err(Refusal::custom("PullRequest", "head", &message));
    }
    Ok(())
}

fn pulls(repository: &Repository) -> impl Iterator<Item = (&Issue, &Pull)> {
    repository.issues.values().filter_map(|it| it.pull.as_ref().map(|pull| (it, pull)))
}

/// The pull request that the path names.
pub(super) fn pull_number(world: &World, request: &Request) -> Result<IssueNumber, Refusal> {
    let number = IssueNumber(request.number("pull_number")?);
    let issue = world.repo(request.repo()?).issues.get(&number);
    issue.filter(|it| it.pull.is_some()).map(|_| number).ok_or_else(Refusal::not_found)
}

fn answer(world: &World, request: &Request, number: IssueNumber) -> Result<Answer, Refusal> {
    full_json(world, request, number).map(Answer::ok)
}

fn full_json(world: &World, request: &Request, number: IssueNumber) -> Result<Value, Refusal> {
    let repository = world.repo(request.repo()?);
    let issue = repository.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let pull = issue.pull.as_ref().ok_or_else(Refusal::not_found)?;
    Ok(world.full_pull_json(repository, issue, pull))
}
