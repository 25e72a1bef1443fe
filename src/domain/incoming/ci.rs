//! What programs report on a commit: check runs, suites of them, statuses, workflow runs.
//!
//! GitHub adds conclusions without notice. One that this version does not know is
//! [`Conclusion::Unknown`], which is neither green nor red.

use serde::{Deserialize, Serialize};

use crate::base::{AppId, CheckRunId, Sha, WorkflowRunId};

/// Something was reported on a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiNews {
    /// A check run, or a person at one.
    Check {
        /// The check run after it.
        check: CheckSnapshot,
        /// What happened to it.
        act: CheckAct,
    },
    /// All check runs that one App made for a commit have ended.
    SuiteCompleted {
        /// The commit.
        sha: Sha,
        /// The branch it was made for; unknown for a commit that no branch ends with.
        branch: Option<String>,
        /// The App.
        app: Option<AppId>,
        /// How they ended together.
        conclusion: Conclusion,
    },
    /// A status was set.
    Status {
        /// The commit.
        sha: Sha,
        /// What reported: the newest status of each context counts.
        context: String,
        /// What it says.
        state: StatusState,
        /// Some of the branches that end with the commit.
        branches: Vec<String>,
    },
    /// A workflow run has ended.
    WorkflowCompleted {
        /// Its id.
        id: WorkflowRunId,
        /// The commit it ran on.
        sha: Sha,
        /// The branch it ran for.
        branch: Option<String>,
        /// The workflow's name.
        name: String,
        /// How it ended.
        conclusion: Conclusion,
        /// Which try it was, from 1.
        attempt: u32,
    },
}

impl CiNews {
    /// The commit that was reported on.
    pub fn sha(&self) -> &Sha {
        match self {
            CiNews::Check { check, .. } => &check.sha,
            CiNews::SuiteCompleted { sha, .. }
            | CiNews::Status { sha, .. }
            | CiNews::WorkflowCompleted { sha, .. } => sha,
        }
    }
}

/// A check run at the moment of the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSnapshot {
    /// Its id.
    pub id: CheckRunId,
    /// Its name.
    pub name: String,
    /// The commit it is about.
    pub sha: Sha,
    /// The branch it was made for; unknown for a commit that no branch ends with.
    pub branch: Option<String>,
    /// The App that made it.
    pub app: Option<AppId>,
    /// What its App keeps with it; for Baton's own the key of the effect that made it.
    pub external_id: Option<String>,
    /// How far it is.
    pub state: CiState,
}

/// What happened to a check run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckAct {
    /// It was made.
    Created,
    /// It ended.
    Completed,
    /// Somebody wants it to run again.
    Rerequested,
    /// Somebody pressed one of its buttons; GitHub tells this only to the App that made it.
    Pressed {
        /// The button's identifier, at most 20 characters.
        button: String,
    },
}

/// How far a check run, a workflow run or a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CiState {
    /// It waits or runs.
    Open,
    /// It has ended.
    Ended(Conclusion),
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// It is good.
    Success,
    /// It is not.
    Failure,
    /// It says nothing on whether it is good.
    Neutral,
    /// It was not needed.
    Skipped,
    /// Somebody, or a newer run, stopped it.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// A person must do something first.
    ActionRequired,
    /// It could not be started.
    StartupFailure,
    /// GitHub gave up waiting for it.
    Stale,
    /// A conclusion that this version does not know, or none.
    Unknown,
}

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusState {
    /// It is not known yet.
    Pending,
    /// It is good.
    Success,
    /// It is not.
    Failure,
    /// Finding out went wrong.
    Error,
    /// A state that this version does not know.
    Unknown,
}
