//! What a repository allows Baton to do. Today the server's settings decide; the repository's own
//! file, which can only narrow them, comes with the configuration.

use serde::{Deserialize, Serialize};

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

/// What holds for one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How much Baton says by itself.
    pub mode: Mode,
    /// Whether a model can be called at all: without a key planning is refused, routing works.
    pub planner_available: bool,
    /// The limits on money.
    pub limits: Limits,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { mode: Mode::Quiet, planner_available: true, limits: Limits::default() }
    }
}
