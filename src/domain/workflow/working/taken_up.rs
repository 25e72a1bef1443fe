//! Work that was laid down is taken up where it stood: what is built and looked at already is not
//! built, not looked at, and not paid a second time.

use super::{block, build, checking, finish, next, push_again, resume_on, retry};
use crate::base::RunId;
use crate::domain::handoff::Trigger;
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::feedback::How;
use crate::domain::workflow::held::Held;
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::state::{Block, RunFailure, Stage};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, Work};

/// Takes up again what failed or was stopped. Work that was ready for people is so again, changes
/// that were on their way to the branch go there, and a commit whose checks were awaited is looked
/// at again, which costs nothing; anything else begins with a fresh run.
pub(in crate::domain::workflow) fn take_up(
    draft: Draft<'_>,
    work: &Work,
    held: &Held,
    wish: &Wish<'_>,
) -> Decision {
    if let Some(work) = finished(&draft, held) {
        return finish_again(draft, work, wish);
    }
    match &held.awaits {
        Some(Doing::Checking { .. }) if is_left_to_people(&draft, work) => {
            retry(draft, work.clone(), wish)
        }
        Some(doing @ Doing::Checking { .. }) => checking::look_again(draft, work, doing, wish),
        Some(Doing::Pushing { run }) if work.task.is_some() => push_on(draft, work, run, wish),
        Some(Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand) | None => {
            retry(draft, work.clone(), wish)
        }
    }
}

/// Goes on at somebody's word with work that waited for people, on the model that they may have named.
/// What people pushed meanwhile is judged before anything begins on it. Where their word is to go on
/// without that, the work says of itself that it is not checked.
pub(in crate::domain::workflow) fn go_on(
    (draft, wish): (Draft<'_>, &Wish<'_>),
    (why, work): (Block, Work),
    held: &Held,
    model: Option<Tier>,
) -> Decision {
    let Some(doing @ Doing::Checking { theirs, .. }) = &held.awaits else {
        return resume_on(draft, work, wish, model);
    };
    // People were called because of these very checks, and go on all the same.
    let is_told = matches!(why, Block::Ci(_));
    let by_hand = is_open_to_people(&draft, &work);
    // A model can be kept for the task that waits, and not for one that is not chosen yet.
    let is_kept = model.is_none() || work.task.is_some();
    if *theirs && !is_told && !by_hand && is_kept {
        if work.is_batons() && !draft.facts.policy.planner_available {
            return wish.refuse(draft, Refused::NoModel);
        }
        let tier = model.unwrap_or(work.tier);
        let work = Work { tier, beneath: true, ..work };
        return checking::look_again(draft, &work, doing, wish);
    }
    let unchecked = work.unchecked || work.task.is_none() && !by_hand;
    resume_on(draft, Work { unchecked, ..work }, wish, model)
}

/// A changed plan begins with what is built of a task that it left as it was: that is pushed, or the
/// head that stands there now is judged.
pub(super) fn bring_to_its_end(
    draft: &mut Draft<'_>,
    mut work: Work,
    doing: Doing,
    model: Option<Tier>,
) {
    if let Some(chosen) = model.filter(|_| work.task.is_some()) {
        draft.chose_tier(work.tier, chosen, How::Option);
    }
    work.tier = model.or(draft.state.override_tier).unwrap_or(work.tier);
    let doing = match doing {
        Doing::Pushing { run } => {
            let task = work.task.clone().unwrap_or_default();
            draft.push(Effect::PushChanges { run: run.clone(), task });
            Doing::Pushing { run }
        }
        Doing::Checking { sha, theirs } => {
            let sha = draft.facts.head.clone().unwrap_or(sha);
            Doing::Checking { sha, theirs }
        }
        Doing::Building { .. } | Doing::ByHand => {
            next(draft, work, (Trigger::PlanningComplete, model));
            return;
        }
    };
    draft.enter(Stage::Working { work, doing });
}

/// Whether people build by hand and have more to build: their last tick waits for the checks, and
/// nothing before it does.
pub(in crate::domain::workflow) fn is_left_to_people(draft: &Draft<'_>, work: &Work) -> bool {
    work.beneath && is_open_to_people(draft, work)
}

fn is_open_to_people(draft: &Draft<'_>, work: &Work) -> bool {
    !work.is_batons() && !work.board(&draft.facts.tasks).is_complete()
}

/// The work that was ready for people, unless somebody opened a task of it meanwhile.
pub(in crate::domain::workflow) fn finished(draft: &Draft<'_>, held: &Held) -> Option<Work> {
    let is_whole = |it: &&Work| held.ready && it.board(&draft.facts.tasks).is_complete();
    held.work.as_ref().filter(is_whole).cloned()
}

/// What a run had built before the end is pushed after all.
fn push_on(mut draft: Draft<'_>, work: &Work, run: &RunId, wish: &Wish<'_>) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    wish.seen(&mut draft);
    push_again(draft, work.clone(), run.clone(), wish)
}

/// Ends the work once more: what of its end stands on GitHub already is left as it is.
fn finish_again(mut draft: Draft<'_>, work: Work, wish: &Wish<'_>) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    finish(&mut draft, work);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// People pushed to the files that the run had changed: what they did stands, and a fresh session
/// builds upon it. Once for each task; people who push there again are asked.
pub(super) fn overtaken(draft: &mut Draft<'_>, work: Work) {
    let open = work.task.clone().filter(|it| work.is_batons() && !work.is_settled(it));
    match open.filter(|_| !work.overtaken) {
        Some(task) => {
            let work = Work { overtaken: true, ..work };
            build(draft, work, task, Trigger::Overtaken);
            draft.status();
        }
        None => block(draft, work, Block::Run(RunFailure::Overtaken)),
    }
}
