//! Which states the large walk takes for one: what a state remembers that decides nothing where it
//! stands, or what a walk of its own goes through.

use baton::base::RunId;
use baton::domain::handoff::Trigger;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Held, Owed, Pause, PlanRef, RunFailure, Stage, Stop, Then, TimerKind,
    Work, is_review_task,
};

use super::counters::Tally;
use super::laws::Node;
use super::pushed::{name_one_head, name_what_awaits};
use super::walk::LIVE;

/// The same state under the walk's few names, and without what is counted of the work.
pub(super) fn normal(node: Node) -> Node {
    let mut node = few_names(node);
    node.tally = Tally::default();
    let state = &mut node.state;
    // Whether people were told of their own silence changes nothing that follows.
    (state.quiet, state.plan_gone) = (false, false);
    // How often the work of an issue changed hands has a walk of its own, in `counters`.
    state.handoffs = 0;
    if state.stage.work().is_some() || matches!(state.stage, Stage::Paused { .. }) {
        // What an issue was before it was built does not matter any more.
        state.override_level = None;
        state.shown_level = None;
        state.joined.clear();
    }
    let is_asked =
        matches!(&state.stage, Stage::Inspecting { then, .. } if *then != Then::OnItsWay);
    if !is_asked && (state.stage.work().is_some() || matches!(state.stage, Stage::Paused { .. })) {
        state.asked_in = None;
    }
    // Only how a run begins rests on the rung before it, and the rows hold that.
    if !matches!(state.stage, Stage::Planning { .. }) {
        state.tier = None;
    }
    // So does a tier that somebody chose by label.
    if state.stage != Stage::Seen {
        state.override_tier = None;
    }
    match &mut state.stage {
        // Here the allowance grows and shrinks; elsewhere none, one and more are all there is.
        Stage::Planned { .. } if state.built.is_some() => {
            state.allowance = state.allowance.min(1);
        }
        Stage::Seen | Stage::Planning { .. } | Stage::Planned { .. } => {}
        Stage::Blocked { .. } => state.allowance = state.allowance.min(1),
        // What it wraps has been walked by itself; here it matters what the pause makes of it.
        Stage::Paused { why, wrapped, .. } => {
            state.allowance = state.allowance.min(1);
            // Whoever stopped everything, what waits for a word waits for the same word.
            if *why == Pause::Halted {
                *why = Pause::Person;
            }
            if *why != Pause::Suspended {
                node.timers.insert(TimerKind::Remind);
            }
            forget_rounds(wrapped);
            forget_a_call(*why, wrapped);
        }
        Stage::Stopped { why, held } => {
            state.allowance = match (*why, &held.work) {
                (Stop::Person | Stop::Closed, Some(_)) => state.allowance.min(1),
                (_, Some(_)) => 1,
                (_, None) => state.allowance.min(2),
            };
            (state.override_level, state.shown_level) = (None, None);
            forget_an_end(*why, held);
        }
        _ => state.allowance = state.allowance.min(2),
    }
    name_one_head(&mut state.stage);
    // What was built by an earlier revision matters where a plan waits, and there it is one task.
    let waits = matches!(state.stage, Stage::Planned { .. } | Stage::Planning { .. });
    state.built = state.built.take().filter(|_| waits);
    if let Some(work) = state.built.as_mut().and_then(|it| it.work.as_mut()) {
        one_task(work);
    }
    name_what_awaits(state);
    if let Some(work) = work_of(&mut state.stage) {
        (work.tier, work.reds, work.escalations) = (Tier::Haiku, 0, 0);
        (work.rounds, work.told_ready, work.fixes, work.made_way) = (0, false, 0, false);
        work.overtaken = false;
        // Where work goes on in a pull request of people's own has a walk of its own, in `related`.
        work.adopted = None;
        work.unchecked = false;
        // Only what a review asks for can be lent.
        work.lent &= work.task.as_deref().is_some_and(is_review_task);
    }
    if let Stage::HandingOver { to, trigger, .. } = &mut state.stage {
        (*to, *trigger) = (Tier::Sonnet, Trigger::Stuck);
    }
    node
}

/// Work by the first revision, of which one task is done or none.
fn one_task(work: &mut Work) {
    (work.task, work.tier, work.by_hand) = (None, Tier::Haiku, false);
    work.plan = PlanRef { revision: 1, hash: "hash 1".to_owned() };
    work.done.retain(|it| it == "t1");
    work.skipped.clear();
    (work.reds, work.escalations, work.fix_offered) = (0, 0, false);
    (work.rounds, work.told_ready, work.fixes, work.made_way) = (0, false, 0, false);
    work.overtaken = false;
    (work.lent, work.unchecked) = (false, false);
}

/// What stood when work ended was walked before its end. One end of each kind, those that are
/// treated alike, remembers all of it that decides how it is taken up again.
fn forget_an_end(why: Stop, held: &mut Held) {
    if let Some(work) = &mut held.work {
        work.fix_offered = false;
    }
    held.blocked = held.blocked.map(one_call);
    match why {
        Stop::Person | Stop::Closed | Stop::PlanClosed | Stop::PlanMerged => {}
        Stop::ClosedElsewhere
        | Stop::Suspended
        | Stop::Gone
        | Stop::Uninstalled
        | Stop::Halted
        | Stop::Unanswered
        | Stop::Rejected => in_outline(held),
    }
}

/// A person was called, and what they were called for was walked where it is not paused.
fn forget_a_call(why: Pause, wrapped: &mut Stage) {
    let Stage::Blocked { why: call, held } = wrapped else { return };
    *call = one_call(*call);
    match why {
        Pause::Person | Pause::Quiet => {}
        Pause::Label | Pause::Budget | Pause::Halted | Pause::Suspended => in_outline(held),
    }
}

/// Work of which nothing is done yet, if there was any.
fn in_outline(held: &mut Held) {
    if let Some(work) = &mut held.work {
        work.done.clear();
        work.task = None;
        (work.fix_offered, work.lent) = (false, false);
    }
}

/// One call for all that a person answers alike.
fn one_call(why: Block) -> Block {
    match why {
        Block::Ci(Ci::NeedsPerson | Ci::Silent) => Block::Ci(Ci::Silent),
        Block::GuardRefused | Block::NeedsYes => Block::NeedsYes,
        Block::Stuck | Block::OutOfRungs | Block::Bound(_) => Block::Stuck,
        other => other,
    }
}

/// How often a paused planner has asked is counted where it is not paused.
fn forget_rounds(stage: &mut Stage) {
    match stage {
        Stage::Paused { wrapped, .. } => forget_rounds(wrapped),
        Stage::Planning { rounds, .. } => *rounds = 0,
        Stage::Asking { round, .. } => *round = 1,
        _ => {}
    }
}

/// One epoch, one name for the live run, one failure for all that a run may report.
pub(super) fn few_names(mut node: Node) -> Node {
    let state = &mut node.state;
    state.epoch = 1;
    rename(&mut state.stage);
    // How often an issue has lived decides nothing but names.
    state.life = 1;
    name_what_awaits(state);
    // Whether people were told half-way of a silence changes nothing that follows.
    node.timers.remove(&TimerKind::Poke);
    // Runs that do not begin have a walk of their own, in `not_started`; elsewhere they do.
    node.timers.remove(&TimerKind::Start);
    state.starting = None;
    match &mut state.stage {
        Stage::Blocked { why, .. } => *why = one_failure(*why),
        Stage::Stopped { held, .. } => held.blocked = held.blocked.map(one_failure),
        _ => {}
    }
    node
}

/// One name for the live run, and one reason for a run that is owed.
fn rename(stage: &mut Stage) {
    match stage {
        Stage::Planning { run, .. }
        | Stage::Asking { run, .. }
        | Stage::HandingOver { run, .. }
        | Stage::Inspecting { run, .. }
        | Stage::Working { doing: Doing::Building { run } | Doing::Pushing { run }, .. } => {
            *run = RunId::from(LIVE);
        }
        Stage::Paused { wrapped, owed, .. } => {
            rename(wrapped);
            if let Some(Owed::Run { tier, ask: Ask::Task { trigger, .. }, .. }) = owed {
                (*tier, *trigger) = (Tier::Haiku, Trigger::Manual);
            }
        }
        _ => {}
    }
}

/// The work that a stage carries, to be changed.
pub(super) fn work_of(stage: &mut Stage) -> Option<&mut Work> {
    match stage {
        Stage::Working { work, .. }
        | Stage::HandingOver { work, .. }
        | Stage::Inspecting { work, .. }
        | Stage::Ready { work } => Some(work),
        Stage::Paused { wrapped, .. } => work_of(wrapped),
        Stage::Asking { work, .. } => work.as_mut(),
        Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.work.as_mut(),
        _ => None,
    }
}

fn one_failure(why: Block) -> Block {
    match why {
        Block::Run(_) => Block::Run(RunFailure::Unreadable),
        other => other,
    }
}
