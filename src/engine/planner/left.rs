//! STATE.md in the store: written down before a run of the work is stopped, while all that it knows
//! is still there, and the base of what is told and committed afterwards.
//!
//! What only the run knew (its note, what it did last) is taken from there. What the service knows by
//! itself (tasks, answers, the branch, the checks) is read anew each time, so that a tick or a push
//! in between is not lost.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{IssueKey, RunId, Sha};
use crate::domain::plan::Plan;
use crate::domain::report::Note;
use crate::domain::session::{Editing, Entry, edits_made, last_note};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::{Ask, Doing, Stage, Then, Work};
use crate::engine::planner::task::tests;
use crate::engine::planner::{StoredBrief, revision_of};
use crate::engine::view::{WorkNow, read_plan};
use crate::engine::{CHANGED_FILES, Engine, STATE_MD};
use crate::render::state_md;
use crate::store::{RunRow, StoreError};

/// How many edited paths a successor is told by name.
const EDITED_SHOWN: usize = 20;

/// Where the work stood when a run left it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Left {
    /// The run.
    pub(in crate::engine) run: RunId,
    /// What it worked on: its task, or its role where it looked at all of them.
    pub(in crate::engine) about: String,
    /// What it did that its end takes away, in one sentence.
    pub(in crate::engine) last_action: String,
    /// What it noted, behind what was noted before it on the same.
    pub(in crate::engine) note: Option<Note>,
    /// STATE.md at that moment.
    pub(in crate::engine) text: String,
}

impl Engine {
    /// Keeps STATE.md as a run leaves. Whatever a second try finds is as true as the first: the stop
    /// of the run is ordered behind this.
    pub(in crate::engine) async fn keep_state(
        &self,
        issue: IssueKey,
        run: &RunId,
    ) -> Result<(), StoreError> {
        // A run that never began leaves nothing, and one of another version cannot be read.
        let Some(row) = self.store.load_run(run).await? else { return Ok(()) };
        let Ok(brief) = serde_json::from_value::<StoredBrief>(row.brief.clone()) else {
            return Ok(());
        };
        let Some(plan) = self.plan_of_brief(issue, &brief).await? else { return Ok(()) };
        let about = about(&brief);
        let rows = self.store.entries(run).await?;
        let entries: Vec<Entry> =
            rows.into_iter().filter_map(|it| serde_json::from_value(it.entry).ok()).collect();
        let earlier = self.inherited(issue, run, &about).await?.and_then(|it| it.note);
        let note = match (last_note(&entries), earlier) {
            (Some(note), Some(earlier)) => Some(note.after(&earlier)),
            (note, earlier) => note.or(earlier),
        };
        let edits = edits_made(&brief.session, &entries);
        let edited: BTreeSet<&str> = edits.iter().map(path).collect();
        let last_action = last_action(&row, &edited);
        let site = (&plan, &brief.base_sha);
        let text = self.state_left(issue, site, &last_action, note.as_ref()).await?;
        let left = Left { run: run.clone(), about, last_action, note, text };
        self.store.save_handle(issue, STATE_MD, &json!(left).to_string()).await
    }

    /// What the run before this one left, if that worked on the same and was not done with it.
    pub(in crate::engine) async fn inherited(
        &self,
        issue: IssueKey,
        run: &RunId,
        about: &str,
    ) -> Result<Option<Left>, StoreError> {
        let Some(left) = self.left(issue).await? else { return Ok(None) };
        let runs = self.runs_of_the_life(issue).await?;
        let before = runs.iter().take_while(|it| it.id != *run).last();
        Ok(Some(left).filter(|it| before.is_some_and(|run| run.id == it.run) && it.about == about))
    }

    /// What the newest run of the work left that did not end well.
    pub(in crate::engine) async fn left(
        &self,
        issue: IssueKey,
    ) -> Result<Option<Left>, StoreError> {
        let left = self.store.handle(issue, STATE_MD).await?;
        Ok(left.and_then(|it| serde_json::from_str(&it).ok()))
    }

    /// The same, if it was this run.
    pub(super) async fn left_by(
        &self,
        issue: IssueKey,
        before: Option<&RunRow>,
    ) -> Result<Option<Left>, StoreError> {
        let left = self.left(issue).await?;
        Ok(left.filter(|it| before.is_some_and(|run| run.id == it.run)))
    }

    /// The text of STATE.md, from what the store knows alone: a run must be stopped, whether GitHub
    /// answers or not. What failed is told of the head that the run began on.
    async fn state_left(
        &self,
        issue: IssueKey,
        (plan, head): (&Plan, &Sha),
        last_action: &str,
        note: Option<&Note>,
    ) -> Result<String, StoreError> {
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        let (position, next_step) = stage.as_ref().map(place).unwrap_or_default();
        let mut board = self.board_of(issue, plan).await?;
        let active = stage.as_ref().and_then(Stage::work).and_then(|it| it.task.as_deref());
        if let Some(Err(refused)) = active.map(|it| board.start(it)) {
            // What was found or asked for is no task of the plan.
            tracing::debug!(%issue, %refused, "the task that is built does not stand on the board");
        }
        let now = WorkNow {
            position,
            files_changed: self.changed_files(issue).await?,
            tests: tests(&self.failing_jobs(issue, head).await?),
            last_action: last_action.to_owned(),
            next_step,
        };
        let state = self.work_state(issue, plan, &board, now).await?;
        Ok(self.secrets.redact(&state_md::with_note(&state, note)))
    }

    /// The files that differed from the base when the branch was looked at or written last.
    pub(in crate::engine) async fn changed_files(
        &self,
        issue: IssueKey,
    ) -> Result<Vec<String>, StoreError> {
        self.files_of(issue, CHANGED_FILES).await
    }

    /// The files that stand under one of the two handles that hold some.
    pub(in crate::engine) async fn files_of(
        &self,
        issue: IssueKey,
        kind: &str,
    ) -> Result<Vec<String>, StoreError> {
        let files = self.store.handle(issue, kind).await?.unwrap_or_default();
        Ok(serde_json::from_str(&files).unwrap_or_default())
    }

    async fn plan_of_brief(
        &self,
        issue: IssueKey,
        brief: &StoredBrief,
    ) -> Result<Option<Plan>, StoreError> {
        let Some(revision) = revision_of(brief) else { return Ok(None) };
        let row = self.store.plan(issue, i64::from(revision)).await?;
        Ok(row.as_ref().and_then(read_plan))
    }
}

/// What a run works on.
fn about(brief: &StoredBrief) -> String {
    match &brief.ask {
        Ask::Task { task, .. } => task.clone(),
        Ask::Inspect { .. } | Ask::Plan { .. } | Ask::Revise { .. } | Ask::Again => {
            brief.session.role.name().to_owned()
        }
    }
}

/// Where the work stands once the run has left, and what comes next.
fn place(stage: &Stage) -> (String, String) {
    let says = |position: &str, next: &str| (position.to_owned(), next.to_owned());
    let task = |work: &Work| work.task.clone().unwrap_or_default();
    match stage.unpaused() {
        Stage::Working { work, doing: Doing::Building { .. } } => (
            format!("{} is given to a fresh run on {}.", task(work), work.tier.title()),
            format!("Build {}.", task(work)),
        ),
        Stage::HandingOver { work, to, .. } => (
            format!("{} changes hands: {} goes on.", task(work), to.title()),
            format!("Build {}.", task(work)),
        ),
        Stage::Working { doing: Doing::ByHand, .. } => says(
            "People build this with their own tools.",
            "People settle the tasks that are open.",
        ),
        Stage::Working { doing: Doing::Pushing { .. } | Doing::Checking { .. }, .. } => {
            says("The checks of the branch are waited for.", "What they say decides what is done.")
        }
        Stage::Inspecting { by, work, then: Then::ByHand, .. } => (
            format!(
                "People build this with their own tools, and the {} on {} looks how it stands.",
                by.role().name(),
                work.tier.title()
            ),
            "People settle the tasks that are open.".to_owned(),
        ),
        Stage::Inspecting { by, work, .. } => (
            format!("All tasks are done; the {} on {} looks.", by.role().name(), work.tier.title()),
            "What is found is mended; otherwise people review.".to_owned(),
        ),
        Stage::Asking { .. } => {
            says("A question waits for people.", "With the answer the work goes on.")
        }
        Stage::Blocked { .. } => {
            says("A person is needed.", "Somebody decides how the work goes on.")
        }
        Stage::Stopped { .. } => says("The work was stopped.", "Somebody takes it up again."),
        Stage::Ready { .. } => says("All tasks are done.", "People review the pull request."),
        Stage::Done { .. } => says("The work was merged.", ""),
        Stage::Seen | Stage::Planning { .. } | Stage::Planned { .. } | Stage::Paused { .. } => {
            says("The plan is being changed.", "People read the plan anew.")
        }
    }
}

/// What a run did that its end takes away.
fn last_action(run: &RunRow, edited: &BTreeSet<&str>) -> String {
    if edited.is_empty() {
        let tier = run.tier.parse::<Tier>().map_or("", Tier::title);
        let nothing = match Role::named(&run.role) {
            Some(Role::Implementer) => "had edited nothing that the branch does not hold",
            Some(Role::Planner | Role::TestAgent | Role::ReviewAgent) | None => "had not reported",
        };
        return format!("The run before, the {} on {tier}, {nothing}.", run.role);
    }
    let shown: Vec<&str> = edited.iter().take(EDITED_SHOWN).copied().collect();
    let more = edited.len().saturating_sub(EDITED_SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!(
        "The run before edited {}{more} and was stopped before it handed that in; the branch does \
         not hold those edits.",
        shown.join(", ")
    )
}

/// Where an edit left its text, or took it away.
fn path(editing: &Editing) -> &str {
    match editing {
        Editing::Create { path, .. }
        | Editing::Replace { path, .. }
        | Editing::Delete { path }
        | Editing::Move { to: path, .. } => path,
    }
}
