//! What test-agent and review-agent are told at their start, how their reports are taken, and how
//! what they found becomes a task.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::{IssueKey, Sha};
use crate::domain::cost;
use crate::domain::diff::{ChangeSet, FileChange, unified};
use crate::domain::incoming::{CiState, Conclusion, StatusState};
use crate::domain::plan::{Plan, Task, TaskKind, Verify};
use crate::domain::report::{Findings, Severity, parse_findings};
use crate::domain::security::security_paths;
use crate::domain::session::{self, Brief, Entry, Limits, ToolOutcome};
use crate::domain::tasks::{BoardTask, TaskState};
use crate::domain::tier::{Complexity, Role};
use crate::domain::workflow::{Ask, FINDINGS, Report};
use crate::engine::planner::brief::{Order, as_read, clean, instructions, text_hash};
use crate::engine::planner::snapshot::Trouble;
use crate::engine::planner::task::never;
use crate::engine::planner::{Live, StoredBrief, Turn};
use crate::engine::{Engine, SECURITY_PATHS};
use crate::github::client::ReadPort;
use crate::render::inspection::{Inspection, opening};
use crate::render::prompt::{review_agent_system, test_agent_system};
use crate::scout::Snapshot;
use crate::store::{ClaimError, RunEnd, RunStatus, StoreError};

/// The title of the task that findings become.
pub(in crate::engine) const FINDINGS_TITLE: &str = "Mend what was found";

/// The most bytes of the difference that the review-agent is given at once; it reads the rest.
const DIFF_BYTES_MAX: usize = 60_000;

/// Files beyond which the difference is given by name only.
const DIFF_FILES_MAX: usize = 200;

impl Engine {
    /// Gathers everything a specialist begins with.
    pub(super) async fn prepare_inspection(
        &self,
        order: &Order<'_>,
        revision: u16,
    ) -> Result<StoredBrief, Trouble> {
        let later = |it: StoreError| self.database(&it);
        let row = self.store.plan(order.issue, i64::from(revision)).await.map_err(later)?;
        let row = row.ok_or_else(|| never("the plan is not stored"))?;
        let plan: Plan = serde_json::from_value(row.plan.clone())
            .map_err(|_| never("the plan was written by another version"))?;
        let (made_from, built) = self.to_look_at(order, &row.base_sha).await?;
        let base = self.fetch_snapshot(order.installation, order.repository, &made_from).await?;
        let touched = json!(security_paths(built.changed.iter().map(String::as_str)));
        let kept = self.store.save_handle(order.issue, SECURITY_PATHS, &touched.to_string()).await;
        kept.map_err(later)?;
        let head = self.fetch_snapshot(order.installation, order.repository, &built.head).await?;
        let instructions = instructions(&self.secrets, &base);
        let changes = match order.role {
            Role::ReviewAgent => difference(base, head, built.changed.clone()).await?,
            Role::Planner | Role::Implementer | Role::TestAgent => {
                built.changed.iter().map(|it| format!("- {it}\n")).collect()
            }
        };
        let reader = self.reader(order.installation, order.repository);
        let repository = format!("{}/{}", order.repository.owner, order.repository.name);
        let said = opening(&Inspection {
            repository: &repository,
            issue: order.issue.number,
            title: &clean(&self.secrets, &order.snapshot.title),
            plan: &plan,
            open: &self.open_tasks(order.issue, &plan).await.map_err(later)?,
            acceptance: &self.acceptance(order.issue, &plan, order.role).await.map_err(later)?,
            checks: &self.checks_of(&reader, &built.head).await?,
            failing: &self.failing_jobs(order.issue, &built.head).await.map_err(later)?,
            changes: &changes,
            found_before: self.newest_findings(order.issue).await.map_err(later)?.as_ref(),
        });
        let parts: Vec<(&str, &str)> =
            instructions.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let system = match order.role {
            Role::ReviewAgent => review_agent_system(&parts),
            Role::Planner | Role::Implementer | Role::TestAgent => test_agent_system(&parts),
        };
        let session = Brief {
            model: cost::models_of(order.tier).first().copied().unwrap_or_default().to_owned(),
            role: order.role,
            system,
            tools: session::inspector_tools(),
            opening: as_read(&self.secrets, &said),
            limits: Limits::inspector(),
            started_at: self.clock.now(),
        };
        Ok(StoredBrief {
            session,
            base_sha: built.head,
            money: self.policy.limits.run,
            estimate: None,
            ask: Ask::Inspect { revision },
            text_hash: text_hash(order.snapshot),
            reading: None,
        })
    }

    /// What reported on a commit, by name, with how it ended. Foreign words.
    async fn checks_of(
        &self,
        reader: &ReadPort,
        head: &Sha,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let trouble = |it| self.github_trouble(&it);
        let checks = reader.check_runs(head).await.map_err(trouble)?.known();
        let statuses = reader.statuses(head).await.map_err(trouble)?.known();
        let mut ends = BTreeMap::new();
        for it in checks.map(|it| it.items).unwrap_or_default() {
            ends.insert(clean(&self.secrets, &it.name), ending(it.state).to_owned());
        }
        for it in statuses.map(|it| it.items).unwrap_or_default() {
            ends.insert(clean(&self.secrets, &it.context), state(it.state).to_owned());
        }
        Ok(ends.into_iter().collect())
    }

    /// Takes a report if it judges every acceptance line that it was given.
    pub(super) async fn reports(
        &self,
        live: &Live,
        seq: usize,
        (call_id, input): (String, &Value),
    ) -> Result<Turn, ClaimError> {
        let faults = match (parse_findings(input), self.plan_of(live).await?) {
            (Ok(report), Some(plan)) => {
                let (issue, role) = (live.claimed.run.issue, live.brief.session.role);
                unjudged(&report, &self.acceptance(issue, &plan, role).await?)
            }
            (Ok(_), None) => Vec::new(),
            (Err(faults), _) => vec![faults],
        };
        let (content, is_error) = match faults.is_empty() {
            true => ("The report is taken.".to_owned(), false),
            false => (faults.join("\n"), true),
        };
        let at = self.clock.now();
        let results = vec![ToolOutcome { id: call_id, content, is_error }];
        self.append(live, seq, &Entry::ToolsRan { results, at }).await?;
        Ok(Turn::GoOn)
    }

    /// Ends a specialist's run and keeps its report.
    pub(super) async fn keep_findings(
        &self,
        live: &Live,
        report: Findings,
    ) -> Result<(), ClaimError> {
        let said = Report::Findings { ask_for_work: report.ask_for_work() };
        let end = RunEnd {
            status: RunStatus::Finished,
            reason: None,
            internal: self.report(&live.claimed.run, 0, said),
            plan: None,
            result: Some(json!(report)),
        };
        self.store.finish_run(&live.claimed, &end, self.clock.now()).await
    }

    /// The acceptance lines that a role judges: the review-agent those of `review` tasks, the test-
    /// agent all others (`domain.md`, Plan). What people skipped was not built.
    async fn acceptance(
        &self,
        issue: IssueKey,
        plan: &Plan,
        role: Role,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let for_review = role == Role::ReviewAgent;
        let board = self.board_of(issue, plan).await?;
        let is_judged = |it: &&BoardTask| {
            it.state != TaskState::Skipped && (it.task.kind == TaskKind::Review) == for_review
        };
        let judged = board.tasks().iter().filter(is_judged).map(|it| &it.task);
        Ok(judged
            .flat_map(|task| task.acceptance.iter().map(|line| (task.id.clone(), line.clone())))
            .collect())
    }

    /// The tasks that people still build; a task that waits for the review is none.
    async fn open_tasks(&self, issue: IssueKey, plan: &Plan) -> Result<Vec<String>, StoreError> {
        let board = self.board_of(issue, plan).await?;
        let is_open = |it: &&BoardTask| it.is_for_implementer() && !it.state.is_settled();
        Ok(board.tasks().iter().filter(is_open).map(|it| it.id().to_owned()).collect())
    }

    /// What the issue's specialists reported, the newest of each role, in the order of the roles.
    pub(in crate::engine) async fn reports_of(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<(Role, Findings)>, StoreError> {
        let runs = self.runs_of_the_life(issue).await?;
        let newest = |role: Role| {
            let run = runs.iter().rev().find(|it| it.role == role.name() && it.result.is_some())?;
            let report = serde_json::from_value(run.result.clone()?).ok()?;
            Some((role, report))
        };
        Ok([Role::TestAgent, Role::ReviewAgent].into_iter().filter_map(newest).collect())
    }

    /// What was found last and asked for work.
    async fn newest_findings(&self, issue: IssueKey) -> Result<Option<Findings>, StoreError> {
        let runs = self.runs_of_the_life(issue).await?;
        let is_specialist =
            |role: &str| role == Role::TestAgent.name() || role == Role::ReviewAgent.name();
        let reports = runs.into_iter().rev().filter(|it| is_specialist(&it.role));
        let mut reports =
            reports.filter_map(|it| serde_json::from_value::<Findings>(it.result?).ok());
        Ok(reports.find(Findings::ask_for_work))
    }

    /// The files that the newest findings name.
    pub(in crate::engine) async fn found_files(
        &self,
        issue: IssueKey,
    ) -> Result<BTreeSet<String>, StoreError> {
        let found = self.newest_findings(issue).await?;
        Ok(found.map(|it| task_of(&it).files.into_iter().collect()).unwrap_or_default())
    }

    /// The task that the newest findings become.
    pub(super) async fn findings_task(&self, issue: IssueKey) -> Result<Task, Trouble> {
        let found = self.newest_findings(issue).await.map_err(|it| self.database(&it))?;
        Ok(task_of(&found.ok_or_else(|| never("nothing was found that could be mended"))?))
    }
}

/// Findings as a task: what they name is what has to hold afterwards.
fn task_of(found: &Findings) -> Task {
    let place = |path: &Option<String>, line: Option<u32>| match (path, line) {
        (Some(path), Some(line)) => format!("{path}:{line}: "),
        (Some(path), None) => format!("{path}: "),
        (None, _) => String::new(),
    };
    let unmet = found
        .unmet()
        .map(|it| format!("{} of {} holds; it did not: {}", it.line, it.task, it.evidence));
    // Minor ones are shown to people and make no work by themselves.
    let to_mend = || found.findings.iter().filter(|it| it.severity != Severity::Minor);
    let mended = to_mend()
        .map(|it| format!("{}{} Remedy: {}", place(&it.path, it.line), it.problem, it.remedy));
    let mut files: Vec<String> = to_mend().filter_map(|it| it.path.clone()).collect();
    files.sort();
    files.dedup();
    Task {
        id: FINDINGS.to_owned(),
        title: FINDINGS_TITLE.to_owned(),
        phase: String::new(),
        kind: TaskKind::Implement,
        complexity: Complexity::Medium,
        tier: None,
        files,
        blocked_by: Vec::new(),
        acceptance: unmet.chain(mended).collect(),
        verify: Verify::None("whoever found it looks again".to_owned()),
    }
}

/// Sentences for the tasks whose lines a report leaves out. Lines are counted, not compared: a
/// model that says a line in its own words has judged it all the same.
fn unjudged(report: &Findings, acceptance: &[(String, String)]) -> Vec<String> {
    let count = |ids: &mut dyn Iterator<Item = &String>| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for id in ids {
            *counts.entry(id.clone()).or_default() += 1;
        }
        counts
    };
    let given = count(&mut acceptance.iter().map(|(task, _)| task));
    let judged = count(&mut report.acceptance.iter().map(|it| &it.task));
    let missing = given.into_iter().filter_map(|(task, lines)| {
        let told = judged.get(&task).copied().unwrap_or(0);
        (told < lines).then(|| {
            format!(
                "Of {task}, {told} of {lines} acceptance lines are judged. Judge every line that \
                 you were given, those you cannot tell as `unknown`."
            )
        })
    });
    missing.collect()
}

/// The difference between two commits as text. What is hidden from models is named only.
async fn difference(
    base: Snapshot,
    head: Snapshot,
    changed: Vec<String>,
) -> Result<String, Trouble> {
    let (base, head) = (Arc::new(base), Arc::new(head));
    let shown = tokio::task::spawn_blocking(move || {
        let change = |path: &String| match (base.whole_text(path), head.whole_text(path)) {
            (Some(before), Some(after)) => {
                Some(FileChange::modified(path, before.as_str(), after.as_str()))
            }
            (None, Some(after)) => Some(FileChange::created(path, after.as_str())),
            (Some(before), None) => Some(FileChange::deleted(path, before.as_str())),
            (None, None) => None,
        };
        let files: Vec<FileChange> =
            changed.iter().take(DIFF_FILES_MAX).filter_map(change).collect();
        let unseen = changed.iter().filter(|path| !files.iter().any(|it| it.path == **path));
        let unseen: String = unseen.map(|it| format!("- {it}, not shown\n")).collect();
        ChangeSet::new(files).map(|set| format!("{}\n{unseen}", unified(&set, DIFF_BYTES_MAX)))
    });
    let shown = shown.await.map_err(|_| never("the difference could not be made"))?;
    shown.map_err(|_| never("the difference could not be made"))
}

fn ending(state: CiState) -> &'static str {
    match state {
        CiState::Open => "not ended",
        CiState::Ended(conclusion) => match conclusion {
            Conclusion::Success => "passed",
            Conclusion::Failure => "failed",
            Conclusion::Neutral => "neutral",
            Conclusion::Skipped => "skipped",
            Conclusion::Cancelled => "cancelled",
            Conclusion::TimedOut => "timed out",
            Conclusion::ActionRequired => "waits for a person",
            Conclusion::StartupFailure => "could not start",
            Conclusion::Stale => "stale",
            Conclusion::Unknown => "ended, nobody knows how",
        },
    }
}

fn state(state: StatusState) -> &'static str {
    match state {
        StatusState::Success => "passed",
        StatusState::Failure | StatusState::Error => "failed",
        StatusState::Pending => "not ended",
        StatusState::Unknown => "nobody knows",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(value: Value) -> Findings {
        serde_json::from_value(value).unwrap()
    }

    fn line(task: &str, met: &str) -> Value {
        json!({ "task": task, "line": "It holds.", "met": met, "evidence": "a test" })
    }

    #[track_caller]
    fn check(judged: &[&str], expected: &[&str]) {
        let lines: Vec<Value> = judged.iter().map(|it| line(it, "yes")).collect();
        let report = report(json!({ "summary": "x", "acceptance": lines, "findings": [] }));
        let given = ["t1", "t1", "t2"].map(|it| (it.to_owned(), "It holds.".to_owned()));
        let faults = unjudged(&report, &given);
        let begins: Vec<&str> = faults.iter().map(|it| &it[..it.find(" acc").unwrap()]).collect();
        assert_eq!(begins, expected);
    }

    #[test]
    fn every_line_is_judged() {
        check(&["t1", "t2", "t1"], &[]);
        check(&["t1", "t2", "t1", "t9"], &[]);
        check(&["t1", "t2"], &["Of t1, 1 of 2"]);
        check(&[], &["Of t1, 0 of 2", "Of t2, 0 of 1"]);
    }

    #[test]
    fn what_was_found_is_what_must_hold() {
        let task = task_of(&report(json!({
            "summary": "Two things.",
            "acceptance": [line("t1", "yes"), line("t2", "no")],
            "findings": [
                { "severity": "major", "kind": "tests", "path": "b.rs", "line": 3,
                  "problem": "No test.", "remedy": "Add one." },
                { "severity": "minor", "kind": "plan", "problem": "Odd.", "remedy": "Ask." },
            ],
        })));
        // What is minor is shown to people, and makes no work.
        let expected =
            ["It holds. of t2 holds; it did not: a test", "b.rs:3: No test. Remedy: Add one."];
        assert_eq!(task.acceptance, expected);
        assert_eq!((task.id.as_str(), task.files), ("findings", vec!["b.rs".to_owned()]));
    }
}
