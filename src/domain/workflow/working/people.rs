//! What people want of the work while it is built.

use super::{build, next};
use crate::base::MicroUsd;
use crate::domain::command::{Rung, TaskAct};
use crate::domain::handoff::{Trigger, escalation};
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::effect::{Refused, Unbuilt};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::state::Stage;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, Work};

/// Answers a wish in `Working`.
pub(super) fn wished(draft: Draft<'_>, work: &Work, doing: &Doing, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.now) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Task { id, act } => task(draft, work.clone(), doing, &wish, (id, act)),
        Want::Handoff(to) => hand_over(draft, work.clone(), doing, &wish, to),
        Want::Revise(text) => revise(draft, work, &wish, (text, None, None)),
        Want::Plan { text, model, budget } if !text.trim().is_empty() => {
            revise(draft, work, &wish, (text, model, budget))
        }
        Want::Plan { .. }
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Implement { .. }
        | Want::Retry => wish.refuse(draft, Unbuilt::AlreadyBuilding),
        Want::Reject => wish.refuse(draft, Unbuilt::AlreadyBuilding),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// Building stops, and the plan is changed first.
pub(in crate::domain::workflow) fn revise(
    mut draft: Draft<'_>,
    work: &Work,
    wish: &Wish<'_>,
    (text, model, budget): (&str, Option<Tier>, Option<MicroUsd>),
) -> Decision {
    if let Some(obstacle) = wish.obstacle_to_revise(&draft) {
        return wish.refuse(draft, obstacle);
    }
    draft.stop_live_run();
    draft.state.stage = Stage::Planned { plan: work.plan.clone(), approved: Some(work.approved) };
    wish.revise(draft, &work.plan, text, (model, budget))
}

fn task(
    mut draft: Draft<'_>,
    mut work: Work,
    doing: &Doing,
    wish: &Wish<'_>,
    (id, act): (&str, TaskAct),
) -> Decision {
    if let Err(refused) = work.set(&draft.facts.tasks, id, act) {
        return wish.refuse(draft, Unbuilt::Task { sentence: refused.to_string() });
    }
    wish.seen(&mut draft);
    settled_by_person(&mut draft, work, doing);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// What follows when a person settled or reopened a task: if it was the active one its run stops
/// and the next task is taken up.
pub(super) fn settled_by_person(draft: &mut Draft<'_>, mut work: Work, doing: &Doing) {
    let settled = |id: &String| work.done.contains(id) || work.skipped.contains(id);
    let active_is_settled = work.task.as_ref().is_some_and(settled);
    let complete = work.board(&draft.facts.tasks).is_complete();
    if active_is_settled || (work.by_hand && complete) {
        draft.stop_live_run();
        work.task = None;
        next(draft, work, (Trigger::TaskComplete, None));
    } else {
        draft.state.stage = Stage::Working { work, doing: doing.clone() };
    }
    draft.status();
}

/// A person gives the active task to another model.
fn hand_over(
    mut draft: Draft<'_>,
    mut work: Work,
    doing: &Doing,
    wish: &Wish<'_>,
    to: Rung,
) -> Decision {
    let (Some(task), Doing::Building { .. } | Doing::Checking { .. }) = (work.task.clone(), doing)
    else {
        return wish.refuse(draft, Unbuilt::NotBuilding);
    };
    let tier = match to {
        Rung::To(tier) => Some(tier),
        Rung::Up => escalation(work.tier),
        Rung::Down => Tier::ALL.into_iter().rev().find(|it| *it < work.tier),
    };
    let Some(tier) = tier else { return wish.refuse(draft, Unbuilt::NoSuchRung) };
    wish.seen(&mut draft);
    draft.stop_live_run();
    draft.state.requester = Some(wish.by.id);
    work.tier = tier;
    work.reds = 0;
    build(&mut draft, work, task, Trigger::Manual);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}
