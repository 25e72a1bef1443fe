//! How the repository's CI behaves, and what it said of a commit.
//!
//! In the beginning it is green everywhere, and has spoken about the first commit: a repository
//! whose CI was never seen has no verdicts that count.

use crate::base::Sha;
use crate::sandbox::github::{CiBehaviour, Conclusion, Place};

/// The branches that Baton pushes.
const OWN: &str = "baton/*";
/// The name of the job that CI runs.
const JOB: &str = "test";
/// What a red CI prints.
const LOG: &str = "running 12 tests\ntest answers::a_question_is_answered ... FAILED\n\n\
                   error: test failed, to rerun pass `--test answers`\n";

/// A way CI can behave.
pub(super) struct Lever {
    /// What the form sends.
    pub(super) name: &'static str,
    /// What it does to a push.
    pub(super) about: &'static str,
    /// Whether it behaves so now.
    pub(super) chosen: bool,
}

/// What a check said of a commit.
pub(super) struct Check {
    /// What a press of its buttons names.
    pub(super) id: i64,
    /// Its name.
    pub(super) name: String,
    /// How it ended, or that it has not.
    pub(super) outcome: String,
    /// What it says beyond that; may be empty.
    pub(super) title: String,
    /// Label and identifier.
    pub(super) buttons: Vec<(String, String)>,
}

/// CI as it is when the playground opens.
pub(super) fn begins(repo: &Place) {
    let main = repo.default_branch();
    repo.ci_jobs(&[JOB]);
    repo.ci_on(&main, CiBehaviour::Green);
    repo.ci_on(OWN, CiBehaviour::Green);
    if let Some((_, sha)) = repo.branches().into_iter().find(|it| it.0 == main)
        && let Err(error) = repo.ci_concludes(&sha, JOB, Conclusion::Success, "")
    {
        tracing::warn!(%error, "the first commit has no CI");
    }
}

/// The ways it can behave on Baton's branches.
pub(super) fn levers(repo: &Place) -> Vec<Lever> {
    let now = match repo.ci_of("baton/") {
        CiBehaviour::Green => "green",
        CiBehaviour::Red { .. } | CiBehaviour::RedFor { .. } => "red",
        CiBehaviour::Silent => "silent",
        CiBehaviour::Manual | CiBehaviour::NoJobs { .. } => "",
    };
    let lever = |(name, about)| Lever { name, about, chosen: name == now };
    [("green", "passes"), ("red", "fails"), ("silent", "says nothing")].map(lever).into()
}

/// Sets how it behaves on Baton's branches, and says what that means.
pub(super) fn set(repo: &Place, name: &str) -> &'static str {
    let (behaviour, told) = match name {
        "green" => {
            (CiBehaviour::Green, "CI passes on every push to a branch of Baton from now on.")
        }
        "red" => (
            CiBehaviour::Red { log: LOG.to_owned() },
            "CI fails on every push to a branch of Baton from now on. Baton reads its log.",
        ),
        "silent" => (
            CiBehaviour::Silent,
            "CI says nothing about pushes to Baton's branches from now on. Warp time to see what \
             Baton makes of that.",
        ),
        _ => return "CI cannot behave like that.",
    };
    repo.ci_on(OWN, behaviour);
    told
}

/// What was checked at a commit.
pub(super) fn checks(repo: &Place, sha: &Sha) -> Vec<Check> {
    let check = |it: crate::sandbox::github::CheckView| Check {
        id: it.id,
        outcome: it.conclusion.map_or(it.status, Conclusion::name).replace('_', " "),
        name: it.name,
        title: it.title.unwrap_or_default(),
        buttons: it.buttons,
    };
    repo.checks(sha).into_iter().map(check).collect()
}
