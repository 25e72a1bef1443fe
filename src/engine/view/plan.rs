//! The plan as its file, its announcement and its links show it.

use std::fmt;

use crate::base::{CheckRunId, EffectKey, InstallationId, IssueKey, IssueNumber, MicroUsd, Sha};
use crate::domain::cost;
use crate::domain::hygiene;
use crate::domain::incoming::Repository;
use crate::domain::plan::place::{completed_path, plan_path};
use crate::domain::plan::{self, Plan};
use crate::domain::reading::Reading;
use crate::domain::tasks::{BoardTask, TaskState};
use crate::domain::tier::Tier;
use crate::domain::workflow::{Stage, State, Then, stale_asked};
use crate::engine::ingest::Subject;
use crate::engine::view::brief_of;
use crate::engine::view::security::planned_paths;
use crate::engine::{COMPLETED_AT, Engine};
use crate::render::comment::{Approval, PlanLink, PlanNews, TaskView, WorkNews, WorkPhase};
use crate::render::plan::{PlanDocument, code};
use crate::render::state_md::{self, Progress, TaskLine, WorkState};
use crate::store::{PlanRow, RunRow, StoreError};

/// What is known of a plan beside itself.
pub(in crate::engine) struct PlanFacts {
    pub(in crate::engine) revision: i64,
    /// What its run cost.
    pub(in crate::engine) cost: MicroUsd,
    /// The model that answered.
    pub(in crate::engine) planner: Option<String>,
}

impl PlanFacts {
    /// Before the plan is kept.
    pub(in crate::engine) const UNKNOWN: PlanFacts =
        PlanFacts { revision: 1, cost: MicroUsd::ZERO, planner: None };
}

/// The kind of handle under which it stands where a revision was announced.
pub(in crate::engine) fn plan_news(revision: u16) -> String {
    format!("plan-news/{revision}")
}

/// The kind of handle under which the commit stands whose edit of the plan's file a revision wrote
/// over.
pub(in crate::engine) fn replaced_edit(revision: u16) -> String {
    format!("plan-replaced/{revision}")
}

/// The check run of a revision, as it is stored: the commit it stands on, and its id once that is
/// known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct PlanCheckHandle {
    pub(in crate::engine) sha: Sha,
    pub(in crate::engine) check: PlanCheck,
}

/// What is known of a check run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum PlanCheck {
    /// It was made.
    Made(CheckRunId),
    /// It is being made under this key, and may be there already.
    Begun(EffectKey),
}

impl PlanCheckHandle {
    /// The kind of handle of one revision.
    pub(in crate::engine) fn kind(revision: u16) -> String {
        format!("plan-check/{revision}")
    }

    /// Reads what [`PlanCheckHandle::to_string`] wrote.
    pub(in crate::engine) fn read(text: &str) -> Option<PlanCheckHandle> {
        let mut parts = text.split(' ');
        let sha = Sha(parts.next().filter(|it| !it.is_empty())?.to_owned());
        let what = parts.next()?;
        let check = match what.parse() {
            Ok(id) => PlanCheck::Made(CheckRunId(id)),
            Err(_) => PlanCheck::Begun(EffectKey::from(what)),
        };
        Some(PlanCheckHandle { sha, check })
    }
}

impl fmt::Display for PlanCheckHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.check {
            PlanCheck::Made(id) => write!(f, "{} {id}", self.sha),
            PlanCheck::Begun(key) => write!(f, "{} {key}", self.sha),
        }
    }
}

/// Whether any task was done of an earlier revision of the plan.
fn has_done(state: &State) -> bool {
    state.built_work().is_some_and(|it| !it.done.is_empty())
}

impl Engine {
    /// The plan file.
    pub(in crate::engine) async fn plan_file(
        &self,
        run: &RunRow,
        facts: &PlanFacts,
        plan: &Plan,
    ) -> Result<String, StoreError> {
        let title = self.store.load_issue(run.issue).await?.map(|it| it.title);
        let document = PlanDocument {
            issue: run.issue.number.to_string(),
            title: title.unwrap_or_default(),
            revision: u32::try_from(facts.revision).unwrap_or(u32::MAX),
            planner: facts.planner.clone().unwrap_or_else(|| run.model.clone()),
            cost: facts.cost,
            date: self.clock.now(),
            plan: plan.clone(),
        };
        Ok(self.secrets.redact(&crate::render::plan::markdown(&document)))
    }

    /// The announcement of a revision; `None` when it is not stored.
    pub(in crate::engine) async fn plan_news(
        &self,
        issue: IssueKey,
        repository: &Repository,
        revision: u16,
    ) -> Result<Option<PlanNews>, StoreError> {
        let Some(row) = self.store.plan(issue, i64::from(revision)).await? else {
            return Ok(None);
        };
        let Some(plan) = read_plan(&row) else { return Ok(None) };
        let Some(subject) = self.subject_of(issue).await? else { return Ok(None) };
        let (level, reasons) = plan::complexity_of(&plan);
        let branch = self.store.handle(issue, "branch").await?.unwrap_or_default();
        let at = self.store.handle(issue, "plan-commit").await?.unwrap_or(branch.clone());
        let path = self.plan_place(issue, &at).await?;
        let pull_request = self.pull_request(issue).await?;
        let has_pushed = match pull_request {
            Some(number) => self.is_code_pushed_to(issue, number).await?,
            None => false,
        };
        Ok(Some(PlanNews {
            issue: issue.number,
            revision,
            hash: row.hash.chars().take(12).collect(),
            summary: hygiene::defang(&plan.summary, &[]),
            plan_url: self.file_url(repository, &at, &path),
            path,
            branch,
            approval: self.approval(&subject, revision).await?,
            pull_request,
            merged_in: self.merged_in(issue, revision).await?,
            files: plan.files.len(),
            tasks: by_tier(&plan),
            level: (self.level_of(&subject), level, reasons.join(", ")),
            spent: self.spent(subject.installation, issue).await?,
            estimate: cost::estimate(&plan, self.clock.now()),
            security: planned_paths(&plan).iter().map(|it| code(it)).collect(),
            limit: self.issue_limit(issue).await?,
            starts_by_itself: self.policy.start_on_approval,
            work: self.work_news(&subject).await?,
            read: self.read_for(&row, repository).await?,
            has_code: has_pushed || has_done(&subject.state),
            warnings: self.warnings(issue, revision, &plan).await?,
        }))
    }

    /// What people should look at before they approve.
    async fn warnings(
        &self,
        issue: IssueKey,
        revision: u16,
        plan: &Plan,
    ) -> Result<Vec<String>, StoreError> {
        let replaced = self.store.handle(issue, &replaced_edit(revision)).await?;
        let replaced = replaced.map(|commit| {
            format!(
                "the plan's file was edited on the branch while this revision was written ({}), and \
                 this revision stands in place of that edit; to bring it back, write `/baton revise` \
                 and what of it to take over",
                commit.chars().take(7).collect::<String>()
            )
        });
        let faults = plan::lint(plan).into_iter().map(|it| hygiene::literal(&it.0));
        Ok(replaced.into_iter().chain(faults).collect())
    }

    /// What the planner of a revision read of the issue, and where that stands.
    async fn read_for(
        &self,
        row: &PlanRow,
        repository: &Repository,
    ) -> Result<Option<(Reading, String)>, StoreError> {
        let run = self.store.load_run(&row.run).await?;
        let Some(reading) = run.as_ref().and_then(brief_of).and_then(|it| it.reading) else {
            return Ok(None);
        };
        let Repository { owner, name, .. } = repository;
        let number = row.issue.number;
        Ok(Some((reading, format!("{}/{owner}/{name}/issues/{number}", self.web_url))))
    }

    /// How far the plan is built; nothing before that has begun.
    async fn work_news(&self, subject: &Subject) -> Result<Option<WorkNews>, StoreError> {
        let stage = subject.state.stage.unpaused();
        let Some(work) = stage.work() else { return Ok(None) };
        let phase = match stage {
            // The end of the work is not in the plan's pull request.
            Stage::Ready { work } | Stage::Inspecting { work, then: Then::Ready, .. }
                if work.adopted.is_some() =>
            {
                WorkPhase::GoesOn
            }
            Stage::Ready { .. } | Stage::Inspecting { then: Then::Ready, .. } => WorkPhase::Ready,
            Stage::Done { .. } | Stage::Stopped { .. } => WorkPhase::Over,
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Planned { .. }
            | Stage::Working { .. }
            | Stage::HandingOver { .. }
            | Stage::Inspecting { .. }
            | Stage::Paused { .. }
            | Stage::Blocked { .. } => WorkPhase::GoesOn,
        };
        let tasks = self.task_views(subject).await?;
        Ok(Some(WorkNews { tasks, unchecked: work.unchecked, phase }))
    }

    /// Where the approval of a revision stands.
    async fn approval(&self, subject: &Subject, revision: u16) -> Result<Approval, StoreError> {
        let waits = match subject.state.stage.unpaused() {
            Stage::Planned { plan, .. } => plan.revision == revision,
            Stage::Working { work, .. }
            | Stage::HandingOver { work, .. }
            | Stage::Inspecting { work, .. }
            | Stage::Ready { work } => work.plan.revision == revision,
            stage @ Stage::Blocked { .. } => {
                stage.plan_that_waits().is_some_and(|it| it.revision == revision)
            }
            Stage::Seen
            | Stage::Planning { .. }
            | Stage::Asking { .. }
            | Stage::Done { .. }
            | Stage::Paused { .. }
            | Stage::Stopped { .. } => false,
        };
        if !waits {
            return Ok(Approval::Past);
        }
        let by = subject.state.stage.work().map(|it| it.approved);
        let is_begun = by.is_some();
        Ok(match subject.state.stage.approved().or(by) {
            None => Approval::Open,
            Some(by) => {
                let by = self.login_of(subject.key, Some(by)).await?;
                let asks = stale_asked(&subject.state).is_some();
                Approval::Given { by, is_begun, asks }
            }
        })
    }

    /// The tasks of the newest plan; empty before there is one.
    pub(in crate::engine) async fn plan_tasks(
        &self,
        issue: IssueKey,
        state: &State,
    ) -> Result<Vec<plan::Task>, StoreError> {
        let Some(plan) = state.stage.plan() else { return Ok(Vec::new()) };
        self.tasks_of_revision(issue, plan.revision).await
    }

    /// The tasks of the revision that was being built before the plan was changed.
    pub(in crate::engine) async fn built_tasks(
        &self,
        issue: IssueKey,
        state: &State,
    ) -> Result<Vec<plan::Task>, StoreError> {
        let Some(built) = state.built_work() else { return Ok(Vec::new()) };
        self.tasks_of_revision(issue, built.plan.revision).await
    }

    async fn tasks_of_revision(
        &self,
        issue: IssueKey,
        revision: u16,
    ) -> Result<Vec<plan::Task>, StoreError> {
        let row = self.store.plan(issue, i64::from(revision)).await?;
        Ok(row.as_ref().and_then(read_plan).map(|it| it.tasks).unwrap_or_default())
    }

    /// The tasks of the work that is going on, as people see them.
    pub(super) async fn task_views(&self, subject: &Subject) -> Result<Vec<TaskView>, StoreError> {
        let Some(work) = subject.state.stage.work() else { return Ok(Vec::new()) };
        let tasks = self.plan_tasks(subject.key, &subject.state).await?;
        let board = work.board(&tasks);
        let is_at_work = matches!(subject.state.stage, Stage::Working { .. });
        let view = |it: &BoardTask| TaskView {
            id: it.id().to_owned(),
            title: hygiene::literal(&it.task.title),
            complexity: it.task.complexity,
            state: match is_at_work
                && work.task.as_deref() == Some(it.id())
                && !it.state.is_settled()
            {
                true => TaskState::Active,
                false => it.state,
            },
        };
        Ok(board.tasks().iter().map(view).collect())
    }

    /// The link to the newest plan.
    pub(super) async fn plan_link(
        &self,
        subject: &Subject,
    ) -> Result<Option<PlanLink>, StoreError> {
        let Some(plan) = subject.state.stage.plan() else { return Ok(None) };
        let Some(commit) = self.store.handle(subject.key, "plan-commit").await? else {
            return Ok(None);
        };
        let path = self.plan_place(subject.key, &commit).await?;
        Ok(Some(PlanLink {
            revision: plan.revision,
            url: self.file_url(&subject.repository, &commit, &path),
            pull_request: self.pull_request(subject.key).await?,
            merged_in: self.merged_in(subject.key, plan.revision).await?,
        }))
    }

    /// Where the plan stands at a commit of Baton's: with the last one of the work it moves to the
    /// completed ones, and with the next it moves back.
    async fn plan_place(&self, issue: IssueKey, commit: &str) -> Result<String, StoreError> {
        let number = issue.number.to_string();
        let completed_at = self.store.handle(issue, COMPLETED_AT).await?;
        Ok(match completed_at.as_deref() == Some(commit) {
            true => completed_path(&number),
            false => plan_path(&number),
        })
    }

    pub(in crate::engine) async fn pull_request(
        &self,
        issue: IssueKey,
    ) -> Result<Option<IssueNumber>, StoreError> {
        self.number_under(issue, "pull-request").await
    }

    /// The number of the pull request that stands under a handle.
    pub(in crate::engine) async fn number_under(
        &self,
        issue: IssueKey,
        kind: &str,
    ) -> Result<Option<IssueNumber>, StoreError> {
        let stored = self.store.handle(issue, kind).await?;
        Ok(stored.and_then(|it| it.parse().ok()).map(IssueNumber))
    }

    /// Where people read a file. Relative to the host they are on already, so that it is right on
    /// every server.
    fn file_url(&self, repository: &Repository, at: &str, path: &str) -> String {
        let Repository { owner, name, .. } = repository;
        format!("{}/{owner}/{name}/blob/{at}/{path}", self.web_url)
    }

    /// STATE.md beside the plan.
    pub(in crate::engine) async fn state_file(
        &self,
        issue: IssueKey,
        installation: InstallationId,
        row: &PlanRow,
    ) -> Result<String, StoreError> {
        let subject = self.subject_of(issue).await?;
        let plan = read_plan(row);
        let spent = self.spent(installation, issue).await?;
        let history = self.store.history(installation, issue).await?;
        let log = history
            .into_iter()
            .filter(|it| it.from != it.to)
            .map(|it| (it.at, format!("{}: {} → {}", it.event, it.from, it.to)));
        Ok(state_md::markdown(&WorkState {
            issue: issue.number.to_string(),
            title: subject.map(|it| it.snapshot.title).unwrap_or_default(),
            updated: row.created,
            position: format!("Plan revision {} is ready and waits for people.", row.revision),
            branch: self.store.handle(issue, "branch").await?,
            decisions: self.answers_so_far(issue).await?,
            approach: plan.as_ref().map(|it| it.summary.clone()).unwrap_or_default(),
            tasks: plan.iter().flat_map(|it| &it.tasks).map(task_line).collect(),
            files_changed: Vec::new(),
            tests: String::new(),
            blockers: Vec::new(),
            last_action: format!("The planner submitted the plan. Spent so far: {spent}."),
            next_step: "People read the plan; nothing is built until they say so.".to_owned(),
            log: log.collect(),
        }))
    }
}

fn task_line(task: &plan::Task) -> TaskLine {
    TaskLine {
        id: task.id.clone(),
        title: hygiene::literal(&task.title),
        progress: Progress::Remaining,
    }
}

pub(in crate::engine) fn read_plan(row: &PlanRow) -> Option<Plan> {
    serde_json::from_value(row.plan.clone()).ok()
}

/// How many tasks go to which tier, cheapest first.
fn by_tier(plan: &Plan) -> Vec<(Tier, usize)> {
    let count = |tier| plan.tasks.iter().filter(|it| it.tier() == tier).count();
    Tier::ALL.into_iter().map(|tier| (tier, count(tier))).filter(|(_, n)| 0 < *n).collect()
}
