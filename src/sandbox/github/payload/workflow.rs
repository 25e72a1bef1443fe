//! Workflow runs and their jobs.

use serde_json::{Value, json};

use super::super::world::{CheckRun, Job, Repository, WorkflowRun, World};
use super::{extend, node_id, simple_commit_json};

/// The file and the name of the one workflow that a sandbox repository has.
const WORKFLOW_PATH: &str = ".github/workflows/ci.yml";
const WORKFLOW_NAME: &str = "CI";

impl World {
    /// A run.
    pub(crate) fn workflow_run_json(&self, repository: &Repository, run: &WorkflowRun) -> Value {
        let repo_url = self.repository_url(repository);
        let url = format!("{repo_url}/actions/runs/{}", run.id);
        let (status, conclusion) = repository.checks.status(run.suite);
        let updated = repository.checks.suites.get(&run.suite).map(|it| it.updated_at);
        let commit = repository.git.commit(&run.head_sha).ok();
        let title = commit.as_ref().and_then(|it| it.message.lines().next().map(str::to_owned));
        let workflow = repository.workflows.id;
        let previous = (1 < run.attempt).then(|| format!("{url}/attempts/{}", run.attempt - 1));
        let mut json = json!({
            "id": run.id,
            "name": WORKFLOW_NAME,
            "node_id": node_id("WFR", run.id),
            "check_suite_id": run.suite,
            "check_suite_node_id": node_id("CS", run.suite),
            "head_branch": run.branch,
            "head_sha": run.head_sha,
            "path": WORKFLOW_PATH,
            "run_number": run.number,
            "run_attempt": run.attempt,
            "event": "push",
            "display_title": title,
            "status": status,
            "conclusion": conclusion.map(|it| it.name()),
            "workflow_id": workflow,
            "url": url,
            "html_url": self.run_page(repository, run.id),
            "pull_requests": self.pull_lines_json(repository, &run.head_sha),
            "created_at": run.created_at.iso(),
            "updated_at": updated.unwrap_or(run.created_at).iso(),
            "run_started_at": run.started_at.iso(),
            "actor": self.user_json(run.actor),
            "triggering_actor": self.user_json(run.actor),
            "referenced_workflows": [],
        });
        extend(
            &mut json,
            json!({
                "jobs_url": format!("{url}/jobs"),
                "logs_url": format!("{url}/logs"),
                "check_suite_url": format!("{repo_url}/check-suites/{}", run.suite),
                "artifacts_url": format!("{url}/artifacts"),
                "cancel_url": format!("{url}/cancel"),
                "rerun_url": format!("{url}/rerun"),
                "previous_attempt_url": previous,
                "workflow_url": format!("{repo_url}/actions/workflows/{workflow}"),
                "head_commit": commit.map(|it| simple_commit_json(&run.head_sha, &it)),
                "repository": self.repository_json(repository),
                "head_repository": self.repository_json(repository),
            }),
        );
        json
    }

    /// The workflow.
    pub(crate) fn workflow_json(&self, repository: &Repository) -> Value {
        let id = repository.workflows.id;
        let page = format!("{}/{}", self.web_url, repository.full_name());
        let branch = &repository.default_branch;
        json!({
            "id": id,
            "node_id": node_id("W", id),
            "name": WORKFLOW_NAME,
            "path": WORKFLOW_PATH,
            "state": "active",
            "created_at": repository.created_at.iso(),
            "updated_at": repository.created_at.iso(),
            "url": format!("{}/actions/workflows/{id}", self.repository_url(repository)),
            "html_url": format!("{page}/blob/{branch}/{WORKFLOW_PATH}"),
            "badge_url": format!("{page}/workflows/{WORKFLOW_NAME}/badge.svg"),
        })
    }

    /// A job: the same id as its check run.
    pub(crate) fn job_json(&self, repository: &Repository, job: &Job, check: &CheckRun) -> Value {
        let repo_url = self.repository_url(repository);
        let run = &repository.workflows.runs[&job.run];
        let conclusion = check.status.conclusion().map(|it| it.name());
        let step = |number: usize, name: &str, conclusion: Option<&str>| {
            json!({
                "name": name,
                "status": check.status.name(),
                "conclusion": conclusion,
                "number": number,
                "started_at": check.started_at.iso(),
                "completed_at": check.status.completed_at().map(|it| it.iso()),
            })
        };
        let around = conclusion.map(|_| "success");
        let steps = [
            step(1, "Set up job", around),
            step(2, &format!("Run {}", check.name), conclusion),
            step(3, "Complete job", around),
        ];
        let runs = !matches!(check.status, super::super::world::CheckStatus::Queued);
        json!({
            "id": check.id,
            "run_id": job.run,
            "workflow_name": WORKFLOW_NAME,
            "head_branch": run.branch,
            "run_url": format!("{repo_url}/actions/runs/{}", job.run),
            "run_attempt": job.attempt,
            "node_id": node_id("CR", check.id),
            "head_sha": check.head_sha,
            "url": format!("{repo_url}/actions/jobs/{}", check.id),
            "html_url": format!("{}/job/{}", self.run_page(repository, job.run), check.id),
            "status": check.status.name(),
            "conclusion": conclusion,
            "created_at": run.created_at.iso(),
            "started_at": check.started_at.iso(),
            "completed_at": check.status.completed_at().map(|it| it.iso()),
            "name": check.name,
            "steps": if runs { steps.to_vec() } else { Vec::new() },
            "check_run_url": format!("{repo_url}/check-runs/{}", check.id),
            "labels": ["ubuntu-latest"],
            "runner_id": runs.then_some(1),
            "runner_name": runs.then_some("GitHub Actions 1"),
            "runner_group_id": runs.then_some(0),
            "runner_group_name": runs.then_some("GitHub Actions"),
        })
    }

    /// The page of a run.
    pub(super) fn run_page(&self, repository: &Repository, run: i64) -> String {
        format!("{}/{}/actions/runs/{run}", self.web_url, repository.full_name())
    }
}
