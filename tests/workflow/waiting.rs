//! Laws 15 and 18: who is next in every stage.

use std::collections::BTreeSet;

use baton::domain::workflow::{Doing, Stage, TimerKind};

use super::laws::{Held, Node, law};
use super::pauses;

/// Laws 15 and 18: outside ends there is a live run with a clock, an armed timer or a named
/// person; an end has nothing. `Seen` waits for its first wish.
pub(super) fn somebody_is_next(after: &Node) -> Held {
    // Whether a run has begun is looked at beside everything else: see `not_started`.
    let timers: BTreeSet<TimerKind> =
        after.timers.iter().copied().filter(|it| *it != TimerKind::Start).collect();
    let armed = |kinds: &[TimerKind]| timers == kinds.iter().copied().collect();
    let gives_up = after.timers.contains(&TimerKind::GiveUp);
    let holds = match &after.state.stage {
        Stage::Asking { answered, questions, .. } => {
            let complete = answered.count_ones() == u32::from(*questions);
            let of_task = after.state.stage.work().is_some();
            let resumes = after.timers.contains(&TimerKind::Resume);
            if of_task { resumes } else { gives_up && complete == resumes }
        }
        Stage::Planned { .. } => gives_up && !after.timers.contains(&TimerKind::Stuck),
        Stage::Planning { .. }
        | Stage::Inspecting { .. }
        | Stage::Working { doing: Doing::Building { .. }, .. } => {
            armed(&[TimerKind::Stuck, TimerKind::Poke]) || armed(&[TimerKind::Stuck])
        }
        Stage::Working { doing: Doing::Pushing { .. }, .. } => armed(&[TimerKind::Stuck]),
        Stage::HandingOver { .. } => armed(&[TimerKind::Note]),
        Stage::Working { doing: Doing::Checking { .. }, .. } => armed(&[TimerKind::Ci]),
        Stage::Working { doing: Doing::ByHand, .. } | Stage::Ready { .. } => gives_up,
        Stage::Paused { .. } => pauses::keeps_time(after),
        Stage::Blocked { .. } => armed(&[]) && after.state.requester.is_some(),
        Stage::Seen | Stage::Done { .. } | Stage::Stopped { .. } => armed(&[]),
    };
    law!(holds, "law 15: {} with {:?} and nobody", after.state.stage.name(), after.timers);
    let untouched = matches!(after.state.stage, Stage::Seen | Stage::Stopped { .. });
    law!(untouched || after.state.has_status, "work without a status comment");
    let by_hand = matches!(after.state.stage, Stage::Working { doing: Doing::ByHand, .. });
    law!(by_hand || !after.state.quiet, "quiet in {}", after.state.stage.name());
    Ok(())
}
