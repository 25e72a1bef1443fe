//! Why work changes hands. To whom it goes the workflow decides, where it decides the rest.

use serde::{Deserialize, Serialize};

use crate::base::Millis;
use crate::domain::tier::Tier;

/// Why work changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The plan was approved and started; never merely written.
    PlanningComplete,
    /// A task is done and verified.
    TaskComplete,
    /// All tasks are done or skipped.
    ImplementationComplete,
    /// Test-agent or review-agent found what has to be mended.
    Findings,
    /// People asked for something in a review of what was built.
    Review,
    /// The model was silent for too long.
    Stuck,
    /// The CI was red on the run's commit, as often as the policy says.
    TestFailure,
    /// The run costs more than estimated without getting on, or a budget is nearly used.
    Cost,
    /// The conversation is near the model's cheap limit.
    Context,
    /// People changed the files that the run had changed, before its changes were pushed.
    Overtaken,
    /// The plan or the diff touches paths that matter to security.
    SecurityConcern,
    /// A person asked for it.
    Manual,
}

impl Trigger {
    /// All triggers, in the order of `domain.md`'s table.
    pub const ALL: [Trigger; 12] = [
        Trigger::PlanningComplete,
        Trigger::TaskComplete,
        Trigger::ImplementationComplete,
        Trigger::Findings,
        Trigger::Review,
        Trigger::Stuck,
        Trigger::TestFailure,
        Trigger::Cost,
        Trigger::Context,
        Trigger::Overtaken,
        Trigger::SecurityConcern,
        Trigger::Manual,
    ];

    /// The name that people and history read.
    pub fn name(self) -> &'static str {
        match self {
            Trigger::PlanningComplete => "planning complete",
            Trigger::TaskComplete => "task complete",
            Trigger::ImplementationComplete => "implementation complete",
            Trigger::Findings => "findings",
            Trigger::Review => "review",
            Trigger::Stuck => "stuck",
            Trigger::TestFailure => "test failure",
            Trigger::Cost => "cost",
            Trigger::Context => "context",
            Trigger::Overtaken => "overtaken",
            Trigger::SecurityConcern => "security concern",
            Trigger::Manual => "manual",
        }
    }

    /// Whether a handoff by this trigger counts to the bound of unplanned ones: what is part of
    /// the plan's course, and what a person asked for or did, does not.
    pub fn counts_to_bound(self) -> bool {
        match self {
            Trigger::Stuck
            | Trigger::TestFailure
            | Trigger::Cost
            | Trigger::Context
            | Trigger::SecurityConcern => true,
            Trigger::PlanningComplete
            | Trigger::TaskComplete
            | Trigger::ImplementationComplete
            | Trigger::Findings
            | Trigger::Review
            | Trigger::Overtaken
            | Trigger::Manual => false,
        }
    }
}

/// The next rung up; `None` on the highest.
pub fn escalation(from: Tier) -> Option<Tier> {
    match from {
        Tier::Haiku => Some(Tier::Sonnet),
        Tier::Sonnet => Some(Tier::Opus),
        Tier::Opus => None,
    }
}

/// How long a model of that tier may be silent before it counts as stuck (seed 3; Opus by
/// `domain.md`).
pub fn stuck_after(tier: Tier) -> Millis {
    match tier {
        Tier::Haiku => Millis::minutes(10),
        Tier::Sonnet => Millis::minutes(20),
        Tier::Opus => Millis::minutes(30),
    }
}

/// When a silent model is poked, once: at half of its time.
pub fn poke_after(tier: Tier) -> Millis {
    Millis(stuck_after(tier).0 / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_measured_by_tier() {
        let minutes = |tier| (poke_after(tier).0 / 60_000, stuck_after(tier).0 / 60_000);
        assert_eq!(Tier::ALL.map(minutes), [(5, 10), (10, 20), (15, 30)]);
    }

    #[test]
    fn what_is_planned_or_asked_for_does_not_count() {
        let counting = Trigger::ALL.into_iter().filter(|it| it.counts_to_bound());
        let names: Vec<_> = counting.map(Trigger::name).collect();
        assert_eq!(names, ["stuck", "test failure", "cost", "context", "security concern"]);
        let json = serde_json::to_string(&Trigger::SecurityConcern).unwrap();
        assert_eq!(json, "\"security_concern\"");
    }
}
