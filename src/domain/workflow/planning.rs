//! `Planning`: a planning run is live.

use crate::base::RunId;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Effect, Post};
use crate::domain::workflow::event::{Event, Purpose, Report};
use crate::domain::workflow::paused;
use crate::domain::workflow::refused::{Refused, Unapproved, Unbuilt};
use crate::domain::workflow::state::{Block, PlanRef, RunFailure, Stage};
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::wish::{Want, Wish};

/// What the stage carries.
pub(super) struct Planning<'a> {
    pub(super) run: &'a RunId,
    pub(super) plan: &'a Option<PlanRef>,
    pub(super) rounds: u8,
}

/// A byte has eight bits for answers. The session allows three questions a round; a report that
/// says otherwise must not leave a stage that nobody can answer.
const QUESTIONS_MAX: u8 = 8;

/// Answers `event` in `Planning`.
pub(super) fn answer(mut draft: Draft<'_>, stage: Planning<'_>, event: &Event) -> Decision {
    match event {
        Event::RunReported { report, .. } => reported(draft, stage, report),
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Reviewed { .. }
        | Event::Answered { .. } => wished(draft, stage, event),
        Event::TimerDue { kind: TimerKind::Stuck, .. } => {
            draft.block(Block::Stuck);
            draft.done()
        }
        // Nothing is done to the run: people read how long it has been silent.
        Event::TimerDue { kind: TimerKind::Poke, .. } => {
            draft.refresh_status();
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Run } => {
            draft.block(Block::Run(RunFailure::Unreadable));
            draft.done()
        }
        // They belong to what stood before this run, and its plan is published anew.
        Event::EffectFailed { purpose: Purpose::Publish | Purpose::Tell | Purpose::Courtesy }
        | Event::BranchDeleted
        | Event::Pushed { .. } => draft.ignored(Ignored::NothingDepends),
        Event::TimerDue {
            kind:
                TimerKind::Resume
                | TimerKind::Remind
                | TimerKind::GiveUp
                | TimerKind::Ci
                | TimerKind::Note
                | TimerKind::Start
                | TimerKind::Closed,
            ..
        }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn reported(mut draft: Draft<'_>, stage: Planning<'_>, report: &Report) -> Decision {
    match report {
        Report::Questions { count } => {
            let round = stage.rounds.saturating_add(1);
            let run = stage.run.clone();
            draft.enter(Stage::Asking {
                run: run.clone(),
                plan: stage.plan.clone(),
                round,
                questions: (*count).clamp(1, QUESTIONS_MAX),
                answered: 0,
                work: None,
            });
            draft.post(Post::Questions { run, round });
            draft.status();
        }
        Report::Plan { revision, hash } => {
            draft.state.revision = *revision;
            draft.publish(PlanRef { revision: *revision, hash: hash.clone() });
        }
        Report::Waits | Report::NearLimit => draft.refresh_status(),
        Report::OverLimit => paused::over_limit(&mut draft),
        // A planner has no such tools; what says so is not one.
        Report::Noted
        | Report::Costly
        | Report::Outgrown
        | Report::TaskDone
        | Report::Findings { .. }
        | Report::Pushed { .. }
        | Report::PushRefused { .. }
        | Report::ApprovalsStand => return draft.ignored(Ignored::NotForThisStage),
        Report::Failed { why } => draft.run_failed(*why),
    }
    draft.done()
}

fn wished(mut draft: Draft<'_>, stage: Planning<'_>, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Revise(text) => {
            if let Some(refused) = wish.comes_too_late_to_include() {
                return wish.refuse(draft, refused);
            }
            wish.joins(&mut draft);
            draft.push(Effect::TellRun { run: stage.run.clone(), text: text.to_owned() });
            draft.status();
            draft.done()
        }
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Approve { .. } | Want::Unapprove | Want::Reject => {
            let before = stage.plan.as_ref().map(|it| it.revision);
            wish.refuse(draft, Unapproved::BeingWritten { before })
        }
        Want::Implement { .. } | Want::Handoff(_) | Want::Task { .. } | Want::Allow(_) => {
            wish.refuse(draft, Unbuilt::NotBuilding)
        }
        Want::Look(_) => wish.refuse(draft, Unbuilt::NothingBuilt),
        Want::Plan { .. } | Want::Retry => wish.refuse(draft, Refused::AlreadyPlanning),
    }
}
