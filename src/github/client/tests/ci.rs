//! Check runs, statuses, workflow runs, logs, required checks: read, shown, or not told.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::base::{AppId, CheckRunId, EffectKey, JobId, Sha, WorkflowRunId};
use crate::domain::incoming::{CiState, Conclusion, StatusState};
use crate::github::client::{
    CheckButton, CheckState, GitHubError, LogTail, NewCheckRun, RequiredCheck, ShownCheck, Told,
    Untold,
};

const CHECKS: &str = "GET /repos/acme/app/commits/c1/check-runs?filter=latest&per_page=100";
const LOG: &str = "GET /api/v3/repos/acme/app/actions/jobs/9/logs";

fn c1() -> Sha {
    Sha::from("c1")
}

fn ok(body: Value) -> Answer {
    Answer::new(200, body)
}

fn permissions(server: &Server) -> Vec<Value> {
    let asked = server.asked().into_iter();
    asked.filter(|it| it.line.ends_with("/access_tokens")).map(|it| it.body).collect()
}

#[tokio::test]
async fn check_runs_are_read_page_by_page_with_a_token_of_their_own() {
    let page = |ids: std::ops::Range<i64>| {
        let run = |id| {
            json!({
                "id": id, "name": "build", "head_sha": "c1", "status": "completed",
                "conclusion": "failure", "app": { "id": 15368 }, "external_id": "",
                "output": { "title": "2 errors", "summary": null },
                "completed_at": "2026-11-21T12:00:00Z",
            })
        };
        ok(json!({ "total_count": 130, "check_runs": ids.map(run).collect::<Vec<_>>() }))
    };
    let server = Server::start().await;
    server.answers(&format!("{CHECKS}&page=1"), page(0..100));
    server.answers(&format!("{CHECKS}&page=2"), page(99..130));
    let reader = server.app.reader(server.target());
    let listed = reader.check_runs(&c1()).await.unwrap().known().unwrap();
    assert_eq!((listed.items.len(), listed.complete), (130, true));
    let run = &listed.items[7];
    assert_eq!((run.id, run.app), (CheckRunId(7), Some(AppId(15_368))));
    assert_eq!((run.state, &run.external_id), (CiState::Ended(Conclusion::Failure), &None));
    assert_eq!((run.title.as_deref(), &run.summary), (Some("2 errors"), &None));
    let asked = &permissions(&server)[0]["permissions"];
    assert_eq!(*asked, json!({ "checks": "read", "metadata": "read" }));

    let named = ok(json!({ "check_runs": [
        { "id": 1, "name": "baton / plan", "head_sha": "c1", "external_id": "42/7/3/1" },
        { "id": 2, "name": "build", "head_sha": "c1" }] }));
    server.answers(&format!("{CHECKS}&page=1&check_name=baton%20%2F%20plan"), named);
    let found = reader.check_runs_named(&c1(), "baton / plan").await.unwrap().known().unwrap();
    assert_eq!(found.items.len(), 1);
    assert_eq!(found.items[0].state, CiState::Open);
    assert_eq!(found.items[0].external_id.as_deref(), Some("42/7/3/1"));
}

#[tokio::test]
async fn what_is_not_told_is_not_empty() {
    let check = async |answer: Answer, expected: Result<Untold, GitHubError>| {
        let server = Server::start().await;
        server.answers(&format!("{CHECKS}&page=1"), answer);
        let outcome = server.app.reader(server.target()).check_runs(&c1()).await;
        assert_eq!(outcome, expected.map(Told::Unknown));
    };
    let no = json!({ "message": "Resource not accessible by integration" });
    for status in [404, 405, 501] {
        check(Answer::new(status, json!({})), Ok(Untold::NotOffered)).await;
    }
    check(Answer::new(410, json!({})), Ok(Untold::NotKept)).await;
    check(Answer::new(403, no), Ok(Untold::NotAllowed)).await;
    let slow = Answer::new(403, json!({})).header("retry-after", "1");
    let pause = GitHubError::SecondaryLimit { retry_after: Some(crate::base::Millis(1_000)) };
    check(slow, Err(pause)).await;
    check(Answer::new(502, json!({})), Err(GitHubError::Server(502))).await;
    check(ok(json!({})).text("<html>"), Err(unexpected_html())).await;

    // The owner granted no checks: there is no token.
    let server = Server::start().await;
    let refused = json!({ "message": "The permissions requested are not granted" });
    let refused = Answer::new(422, refused).header("x-github-enterprise-version", "3.20.0");
    server.answers("POST /app/installations/5/access_tokens", refused);
    let outcome = server.app.reader(server.target()).check_runs(&c1()).await;
    assert_eq!(outcome, Ok(Told::Unknown(Untold::NotAllowed)));
}

fn unexpected_html() -> GitHubError {
    GitHubError::unexpected(
        "/repos/{owner}/{repo}/commits/{sha}/check-runs answered 200 with bad JSON at . \
         (no content type)",
    )
}

#[tokio::test]
async fn the_newest_status_of_a_context_counts() {
    let statuses = json!([
        { "id": 3, "context": "ci/a", "state": "success", "creator": { "id": 1, "login": "ci[bot]" } },
        { "id": 2, "context": "ci/b", "state": "error", "description": "" },
        { "id": 1, "context": "ci/a", "state": "failure" },
        { "id": 0, "state": "pending", "target_url": "https://ci.example" },
    ]);
    let list = "GET /repos/acme/app/commits/c1/statuses?per_page=100&page=1";
    let summary = "GET /repos/acme/app/commits/c1/status?per_page=100&page=1";
    for (line, body) in [(list, statuses.clone()), (summary, json!({ "statuses": statuses }))] {
        let server = Server::start().await;
        server.answers(line, ok(body));
        let reader = server.app.reader(server.target());
        let listed = reader.statuses(&c1()).await.unwrap().known().unwrap();
        let read: Vec<_> = listed.items.iter().map(|it| (it.context.as_str(), it.state)).collect();
        let expected = [
            ("ci/a", StatusState::Success),
            ("ci/b", StatusState::Error),
            ("default", StatusState::Pending),
        ];
        assert_eq!(read, expected);
        assert!(listed.items[0].creator.clone().unwrap().bot);
        let asked = &permissions(&server)[0]["permissions"];
        assert_eq!(*asked, json!({ "metadata": "read", "statuses": "read" }));
    }
    let server = Server::start().await;
    let outcome = server.app.reader(server.target()).statuses(&c1()).await;
    assert_eq!(outcome, Ok(Told::Unknown(Untold::NotOffered)));
}

#[tokio::test]
async fn workflow_runs_and_their_jobs_are_read() {
    let server = Server::start().await;
    let run = |id: i64, sha: &str| {
        json!({
            "id": id, "name": "CI", "head_sha": sha, "head_branch": "baton/7-x",
            "event": "push", "status": "in_progress", "conclusion": null, "run_attempt": 2,
        })
    };
    let runs = json!({ "workflow_runs": [run(50, "c1"), run(51, "c2"), {}] });
    let line = "GET /repos/acme/app/actions/runs?head_sha=c1&per_page=100&page=1";
    server.answers(line, ok(runs));
    let steps = json!([
        { "name": "checkout", "status": "completed", "conclusion": "success" },
        { "name": "test", "status": "completed", "conclusion": "failure" },
        { "name": "upload", "status": "completed", "conclusion": "skipped" }]);
    let jobs = json!({ "jobs": [
        { "id": 9, "name": "test", "status": "completed", "conclusion": "failure", "steps": steps },
        { "id": 10, "name": "lint", "status": "queued" }] });
    let line = "GET /repos/acme/app/actions/runs/50/jobs?filter=latest&per_page=100&page=1";
    server.answers(line, ok(jobs));
    let reader = server.app.reader(server.target());
    let runs = reader.workflow_runs(&c1()).await.unwrap().known().unwrap();
    let [run] = &runs.items[..] else { panic!("{runs:?}") };
    assert_eq!((run.id, run.state, run.attempt), (WorkflowRunId(50), CiState::Open, 2));
    let jobs = reader.jobs(run.id).await.unwrap().known().unwrap();
    let [test, lint] = &jobs.items[..] else { panic!("{jobs:?}") };
    assert_eq!((test.id, test.failed_steps.as_slice()), (JobId(9), &["test".to_owned()][..]));
    assert_eq!(test.state, CiState::Ended(Conclusion::Failure));
    assert_eq!((lint.state, lint.attempt), (CiState::Open, 1));
    let asked = &permissions(&server)[0]["permissions"];
    assert_eq!(*asked, json!({ "actions": "read", "metadata": "read" }));
}

#[tokio::test]
async fn a_log_is_fetched_without_giving_the_token_away() {
    let (api, store) = (Server::start_below("/api/v3").await, Server::start().await);
    let away = format!("{}/log?sig=once", store.url);
    api.answers(LOG, Answer::new(302, json!({})).header("location", &away));
    store.answers("GET /log?sig=once", ok(json!({})).text("\u{feff}one\ntwo \u{1b}[31m\n"));
    let reader = api.app.reader(api.target());
    let log = reader.job_log(JobId(9)).await.unwrap().known().unwrap();
    let text = "one\ntwo \u{1b}[31m\n".to_owned();
    assert_eq!(log, LogTail { text, whole: true });
    assert_eq!(api.asked()[1].token.as_deref(), Some("Bearer token-1"));
    assert_eq!(store.asked()[0].token, None);
}

#[tokio::test]
async fn of_a_long_log_whole_lines_of_the_end_are_kept() {
    let server = Server::start_below("/api/v3").await;
    let line = format!("{}\n", "x".repeat(99));
    let mut long = line.repeat(200_000);
    long.push_str("error: it failed\n");
    server.answers(LOG, ok(json!({})).text(&long));
    let reader = server.app.reader(server.target());
    let log = reader.job_log(JobId(9)).await.unwrap().known().unwrap();
    assert!(!log.whole);
    assert!(log.text.len() <= 4 * 1024 * 1024 && 4 * 1024 * 1024 - 100 < log.text.len());
    assert!(log.text.starts_with(&line) && log.text.ends_with("\nerror: it failed\n"));
}

#[tokio::test]
async fn a_log_that_is_not_told_says_why() {
    let check = async |answer: Answer, expected: Result<Untold, GitHubError>| {
        let server = Server::start_below("/api/v3").await;
        server.answers(LOG, answer);
        let outcome = server.app.reader(server.target()).job_log(JobId(9)).await;
        assert_eq!(outcome, expected.map(Told::Unknown));
    };
    check(Answer::new(404, json!({})), Ok(Untold::NotOffered)).await;
    check(Answer::new(410, json!({})), Ok(Untold::NotKept)).await;
    check(Answer::new(403, json!({ "message": "no" })), Ok(Untold::NotAllowed)).await;
    check(Answer::new(500, json!({})), Err(GitHubError::Server(500))).await;
    let hidden = Answer::new(302, json!({})).header("location", "http://169.254.169.254/x");
    let refused = GitHubError::unexpected("a redirect into a private network");
    check(hidden, Err(refused)).await;
}

#[tokio::test]
async fn required_checks_come_from_rules_and_protection() {
    const RULES: &str = "GET /repos/acme/app/rules/branches/release/1?per_page=100&page=1";
    const BRANCH: &str = "GET /repos/acme/app/branches/release/1";
    let check = async |rules: Option<Value>, branch: Option<Value>, expected: Told<&[&str]>| {
        let server = Server::start().await;
        for (line, body) in [(RULES, rules), (BRANCH, branch)] {
            if let Some(body) = body {
                server.answers(line, ok(body));
            }
        }
        let outcome = server.app.reader(server.target()).required_checks("release/1").await;
        let shown = |it: RequiredCheck| match it.app {
            Some(app) => format!("{} by {app}", it.context),
            None => it.context,
        };
        let names = |it: Vec<RequiredCheck>| it.into_iter().map(shown).collect::<Vec<_>>();
        let expected = expected.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(outcome.unwrap().map(names), expected);
    };
    let rule = |checks: Value| {
        let parameters = json!({ "required_status_checks": checks });
        json!([
            { "type": "deletion" },
            { "type": "required_status_checks", "parameters": parameters },
        ])
    };
    let rules =
        || Some(rule(json!([{ "context": "build", "integration_id": 7 }, { "context": "b" }])));
    let protection = |required: Value| {
        Some(json!({ "protected": true, "protection": { "required_status_checks": required } }))
    };
    let open = || Some(json!({ "protected": false }));
    check(rules(), open(), Told::Known(&["b", "build by 7"])).await;
    let checks = json!([{ "context": "a", "app_id": -1 }, { "context": "build", "app_id": 7 }]);
    let required = json!({ "contexts": ["a", "build", "old"], "checks": checks });
    check(rules(), protection(required.clone()), Told::Known(&["a", "b", "build by 7", "old"]))
        .await;
    check(None, protection(required), Told::Known(&["a", "build by 7", "old"])).await;
    check(Some(json!([])), open(), Told::Known(&[])).await;
    check(None, open(), Told::Known(&[])).await;
    let hidden = || Some(json!({ "protected": true }));
    check(Some(json!([])), hidden(), Told::Unknown(Untold::NotAllowed)).await;
    check(rules(), hidden(), Told::Known(&["b", "build by 7"])).await;
    check(None, Some(json!({ "name": "release/1" })), Told::Unknown(Untold::NotOffered)).await;
    check(None, None, Told::Unknown(Untold::NotOffered)).await;
}

#[tokio::test]
async fn a_check_run_is_shown_with_its_key_and_buttons() {
    let server = Server::start().await;
    server.answers("POST /repos/acme/app/check-runs", Answer::new(201, json!({ "id": 60 })));
    server.answers("PATCH /repos/acme/app/check-runs/60", ok(json!({ "id": 60 })));
    let button = CheckButton {
        label: "Approve".to_owned(),
        description: "Approve revision 3.".to_owned(),
        identifier: "approve-3".to_owned(),
    };
    let mut shown = ShownCheck {
        state: CheckState::ActionRequired,
        title: "Revision 3 waits".to_owned(),
        summary: "Read it.".to_owned(),
        buttons: vec![button],
    };
    let new = NewCheckRun {
        name: "baton / plan".to_owned(),
        sha: c1(),
        key: EffectKey::from("42/7/3/1"),
        shown: shown.clone(),
    };
    let writer = server.app.writer(server.target());
    assert_eq!(writer.create_check_run(&new).await, Ok(Told::Known(CheckRunId(60))));
    let asked = server.asked();
    let permissions = json!({ "checks": "write", "metadata": "read" });
    assert_eq!(asked[0].body["permissions"], permissions);
    let expected = json!({
        "name": "baton / plan", "head_sha": "c1", "external_id": "42/7/3/1",
        "conclusion": "action_required",
        "output": { "title": "Revision 3 waits", "summary": "Read it." },
        "actions": [{ "label": "Approve", "description": "Approve revision 3.",
                      "identifier": "approve-3" }],
    });
    assert_eq!(asked[1].body, expected);
    (shown.state, shown.buttons) = (CheckState::InProgress, Vec::new());
    assert_eq!(writer.update_check_run(CheckRunId(60), &shown).await, Ok(Told::Known(())));
    let body = server.asked()[0].body.clone();
    assert_eq!((&body["status"], &body["actions"]), (&json!("in_progress"), &json!([])));
    assert_eq!(body["conclusion"], Value::Null);

    let server = Server::start().await;
    let outcome = server.app.writer(server.target()).create_check_run(&new).await;
    assert_eq!(outcome, Ok(Told::Unknown(Untold::NotOffered)));
}
