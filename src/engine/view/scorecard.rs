//! The final report of an issue, gathered from what is stored of its present life.

use std::collections::BTreeSet;

use crate::base::{IssueKey, RunId, Timestamp};
use crate::domain::cost::{self, PriceTable};
use crate::domain::guard::is_batons_own;
use crate::domain::handoff::Trigger;
use crate::domain::plan::{Plan, TaskKind};
use crate::domain::report::{FindingKind, Findings};
use crate::domain::scorecard::{Work, scorecard};
use crate::domain::tier::Role;
use crate::domain::workflow::Ask;
use crate::engine::Engine;
use crate::engine::ingest::Subject;
use crate::engine::planner::TaskResult;
use crate::engine::view::brief_of;
use crate::render::comment::MergedReport;
use crate::store::{HistoryRow, RunRow, RunStatus, StoreError};

/// A run that built something, and for which task.
struct Builder<'a> {
    run: &'a RunRow,
    task: String,
    trigger: Trigger,
}

impl Engine {
    /// What the comment at the merge shows; `None` where the plan is not stored.
    pub(in crate::engine) async fn merged_report(
        &self,
        issue: IssueKey,
    ) -> Result<Option<MergedReport>, StoreError> {
        let Some(subject) = self.subject_of(issue).await? else { return Ok(None) };
        let Some(plan) = subject.state.stage.plan() else { return Ok(None) };
        let row = self.store.plan(issue, i64::from(plan.revision)).await?;
        let Some(row) = row else { return Ok(None) };
        let Ok(plan) = serde_json::from_value::<Plan>(row.plan) else { return Ok(None) };
        let work = self.work_done(&subject, &plan).await?;
        let to_build = plan.tasks.iter().filter(|it| it.kind != TaskKind::Review);
        let built = to_build.clone().filter(|it| work.built.contains(&it.id)).count();
        let estimate = cost::estimate(&plan, row.created);
        Ok(Some(MergedReport {
            pull_request: match self.merged_with(issue).await? {
                Some(theirs) => Some(theirs),
                None => self.pull_request(issue).await?,
            },
            tasks: (built, to_build.count()),
            handoffs: self.handoff_lines(&subject).await?,
            costs: self.cost_lines(subject.installation, issue).await?,
            estimate: estimate.map(|(least, most, _)| (least, most)),
            entered: self.entered_lines(subject.installation, issue).await?,
            limit: self.issue_limit(issue).await?,
            basis: PriceTable::embedded().note(self.clock.now()),
            scorecard: scorecard(&work),
        }))
    }

    /// The facts behind the scorecard.
    async fn work_done(&self, subject: &Subject, plan: &Plan) -> Result<Work, StoreError> {
        let issue = subject.key;
        let runs = self.runs_of_the_life(issue).await?;
        let builders: Vec<Builder<'_>> = runs.iter().filter_map(builder).collect();
        let finished = || builders.iter().filter(|it| it.run.status == RunStatus::Finished);
        let red = builders.iter().filter(|it| it.trigger == Trigger::TestFailure);
        let has_built = finished().next().is_some();
        let is_builders = |run: &RunId| builders.iter().any(|it| it.run.id == *run);
        let questions = self.store.questions(issue).await?;
        let tokens = self.store.tokens_of_runs(subject.installation, issue).await?;
        let tokens: Vec<_> =
            tokens.into_iter().filter(|it| runs.iter().any(|run| run.id == it.run)).collect();
        let history = self.store.history(subject.installation, issue).await?;
        let history: Vec<HistoryRow> = since_building_began(history, began(&runs));
        let is_verdict =
            |it: &&HistoryRow| it.event == "ci concluded" && it.reasons["verdict"] == "done";
        let verdicts = || history.iter().filter(is_verdict);
        Ok(Work {
            planned: plan.files.iter().map(|it| it.path.clone()).collect(),
            touched: has_built.then(|| finished().flat_map(|it| touched(it.run)).collect()),
            plans_documentation: plan.tasks.iter().any(|it| it.kind == TaskKind::Docs),
            built: finished().map(|it| it.task.clone()).collect(),
            red: red.map(|it| it.task.clone()).collect(),
            verdicts: verdicts().count(),
            stuck_verdicts: verdicts().filter(|it| it.to == "Blocked").count(),
            reviews: runs.iter().filter_map(against_the_architecture).collect(),
            questions: questions.iter().filter(|it| is_builders(&it.run)).count(),
            cached: tokens.iter().map(|it| it.cached).sum(),
            sessions: tokens.into_iter().map(|it| (it.role, it.fresh)).collect(),
            pushes_by_people: pushes(&history),
        })
    }
}

fn builder(run: &RunRow) -> Option<Builder<'_>> {
    match brief_of(run)?.ask {
        Ask::Task { task, trigger, .. } => Some(Builder { run, task, trigger }),
        Ask::Plan { .. } | Ask::Revise { .. } | Ask::Again | Ask::Inspect { .. } => None,
    }
}

/// The paths that a run changed, those it moved away from among them.
fn touched(run: &RunRow) -> Vec<String> {
    let result = run.result.clone().and_then(|it| serde_json::from_value::<TaskResult>(it).ok());
    let Some(result) = result else { return Vec::new() };
    let paths = result.changes.files().iter().flat_map(|it| [it.path.as_str(), it.path_before()]);
    let paths: BTreeSet<&str> = paths.filter(|it| !is_batons_own(it)).collect();
    paths.into_iter().map(str::to_owned).collect()
}

/// How many findings of a review are about the architecture or about leaving the plan.
fn against_the_architecture(run: &RunRow) -> Option<usize> {
    let is_review = run.role == Role::ReviewAgent.name();
    let report: Findings =
        serde_json::from_value(run.result.clone().filter(|_| is_review)?).ok()?;
    let kinds = report.findings.iter().map(|it| it.kind);
    Some(kinds.filter(|it| matches!(it, FindingKind::Architecture | FindingKind::Plan)).count())
}

/// When the present life's first run began.
fn began(runs: &[RunRow]) -> Timestamp {
    runs.first().map_or(Timestamp(0), |it| it.created)
}

/// What happened since the first task of this life was begun.
fn since_building_began(history: Vec<HistoryRow>, life: Timestamp) -> Vec<HistoryRow> {
    let of_the_life = history.into_iter().skip_while(|it| it.at < life);
    of_the_life.skip_while(|it| it.to != "Working").collect()
}

/// Pushes by people. One that only ticked tasks in the plan's file edited nothing.
fn pushes(history: &[HistoryRow]) -> usize {
    let ticks = |version| {
        history.iter().any(|it| it.version == version && it.event == "ticked in the file")
    };
    history.iter().filter(|it| it.event == "pushed" && !ticks(it.version)).count()
}
