//! What people want of the work while it is built.

use super::{by_hand, next, pass_on};
use crate::base::{MicroUsd, Sha};
use crate::domain::command::{Rung, TaskAct};
use crate::domain::handoff::Trigger;
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::event::Event;
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::handing::{self, Handing};
use crate::domain::workflow::inspecting;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::Stage;
use crate::domain::workflow::wish::{Want, Wish};
use crate::domain::workflow::work::{Doing, Then, Work};

/// Answers a wish in `Working`.
pub(super) fn wished(draft: Draft<'_>, work: &Work, doing: &Doing, event: &Event) -> Decision {
    let Some(wish) = Wish::of(event, draft.facts.arrived) else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    match wish.want {
        Want::Task { id, act } => task(draft, work.clone(), doing, &wish, (id, act)),
        Want::Handoff(to) => hand_over(draft, work.clone(), doing, &wish, to),
        Want::Revise(text) => revise(draft, work, &wish, (text, None, None)),
        Want::Plan { text, model, budget } if !text.trim().is_empty() => {
            revise(draft, work, &wish, (text, model, budget))
        }
        Want::Implement { manual: true, .. } if !work.by_hand => {
            by_hand::to_people(draft, work.clone(), &wish)
        }
        Want::Implement { manual: false, model, .. } if work.by_hand && *doing == Doing::ByHand => {
            by_hand::to_baton(draft, work.clone(), &wish, model)
        }
        Want::Implement { manual: false, model: None, .. } if is_theirs_next(work, doing) => {
            by_hand::to_baton_behind(draft, work.clone(), doing, &wish)
        }
        Want::Look(by) if work.by_hand && *doing == Doing::ByHand => {
            inspecting::asked(draft, work.clone(), &wish, (by, Then::ByHand))
        }
        Want::Look(_) => wish.refuse(draft, Unbuilt::NotAtRest),
        Want::Plan { .. }
        | Want::Approve { .. }
        | Want::Unapprove
        | Want::Implement { .. }
        | Want::Retry => wish.refuse(draft, Unbuilt::AlreadyBuilding),
        Want::Reject => wish.refuse(draft, Unbuilt::AlreadyBuilding),
        Want::Allow(_) => wish.refuse(draft, Unbuilt::NoSuchChange),
        Want::Fix { .. } => wish.refuse(draft, Unbuilt::NotReady),
        Want::Answer(_) => wish.refuse(draft, Refused::NoSuchQuestion { open: 0 }),
    }
}

/// Whether people build when what is on its way to the branch, or is checked there, has come to its
/// end.
fn is_theirs_next(work: &Work, doing: &Doing) -> bool {
    work.by_hand && matches!(doing, Doing::Pushing { .. } | Doing::Checking { .. })
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
    let planned = Stage::Planned { plan: work.plan.clone(), approved: Some(work.approved) };
    draft.keep_built(&planned);
    draft.stop_live_run();
    draft.state.stage = planned;
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
    if by_hand::wants_the_head(&draft, &work, doing) && draft.facts.head.is_none() {
        return wish.refuse(draft, Unbuilt::HeadUnread);
    }
    wish.seen(&mut draft);
    settled_by_person(&mut draft, work, doing);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// What follows when a person settled or reopened a task.
pub(in crate::domain::workflow) fn settled_by_person(
    draft: &mut Draft<'_>,
    work: Work,
    doing: &Doing,
) {
    if work.by_hand {
        by_hand::settled(draft, work, doing);
    } else if work.beneath || matches!(doing, Doing::Pushing { .. }) {
        // What is on its way to the branch is brought to its end first, and so is what people pushed
        // while nothing went on.
        draft.state.stage = Stage::Working { work, doing: doing.clone() };
    } else if let Some(work) = settle(draft, work) {
        draft.state.stage = Stage::Working { work, doing: doing.clone() };
    }
    draft.status();
}

/// What a run built stands on the branch, and its checks are awaited, unless somebody settled the
/// task meanwhile.
pub(super) fn came_through(draft: &mut Draft<'_>, work: Work, sha: &Sha) {
    let open = if work.by_hand { Some(work) } else { settle(draft, work) };
    if let Some(work) = open {
        let doing = Doing::Checking { sha: sha.clone(), theirs: false };
        draft.enter(Stage::Working { work, doing });
    }
    draft.refresh_status();
}

/// If the active task of Baton's work is settled, its run stops and the next task is taken up;
/// otherwise the work is given back, to go on as it went. Where what was pushed of the task has not
/// been judged, the work says so.
pub(in crate::domain::workflow) fn settle(draft: &mut Draft<'_>, mut work: Work) -> Option<Work> {
    let is_unjudged = matches!(
        draft.state.stage,
        Stage::Working { doing: Doing::Pushing { .. } | Doing::Checking { .. }, .. }
    );
    if work.task.as_ref().is_some_and(|it| work.is_settled(it)) {
        draft.stop_live_run();
        work.settled_by_word();
        work.unchecked |= is_unjudged;
        next(draft, work, (Trigger::TaskComplete, None));
        return None;
    }
    Some(work)
}

/// A person gives the active task to another model. A run that builds it is asked where it stands
/// before it is stopped.
fn hand_over(
    mut draft: Draft<'_>,
    work: Work,
    doing: &Doing,
    wish: &Wish<'_>,
    to: Rung,
) -> Decision {
    let run = match doing {
        Doing::Building { run } => Some(run.clone()),
        Doing::Checking { .. } => None,
        Doing::ByHand => {
            let why = work.adopted.map_or(Unbuilt::ByHand, |number| Unbuilt::Adopted { number });
            return wish.refuse(draft, why);
        }
        // What is built is on its way: no model is at it that could be another one.
        Doing::Pushing { .. } => return wish.refuse(draft, Unbuilt::AlreadyBuilding),
    };
    if work.task.is_none() {
        return wish.refuse(draft, Unbuilt::AlreadyBuilding);
    }
    let Some(to) = handing::rung(to, work.tier) else {
        return wish.refuse(draft, Unbuilt::NoSuchRung);
    };
    wish.seen(&mut draft);
    draft.chose_tier(work.tier, to, How::Handoff);
    draft.state.requester = Some(wish.by.id);
    let trigger = Trigger::Manual;
    match run {
        Some(run) => handing::begin(&mut draft, Handing { work, run, to, trigger }),
        None => pass_on(&mut draft, work, to, trigger),
    }
    wish.done(&mut draft);
    draft.status();
    draft.done()
}
