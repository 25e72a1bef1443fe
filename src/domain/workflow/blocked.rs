//! `Blocked`: a person has to do something that Baton names.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Refused, Unapproved};
use crate::domain::workflow::event::{Event, Purpose};
use crate::domain::workflow::planned::reject;
use crate::domain::workflow::state::{Block, Held};
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Blocked`.
pub(super) fn answer(mut draft: Draft<'_>, why: Block, held: &Held, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::Answered { .. } => wished(draft, why, held, event),
        // The call for a person did not get through: the status comment has to say it.
        Event::EffectFailed { purpose: Purpose::Tell } => {
            draft.refresh_status();
            draft.done()
        }
        Event::EffectFailed { purpose: Purpose::Publish | Purpose::Courtesy | Purpose::Run } => {
            draft.ignored(Ignored::NothingDepends)
        }
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::BranchDeleted
        | Event::Pushed { .. }
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn wished(draft: Draft<'_>, why: Block, held: &Held, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match (&wish.want, &held.plan) {
        (Want::Plan { model, budget, text }, Some(plan)) if !text.trim().is_empty() => {
            wish.revise(draft, plan, text, (*model, *budget))
        }
        (Want::Plan { model, budget, text }, plan) => {
            let ask = Ask::Plan { text: (*text).to_owned(), budget: *budget };
            wish.start(draft, ask, *model, plan.clone())
        }
        (Want::Revise(text), Some(plan)) => wish.revise(draft, plan, text, (None, None)),
        (Want::Revise(_), None) => wish.refuse(draft, Refused::NoPlan),
        (Want::Retry, _) => retry(draft, why, held, &wish),
        (Want::Reject, Some(_)) => reject(draft, &wish),
        (Want::Approve(_) | Want::Unapprove, Some(_)) => wish.refuse(draft, Unapproved::NotOut),
        (Want::Approve(_) | Want::Unapprove | Want::Reject, None) => {
            wish.refuse(draft, Unapproved::NoPlan)
        }
        (Want::Answer(_), _) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// Publishing is tried again as it was; anything else starts the run again.
pub(super) fn retry(draft: Draft<'_>, why: Block, held: &Held, wish: &Wish<'_>) -> Decision {
    match (why, &held.plan) {
        (Block::Publishing | Block::BranchDeleted, Some(plan)) => wish.publish_again(draft, plan),
        (Block::Publishing | Block::BranchDeleted, None)
        | (Block::Run(_) | Block::Stuck | Block::Telling, _) => {
            wish.start(draft, Ask::Again, None, held.plan.clone())
        }
    }
}
