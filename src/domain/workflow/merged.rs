//! The plan's pull request is merged while the plan is being built, and nothing but the plan stood in
//! it: an approval that is there goes on to hold, and the work goes on at the next branch, with a
//! pull request of its own (`workflow.md`, `Planned` and two pull requests).
//!
//! ```text
//! a run builds               -> it goes on, and what it built is pushed to the next branch
//! changes are on their way   -> they are pushed to the next branch
//! people build               -> they go on
//! a head is judged           -> it is not part of what was merged: people are called
//! people are called          -> they are still, and what they go back to stands on the next branch
//! nothing is left to build   -> it is the end: what was built stands elsewhere
//! another plan, or none that reads, was merged -> people are called; a changed one waits for them
//! ```
//!
//! What was merged was looked at before: a merge with what was built is another event, and the end.

use std::ops::ControlFlow::{self, Break, Continue};

use crate::domain::workflow::decision::{Decision, Draft, Facts, PlanAtHead, Verdict};
use crate::domain::workflow::effect::{Effect, Reaction};
use crate::domain::workflow::event::{Actor, Event};
use crate::domain::workflow::held::Held;
use crate::domain::workflow::state::{Block, Stage, State};
use crate::domain::workflow::work::{Doing, Work};
use crate::domain::workflow::{changed, planned, working};

/// Whether work or a plan that waits goes on when its plan is merged alone.
pub(super) fn goes_on(stage: &Stage) -> bool {
    stage.work().is_some() || planned::may_be_accepted(stage)
}

/// Whether nothing is left to build: merging what is there is the end of it (law 6).
pub(super) fn is_whole(draft: &Draft<'_>) -> bool {
    let work = draft.state.stage.work().filter(|it| it.adopted.is_none());
    work.is_some_and(|it| it.board(&draft.facts.tasks).is_complete())
}

/// Breaks with the answer to a merge of the plan alone under the work of `stage`; otherwise the
/// stage goes on with the draft. A pause answers through what it wraps.
pub(super) fn alone<'a>(
    stage: &Stage,
    draft: Draft<'a>,
    event: &Event,
) -> ControlFlow<Decision, Draft<'a>> {
    let is_deaf = matches!(stage, Stage::Paused { .. } | Stage::Stopped { .. });
    let work = stage.work().filter(|_| !is_deaf);
    let (Event::PlanMerged { by }, Some(work)) = (event, work) else { return Continue(draft) };
    Break(under_work(draft, stage, work, by))
}

/// The approved plan stands in the merged tree, or the work waits for people like any plan that was
/// changed on its way.
fn under_work(mut draft: Draft<'_>, stage: &Stage, work: &Work, by: &Actor) -> Decision {
    let unread = match &draft.facts.plan_at_head {
        PlanAtHead::Same => None,
        PlanAtHead::Invalid(_) | PlanAtHead::Missing => Some(Block::PlanFile),
        PlanAtHead::Edited(_) | PlanAtHead::NotRead | PlanAtHead::Unknown => {
            Some(Block::Interrupted)
        }
    };
    let by_whom = Some(work.approved);
    let is_edited = matches!(draft.facts.plan_at_head, PlanAtHead::Edited(_));
    if is_edited && planned::accepted(&draft, &work.plan, by_whom, by).is_some() {
        return planned::merged(draft, &work.plan, by_whom, by);
    }
    if !by.bot {
        draft.person_acted();
    }
    if let Some(why) = unread {
        return changed::merged_unread(draft, (stage, work), why);
    }
    let revision = work.plan.revision;
    draft.push(Effect::CommitPlan { revision });
    draft.push(Effect::UpsertPullRequest { revision });
    moved(&mut draft, stage, work.clone());
    draft.push(Effect::ShowPlanNews { revision });
    draft.status();
    draft.done()
}

/// Takes the work of `stage` to the next branch.
fn moved(draft: &mut Draft<'_>, stage: &Stage, work: Work) {
    match stage {
        Stage::Working { doing: Doing::Pushing { run }, .. } => {
            let (run, task) = (run.clone(), work.task.unwrap_or_default());
            draft.push(Effect::PushChanges { run, task });
        }
        Stage::Working { doing: Doing::Checking { .. }, .. } if work.by_hand => {
            let work = Work { beneath: false, ..work };
            draft.enter(Stage::Working { work, doing: Doing::ByHand });
        }
        Stage::Working { doing: Doing::Checking { .. }, .. } => {
            working::block(draft, work, Block::Interrupted);
        }
        Stage::Blocked { why: Block::BranchDeleted, held } => {
            let (why, held) = (Block::Interrupted, held.clone());
            draft.enter(Stage::Blocked { why, held });
        }
        Stage::Blocked { why, held } => {
            let held = without_its_head(held.clone());
            draft.state.stage = Stage::Blocked { why: *why, held };
        }
        Stage::Working { doing: Doing::Building { .. } | Doing::ByHand, .. }
        | Stage::HandingOver { .. }
        | Stage::Asking { .. }
        | Stage::Seen
        | Stage::Planning { .. }
        | Stage::Planned { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Stopped { .. } => {}
    }
}

/// The same without the head that was judged: that did not come along.
pub(super) fn without_its_head(held: Held) -> Held {
    let is_head = |it: &Doing| matches!(it, Doing::Checking { .. });
    let awaits = held.awaits.filter(|it| !is_head(it));
    let work = held.work.map(|it| Work { beneath: false, ..it });
    Held { awaits, work, ..held }
}

/// Puts the branch and the pull request of the plan before whatever begins while they are not there:
/// publishing may have been given up, and work may have gone on elsewhere meanwhile.
pub(super) fn follow(before: &State, facts: &Facts, mut decision: Decision) -> Decision {
    let is_commit = |it: &Effect| matches!(it, Effect::CommitPlan { .. });
    let is_pull = |it: &Effect| matches!(it, Effect::UpsertPullRequest { .. });
    // A plan that was edited on its way stands on no branch of its own yet.
    if facts.next_branch
        && !decision.effects.iter().any(is_commit)
        && let Some(at) = decision.effects.iter().position(is_pull)
        && let Effect::UpsertPullRequest { revision } = decision.effects[at]
    {
        decision.effects.insert(at, Effect::CommitPlan { revision });
    }
    let is_there = decision.effects.iter().any(is_commit);
    let state = &mut decision.state;
    let is_missing = facts.next_branch || state.plan_gone;
    let work = state.stage.work().filter(|it| !is_there && is_missing && it.adopted.is_none());
    let revision = work.map(|it| it.plan.revision);
    if is_there || state.stage.work().is_none() {
        state.plan_gone = false;
    }
    let Some(revision) = revision.filter(|_| begins(before, &decision)) else { return decision };
    decision.state.plan_gone = false;
    let is_inside = |it: &Effect| {
        matches!(
            it,
            Effect::Capture { .. }
                | Effect::StopRun { .. }
                | Effect::RecordFeedback { .. }
                | Effect::React { with: Reaction::Eyes, .. }
                | Effect::ReactOnLine { with: Reaction::Eyes, .. }
        )
    };
    let effects = &mut decision.effects;
    let behind = effects.iter().position(|it| !is_inside(it)).unwrap_or(effects.len());
    let first = [Effect::CommitPlan { revision }, Effect::UpsertPullRequest { revision }];
    effects.splice(behind..behind, first);
    decision
}

/// Whether a decision begins something, takes work up again, or brings it back from a pull request
/// of people's own.
fn begins(before: &State, decision: &Decision) -> bool {
    let (was, is) = (&before.stage, &decision.state.stage);
    let stands = |it: &Stage| matches!(it, Stage::Blocked { .. } | Stage::Stopped { .. });
    let is_elsewhere = |it: &Stage| it.work().is_some_and(|it| it.adopted.is_some());
    let is_left = is_elsewhere(was) && !is_elsewhere(is);
    let is_taken_up = stands(was) && !is_elsewhere(is) && !matches!(is, Stage::Paused { .. });
    let starts = |it: &Effect| matches!(it, Effect::StartRun { .. } | Effect::PushChanges { .. });
    let goes_on = is_left || is_taken_up || decision.effects.iter().any(starts);
    decision.verdict == Verdict::Done && goes_on && !stands(is.unpaused())
}
