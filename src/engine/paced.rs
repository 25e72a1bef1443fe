//! Which effects write to GitHub and keep the pace of an installation.

use crate::domain::workflow::Effect;

/// Whether it writes to GitHub and so waits for its turn: writes to one installation come one after
/// the other, a second apart. A reaction is the exception: it says "seen" in the same second.
pub(super) fn is_paced(effect: &Effect) -> bool {
    match effect {
        Effect::AnswerThreads { .. }
        | Effect::ShowLevel { .. }
        | Effect::DropLabel { .. }
        | Effect::DropOthers { .. }
        | Effect::ShowPlanNews { .. }
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
        | Effect::SetTimer { .. }
        | Effect::CancelTimers => false,
    }
}
