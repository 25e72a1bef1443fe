//! `Planned`: a plan is committed and waits for people.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Refused, TimerKind};
use crate::domain::workflow::event::{Event, Purpose};
use crate::domain::workflow::state::{Block, PlanRef, Stop};
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Planned`.
pub(super) fn answer(mut draft: Draft<'_>, plan: &PlanRef, event: &Event) -> Decision {
    match event {
        Event::Asked { .. } | Event::Labelled { .. } | Event::Answered { .. } => {
            wished(draft, plan, event)
        }
        Event::TimerDue { kind: TimerKind::Remind, .. } => draft.remind(),
        Event::TimerDue { kind: TimerKind::GiveUp, .. } => {
            draft.give_up(Stop::Unanswered);
            draft.done()
        }
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish } => {
            // The news of the plan stood behind its commit and was dropped with it.
            draft.was_not_posted();
            draft.block(Block::Publishing);
            draft.done()
        }
        // The news did not get through, but the plan is there, and the status comment links it.
        Event::EffectFailed { purpose: Purpose::Tell } => {
            draft.refresh_status();
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Courtesy | Purpose::Run } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::TimerDue { kind: TimerKind::Stuck | TimerKind::Resume, .. }
        | Event::Opened
        | Event::Edited
        | Event::Unlabelled { .. }
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn wished(draft: Draft<'_>, plan: &PlanRef, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Plan { text, .. } if text.trim().is_empty() => wish.refuse(draft, Refused::PlanWaits),
        Want::Plan { model, budget, text } => wish.revise(draft, plan, text, (model, budget)),
        Want::Revise(text) => wish.revise(draft, plan, text, (None, None)),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}
