//! A run that follows another (a task's, a specialist's) is waited for until it begins: it is
//! somebody's turn already, and without it nothing would ever move again.
//!
//! ```text
//! ordered -> 5 min without a sign of it -> stopped, and ordered once more -> 5 min -> a person
//! ```
//!
//! Whether it has begun is not the machine's to know: the engine looks when the timer is due, and
//! only what has not is told of. What was ordered is kept beside the stage, so that the second
//! order is the first one's, word for word.

use serde::{Deserialize, Serialize};

use crate::base::{Millis, RunId, Timestamp};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::decision::{Decision, Draft, Ignored, Verdict};
use crate::domain::workflow::effect::{Ask, Effect};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::inspecting::{self, Looking};
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::timer::TimerKind;
use crate::domain::workflow::work::{Doing, Work};
use crate::domain::workflow::working;

/// How long a run that was ordered may take to begin (`workflow.md`, `HandingOver`).
pub const START_TAKES: Millis = Millis::minutes(5);

/// A run that was ordered, until it has said something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Starting {
    /// The run.
    pub run: RunId,
    /// What it is for.
    pub role: Role,
    /// The rung its model is taken from.
    pub tier: Tier,
    /// What it is asked to do.
    pub ask: Ask,
    /// Whether it stands for one that did not begin.
    pub again: bool,
}

/// Remembers what a decision orders, forgets what has begun or is over, and waits for the rest.
pub(super) fn follow(event: &Event, now: Timestamp, mut decision: Decision) -> Decision {
    if decision.verdict != Verdict::Done {
        return decision;
    }
    let ordered = decision.effects.iter().find_map(ordered);
    let again = matches!(event, Event::TimerDue { kind: TimerKind::Start, .. });
    let state = &mut decision.state;
    let known = state.starting.take();
    let has_spoken =
        |it: &Starting| matches!(event, Event::RunReported { run, .. } if *run == it.run);
    let starting = match ordered {
        Some(ordered) => Some(Starting { again, ..ordered }),
        None => known.filter(|it| !has_spoken(it)),
    };
    state.starting = starting.filter(|it| state.stage.live_run() == Some(&it.run));
    let is_awaited = state.starting.is_some() && awaits_a_run(&state.stage);
    let entered = decision.effects.contains(&Effect::CancelTimers);
    if is_awaited && entered {
        let armed = decision.effects.iter().rposition(|it| matches!(it, Effect::SetTimer { .. }));
        let place = armed.map_or(decision.effects.len(), |it| it + 1);
        let due = now + START_TAKES;
        decision.effects.insert(place, Effect::SetTimer { kind: TimerKind::Start, due });
    }
    decision
}

/// The run did not begin in time: it is ordered once more, and then a person is called.
pub(super) fn late(mut draft: Draft<'_>) -> Decision {
    let fresh = draft.facts.fresh_run.clone();
    let again = afresh(&draft.state.stage, &fresh);
    let (Some(starting), Some((stage, work))) = (draft.state.starting.clone(), again) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    // It has nothing to leave behind.
    draft.push(Effect::StopRun { run: starting.run });
    if starting.again {
        draft.forget_run();
        if let Stage::Inspecting { work, by, then, .. } = stage {
            inspecting::call_a_person(&mut draft, Looking { work, by, then }, Block::NotStarted);
        } else {
            working::block(&mut draft, work, Block::NotStarted);
        }
        return draft.done();
    }
    draft.push(Effect::StartRun {
        run: fresh,
        role: starting.role,
        tier: starting.tier,
        ask: starting.ask,
        requester: draft.state.requester.unwrap_or(work.approved),
        at: draft.now,
    });
    draft.enter(stage);
    draft.done()
}

/// What an effect orders, if it is a run that follows another.
fn ordered(effect: &Effect) -> Option<Starting> {
    let Effect::StartRun {
        run,
        role,
        tier,
        ask: ask @ (Ask::Task { .. } | Ask::Inspect { .. }),
        ..
    } = effect
    else {
        return None;
    };
    let (run, ask) = (run.clone(), ask.clone());
    Some(Starting { run, role: *role, tier: *tier, ask, again: false })
}

/// Whether a stage goes on only with its run.
fn awaits_a_run(stage: &Stage) -> bool {
    matches!(stage, Stage::Working { doing: Doing::Building { .. }, .. } | Stage::Inspecting { .. })
}

/// The same stage with another run, and its work.
fn afresh(stage: &Stage, run: &RunId) -> Option<(Stage, Work)> {
    let run = run.clone();
    match stage.clone() {
        Stage::Working { work, doing: Doing::Building { .. } } => {
            Some((Stage::Working { work: work.clone(), doing: Doing::Building { run } }, work))
        }
        Stage::Inspecting { work, by, then, .. } => {
            Some((Stage::Inspecting { work: work.clone(), by, run, then }, work))
        }
        Stage::Working {
            doing: Doing::Pushing { .. } | Doing::Checking { .. } | Doing::ByHand,
            ..
        }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::HandingOver { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => None,
    }
}
