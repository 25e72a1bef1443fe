//! `Stopped`: an end. It is left by reopening the issue or by a retry only.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Reaction, Refused};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::state::{Held, Stop};
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Stopped`.
pub(super) fn answer(mut draft: Draft<'_>, why: Stop, held: &Held, event: &Event) -> Decision {
    match event {
        Event::Asked { .. } | Event::Labelled { .. } | Event::Answered { .. } => {
            wished(draft, why, held, event)
        }
        Event::Reopened { .. } if why == Stop::Closed => {
            draft.go_back_to(held);
            draft.done()
        }
        Event::Opened
        | Event::Edited
        | Event::Unlabelled { .. }
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::Ended),
    }
}

fn wished(draft: Draft<'_>, why: Stop, held: &Held, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::Ended);
    };
    match wish.want {
        Want::Retry => retry(draft, why, held, &wish),
        Want::Answer(_) if matches!(event, Event::Answered { .. }) => draft.ignored(Ignored::Ended),
        Want::Plan { .. } | Want::Revise(_) | Want::Answer(_) => wish.refuse(draft, Refused::Ended),
    }
}

fn retry(mut draft: Draft<'_>, why: Stop, held: &Held, wish: &Wish<'_>) -> Decision {
    if why == Stop::Closed && !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    if held.run {
        return wish.start(draft, Ask::Again, None, held.plan.clone());
    }
    let gone_for_good = matches!(why, Stop::PlanMerged | Stop::PlanClosed);
    match &held.plan {
        Some(_) if !gone_for_good => {
            if let Some(comment) = wish.comment {
                draft.react(comment, Reaction::Eyes);
            }
            draft.go_back_to(held);
            draft.done()
        }
        Some(_) => wish.start(draft, Ask::Again, None, None),
        None => {
            if let Some(comment) = wish.comment {
                draft.react(comment, Reaction::Eyes);
            }
            draft.go_back_to(held);
            draft.done()
        }
    }
}
