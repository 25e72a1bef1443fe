//! Law 4 while a plan is built: nothing goes on by another plan than the one that was approved, and
//! nothing is taken up again before somebody has looked which one stands at the head.

use baton::domain::command::Command;
use baton::domain::workflow::{Block, Effect, Event, PlanAtHead, Stage, State, Work};

use super::laws::{Held, Step, actor, command, law};

pub(super) fn law_of_changed_plans(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    let head = &step.facts.plan_at_head;
    let is_deaf = matches!(
        before.stage.unpaused(),
        Stage::Stopped { .. } | Stage::Blocked { why: Block::BranchDeleted, .. }
    );
    let pushed = matches!(step.event, Event::Pushed { .. });
    if let (true, false, Some(work)) = (pushed, is_deaf, before.stage.work()) {
        let now = after.stage.unpaused();
        match head {
            PlanAtHead::Edited(plan) => {
                let waits = Stage::Planned { plan: plan.clone(), approved: None };
                law!(*now == waits, "law 4: an edited plan is built on in {now:?}");
                let kept = after.built_work().cloned().map(seen);
                law!(kept == Some(seen(work.clone())), "what was built is forgotten");
            }
            PlanAtHead::Invalid(_) | PlanAtHead::Missing if work.adopted.is_none() => {
                let is_kept = matches!(
                    now,
                    Stage::Blocked { why: Block::PlanFile, held }
                        if held.work.clone().map(seen) == Some(seen(work.clone()))
                );
                law!(is_kept, "law 4: what is no plan is built on in {now:?}");
            }
            PlanAtHead::NotRead | PlanAtHead::Unknown if work.adopted.is_none() => {
                let is_called = matches!(now, Stage::Blocked { .. });
                law!(is_called, "law 4: who knows which plan is built on in {now:?}");
            }
            PlanAtHead::Invalid(_) | PlanAtHead::Missing => {
                law!(now.work() == Some(work), "what is built elsewhere stops in {now:?}");
            }
            PlanAtHead::Same | PlanAtHead::NotRead | PlanAtHead::Unknown => {}
        }
    }
    let begins = step.decision.effects.iter().any(|it| {
        matches!(
            it,
            Effect::StartRun { .. } | Effect::ReleaseRun { .. } | Effect::PushChanges { .. }
        )
    });
    if is_broken(before) {
        let asked = actor(step.event).is_some();
        law!(!begins || asked, "law 4: it goes on by itself behind a broken plan");
    }
    kept(step)?;
    law!(
        !takes_up(step) || *head == PlanAtHead::Same,
        "law 4: taken up while the head is {head:?}"
    );
    Ok(())
}

/// Law 6, and what outlives a change of the plan: a merge of what was built is its end wherever the
/// plan stands, and what is done stays done while its task is the same and its branch is there.
fn kept(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state, &step.decision.state);
    let is_over = matches!(before.stage, Stage::Done { .. });
    let is_elsewhere = before.stage.work().is_some_and(|it| it.adopted.is_some());
    if *step.event == (Event::PullRequestClosed { merged: true }) && !is_over && !is_elsewhere {
        let is_done = matches!(after.stage, Stage::Done { .. });
        law!(
            is_done == before.is_begun(),
            "law 6: what was built is merged in {}",
            after.stage.name()
        );
    }
    let (Some(built), Some(work)) = (before.built_work(), after.stage.work()) else {
        return Ok(());
    };
    let is_settled = |it: &String| work.done.contains(it) || work.skipped.contains(it);
    law!(built.done.iter().all(is_settled), "a task that was done is open behind a changed plan");
    Ok(())
}

/// The same work, whatever is judged beneath it.
fn seen(work: Work) -> Work {
    Work { beneath: false, ..work }
}

fn is_broken(state: &State) -> bool {
    matches!(state.stage, Stage::Blocked { why: Block::PlanFile, .. })
}

/// Whether somebody sets work going that stood still. Whoever raises a limit says nothing of it.
fn takes_up(step: &Step<'_>) -> bool {
    let (before, after) = (&step.before.state.stage, &step.decision.state.stage);
    let stands = |it: &Stage| {
        matches!(it, Stage::Paused { .. } | Stage::Blocked { .. } | Stage::Stopped { .. })
    };
    let raises = matches!(command(step.event), Some(Command::Budget { .. }));
    let works = before.work().is_some() && after.work().is_some();
    actor(step.event).is_some() && works && stands(before) && !stands(after) && !raises
}
