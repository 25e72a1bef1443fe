//! `Blocked`: a person has to do something that Baton named.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Reaction, Refused};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::state::{Block, Held, Stop};
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Blocked`.
pub(super) fn answer(mut draft: Draft<'_>, why: Block, held: &Held, event: &Event) -> Decision {
    match event {
        Event::Asked { .. } | Event::Labelled { .. } | Event::Answered { .. } => {
            wished(draft, why, held, event)
        }
        Event::PullRequestClosed { merged } if held.plan.is_some() => {
            draft.stop(if *merged { Stop::PlanMerged } else { Stop::PlanClosed });
            draft.refresh_status();
            draft.done()
        }
        Event::Edited => {
            draft.refresh_status();
            draft.done()
        }
        Event::EffectFailed { .. } => draft.ignored(Ignored::NothingDepends),
        Event::Opened
        | Event::Unlabelled { .. }
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

fn wished(draft: Draft<'_>, why: Block, held: &Held, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Plan { model, budget, text } => {
            let ask = match &held.plan {
                Some(plan) if !text.trim().is_empty() => {
                    Ask::Revise { revision: plan.revision, text: text.to_owned() }
                }
                Some(_) | None => Ask::Plan { text: text.to_owned(), budget },
            };
            wish.start(draft, ask, model, held.plan.clone())
        }
        Want::Revise(text) => match &held.plan {
            Some(plan) => {
                let ask = Ask::Revise { revision: plan.revision, text: text.to_owned() };
                wish.start(draft, ask, None, held.plan.clone())
            }
            None => wish.refuse(draft, Refused::NoPlan),
        },
        Want::Retry => retry(draft, why, held, &wish),
        Want::Answer(_) if matches!(event, Event::Answered { .. }) => {
            draft.ignored(Ignored::NotForThisStage)
        }
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// Publishing is tried again as it was; anything else starts the run again.
fn retry(mut draft: Draft<'_>, why: Block, held: &Held, wish: &Wish<'_>) -> Decision {
    match (why, &held.plan) {
        (Block::Publishing | Block::BranchDeleted, Some(plan)) => {
            if let Some(comment) = wish.comment {
                draft.react(comment, Reaction::Eyes);
            }
            draft.publish_again(plan);
            draft.done()
        }
        (Block::Publishing | Block::BranchDeleted, None)
        | (Block::Run(_) | Block::Stuck | Block::Telling, _) => {
            wish.start(draft, Ask::Again, None, held.plan.clone())
        }
    }
}
