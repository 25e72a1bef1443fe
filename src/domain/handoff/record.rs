//! Which change of runs is a handoff, and in what words it is remembered.
//!
//! A fresh run of the same role on the same rung that takes up the next task, or the same one with
//! its red log, is a new run and no handoff. It is one when another role or another rung goes on, or
//! when a run that was at work was relieved (a fresh session).

use crate::base::Millis;
use crate::domain::handoff::{Trigger, stuck_after};
use crate::domain::tier::{Role, Tier};

/// Who works: what a run is for, and on which rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hand {
    /// What it is for.
    pub role: Role,
    /// Its rung.
    pub tier: Tier,
}

/// Why a run follows another one: `ordered` is what its order says, which the specialists' has not.
/// The same specialist again follows itself only when it got stuck.
pub fn trigger_of(ordered: Option<Trigger>, from: Hand, to: Hand) -> Trigger {
    match ordered {
        Some(trigger) => trigger,
        None if from.role == to.role => Trigger::Stuck,
        None => Trigger::ImplementationComplete,
    }
}

/// Whether the work changed hands. `relieved`: the run before was at work and was asked to make
/// room.
pub fn is_handoff(from: Hand, to: Hand, relieved: bool) -> bool {
    if is_specialist(from.role) && is_specialist(to.role) && from.role != to.role {
        // The second specialist looks by the same handoff as the first (`domain.md`'s table).
        return false;
    }
    if from.role == Role::Planner && is_specialist(to.role) {
        // People built in between, with their own tools: no run hands over to the specialists.
        return false;
    }
    relieved || from != to
}

fn is_specialist(role: Role) -> bool {
    match role {
        Role::TestAgent | Role::ReviewAgent => true,
        Role::Planner | Role::Implementer => false,
    }
}

/// For how long the run before had shown no sign of life. One that was relieved because it was
/// stuck had its whole time, although its note came after.
pub fn idle(trigger: Trigger, from: Tier, relieved: bool, measured: Millis) -> Millis {
    let least = if trigger == Trigger::Stuck && relieved { stuck_after(from) } else { Millis(0) };
    measured.max(least)
}

/// Why the work changed hands, one sentence with its numbers. `said` is what the person said who
/// asked for it.
pub fn reason(trigger: Trigger, from: Tier, idle: Millis, said: &str) -> String {
    let tier = from.title();
    match trigger {
        Trigger::PlanningComplete => "The approved plan was started.".to_owned(),
        Trigger::TaskComplete => format!("{tier}'s task is done; the next one has another rung."),
        Trigger::ImplementationComplete => "All tasks are done or skipped.".to_owned(),
        Trigger::Findings => "Test and review asked for work.".to_owned(),
        Trigger::Review => "People asked for work in a review.".to_owned(),
        Trigger::Stuck if idle < stuck_after(from) => format!("{tier} ended without its result."),
        Trigger::Stuck => format!("{tier} gave no sign of life for {} min.", idle.0 / 60_000),
        Trigger::TestFailure => format!("What {tier} built stayed red."),
        Trigger::Cost => format!("{tier} cost more than estimated and did not get on."),
        Trigger::Context => format!("{tier}'s conversation grew too long."),
        Trigger::Overtaken => format!("People changed the files that {tier} had changed."),
        Trigger::SecurityConcern => "The work touches what matters to security.".to_owned(),
        Trigger::Manual if said.is_empty() => "A person asked for it.".to_owned(),
        Trigger::Manual => format!("A person asked for it: {said}"),
    }
}

#[cfg(test)]
mod tests {
    use Role::{Implementer, Planner, ReviewAgent, TestAgent};
    use Tier::{Haiku, Opus, Sonnet};

    use super::*;

    #[track_caller]
    fn check(from: (Role, Tier), to: (Role, Tier), relieved: bool, expected: bool) {
        let hand = |(role, tier)| Hand { role, tier };
        assert_eq!(is_handoff(hand(from), hand(to), relieved), expected, "{from:?} {to:?}");
    }

    #[test]
    fn another_role_or_rung_goes_on_or_a_run_is_relieved() {
        check((Planner, Opus), (Implementer, Haiku), false, true);
        check((Planner, Opus), (Implementer, Opus), false, true);
        check((Implementer, Haiku), (Implementer, Sonnet), false, true);
        check((Implementer, Sonnet), (Implementer, Haiku), false, true);
        check((Implementer, Sonnet), (TestAgent, Haiku), false, true);
        check((ReviewAgent, Sonnet), (Implementer, Sonnet), false, true);
        check((TestAgent, Haiku), (TestAgent, Sonnet), false, true);
        // A fresh session on the same rung.
        check((Implementer, Sonnet), (Implementer, Sonnet), true, true);
    }

    #[test]
    fn the_next_task_on_the_same_rung_is_a_new_run_only() {
        check((Implementer, Sonnet), (Implementer, Sonnet), false, false);
        check((TestAgent, Haiku), (ReviewAgent, Sonnet), false, false);
        check((TestAgent, Sonnet), (ReviewAgent, Sonnet), false, false);
        check((TestAgent, Haiku), (TestAgent, Haiku), false, false);
        check((Planner, Opus), (TestAgent, Haiku), false, false);
    }

    #[test]
    fn the_order_says_why_or_the_roles_do() {
        let hand = |role, tier| Hand { role, tier };
        let built = hand(Implementer, Sonnet);
        let looks = hand(TestAgent, Haiku);
        let looks_harder = hand(TestAgent, Sonnet);
        assert_eq!(trigger_of(Some(Trigger::Manual), built, built), Trigger::Manual);
        assert_eq!(trigger_of(None, built, looks), Trigger::ImplementationComplete);
        assert_eq!(trigger_of(None, looks, looks_harder), Trigger::Stuck);
    }

    #[test]
    fn a_stuck_run_was_silent_for_its_whole_time() {
        let minutes = Millis::minutes;
        assert_eq!(idle(Trigger::Stuck, Sonnet, true, minutes(0)), minutes(20));
        assert_eq!(idle(Trigger::Stuck, Sonnet, true, minutes(21)), minutes(21));
        assert_eq!(idle(Trigger::Stuck, Sonnet, false, minutes(1)), minutes(1));
        assert_eq!(idle(Trigger::Manual, Sonnet, true, minutes(1)), minutes(1));
        let said = |idle| reason(Trigger::Stuck, Haiku, idle, "");
        assert_eq!(said(minutes(10)), "Haiku gave no sign of life for 10 min.");
        assert_eq!(said(Millis(minutes(10).0 - 1)), "Haiku ended without its result.");
    }
}
