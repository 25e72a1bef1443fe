//! The plan file as it stands at the head of its branch: what an approval is held against, and
//! what a push may have edited.

use std::collections::BTreeMap;

use serde_json::json;

use crate::base::{IssueKey, RunId, Sha, Timestamp};
use crate::domain::command::Command;
use crate::domain::hygiene;
use crate::domain::permission::Right;
use crate::domain::plan::Plan;
use crate::domain::plan::checklist::BoxLine;
use crate::domain::plan::hash::ContentHash;
use crate::domain::plan::place::{completed_path, plan_path};
use crate::domain::workflow::{
    AsksYes, Block, ControlLabel, Event, NO_FILE, PlanAtHead, PlanRef, Request, Review, ReviewSays,
    Stage, Tick, takes_up,
};
use crate::engine::ingest::Subject;
use crate::engine::view::plan_news;
use crate::engine::{ASKS_YES, Engine};
use crate::github::client::{GitHubError, ReadPort, Tree};
use crate::render::plan::{ReadFault, read_plan};
use crate::store::{CommitError, InboxRow, LaneLease, NewPlan, StoreError};

/// The plan at the head, or the time to ask again.
pub(super) enum HeadPlan {
    Known(PlanAtHead),
    AskAgain { at: Timestamp, why: String },
}

/// The handle under which it stands what is wrong with the plan's file.
const PLAN_FAULT: &str = "plan-fault";

/// What is remembered of the plan's file as it was read for a decision.
pub(super) fn fault_handle(head: &PlanAtHead) -> Option<(String, String)> {
    let fault = match head {
        PlanAtHead::NotRead | PlanAtHead::Unknown => return None,
        PlanAtHead::Same | PlanAtHead::Edited(_) => String::new(),
        PlanAtHead::Invalid(sentence) => sentence.clone(),
        PlanAtHead::Missing => NO_FILE.to_owned(),
    };
    Some((PLAN_FAULT.to_owned(), fault))
}

/// What is remembered once Baton has written the file.
pub(super) fn without_fault() -> (String, String) {
    (PLAN_FAULT.to_owned(), String::new())
}

/// What was found of the plan file.
enum HeadText {
    Text {
        text: String,
        tree: Box<Tree>,
    },
    /// File or branch is gone.
    Missing,
}

/// The largest plan file that is read: every prompt carries it, and reading takes time.
const PLAN_BYTES_MAX: usize = 256 * 1024;

impl Engine {
    /// Reads the plan file at the head of the branch if `events` turn on it, and keeps a plan that
    /// people made there.
    pub(super) async fn head_plan(
        &self,
        (lease, row): (&LaneLease, &InboxRow),
        subject: &Subject,
        events: &[Event],
    ) -> Result<HeadPlan, CommitError> {
        let state = &subject.state;
        let waits = state.stage.unpaused().plan_that_waits().is_some()
            || matches!(state.stage.unpaused(), Stage::Blocked { why: Block::BranchDeleted, .. });
        let counts = waits || state.stage.work().is_some();
        let turns = |it: &Event| turns_on_the_plan(it) || takes_up(state, it);
        let Some(plan) = state.stage.plan().filter(|_| counts && events.iter().any(turns)) else {
            return Ok(HeadPlan::Known(PlanAtHead::NotRead));
        };
        let (text, tree) = match self.plan_text(subject).await? {
            Ok(HeadText::Text { text, tree }) => (text, tree),
            Ok(HeadText::Missing) => return Ok(HeadPlan::Known(PlanAtHead::Missing)),
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
        Ok(HeadPlan::Known(
            match edited(&text, |path| tree.entries.iter().any(|it| it.path == path)) {
                Ok(edited) => {
                    let revision = subject.state.revision.saturating_add(1);
                    let edited = NewPlan {
                        revision: i64::from(revision),
                        hash: hash.as_str().to_owned(),
                        plan: json!(edited),
                        markdown: text,
                        base_sha: before.base_sha.clone(),
                    };
                    let read = (lease, subject.version);
                    self.store.save_edited_plan(read, &before, &edited, self.clock.now()).await?;
                    PlanAtHead::Edited(PlanRef { revision, hash: edited.hash })
                }
                Err(sentence) => PlanAtHead::Invalid(hygiene::defang(&sentence, &[])),
            },
        ))
    }

    /// What was wrong with the plan's file when it was read last.
    pub(super) async fn plan_fault(&self, issue: IssueKey) -> Result<Option<String>, StoreError> {
        let fault = self.store.handle(issue, PLAN_FAULT).await?;
        Ok(fault.filter(|it| !it.is_empty()))
    }

    /// The boxes of tasks in the plan's file at a commit, and whether each is ticked. None where the
    /// file is not there.
    pub(super) async fn boxes_at(
        &self,
        subject: &Subject,
        commit: &Sha,
    ) -> Result<BTreeMap<String, bool>, GitHubError> {
        let reader = self.reader(subject.installation, &subject.repository);
        let text = plan_text_at(&reader, subject.key, commit).await?.unwrap_or_default();
        let boxes = text.lines().filter_map(BoxLine::read);
        Ok(boxes.filter_map(|it| Some((it.task?.to_owned(), it.ticked))).collect())
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
        let reader = self.reader(subject.installation, &subject.repository);
        let read = async {
            let head = match merged {
                Some(commit) => Some(commit),
                None => reader.branch_head(&branch).await?,
            };
            let Some(head) = head else { return Ok(HeadText::Missing) };
            plan_file_at(&reader, subject.key, &head).await
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
        let posted = self.posted(subject.key, &plan_news(revision)).await?;
        Ok(posted.map(|it| (revision, it.at)))
    }
}

/// The text of the plan file at a commit, if it is there.
pub(super) async fn plan_text_at(
    reader: &ReadPort,
    issue: IssueKey,
    commit: &Sha,
) -> Result<Option<String>, GitHubError> {
    match plan_file_at(reader, issue, commit).await {
        Ok(HeadText::Text { text, .. }) => Ok(Some(text)),
        // A commit that a rewritten history left behind may be gone.
        Ok(HeadText::Missing) | Err(GitHubError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The plan file at a commit, at its place among active plans or, of work that was finished once,
/// among completed ones.
async fn plan_file_at(
    reader: &ReadPort,
    issue: IssueKey,
    commit: &Sha,
) -> Result<HeadText, GitHubError> {
    let number = issue.number.to_string();
    let tree = reader.tree(commit).await?;
    let places = [plan_path(&number), completed_path(&number)];
    let find = |path: &String| tree.entries.iter().find(|it| it.path == *path);
    let listed = places.iter().find_map(find);
    let bytes = match listed {
        Some(file) => Some(reader.blob(&file.sha).await?),
        // A large tree is not listed whole, so the file is asked for by its name.
        None if tree.truncated => file_at_a_place(reader, &places, commit).await?,
        None => None,
    };
    let Some(bytes) = bytes else { return Ok(HeadText::Missing) };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(HeadText::Text { text, tree: Box::new(tree) })
}

/// The file that stands at the first of these places, if one does.
async fn file_at_a_place(
    reader: &ReadPort,
    places: &[String],
    commit: &Sha,
) -> Result<Option<Vec<u8>>, GitHubError> {
    for place in places {
        if let Some(found) = reader.file_at(place, commit).await? {
            return Ok(Some(found.bytes));
        }
    }
    Ok(None)
}

/// Whether what the plan says now decides what becomes of `event`. Whoever may not approve is
/// refused without asking GitHub anything.
pub(super) fn turns_on_the_plan(event: &Event) -> bool {
    match event {
        Event::Asked { by, request: Request::Command(Command::Approve { .. }), .. }
        | Event::Asked { by, request: Request::Command(Command::Implement { .. }), .. }
        | Event::Labelled { by, label: ControlLabel::Approved | ControlLabel::Manual }
        | Event::Reviewed { by, review: Review { says: ReviewSays::Approves { .. }, .. } }
        | Event::Ticked {
            by,
            tick: Tick::Approve { .. } | Tick::Start { .. } | Tick::Anyway { .. },
        } => Right::Write <= by.right,
        Event::Pushed { elsewhere: false, .. } | Event::PlanMerged { .. } => true,
        // The plan is what its own branch says.
        Event::Pushed { elsewhere: true, .. }
        | Event::Asked { .. }
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
            tick: Tick::Refresh { .. } | Tick::Task { .. } | Tick::Fix { .. } | Tick::Allow { .. },
            ..
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
        | Event::Suspended
        | Event::Unsuspended => false,
    }
}

/// The plan that people made by editing its file, or the first thing that is wrong. All of it is
/// the file's: people approve what stands there, so models get that and nothing else. What nobody
/// sees on GitHub is no part of it (`testing.md`, case 49).
fn edited(text: &str, exists: impl Fn(&str) -> bool) -> Result<Plan, String> {
    if PLAN_BYTES_MAX < text.len() {
        let kib = text.len() / 1024;
        return Err(format!("it has {kib} KiB; a plan that models read has at most 256"));
    }
    let mut plan = read_plan(text).map_err(|faults| first(&faults))?;
    plan.name_files_of_tasks(exists);
    let shown = plan.with_texts(|it| hygiene::strip_hidden(it).text);
    shown.ok_or_else(|| "it cannot be read without what is hidden in it".to_owned())
}

fn first(faults: &[ReadFault]) -> String {
    let Some(fault) = faults.first() else { return "it cannot be read".to_owned() };
    match faults.len() - 1 {
        0 => fault.to_string(),
        more => format!("{fault} (and {more} more)"),
    }
}
