//! `Done`: an end. The work was merged.

use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::Unbuilt;
use crate::domain::workflow::event::Event;
use crate::domain::workflow::wish::Wish;

/// Answers `event` in `Done`.
pub(super) fn answer(draft: Draft<'_>, event: &Event) -> Decision {
    match event {
        Event::Asked { .. }
        | Event::Labelled { .. }
        | Event::Unlabelled { .. }
        | Event::Ticked { .. }
        | Event::Answered { .. } => match Wish::of(event, draft.now) {
            Some(wish) => wish.refuse(draft, Unbuilt::Merged),
            None => draft.ignored(Ignored::Ended),
        },
        Event::Opened
        | Event::Edited
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::Pushed { .. }
        | Event::PullRequestClosed { .. }
        | Event::PlanMerged { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::Ended),
    }
}
