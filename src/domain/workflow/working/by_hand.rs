//! Work changes between Baton and people at somebody's word, by `implement manual` and `implement`
//! or by the label `baton:manual`; and to people when they push again and again.
//!
//! What people build is judged like what Baton builds: their last tick waits for the checks of the
//! head, and behind them the specialists look.
//!
//! They have a clock of their own, which each push and each tick of theirs begins anew: after three
//! days the status comment says that nothing was seen, and after fourteen the work is paused.

use super::{block, next};
use crate::base::Sha;
use crate::domain::handoff::Trigger;
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft};
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, Work, is_of_plan};

/// People build from here on. A live run is stopped; what is on its way to the branch, or is being
/// checked there, is brought to its end first.
pub(in crate::domain::workflow) fn to_people(
    mut draft: Draft<'_>,
    work: Work,
    wish: &Wish<'_>,
) -> Decision {
    let work = Work { by_hand: true, ..work };
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    match draft.state.stage.clone() {
        Stage::Working {
            doing: doing @ (Doing::Pushing { .. } | Doing::Checking { .. }), ..
        } => {
            draft.state.stage = Stage::Working { work, doing };
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
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => {
            draft.stop_live_run();
            draft.state.stage = Stage::Working { work: work.clone(), doing: Doing::ByHand };
            leave(&mut draft, work);
        }
    }
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Whether people push so often that they and Baton would build against each other. Nothing of the
/// plan is being built while what was found or asked for is mended, and where only checks are waited
/// for.
pub(in crate::domain::workflow) fn is_pushed_at(draft: &Draft<'_>, work: &Work) -> bool {
    let builds = work.task.as_ref().is_some_and(|it| is_of_plan(it));
    draft.facts.pushed_lately && builds && !work.by_hand
}

/// People push again and again, so the building is theirs, until somebody hands it back. What is on
/// its way to the branch is brought to its end first, and then the head is theirs.
pub(in crate::domain::workflow) fn make_way(
    mut draft: Draft<'_>,
    work: Work,
    doing: &Doing,
    sha: &Sha,
) -> Decision {
    let work = Work { by_hand: true, made_way: true, ..work };
    match doing {
        Doing::Building { .. } | Doing::ByHand => {
            draft.stop_live_run();
            leave(&mut draft, work);
        }
        Doing::Checking { .. } => {
            let doing = Doing::Checking { sha: sha.clone(), theirs: true };
            draft.enter(Stage::Working { work, doing });
        }
        Doing::Pushing { .. } => {
            draft.state.stage = Stage::Working { work, doing: doing.clone() };
        }
    }
    draft.status();
    draft.done()
}

/// Leaves what is open to people. What was found, or what a review asks for, has no box to tick: they
/// are called for it.
pub(super) fn leave(draft: &mut Draft<'_>, mut work: Work) {
    if work.task.as_ref().is_some_and(|it| !is_of_plan(it)) {
        block(draft, work, Block::Findings);
        return;
    }
    work.task = None;
    draft.enter(Stage::Working { work, doing: Doing::ByHand });
}

/// Whether all tasks of people's work are settled and no head is being judged: then the checks of
/// the one that stands there are waited for.
pub(in crate::domain::workflow) fn wants_the_head(
    draft: &Draft<'_>,
    work: &Work,
    doing: &Doing,
) -> bool {
    !work.is_batons() && *doing == Doing::ByHand && work.board(&draft.facts.tasks).is_complete()
}

/// People settled or reopened a task of theirs; one that was begun before it was theirs is not
/// begun again. What is on its way to the branch is brought to its end with its task, and a head
/// that is judged already goes on to be.
pub(super) fn settled(draft: &mut Draft<'_>, mut work: Work, doing: &Doing) {
    if *doing == Doing::ByHand && work.task.as_ref().is_some_and(|it| work.is_settled(it)) {
        work.task = None;
    }
    match draft.facts.head.clone() {
        Some(sha) if wants_the_head(draft, &work, doing) => look_at(draft, work, sha),
        Some(_) | None if *doing == Doing::ByHand => seen(draft, work),
        Some(_) | None => draft.state.stage = Stage::Working { work, doing: doing.clone() },
    }
}

/// Something was seen of people's work: its clock begins anew, and the status comment no longer says
/// that there was nothing.
pub(in crate::domain::workflow) fn seen(draft: &mut Draft<'_>, work: Work) {
    let was_quiet = draft.state.quiet;
    draft.enter(Stage::Working { work, doing: Doing::ByHand });
    if was_quiet {
        draft.refresh_status();
    }
}

/// People pushed, and have more to build.
pub(super) fn pushed(mut draft: Draft<'_>, work: Work) -> Decision {
    seen(&mut draft, work);
    draft.done()
}

/// Nothing was seen of people's work for days: they read so where the work stands, and nobody is
/// called.
pub(super) fn unseen(mut draft: Draft<'_>) -> Decision {
    draft.state.quiet = true;
    draft.refresh_status();
    draft.done()
}

/// The checks of a head that people made are waited for.
fn look_at(draft: &mut Draft<'_>, mut work: Work, sha: Sha) {
    work.task = None;
    draft.enter(Stage::Working { work, doing: Doing::Checking { sha, theirs: true } });
}

/// Takes people's work up again in which nothing is left to settle: whatever stands there now is
/// judged before anybody looks at it.
pub(super) fn look_again(mut draft: Draft<'_>, work: Work, wish: &Wish<'_>) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    let Some(sha) = draft.facts.head.clone() else {
        return wish.refuse(draft, Unbuilt::HeadUnread);
    };
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    look_at(&mut draft, work, sha);
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Baton builds what people have not.
pub(in crate::domain::workflow) fn to_baton(
    mut draft: Draft<'_>,
    work: Work,
    wish: &Wish<'_>,
    model: Option<Tier>,
) -> Decision {
    if let Some(obstacle) = obstacle_to_baton(&draft, &work) {
        return wish.refuse(draft, obstacle);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    let work = Work { by_hand: false, made_way: false, ..work };
    next(&mut draft, work, (Trigger::Manual, model));
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Baton builds what follows when what is on its way has come to its end: nothing begins by that.
pub(super) fn to_baton_behind(
    mut draft: Draft<'_>,
    work: Work,
    doing: &Doing,
    wish: &Wish<'_>,
) -> Decision {
    if let Some(obstacle) = obstacle_to_baton(&draft, &work) {
        return wish.refuse(draft, obstacle);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    let work = Work { by_hand: false, made_way: false, ..work };
    draft.state.stage = Stage::Working { work, doing: doing.clone() };
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

fn obstacle_to_baton(draft: &Draft<'_>, work: &Work) -> Option<Refused> {
    // What they built stands on their branch, where Baton never writes, and not on its own.
    if let Some(number) = work.adopted {
        return Some(Unbuilt::Adopted { number }.into());
    }
    if !draft.facts.open {
        return Some(Refused::ClosedIssue);
    }
    (!draft.facts.policy.planner_available).then_some(Refused::NoModel)
}
