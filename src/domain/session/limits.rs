//! How much of its limits a run has used after a turn, and what the model is told about it.

use super::words::Words;
use super::{Ending, Limits};
use crate::base::Millis;

/// Plans that may be refused before the run ends.
pub(super) const REFUSED_PLANS_MAX: u32 = 3;

/// Turns before the end from which the model is told to finish.
const TURNS_WARNED: u32 = 2;

/// Turns that remain once the conversation has reached its size.
const TURNS_WHEN_FULL: u32 = 2;

/// Turns that follow answered questions at the least.
const TURNS_AFTER_ASKING: u32 = 2;

/// Turns that follow a refused plan at the least.
const TURNS_AFTER_REFUSAL: u32 = 1;

/// What was counted up to and with a turn.
pub(super) struct Progress {
    /// The number of this turn, from 1.
    pub(super) turn: u32,
    /// The last turn whose questions were answered; 0 for none.
    pub(super) asked_turn: u32,
    /// The last turn whose plan was refused; 0 for none.
    pub(super) refused_turn: u32,
    /// The turn in which the conversation reached its size.
    pub(super) full_turn: Option<u32>,
    /// The conversation's size in tokens.
    pub(super) tokens: u64,
    /// Plans refused so far.
    pub(super) refused_plans: u32,
    /// The run's own time.
    pub(super) used: Millis,
}

/// How a run stands after a turn.
pub(super) struct Standing {
    /// Turns that may still follow.
    pub(super) turns_left: u32,
    /// The number of this turn.
    pub(super) turn: u32,
    /// Plans refused so far.
    pub(super) refused_plans: u32,
    /// The conversation's size in tokens, once it is full.
    full: Option<u64>,
    /// Whether four fifths of the time are used.
    late: bool,
}

pub(super) fn standing(limits: &Limits, progress: &Progress) -> Standing {
    let by_turns = limits.turns;
    let by_tokens = progress.full_turn.map_or(u32::MAX, |it| it.saturating_add(TURNS_WHEN_FULL));
    let mut last = by_turns.min(by_tokens);
    if 0 < progress.asked_turn {
        last = last.max(progress.asked_turn + TURNS_AFTER_ASKING);
    }
    if 0 < progress.refused_turn {
        last = last.max(progress.refused_turn + TURNS_AFTER_REFUSAL);
    }
    Standing {
        turns_left: last.saturating_sub(progress.turn),
        turn: progress.turn,
        refused_plans: progress.refused_plans,
        full: progress.full_turn.map(|_| progress.tokens),
        late: limits.wall.0 / 5 * 4 <= progress.used.0,
    }
}

impl Standing {
    /// How the run ends when no turn is left.
    pub(super) fn used_up(&self) -> Ending {
        match self.full {
            Some(tokens) => Ending::TokenLimit { tokens },
            None => Ending::TurnLimit { turns: self.turn },
        }
    }

    /// What the model is told at the end of the message that follows this turn. Told by text, not
    /// by taking tools away: the list of tools is part of the cached prefix.
    pub(super) fn notice(&self, words: &Words) -> Option<String> {
        let why = if self.full.is_some() {
            "The conversation has reached its size"
        } else if self.turns_left <= TURNS_WARNED {
            "The turns of this run are nearly used"
        } else if self.late {
            return Some(words.late.to_owned());
        } else {
            return None;
        };
        let left = match self.turns_left {
            0 | 1 => "this is your last answer".to_owned(),
            n => format!("{n} answers are left"),
        };
        Some(format!("{why}: {left}. {}", words.finish))
    }
}
