//! `check_run`, `check_suite`, `status` and `workflow_run`: what programs report on a commit.

use super::events::unused;
use super::parse::{Unparsed, read};
use super::payload::{CheckRuns, CheckSuites, Statuses, WorkflowRuns};
use crate::base::{AppId, RepositoryId, Sha, WorkflowRunId};
use crate::domain::incoming::{CheckAct, CiNews, What};
use crate::github::wire::{WireCheckRun, conclusion_of, status_state};

pub(super) fn check_run(action: &str, body: &[u8]) -> Result<What, Unparsed> {
    if !["created", "completed", "rerequested", "requested_action"].contains(&action) {
        return Ok(What::Ignored(unused("check_run", action)));
    }
    let body: CheckRuns = read(body)?;
    let wire = body.check_run.0.unwrap_or_default();
    if wire.id.0.is_none() {
        return Err(Unparsed::new("check_run.id", "the id is missing"));
    }
    let check = WireCheckRun::snapshot(wire);
    let check =
        check.ok_or_else(|| Unparsed::new("check_run.head_sha", "the commit is missing"))?;
    let button = body.requested_action.0.and_then(|it| it.identifier.0);
    let act = match (action, button) {
        ("created", _) => CheckAct::Created,
        ("completed", _) => CheckAct::Completed,
        ("rerequested", _) => CheckAct::Rerequested,
        (_, Some(button)) => CheckAct::Pressed { button },
        (_, None) => return Ok(What::Ignored("check_run: the button is not named")),
    };
    Ok(What::Ci(CiNews::Check { check, act }))
}

pub(super) fn check_suite(action: &str, body: &[u8]) -> Result<What, Unparsed> {
    if action != "completed" {
        return Ok(What::Ignored(unused("check_suite", action)));
    }
    let body: CheckSuites = read(body)?;
    let suite = body.check_suite.0.unwrap_or_default();
    let sha = suite.head_sha.0.map(Sha);
    Ok(What::Ci(CiNews::SuiteCompleted {
        sha: sha.ok_or_else(|| Unparsed::new("check_suite.head_sha", "the commit is missing"))?,
        branch: suite.head_branch.0,
        app: suite.app.0.and_then(|it| it.id.0).map(AppId),
        conclusion: conclusion_of(&suite.conclusion),
    }))
}

/// The one event among these that has no action: each status is new.
pub(super) fn status(body: &[u8]) -> Result<What, Unparsed> {
    let body: Statuses = read(body)?;
    let sha = body.sha.0.map(Sha);
    Ok(What::Ci(CiNews::Status {
        sha: sha.ok_or_else(|| Unparsed::new("sha", "the commit is missing"))?,
        context: body.context.0.unwrap_or_else(|| "default".to_owned()),
        state: status_state(&body.state),
        branches: body.branches.0.into_iter().filter_map(|it| it.name.0).collect(),
    }))
}

pub(super) fn workflow_run(
    action: &str,
    body: &[u8],
    base: Option<RepositoryId>,
) -> Result<What, Unparsed> {
    if action != "completed" {
        return Ok(What::Ignored(unused("workflow_run", action)));
    }
    let body: WorkflowRuns = read(body)?;
    let run = body.workflow_run.0.unwrap_or_default();
    if run.is_fork(base.map(|it| it.0)) {
        return Ok(What::Ignored("workflow_run: it ran for a fork, which moves nothing"));
    }
    let missing = |path: &str, why: &str| Unparsed::new(&format!("workflow_run.{path}"), why);
    let sha = run.head_sha.0.map(Sha);
    Ok(What::Ci(CiNews::WorkflowCompleted {
        id: WorkflowRunId(run.id.0.ok_or_else(|| missing("id", "the id is missing"))?),
        sha: sha.ok_or_else(|| missing("head_sha", "the commit is missing"))?,
        branch: run.head_branch.0,
        name: run.name.or_empty(),
        conclusion: conclusion_of(&run.conclusion),
        attempt: run.run_attempt.0.and_then(|it| u32::try_from(it).ok()).unwrap_or(1),
    }))
}
