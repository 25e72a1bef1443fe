//! One issue's life, as a state machine.
//!
//! [`decide`] is the only place where a stage changes. It is given the time and the facts, it never
//! asks for anything, and what it wants done it returns as [`Effect`]s, which the engine stores in
//! the same transaction as the new state.
//!
//! What all stages answer alike stands in `always`; then each stage has a file that answers every
//! event by name, so that a new event does not compile until each stage has said what it means
//! there. The table of stage × event in `docs/WORKFLOW.md` is generated from this code.

mod always;
mod asking;
mod blocked;
mod built;
mod changed;
mod decision;
mod done;
mod effect;
mod event;
mod feedback;
mod fix;
mod handing;
mod held;
mod inspecting;
mod ignored;
mod labels;
mod laid_down;
mod limit;
mod merged;
mod entered;
mod origin;
mod paused;
mod planned;
mod planning;
mod ready;
mod refused;
mod related;
mod review;
mod seen;
mod shown;
mod stale;
mod starting;
mod state;
mod stop;
mod stopped;
mod timer;
mod wish;
mod work;
mod working;

pub use self::changed::{NO_FILE, takes_up};
pub use self::decision::{AsksYes, Decision, Facts, PlanAtHead, Verdict};
pub use self::effect::{Ask, Effect, Post, Reaction};
pub use self::event::{Actor, Ci, ControlLabel, Event, Purpose, Report, Request, Spot, Tick};
pub use self::feedback::{Feedback, How};
pub use self::fix::Threads;
pub use self::held::Held;
pub use self::ignored::Ignored;
pub use self::paused::{Met, Money, Owed, Pause, RunLimit, Unpaused};
pub use self::refused::{Refused, Unapproved, Unbuilt};
pub use self::related::RelatedNews;
pub use self::review::{Review, ReviewSays};
pub use self::stale::{BaseNow, Stale, StaleAsked, Standing, asked as stale_asked};
pub use self::starting::{START_TAKES, Starting};
pub use self::state::{Block, COMMENT_ALLOWANCE, PlanRef, RunFailure, Stage, State};
pub use self::stop::Stop;
pub use self::timer::{TimerKind, WATCHED_MOST};
pub use self::wish::YES_DIGITS;
pub use self::work::{
    Doing, FINDINGS, Inspector, REVIEW_ROUNDS_MAX, Then, Work, is_review_task, review_task,
};

use std::ops::ControlFlow;

use self::decision::Draft;
use crate::base::Timestamp;

/// Decides what `event` means for an issue that stands in `state`. Total and deterministic: the
/// same arguments give the same decision, with its effects in the same order.
pub fn decide(state: &State, event: &Event, facts: &Facts, now: Timestamp) -> Decision {
    let decision = decide_freely(state, event, facts, now);
    let calls_a_model = |it: &Effect| {
        matches!(it, Effect::StartRun { .. } | Effect::ResumeRun { .. } | Effect::ReleaseRun { .. })
    };
    let decision = match facts.policy.halted && decision.effects.iter().any(calls_a_model) {
        true => laid_down::kept_back((state, facts, now), decision),
        false => decision,
    };
    let decision = merged::follow(state, facts, labels::agree(state, event, decision));
    let decision = stale::follow(state, shown::follow(state, decision));
    starting::follow(event, now, decision)
}

/// The decision where nobody has stopped everything.
fn decide_freely(state: &State, event: &Event, facts: &Facts, now: Timestamp) -> Decision {
    if let Some(told) = built::told(state, event, facts) {
        return built::noted(&told, decide_freely(&told, event, facts, now));
    }
    let draft = Draft::new(state, facts, now);
    let decision = match always::answer(draft, event) {
        ControlFlow::Break(decision) => decision,
        ControlFlow::Continue(draft) => answer_in(&state.stage, draft, event),
    };
    changed::held_against((state, event), facts, now, decision)
}

/// What a stage by itself answers.
fn answer_in(stage: &Stage, draft: Draft<'_>, event: &Event) -> Decision {
    let draft = match changed::pushed(stage, draft, event) {
        ControlFlow::Break(decision) => return decision,
        ControlFlow::Continue(draft) => draft,
    };
    let draft = match merged::alone(stage, draft, event) {
        ControlFlow::Break(decision) => return decision,
        ControlFlow::Continue(draft) => draft,
    };
    let draft = match related::beside(stage, draft, event) {
        ControlFlow::Break(decision) => return decision,
        ControlFlow::Continue(draft) => draft,
    };
    match stage {
        Stage::Seen => seen::answer(draft, event),
        Stage::Planning { run, plan, rounds } => {
            planning::answer(draft, planning::Planning { run, plan, rounds: *rounds }, event)
        }
        Stage::Asking { run, plan, round, questions, answered, work } => {
            let asking = asking::Asking {
                run,
                plan,
                round: *round,
                questions: *questions,
                answered: *answered,
                work,
            };
            asking::answer(draft, asking, event)
        }
        Stage::Planned { plan, approved } => planned::answer(draft, plan, *approved, event),
        Stage::Working { work, doing } => working::answer(draft, work, doing, event),
        Stage::HandingOver { work, run, to, trigger } => {
            let (work, run) = (work.clone(), run.clone());
            let handing = handing::Handing { work, run, to: *to, trigger: *trigger };
            handing::answer(draft, handing, event)
        }
        Stage::Inspecting { work, by, then, .. } => {
            let looking = inspecting::Looking { work: work.clone(), by: *by, then: *then };
            inspecting::answer(draft, looking, event)
        }
        Stage::Ready { work } => ready::answer(draft, work, event),
        Stage::Done { .. } => done::answer(draft, event),
        Stage::Paused { why, wrapped, owed } => {
            paused::answer(draft, &paused::Paused { why: *why, wrapped, owed }, event)
        }
        Stage::Blocked { why, held } => blocked::answer(draft, *why, held, event),
        Stage::Stopped { why, held } => stopped::answer(draft, *why, held, event),
    }
}
