//! Work changes between Baton and people at somebody's word, by `implement manual` and `implement`
//! or by the label `baton:manual`.

use super::{block, next};
use crate::domain::handoff::Trigger;
use crate::domain::tier::Tier;
use crate::domain::workflow::decision::{Decision, Draft};
use crate::domain::workflow::refused::Refused;
use crate::domain::workflow::state::{Block, Stage};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, FINDINGS, Work};

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

/// Leaves what is open to people. What was found has no box to tick: they are called for it.
pub(super) fn leave(draft: &mut Draft<'_>, mut work: Work) {
    if work.task.as_deref() == Some(FINDINGS) {
        block(draft, work, Block::Findings);
        return;
    }
    work.task = None;
    draft.enter(Stage::Working { work, doing: Doing::ByHand });
}

/// Baton builds what people have not.
pub(super) fn to_baton(
    mut draft: Draft<'_>,
    work: Work,
    wish: &Wish<'_>,
    model: Option<Tier>,
) -> Decision {
    if !draft.facts.open {
        return wish.refuse(draft, Refused::ClosedIssue);
    }
    if !draft.facts.policy.planner_available {
        return wish.refuse(draft, Refused::NoModel);
    }
    wish.seen(&mut draft);
    draft.state.requester = Some(wish.by.id);
    next(&mut draft, Work { by_hand: false, ..work }, (Trigger::Manual, model));
    wish.done(&mut draft);
    draft.status();
    draft.done()
}
