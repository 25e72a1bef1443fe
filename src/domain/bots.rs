//! The bots that an operator lets speak, and how far.
//!
//! GitHub tells no right for an App's account, so the operator names it. A bot is never heard like
//! a person: it approves nothing, answers nothing, says yes to nothing, settles no task, and none of
//! its words reach a model.

use std::collections::BTreeMap;

use crate::base::{Millis, Timestamp, UserId};
use crate::domain::command::Command;
use crate::domain::permission::Right;
use crate::domain::workflow::{ControlLabel, Request};

/// After so many orders of one bot on one issue within an hour it is not heard there until
/// a person acts: two bots that answer each other must not go on for ever (`testing.md`, case 47).
pub const ORDERS_MAX: usize = 10;
/// For so long an order counts.
const COUNTED_FOR: Millis = Millis::hours(1);

/// The bots that are heard, by their numeric ids, because logins change hands; each with its right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeardBots(BTreeMap<UserId, Right>);

impl HeardBots {
    /// Reads `id:right` with commas between them. `None` for anything else, for a right above write
    /// or below triage, and for a bot that is named twice.
    pub fn parse(text: &str) -> Option<HeardBots> {
        let mut bots = BTreeMap::new();
        for entry in text.split(',') {
            let (id, right) = entry.trim().split_once(':')?;
            let id = id.parse::<i64>().ok().filter(|it| 0 < *it)?;
            let right = [Right::Triage, Right::Write].into_iter().find(|it| it.name() == right)?;
            if bots.insert(UserId(id), right).is_some() {
                return None;
            }
        }
        Some(HeardBots(bots))
    }

    /// What this account may do, if it is among them.
    pub fn right_of(&self, id: UserId) -> Option<Right> {
        self.0.get(&id).copied()
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = UserId> + '_ {
        self.0.keys().copied()
    }
}

/// Whether a bot is heard when it puts this label on or takes it off. The others are a person's
/// word: an approval, work taken over by hand, what somebody thinks of the issue.
pub fn may_label(label: ControlLabel) -> bool {
    match label {
        ControlLabel::Plan | ControlLabel::Pause => true,
        ControlLabel::Approved
        | ControlLabel::Manual
        | ControlLabel::Complexity(_)
        | ControlLabel::Model(_) => false,
    }
}

/// Whether a bot is heard when it asks for this. What is no command gets no answer, so that a bot
/// that quotes Baton starts no conversation.
pub fn may_ask(request: &Request) -> bool {
    let Request::Command(command) = request else { return false };
    match command {
        Command::Plan { text, include, .. } => text.is_empty() && include.is_empty(),
        Command::Route { .. }
        | Command::Pause
        | Command::Resume
        | Command::Retry
        | Command::Stop
        | Command::Status
        | Command::Cost
        | Command::Help { .. } => true,
        Command::Answer { .. }
        | Command::Revise { .. }
        | Command::Approve { .. }
        | Command::Implement { .. }
        | Command::Task { .. }
        | Command::Handoff { .. }
        | Command::Fix { .. }
        | Command::Allow { .. }
        | Command::Budget { .. }
        | Command::Test
        | Command::Review
        | Command::Unapprove
        | Command::Reject
        | Command::CostAdd { .. } => false,
    }
}

/// Those of a bot's orders that still count.
pub fn counted(orders: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    orders.iter().copied().filter(|it| now - *it < COUNTED_FOR).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_are_named_by_id_with_a_right() {
        let heard = HeardBots::parse(" 7:triage, 49699333:write").unwrap();
        assert_eq!(heard.right_of(UserId(7)), Some(Right::Triage));
        assert_eq!(heard.right_of(UserId(49_699_333)), Some(Right::Write));
        assert_eq!(heard.right_of(UserId(8)), None);
        assert_eq!(HeardBots::default().right_of(UserId(7)), None);
        for bad in [
            "",
            "7",
            "7:",
            "7:read",
            "7:maintain",
            "7:admin",
            "7:write,",
            "7:write,7:triage",
            "-7:write",
            "0:write",
            "renovate[bot]:write",
            "7:write;8:write",
            "all",
        ] {
            assert_eq!(HeardBots::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_bot_says_no_word_that_is_a_persons() {
        for label in [ControlLabel::Approved, ControlLabel::Manual] {
            assert!(!may_label(label), "{label:?}");
        }
        assert!(may_label(ControlLabel::Plan) && may_label(ControlLabel::Pause));
        let approve = Command::Approve { revision: None, start: true };
        assert!(!may_ask(&Request::Command(approve)));
        assert!(!may_ask(&Request::Unknown { nearest: None }));
        assert!(may_ask(&Request::Command(Command::Status)));
    }

    #[test]
    fn an_order_counts_for_an_hour() {
        let (now, hour) = (Timestamp(10_000_000), COUNTED_FOR.0);
        let orders = [Timestamp(now.0 - hour), Timestamp(now.0 - hour + 1), now];
        assert_eq!(counted(&orders, now), orders[1..]);
    }
}
