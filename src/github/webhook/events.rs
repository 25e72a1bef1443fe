//! The events GitHub sends, and the sentence for each that Baton stores and does not use.
//!
//! The sentences stand in the inbox and on the deliveries page, so that nobody has to guess why a
//! delivery led to nothing.

/// The events the App subscribes to (`default_events` of `app-manifest.yml`, held equal by a test).
pub const SUBSCRIBED: [&str; 11] = [
    "check_run",
    "check_suite",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
    "status",
    "workflow_run",
];

/// The events every App gets without asking.
pub const UNASKED: [&str; 5] = [
    "github_app_authorization",
    "installation",
    "installation_repositories",
    "installation_target",
    "ping",
];

/// Why an event, or an action of an event Baton otherwise reads, is of no use.
pub(super) fn unused(event: &str, action: &str) -> &'static str {
    match event {
        "issues" => unused_issues(action),
        "issue_comment" => "issue_comment: only written, edited and deleted comments matter",
        "pull_request" => {
            "pull_request: only its opening, text, commits, draft state and end matter"
        }
        "installation" => unused_installation(action),
        "installation_repositories" => {
            "installation_repositories: a new repository costs nothing until somebody asks"
        }
        "repository" => unused_repository(action),
        "check_run" => "check_run: only its making, its end and its buttons matter",
        "check_suite" => "check_suite: only its end matters",
        "workflow_run" => "workflow_run: only its end matters",
        "pull_request_review" => "pull_request_review: only submitted and dismissed ones matter",
        "pull_request_review_comment" => {
            "pull_request_review_comment: only written, edited and deleted ones matter"
        }
        "ping" => "ping: GitHub tried the webhook address, and it works",
        "installation_target" => "the account was renamed; repositories are known by their id",
        "github_app_authorization" => "somebody took back a sign-in; there are no sessions to end",
        _ => "an event that Baton does not subscribe to",
    }
}

fn unused_issues(action: &str) -> &'static str {
    match action {
        "assigned" | "unassigned" => "issues: who is assigned does not matter",
        "milestoned" | "demilestoned" => "issues: milestones do not matter",
        "pinned" | "unpinned" => "issues: pinning does not matter",
        "typed" | "untyped" => "issues: issue types do not matter",
        "" => "issues: a delivery without an action",
        _ => "issues: an action that Baton does not know",
    }
}

fn unused_installation(action: &str) -> &'static str {
    match action {
        "created" => "installation: a new one costs nothing until somebody asks",
        "new_permissions_accepted" => "installation: new tokens carry the new permissions",
        "" => "installation: a delivery without an action",
        _ => "installation: an action that Baton does not know",
    }
}

fn unused_repository(action: &str) -> &'static str {
    match action {
        "archived" => "repository: archived; GitHub itself refuses writes from now on",
        "unarchived" => "repository: writable again; work goes on with the next request",
        "created" => "repository: a new one costs nothing until somebody asks",
        "edited" | "privatized" | "publicized" => {
            "repository: its settings are read fresh when they matter"
        }
        "" => "repository: a delivery without an action",
        _ => "repository: an action that Baton does not know",
    }
}
