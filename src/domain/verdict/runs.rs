//! Workflow runs that say more than their jobs do: one that waits, one that GitHub never began, one
//! that a person has to allow. Such a run has no check run, and without it a commit would seem to
//! have no CI at all.

use std::collections::BTreeMap;

use super::judge::{Latest, Outcome};
use super::{CheckRun, Conclusion, Evidence, Required};
use crate::base::Timestamp;

/// A workflow run of a commit, in its last try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowRun {
    /// Its id; a later run has a higher one. Its page and those of its jobs hold it.
    pub id: i64,
    /// The workflow's name. Foreign text.
    pub name: String,
    /// What started it, as in `push`: a workflow may run twice on one commit.
    pub event: String,
    /// How it stands.
    pub conclusion: Conclusion,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// Where people read it.
    pub url: String,
}

/// The latest runs that say something which none of these checks says. What has jobs is judged by
/// them.
pub fn without_jobs<'a>(runs: &'a [WorkflowRun], checks: &[CheckRun]) -> Vec<&'a WorkflowRun> {
    let mut latest: BTreeMap<(&str, &str), &WorkflowRun> = BTreeMap::new();
    for run in runs {
        let of_its_kind = latest.entry((&run.name, &run.event)).or_insert(run);
        if of_its_kind.id < run.id {
            *of_its_kind = run;
        }
    }
    // One of two runs that share a place in line is cancelled, and the other tells how it went.
    let passed =
        |name: &str| runs.iter().any(|it| it.name == name && it.conclusion == Conclusion::Success);
    let says_more = |run: &&WorkflowRun| match Outcome::of(run.conclusion) {
        Outcome::Open | Outcome::NeedsPerson => true,
        Outcome::Red => !checks.iter().any(|it| is_job_of(it, run)),
        Outcome::Unknown => !passed(&run.name) && !checks.iter().any(|it| is_job_of(it, run)),
        Outcome::Passed | Outcome::Nothing => false,
    };
    latest.into_values().filter(says_more).collect()
}

/// GitHub shows a job under its run: `…/actions/runs/<run>/job/<job>`.
fn is_job_of(check: &CheckRun, run: &WorkflowRun) -> bool {
    check.url.contains(&format!("/actions/runs/{}/", run.id))
}

/// The runs that count beside the checks. They do where GitHub Actions ran at the base commit too,
/// and unless they are red there. Where the base branch names required checks, those decide, unless
/// some are `missing` while no run is left that could bring them: then the runs say why.
pub(super) fn counted<'a>(
    evidence: &Evidence<'a>,
    required: &[&Required],
    missing: &[&str],
) -> Vec<Latest<'a>> {
    if evidence.base_runs.is_empty() {
        return Vec::new();
    }
    let runs = without_jobs(evidence.runs, evidence.checks);
    // A check that no job brought at the base comes from elsewhere, and may still come.
    let is_job = |name: &&&str| {
        let mut base = evidence.base_checks.iter();
        base.any(|it| it.name == **name && it.url.contains("/actions/runs/"))
    };
    let may_report = runs.iter().any(|it| it.conclusion == Conclusion::Open)
        || missing.iter().filter(is_job).count() < missing.len();
    if !required.is_empty() && (missing.is_empty() || may_report) {
        return Vec::new();
    }
    let base = without_jobs(evidence.base_runs, evidence.base_checks);
    let red_at_base = |run: &WorkflowRun| {
        base.iter().any(|it| it.name == run.name && Outcome::of(it.conclusion) == Outcome::Red)
    };
    runs.into_iter().filter(|it| !red_at_base(it)).map(of_run).collect()
}

fn of_run(run: &WorkflowRun) -> Latest<'_> {
    let outcome = Outcome::of(run.conclusion);
    Latest {
        id: run.id,
        source: None,
        name: &run.name,
        outcome,
        started: None,
        ended: run.updated_at.filter(|_| outcome != Outcome::Open),
        url: &run.url,
        check_run: None,
        failed_before: false,
        is_rerun: false,
    }
}
