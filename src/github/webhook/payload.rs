//! The bodies of webhooks, as far as Baton reads them. Every field may be absent.

use serde::Deserialize;

use crate::github::lenient::{Flag, List, Number, Object, Text, Texts};
use crate::github::wire::{
    WireCheckRun, WireComment, WireId, WireIssue, WireLabel, WireLinkedPull, WireOwner, WirePull,
    WireRepository, WireReview, WireReviewComment, WireSuite, WireUser,
};

/// The parts that nearly every delivery has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Common {
    pub(super) action: Text,
    pub(super) installation: Object<WireId>,
    pub(super) repository: Object<WireRepository>,
    pub(super) sender: Object<WireUser>,
}

/// `issues`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issues {
    pub(super) issue: Object<WireIssue>,
    pub(super) label: Object<WireLabel>,
    pub(super) changes: Object<Changes>,
}

/// `issue_comment`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IssueComment {
    pub(super) issue: Object<WireIssue>,
    pub(super) comment: Object<WireComment>,
    pub(super) changes: Object<Changes>,
}

/// What an edit replaced, and where a transfer led.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Changes {
    body: Object<From>,
    new_issue: Object<WireIssue>,
    new_repository: Object<WireRepository>,
}

impl Changes {
    /// The body before an edit; `None` if it stayed, or if the server does not say.
    pub(super) fn body_before(self) -> Option<String> {
        self.body.0.and_then(|it| it.from.0)
    }

    /// Where a transferred issue stands now, as in `acme/tools#3`.
    pub(super) fn new_place(self) -> Option<String> {
        let number = self.new_issue.0?.number.0?;
        let full_name = self.new_repository.0?.full_name.0?;
        Some(format!("{full_name}#{number}"))
    }
}

/// The text before an edit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct From {
    from: Text,
}

/// `pull_request`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequests {
    pub(super) number: Number,
    pub(super) pull_request: Object<WirePull>,
    pub(super) changes: Object<Changes>,
    pub(super) before: Text,
}

/// `pull_request_review`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reviews {
    pub(super) pull_request: Object<WirePull>,
    pub(super) review: Object<WireReview>,
}

/// `pull_request_review_comment`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewComments {
    pub(super) pull_request: Object<WirePull>,
    pub(super) comment: Object<WireReviewComment>,
    pub(super) changes: Object<Changes>,
}

/// `check_run`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckRuns {
    pub(super) check_run: Object<WireCheckRun>,
    pub(super) requested_action: Object<Button>,
}

/// A button of a check run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Button {
    pub(super) identifier: Text,
}

/// `check_suite`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckSuites {
    pub(super) check_suite: Object<WireSuite>,
}

/// `status`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Statuses {
    pub(super) sha: Text,
    pub(super) context: Text,
    pub(super) state: Text,
    pub(super) branches: List<WireLabel>,
}

/// `workflow_run`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowRuns {
    pub(super) workflow_run: Object<WorkflowRun>,
}

/// A run of a workflow.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowRun {
    pub(super) id: Number,
    pub(super) name: Text,
    pub(super) head_sha: Text,
    pub(super) head_branch: Text,
    pub(super) conclusion: Text,
    pub(super) run_attempt: Number,
    pub(super) head_repository: Object<WireId>,
    pub(super) pull_requests: List<WireLinkedPull>,
}

impl WorkflowRun {
    /// Whether it ran for a branch of another repository; an untold one counts as ours.
    pub(super) fn is_fork(&self, base: Option<i64>) -> bool {
        let id = self.head_repository.0.as_ref().and_then(|it| it.id.0);
        id.zip(base).is_some_and(|(id, base)| id != base)
    }
}

/// `push`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    pub(super) git_ref: Text,
    pub(super) before: Text,
    pub(super) after: Text,
    pub(super) forced: Flag,
    pub(super) deleted: Flag,
    pub(super) pusher: Object<WireOwner>,
    pub(super) commits: List<PushedCommit>,
}

/// The files of a commit that was pushed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PushedCommit {
    pub(super) added: Texts,
    pub(super) modified: Texts,
    pub(super) removed: Texts,
}

/// `installation_repositories`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct InstallationRepositories {
    pub(super) repositories_removed: List<WireId>,
}
