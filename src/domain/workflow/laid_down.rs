//! Work that is laid down from outside: whoever runs the server has stopped Baton, or the
//! installation is suspended. Nobody who works on the issue meant it to end, so it waits at its very
//! turn, and nothing is paid twice afterwards.
//!
//! ```text
//! kill switch -> Paused(Halted)    -- lifted, and `/baton resume` --> goes on
//! suspended   -> Paused(Suspended) -- unsuspended ------------------> goes on by itself
//!                                        | cannot go on -> people are called; closed -> ended
//! ```
//!
//! The switch reaches only what goes on by itself. What would begin while it is on is owed, as in
//! every pause, and waits with the rest.

use crate::base::Timestamp;
use crate::domain::workflow::always;
use crate::domain::workflow::changed;
use crate::domain::workflow::decision::{Decision, Draft, Facts, Ignored, PlanAtHead};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::paused::{self, Owed, Pause, Paused};
use crate::domain::workflow::state::{Block, Stage, State};
use crate::domain::workflow::stop::Stop;
use crate::domain::workflow::work::Doing;

/// The operator has stopped everything here, and work was found.
pub(super) fn halted(mut draft: Draft<'_>) -> Decision {
    let stage = draft.state.stage.clone();
    // The push that was on its way is not made, and has to be made afterwards.
    if let Stage::Paused { why, wrapped, owed: None } = &stage
        && let owed @ Some(_) = pushing(wrapped)
    {
        draft.state.stage = Stage::Paused { why: *why, wrapped: wrapped.clone(), owed };
        return draft.done();
    }
    if stage.heard_run().is_none() || !paused::goes_on_by_itself(&stage) {
        return draft.ignored(Ignored::NothingDepends);
    }
    let owed = pushing(&stage);
    paused::lay_down(&mut draft, Pause::Halted, owed);
    draft.refresh_status();
    draft.done()
}

/// The installation was suspended: nothing can be read or written there. What waits for people
/// waits on.
pub(super) fn suspended(mut draft: Draft<'_>) -> Decision {
    if !paused::goes_on_by_itself(&draft.state.stage) {
        return draft.ignored(Ignored::NothingDepends);
    }
    // A push that is on its way is tried again until GitHub takes it.
    paused::lay_down(&mut draft, Pause::Suspended, None);
    draft.done()
}

/// The suspension is lifted: what it laid down goes on. Where something else keeps it, people are
/// called, because nothing would ever remind them of it; what was closed meanwhile, of which nobody
/// told, has ended.
pub(super) fn unsuspended(mut draft: Draft<'_>) -> Decision {
    let Stage::Paused { why: Pause::Suspended, wrapped, owed } = draft.state.stage.clone() else {
        // Nothing could be written while it was.
        draft.refresh_status();
        return if draft.is_idle() { draft.ignored(Ignored::NothingNew) } else { draft.done() };
    };
    if !draft.facts.open {
        return always::end(draft, Stop::Closed);
    }
    if draft.facts.policy.halted {
        draft.enter(Stage::Paused { why: Pause::Halted, wrapped, owed });
        draft.refresh_status();
        return draft.done();
    }
    // What waits for a person inside goes on at their word only.
    let is_called = matches!(*wrapped, Stage::Blocked { .. });
    let work = wrapped.work().filter(|_| !is_called);
    let calls = match &draft.facts.plan_at_head {
        PlanAtHead::Edited(plan) if work.is_some() => {
            let plan = plan.clone();
            return changed::edited(draft, plan);
        }
        PlanAtHead::Invalid(_) | PlanAtHead::Missing if work.is_some() => Some(Block::PlanFile),
        PlanAtHead::NotRead | PlanAtHead::Unknown if work.is_some() => Some(Block::Interrupted),
        PlanAtHead::Same
        | PlanAtHead::NotRead
        | PlanAtHead::Edited(_)
        | PlanAtHead::Invalid(_)
        | PlanAtHead::Missing
        | PlanAtHead::Unknown => paused::obstacle(&draft).map(|_| Block::Interrupted),
    };
    if let Some(why) = calls {
        draft.block(why);
        return draft.done();
    }
    // What is owed is owed of work, and work was approved by somebody.
    let approved = wrapped.work().map(|it| it.approved);
    if let Some(by) = draft.state.requester.or(approved) {
        paused::go_on(&mut draft, by);
    }
    draft.refresh_status();
    draft.done()
}

/// Keeps back what a decision wants to begin, because nothing may start. What happened counts all
/// the same: a task whose checks have passed is done.
pub(super) fn kept_back(
    (before, facts, now): (&State, &Facts, Timestamp),
    decision: Decision,
) -> Decision {
    let begins = |it: &Effect| matches!(it, Effect::StartRun { .. });
    let why = Pause::Halted;
    if decision.effects.iter().any(begins) {
        let paused = Paused { why, wrapped: &before.stage, owed: &None };
        let mut decision = paused::kept(now, &paused, decision);
        if decision.state.has_status && !decision.effects.contains(&Effect::UpsertStatus) {
            decision.effects.push(Effect::UpsertStatus);
        }
        return decision;
    }
    // A parked run would go on with its answers: it has them when it is resumed.
    let mut draft = Draft::new(before, facts, now);
    paused::lay_down(&mut draft, why, None);
    draft.refresh_status();
    draft.done()
}

/// The push that a stage waits for.
fn pushing(stage: &Stage) -> Option<Owed> {
    let Stage::Working { work, doing: Doing::Pushing { .. } } = stage else { return None };
    work.task.clone().map(|task| Owed::Push { task })
}
