//! What a repository allows Baton to do. Today the server's settings decide; the repository's own
//! file, which can only narrow them, comes with the configuration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::InstallationId;
use crate::domain::budget::Limits;

/// How much Baton says without being addressed (`product.md`, Modes).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is visible on an issue until someone with triage or more addresses Baton there.
    #[default]
    Quiet,
    /// Adds one `complexity: …` label to new issues.
    Observe,
    /// Adds the label and shows the router analysis in the status comment.
    Suggest,
}

impl Mode {
    /// All modes, quietest first.
    pub const ALL: [Mode; 3] = [Mode::Quiet, Mode::Observe, Mode::Suggest];

    /// The word in settings.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Quiet => "quiet",
            Mode::Observe => "observe",
            Mode::Suggest => "suggest",
        }
    }

    /// Reads the word in settings, in any case.
    pub fn parse(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(word.trim()))
    }
}

/// When red checks give a task to a stronger model (`domain.md`, Handoff: test failure).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EscalateOn {
    /// At the second red verdict of a task in a row; after the first the same model tries again.
    #[default]
    TwoConsecutive,
    /// At the first.
    AnyFailure,
}

impl EscalateOn {
    /// Both, the more patient first.
    pub const ALL: [EscalateOn; 2] = [EscalateOn::TwoConsecutive, EscalateOn::AnyFailure];

    /// The word in settings.
    pub fn name(self) -> &'static str {
        match self {
            EscalateOn::TwoConsecutive => "2_consecutive",
            EscalateOn::AnyFailure => "any_failure",
        }
    }

    /// Reads the word in settings, in any case.
    pub fn parse(word: &str) -> Option<EscalateOn> {
        EscalateOn::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(word.trim()))
    }

    /// So many red verdicts of one task in a row hand it to the next tier.
    pub fn reds(self) -> u8 {
        match self {
            EscalateOn::TwoConsecutive => 2,
            EscalateOn::AnyFailure => 1,
        }
    }
}

/// What holds for one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How much Baton says by itself.
    pub mode: Mode,
    /// Whether a model can be called at all: without a key planning is refused, routing works.
    pub planner_available: bool,
    /// Whether the operator has stopped everything here: then nothing starts, and what is at work
    /// ends.
    pub halted: bool,
    /// Whether a review that approves the plan's pull request approves the plan (trust rule 1).
    pub approve_by_review: bool,
    /// When red checks give a task to a stronger model.
    pub escalate_on: EscalateOn,
    /// Whether a commit on which no check spoke counts by itself (`domain.md`, CI verdict:
    /// `ci.none`); otherwise people are called. Such a commit is shown as not checked.
    pub accepts_unverified: bool,
    /// Whether an approval begins the work at once; otherwise approving records, and starting is a
    /// word of its own, because it spends.
    pub start_on_approval: bool,
    /// The limits on money.
    pub limits: Limits,
}

/// The operator's kill switch (`product.md`, Big red button).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KillSwitch {
    /// Nothing is stopped.
    #[default]
    Off,
    /// Everything is stopped.
    All,
    /// These installations are stopped.
    Of(BTreeSet<InstallationId>),
}

impl KillSwitch {
    /// Reads `all`, or the numbers of installations with commas between them. `None` for anything
    /// else: a switch that was pressed and stops nothing is the worst of all.
    pub fn parse(text: &str) -> Option<KillSwitch> {
        if text.trim().eq_ignore_ascii_case("all") {
            return Some(KillSwitch::All);
        }
        let number = |it: &str| it.trim().parse::<i64>().ok().filter(|it| 0 < *it);
        let ids = text.split(',').map(|it| number(it).map(InstallationId));
        ids.collect::<Option<BTreeSet<_>>>().map(KillSwitch::Of)
    }

    /// Whether it stops this installation.
    pub fn stops(&self, installation: InstallationId) -> bool {
        match self {
            KillSwitch::Off => false,
            KillSwitch::All => true,
            KillSwitch::Of(these) => these.contains(&installation),
        }
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            mode: Mode::Quiet,
            planner_available: true,
            halted: false,
            approve_by_review: false,
            escalate_on: EscalateOn::default(),
            accepts_unverified: false,
            start_on_approval: false,
            limits: Limits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, stops_1_2: Option<(bool, bool)>) {
        let switch = KillSwitch::parse(text);
        let stops = |it: &KillSwitch| (it.stops(InstallationId(1)), it.stops(InstallationId(2)));
        assert_eq!(switch.as_ref().map(stops), stops_1_2, "{text:?}");
    }

    #[test]
    fn a_kill_switch_names_all_or_installations() {
        check("all", Some((true, true)));
        check(" ALL ", Some((true, true)));
        check("1", Some((true, false)));
        check("2, 1", Some((true, true)));
        check("7", Some((false, false)));
        for bad in ["", "none", "1,", "1;2", "-1", "acme"] {
            check(bad, None);
        }
    }
}
