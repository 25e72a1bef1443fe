//! What is read of the branch and pull request before deciding, as far as events turn on it.

use crate::base::Timestamp;
use crate::domain::workflow::{Event, PlanAtHead, Threads};
use crate::engine::Engine;
use crate::engine::ingest::Subject;
use crate::engine::plan_head::HeadPlan;
use crate::engine::threads::OpenThreads;
use crate::store::{CommitError, InboxRow};

/// What stands on GitHub.
pub(super) struct Head {
    pub(super) plan: PlanAtHead,
    pub(super) threads: Threads,
}

/// What was read, or the time to ask again.
pub(super) enum HeadRead {
    Known(Head),
    AskAgain { at: Timestamp, why: String },
}

impl Head {
    /// For what turns on neither.
    pub(super) fn unread() -> Head {
        Head { plan: PlanAtHead::NotRead, threads: Threads::NotRead }
    }
}

impl Engine {
    /// Reads what `events` turn on.
    pub(super) async fn head(
        &self,
        row: &InboxRow,
        subject: &Subject,
        events: &[Event],
    ) -> Result<HeadRead, CommitError> {
        let plan = match self.head_plan(row, subject, events).await? {
            HeadPlan::Known(plan) => plan,
            HeadPlan::AskAgain { at, why } => return Ok(HeadRead::AskAgain { at, why }),
        };
        Ok(match self.open_threads(row, subject, events).await? {
            OpenThreads::Known(threads) => HeadRead::Known(Head { plan, threads }),
            OpenThreads::AskAgain { at, why } => HeadRead::AskAgain { at, why },
        })
    }
}
