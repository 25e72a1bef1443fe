//! How an effect waits in the outbox for its turn: which write to GitHub and keep the pace of an
//! installation, and which wait a while because the latest is enough.

use crate::base::{Millis, Timestamp};
use crate::domain::workflow::Effect;

/// The check of a plan and the text of its pull request are brought up to date so long after a
/// decision, once for all that follow.
const CHECK_AFTER: Millis = Millis::seconds(5);

/// The slot of an effect that shows the newest state, of which the latest is enough, and when the
/// effect is due. While it waits it holds up nothing behind it: what is on its way to a run must
/// not wait for a courtesy.
pub(super) fn waits(
    effect: &Effect,
    now: Timestamp,
    status_due: Timestamp,
) -> (Option<String>, Timestamp) {
    if let Effect::UpsertStatus = effect {
        return (Some("status".to_owned()), status_due);
    }
    if let Effect::ShowPlanCheck { revision } = effect {
        return (Some(format!("plan-check/{revision}")), now + CHECK_AFTER);
    }
    if let Effect::ShowWork { .. } = effect {
        return (Some("work".to_owned()), now + CHECK_AFTER);
    }
    (None, now)
}

/// Whether it writes to GitHub and so waits for its turn: writes to one installation come one after
/// the other, a second apart. A reaction is the exception: it says "seen" in the same second.
pub(super) fn is_paced(effect: &Effect) -> bool {
    match effect {
        Effect::AnswerThreads { .. }
        | Effect::ShowLevel { .. }
        | Effect::DropLabel { .. }
        | Effect::DropOthers { .. }
        | Effect::ShowPlanNews { .. }
        | Effect::ShowCall { .. }
        | Effect::ShowPlanCheck { .. }
        | Effect::ShowStale { .. }
        | Effect::ShowWork { .. }
        | Effect::ClosePullRequest
        | Effect::PushChanges { .. }
        | Effect::FinishPlan { .. }
        | Effect::UpsertStatus
        | Effect::Post { .. }
        | Effect::ShowAnswers { .. }
        | Effect::CommitPlan { .. }
        | Effect::UpsertPullRequest { .. } => true,
        Effect::React { .. }
        | Effect::ReactOnLine { .. }
        | Effect::StartRun { .. }
        | Effect::TellRun { .. }
        | Effect::AskForNote { .. }
        | Effect::Capture { .. }
        | Effect::RecordAnswers { .. }
        | Effect::ResumeRun { .. }
        | Effect::KeepYes { .. }
        | Effect::StopRun { .. }
        | Effect::HoldRun { .. }
        | Effect::ReleaseRun { .. }
        | Effect::SetBudget { .. }
        | Effect::BookCost { .. }
        | Effect::RecordFeedback { .. }
        | Effect::SetTimer { .. }
        | Effect::CancelTimers => false,
    }
}
