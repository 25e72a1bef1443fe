//! What is reported on commits, and where each delivery leads.

use serde_json::{Value, json};

use super::{ann, check, check_ignored, check_unparsed, comment, delivery, issue, with};
use crate::base::{
    AppId, CheckRunId, InstallationId, IssueNumber, RepositoryId, Sha, WorkflowRunId,
};
use crate::domain::incoming::{
    CheckAct, CheckSnapshot, CiNews, CiState, Conclusion, StatusState, What,
};
use crate::github::webhook::{Hint, envelope};

fn check_run(status: &str, conclusion: Value) -> Value {
    json!({
        "id": 60, "name": "build", "head_sha": "c1", "external_id": "42/7/3/1",
        "status": status, "conclusion": conclusion, "app": { "id": 15368, "slug": "x" },
        "check_suite": { "id": 6, "head_branch": "baton/7-x", "head_sha": "c1" },
        "pull_requests": [],
    })
}

#[test]
fn check_runs_are_read() {
    let on = |action: &str, status: &str, conclusion: Value| json!({ "action": action, "check_run": check_run(status, conclusion) });
    let is = |state: CiState, act: CheckAct| {
        let check = CheckSnapshot {
            id: CheckRunId(60),
            name: "build".to_owned(),
            sha: Sha::from("c1"),
            branch: Some("baton/7-x".to_owned()),
            app: Some(AppId(15_368)),
            external_id: Some("42/7/3/1".to_owned()),
            state,
        };
        What::Ci(CiNews::Check { check, act })
    };
    let event = "check_run";
    let created = is(CiState::Open, CheckAct::Created);
    check(event, on("created", "queued", json!(null)), created.clone());
    check(event, on("created", "waiting", json!(null)), created);
    for (written, read) in [
        ("success", Conclusion::Success),
        ("failure", Conclusion::Failure),
        ("neutral", Conclusion::Neutral),
        ("skipped", Conclusion::Skipped),
        ("cancelled", Conclusion::Cancelled),
        ("timed_out", Conclusion::TimedOut),
        ("action_required", Conclusion::ActionRequired),
        ("startup_failure", Conclusion::StartupFailure),
        ("stale", Conclusion::Stale),
        ("splendid", Conclusion::Unknown),
    ] {
        let completed = is(CiState::Ended(read), CheckAct::Completed);
        check(event, on("completed", "completed", json!(written)), completed);
    }
    let unsaid = is(CiState::Ended(Conclusion::Unknown), CheckAct::Completed);
    check(event, on("completed", "completed", json!(null)), unsaid);
    let again = is(CiState::Ended(Conclusion::Failure), CheckAct::Rerequested);
    check(event, on("rerequested", "completed", json!("failure")), again);
    let press = on("requested_action", "completed", json!("neutral"));
    let button = json!({ "requested_action": { "identifier": "approve-3" } });
    let act = CheckAct::Pressed { button: "approve-3".to_owned() };
    let pressed = is(CiState::Ended(Conclusion::Neutral), act);
    check(event, with(press.clone(), button), pressed);
    check_ignored(event, press, "not named");
    check_ignored(event, on("levitated", "queued", json!(null)), "buttons");
    let bare = "{\"action\":\"created\",\"check_run\":{\"id\":60}}";
    check_unparsed(event, bare, "check_run.head_sha: the commit is missing");
    check_unparsed(event, "{\"action\":\"created\"}", "check_run.id: the id is missing");
}

#[test]
fn suites_statuses_and_workflows_are_read() {
    let suite = json!({
        "action": "completed",
        "check_suite": {
            "head_branch": null, "head_sha": "c1", "conclusion": "success", "app": { "id": 1 },
        },
    });
    let (sha, app) = (Sha::from("c1"), Some(AppId(1)));
    let ended = CiNews::SuiteCompleted { sha, branch: None, app, conclusion: Conclusion::Success };
    assert_eq!(ended.sha().as_str(), "c1");
    check("check_suite", suite, What::Ci(ended));
    check_ignored("check_suite", json!({ "action": "requested" }), "only its end");

    let status = |state: &str| {
        json!({
            "sha": "c1", "context": "ci/x", "state": state, "branches": [{ "name": "main" }, 3],
        })
    };
    for (written, state) in [
        ("pending", StatusState::Pending),
        ("success", StatusState::Success),
        ("failure", StatusState::Failure),
        ("error", StatusState::Error),
        ("dunno", StatusState::Unknown),
    ] {
        let (sha, context) = (Sha::from("c1"), "ci/x".to_owned());
        let branches = vec!["main".to_owned()];
        let set = CiNews::Status { sha, context, state, branches };
        check("status", status(written), What::Ci(set));
    }
    check_unparsed("status", "{}", "sha: the commit is missing");

    let run = |more: Value| {
        let run = json!({
            "id": 50, "name": "CI", "head_sha": "c1", "head_branch": "baton/7-x",
            "conclusion": "timed_out", "run_attempt": 2,
        });
        json!({ "action": "completed", "workflow_run": with(run, more) })
    };
    let ended = || {
        What::Ci(CiNews::WorkflowCompleted {
            id: WorkflowRunId(50),
            sha: Sha::from("c1"),
            branch: Some("baton/7-x".to_owned()),
            name: "CI".to_owned(),
            conclusion: Conclusion::TimedOut,
            attempt: 2,
        })
    };
    check("workflow_run", run(json!({})), ended());
    check("workflow_run", run(json!({ "head_repository": { "id": 42 } })), ended());
    check_ignored("workflow_run", run(json!({ "head_repository": { "id": 43 } })), "fork");
    check_ignored("workflow_run", json!({ "action": "requested" }), "only its end");
    let bare = "{\"action\":\"completed\"}";
    check_unparsed("workflow_run", bare, "workflow_run.id: the id is missing");
}

#[track_caller]
fn check_hint(event: &str, more: Value, expected: Hint) {
    let envelope = envelope(event, delivery(more).to_string().as_bytes());
    assert_eq!(envelope.hint, expected);
    assert_eq!(envelope.installation, Some(InstallationId(5)));
    assert_eq!(envelope.repository, Some(RepositoryId(42)));
    assert!(envelope.well_formed);
}

#[test]
fn the_envelope_leads_to_the_issue() {
    let number = |it| Hint::Number(IssueNumber(it));
    let branch = |it: &str| Hint::Branch(it.to_owned());
    let pull = |git_ref: &str, repo: i64| {
        let head = json!({ "ref": git_ref, "repo": { "id": repo } });
        json!({ "number": 8, "pull_request": { "number": 8, "head": head } })
    };
    check_hint("issues", json!({ "issue": issue() }), number(7));
    check_hint("issue_comment", json!({ "issue": issue(), "comment": comment() }), number(7));
    check_hint("push", json!({ "ref": "refs/heads/baton/7-x" }), branch("baton/7-x"));
    check_hint("push", json!({ "ref": "refs/tags/v1" }), Hint::None);
    check_hint("pull_request", pull("baton/7-x", 42), branch("baton/7-x"));
    check_hint("pull_request", pull("baton/7-x", 43), number(8));
    check_hint("pull_request", pull("feature", 42), number(8));
    check_hint("pull_request_review", pull("baton/7-x", 42), branch("baton/7-x"));
    check_hint("repository", json!({}), Hint::None);
}

#[test]
fn what_is_reported_leads_to_the_branch_the_pull_request_or_the_commit() {
    let branch = |it: &str| Hint::Branch(it.to_owned());
    let number = |it| Hint::Number(IssueNumber(it));
    let sha = Hint::Sha(Sha::from("c1"));
    let pull = |head: &str, repo: i64| json!([{ "number": 8, "head": { "ref": head, "repo": { "id": repo } } }]);
    let run = |head: Value, pulls: Value| {
        let suite = json!({ "head_sha": "c1", "head_branch": head });
        let run = json!({ "head_sha": "c1", "check_suite": suite, "pull_requests": pulls });
        json!({ "check_run": run })
    };
    let event = "check_run";
    check_hint(event, run(json!("baton/7-x"), json!([])), branch("baton/7-x"));
    check_hint(event, run(json!("main"), pull("baton/7-x", 42)), branch("baton/7-x"));
    check_hint(event, run(json!("main"), pull("baton/7-x", 43)), branch("main"));
    check_hint(event, run(json!(null), pull("feature", 42)), number(8));
    check_hint(event, run(json!(null), pull("feature", 43)), sha.clone());
    check_hint(event, json!({ "check_run": { "head_sha": "c1" } }), sha.clone());
    check_hint(event, json!({ "check_run": 3 }), Hint::None);

    let suite = json!({ "check_suite": { "head_sha": "c1", "head_branch": "feature" } });
    check_hint("check_suite", suite, branch("feature"));
    let workflow = |repo: i64| {
        let (head_branch, head_repository) = ("baton/7-x", json!({ "id": repo }));
        let run = json!({
            "head_sha": "c1", "head_branch": head_branch, "head_repository": head_repository,
        });
        json!({ "workflow_run": run })
    };
    check_hint("workflow_run", workflow(42), branch("baton/7-x"));
    check_hint("workflow_run", workflow(43), Hint::None);

    let status = |names: &[&str]| {
        let branches: Vec<_> = names.iter().map(|it| json!({ "name": it })).collect();
        json!({ "sha": "c1", "branches": branches })
    };
    check_hint("status", status(&["main", "baton/7-x"]), branch("baton/7-x"));
    check_hint("status", status(&["main"]), branch("main"));
    check_hint("status", status(&["main", "release"]), sha.clone());
    check_hint("status", status(&[]), sha);
    check_hint("status", json!({ "issue": 3, "pull_request": [], "ref": {} }), Hint::None);
    check_hint("status", json!({ "sha": 3, "branches": ann() }), Hint::None);
}
