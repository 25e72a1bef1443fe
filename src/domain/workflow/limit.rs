//! What one issue may cost, at somebody's word: `budget 5` sets the limit, `budget +5` adds to it.
//! Work that a limit stopped goes on at the very turn, as far as the new limit allows.

use crate::base::{CommentId, MicroUsd, RunId};
use crate::domain::budget::Scope;
use crate::domain::command::BudgetChange;
use crate::domain::workflow::decision::{Decision, Draft, Origin};
use crate::domain::workflow::effect::{Effect, Post, Reaction};
use crate::domain::workflow::event::Actor;
use crate::domain::workflow::paused::{self, Met, Pause, RunLimit, Unpaused};
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::Stage;

/// Changes the issue's limit within the ceilings, and never below what is spent.
pub(super) fn change(
    mut draft: Draft<'_>,
    by: &Actor,
    comment: CommentId,
    change: BudgetChange,
) -> Decision {
    let money = draft.facts.money.clone();
    let limit = match change {
        BudgetChange::To(limit) => limit,
        BudgetChange::By(more) => money.limit + more,
    };
    if let Some(obstacle) = obstacle(&draft, limit) {
        return draft.refuse(by, &Origin::Comment(comment), obstacle);
    }
    let met = money.met.as_ref().filter(|it| waits_for_money(&draft.state.stage, &it.run));
    let run = met.and_then(|met| run_limit(met, limit.less(money.used), change));
    let enough = met.is_some_and(|met| is_enough(met, run.as_ref(), limit.less(money.used)));
    let goes_on = enough && paused::obstacle(&draft).is_none();
    draft.react(comment, Reaction::Eyes);
    draft.push(Effect::SetBudget { limit, run });
    if goes_on {
        paused::go_on(&mut draft, by.id);
    }
    // A planner that goes on may have to ask, and its questions need a comment.
    if goes_on && draft.state.allowance < 2 {
        draft.status();
    } else {
        draft.post(Post::BudgetSet { limit, goes_on });
    }
    draft.react(comment, Reaction::Rocket);
    draft.refresh_status();
    draft.done()
}

fn obstacle(draft: &Draft<'_>, limit: MicroUsd) -> Option<Refused> {
    if let Stage::Done { .. } = draft.state.stage {
        return Some(Unbuilt::Merged.into());
    }
    let used = draft.facts.money.used;
    if limit < used {
        return Some(Unpaused::BelowSpent { limit, used }.into());
    }
    let ceiling = draft.facts.policy.limits.issue_ceiling().filter(|it| *it < limit)?;
    Some(Unpaused::AboveCeiling { limit, ceiling }.into())
}

/// Whether it is this run that a limit stopped.
fn waits_for_money(stage: &Stage, run: &RunId) -> bool {
    matches!(stage, Stage::Paused { why: Pause::Budget, .. }) && stage.live_run() == Some(run)
}

/// The new limit of the run that met its own: what was added to the issue's is added to it, and
/// what the issue was set to leaves it what the issue has left.
fn run_limit(met: &Met, left: MicroUsd, change: BudgetChange) -> Option<RunLimit> {
    let limit = match (met.over.scope, change) {
        (Scope::Run, BudgetChange::By(more)) => met.over.limit + more,
        (Scope::Run, BudgetChange::To(_)) => met.over.limit.max(met.over.used + left),
        (
            Scope::Issue
            | Scope::RequesterDay
            | Scope::RepositoryDay
            | Scope::InstallationMonth
            | Scope::ServerMonth,
            BudgetChange::By(_) | BudgetChange::To(_),
        ) => return None,
    };
    Some(RunLimit { run: met.run.clone(), limit })
}

/// Whether the call that was not made fits now. The limits of a day or a month are not the
/// issue's to raise.
fn is_enough(met: &Met, run: Option<&RunLimit>, left: MicroUsd) -> bool {
    let asked = met.over.asked;
    match met.over.scope {
        Scope::Issue => asked <= left,
        Scope::Run => asked <= left && run.is_some_and(|it| asked <= it.limit.less(met.over.used)),
        Scope::RequesterDay
        | Scope::RepositoryDay
        | Scope::InstallationMonth
        | Scope::ServerMonth => false,
    }
}
