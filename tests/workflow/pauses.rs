//! Law 9: a pause starts nothing and spends nothing, loses nothing that happens meanwhile, and
//! returns the stage it wraps.

use baton::base::RunId;
use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::workflow::{
    Block, Doing, Effect, Event, Facts, Owed, Pause, PlanAtHead, Report, Stage, State, Stop, Tick,
    TimerKind, Verdict, decide,
};

use super::laws::{Held, Node, Step, actor, command, law as holds};
use super::said::ordered;
use super::words::NOW;

/// The run that a paused stage names and that has not begun.
pub(super) fn owed_run(node: &Node) -> Option<&RunId> {
    match &node.state.stage {
        Stage::Paused { wrapped, owed: Some(Owed::Run { .. }), .. } => wrapped.live_run(),
        _ => None,
    }
}

/// Law 15 of a pause: it is reminded of and ended, and only the checks are looked at meanwhile.
pub(super) fn keeps_time(after: &Node) -> bool {
    let armed = |kind| after.timers.contains(&kind);
    let checks = matches!(
        after.state.stage.unpaused(),
        Stage::Working { doing: Doing::Checking { .. }, .. }
    );
    let works = armed(TimerKind::Stuck) || armed(TimerKind::Resume);
    // Nobody can be reminded there, and nobody is late.
    if matches!(after.state.stage, Stage::Paused { why: Pause::Suspended, .. }) {
        return !works && after.timers.iter().all(|it| *it == TimerKind::Ci);
    }
    armed(TimerKind::GiveUp) && !works && armed(TimerKind::Ci) == checks
}

/// Law 9.
pub(super) fn law(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    if let Stage::Paused { wrapped, .. } = &after.stage {
        let inside = matches!(
            **wrapped,
            Stage::Planning { .. }
                | Stage::Asking { .. }
                | Stage::Planned { .. }
                | Stage::Working { .. }
                | Stage::HandingOver { .. }
                | Stage::Inspecting { .. }
                | Stage::Ready { .. }
                | Stage::Blocked { why: Block::Ci(_), .. }
        );
        holds!(inside, "law 9: {} is paused", wrapped.name());
        let starts = step.decision.effects.iter().find(|it| {
            matches!(
                it,
                Effect::StartRun { .. }
                    | Effect::ResumeRun { .. }
                    | Effect::ReleaseRun { .. }
                    | Effect::PushChanges { .. }
            )
        });
        holds!(starts.is_none(), "law 9: {starts:?} while it is paused");
    }
    let Stage::Paused { wrapped, owed, .. } = &before.stage else { return began(step) };
    let done = step.decision.verdict == Verdict::Done;
    let changed = matches!(step.facts.plan_at_head, PlanAtHead::Edited(_));
    // What waits for a person inside goes on at their word only, and is held against the plan then.
    let goes_on = wrapped.work().is_some() && !matches!(**wrapped, Stage::Blocked { .. });
    match &ordered(step.event) {
        // What would go on is no longer what was approved.
        Some(Command::Resume) if done && changed && goes_on => {
            let waits = matches!(after.stage, Stage::Planned { approved: None, .. });
            holds!(waits, "law 4: {:?} goes on by another plan", after.stage);
            Ok(())
        }
        Some(Command::Resume | Command::Budget { .. }) if done => {
            let returns = after.stage == **wrapped || after.stage == before.stage;
            holds!(returns, "law 9: another stage comes back: {:?}", after.stage);
            let resumes = ordered(step.event) == Some(Command::Resume);
            holds!(!resumes || after.stage == **wrapped, "law 9: nothing goes on");
            let begins = |it: &Effect| match owed {
                Some(Owed::Run { .. }) => matches!(it, Effect::StartRun { .. }),
                Some(Owed::Push { .. }) => matches!(it, Effect::PushChanges { .. }),
                None => matches!(it, Effect::ReleaseRun { .. }),
            };
            let wants = owed.is_some() || wrapped.live_run().is_some();
            let begun = step.decision.effects.iter().filter(|it| begins(it)).count();
            let back = after.stage == **wrapped;
            holds!(begun == usize::from(wants && back), "law 9: {begun} times begun");
            Ok(())
        }
        Some(Command::Pause) if done => {
            let Stage::Paused { wrapped: same, owed: same_owed, why } = &after.stage else {
                return Err("law 9: pausing ends a pause".to_owned());
            };
            let label = matches!(step.event, Event::Labelled { .. })
                || matches!(before.stage, Stage::Paused { why: Pause::Label, .. });
            let whose = if label { Pause::Label } else { Pause::Person };
            let once = same == wrapped && same_owed == owed && *why == whose;
            holds!(once, "law 9: pausing twice is not pausing once");
            Ok(())
        }
        _ if *step.event == Event::Unsuspended => lifted(step),
        _ => nothing_is_lost(step, wrapped),
    }
}

/// Law 9 of a suspension: what it laid down begins again once, where it stood, by the approved plan;
/// nothing else does. Where it cannot, people are called, and what was closed meanwhile has ended.
fn lifted(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state.stage, &step.decision.state.stage);
    let Stage::Paused { why, wrapped, owed } = before else { return Ok(()) };
    if *why != Pause::Suspended {
        holds!(after == before, "law 9: a suspension takes another pause away");
        return Ok(());
    }
    let begins = |it: &&Effect| {
        matches!(
            it,
            Effect::StartRun { .. } | Effect::PushChanges { .. } | Effect::ReleaseRun { .. }
        )
    };
    let begun = step.decision.effects.iter().filter(begins).count();
    let wants = owed.is_some() || wrapped.live_run().is_some();
    let goes_on = *after == **wrapped;
    let called = matches!(after, Stage::Blocked { why: Block::PlanFile | Block::Interrupted, .. });
    let ended = matches!(after, Stage::Stopped { why: Stop::Closed, .. }) && !step.facts.open;
    let waits = matches!(after, Stage::Paused { .. } | Stage::Planned { approved: None, .. });
    holds!(goes_on || waits || called || ended, "law 9: another stage comes back: {after:?}");
    holds!(begun == usize::from(wants && goes_on), "law 9: {begun} times begun");
    let works = wrapped.work().is_some() && !matches!(**wrapped, Stage::Blocked { .. });
    let same = step.facts.plan_at_head == PlanAtHead::Same;
    holds!(!goes_on || !works || same, "law 4: it goes on by another plan");
    Ok(())
}

/// A pause begins with the whole stage inside, or with what it would have come to where only the
/// beginning is held back.
fn began(step: &Step<'_>) -> Held {
    let before = &step.before.state.stage;
    let Stage::Paused { wrapped, owed, why } = &step.decision.state.stage else { return Ok(()) };
    if step.facts.policy.halted && owed.is_some() {
        let policy = Policy { halted: false, ..step.facts.policy.clone() };
        let facts = Facts { policy, ..step.facts.clone() };
        let free = decide(&step.before.state, step.event, &facts, NOW);
        holds!(**wrapped == free.state.stage, "law 9: what happened is lost");
        return Ok(());
    }
    holds!(**wrapped == *before, "law 9: another stage is paused");
    let pushes = matches!(before, Stage::Working { doing: Doing::Pushing { .. }, .. });
    let is_kept = *why == Pause::Halted && pushes;
    holds!(owed.is_none() || is_kept, "law 9: it owes what nobody wanted");
    Ok(())
}

/// Where the wrapped stage would stand by itself, it stands inside.
fn nothing_is_lost(step: &Step<'_>, wrapped: &Stage) -> Held {
    let fact = match step.event {
        Event::CiConcluded { .. }
        | Event::Pushed { .. }
        | Event::TickedInFile { .. }
        | Event::Ticked { tick: Tick::Approve { .. } | Tick::Task { .. }, .. }
        | Event::Answered { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. } => true,
        // Nobody waits for a merge in a pause: it counts behind the end as well.
        Event::Closed => !wrapped.is_ready(),
        // A run that never began says nothing, and one that waits has said so.
        Event::RunReported { report, .. } => {
            *report != Report::OverLimit && owed_run(step.before).is_none()
        }
        Event::Asked { .. } => {
            matches!(command(step.event), Some(Command::Task { .. } | Command::Answer { .. }))
        }
        Event::Reviewed { .. } => matches!(wrapped, Stage::Ready { .. }),
        _ => false,
    };
    if !fact {
        return Ok(());
    }
    let bare = State { stage: wrapped.clone(), ..step.before.state.clone() };
    // What would be stopped because it begins something is owed here, and begins nothing.
    let begins_nothing = actor(step.event).is_none();
    let policy =
        Policy { halted: step.facts.policy.halted && !begins_nothing, ..step.facts.policy.clone() };
    // Work that people take up here goes on when the pause ends, and is held against the plan at the
    // head then.
    let takes_up = !begins_nothing && wrapped.work().is_some();
    let plan_at_head = if takes_up { PlanAtHead::Same } else { step.facts.plan_at_head.clone() };
    let facts = Facts { policy, plan_at_head, ..step.facts.clone() };
    let bare = decide(&bare, step.event, &facts, NOW);
    let same = bare.state.stage.unpaused() == step.decision.state.stage.unpaused();
    holds!(same, "law 9: {:?} is lost, it would be {:?}", step.event, bare.state.stage);
    holds!(bare.verdict == step.decision.verdict, "law 9: not {:?}", bare.verdict);
    Ok(())
}
