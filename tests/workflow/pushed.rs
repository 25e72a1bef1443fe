//! What people push while their work stands still is judged before anything begins on it, or the work
//! says that it was not. What a run has built and could not push is pushed later, and is not built
//! again unless somebody has another model do it.

use baton::base::RunId;
use baton::domain::command::{Command, TaskAct};
use baton::domain::workflow::{
    Ask, Block, Doing, Effect, Event, Held as Laid, PlanAtHead, Stage, State, Work,
};

use super::laws::{Held, Step, command, law};
use super::said::ordered;
use super::words::head;

pub(super) fn law_of_pushed(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state.stage, &step.decision.state.stage);
    let begins = step.decision.effects.iter().any(|it| matches!(it, Effect::StartRun { .. }));
    let Some(work) = after.work().filter(|_| begins && pushed_meanwhile(before)) else {
        return Ok(());
    };
    law!(work.unchecked, "what people pushed is built on unseen, and nobody says so: {after:?}");
    Ok(())
}

/// What is built is paid: it is kept where its push is given up, and no word but one that names
/// another model has it built again.
pub(super) fn law_of_what_is_on_its_way(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state.stage);
    let is_again = |work: &Work| {
        step.decision.effects.iter().any(|it| {
            matches!(it, Effect::StartRun { ask: Ask::Task { task, .. }, .. } if work.task.as_ref() == Some(task))
        })
    };
    if let Some(Laid { work: Some(built), awaits: Some(_), .. }) = &before.built {
        law!(!is_again(built), "what is built is built once more by a changed plan");
    }
    let before = &before.stage;
    let (Some(run), Some(work)) = (on_its_way(before), before.work()) else { return Ok(()) };
    let is_told = matches!(step.event, Event::RunReported { .. });
    let is_called =
        matches!(after, Stage::Blocked { why: Block::Publishing | Block::PlanFile, .. })
            || matches!(step.event, Event::Pushed { .. } | Event::PlanMerged { .. })
                && matches!(after, Stage::Blocked { why: Block::Interrupted, .. });
    let is_kept = on_its_way(after) == Some(run);
    law!(!is_called || is_kept || is_told, "what was built is forgotten: {after:?}");
    let is_order = matches!(command(step.event), Some(Command::Handoff { .. }));
    law!(!is_again(work) || is_told || is_order, "what is built is built, and paid, once more");
    Ok(())
}

/// Nothing paid for is dropped in silence: what a run has built and could not push yet is held, is
/// pushed, went with its branch, or was left at the word of somebody who named it.
pub(super) fn law_of_what_is_paid(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    let waits = |state: &State| on_its_way(&state.stage).or(behind_a_plan(state)).cloned();
    let Some(run) = waits(before).filter(|it| waits(after).as_ref() != Some(it)) else {
        return Ok(());
    };
    // The walk forgets of some ends which task it was.
    if before.stage.work().is_some_and(|it| it.task.is_none()) {
        return Ok(());
    }
    let is_told = matches!(step.event, Event::RunReported { .. });
    let is_order = match ordered(step.event) {
        Some(Command::Task { act: TaskAct::Skip, .. } | Command::Handoff { .. }) => true,
        // Saying so once more leaves it.
        Some(Command::Task { id, act: TaskAct::Done }) => {
            before.stage.work().is_some_and(|it| it.done.contains(&id))
        }
        _ => false,
    };
    let is_gone = matches!(step.event, Event::BranchDeleted)
        || matches!(before.stage.held().blocked, Some(Block::BranchDeleted))
        || step.facts.plan_at_head == PlanAtHead::Missing && step.facts.head.is_none();
    let is_over = matches!(after.stage, Stage::Done { .. });
    law!(is_told || is_order || is_gone || is_over, "what {run} built is dropped in {after:?}");
    Ok(())
}

/// The run whose changes wait beside a plan that is changed.
fn behind_a_plan(state: &State) -> Option<&RunId> {
    match state.built.as_ref()?.awaits.as_ref()? {
        Doing::Pushing { run } => Some(run),
        _ => None,
    }
}

/// Whether a run is listened to: also one whose changes were on their way when the plan was changed.
pub(super) fn is_heard(state: &State, run: &RunId) -> bool {
    behind_a_plan(state) == Some(run) || state.stage.heard_run() == Some(run)
}

/// The run whose changes only have to be pushed.
fn on_its_way(stage: &Stage) -> Option<&RunId> {
    let doing = match stage.unpaused() {
        Stage::Working { doing, .. } => Some(doing),
        Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held.awaits.as_ref(),
        _ => None,
    };
    match doing {
        Some(Doing::Pushing { run }) => Some(run),
        _ => None,
    }
}

/// Whether people pushed while work was laid down or waited for them. Whoever was called because of
/// the checks of that very commit knows of them.
fn pushed_meanwhile(stage: &Stage) -> bool {
    let held = match stage {
        Stage::Blocked { why: Block::Ci(_), .. } => return false,
        Stage::Blocked { held, .. } | Stage::Stopped { held, .. } => held,
        _ => return false,
    };
    let of_checks = |it: &Laid| matches!(it.blocked, Some(Block::Ci(_)));
    !of_checks(held) && matches!(held.awaits, Some(Doing::Checking { theirs: true, .. }))
}

/// Whether somebody had what people pushed looked at before the task goes on.
pub(super) fn was_looked_at(step: &Step<'_>) -> bool {
    let pushed = step.before.state.stage.work().is_some_and(|it| it.beneath);
    pushed && matches!(step.event, Event::CiConcluded { .. })
}

/// One name for the head that is judged, so that its checks are heard. Whose it is matters where
/// somebody goes on with it.
pub(super) fn name_one_head(stage: &mut Stage) {
    match stage {
        Stage::Paused { wrapped, .. } => name_one_head(wrapped),
        Stage::Working { doing: Doing::Checking { sha, .. }, .. } => *sha = head(),
        Stage::Blocked { held, .. } => {
            if let Some(Doing::Checking { sha, .. }) = &mut held.awaits {
                *sha = head();
            }
        }
        Stage::Stopped { held, .. } => {
            forget(held);
            if let Some(Doing::Checking { sha, theirs }) = &mut held.awaits {
                (*sha, *theirs) = (head(), false);
            }
        }
        _ => {}
    }
}

/// What is built of an earlier revision is the first task's, under the walk's few names, and matters
/// where that is kept.
pub(super) fn name_what_awaits(state: &mut State) {
    let Some(Laid { work: Some(built), awaits, .. }) = &mut state.built else { return };
    if awaits.is_some() {
        built.task = (!built.beneath).then(|| "t1".to_owned());
    }
    *awaits = awaits.take().map(|it| match it {
        Doing::Pushing { .. } => Doing::Pushing { run: RunId::from("old") },
        _ => Doing::Checking { sha: head(), theirs: built.beneath },
    });
}

/// What is pushed while people are called moves no count.
pub(super) fn forget_what_is_pushed(stage: &mut Stage) {
    if let Stage::Blocked { held, .. } | Stage::Stopped { held, .. } = stage {
        forget(held);
    }
}

fn forget(held: &mut Laid) {
    if let Some(work) = held.work.as_mut().filter(|it| it.beneath) {
        work.beneath = false;
        held.awaits = None;
    }
}
