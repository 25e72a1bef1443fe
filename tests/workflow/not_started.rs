//! Runs that do not begin: the law about them, and a walk of its own, since the large one takes
//! every run for begun.

use baton::domain::command::Command;
use baton::domain::handoff::Trigger;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, Report, RunFailure, Stage, Starting, TimerKind, Verdict,
};

use super::alike::{few_names, work_of};
use super::counters::Tally;
use super::laws::{Held, Node, Step, law};
use super::walk::{LIVE, Scope, Walk, given};
use super::words::{
    ann, approve, asks, by_hand, concludes, facts, head, implement, plan, pushed, reports, revise,
    ticks_task,
};

/// Whether a stage goes on only with its run.
fn awaits_a_run(stage: &Stage) -> bool {
    matches!(stage, Stage::Working { doing: Doing::Building { .. }, .. } | Stage::Inspecting { .. })
}

/// Whether a run has had its time to begin.
pub(super) fn is_late(step: &Step<'_>) -> bool {
    matches!(
        step.event,
        Event::TimerDue { kind: TimerKind::Start, epoch } if *epoch == step.before.state.epoch
    )
}

/// A run that follows another and has not begun is waited for; it is replaced once by the very same
/// order, and by nothing but its own clock.
pub(super) fn law(step: &Step<'_>, after: &Node) -> Held {
    let armed = after.timers.contains(&TimerKind::Start);
    let stage = &after.state.stage;
    let starting = after.state.starting.as_ref();
    law!(!armed || awaits_a_run(stage), "law 15: nobody is to begin in {}", stage.name());
    let awaited = starting.is_some() && awaits_a_run(stage);
    law!(!awaited || armed, "law 15: {starting:?}, and nobody looks");
    let live = starting.is_none_or(|it| stage.live_run() == Some(&it.run));
    law!(live, "law 1: {starting:?} is not the live run");
    let is_due = is_late(step);
    let before = step.before.state.starting.as_ref();
    let again = starting.is_some_and(|it| it.again) && starting != before;
    law!(!again || is_due, "law 8: ordered once more by {:?}", step.event);
    if !is_due || step.decision.verdict != Verdict::Done {
        return Ok(());
    }
    let Some(before) = before else { return Err("law 7: nobody was to begin".to_owned()) };
    let same = |it: &Effect| {
        matches!(it, Effect::StartRun { role, tier, ask, .. }
            if (*role, *tier, ask) == (before.role, before.tier, &before.ask))
    };
    let ordered = step.decision.effects.iter().filter(|it| same(it)).count();
    let calls = matches!(stage, Stage::Blocked { why: Block::NotStarted, .. });
    let stopped = matches!(stage, Stage::Stopped { .. }) && step.facts.policy.halted;
    law!(stopped || calls == before.again, "law 7: {before:?} led to {}", stage.name());
    law!(stopped || ordered == usize::from(!before.again), "law 7: {ordered} orders");
    Ok(())
}

#[test]
fn the_laws_hold_wherever_a_run_does_not_begin() {
    let deeds = || deeds().into_iter().map(|it| (it, facts())).collect();
    let scope = Scope {
        deeds: deeds(),
        deeds_at_rest: deeds(),
        happenings: |node| given(around(node), facts()),
        normal,
        nodes_max: 20_000,
    };
    let walk = Walk::through(&scope);
    for again in [false, true] {
        for name in ["Working", "Testing", "Reviewing", "Paused"] {
            let is_one = |it: &Node| it.state.stage.name() == name;
            let waits = |it: &Node| it.state.starting.as_ref().is_some_and(|it| it.again == again);
            assert!(0 < walk.reached(|it| is_one(it) && waits(it)), "{name}, {again}");
        }
    }
    let called =
        |it: &Node| matches!(it.state.stage, Stage::Blocked { why: Block::NotStarted, .. });
    assert!(0 < walk.reached(called), "nobody is called");
}

/// What the one maintainer can do.
fn deeds() -> Vec<Event> {
    let commands = [
        plan(),
        approve(),
        implement(),
        by_hand(),
        revise(),
        Command::Retry,
        Command::Stop,
        Command::Pause,
        Command::Resume,
    ];
    let mut deeds: Vec<Event> = commands.into_iter().map(|it| asks(ann(), it)).collect();
    deeds.extend([ticks_task(ann(), "t1", true), ticks_task(ann(), "t2", true), pushed()]);
    deeds
}

/// What happens around it.
fn around(node: &Node) -> Vec<Event> {
    let mut events = vec![
        Event::Closed,
        Event::BranchDeleted,
        Event::CiConcluded { sha: head(), ci: Ci::Green },
        concludes(Ci::Red),
        reports(LIVE, Report::Plan { revision: 1, hash: "hash 1".to_owned() }),
        reports(LIVE, Report::Waits),
        reports(LIVE, Report::Noted),
        reports(LIVE, Report::TaskDone),
        reports(LIVE, Report::Pushed { sha: head() }),
        reports(LIVE, Report::Findings { ask_for_work: false }),
        reports(LIVE, Report::Findings { ask_for_work: true }),
        reports(LIVE, Report::Failed { why: RunFailure::MoneyLimit }),
    ];
    let epoch = node.state.epoch;
    events.extend(TimerKind::ALL.map(|kind| Event::TimerDue { kind, epoch: 0 }));
    events.extend(node.timers.iter().map(|kind| Event::TimerDue { kind: *kind, epoch }));
    events
}

/// Who is to begin stays, and what that is for; what is counted elsewhere does not.
fn normal(node: Node) -> Node {
    let starting = node.state.starting.clone();
    let waits = node.timers.contains(&TimerKind::Start);
    let mut node = few_names(node);
    node.tally = Tally::default();
    let state = &mut node.state;
    state.starting =
        starting.map(|it| Starting { run: LIVE.into(), ask: one_reason(it.ask), ..it });
    (state.allowance, state.quiet) = (state.allowance.min(1), false);
    state.joined.clear();
    (state.asked_in, state.tier, state.handoffs) = (None, None, 0);
    (state.built, state.stale_asked) = (None, None);
    if matches!(state.stage, Stage::Planning { .. }) {
        state.allowance = 2;
    }
    if let Some(work) = work_of(&mut state.stage) {
        (work.tier, work.reds, work.escalations) = (Tier::Haiku, 0, 0);
        (work.rounds, work.told_ready) = (0, false);
        (work.fixes, work.made_way) = (0, false);
        (work.unchecked, work.overtaken) = (false, false);
    }
    if let Some(starting) = &mut state.starting {
        starting.tier = Tier::Haiku;
    }
    if let Stage::HandingOver { to, trigger, .. } = &mut state.stage {
        (*to, *trigger) = (Tier::Sonnet, Trigger::Stuck);
    }
    if waits {
        node.timers.insert(TimerKind::Start);
    }
    node
}

fn one_reason(ask: Ask) -> Ask {
    match ask {
        Ask::Task { revision, task, .. } => {
            Ask::Task { revision, task, trigger: Trigger::PlanningComplete }
        }
        other => other,
    }
}
