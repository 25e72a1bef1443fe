//! What the check run of a plan shows: whether its revision waits for an approval, has one, or is
//! past. It follows from the stage alone, so no stage has to think of it: whatever a decision
//! changes there is shown behind everything else that it wants.

use crate::domain::workflow::decision::Decision;
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::state::{Stage, State};

/// Where the approval of a revision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// It waits for one.
    Waits,
    /// It has one, and may be built by now.
    Approved,
    /// It can get none any more.
    Past,
}

/// Brings the checks of the revisions up to date whose approval stands otherwise than before.
pub(super) fn follow(before: &State, mut decision: Decision) -> Decision {
    let (was, is) = (shown(&before.stage), shown(&decision.state.stage));
    if was == is || is_out_of_reach(&decision.state.stage) {
        return decision;
    }
    // A life that ended leaves its last check as it is.
    let is_over = matches!(before.stage, Stage::Done { .. });
    let was = was.filter(|_| !is_over);
    let newest = is.map(|(revision, _)| revision);
    let left = was.filter(|(revision, shown)| newest != Some(*revision) && *shown != Shown::Past);
    let checks = left.map(|(revision, _)| revision).into_iter().chain(newest);
    decision.effects.extend(checks.map(|revision| Effect::ShowPlanCheck { revision }));
    decision
}

/// The announced revision, and where its approval stands.
fn shown(stage: &Stage) -> Option<(u16, Shown)> {
    let stage = stage.unpaused();
    let revision = stage.plan()?.revision;
    let shown = match stage {
        Stage::Planned { approved: None, .. } => Shown::Waits,
        Stage::Planned { approved: Some(_), .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. } => Shown::Approved,
        Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => match stage.work() {
            Some(_) => Shown::Approved,
            None => Shown::Past,
        },
    };
    Some((revision, shown))
}

/// Whether nothing can be written there any more.
pub(super) fn is_out_of_reach(stage: &Stage) -> bool {
    matches!(stage, Stage::Stopped { why, .. } if why.is_out_of_reach())
}
