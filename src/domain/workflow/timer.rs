//! The timers of an issue. A timer speaks only to the epoch it was set in.

use serde::{Deserialize, Serialize};

use crate::base::Millis;
use crate::domain::handoff::{poke_after, stuck_after};
use crate::domain::tier::Tier;
use crate::domain::workflow::paused::Pause;
use crate::domain::workflow::state::Stage;
use crate::domain::workflow::work::Doing;

/// How long questions wait before a reminder, and before work ends (`domain.md`, Questions).
const QUESTIONS_REMIND: Millis = Millis::days(7);
const QUESTIONS_GIVE_UP: Millis = Millis::days(14);
/// How long a plan waits before a reminder, and before work ends (`product.md`).
const PLAN_REMIND: Millis = Millis::days(14);
const PLAN_GIVE_UP: Millis = Millis::days(30);
/// How long nothing is seen of what people build before the status comment says so, and before it
/// is paused (`workflow.md`, Manual runtime).
const BY_HAND_REMIND: Millis = Millis::days(3);
const BY_HAND_GIVE_UP: Millis = Millis::days(14);

/// How long an implementer's one question waits before it goes on by the plan (`domain.md`,
/// Questions).
const TASK_QUESTION_WAITS: Millis = Millis::hours(24);
/// How long a push may take in all its tries before a person is called.
const PUSHING_TAKES: Millis = Millis::hours(6);
/// The longest that a timer waits which watches over a run.
pub const WATCHED_MOST: Millis = PUSHING_TAKES;
/// How long a run that is handed over has to note where it stands (`workflow.md`, `HandingOver`).
const NOTE_WAITS: Millis = Millis::seconds(30);
/// When the CI of a new head is looked at first; its verdict is taken 60 seconds after its last end
/// (`domain.md`, CI verdict).
pub(super) const CI_LOOK: Millis = Millis::seconds(60);

/// The timers of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// A model has been silent for as long as its tier may be.
    Stuck,
    /// Somebody answered the last question a moment ago.
    Resume,
    /// People have been waited for long.
    Remind,
    /// People have been waited for too long.
    GiveUp,
    /// The CI of the head is looked at.
    Ci,
    /// A model has been silent for half as long as its tier may be.
    Poke,
    /// A run that is handed over has had its time to note where it stands.
    Note,
    /// A run that follows another has had its time to begin.
    Start,
    /// The issue of work that people may merge was closed, and no merge has closed it.
    Closed,
}

impl TimerKind {
    /// All kinds.
    pub const ALL: [TimerKind; 9] = [
        TimerKind::Stuck,
        TimerKind::Resume,
        TimerKind::Remind,
        TimerKind::GiveUp,
        TimerKind::Ci,
        TimerKind::Poke,
        TimerKind::Note,
        TimerKind::Start,
        TimerKind::Closed,
    ];

    /// Whether it waits for a sign of life of a run: no time in which the machine slept counts.
    pub fn watches_a_run(self) -> bool {
        match self {
            TimerKind::Stuck | TimerKind::Poke | TimerKind::Start => true,
            TimerKind::Resume
            | TimerKind::Remind
            | TimerKind::GiveUp
            | TimerKind::Ci
            | TimerKind::Note
            | TimerKind::Closed => false,
        }
    }

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
            TimerKind::Start => "start",
            TimerKind::Closed => "closed",
        }
    }
}

/// How long the merge is waited for that may have closed an issue: GitHub tells of both, in either
/// order (`workflow.md`, `Ready`).
pub(super) const MERGE_WAITS: Millis = Millis::seconds(60);

/// The clocks of a run on this rung: how long it may be silent, and half of that.
fn silence(tier: Tier) -> Vec<(TimerKind, Millis)> {
    vec![(TimerKind::Stuck, stuck_after(tier)), (TimerKind::Poke, poke_after(tier))]
}

/// The timers a stage begins with. `planner` is the rung of a planning run, which its stage does not
/// name; an unknown one has the longest patience.
pub(super) fn timers(stage: &Stage, planner: Option<Tier>) -> Vec<(TimerKind, Millis)> {
    let waiting = |remind, give_up| vec![(TimerKind::Remind, remind), (TimerKind::GiveUp, give_up)];
    match stage {
        Stage::Planning { .. } => silence(planner.unwrap_or(Tier::Opus)),
        Stage::Asking { work: None, .. } => waiting(QUESTIONS_REMIND, QUESTIONS_GIVE_UP),
        // One question of an implementer waits a day; then it goes on by the plan.
        Stage::Asking { work: Some(_), .. } => vec![(TimerKind::Resume, TASK_QUESTION_WAITS)],
        Stage::Planned { .. } | Stage::Ready { .. } => waiting(PLAN_REMIND, PLAN_GIVE_UP),
        Stage::Working { work, doing } => match doing {
            Doing::Building { .. } => silence(work.tier),
            Doing::Pushing { .. } => vec![(TimerKind::Stuck, PUSHING_TAKES)],
            Doing::Checking { .. } => vec![(TimerKind::Ci, CI_LOOK)],
            Doing::ByHand => waiting(BY_HAND_REMIND, BY_HAND_GIVE_UP),
        },
        Stage::HandingOver { .. } => vec![(TimerKind::Note, NOTE_WAITS)],
        Stage::Inspecting { work, .. } => silence(work.tier),
        // Nothing can be asked or said there before the suspension is lifted.
        Stage::Paused { why: Pause::Suspended, .. } => Vec::new(),
        Stage::Paused { wrapped, .. } => {
            let mut kept = waiting(PLAN_REMIND, PLAN_GIVE_UP);
            // Looking at the checks starts nothing; a model's silence is none while nobody asks it.
            let looks =
                timers(wrapped, planner).into_iter().filter(|(kind, _)| *kind == TimerKind::Ci);
            kept.extend(looks);
            kept
        }
        Stage::Seen | Stage::Done { .. } | Stage::Blocked { .. } | Stage::Stopped { .. } => {
            Vec::new()
        }
    }
}
