//! How often work may change hands by itself before a person is called.

use serde::{Deserialize, Serialize};

use crate::domain::handoff::Trigger;
use crate::domain::tier::Tier;

/// Escalations of one task: from the cheapest tier to the strongest is two.
pub const ESCALATIONS_PER_TASK_MAX: u8 = 2;

/// Automatic handoffs of one issue that no plan foresaw.
pub const UNPLANNED_PER_ISSUE_MAX: u8 = 6;

/// What was counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Escalations of the active task.
    pub task_escalations: u8,
    /// Handoffs of the issue whose trigger counts.
    pub issue_unplanned: u8,
}

/// The bound that is reached. Reads as one sentence for people, behind their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The task had all its escalations.
    #[error(
        "this task was handed to a stronger model {ESCALATIONS_PER_TASK_MAX} times already and is \
         not done, so nothing runs."
    )]
    Task,
    /// The issue had all its unplanned handoffs.
    #[error(
        "this issue's work changed hands {UNPLANNED_PER_ISSUE_MAX} times though no plan foresaw \
         it, and would again, so nothing runs."
    )]
    Issue,
}

/// Whether one more handoff may happen.
///
/// # Errors
/// The [`Bound`] that it would pass; the task's before the issue's. A trigger that does not count
/// passes always.
pub fn within_bounds(trigger: Trigger, from: Tier, to: Tier, counts: Counts) -> Result<(), Bound> {
    if !trigger.counts_to_bound() {
        return Ok(());
    }
    if from < to && ESCALATIONS_PER_TASK_MAX <= counts.task_escalations {
        return Err(Bound::Task);
    }
    if UNPLANNED_PER_ISSUE_MAX <= counts.issue_unplanned {
        return Err(Bound::Issue);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        trigger: Trigger,
        (from, to): (Tier, Tier),
        (task, issue): (u8, u8),
        expected: Result<(), Bound>,
    ) {
        let counts = Counts { task_escalations: task, issue_unplanned: issue };
        assert_eq!(within_bounds(trigger, from, to, counts), expected);
    }

    #[test]
    fn the_next_one_calls_a_person() {
        let up = (Tier::Haiku, Tier::Sonnet);
        let same = (Tier::Sonnet, Tier::Sonnet);
        check(Trigger::Stuck, up, (0, 0), Ok(()));
        check(Trigger::Stuck, up, (1, 5), Ok(()));
        check(Trigger::Stuck, up, (2, 5), Err(Bound::Task));
        check(Trigger::Stuck, up, (1, 6), Err(Bound::Issue));
        check(Trigger::TestFailure, up, (2, 6), Err(Bound::Task));
        // A fresh session on the same tier is no escalation, but it counts to the issue.
        check(Trigger::Context, same, (2, 5), Ok(()));
        check(Trigger::Context, same, (2, 6), Err(Bound::Issue));
        check(Trigger::Manual, up, (9, 9), Ok(()));
        check(Trigger::TaskComplete, up, (9, 9), Ok(()));
    }

    #[test]
    fn a_bound_is_told_in_a_sentence() {
        assert_eq!(
            Bound::Task.to_string(),
            "this task was handed to a stronger model 2 times already and is not done, so nothing \
             runs."
        );
    }
}
