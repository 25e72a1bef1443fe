//! The verdict of a head: what follows when the CI has spoken, and when what it said helps nobody.
//!
//! ```text
//! Checking -> green: the next task
//!          -> red: the run mends it; what a person broke waits for people
//!          -> says nothing that counts: waits for people
//!                -> green or red all the same, or another push: as above
//!                -> somebody takes this very commit as it is: the next task
//! ```
//!
//! Where the server says so, a commit on which nothing spoke at all is taken by itself: many
//! repositories have no CI. One without the check that its plan names is not: only people take it.
//! Either way the work remembers that it is not checked.

use super::by_hand;
use crate::base::Sha;
use crate::domain::handoff::Trigger;
use crate::domain::workflow::decision::{Decision, Draft, Ignored};
use crate::domain::workflow::event::Ci;
use crate::domain::workflow::fix;
use crate::domain::workflow::refused::{Refused, Unbuilt};
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, Work};
use crate::domain::workflow::working;

/// Takes the verdict of a head: `doing` says whether it is awaited.
pub(in crate::domain::workflow) fn concluded(
    mut draft: Draft<'_>,
    mut work: Work,
    doing: &Doing,
    (sha, ci): (&Sha, Ci),
) -> Decision {
    let Doing::Checking { sha: head, theirs } = doing else {
        return draft.ignored(Ignored::NotForThisStage);
    };
    if head != sha {
        return draft.ignored(Ignored::NotTheHead);
    }
    match ci {
        Ci::Green => passed(&mut draft, Work { unchecked: false, ..work }),
        Ci::Unverified if draft.facts.policy.accepts_unverified => {
            passed(&mut draft, Work { unchecked: true, ..work });
        }
        // What a person broke is not counted against the run.
        Ci::Red if *theirs => unclear(&mut draft, work, doing, ci),
        Ci::Red => {
            work.reds = work.reds.saturating_add(1);
            let reds_max = draft.facts.policy.escalate_on.reds();
            match work.task.clone() {
                // What the last run left there is people's to mend, too.
                Some(_) | None if !work.is_batons() => by_hand::leave(&mut draft, work),
                Some(task) if work.reds < reds_max => {
                    working::build(&mut draft, work, task, Trigger::TestFailure);
                }
                Some(_) => {
                    working::escalate(&mut draft, work, (Trigger::TestFailure, Block::OutOfRungs));
                }
                None => unclear(&mut draft, work, doing, ci),
            }
        }
        Ci::Unverified | Ci::Unproven | Ci::Silent | Ci::NeedsPerson => {
            unclear(&mut draft, work, doing, ci);
        }
    }
    draft.status();
    draft.done()
}

/// The head counts: the active task is done, and the next is taken up. What people pushed while
/// nothing went on is no task: the one that was to be built is built upon it.
fn passed(draft: &mut Draft<'_>, mut work: Work) {
    if work.beneath {
        match work.task.clone().filter(|it| work.is_batons() && !work.is_settled(it)) {
            Some(task) => working::build(draft, work, task, Trigger::Manual),
            None => {
                work.task = None;
                working::next(draft, work, (Trigger::TaskComplete, None));
            }
        }
        return;
    }
    fix::answer(draft, &work);
    work.task_is_done();
    working::next(draft, work, (Trigger::TaskComplete, None));
}

/// Somebody takes the head whose checks helped nobody as it is. Their yes is for that very commit.
pub(in crate::domain::workflow) fn taken(
    mut draft: Draft<'_>,
    (work, doing): (&Work, &Doing),
    digits: &str,
    wish: &Wish<'_>,
) -> Decision {
    let sha = match doing {
        Doing::Checking { sha, .. } if sha.as_str().starts_with(digits) => sha.to_string(),
        Doing::Checking { .. } | Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand => {
            return wish.refuse(draft, Unbuilt::NoSuchChange);
        }
    };
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    if work.is_batons() && !draft.facts.policy.planner_available {
        return wish.refuse(draft, Refused::NoModel);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    wish.says_yes(&mut draft, sha);
    passed(&mut draft, Work { unchecked: true, ..work.clone() });
    wish.done(&mut draft);
    draft.status();
    draft.done()
}

/// Somebody pushed, and the CI of what stands there is the one that counts now. Whoever edits no
/// more than the plan makes nobody else's commit theirs.
pub(in crate::domain::workflow) fn another_head(
    mut draft: Draft<'_>,
    work: Work,
    doing: &Doing,
    (sha, code): (&Sha, bool),
) -> Decision {
    let theirs = match doing {
        Doing::Checking { theirs, .. } => *theirs || code,
        Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand => true,
    };
    let doing = Doing::Checking { sha: sha.clone(), theirs };
    draft.enter(Stage::Working { work, doing });
    draft.refresh_status();
    draft.done()
}

/// Calls a person because of what the checks say. The head is kept: they may still pass.
fn unclear(draft: &mut Draft<'_>, work: Work, doing: &Doing, ci: Ci) {
    working::block(draft, work, Block::Ci(ci));
    if let Stage::Blocked { held, .. } = &mut draft.state.stage {
        held.awaits = Some(doing.clone());
    }
}

/// People were called because of the checks of a head, and now these have spoken.
pub(in crate::domain::workflow) fn concluded_late(
    draft: Draft<'_>,
    (work, doing): (&Work, &Doing),
    told: Ci,
    (sha, ci): (&Sha, Ci),
) -> Decision {
    let says_more = match ci {
        Ci::Green | Ci::Red => ci != told,
        Ci::Unverified | Ci::Unproven | Ci::Silent | Ci::NeedsPerson => false,
    };
    match says_more {
        true => concluded(draft, work.clone(), doing, (sha, ci)),
        false => draft.ignored(Ignored::NothingNew),
    }
}

/// Somebody goes on where a head was judged before the plan's file was broken: the one that stands
/// there now is judged first.
pub(in crate::domain::workflow) fn look_at_the_head(
    draft: Draft<'_>,
    work: &Work,
    wish: &Wish<'_>,
) -> Decision {
    let Some(sha) = draft.facts.head.clone() else {
        return wish.refuse(draft, Unbuilt::HeadUnread);
    };
    look_again(draft, work, &Doing::Checking { sha, theirs: true }, wish)
}

/// Somebody wants the checks looked at again, which costs nothing.
pub(in crate::domain::workflow) fn look_again(
    mut draft: Draft<'_>,
    work: &Work,
    doing: &Doing,
    wish: &Wish<'_>,
) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    draft.enter(Stage::Working { work: work.clone(), doing: doing.clone() });
    wish.done(&mut draft);
    draft.status();
    draft.done()
}
