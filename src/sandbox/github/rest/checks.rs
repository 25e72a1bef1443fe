//! Check runs and suites, with the limits that GitHub documents for them.

use serde_json::{Value, json};

use super::super::acts::{CheckEdit, NewCheck};
use super::super::world::{CheckRun, CheckStatus, World};
use super::answer::{Answer, Body, Refusal};
use super::check_body::{self, Wanted};
use super::contents::resolve_commit;
use super::request::Request;

/// The runs of a commit. `filter=latest`, the default, keeps the newest of each suite and name.
pub(super) fn of_commit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let sha = resolve_commit(repository, request.param("ref"))?;
    let runs = match request.query("filter").unwrap_or("latest") {
        "all" => repository.checks.runs.values().filter(|it| it.head_sha == sha).collect(),
        _ => repository.checks.latest_at(&sha),
    };
    listed(world, request, runs)
}

/// The runs of a suite.
pub(super) fn of_suite(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let suite = request.number("check_suite_id")?;
    let checks = &world.repo(request.repo()?).checks;
    if !checks.suites.contains_key(&suite) {
        return Err(Refusal::not_found());
    }
    let runs = match request.query("filter").unwrap_or("latest") {
        "all" => checks.runs.values().filter(|it| it.suite == suite).collect(),
        _ => checks.latest(suite),
    };
    listed(world, request, runs)
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let run = repository.checks.runs.get(&request.number("check_run_id")?);
    let run = run.ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(world.check_run_json(repository, run)))
}

pub(super) fn annotations(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let checks = &world.repo(request.repo()?).checks;
    let run = checks.runs.get(&request.number("check_run_id")?);
    Ok(request.page(run.ok_or_else(Refusal::not_found)?.output.annotations.clone()))
}

/// The suites of a commit, those without a run included.
pub(super) fn suites(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let sha = resolve_commit(repository, request.param("ref"))?;
    let app: Option<i64> = request.query("app_id").and_then(|it| it.parse().ok());
    let found = repository.checks.suites.values().filter(|it| it.head_sha == sha);
    let found = found.filter(|it| app.is_none_or(|app| app == it.app));
    let listed = found.map(|it| world.full_check_suite_json(repository, it)).collect();
    Ok(counted(request, "check_suites", listed))
}

pub(super) fn suite(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let suite = repository.checks.suites.get(&request.number("check_suite_id")?);
    let suite = suite.ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(world.full_check_suite_json(repository, suite)))
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = request.repo()?;
    let wanted: Wanted = request.json()?;
    let now = world.now();
    let status = check_body::status(&wanted, now)?.unwrap_or(CheckStatus::Queued);
    let output = check_body::output(&wanted)?.unwrap_or_default();
    let actions = check_body::actions(&wanted)?.unwrap_or_default();
    let started_at = check_body::started_at(&wanted)?.unwrap_or(now);
    let name = wanted.name.ok_or_else(|| missing("name"))?;
    let head_sha = wanted.head_sha.ok_or_else(|| missing("head_sha"))?;
    let head_sha = resolve_commit(world.repo(id), &head_sha)?;
    let new = NewCheck {
        app: world.app.id,
        suite: None,
        name,
        head_sha,
        external_id: wanted.external_id,
        details_url: wanted.details_url,
        status,
        started_at,
        output,
        actions,
        job: None,
    };
    let made = world.create_check(id, request.actor, new);
    let repository = world.repo(id);
    Ok(Answer::created(world.check_run_json(repository, &repository.checks.runs[&made])))
}

/// Only the App that made a check may change it.
pub(super) fn update(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let (repository, id) = (request.repo()?, request.number("check_run_id")?);
    let run = world.repo(repository).checks.runs.get(&id).ok_or_else(Refusal::not_found)?;
    if run.app != world.app.id {
        return Err(Refusal::new(
            403,
            format!(
                "Invalid app_id `{}` - check run can only be modified by the GitHub App that \
                 created it.",
                world.app.id
            ),
        ));
    }
    let wanted: Wanted = request.json()?;
    let edit = CheckEdit {
        status: check_body::status(&wanted, world.now())?,
        output: check_body::output(&wanted)?,
        actions: check_body::actions(&wanted)?,
        started_at: check_body::started_at(&wanted)?,
        name: wanted.name,
        external_id: wanted.external_id,
        details_url: wanted.details_url,
    };
    world.update_check(repository, id, request.actor, edit);
    show(world, request)
}

fn listed(world: &World, request: &Request, runs: Vec<&CheckRun>) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let app: Option<i64> = request.query("app_id").and_then(|it| it.parse().ok());
    let wanted = |it: &&CheckRun| {
        request.query("check_name").is_none_or(|name| name == it.name)
            && request.query("status").is_none_or(|status| status == it.status.name())
            && app.is_none_or(|app| app == it.app)
    };
    // The newest stand first.
    let found = runs.into_iter().rev().filter(wanted);
    let listed = found.map(|it| world.check_run_json(repository, it)).collect();
    Ok(counted(request, "check_runs", listed))
}

/// One page of a list inside an object that counts all of it.
pub(super) fn counted(request: &Request, name: &str, items: Vec<Value>) -> Answer {
    let total = items.len();
    let mut answer = request.page(items);
    if let Body::Json(page) = answer.body {
        answer.body = Body::Json(json!({ "total_count": total, name: page }));
    }
    answer
}

pub(super) fn missing(field: &str) -> Refusal {
    Refusal::new(422, format!("Invalid request.\n\n\"{field}\" wasn't supplied."))
}
