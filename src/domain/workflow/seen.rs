//! `Seen`: scored; waits for someone with the right to ask.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::Ask;
use crate::domain::workflow::event::Event;
use crate::domain::workflow::refused::{Refused, Unapproved, Unbuilt};
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Seen`.
pub(super) fn answer(draft: Draft<'_>, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => wished(draft, event),
        Event::EffectFailed { .. } => draft.ignored(Ignored::NothingDepends),
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::Reviewed { .. }
        | Event::StatusEdited
        | Event::BranchDeleted
        | Event::Pushed { .. }
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

fn wished(draft: Draft<'_>, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Plan { model, budget, text } => {
            let (text, include) = (text.to_owned(), wish.include.to_vec());
            let ask = Ask::Plan { text, budget, include };
            wish.start(draft, ask, model, None)
        }
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Revise(_) => wish.refuse(draft, Refused::NoPlan),
        Want::Approve { .. } | Want::Unapprove | Want::Reject => {
            wish.refuse(draft, Unapproved::NoPlan)
        }
        Want::Implement { .. } => wish.refuse(draft, Unapproved::NoPlan),
        Want::Handoff(_) | Want::Task { .. } | Want::Allow(_) => {
            wish.refuse(draft, Unbuilt::NotBuilding)
        }
        Want::Look(_) => wish.refuse(draft, Unbuilt::NothingBuilt),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}
