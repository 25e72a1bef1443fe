//! Where the work on an approved plan stands.

use std::fmt::Write as _;

use crate::base::{IssueKey, RunId};
use crate::domain::diff::unified;
use crate::domain::guard::{Finding, OutsideText};
use crate::domain::handoff::{WorkState, task_lines};
use crate::domain::hygiene;
use crate::domain::plan::{Plan, Task};
use crate::domain::report::Findings;
use crate::domain::tasks::Board;
use crate::domain::tier::Role;
use crate::engine::planner::TaskResult;
use crate::engine::{Engine, GUARD_FINDINGS, OUTSIDE};
use crate::render::plan::code;
use crate::store::StoreError;

/// What only whoever asks knows of the work just now.
pub(in crate::engine) struct WorkNow {
    /// Where it stands, one sentence.
    pub(in crate::engine) position: String,
    /// Files that differ from the base.
    pub(in crate::engine) files_changed: Vec<String>,
    /// What the tests say.
    pub(in crate::engine) tests: String,
    /// What was done last.
    pub(in crate::engine) last_action: String,
    /// What comes next.
    pub(in crate::engine) next_step: String,
}

/// How much of a parked change a comment shows.
const DIFF_BYTES_MAX: usize = 20_000;

/// How many findings of the guard a comment lists.
const FINDINGS_SHOWN: usize = 20;

impl Engine {
    /// The changes of a run, folded: whoever says yes to them should have seen them.
    async fn shown_changes(&self, run: &RunId) -> Result<String, StoreError> {
        let result = self.store.load_run(run).await?.and_then(|it| it.result);
        let result = result.and_then(|it| serde_json::from_value::<TaskResult>(it).ok());
        let Some(result) = result else { return Ok(String::new()) };
        let diff = self.secrets.redact(&unified(&result.changes, DIFF_BYTES_MAX));
        let longest = diff.split(|it| it != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        Ok(format!(
            "\n\n<details><summary>The changes</summary>\n\n{fence}diff\n{}\n{fence}\n\n</details>",
            diff.trim_end()
        ))
    }

    /// What the guard found in the newest changes, as a list, and the digits that a yes is bound to.
    pub(super) async fn guard_findings(
        &self,
        issue: IssueKey,
    ) -> Result<Option<String>, StoreError> {
        let found = self.store.handle(issue, GUARD_FINDINGS).await?.unwrap_or_default();
        let found: Vec<Finding> = serde_json::from_str(&found).unwrap_or_default();
        let lines = found.iter().take(FINDINGS_SHOWN).map(|it| {
            let line = it.line.map(|line| format!(":{line}")).unwrap_or_default();
            let path = code(&format!("{}{line}", it.path));
            format!("- {path} {}", hygiene::defang(&it.sentence, &[]))
        });
        let mut text = lines.collect::<Vec<_>>().join("\n");
        let outside = self.store.handle(issue, OUTSIDE).await?.unwrap_or_default();
        let outside: Vec<OutsideText> = serde_json::from_str(&outside).unwrap_or_default();
        for it in &outside {
            let author = code(&it.author);
            let _ = write!(text, "\n- {} is by {author}, who has no write access", it.what);
        }
        let mut text = text.trim_start().to_owned();
        if FINDINGS_SHOWN < found.len() {
            let _ = write!(text, "\n- and {} more", found.len() - FINDINGS_SHOWN);
        }
        if let Some(asked) = self.asks_yes(issue).await? {
            let digits: String = asked.hash.chars().take(12).collect();
            let _ = write!(text, "{}", self.shown_changes(&asked.run).await?);
            let _ = write!(text, "\n\nThese changes have the content `{digits}`.");
        }
        Ok(Some(text))
    }

    /// What test-agent and review-agent reported last, as people may read it: models wrote it, who
    /// had read what others wrote.
    pub(in crate::engine) async fn report_views(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<(Role, Findings)>, StoreError> {
        let harmless = |text: &mut String| *text = hygiene::defang(text, &[]);
        let mut reports = self.reports_of(issue).await?;
        for (_, report) in &mut reports {
            harmless(&mut report.summary);
            for it in &mut report.acceptance {
                harmless(&mut it.line);
                harmless(&mut it.evidence);
            }
            for it in &mut report.findings {
                it.path = it.path.as_deref().map(code);
                harmless(&mut it.problem);
                harmless(&mut it.remedy);
            }
        }
        Ok(reports)
    }

    /// The tasks of the plan as they stand. Empty for a plan that is no graph, which its checks do
    /// not let through.
    pub(in crate::engine) async fn board_of(
        &self,
        issue: IssueKey,
        plan: &Plan,
    ) -> Result<Board, StoreError> {
        let subject = self.subject_of(issue).await?;
        let work = subject.as_ref().and_then(|it| it.state.stage.work());
        Ok(match work {
            Some(work) => work.board(&plan.tasks),
            None => Board::of(&plan.tasks, Task::tier).unwrap_or_default(),
        })
    }

    /// STATE.md as a value while a plan is being built.
    pub(in crate::engine) async fn work_state(
        &self,
        issue: IssueKey,
        plan: &Plan,
        board: &Board,
        now: WorkNow,
    ) -> Result<WorkState, StoreError> {
        let subject = self.subject_of(issue).await?;
        let history = match &subject {
            Some(subject) => self.store.history(subject.installation, issue).await?,
            None => Vec::new(),
        };
        let log = history
            .into_iter()
            .filter(|it| it.from != it.to)
            .map(|it| (it.at, format!("{}: {} → {}", it.event, it.from, it.to)));
        Ok(WorkState {
            issue: issue.number.to_string(),
            title: subject.map(|it| it.snapshot.title).unwrap_or_default(),
            updated: self.clock.now(),
            position: now.position,
            branch: self.store.handle(issue, "branch").await?,
            decisions: self.answers_so_far(issue).await?,
            approach: plan.summary.clone(),
            tasks: task_lines(board),
            files_changed: now.files_changed,
            tests: now.tests,
            blockers: Vec::new(),
            last_action: now.last_action,
            next_step: now.next_step,
            log: log.collect(),
        })
    }
}
