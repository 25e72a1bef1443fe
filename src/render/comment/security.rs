//! What the status comment says of work that touches security.

use crate::domain::security::SecurityConcern;
use crate::domain::tier::Tier;
use crate::domain::workflow::{Inspector, Work};
use crate::render::comment::{capitalised, some_of};

/// What matters to security, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityView {
    /// Where it was seen.
    pub concern: SecurityConcern,
    /// The paths, as code.
    pub paths: Vec<String>,
}

/// Why it is Opus who reviews, or is not although it should be.
pub(super) fn sentence(view: Option<&SecurityView>, by: Inspector, work: &Work) -> String {
    let (Inspector::ReviewAgent, Some(security)) = (by, view) else {
        return String::new();
    };
    let what = match security.concern {
        SecurityConcern::Planned => "the plan touches",
        SecurityConcern::Built => "the changes touch",
    };
    let paths = some_of(&security.paths);
    match work.tier {
        Tier::Opus => format!(" It is on Opus, because {what} security paths: {paths}."),
        Tier::Haiku | Tier::Sonnet => format!(
            " {} security paths ({paths}); it would be on Opus, but this issue's work changed hands \
             as often as it may.",
            capitalised(what)
        ),
    }
}
