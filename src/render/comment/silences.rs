//! A run that says nothing for a while, in words: for whom it waits and until when, or for how long it
//! has shown no sign of life. Nothing of that is a comment of its own.

use crate::base::{Millis, Timestamp};
use crate::domain::handoff::{escalation, poke_after, stuck_after};
use crate::domain::workflow::{Doing, Stage};
use crate::render::comment::status::{IssueView, RunView, Waiting};

/// What the status comment says of it, whatever the run is for.
pub(super) fn sentence(view: &IssueView) -> Option<String> {
    let run = view.run.as_ref()?;
    match &view.state.stage {
        Stage::Planning { .. } => waits(run).or_else(|| silent(run, false)),
        Stage::Working { doing: Doing::Building { .. }, .. } | Stage::Inspecting { .. } => {
            waits(run).or_else(|| silent(run, true))
        }
        Stage::HandingOver { .. } => waits(run),
        Stage::Working {
            doing: Doing::Pushing { .. } | Doing::Checking { .. } | Doing::ByHand,
            ..
        }
        | Stage::Seen
        | Stage::Asking { .. }
        | Stage::Planned { .. }
        | Stage::Ready { .. }
        | Stage::Done { .. }
        | Stage::Paused { .. }
        | Stage::Blocked { .. }
        | Stage::Stopped { .. } => None,
    }
}

/// Who keeps it waiting, and until when.
fn waits(run: &RunView) -> Option<String> {
    let (whom, until): (Waiting, Timestamp) = run.waits?;
    let why = match whom {
        Waiting::Provider => "The model provider has no capacity",
        Waiting::GitHub => "GitHub does not hand out the repository just now",
    };
    Some(format!(
        "{why}; the run goes on by itself at about {}. Nothing is spent while it waits.",
        until.time_of_day()
    ))
}

/// That it has been silent for half as long as its tier may be, and what follows.
fn silent(run: &RunView, has_successor: bool) -> Option<String> {
    if run.silent < poke_after(run.tier) {
        return None;
    }
    let minutes = |it: Millis| it.0 / 60_000;
    let (tier, patience) = (run.tier.title(), minutes(stuck_after(run.tier)));
    let follows = match escalation(run.tier).filter(|_| has_successor) {
        Some(next) => format!("{} takes over", next.title()),
        None => "a person is called".to_owned(),
    };
    Some(format!(
        "No sign of life from {tier} for {} min; after {patience} min {follows}.",
        minutes(run.silent)
    ))
}
