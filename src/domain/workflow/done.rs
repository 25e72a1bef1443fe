//! `Done`: an end. The work was merged; whoever reopens the issue begins another life of it.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::refused::Unbuilt;
use crate::domain::workflow::state::Stage;
use crate::domain::workflow::wish::Wish;

/// Answers `event` in `Done`.
pub(super) fn answer(mut draft: Draft<'_>, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::FixAsked { .. }
        | Event::Answered { .. } => match Wish::of(event, draft.facts.arrived) {
            Some(wish) => wish.refuse(draft, Unbuilt::Merged),
            None => draft.ignored(Ignored::Ended),
        },
        Event::Reopened { by } if by.bot => draft.ignored(Ignored::ByBot),
        Event::Reopened { .. } => {
            draft.state.life = draft.state.life.saturating_add(1);
            draft.state.requester = None;
            draft.state.tier = None;
            draft.state.handoffs = 0;
            draft.asked_in(None);
            draft.enter(Stage::Seen);
            draft.refresh_status();
            draft.done()
        }
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Gone
        | Event::RunReported { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::Reviewed { .. }
        | Event::StatusEdited
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::Pushed { .. }
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::RelatedPull { .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => draft.ignored(Ignored::Ended),
    }
}
