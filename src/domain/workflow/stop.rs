//! How work on an issue comes to an end.

use serde::{Deserialize, Serialize};

/// How an issue's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Somebody stopped it.
    Person,
    /// The issue was closed.
    Closed,
    /// A pull request that is not the plan's was merged, and closed the issue with it.
    ClosedElsewhere,
    /// The issue was deleted or moved away.
    Gone,
    /// Somebody rejected the plan.
    Rejected,
    /// The plan's pull request was closed without merging.
    PlanClosed,
    /// The plan's pull request was merged.
    PlanMerged,
    /// Nobody answered the questions or the plan in time.
    Unanswered,
    /// The App was uninstalled or lost the repository.
    Uninstalled,
    /// The installation was suspended, in a state that was stored before that became a pause.
    Suspended,
    /// Whoever runs the server had stopped everything here, in a state as old.
    Halted,
}

impl Stop {
    /// The end that closing the plan's pull request is.
    pub fn of_plan(merged: bool) -> Stop {
        if merged { Stop::PlanMerged } else { Stop::PlanClosed }
    }

    /// Whether the issue is closed, and reopening it goes back to what stood.
    pub(super) fn is_by_closing(self) -> bool {
        matches!(self, Stop::Closed | Stop::ClosedElsewhere)
    }

    /// Whether it came over the work from outside: nobody who works on the issue meant it to end.
    pub(super) fn is_an_interruption(self) -> bool {
        match self {
            Stop::Gone | Stop::Uninstalled | Stop::Suspended | Stop::Halted => true,
            Stop::Person
            | Stop::Closed
            | Stop::ClosedElsewhere
            | Stop::Rejected
            | Stop::PlanClosed
            | Stop::PlanMerged
            | Stop::Unanswered => false,
        }
    }

    /// Whether nothing can be written there any more.
    pub(super) fn is_out_of_reach(self) -> bool {
        matches!(self, Stop::Gone | Stop::Uninstalled | Stop::Suspended)
    }
}
