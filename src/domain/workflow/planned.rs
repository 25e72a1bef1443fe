//! `Planned`: a plan is committed and waits for people.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Post, Refused, TimerKind};
use crate::domain::workflow::event::{Event, Purpose};
use crate::domain::workflow::state::{Block, PlanRef, Stop};
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Planned`.
pub(super) fn answer(mut draft: Draft<'_>, plan: &PlanRef, event: &Event) -> Decision {
    match event {
        Event::Asked { .. } | Event::Labelled { .. } | Event::Answered { .. } => {
            wished(draft, plan, event)
        }
        Event::TimerDue { kind: TimerKind::Remind, .. } => {
            draft.post(Post::Reminder { person: draft.state.requester });
            draft.done()
        }
        Event::TimerDue { kind: TimerKind::GiveUp, .. } => {
            draft.stop(Stop::Unanswered);
            draft.post(Post::Ended { why: Stop::Unanswered, person: draft.state.requester });
            draft.status();
            draft.done()
        }
        Event::BranchDeleted => {
            draft.block(Block::BranchDeleted);
            draft.done()
        }
        Event::PullRequestClosed { merged } => {
            draft.stop(if *merged { Stop::PlanMerged } else { Stop::PlanClosed });
            draft.status();
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish } => {
            draft.block(Block::Publishing);
            draft.done()
        }
        Event::Edited => {
            draft.refresh_status();
            draft.done()
        }
        Event::Opened
        | Event::Unlabelled { .. }
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn wished(draft: Draft<'_>, plan: &PlanRef, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Plan { model, text, .. } if !text.trim().is_empty() => {
            let ask = Ask::Revise { revision: plan.revision, text: text.to_owned() };
            wish.start(draft, ask, model, Some(plan.clone()))
        }
        Want::Plan { .. } => wish.refuse(draft, Refused::PlanWaits),
        Want::Revise(text) => {
            let ask = Ask::Revise { revision: plan.revision, text: text.to_owned() };
            wish.start(draft, ask, None, Some(plan.clone()))
        }
        Want::Answer(_) if matches!(event, Event::Answered { .. }) => {
            draft.ignored(Ignored::NotForThisStage)
        }
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}
