//! The plan file as it stands at the head of its branch: what an approval is held against, and
//! what a push may have edited.

use serde_json::json;

use crate::base::{IssueKey, RunId, Timestamp};
use crate::domain::command::Command;
use crate::domain::hygiene;
use crate::domain::permission::Right;
use crate::domain::plan::hash::ContentHash;
use crate::domain::plan::paths::path_fault;
use crate::domain::plan::place::plan_path;
use crate::domain::plan::{Plan, Task};
use crate::domain::workflow::{
    AsksYes, Block, ControlLabel, Event, PlanAtHead, PlanRef, Request, Review, ReviewSays, Stage,
    Tick,
};
use crate::engine::ingest::Subject;
use crate::engine::view::PlanNewsHandle;
use crate::engine::{ASKS_YES, Engine};
use crate::github::client::GitHubError;
use crate::render::plan::{PlanFile, PlanTask, ReadFault, read};
use crate::store::{CommitError, InboxRow, NewPlan, PlanRow, StoreError};

/// The plan at the head, or the time to ask again.
pub(super) enum HeadPlan {
    Known(PlanAtHead),
    AskAgain { at: Timestamp, why: String },
}

/// What was found of the plan file.
enum HeadText {
    Text(String),
    /// File or branch is gone.
    Missing,
    /// The tree is too large for GitHub to list it whole, and the file is not in what it listed.
    CutShort,
}

impl Engine {
    /// Reads the plan file at the head of the branch if `events` turn on it.
    pub(super) async fn head_plan(
        &self,
        row: &InboxRow,
        subject: &Subject,
        events: &[Event],
    ) -> Result<HeadPlan, CommitError> {
        let (
            Stage::Planned { .. }
            | Stage::Working { .. }
            | Stage::Inspecting { .. }
            | Stage::Blocked { why: Block::BranchDeleted | Block::Ci(_), .. },
            Some(plan),
        ) = (subject.state.stage.unpaused(), subject.state.stage.plan())
        else {
            return Ok(HeadPlan::Known(PlanAtHead::NotRead));
        };
        if !events.iter().any(turns_on_the_plan) {
            return Ok(HeadPlan::Known(PlanAtHead::NotRead));
        }
        let text = match self.plan_text(subject).await? {
            Ok(HeadText::Text(text)) => text,
            Ok(HeadText::Missing) => return Ok(HeadPlan::Known(PlanAtHead::Missing)),
            Ok(HeadText::CutShort) => return Ok(HeadPlan::Known(PlanAtHead::Unknown)),
            Err(error) => {
                return Ok(match self.ask_again_at(row, subject.installation, &error).await? {
                    Some(at) => HeadPlan::AskAgain { at, why: error.to_string() },
                    None => HeadPlan::Known(PlanAtHead::Unknown),
                });
            }
        };
        let hash = ContentHash::of(&text);
        if hash.as_str() == plan.hash {
            return Ok(HeadPlan::Known(PlanAtHead::Same));
        }
        let Some(before) = self.store.plan(subject.key, i64::from(plan.revision)).await? else {
            return Err(StoreError::unreadable("plan", &plan.hash).into());
        };
        Ok(HeadPlan::Known(match edited(&before, &text) {
            Ok(edited) => {
                let revision = subject.state.revision.saturating_add(1);
                let edited = NewPlan {
                    revision: i64::from(revision),
                    hash: hash.as_str().to_owned(),
                    plan: json!(edited),
                    markdown: text,
                    base_sha: before.base_sha.clone(),
                };
                self.store.save_edited_plan(&before, &edited, self.clock.now()).await?;
                PlanAtHead::Edited(PlanRef { revision, hash: edited.hash })
            }
            Err(sentence) => PlanAtHead::Invalid(hygiene::defang(&sentence, &[])),
        }))
    }

    /// The tasks that are ticked in the plan's file at the head of its branch; `None` when it is
    /// not there or does not read.
    pub(super) async fn ticked_in_file(
        &self,
        subject: &Subject,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Ok(HeadText::Text(text)) = self.plan_text(subject).await? else { return Ok(None) };
        let Ok(file) = read(&text) else { return Ok(None) };
        Ok(Some(file.tasks.into_iter().filter(|it| it.done).map(|it| it.id).collect()))
    }

    /// The text of the plan file at the head of its branch.
    async fn plan_text(
        &self,
        subject: &Subject,
    ) -> Result<Result<HeadText, GitHubError>, StoreError> {
        // Of a plan that was merged the merged tree counts, until its next branch stands.
        let merged = self.merged_plan(subject.key).await?.map(|it| it.commit);
        let branch = self.store.handle(subject.key, "branch").await?;
        if merged.is_none() && branch.is_none() {
            return Ok(Ok(HeadText::Missing));
        }
        let branch = branch.unwrap_or_default();
        let path = plan_path(&subject.key.number.to_string());
        let reader = self.reader(subject.installation, &subject.repository);
        let read = async {
            let head = match merged {
                Some(commit) => Some(commit),
                None => reader.branch_head(&branch).await?,
            };
            let Some(head) = head else { return Ok(HeadText::Missing) };
            let tree = reader.tree(&head).await?;
            let Some(file) = tree.entries.into_iter().find(|it| it.path == path) else {
                return Ok(if tree.truncated { HeadText::CutShort } else { HeadText::Missing });
            };
            let bytes = reader.blob(&file.sha).await?;
            Ok(HeadText::Text(String::from_utf8_lossy(&bytes).into_owned()))
        };
        Ok(read.await)
    }

    /// The change of the newest run that waits for a person.
    pub(super) async fn asks_yes(&self, issue: IssueKey) -> Result<Option<AsksYes>, StoreError> {
        let parked = self.store.handle(issue, ASKS_YES).await?;
        let parked = parked.as_deref().and_then(|it| it.split_once(' '));
        Ok(parked.map(|(hash, run)| AsksYes { run: RunId::from(run), hash: hash.to_owned() }))
    }

    /// The newest revision that was announced, and when.
    pub(super) async fn announced(
        &self,
        subject: &Subject,
    ) -> Result<Option<(u16, Timestamp)>, StoreError> {
        let revision = subject.state.revision;
        let handle = self.store.handle(subject.key, &PlanNewsHandle::kind(revision)).await?;
        Ok(handle.as_deref().and_then(PlanNewsHandle::read).map(|it| (revision, it.at)))
    }
}

/// Whether what the plan says now decides what becomes of `event`. Whoever may not approve is
/// refused without asking GitHub anything.
fn turns_on_the_plan(event: &Event) -> bool {
    match event {
        Event::Asked { by, request: Request::Command(Command::Approve { .. }), .. }
        | Event::Asked { by, request: Request::Command(Command::Implement { .. }), .. }
        | Event::Labelled { by, label: ControlLabel::Approved | ControlLabel::Manual }
        | Event::Reviewed { by, review: Review { says: ReviewSays::Approves { .. }, .. } }
        | Event::Ticked {
            by,
            tick: Tick::Approve { .. } | Tick::Start { .. } | Tick::Anyway { .. },
        } => Right::Write <= by.right,
        Event::Pushed { .. } | Event::PlanMerged { .. } => true,
        Event::Asked { .. }
        | Event::Labelled {
            label:
                ControlLabel::Plan
                | ControlLabel::Pause
                | ControlLabel::Complexity(_)
                | ControlLabel::Model(_),
            ..
        }
        | Event::Opened
        | Event::Edited
        | Event::Unlabelled { .. }
        | Event::Reviewed { .. }
        | Event::FixAsked { .. }
        | Event::Ticked {
            tick: Tick::Refresh { .. } | Tick::Task { .. } | Tick::Fix { .. }, ..
        }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::Answered { .. }
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended => false,
    }
}

/// The plan that people made of `before` by editing its file, or the first thing that is wrong.
/// The tasks are the truth of the file; the rest of the value stays what the planner submitted, and
/// the file itself is what a later run is given.
fn edited(before: &PlanRow, text: &str) -> Result<Plan, String> {
    let file: PlanFile = read(text).map_err(|faults| first(&faults))?;
    let mut plan: Plan = serde_json::from_value(before.plan.clone())
        .map_err(|_| "the revision before it does not read".to_owned())?;
    plan.tasks = file.tasks.into_iter().map(task).collect();
    for task in &plan.tasks {
        if let Some((path, fault)) =
            task.files.iter().find_map(|path| Some((path, path_fault(path)?)))
        {
            return Err(format!("task {}: the path `{path}` {fault}", task.id));
        }
    }
    Ok(plan)
}

fn first(faults: &[ReadFault]) -> String {
    let Some(fault) = faults.first() else { return "it cannot be read".to_owned() };
    match faults.len() - 1 {
        0 => fault.to_string(),
        more => format!("{fault} (and {more} more)"),
    }
}

fn task(task: PlanTask) -> Task {
    Task {
        id: task.id,
        title: task.title,
        phase: task.phase,
        kind: task.kind,
        complexity: task.complexity,
        files: task.files,
        blocked_by: task.blocked_by,
        acceptance: task.acceptance,
        verify: task.verify,
    }
}
