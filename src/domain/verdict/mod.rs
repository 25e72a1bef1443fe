//! The CI verdict of a commit: what its check runs, statuses and workflow runs come to.
//!
//! [`judge`] looks at everything that GitHub reports about the commit and about the base head, and
//! at the time. The rules are those of `domain.md`, "CI verdict of a commit", and trust rule 17:
//!
//! - the latest check run per App and name counts, the latest status per account and context;
//! - where the base branch names required checks, those decide;
//! - only Apps count that the ruleset expects or that reported on the base head, never Baton's;
//! - names that are red at the base commit do not count;
//! - a workflow run counts where it says what none of its jobs does;
//! - it is taken a minute after the last end; nothing within five minutes is no verdict at all.
//!
//! [`excerpt`] cuts a failing log down to what a model needs.

mod excerpt;
mod judge;
mod runs;

pub use self::excerpt::{EXCERPT_CHARS_MAX, excerpt};
pub use self::judge::judge;
pub use self::runs::{WorkflowRun, without_jobs};

use serde::{Deserialize, Serialize};

use crate::base::{Millis, Timestamp, UserId};

/// A verdict is taken so long after the last end: jobs that depend on others begin then.
pub const SETTLES_AFTER: Millis = Millis::seconds(60);

/// So long after a push nothing has reported: there is no CI, or it does not run here.
pub const UNVERIFIED_AFTER: Millis = Millis::minutes(5);

/// So long something may be open before a person is called.
pub const SILENT_AFTER: Millis = Millis::minutes(60);

/// A GitHub App's numeric id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppId(pub i64);

/// Who reported a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A check run's App.
    App(AppId),
    /// A commit status's creator: statuses do not name an App.
    Account(UserId),
}

/// One check run of a commit. All attempts are given, re-runs as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRun {
    /// Its id; a later run has a higher one. For GitHub Actions it is also the job's id, by which
    /// the log is fetched.
    pub id: i64,
    /// The App that made it.
    pub app: AppId,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub conclusion: Conclusion,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Where people read it.
    pub url: String,
}

/// How a check run ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// Any status but `completed`: queued, waiting, in progress.
    Open,
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// It took too long for the CI.
    TimedOut,
    /// It could not begin.
    StartupFailure,
    /// It says nothing.
    Neutral,
    /// It did not apply.
    Skipped,
    /// A person must do something on GitHub, such as allowing the workflow to run.
    ActionRequired,
    /// Somebody, or a newer run, ended it.
    Cancelled,
    /// GitHub gave it up.
    Stale,
    /// A word that this version does not know.
    Unknown,
}

impl Conclusion {
    /// Reads `status` and `conclusion` of GitHub's REST API.
    pub fn read(status: &str, conclusion: Option<&str>) -> Conclusion {
        if status != "completed" {
            return Conclusion::Open;
        }
        match conclusion.unwrap_or_default() {
            "success" => Conclusion::Success,
            "failure" => Conclusion::Failure,
            "timed_out" => Conclusion::TimedOut,
            "startup_failure" => Conclusion::StartupFailure,
            "neutral" => Conclusion::Neutral,
            "skipped" => Conclusion::Skipped,
            "action_required" => Conclusion::ActionRequired,
            "cancelled" => Conclusion::Cancelled,
            "stale" => Conclusion::Stale,
            _ => Conclusion::Unknown,
        }
    }
}

/// One commit status. All of a context are given, newest or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatus {
    /// Its id; a later status has a higher one.
    pub id: i64,
    /// Who set it; `None` when the server does not say, and then it does not count.
    pub creator: Option<UserId>,
    /// Its name.
    pub context: String,
    /// What it says.
    pub state: StatusState,
    /// When it was set.
    pub at: Timestamp,
    /// Where people read it.
    pub url: String,
}

/// What a commit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusState {
    /// Not ended.
    Pending,
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// It could not be decided.
    Error,
}

impl StatusState {
    /// Reads `state` of GitHub's REST API, in any case; `None` for another word.
    pub fn read(state: &str) -> Option<StatusState> {
        match state.to_ascii_lowercase().as_str() {
            "pending" => Some(StatusState::Pending),
            "success" => Some(StatusState::Success),
            "failure" => Some(StatusState::Failure),
            "error" => Some(StatusState::Error),
            _ => None,
        }
    }
}

/// A check that the base branch requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The check run's name or the status's context.
    pub name: String,
    /// The App that the ruleset expects it from; `None` when it takes any.
    pub app: Option<AppId>,
}

/// Everything that a verdict rests on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Check runs of the commit.
    pub checks: &'a [CheckRun],
    /// Statuses of the commit.
    pub statuses: &'a [CommitStatus],
    /// Check runs of the base branch's head.
    pub base_checks: &'a [CheckRun],
    /// Statuses of the base branch's head.
    pub base_statuses: &'a [CommitStatus],
    /// Workflow runs of the commit; empty where nobody asked for them.
    pub runs: &'a [WorkflowRun],
    /// Workflow runs of the base branch's head.
    pub base_runs: &'a [WorkflowRun],
    /// What the base branch requires; empty when it requires nothing.
    pub required: &'a [Required],
    /// The check by which the plan verifies the task that the commit is for. It counts also where
    /// the base branch does not require it.
    pub verify: Option<&'a str>,
    /// Baton's own App: its checks never count.
    pub own_app: AppId,
    /// When the commit was pushed.
    pub pushed_at: Timestamp,
}

/// What the CI says about a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Not decided yet.
    Pending {
        /// Since when it is waited for: the push, or a re-run.
        since: Timestamp,
    },
    /// Everything that counts passed.
    Green,
    /// Something that counts failed.
    Red {
        /// What, by name.
        failing: Vec<Failing>,
    },
    /// Nothing that counts reported. Shown as that, never as green: a person's word decides.
    Unverified,
    /// Nothing that counts failed, and the check by which the plan verifies the task did not pass:
    /// as little a yes as silence, and no server's setting makes it one.
    Unproven {
        /// That check.
        check: String,
    },
    /// Something is open for too long: a person is called.
    Silent {
        /// What is open, by name.
        open: Vec<String>,
    },
    /// A person must do something on GitHub.
    NeedsPerson {
        /// What waits for a person, by name.
        waiting: Vec<Failing>,
    },
    /// Cancelled or stale: it says neither.
    Unknown {
        /// What, by name.
        undecided: Vec<String>,
    },
}

impl Verdict {
    /// A short name for history and pages.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Pending { .. } => "pending",
            Verdict::Green => "green",
            Verdict::Red { .. } => "red",
            Verdict::Unverified => "unverified",
            Verdict::Unproven { .. } => "unproven",
            Verdict::Silent { .. } => "silent",
            Verdict::NeedsPerson { .. } => "needs a person",
            Verdict::Unknown { .. } => "unknown",
        }
    }
}

/// A result by name, with where it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// The check run's name or the status's context. Foreign text.
    pub name: String,
    /// The check run, by which a log is fetched; `None` for a status.
    pub check_run: Option<i64>,
    /// Its page.
    pub url: String,
}

/// A verdict, when to look again, and what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// When time alone may change the verdict; `None` when only an event can.
    pub look_again: Option<Timestamp>,
    /// What counts and is still open, by name: required checks that have not reported as well.
    pub open: Vec<String>,
    /// Results that did not count, each with the reason.
    pub ignored: Vec<Ignored>,
    /// Names that failed at first and passed on a re-run of the same commit: the failure does not
    /// count.
    pub flakes: Vec<String>,
}

/// A result that did not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: WhyIgnored,
}

/// Why a result did not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyIgnored {
    /// Baton made it.
    Own,
    /// The base branch requires others, and those decide.
    NotRequired,
    /// Neither the ruleset expects its source, nor did that report on the base head.
    Stranger,
    /// It is red at the base commit too.
    RedAtBase,
}

/// Whether a commit has no verdict of its own and inherits its parent's: it touches only the
/// plan's files or beads (`domain.md`, "Plan").
pub fn inherits_parent<'a>(changed: impl IntoIterator<Item = &'a str>) -> bool {
    let mut changed = changed.into_iter().peekable();
    let is_ours = |it: &str| it.starts_with("docs/prds/") || it.starts_with(".beads/");
    changed.peek().is_some() && changed.all(is_ours)
}

#[cfg(test)]
mod tests;
