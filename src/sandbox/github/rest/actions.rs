//! Workflow runs, their jobs, and what the jobs printed.

use sha2::{Digest, Sha256};

use super::super::world::{CheckStatus, Job, WorkflowRun, World};
use super::answer::{Answer, Body, Refusal};
use super::checks::counted;
use super::request::Request;
use crate::base::{Millis, Timestamp};

/// The address of a log lives one minute (`docs.github.com/rest/actions/workflow-jobs`, "Download
/// job logs").
const LOG_ADDRESS_LIFE: Millis = Millis::minutes(1);

/// Runs, newest first.
pub(super) fn runs(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let actor = |it: &WorkflowRun| world.accounts.get(&it.actor).map(|it| it.login.as_str());
    let wanted = |it: &&WorkflowRun| {
        let (status, conclusion) = repository.checks.status(it.suite);
        let conclusion = conclusion.map(|it| it.name());
        let suite = request.query("check_suite_id").and_then(|it| it.parse().ok());
        request.query("head_sha").is_none_or(|sha| sha == it.head_sha.as_str())
            && request.query("branch").is_none_or(|branch| branch == it.branch)
            && request.query("event").is_none_or(|event| event == "push")
            && request.query("actor").is_none_or(|login| actor(it) == Some(login))
            && request.query("status").is_none_or(|it| it == status || Some(it) == conclusion)
            && suite.is_none_or(|suite: i64| suite == it.suite)
    };
    let found = repository.workflows.runs.values().rev().filter(wanted);
    let listed = found.map(|it| world.workflow_run_json(repository, it)).collect();
    Ok(counted(request, "workflow_runs", listed))
}

pub(super) fn run(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let run = named_run(world, request)?;
    let repository = world.repo(request.repo()?);
    Ok(Answer::ok(world.workflow_run_json(repository, run)))
}

/// The jobs of a run: of the newest try of each, unless `filter=all`.
pub(super) fn jobs(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let run = named_run(world, request)?;
    let repository = world.repo(request.repo()?);
    let latest = repository.checks.latest(run.suite);
    let all = request.query("filter") == Some("all");
    let wanted = |(id, job): &(&i64, &Job)| {
        job.run == run.id && (all || latest.iter().any(|it| it.id == **id))
    };
    let found = repository.workflows.jobs.iter().filter(wanted);
    let listed =
        found.map(|(id, job)| world.job_json(repository, job, &repository.checks.runs[id]));
    Ok(counted(request, "jobs", listed.collect()))
}

pub(super) fn job(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = named_job(world, request)?;
    let repository = world.repo(request.repo()?);
    let job = &repository.workflows.jobs[&id];
    Ok(Answer::ok(world.job_json(repository, job, &repository.checks.runs[&id])))
}

/// Sends the caller to the host that keeps logs. On GitHub that is another host, so a client must
/// follow and must not take its token along.
pub(super) fn logs(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = named_job(world, request)?;
    let repository = world.repo(request.repo()?);
    if repository.checks.runs[&id].status.conclusion().is_none() {
        return Err(Refusal::not_found());
    }
    let until = (world.now() + LOG_ADDRESS_LIFE).0;
    let seal = seal(world, id, until);
    let url =
        format!("{}/job-logs/{}/{id}?se={until}&sig={seal}", world.api_url, repository.full_name());
    Ok(Answer::new(302, Body::Empty).with("location", url))
}

/// The log itself: no credentials but those in its address.
pub(super) fn log(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = named_job(world, request)?;
    let until: i64 = request.query("se").and_then(|it| it.parse().ok()).unwrap_or(0);
    let sealed = request.query("sig") == Some(seal(world, id, until).as_str());
    if !sealed || Timestamp(until) < world.now() {
        return Err(Refusal::new(403, "AuthenticationFailed"));
    }
    let repository = world.repo(request.repo()?);
    let run = &repository.checks.runs[&id];
    let printed = printed(&repository.workflows.jobs[&id].log, run.status);
    Ok(Answer::new(200, Body::Text(printed, "text/plain; charset=utf-8")))
}

/// Runs a job again; an App needs `actions: write` for it.
pub(super) fn rerun(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = named_job(world, request)?;
    let run = &world.repo(request.repo()?).checks.runs[&id];
    if run.status.conclusion().is_none() {
        return Err(Refusal::new(403, "This job is still running and cannot be rerun."));
    }
    world.rerun_job(request.repo()?, id, false);
    Ok(Answer::new(201, Body::Json(serde_json::json!({}))))
}

/// Every line of a log begins with its time; the file begins with a byte order mark, and a job
/// that failed ends with the runner's own words.
fn printed(log: &str, status: CheckStatus) -> String {
    let at = status.completed_at().unwrap_or(Timestamp(0)).iso();
    let stamp = format!("{}.0000000Z", at.trim_end_matches('Z'));
    let failed = status.conclusion().is_some_and(|it| it.name() == "failure");
    let end = failed.then_some("##[error]Process completed with exit code 1.");
    let lines = log.lines().chain(end).map(|it| format!("{stamp} {it}\n"));
    format!("\u{feff}{}", lines.collect::<String>())
}

fn seal(world: &World, job: i64, until: i64) -> String {
    hex::encode(Sha256::digest(format!("{} {job} {until}", world.hook.secret)))
}

fn named_run<'a>(world: &'a World, request: &Request) -> Result<&'a WorkflowRun, Refusal> {
    let runs = &world.repo(request.repo()?).workflows.runs;
    runs.get(&request.number("run_id")?).ok_or_else(Refusal::not_found)
}

fn named_job(world: &World, request: &Request) -> Result<i64, Refusal> {
    let id = request.number("job_id")?;
    let known = world.repo(request.repo()?).workflows.jobs.contains_key(&id);
    if known { Ok(id) } else { Err(Refusal::not_found()) }
}
