//! The timers of an issue. A timer speaks only to the epoch it was set in.

use serde::{Deserialize, Serialize};

/// The timers of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// A model has been silent for as long as its tier may be.
    Stuck,
    /// Somebody answered the last question a moment ago.
    Resume,
    /// Questions or a plan have waited long.
    Remind,
    /// Questions or a plan have waited too long.
    GiveUp,
    /// The CI of the head is looked at.
    Ci,
    /// A model has been silent for half as long as its tier may be.
    Poke,
    /// A run that is handed over has had its time to note where it stands.
    Note,
}

impl TimerKind {
    /// All kinds.
    pub const ALL: [TimerKind; 7] = [
        TimerKind::Stuck,
        TimerKind::Resume,
        TimerKind::Remind,
        TimerKind::GiveUp,
        TimerKind::Ci,
        TimerKind::Poke,
        TimerKind::Note,
    ];

    /// The name in history and in the store.
    pub fn name(self) -> &'static str {
        match self {
            TimerKind::Stuck => "stuck",
            TimerKind::Resume => "resume",
            TimerKind::Remind => "remind",
            TimerKind::GiveUp => "give up",
            TimerKind::Ci => "ci",
            TimerKind::Poke => "poke",
            TimerKind::Note => "note",
        }
    }
}
