//! The repository's CI: one workflow that runs on every push, and its jobs.

use serde_json::json;

use super::super::world::{
    ACTIONS_SLUG, Actor, CheckOutput, CheckStatus, CiBehaviour, Conclusion, Job, WorkflowRun, World,
};
use super::{CheckEdit, NewCheck};
use crate::base::{RepositoryId, Sha};

/// A commit whose message holds one of these starts no workflow (docs.github.com/actions,
/// "Skipping workflow runs").
const SKIPS: [&str; 5] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

impl World {
    /// What the knob says for a pushed branch.
    pub(super) fn push_starts_ci(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
        sha: &Sha,
    ) {
        let repo = self.repo_mut(repository);
        let behaviour = repo.ci.on_push(branch);
        let message = repo.git.commit(sha).map(|it| it.message).unwrap_or_default();
        if behaviour == CiBehaviour::Silent || SKIPS.iter().any(|it| message.contains(it)) {
            return;
        }
        let jobs = repo.ci.jobs.clone();
        let run = self.start_run(repository, actor, branch, sha);
        if let CiBehaviour::NoJobs { ended } = behaviour {
            self.end_without_jobs(repository, run, ended);
            return;
        }
        let ids: Vec<i64> = jobs.iter().map(|it| self.add_job(repository, run, it)).collect();
        let log = match behaviour {
            CiBehaviour::Silent | CiBehaviour::Manual | CiBehaviour::NoJobs { .. } => return,
            CiBehaviour::Green => None,
            CiBehaviour::Red { log } | CiBehaviour::RedFor { log, .. } => Some(log),
        };
        for (at, id) in ids.into_iter().enumerate() {
            match log.as_ref().filter(|_| at == 0) {
                Some(log) => self.conclude_job(repository, id, Conclusion::Failure, log),
                None => self.conclude_job(repository, id, Conclusion::Success, ""),
            }
        }
    }

    /// GitHub does not begin the run, and says so where it has `ended`.
    fn end_without_jobs(&mut self, repository: RepositoryId, run: i64, ended: Option<Conclusion>) {
        let suite = self.repo(repository).workflows.runs[&run].suite;
        if let Some(suite) = self.repo_mut(repository).checks.suites.get_mut(&suite) {
            suite.ended = ended;
        }
        if ended.is_some() {
            self.emit_run(repository, run, "completed");
        }
    }

    /// Starts a job of this name at a commit: one that is queued goes on, one that ended runs
    /// again, and one that was never there is made.
    pub(crate) fn start_job(&mut self, repository: RepositoryId, sha: &Sha, name: &str) -> i64 {
        let run = self.run_at(repository, sha);
        let known = self.job_at(repository, sha, name);
        if let Some((id, status)) = known {
            match status {
                CheckStatus::InProgress => return id,
                CheckStatus::Queued => {
                    self.begin_job(repository, id);
                    return id;
                }
                CheckStatus::Completed(..) => return self.rerun_job(repository, id, true),
            }
        }
        let run = run.unwrap_or_else(|| {
            let branch = self.branch_at(repository, sha);
            let branch = branch.unwrap_or_else(|| self.repo(repository).default_branch.clone());
            let actor = Actor::person(self.app.owner);
            self.start_run(repository, actor, &branch, sha)
        });
        let id = self.add_job(repository, run, name);
        self.begin_job(repository, id);
        id
    }

    /// Ends a job, beginning it first where it was queued.
    pub(crate) fn conclude_job(
        &mut self,
        repository: RepositoryId,
        id: i64,
        conclusion: Conclusion,
        log: &str,
    ) {
        self.begin_job(repository, id);
        let Some(job) = self.repo_mut(repository).workflows.jobs.get_mut(&id) else { return };
        log.clone_into(&mut job.log);
        let run = job.run;
        let status = Some(CheckStatus::Completed(conclusion, self.now()));
        let actor = self.actor_of(repository, run);
        self.update_check(repository, id, actor, CheckEdit { status, ..CheckEdit::default() });
        let repo = self.repo(repository);
        let suite = repo.workflows.runs[&run].suite;
        if repo.checks.status(suite).1.is_some() {
            self.emit_run(repository, run, "completed");
        }
    }

    /// Runs a job again: a new check run of the same name in the same suite.
    pub(crate) fn rerun_job(&mut self, repository: RepositoryId, id: i64, begin: bool) -> i64 {
        let now = self.now();
        let repo = self.repo_mut(repository);
        let (run, name) = (repo.workflows.jobs[&id].run, repo.checks.runs[&id].name.clone());
        if let Some(run) = repo.workflows.runs.get_mut(&run) {
            run.attempt += 1;
            run.started_at = now;
        }
        self.emit_run(repository, run, "requested");
        let id = self.add_job(repository, run, &name);
        if begin {
            self.begin_job(repository, id);
        }
        id
    }

    /// The newest job of a name at a commit.
    pub(crate) fn job_at(
        &self,
        repository: RepositoryId,
        sha: &Sha,
        name: &str,
    ) -> Option<(i64, CheckStatus)> {
        let repo = self.repo(repository);
        let of_name = |it: &i64| {
            let run = &repo.checks.runs[it];
            run.head_sha == *sha && run.name == name
        };
        let id = repo.workflows.jobs.keys().copied().rev().find(of_name)?;
        Some((id, repo.checks.runs[&id].status))
    }

    fn run_at(&self, repository: RepositoryId, sha: &Sha) -> Option<i64> {
        let mut runs = self.repo(repository).workflows.runs.values();
        runs.rfind(|it| it.head_sha == *sha).map(|it| it.id)
    }

    fn start_run(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
        sha: &Sha,
    ) -> i64 {
        let app = self.ensure_app(ACTIONS_SLUG);
        let suite = self.add_suite(repository, app, Some(branch), (None, sha.clone()));
        let (id, now) = (self.next_id(), self.now());
        if self.repo(repository).workflows.id == 0 {
            self.repo_mut(repository).workflows.id = self.next_id();
        }
        let workflows = &mut self.repo_mut(repository).workflows;
        let number = workflows.runs.len() as i64 + 1;
        let run = WorkflowRun {
            id,
            suite,
            number,
            attempt: 1,
            branch: branch.to_owned(),
            head_sha: sha.clone(),
            actor: actor.user,
            created_at: now,
            started_at: now,
        };
        workflows.runs.insert(id, run);
        self.emit_run(repository, id, "requested");
        id
    }

    fn add_job(&mut self, repository: RepositoryId, run: i64, name: &str) -> i64 {
        let app = self.ensure_app(ACTIONS_SLUG);
        let workflow = self.repo(repository).workflows.runs[&run].clone();
        let actor = self.actor_of(repository, run);
        let new = NewCheck {
            app,
            suite: Some(workflow.suite),
            name: name.to_owned(),
            head_sha: workflow.head_sha,
            external_id: None,
            details_url: None,
            status: CheckStatus::Queued,
            started_at: self.now(),
            output: CheckOutput::default(),
            actions: Vec::new(),
            job: Some(Job { run, attempt: workflow.attempt, log: String::new() }),
        };
        self.create_check(repository, actor, new)
    }

    fn begin_job(&mut self, repository: RepositoryId, id: i64) {
        let repo = self.repo(repository);
        if repo.checks.runs[&id].status != CheckStatus::Queued {
            return;
        }
        let run = repo.workflows.jobs[&id].run;
        let first = repo.checks.status(repo.workflows.runs[&run].suite).0 == "queued";
        let status = Some(CheckStatus::InProgress);
        let started_at = Some(self.now());
        let actor = self.actor_of(repository, run);
        let edit = CheckEdit { status, started_at, ..CheckEdit::default() };
        self.update_check(repository, id, actor, edit);
        if first {
            self.emit_run(repository, run, "in_progress");
        }
    }

    /// Workflows act in the name of whoever pushed.
    fn actor_of(&self, repository: RepositoryId, run: i64) -> Actor {
        let run = &self.repo(repository).workflows.runs[&run];
        Actor { user: run.actor, via_app: false }
    }

    fn emit_run(&mut self, repository: RepositoryId, run: i64, action: &'static str) {
        let actor = self.actor_of(repository, run);
        let repo = self.repo(repository);
        let body = json!({
            "workflow_run": self.workflow_run_json(repo, &repo.workflows.runs[&run]),
            "workflow": self.workflow_json(repo),
        });
        self.emit("workflow_run", Some(action), repository, actor, body);
    }
}
