//! Issues; pull requests are issues too.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::super::acts::{IssueEdit, NewIssue};
use super::super::world::{Issue, World};
use super::answer::{Answer, Refusal};
use super::request::Request;
use crate::base::IssueNumber;

/// GitHub's limit for the text of an issue or comment.
pub(super) const BODY_CHARACTERS_MAX: usize = 65_536;

/// GitHub's limit for titles.
const TITLE_CHARACTERS_MAX: usize = 256;

pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let state = request.query("state").unwrap_or("open");
    let labels: Vec<&str> = request
        .query("labels")
        .unwrap_or_default()
        .split(',')
        .filter(|it| !it.is_empty())
        .collect();
    let creator = request.query("creator");
    let wanted = |issue: &&Issue| {
        let names: Vec<String> =
            repository.labels_of(issue).iter().map(|it| it.name.to_lowercase()).collect();
        let author = world.accounts.get(&issue.author).map(|it| it.login.as_str());
        (state == "all" || issue.is_open() == (state == "open"))
            && labels.iter().all(|it| names.contains(&it.to_lowercase()))
            && creator.is_none_or(|it| author.is_some_and(|login| login.eq_ignore_ascii_case(it)))
            && request.query("since").is_none_or(|it| it <= issue.updated_at.iso().as_str())
    };
    let mut found: Vec<&Issue> = repository.issues.values().filter(wanted).collect();
    found.sort_by_key(|it| match request.query("sort") {
        Some("updated") => (it.updated_at, it.number),
        _ => (it.created_at, it.number),
    });
    if request.query("direction") != Some("asc") {
        found.reverse();
    }
    Ok(request.page(found.into_iter().map(|it| world.issue_json(repository, it)).collect()))
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    answer(world, request, number)
}

#[derive(Deserialize)]
struct Creation {
    title: Option<String>,
    body: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let wanted: Creation = request.json()?;
    let title = wanted.title.ok_or_else(|| Refusal::invalid("Issue", "title", "missing_field"))?;
    check_title("Issue", &title)?;
    check_body("Issue", wanted.body.as_deref().unwrap_or_default())?;
    let new = NewIssue { title, body: wanted.body, labels: wanted.labels };
    let number = world.open_issue(request.repo()?, request.actor, new);
    let repository = world.repo(request.repo()?);
    Ok(Answer::created(world.full_issue_json(repository, &repository.issues[&number])))
}

#[derive(Deserialize)]
struct Edit {
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    body: Option<Option<String>>,
    state: Option<String>,
    state_reason: Option<String>,
    labels: Option<Vec<String>>,
}

pub(super) fn edit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (id, number) = (request.repo()?, issue_number(world, request)?);
    let wanted: Edit = request.json()?;
    if let Some(title) = &wanted.title {
        check_title("Issue", title)?;
    }
    check_body("Issue", wanted.body.as_ref().and_then(Option::as_deref).unwrap_or_default())?;
    let state = wanted.state.as_deref();
    if state.is_some_and(|it| !matches!(it, "open" | "closed")) {
        return Err(Refusal::invalid("Issue", "state", "invalid"));
    }
    let edit = IssueEdit { title: wanted.title, body: wanted.body };
    world.edit_issue(id, number, request.actor, edit);
    if let Some(labels) = wanted.labels {
        world.replace_labels(id, number, request.actor, &labels);
    }
    match state {
        Some("closed") => {
            let reason = wanted.state_reason.as_deref().unwrap_or("completed");
            world.close_issue(id, number, request.actor, reason);
        }
        Some(_) => world.reopen_issue(id, number, request.actor),
        None => {}
    }
    answer(world, request, number)
}

/// The issue that the path names: 301 when it was transferred, 410 when it was deleted, 404 when it
/// never was.
pub(super) fn issue_number(world: &World, request: &Request) -> Result<IssueNumber, Refusal> {
    let number = IssueNumber(request.number("issue_number")?);
    let repository = world.repo(request.repo()?);
    match repository.issues.get(&number) {
        Some(_) => Ok(number),
        None if repository.transferred.contains_key(&number) => {
            let (to, new) = repository.transferred[&number];
            let url = format!("{}/repositories/{to}/issues/{new}", world.api_url);
            Err(Refusal::moved(&request.method, url))
        }
        None if (1..=repository.last_number).contains(&number.0) => {
            Err(Refusal::new(410, "This issue was deleted"))
        }
        None => Err(Refusal::not_found()),
    }
}

pub(super) fn check_title(resource: &str, title: &str) -> Result<(), Refusal> {
    if title.trim().is_empty() {
        return Err(Refusal::invalid(resource, "title", "missing_field"));
    }
    if TITLE_CHARACTERS_MAX < title.chars().count() {
        let message = format!("title is too long (maximum is {TITLE_CHARACTERS_MAX} characters)");
        return Err(Refusal::custom(resource, "title", &message));
    }
    Ok(())
}

pub(super) fn check_body(resource: &str, body: &str) -> Result<(), Refusal> {
    if BODY_CHARACTERS_MAX < body.chars().count() {
        let message = format!("body is too long (maximum is {BODY_CHARACTERS_MAX} characters)");
        return Err(Refusal::custom(resource, "body", &message));
    }
    Ok(())
}

/// Tells a field that is `null` from one that is absent.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn answer(world: &World, request: &Request, number: IssueNumber) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let issue = repository.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let json: Value = world.full_issue_json(repository, issue);
    Ok(Answer::ok(json))
}
