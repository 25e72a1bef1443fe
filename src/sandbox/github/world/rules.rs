//! What a branch asks for before something is merged into it, and how it is merged.

/// How a pull request is merged. Rebasing is switched off here, as many repositories do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeMethod {
    /// With a merge commit.
    #[default]
    Merge,
    /// As one new commit.
    Squash,
}

/// The rules of one branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BranchRules {
    /// The ruleset's id.
    pub id: i64,
    /// Checks that must have passed, and the App each must come from.
    pub checks: Vec<(String, Option<i64>)>,
    /// How many people with write must approve.
    pub reviews: usize,
    /// Whether a push takes approvals back.
    pub dismiss_stale: bool,
}
