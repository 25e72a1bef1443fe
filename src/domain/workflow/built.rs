//! What was built while a plan changes. Whoever edits or revises a plan in the middle of its work
//! does not pay for the same task twice: the work is held beside the plan that is written and waits,
//! and what is done stays done where a task is still the same. So does what is built: changes on their
//! way to the branch, or beside it until somebody says yes, go there when the changed plan begins,
//! and a head that was judged is.
//!
//! It is held like work that ended early. Where its branch went, no more is known of it than that:
//! merging it is the end all the same, if GitHub tells of the branch first.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::UserId;
use crate::domain::command::TaskAct;
use crate::domain::plan::Task;
use crate::domain::tasks::{Board, TaskState};
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft, Facts, Verdict};
use crate::domain::workflow::event::{Ci, Event};
use crate::domain::workflow::held::Held;
use crate::domain::workflow::merged;
use crate::domain::workflow::state::{Block, PlanRef, Stage, State};
use crate::domain::workflow::work::{Doing, Work, is_of_plan};

impl State {
    /// Whether building has begun, also while a changed plan waits or is written. Then the branch may
    /// hold what was built, and merging that is the end of the work (`workflow.md`, law 6).
    pub fn is_begun(&self) -> bool {
        self.stage.work().is_some() || self.built.is_some()
    }

    /// The work by an earlier revision, while a changed one waits or is written and the branch is
    /// there.
    pub fn built_work(&self) -> Option<&Work> {
        self.built.as_ref()?.work.as_ref()
    }

    /// What was built is gone with its branch.
    pub(super) fn lose_built(&mut self) {
        if self.built.is_some() {
            self.built = Some(lost());
        }
    }

    /// What was judged stands on a branch that the work has left. Changes that are not pushed yet go
    /// to the next one.
    pub(super) fn forget_built_head(&mut self) {
        self.built = self.built.take().map(merged::without_its_head);
    }
}

impl Draft<'_> {
    /// Keeps the work of the stage that is left for `next`, which has none, and forgets it where
    /// work goes on or has ended for good.
    pub(super) fn keep_built(&mut self, next: &Stage) {
        let is_over = matches!(next, Stage::Seen | Stage::Done { .. });
        if next.work().is_some() || is_over {
            self.state.built = None;
        } else if let Some(work) = self.state.stage.work() {
            self.state.built = Some(self.held_of(work));
        }
    }

    /// What is held of the work that is left.
    fn held_of(&self, work: &Work) -> Held {
        let held = self.state.stage.held();
        if held.blocked == Some(Block::BranchDeleted) {
            return lost();
        }
        let is_parked = matches!(held.blocked, Some(Block::NeedsYes | Block::Approvals));
        let parked = self.facts.asks_yes.as_ref().filter(|_| is_parked && work.task.is_some());
        let parked = parked.map(|it| Doing::Pushing { run: it.run.clone() });
        // A head that people broke is none to wait for: whoever changes the plan wants it mended.
        let is_broken = held.blocked == Some(Block::Ci(Ci::Red));
        let awaits = parked.or(held.awaits.filter(|_| !is_broken));
        // What is pushed goes upon whatever people pushed before it, and is judged with that.
        let is_pushed = matches!(awaits, Some(Doing::Pushing { .. }));
        let work = Work { beneath: work.beneath && !is_pushed, ..work.clone() };
        Held { work: Some(work), awaits, ..Held::default() }
    }
}

/// Work that went with its branch.
fn lost() -> Held {
    Held { blocked: Some(Block::BranchDeleted), ..Held::default() }
}

/// The state as it is known now, if `event` tells more of what was built: it is gone with its branch,
/// its push came through after all, or somebody pushed upon it or ticked what they did themselves.
pub(super) fn told(state: &State, event: &Event, facts: &Facts) -> Option<State> {
    let built = state.built.as_ref()?;
    let now = if *event == Event::BranchDeleted {
        Some(lost())
    } else if let Event::RunReported { run, report } = event {
        built.reported(report).filter(|_| built.pushing() == Some(run))
    } else if let Event::Pushed { sha, elsewhere: false, code, .. } = event {
        built.pushed((sha, *code))
    } else if let (Event::TickedInFile { tasks, reopened }, Some(plan)) =
        (event, state.stage.plan())
    {
        ticked(built, (plan, facts), (tasks, reopened))
    } else {
        None
    }?;
    (now != *built).then(|| State { built: Some(now), ..state.clone() })
}

/// Ticks that somebody pushed in the file of the plan that waits: they are held of that plan from
/// here on. A task that is on its way to the branch is brought to its end with them, and what of
/// theirs was to be judged is not, which the work says of itself.
fn ticked(
    built: &Held,
    (plan, facts): (&PlanRef, &Facts),
    (tasks, reopened): (&[String], &[String]),
) -> Option<Held> {
    if let Some(held) = ticked_as_built(built, (plan, facts), (tasks, reopened)) {
        return Some(held);
    }
    let mut held = held_of_plan(built, plan, facts)?;
    let work = held.work.as_mut()?;
    let set = acts(tasks, reopened).filter(|(id, act)| work.set(&facts.tasks, id, *act).is_ok());
    if set.count() == 0 {
        return None;
    }
    let is_judged = matches!(held.awaits, Some(Doing::Checking { .. }));
    if is_judged && work.task.as_ref().is_some_and(|it| work.is_settled(it)) {
        work.settled_by_word();
        (work.unchecked, held.awaits) = (true, None);
    }
    Some(held)
}

/// What the boxes of a file say, one task after the other.
fn acts<'a>(
    tasks: &'a [String],
    reopened: &'a [String],
) -> impl Iterator<Item = (&'a String, TaskAct)> {
    let done = tasks.iter().map(|id| (id, TaskAct::Done));
    done.chain(reopened.iter().map(|id| (id, TaskAct::Reopen)))
}

/// The same ticks, held of the plan that was being built, where they count by that one as well: what
/// the plan that waits has lost of it, the next revision may bring back. What is told of the active
/// task changes how it comes to its end.
fn ticked_as_built(
    built: &Held,
    (plan, facts): (&PlanRef, &Facts),
    (tasks, reopened): (&[String], &[String]),
) -> Option<Held> {
    let mut held = built.clone();
    let work = held.work.as_mut()?;
    if tasks.iter().chain(reopened).any(|it| work.task.as_ref() == Some(it)) {
        return None;
    }
    for (id, act) in acts(tasks, reopened) {
        work.set(&facts.built_tasks, id, act).ok()?;
    }
    let now = held_of_plan(&held, plan, facts)?.work?;
    let counts = tasks.iter().all(|it| now.done.contains(it));
    let is_open = reopened.iter().all(|it| !now.is_settled(it));
    (counts && is_open).then_some(held)
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

/// The work on a plan that was just approved, and what of it is built already: with nothing done, or,
/// where an earlier revision was being built, with what is still the same task. The bounds of the
/// issue's work go on to hold.
pub(super) fn begun(
    draft: &Draft<'_>,
    plan: &PlanRef,
    approved: UserId,
    by_hand: bool,
) -> (Work, Option<Doing>) {
    let held = draft.state.built.as_ref();
    let held = held.and_then(|it| held_of_plan(it, plan, draft.facts));
    let Some(Held { work: Some(work), awaits, .. }) = held else {
        return (Work::new(plan.clone(), approved, by_hand), None);
    };
    let work = Work { approved, by_hand, made_way: false, adopted: None, ..work };
    (work, awaits)
}

/// What is held, as it stands by `plan`: what is done of a task that is still the same, and what is
/// built of the active one, where that would count if it were done. What people pushed is judged
/// whatever the plan says now.
fn held_of_plan(held: &Held, plan: &PlanRef, facts: &Facts) -> Option<Held> {
    let work = held.work.as_ref()?;
    let mut before = work.board(&facts.built_tasks);
    let merged = |it: &Board| it.merged(&facts.tasks, Task::tier).map(|it| it.board);
    let now = merged(&before).unwrap_or_default();
    let ids = |board: &Board, state| -> BTreeSet<String> {
        board.in_state(state).map(|it| it.id().to_owned()).collect()
    };
    let theirs = matches!(held.awaits, Some(Doing::Checking { theirs: true, .. }));
    let task = work.task.clone().filter(|_| held.awaits.is_some() && !work.beneath);
    let task = task.filter(|it| {
        before.set(it, TaskState::Done);
        let counted = merged(&before).map(|it| ids(&it, TaskState::Done)).unwrap_or_default();
        counted.contains(it) || !is_of_plan(it)
    });
    let is_kept = task.is_some();
    // A table that people changed names the rung of the task that waits, like that of any other.
    let rung = |board: &Board| board.get(task.as_deref()?).map(|it| it.tier);
    let is_same_rung = rung(&now) == rung(&before);
    let tier = rung(&now).filter(|_| !is_same_rung).unwrap_or(work.tier);
    let of_task = |count: u8| if is_kept { count } else { 0 };
    let work = Work {
        plan: plan.clone(),
        done: ids(&now, TaskState::Done),
        skipped: ids(&now, TaskState::Skipped),
        tier: if is_kept { tier } else { Tier::Haiku },
        reds: of_task(work.reds),
        escalations: of_task(work.escalations),
        lent: work.lent && is_kept,
        beneath: theirs && !is_kept,
        task,
        ..work.clone()
    };
    let awaits = held.awaits.clone().filter(|_| is_kept || theirs);
    Some(Held { work: Some(work), awaits, ..held.clone() })
}

/// How what was built is stored. States that were stored before it was held like other work name the
/// work alone, and beside it what of its active task is built.
pub(super) mod stored {
    use super::*;

    #[derive(Serialize)]
    struct Written<'a> {
        built: &'a Option<Held>,
    }

    #[derive(Deserialize)]
    struct Read {
        #[serde(default)]
        built: Option<Built>,
        #[serde(default)]
        built_awaits: Option<Doing>,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Built {
        Held(Box<Held>),
        Work(Box<Work>),
    }

    pub(in super::super) fn serialize<S: Serializer>(
        built: &Option<Held>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        Written { built }.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Held>, D::Error> {
        let Read { built, built_awaits: awaits } = Read::deserialize(from)?;
        Ok(built.map(|it| match it {
            Built::Held(held) => *held,
            Built::Work(work) => Held { work: Some(*work), awaits, ..Held::default() },
        }))
    }
}
