//! Check suites, check runs, commit statuses.

use serde_json::{Value, json};

use super::super::world::{CheckRun, CheckSuite, CommitStatus, Repository, World};
use super::{commit_json, extend, node_id, simple_commit_json};
use crate::base::Sha;

impl World {
    /// A check run as REST answers it: of its suite only the id.
    pub(crate) fn check_run_json(&self, repository: &Repository, run: &CheckRun) -> Value {
        let url = format!("{}/check-runs/{}", self.repository_url(repository), run.id);
        let page = format!("{}/{}/runs/{}", self.web_url, repository.full_name(), run.id);
        let app = self.app_json_of(run.app);
        let details = run.details_url.clone().unwrap_or_else(|| {
            match repository.workflows.jobs.get(&run.id) {
                Some(job) => format!("{}/job/{}", self.run_page(repository, job.run), run.id),
                None => app["external_url"].as_str().unwrap_or_default().to_owned(),
            }
        });
        json!({
            "id": run.id,
            "node_id": node_id("CR", run.id),
            "name": run.name,
            "head_sha": run.head_sha,
            "external_id": run.external_id.clone().unwrap_or_default(),
            "url": url,
            "html_url": page,
            "details_url": details,
            "status": run.status.name(),
            "conclusion": run.status.conclusion().map(|it| it.name()),
            "started_at": run.started_at.iso(),
            "completed_at": run.status.completed_at().map(|it| it.iso()),
            "output": {
                "title": run.output.title,
                "summary": run.output.summary,
                "text": run.output.text,
                "annotations_count": run.output.annotations.len(),
                "annotations_url": format!("{url}/annotations"),
            },
            "check_suite": { "id": run.suite },
            "app": app,
            "pull_requests": self.pull_lines_json(repository, &run.head_sha),
        })
    }

    /// A check run as webhooks carry it: with its suite, and with its buttons.
    pub(crate) fn told_check_run_json(&self, repository: &Repository, run: &CheckRun) -> Value {
        let mut json = self.check_run_json(repository, run);
        let suite = repository.checks.suites.get(&run.suite);
        let suite = suite.map(|it| self.check_suite_json(repository, it));
        let buttons: Vec<Value> = run
            .actions
            .iter()
            .map(|it| {
                json!({
                    "label": it.label,
                    "description": it.description,
                    "identifier": it.identifier,
                })
            })
            .collect();
        extend(&mut json, json!({ "check_suite": suite }));
        if !buttons.is_empty() {
            extend(&mut json, json!({ "actions": buttons }));
        }
        json
    }

    /// A suite as it stands inside a check run.
    pub(crate) fn check_suite_json(&self, repository: &Repository, suite: &CheckSuite) -> Value {
        let (status, conclusion) = repository.checks.status(suite.id);
        json!({
            "id": suite.id,
            "node_id": node_id("CS", suite.id),
            "head_branch": suite.branch,
            "head_sha": suite.head_sha,
            "status": status,
            "conclusion": conclusion.map(|it| it.name()),
            "url": self.suite_url(repository, suite),
            "before": suite.before,
            "after": suite.head_sha,
            "pull_requests": self.pull_lines_json(repository, &suite.head_sha),
            "app": self.app_json_of(suite.app),
            "created_at": suite.created_at.iso(),
            "updated_at": suite.updated_at.iso(),
        })
    }

    /// A suite alone, and as its own webhooks carry it.
    pub(crate) fn full_check_suite_json(
        &self,
        repository: &Repository,
        suite: &CheckSuite,
    ) -> Value {
        let mut json = self.check_suite_json(repository, suite);
        let commit = repository.git.commit(&suite.head_sha).ok();
        let url = self.suite_url(repository, suite);
        extend(
            &mut json,
            json!({
                "rerequestable": true,
                "runs_rerequestable": true,
                "latest_check_runs_count": repository.checks.latest(suite.id).len(),
                "check_runs_url": format!("{url}/check-runs"),
                "head_commit": commit.map(|it| simple_commit_json(&suite.head_sha, &it)),
                "repository": self.repository_json(repository),
            }),
        );
        json
    }

    /// The open pull requests whose head is this commit, in a line each.
    pub(crate) fn pull_lines_json(&self, repository: &Repository, sha: &Sha) -> Vec<Value> {
        let url = self.repository_url(repository);
        let repo = json!({ "id": repository.id, "url": url, "name": repository.name });
        let open = repository.issues.values().filter(|it| it.is_open());
        let pulls = open.filter_map(|it| it.pull.as_ref().map(|pull| (it.number, pull)));
        pulls
            // GitHub lists none from forks.
            .filter(|(_, pull)| pull.fork.is_none() && pull.head_sha == *sha)
            .map(|(number, pull)| {
                json!({
                    "url": format!("{url}/pulls/{number}"),
                    "id": pull.id,
                    "number": number,
                    "head": { "ref": pull.head_ref, "sha": pull.head_sha, "repo": repo },
                    "base": { "ref": pull.base_ref, "sha": pull.base_sha, "repo": repo },
                })
            })
            .collect()
    }

    /// A status as REST answers it.
    pub(crate) fn status_json(&self, repository: &Repository, status: &CommitStatus) -> Value {
        let url = self.repository_url(repository);
        let creator = self.user_json(status.creator);
        json!({
            "url": format!("{url}/statuses/{}", status.sha),
            "avatar_url": creator["avatar_url"],
            "id": status.id,
            "node_id": node_id("SC", status.id),
            "state": status.state.name(),
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": status.at.iso(),
            "updated_at": status.at.iso(),
            "creator": creator,
        })
    }

    /// The body of the event `status`: the status's fields stand at the top, beside the commit and
    /// the branches that hold it as their head.
    pub(crate) fn told_status_json(&self, repository: &Repository, status: &CommitStatus) -> Value {
        let url = self.repository_url(repository);
        let commit = repository.git.commit(&status.sha).ok();
        let heads = repository.git.branches().unwrap_or_default();
        let branch = |(name, sha): &(String, Sha)| {
            let commit = json!({ "sha": sha, "url": format!("{url}/commits/{sha}") });
            json!({ "name": name, "commit": commit, "protected": false })
        };
        let branches: Vec<Value> =
            heads.iter().filter(|it| it.1 == status.sha).map(branch).collect();
        json!({
            "id": status.id,
            "sha": status.sha,
            "name": repository.full_name(),
            "avatar_url": self.user_json(status.creator)["avatar_url"],
            "target_url": status.target_url,
            "context": status.context,
            "description": status.description,
            "state": status.state.name(),
            "commit": commit.map(|it| commit_json(self, repository, &status.sha, &it)),
            "branches": branches,
            "created_at": status.at.iso(),
            "updated_at": status.at.iso(),
        })
    }

    fn suite_url(&self, repository: &Repository, suite: &CheckSuite) -> String {
        format!("{}/check-suites/{}", self.repository_url(repository), suite.id)
    }
}
