//! `Seen`: scored; waits for someone with the right to ask.

use crate::domain::policy::Mode;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Ask, Effect, Refused};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::wish::{Want, Wish};

/// Answers `event` in `Seen`.
pub(super) fn answer(draft: Draft<'_>, event: &Event) -> Decision {
    match event {
        Event::Opened | Event::Edited => scored(draft),
        Event::Asked { .. } | Event::Labelled { .. } | Event::Answered { .. } => {
            wished(draft, event)
        }
        Event::Unlabelled { .. }
        | Event::Closed
        | Event::Reopened { .. }
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::Uninstalled
        | Event::Suspended => draft.ignored(Ignored::NotForThisStage),
    }
}

/// Shows the level as loudly as the mode allows, and only when it changed.
fn scored(mut draft: Draft<'_>) -> Decision {
    let mode = draft.facts.policy.mode;
    if mode == Mode::Quiet {
        return draft.ignored(Ignored::Quiet);
    }
    let level = draft.state.override_level.unwrap_or(draft.facts.level);
    if draft.state.shown_level == Some(level) {
        return draft.ignored(Ignored::NothingNew);
    }
    draft.state.shown_level = Some(level);
    draft.push(Effect::ShowLevel { level });
    if mode == Mode::Suggest {
        draft.status();
    }
    draft.done()
}

fn wished(draft: Draft<'_>, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Plan { model, budget, text } => {
            let ask = Ask::Plan { text: text.to_owned(), budget };
            wish.start(draft, ask, model, None)
        }
        Want::Answer(_) if matches!(event, Event::Answered { .. }) => {
            draft.ignored(Ignored::NotForThisStage)
        }
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
        Want::Revise(_) => wish.refuse(draft, Refused::NoPlan),
        Want::Retry => wish.refuse(draft, Refused::NothingToRetry),
    }
}
