//! Law 6 of what holds the plan alone: its merge ends no work that has something left to build, and
//! while people build in a pull request of their own nothing that happens to the plan's moves it.

use baton::domain::workflow::{Effect, Event, PlanAtHead, Stage, Verdict};

use super::laws::{Held, Step, law};

/// Whether the plan has to be published again before anything begins.
pub(super) fn is_behind(step: &Step<'_>) -> bool {
    step.facts.next_branch || step.before.state.plan_gone
}

pub(super) fn law(step: &Step<'_>) -> Held {
    let (before, after) = (&step.before.state.stage, &step.decision.state.stage);
    let Some(work) = before.work() else { return Ok(()) };
    let of_the_plan = matches!(
        step.event,
        Event::PlanMerged { .. } | Event::PullRequestClosed { .. } | Event::BranchDeleted
    );
    let is_over = matches!(before, Stage::Stopped { .. } | Stage::Done { .. });
    if of_the_plan && work.adopted.is_some() {
        law!(is_over || after.name() == before.name(), "law 6: what is built elsewhere ends");
        law!(!matches!(after, Stage::Done { .. }), "law 6: done, and not merged");
        return Ok(());
    }
    let is_whole = work.board(&step.facts.tasks).is_complete();
    if matches!(step.event, Event::PlanMerged { .. }) {
        let is_done = matches!(after, Stage::Done { .. });
        law!(is_done == is_whole, "law 6: the plan alone is merged, and {}", after.name());
        let goes_on = !is_over && !is_whole && step.facts.plan_at_head == PlanAtHead::Same;
        let has_branch = publishes(step);
        law!(!goes_on || has_branch, "the work goes on where its plan was merged");
        let kept = after.work().map(|it| (&it.done, &it.skipped, &it.plan));
        let expected = (&work.done, &work.skipped, &work.plan);
        law!(!goes_on || kept == Some(expected), "what was done is lost");
    }
    let begins = |it: &Effect| matches!(it, Effect::StartRun { .. } | Effect::PushChanges { .. });
    // What is looked at in a pull request of people's own needs no branch of Baton's.
    let is_batons = after.work().is_some_and(|it| it.adopted.is_none());
    let begins = step.decision.effects.iter().any(begins) && is_batons;
    let done = step.decision.verdict == Verdict::Done;
    law!(
        !(done && begins && is_behind(step)) || publishes(step),
        "something begins while the next branch is not there"
    );
    Ok(())
}

/// Whether the plan is committed, before anything begins.
fn publishes(step: &Step<'_>) -> bool {
    let effects = &step.decision.effects;
    let begins = |it: &Effect| matches!(it, Effect::StartRun { .. } | Effect::PushChanges { .. });
    let first = effects.iter().position(begins).unwrap_or(effects.len());
    effects[..first].iter().any(|it| matches!(it, Effect::CommitPlan { .. }))
}
