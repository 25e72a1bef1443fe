//! What was built while a plan changes. Whoever edits or revises a plan in the middle of its work
//! does not pay for the same task twice: the work is kept beside the plan that is written and waits,
//! and what is done stays done where a task is still the same.

use std::collections::BTreeSet;

use crate::base::UserId;
use crate::domain::tasks::TaskState;
use crate::domain::workflow::decision::{Decision, Draft, Verdict};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::state::{Block, PlanRef, Stage, State};
use crate::domain::workflow::work::Work;

impl State {
    /// Whether building has begun, also while a changed plan waits or is written. Then the branch may
    /// hold what was built, and merging that is the end of the work (`workflow.md`, law 6).
    pub fn is_begun(&self) -> bool {
        self.stage.work().is_some() || self.built.is_some()
    }

    /// Keeps the work of the stage that is left for `next`, which has none, and forgets it where
    /// work goes on, has ended for good, or is gone with its branch.
    pub(super) fn keep_built(&mut self, next: &Stage) {
        let is_over = matches!(next, Stage::Seen | Stage::Done { .. });
        let is_lost = lost_its_branch(&self.stage) || lost_its_branch(next);
        if next.work().is_some() || is_over || is_lost {
            self.built = None;
        } else if let Some(work) = self.stage.work() {
            self.built = Some(work.clone());
        }
    }
}

fn lost_its_branch(stage: &Stage) -> bool {
    match stage {
        Stage::Blocked { why, .. } => *why == Block::BranchDeleted,
        Stage::Stopped { held, .. } => held.blocked == Some(Block::BranchDeleted),
        Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. } => false,
    }
}

/// The state without what was built, if `event` tells that it is gone with its branch.
pub(super) fn lost(state: &State, event: &Event) -> Option<State> {
    let is_lost = state.built.is_some() && *event == Event::BranchDeleted;
    is_lost.then(|| State { built: None, ..state.clone() })
}

/// The decision upon `state`, from which the loss was taken: that by itself is a change.
pub(super) fn noted(state: &State, decision: Decision) -> Decision {
    match decision.verdict {
        Verdict::Ignored(_) => {
            Decision { state: state.clone(), effects: Vec::new(), verdict: Verdict::Done }
        }
        Verdict::Done | Verdict::Refused(_) => decision,
    }
}

/// The work on a plan that was just approved: with nothing done, or, where an earlier revision was
/// being built, with what is still the same task. The bounds of the work go on to hold.
pub(super) fn begun(draft: &Draft<'_>, plan: &PlanRef, approved: UserId, by_hand: bool) -> Work {
    let work = Work::new(plan.clone(), approved, by_hand);
    let Some(built) = &draft.state.built else { return work };
    let facts = draft.facts;
    let before = built.board(&facts.built_tasks);
    let merged = before.merged(&facts.tasks, |it| it.complexity.tier());
    let board = merged.map(|it| it.board).unwrap_or_default();
    let ids = |state| -> BTreeSet<String> {
        board.in_state(state).map(|it| it.id().to_owned()).collect()
    };
    Work {
        done: ids(TaskState::Done),
        skipped: ids(TaskState::Skipped),
        rounds: built.rounds,
        fixes: built.fixes,
        fix_offered: built.fix_offered,
        told_ready: built.told_ready,
        ..work
    }
}
