//! Check suites and check runs.

use serde_json::{Value, json};

use super::super::payload::extend;
use super::super::world::{
    Actor, CheckAction, CheckOutput, CheckRun, CheckStatus, CheckSuite, Job, Level, World,
};
use crate::base::{RepositoryId, Sha, Timestamp};

/// A new check run.
#[derive(Clone, Debug)]
pub(crate) struct NewCheck {
    pub(crate) app: i64,
    /// The App's suite for the commit when absent.
    pub(crate) suite: Option<i64>,
    pub(crate) name: String,
    pub(crate) head_sha: Sha,
    pub(crate) external_id: Option<String>,
    pub(crate) details_url: Option<String>,
    pub(crate) status: CheckStatus,
    pub(crate) started_at: Timestamp,
    pub(crate) output: CheckOutput,
    pub(crate) actions: Vec<CheckAction>,
    /// Set for a job of a workflow.
    pub(crate) job: Option<Job>,
}

/// What changes; `None` stays. Annotations are added to those that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckEdit {
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) details_url: Option<String>,
    pub(crate) status: Option<CheckStatus>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) output: Option<CheckOutput>,
    pub(crate) actions: Option<Vec<CheckAction>>,
}

impl World {
    /// Every App with `checks: write` gets a suite for a pushed commit, once, and is told. A suite
    /// may stay queued for ever: its App has nothing to say.
    pub(super) fn open_suites(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        branch: &str,
        (before, after): (Option<&Sha>, &Sha),
    ) {
        let own = self.app.id;
        let installation = self.installation_of(repository);
        let checks = installation.and_then(|it| it.permissions.get("checks"));
        let mut apps = self.repo(repository).checks.apps.clone();
        apps.extend((checks == Some(&Level::Write)).then_some(own));
        for app in apps {
            if self.repo(repository).checks.suite_of(app, after).is_some() {
                continue;
            }
            let ends = (before.cloned(), after.clone());
            let suite = self.add_suite(repository, app, Some(branch), ends);
            // Others' requests are not told to this App.
            if app == own {
                self.emit_check_suite(repository, suite, "requested", actor);
            }
        }
    }

    pub(super) fn add_suite(
        &mut self,
        repository: RepositoryId,
        app: i64,
        branch: Option<&str>,
        (before, head_sha): (Option<Sha>, Sha),
    ) -> i64 {
        let (id, now) = (self.next_id(), self.now());
        let branch = branch.map(str::to_owned);
        let suite = CheckSuite {
            id,
            app,
            branch,
            head_sha,
            before,
            created_at: now,
            updated_at: now,
            ended: None,
        };
        self.repo_mut(repository).checks.suites.insert(id, suite);
        id
    }

    /// Makes a check run. One that is born completed is told of twice, as created and completed.
    pub(crate) fn create_check(
        &mut self,
        repository: RepositoryId,
        actor: Actor,
        new: NewCheck,
    ) -> i64 {
        let known =
            new.suite.or_else(|| self.repo(repository).checks.suite_of(new.app, &new.head_sha));
        let suite = known.unwrap_or_else(|| {
            let branch = self.branch_at(repository, &new.head_sha);
            let ends = (None, new.head_sha.clone());
            self.add_suite(repository, new.app, branch.as_deref(), ends)
        });
        let id = self.next_id();
        let run = CheckRun {
            id,
            suite,
            app: new.app,
            name: new.name,
            head_sha: new.head_sha,
            external_id: new.external_id,
            details_url: new.details_url,
            status: new.status,
            started_at: new.started_at,
            output: new.output,
            actions: new.actions,
        };
        let repo = self.repo_mut(repository);
        repo.checks.runs.insert(id, run);
        if let Some(job) = new.job {
            repo.workflows.jobs.insert(id, job);
        }
        self.touch_suite(repository, suite);
        self.emit_check_run(repository, id, "created", actor, Value::Null);
        if new.status.conclusion().is_some() {
            self.tell_completed(repository, id, actor);
        }
        id
    }

    /// Changes a check run; its end is told.
    pub(crate) fn update_check(
        &mut self,
        repository: RepositoryId,
        id: i64,
        actor: Actor,
        edit: CheckEdit,
    ) {
        let Some(run) = self.repo_mut(repository).checks.runs.get_mut(&id) else { return };
        let before = run.status;
        run.name = edit.name.unwrap_or_else(|| run.name.clone());
        run.external_id = edit.external_id.or_else(|| run.external_id.take());
        run.details_url = edit.details_url.or_else(|| run.details_url.take());
        run.status = edit.status.unwrap_or(run.status);
        run.started_at = edit.started_at.unwrap_or(run.started_at);
        run.actions = edit.actions.unwrap_or_else(|| run.actions.clone());
        if let Some(output) = edit.output {
            let mut annotations = std::mem::take(&mut run.output.annotations);
            annotations.extend(output.annotations);
            let text = output.text.or_else(|| run.output.text.take());
            run.output = CheckOutput { annotations, text, ..output };
        }
        let (now, suite) = (run.status, run.suite);
        self.touch_suite(repository, suite);
        if now.conclusion().is_some() && now.conclusion() != before.conclusion() {
            self.tell_completed(repository, id, actor);
        }
    }

    /// Somebody asks for a check again, or presses one of its buttons. Only the App that made the
    /// check is told.
    pub(crate) fn ask_check(
        &mut self,
        repository: RepositoryId,
        id: i64,
        actor: Actor,
        button: Option<&str>,
    ) {
        let own = self.app.id;
        let run = self.repo(repository).checks.runs.get(&id);
        if run.is_none_or(|it| it.app != own) {
            return;
        }
        let (action, details) = match button {
            Some(identifier) => {
                let asked = json!({ "requested_action": { "identifier": identifier } });
                ("requested_action", asked)
            }
            None => ("rerequested", Value::Null),
        };
        self.emit_check_run(repository, id, action, actor, details);
    }

    /// A branch that points to a commit.
    pub(super) fn branch_at(&self, repository: RepositoryId, sha: &Sha) -> Option<String> {
        let heads = self.repo(repository).git.branches().ok()?;
        heads.into_iter().find(|it| it.1 == *sha).map(|it| it.0)
    }

    fn touch_suite(&mut self, repository: RepositoryId, suite: i64) {
        let now = self.now();
        if let Some(suite) = self.repo_mut(repository).checks.suites.get_mut(&suite) {
            suite.updated_at = now;
        }
    }

    fn tell_completed(&mut self, repository: RepositoryId, id: i64, actor: Actor) {
        self.emit_check_run(repository, id, "completed", actor, Value::Null);
        let checks = &self.repo(repository).checks;
        let suite = checks.runs[&id].suite;
        if checks.status(suite).1.is_some() {
            self.emit_check_suite(repository, suite, "completed", actor);
        }
    }

    fn emit_check_run(
        &mut self,
        repository: RepositoryId,
        id: i64,
        action: &'static str,
        actor: Actor,
        details: Value,
    ) {
        let repo = self.repo(repository);
        let Some(run) = repo.checks.runs.get(&id) else { return };
        let mut body = json!({ "check_run": self.told_check_run_json(repo, run) });
        extend(&mut body, details);
        self.emit("check_run", Some(action), repository, actor, body);
    }

    fn emit_check_suite(
        &mut self,
        repository: RepositoryId,
        suite: i64,
        action: &'static str,
        actor: Actor,
    ) {
        let repo = self.repo(repository);
        let Some(suite) = repo.checks.suites.get(&suite) else { return };
        let body = json!({ "check_suite": self.full_check_suite_json(repo, suite) });
        self.emit("check_suite", Some(action), repository, actor, body);
    }
}
