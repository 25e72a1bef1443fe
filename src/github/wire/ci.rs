//! Check runs and the words of everything that reports on a commit.

use serde::Deserialize;

use super::WireId;
use crate::base::{AppId, CheckRunId, Sha};
use crate::domain::incoming::{CheckSnapshot, CiState, Conclusion, StatusState};
use crate::github::lenient::{List, Number, Object, Text};
use crate::github::wire::pull::WireEnd;

/// A check run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireCheckRun {
    pub(in crate::github) id: Number,
    pub(in crate::github) name: Text,
    pub(in crate::github) head_sha: Text,
    pub(in crate::github) external_id: Text,
    pub(in crate::github) status: Text,
    pub(in crate::github) conclusion: Text,
    pub(in crate::github) app: Object<WireId>,
    pub(in crate::github) check_suite: Object<WireSuite>,
    pub(in crate::github) pull_requests: List<WireLinkedPull>,
    pub(in crate::github) started_at: Text,
    pub(in crate::github) completed_at: Text,
    pub(in crate::github) html_url: Text,
    pub(in crate::github) output: Object<WireOutput>,
}

/// What a check run shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireOutput {
    pub(in crate::github) title: Text,
    pub(in crate::github) summary: Text,
}

/// The check runs that one App made for a commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireSuite {
    pub(in crate::github) head_branch: Text,
    pub(in crate::github) head_sha: Text,
    pub(in crate::github) conclusion: Text,
    pub(in crate::github) app: Object<WireId>,
    pub(in crate::github) pull_requests: List<WireLinkedPull>,
}

/// A pull request as what reports on commits names it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::github) struct WireLinkedPull {
    pub(in crate::github) number: Number,
    pub(in crate::github) head: Object<WireEnd>,
}

impl WireCheckRun {
    /// `None` without an id or a commit: then it says nothing about anything.
    pub(in crate::github) fn snapshot(self) -> Option<CheckSnapshot> {
        let suite = self.check_suite.0.unwrap_or_default();
        Some(CheckSnapshot {
            id: CheckRunId(self.id.0?),
            name: self.name.or_empty(),
            sha: Sha(self.head_sha.0.or(suite.head_sha.0)?),
            branch: suite.head_branch.0,
            app: self.app.0.and_then(|it| it.id.0).map(AppId),
            external_id: self.external_id.0.filter(|it| !it.is_empty()),
            state: ci_state(&self.status, &self.conclusion),
        })
    }
}

/// How far something is. A conclusion is believed over a status, since it comes last; a server that
/// tells neither has not begun.
pub(in crate::github) fn ci_state(status: &Text, conclusion: &Text) -> CiState {
    let ended = conclusion.0.is_some() || status.0.as_deref() == Some("completed");
    if ended { CiState::Ended(conclusion_of(conclusion)) } else { CiState::Open }
}

/// How something ended.
pub(in crate::github) fn conclusion_of(conclusion: &Text) -> Conclusion {
    match conclusion.0.as_deref() {
        Some("success") => Conclusion::Success,
        Some("failure") => Conclusion::Failure,
        Some("neutral") => Conclusion::Neutral,
        Some("skipped") => Conclusion::Skipped,
        Some("cancelled") => Conclusion::Cancelled,
        Some("timed_out") => Conclusion::TimedOut,
        Some("action_required") => Conclusion::ActionRequired,
        Some("startup_failure") => Conclusion::StartupFailure,
        Some("stale") => Conclusion::Stale,
        _ => Conclusion::Unknown,
    }
}

/// What a status says.
pub(in crate::github) fn status_state(state: &Text) -> StatusState {
    match state.0.as_deref() {
        Some("pending") => StatusState::Pending,
        Some("success") => StatusState::Success,
        Some("failure") => StatusState::Failure,
        Some("error") => StatusState::Error,
        _ => StatusState::Unknown,
    }
}
