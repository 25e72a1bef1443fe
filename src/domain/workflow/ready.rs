//! `Ready`: all tasks are done, and the pull request waits for people to review and merge it.

use crate::domain::command::TaskAct;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Refused, TimerKind, Unbuilt};
use crate::domain::workflow::event::{Event, Purpose};
use crate::domain::workflow::state::{Block, Stop};
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::Work;
use crate::domain::workflow::working;

/// Answers `event` in `Ready`.
pub(super) fn answer(mut draft: Draft<'_>, work: &Work, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::Answered { .. } => wished(draft, work, event),
        Event::TimerDue { kind: TimerKind::Remind, .. } => draft.remind(),
        Event::TimerDue { kind: TimerKind::GiveUp, .. } => {
            draft.give_up(Stop::Unanswered);
            draft.done()
        }
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        // The last commit did not get through; the work itself stands on the branch.
        Event::EffectFailed { purpose: Purpose::Publish } => {
            draft.was_not_posted();
            draft.block(Block::Publishing);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Tell } => {
            draft.refresh_status();
            draft.done()
        }
        Event::Pushed { .. } => draft.ignored(Ignored::NothingNew),
        Event::EffectFailed { purpose: Purpose::Courtesy | Purpose::Run } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue { kind: TimerKind::Stuck | TimerKind::Resume | TimerKind::Ci, .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn wished(draft: Draft<'_>, work: &Work, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Task { id, act: act @ TaskAct::Reopen } => {
            let mut work = work.clone();
            match work.set(&draft.facts.tasks, id, act) {
                Ok(()) => working::resume(draft, work, &wish),
                Err(refused) => wish.refuse(draft, Unbuilt::Task { sentence: refused.to_string() }),
            }
        }
        Want::Task { id, act: act @ (TaskAct::Done | TaskAct::Skip) } => {
            let sentence = match work.clone().set(&draft.facts.tasks, id, act) {
                Err(refused) => refused.to_string(),
                Ok(()) => format!("{id} is a line for the review; there is nothing to settle."),
            };
            wish.refuse(draft, Unbuilt::Task { sentence })
        }
        Want::Plan { .. }
        | Want::Revise(_)
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Reject
        | Want::Implement { .. } => wish.refuse(draft, Unbuilt::AllDone),
        Want::Handoff(_) => wish.refuse(draft, Unbuilt::NotBuilding),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}
