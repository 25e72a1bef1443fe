//! What the check run of a plan shows (whether its revision waits for an approval, has one, or is
//! past), and what its pull request shows of the work. Both follow from the stage alone, so no stage
//! has to think of them: whatever a decision changes there is shown behind everything else that it
//! wants.

use std::collections::BTreeSet;

use crate::domain::workflow::decision::{Decision, Draft};
use crate::domain::workflow::effect::Effect;
use crate::domain::workflow::state::{PlanRef, Stage, State};
use crate::domain::workflow::work::Then;

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

/// Brings up to date what follows from the stage alone.
pub(super) fn follow(before: &State, decision: Decision) -> Decision {
    follow_plan(before, follow_work(before, decision))
}

/// Brings the pull request up to date where the work has got further, or begins.
fn follow_work(before: &State, mut decision: Decision) -> Decision {
    let is = work_shown(&decision.state.stage);
    if let Some(work) = is.filter(|it| Some(*it) != work_shown(&before.stage)) {
        let revision = work.plan.revision;
        decision.effects.push(Effect::ShowWork { revision });
    }
    decision
}

/// Writes what the pull request shows of the work anew, where somebody changed it: also the last text
/// of all.
pub(super) fn show_work(draft: &mut Draft<'_>) {
    let stage = draft.state.stage.unpaused();
    let ready = stage.work().filter(|_| stage.is_ready()).map(|it| &it.plan);
    let plan = work_shown(stage).map(|it| it.plan).or(ready);
    if let Some(revision) = plan.map(|it| it.revision) {
        draft.push(Effect::ShowWork { revision });
    }
}

/// The work as far as its pull request shows it; the last text of all goes with its last commit.
fn work_shown(stage: &Stage) -> Option<Shows<'_>> {
    match stage.unpaused() {
        Stage::Ready { .. }
        | Stage::Inspecting { then: Then::Ready, .. }
        | Stage::Done { .. }
        | Stage::Stopped { .. } => None,
        Stage::Seen
        | Stage::Planning { .. }
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Working { .. }
        | Stage::HandingOver { .. }
        | Stage::Inspecting { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. } => stage.work().map(|it| Shows {
            plan: &it.plan,
            done: &it.done,
            skipped: &it.skipped,
            unchecked: it.unchecked,
        }),
    }
}

/// What a pull request shows of the work.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shows<'a> {
    plan: &'a PlanRef,
    done: &'a BTreeSet<String>,
    skipped: &'a BTreeSet<String>,
    unchecked: bool,
}

/// Brings the checks of the revisions up to date whose approval stands otherwise than before.
fn follow_plan(before: &State, mut decision: Decision) -> Decision {
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
        Stage::Blocked { .. } if stage.plan_that_waits().is_some() => Shown::Waits,
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
