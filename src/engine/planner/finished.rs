//! An implementer says that its task is done: what it changed is looked at once, and then kept with
//! the run for the push.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::Sha;
use crate::domain::diff::ChangeSet;
use crate::domain::guard::{Finding, PlanScope, Severity, guard};
use crate::domain::plan::Plan;
use crate::domain::report::{Note, TaskDone};
use crate::domain::session::{Entry, ToolOutcome, last_note};
use crate::domain::workflow::{Ask, Report};
use crate::engine::Engine;
use crate::engine::planner::outcome::unreadable;
use crate::engine::planner::{Live, StoredBrief, Turn};
use crate::scout::Workspace;
use crate::store::{ClaimError, RunEnd, RunStatus};

/// What a run came to, as stored with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::engine) struct TaskResult {
    /// The commit that the changes are made on.
    pub(in crate::engine) base_sha: Sha,
    /// What it changed.
    pub(in crate::engine) changes: ChangeSet,
    /// What it says about that.
    pub(in crate::engine) report: TaskDone,
    /// What it noted last.
    pub(in crate::engine) note: Option<Note>,
}

/// What a run is told that says it is done with nothing in its hands.
const NOTHING_CHANGED: &str = "The task is not done: no file differs from the commit that it \
    began on. If an edit was refused, look at what the tool answered and make it. If nothing has \
    to change, make no edit for its own sake: `ask` whether people will tick the task as done, and \
    say what meets it already.";

/// What a run is told whose changes hold something that no yes lets pass.
const NEVER_PUSHED: &str = "These changes are never pushed; take them back or do it another way:";

impl Engine {
    /// Takes the report unless nothing was changed, or the guard would never let the changes pass:
    /// the run can still do it another way, and nobody else has to.
    pub(super) async fn says_done(
        &self,
        live: &Live,
        seq: usize,
        call_id: String,
    ) -> Result<Turn, ClaimError> {
        let refused = match (self.plan_of(live).await?, changes(live).await) {
            // The checks of a head that somebody else made would pass for the task's own.
            (_, Some(changes)) if changes.is_empty() => NOTHING_CHANGED.to_owned(),
            (Some(plan), Some(changes)) => {
                let verdict = guard(&changes, &PlanScope::of(&plan));
                let refused: Vec<String> = verdict.of(Severity::Refused).map(sentence).collect();
                match refused.is_empty() {
                    true => String::new(),
                    false => format!("{NEVER_PUSHED}\n{}", refused.join("\n")),
                }
            }
            (None, _) | (_, None) => String::new(),
        };
        let (content, is_error) = match refused.is_empty() {
            true => ("It is taken. Your edits are judged and pushed now.".to_owned(), false),
            false => (refused, true),
        };
        let at = self.clock.now();
        let results = vec![ToolOutcome { id: call_id, content, is_error }];
        self.append(live, seq, &Entry::ToolsRan { results, at }).await?;
        Ok(Turn::GoOn)
    }

    /// Ends a run whose task is done, and keeps what it changed.
    pub(super) async fn keep_changes(
        &self,
        live: &Live,
        entries: &[Entry],
        report: TaskDone,
    ) -> Result<(), ClaimError> {
        let Some(changes) = changes(live).await else {
            let why = "what it changed could not be read back".to_owned();
            return self.give_up(&live.claimed, unreadable(why)).await;
        };
        let base_sha = live.brief.base_sha.clone();
        let result = TaskResult { base_sha, changes, report, note: last_note(entries) };
        let end = RunEnd {
            status: RunStatus::Finished,
            reason: None,
            internal: self.report(&live.claimed.run, 0, Report::TaskDone),
            plan: None,
            result: Some(json!(result)),
        };
        self.store.finish_run(&live.claimed, &end, self.clock.now()).await
    }

    /// The approved plan that the run is about.
    pub(super) async fn plan_of(&self, live: &Live) -> Result<Option<Plan>, ClaimError> {
        let Some(revision) = revision_of(&live.brief) else { return Ok(None) };
        let row = self.store.plan(live.claimed.run.issue, i64::from(revision)).await?;
        Ok(row.and_then(|it| serde_json::from_value(it.plan).ok()))
    }
}

/// The revision that a run builds or inspects by.
pub(in crate::engine) fn revision_of(brief: &StoredBrief) -> Option<u16> {
    match &brief.ask {
        Ask::Task { revision, .. } | Ask::Inspect { revision } => Some(*revision),
        Ask::Plan { .. } | Ask::Revise { .. } | Ask::Again => None,
    }
}

/// What the run has changed; `None` when its snapshot cannot be read any more.
async fn changes(live: &Live) -> Option<ChangeSet> {
    let (snapshot, edits) = (Arc::clone(&live.snapshot), live.edits.clone());
    let set = tokio::task::spawn_blocking(move || {
        Workspace::with_edits(snapshot, edits).change_set().ok()
    });
    set.await.ok().flatten()
}

fn sentence(finding: &Finding) -> String {
    let line = finding.line.map(|it| format!(":{it}")).unwrap_or_default();
    format!("- `{}`{line}: {}", finding.path, finding.sentence)
}
