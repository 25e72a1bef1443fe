//! What holds of stale plans in every step: no work begins on one unless whoever begins it was asked
//! about just these changes, and nobody is asked the same twice.

use baton::domain::workflow::{
    BaseNow, Effect, Event, Post, Stage, StaleAsked, State, stale_asked,
};

use super::laws::{Held, Step, law};

pub(super) fn law_of_stale(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    let waits = |it: &State| matches!(it.stage.unpaused(), Stage::Planned { .. });
    let builds = matches!(after.stage, Stage::Working { .. });
    if waits(before) && builds {
        let known = match &step.facts.base {
            BaseNow::Same => true,
            BaseNow::Stale(now) => stale_asked(before).is_some_and(|it| it.mark == now.mark),
            BaseNow::NotRead | BaseNow::Unknown => false,
        };
        law!(known, "work begins on a stale plan, and nobody was asked");
    }
    let asks = step.decision.effects.iter().find_map(|it| match it {
        Effect::Post { post: Post::Stale { revision, stale, .. } } => {
            Some(StaleAsked { revision: *revision, mark: stale.mark.clone() })
        }
        _ => None,
    });
    law!(asks.is_none() || asks.as_ref() != stale_asked(before), "the same is asked twice");
    law!(asks.is_none() || asks.as_ref() == stale_asked(after), "a question is forgotten");
    let approves = before.stage.approved().is_none() && after.stage.approved().is_some();
    let unread = matches!(step.facts.base, BaseNow::Unknown);
    let merged = matches!(step.event, Event::PlanMerged { .. });
    law!(!approves || !unread || merged, "approved though nobody knows how the base stands");
    // A box that can do nothing any more is closed.
    let closed = step.decision.effects.iter().any(|it| matches!(it, Effect::ShowStale { .. }));
    let gone = matches!(step.event, Event::Gone | Event::Uninstalled);
    let left = stale_asked(before).is_some() && stale_asked(before) != stale_asked(after);
    law!(!left || closed || gone, "a question is left open");
    law!(after.stale_asked.as_ref() == stale_asked(after), "a question outlives its plan");
    Ok(())
}
