//! The repository's workflow: what it does on a push, and what a client reads of it.

use serde_json::json;

use super::super::{CiBehaviour, Conclusion, Level, Role};
use super::Bed;
use crate::base::{Millis, Sha};

fn push(bed: &Bed, branch: &str) -> Sha {
    let ann = bed.github.person("ann", Role::Write);
    let text = bed.github.repo().commits(branch).len().to_string();
    ann.pushes(branch, &[("a", Some(&text))], "Work").unwrap()
}

async fn names(bed: &Bed) -> Vec<String> {
    let told = bed.webhooks().await;
    let of_ci = |it: &String| !it.starts_with("push") && !it.starts_with("create");
    told.iter().map(super::bed::Received::name).filter(of_ci).collect()
}

#[tokio::test]
async fn a_push_is_green_red_silent_or_waits() {
    let bed = Bed::new().await;
    let repo = bed.github.repo();
    repo.ci_jobs(&["test", "lint"]);
    let conclusions = |sha: &Sha| -> Vec<String> {
        let checks = repo.checks(sha).into_iter();
        checks
            .map(|it| format!("{} {}", it.name, it.conclusion.map_or(it.status, |it| it.name())))
            .collect()
    };
    assert_eq!(conclusions(&push(&bed, "work")), Vec::<String>::new());
    repo.ci(CiBehaviour::Green);
    repo.ci_on("slow/*", CiBehaviour::Manual);
    assert_eq!(conclusions(&push(&bed, "work")), ["test success", "lint success"]);
    assert_eq!(conclusions(&push(&bed, "slow/1")), ["test queued", "lint queued"]);
    repo.ci(CiBehaviour::Red { log: "error: no".into() });
    assert_eq!(conclusions(&push(&bed, "work")), ["test failure", "lint success"]);
    let ann = bed.github.person("ann", Role::Write);
    let skipped = ann.pushes("work", &[("b", Some("b"))], "Docs [skip ci]").unwrap();
    assert_eq!(conclusions(&skipped), Vec::<String>::new());
    repo.ci(CiBehaviour::Silent);
    assert_eq!(conclusions(&push(&bed, "work")), Vec::<String>::new());
}

#[tokio::test]
async fn a_run_is_told_from_its_request_to_its_end() {
    let bed = Bed::new().await;
    bed.github.repo().ci(CiBehaviour::Green);
    push(&bed, "work");
    assert_eq!(
        names(&bed).await,
        [
            "check_suite.requested",
            "workflow_run.requested",
            "check_run.created",
            "workflow_run.in_progress",
            "check_run.completed",
            "check_suite.completed",
            "workflow_run.completed",
        ]
    );
}

#[tokio::test]
async fn jobs_and_their_logs_are_read() {
    let bed = Bed::new().await;
    let repo = bed.github.repo();
    repo.ci(CiBehaviour::Manual);
    let sha = push(&bed, "work");
    let (_, runs) = bed.get(&format!("/actions/runs?head_sha={sha}")).await;
    assert_eq!(
        (&runs["total_count"], &runs["workflow_runs"][0]["status"]),
        (&json!(1), &json!("queued"))
    );
    let run = &runs["workflow_runs"][0]["id"];
    let (_, jobs) = bed.get(&format!("/actions/runs/{run}/jobs")).await;
    let job = jobs["jobs"][0]["id"].clone();
    assert_eq!(repo.checks(&sha)[0].id, job.as_i64().unwrap(), "a job's id is its check's");
    let logs = format!("/actions/jobs/{job}/logs");
    assert_eq!(bed.get(&logs).await.0, 404, "there is no log before the end");
    repo.ci_concludes(&sha, "test", Conclusion::Failure, "one\ntwo").unwrap();
    let path = format!("/repos/acme/helpdesk{logs}");
    let response = bed.send(&bed.token, "GET", &path, None).await.unwrap();
    assert_eq!(response.status(), 302);
    let url = response.headers()["location"].to_str().unwrap().to_owned();
    let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert!(lines[0].ends_with("Z one") && lines[1].ends_with("Z two"), "{lines:?}");
    assert!(lines[2].ends_with("##[error]Process completed with exit code 1."));
    bed.passes(Millis::minutes(2));
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 403, "the address is old");
    let (_, runs) = bed.get("/actions/runs?status=failure").await;
    assert_eq!(runs["workflow_runs"][0]["conclusion"], "failure");
    assert_eq!(bed.get("/actions/runs?head_sha=0").await.1["total_count"], 0);
}

#[tokio::test]
async fn a_job_runs_again_under_the_same_name() {
    let bed = Bed::new().await;
    let repo = bed.github.repo();
    repo.ci(CiBehaviour::Red { log: "flaky".into() });
    let sha = push(&bed, "work");
    let first = repo.checks(&sha)[0].id;
    names(&bed).await;
    bed.github.person("ann", Role::Write).reruns(first).unwrap();
    assert_eq!(repo.checks(&sha)[0].status, "queued");
    repo.ci_concludes(&sha, "test", Conclusion::Success, "").unwrap();
    let (_, latest) = bed.get(&format!("/commits/{sha}/check-runs")).await;
    assert_eq!(
        (&latest["total_count"], &latest["check_runs"][0]["conclusion"]),
        (&json!(1), &json!("success"))
    );
    assert_eq!(bed.get(&format!("/commits/{sha}/check-runs?filter=all")).await.1["total_count"], 2);
    let told = bed.webhooks().await;
    let last = told.last().unwrap();
    assert_eq!(last.name(), "workflow_run.completed");
    assert_eq!(last.body["workflow_run"]["run_attempt"], 2);
    assert_eq!(last.body["workflow_run"]["conclusion"], "success");
    let rerun = format!("/actions/jobs/{first}/rerun");
    assert_eq!(bed.call("POST", &rerun, json!({})).await.0, 403, "the App may only read");
}

#[tokio::test]
async fn what_the_app_may_not_read_it_is_not_told() {
    let bed = Bed::new().await;
    let admin = bed.github.person("ada", Role::Admin);
    let permissions = [("metadata", Level::Read), ("checks", Level::Read)];
    admin.grants(permissions.map(|(name, level)| (name.to_owned(), level)).into()).unwrap();
    bed.webhooks().await;
    bed.github.repo().ci(CiBehaviour::Green);
    let sha = push(&bed, "work");
    let told = bed.webhooks().await;
    let told: Vec<String> = told.iter().map(super::bed::Received::name).collect();
    assert_eq!(told, ["check_run.created", "check_run.completed", "check_suite.completed"]);
    assert_eq!(bed.get(&format!("/actions/runs?head_sha={sha}")).await.0, 403);
}
