//! Check suites and check runs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::{Sha, Timestamp};

/// How a check ended, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// `failure`
    Failure,
    /// `startup_failure`: a workflow file that cannot be read.
    StartupFailure,
    /// `timed_out`
    TimedOut,
    /// `action_required`
    ActionRequired,
    /// `cancelled`
    Cancelled,
    /// `stale`: GitHub gave up after 14 days.
    Stale,
    /// `success`
    Success,
    /// `neutral`
    Neutral,
    /// `skipped`
    Skipped,
}

impl Conclusion {
    /// All of them.
    pub const ALL: [Conclusion; 9] = [
        Conclusion::Failure,
        Conclusion::StartupFailure,
        Conclusion::TimedOut,
        Conclusion::ActionRequired,
        Conclusion::Cancelled,
        Conclusion::Stale,
        Conclusion::Success,
        Conclusion::Neutral,
        Conclusion::Skipped,
    ];

    /// The API's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Conclusion::Failure => "failure",
            Conclusion::StartupFailure => "startup_failure",
            Conclusion::TimedOut => "timed_out",
            Conclusion::ActionRequired => "action_required",
            Conclusion::Cancelled => "cancelled",
            Conclusion::Stale => "stale",
            Conclusion::Success => "success",
            Conclusion::Neutral => "neutral",
            Conclusion::Skipped => "skipped",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Conclusion> {
        Conclusion::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether a required check that ended so lets a merge through.
    pub(crate) fn lets_merge(self) -> bool {
        matches!(self, Conclusion::Success | Conclusion::Neutral | Conclusion::Skipped)
    }
}

/// Where a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckStatus {
    Queued,
    InProgress,
    Completed(Conclusion, Timestamp),
}

impl CheckStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            CheckStatus::Queued => "queued",
            CheckStatus::InProgress => "in_progress",
            CheckStatus::Completed(..) => "completed",
        }
    }

    pub(crate) fn conclusion(self) -> Option<Conclusion> {
        match self {
            CheckStatus::Completed(conclusion, _) => Some(conclusion),
            CheckStatus::Queued | CheckStatus::InProgress => None,
        }
    }

    pub(crate) fn completed_at(self) -> Option<Timestamp> {
        match self {
            CheckStatus::Completed(_, at) => Some(at),
            CheckStatus::Queued | CheckStatus::InProgress => None,
        }
    }
}

/// What a check shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CheckOutput {
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) text: Option<String>,
    /// As they were sent, checked.
    pub(crate) annotations: Vec<Value>,
}

/// A button on a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckAction {
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) identifier: String,
}

/// One check of one commit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckRun {
    /// Its id; of a workflow's job, also the job's.
    pub id: i64,
    /// The suite it belongs to.
    pub suite: i64,
    /// The App that made it: nobody else may change it.
    pub app: i64,
    /// Its name.
    pub name: String,
    /// The commit.
    pub head_sha: Sha,
    /// The App's own reference.
    pub external_id: Option<String>,
    /// Where its details are.
    pub details_url: Option<String>,
    /// Where it stands.
    pub status: CheckStatus,
    /// Since when.
    pub started_at: Timestamp,
    /// What it shows.
    pub output: CheckOutput,
    /// Its buttons.
    pub actions: Vec<CheckAction>,
}

/// The checks of one App for one commit; of a workflow, for one run of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckSuite {
    /// Its id.
    pub id: i64,
    /// The App's id.
    pub app: i64,
    /// The branch that was pushed.
    pub branch: Option<String>,
    /// The commit.
    pub head_sha: Sha,
    /// What the branch pointed to before.
    pub before: Option<Sha>,
    /// Since when.
    pub created_at: Timestamp,
    /// When anything in it changed.
    pub updated_at: Timestamp,
    /// How it ended without a run, where GitHub began none.
    pub ended: Option<Conclusion>,
}

/// All checks of a repository.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// Suites by id, which is by age.
    pub suites: BTreeMap<i64, CheckSuite>,
    /// Runs by id, which is by age.
    pub runs: BTreeMap<i64, CheckRun>,
    /// Other Apps that get a suite for every push.
    pub apps: Vec<i64>,
}

impl Checks {
    /// The newest run of each name in a suite, oldest first.
    pub(crate) fn latest(&self, suite: i64) -> Vec<&CheckRun> {
        let of_suite: Vec<&CheckRun> = self.runs.values().filter(|it| it.suite == suite).collect();
        let newest =
            |run: &&&CheckRun| of_suite.iter().all(|it| it.name != run.name || it.id <= run.id);
        of_suite.iter().filter(newest).copied().collect()
    }

    /// The newest run of each suite and name at a commit, oldest first.
    pub(crate) fn latest_at(&self, sha: &Sha) -> Vec<&CheckRun> {
        let suites = self.suites.values().filter(|it| it.head_sha == *sha);
        let mut runs: Vec<&CheckRun> = suites.flat_map(|it| self.latest(it.id)).collect();
        runs.sort_by_key(|it| it.id);
        runs
    }

    /// Where a suite stands: without a run it is queued, for ever if need be.
    pub(crate) fn status(&self, suite: i64) -> (&'static str, Option<Conclusion>) {
        if let Some(ended) = self.suites.get(&suite).and_then(|it| it.ended) {
            return ("completed", Some(ended));
        }
        let runs = self.latest(suite);
        if runs.iter().all(|it| it.status == CheckStatus::Queued) {
            return ("queued", None);
        }
        let ends: Option<Vec<Conclusion>> = runs.iter().map(|it| it.status.conclusion()).collect();
        match ends.and_then(|it| it.into_iter().min()) {
            Some(worst) => ("completed", Some(worst)),
            None => ("in_progress", None),
        }
    }

    /// The suite of an App for a commit.
    pub(crate) fn suite_of(&self, app: i64, sha: &Sha) -> Option<i64> {
        let mut suites = self.suites.values();
        suites.rfind(|it| it.app == app && it.head_sha == *sha).map(|it| it.id)
    }
}
