//! What was built while a plan changes. Whoever edits or revises a plan in the middle of its work
//! does not pay for the same task twice: the work is kept beside the plan that is written and waits,
//! and what is done stays done where a task is still the same. So does what is built: changes on their
//! way to the branch go there when the changed plan begins, and a head that was judged is.

use std::collections::BTreeSet;

use crate::base::UserId;
use crate::domain::plan::Task;
use crate::domain::tasks::{Board, TaskState};
use crate::domain::workflow::decision::{Decision, Draft, Verdict};
use crate::domain::workflow::event::{Ci, Event, Report};
use crate::domain::workflow::state::{Block, PlanRef, Stage, State};
use crate::domain::workflow::work::{Doing, Work, is_of_plan};

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
            self.forget_built();
        } else if let Some(work) = self.stage.work() {
            (self.built, self.built_awaits) = (Some(work.clone()), awaited(&self.stage, work));
        }
    }

    /// Nothing is left of what was built.
    pub(super) fn forget_built(&mut self) {
        (self.built, self.built_awaits) = (None, None);
    }

    /// What was judged stands on a branch that the work has left. Changes that are not pushed yet go
    /// to the next one.
    pub(super) fn forget_built_head(&mut self) {
        self.built_awaits.take_if(|it| matches!(it, Doing::Checking { .. }));
    }
}

/// What of the active task is built in `stage`. What only stands beneath a task that is still to be
/// built is none of it, and neither is a head that people broke.
fn awaited(stage: &Stage, work: &Work) -> Option<Doing> {
    let held = stage.held();
    let is_broken = held.blocked == Some(Block::Ci(Ci::Red));
    held.awaits.filter(|_| work.task.is_some() && !work.beneath && !is_broken)
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

/// The state as it is known now, if `event` tells more of what was built: it is gone with its branch,
/// its push came through after all, or somebody pushed upon it.
pub(super) fn told(state: &State, event: &Event) -> Option<State> {
    let mut told = state.clone();
    if *event == Event::BranchDeleted {
        told.forget_built();
    } else if let (Event::RunReported { run, report }, Some(Doing::Pushing { run: built })) =
        (event, &state.built_awaits)
        && let (Report::Pushed { sha }, true) = (report, run == built)
    {
        told.built_awaits = Some(Doing::Checking { sha: sha.clone(), theirs: false });
    } else if let (Event::Pushed { sha, .. }, Some(Doing::Checking { .. })) =
        (event, &state.built_awaits)
    {
        told.built_awaits = Some(Doing::Checking { sha: sha.clone(), theirs: true });
    }
    (told != *state).then_some(told)
}

/// The decision upon `state`, which knows of that already: it is a change by itself.
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
    let mut before = built.board(&facts.built_tasks);
    let merged = |it: &Board| it.merged(&facts.tasks, Task::tier).ok();
    let board = merged(&before).map(|it| it.board).unwrap_or_default();
    let ids = |board: &Board, state| -> BTreeSet<String> {
        board.in_state(state).map(|it| it.id().to_owned()).collect()
    };
    let begun = Work {
        done: ids(&board, TaskState::Done),
        skipped: ids(&board, TaskState::Skipped),
        rounds: built.rounds,
        fixes: built.fixes,
        fix_offered: built.fix_offered,
        told_ready: built.told_ready,
        ..work
    };
    let Some(task) = built.task.clone().filter(|_| draft.state.built_awaits.is_some()) else {
        return begun;
    };
    // What is built counts where it would if it were done.
    before.set(&task, TaskState::Done);
    let counted = merged(&before).map(|it| ids(&it.board, TaskState::Done)).unwrap_or_default();
    if is_of_plan(&task) && !counted.contains(&task) {
        return begun;
    }
    let (tier, reds, escalations) = (built.tier, built.reds, built.escalations);
    Work { task: Some(task), tier, reds, escalations, ..begun }
}
