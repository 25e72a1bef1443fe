//! The App's own checks, others' checks, statuses.

use serde_json::{Value, json};

use super::super::{Conclusion, Role, StatusState};
use super::Bed;
use crate::base::Sha;

async fn pushed(bed: &Bed) -> Sha {
    let ann = bed.github.person("ann", Role::Write);
    let sha = ann.pushes("work", &[("a", Some("a"))], "Work").unwrap();
    ann.opens_pull("work", "Work", "").unwrap();
    bed.webhooks().await;
    sha
}

#[tokio::test]
async fn every_push_opens_a_suite_that_may_stay_queued() {
    let bed = Bed::new().await;
    bed.github.repo().installs_silent_app("dependabot");
    let ann = bed.github.person("ann", Role::Write);
    let sha = ann.pushes("work", &[("a", Some("a"))], "Work").unwrap();
    let told = bed.webhooks().await;
    let names: Vec<String> = told.iter().map(super::bed::Received::name).collect();
    assert_eq!(names, ["push", "create", "check_suite.requested"], "others' suites are not told");
    assert_eq!(told[2].body["check_suite"]["status"], "queued");
    assert_eq!(told[2].body["check_suite"]["head_branch"], "work");
    let (_, suites) = bed.get(&format!("/commits/{sha}/check-suites")).await;
    assert_eq!(suites["total_count"], 2);
    let (_, runs) = bed.get(&format!("/commits/{sha}/check-runs")).await;
    assert_eq!(runs, json!({ "total_count": 0, "check_runs": [] }));
    // The same commit on another branch is no news.
    bed.call("POST", "/git/refs", json!({ "ref": "refs/heads/copy", "sha": sha })).await;
    let (_, suites) = bed.get(&format!("/commits/{sha}/check-suites")).await;
    assert_eq!(suites["total_count"], 2);
}

#[tokio::test]
async fn a_check_is_made_changed_pressed_and_asked_for_again() {
    let bed = Bed::new().await;
    let sha = pushed(&bed).await;
    let button = json!({ "label": "Approve", "description": "The plan", "identifier": "approve" });
    let body = json!({
        "name": "baton / plan",
        "head_sha": sha,
        "external_id": "1/2",
        "status": "in_progress",
        "actions": [button],
    });
    let (status, made) = bed.call("POST", "/check-runs", body).await;
    assert_eq!((status, &made["app"]["slug"]), (201, &json!("baton")));
    assert_eq!(made["pull_requests"][0]["number"], 1);
    let id = made["id"].as_i64().unwrap();
    let (ann, dev) =
        (bed.github.person("ann", Role::Write), bed.github.person("dev", Role::Triage));
    assert!(dev.presses(id, "approve").is_err());
    assert!(ann.presses(id, "other").is_err());
    ann.presses(id, "approve").unwrap();
    ann.reruns(id).unwrap();
    let done = json!({
        "conclusion": "neutral",
        "output": { "title": "Approved", "summary": "By ann", "annotations": [annotation(1)] },
        "actions": [],
    });
    let (_, done) = bed.call("PATCH", &format!("/check-runs/{id}"), done).await;
    assert_eq!((&done["status"], &done["conclusion"]), (&json!("completed"), &json!("neutral")));
    assert_eq!(done["external_id"], "1/2");
    let more =
        json!({ "output": { "title": "A", "summary": "b", "annotations": [annotation(2)] } });
    let (_, more) = bed.call("PATCH", &format!("/check-runs/{id}"), more).await;
    assert_eq!(more["output"]["annotations_count"], 2, "annotations are added");
    let told = bed.webhooks().await;
    let names: Vec<String> = told.iter().map(super::bed::Received::name).collect();
    assert_eq!(
        names,
        [
            "check_run.created",
            "check_run.requested_action",
            "check_run.rerequested",
            "check_run.completed",
            "check_suite.completed",
        ]
    );
    assert_eq!(told[1].body["requested_action"]["identifier"], "approve");
    assert_eq!(told[1].body["sender"]["login"], "ann");
    assert_eq!(told[1].body["check_run"]["check_suite"]["status"], "in_progress");
    let view = &bed.github.repo().checks(&sha)[0];
    assert_eq!((view.conclusion, view.title.as_deref()), (Some(Conclusion::Neutral), Some("A")));
}

fn annotation(line: usize) -> Value {
    json!({
        "path": "a",
        "start_line": line,
        "end_line": line,
        "annotation_level": "warning",
        "message": "x",
    })
}

#[tokio::test]
async fn limits_of_checks_are_held() {
    let bed = Bed::new().await;
    let sha = pushed(&bed).await;
    let check = async |more: Value, expected: (u16, &str)| {
        let mut body = json!({ "name": "x", "head_sha": sha });
        super::super::payload::extend(&mut body, more);
        let (status, answer) = bed.call("POST", "/check-runs", body).await;
        let said = answer["message"].as_str().unwrap_or_default();
        assert_eq!((status, said.trim_start_matches("Invalid request.\n\n")), expected);
    };
    let action = |label: usize, description: usize, identifier: usize| {
        json!({
            "label": "l".repeat(label),
            "description": "d".repeat(description),
            "identifier": "i".repeat(identifier),
        })
    };
    let output = |summary: usize, annotations: usize| {
        let all: Vec<Value> = (0..annotations).map(annotation).collect();
        json!({ "output": { "title": "t", "summary": "s".repeat(summary), "annotations": all } })
    };
    let chars = |field: &str, most: usize| {
        format!(
            "For 'properties/{field}', only {most} characters are allowed; {} were supplied.",
            most + 1
        )
    };
    let items = |field: &str, most: usize| {
        format!(
            "For 'properties/{field}', no more than {most} items are allowed; {} were supplied.",
            most + 1
        )
    };
    check(json!({ "name": null }), (422, "\"name\" wasn't supplied.")).await;
    check(
        json!({ "head_sha": "0".repeat(40) }),
        (422, &*format!("No commit found for SHA: {}", "0".repeat(40))),
    )
    .await;
    check(json!({ "status": "completed" }), (422, "\"conclusion\" wasn't supplied.")).await;
    check(
        json!({ "conclusion": "stale" }),
        (422, "For 'properties/conclusion', stale is not a possible value."),
    )
    .await;
    check(json!({ "output": { "title": "t" } }), (422, "\"summary\" wasn't supplied.")).await;
    check(output(65_535, 50), (201, "")).await;
    check(output(65_536, 0), (422, &chars("summary", 65_535))).await;
    check(output(1, 51), (422, &items("annotations", 50))).await;
    check(json!({ "actions": vec![action(20, 40, 20); 3] }), (201, "")).await;
    check(json!({ "actions": vec![action(1, 1, 1); 4] }), (422, &items("actions", 3))).await;
    check(json!({ "actions": [action(21, 1, 1)] }), (422, &chars("label", 20))).await;
    check(json!({ "actions": [action(1, 41, 1)] }), (422, &chars("description", 40))).await;
    check(json!({ "actions": [action(1, 1, 21)] }), (422, &chars("identifier", 20))).await;
}

#[tokio::test]
async fn the_latest_of_each_name_is_listed_and_others_checks_are_theirs() {
    let bed = Bed::new().await;
    let sha = pushed(&bed).await;
    let repo = bed.github.repo();
    repo.app_checks("codecov", &sha, "coverage", Conclusion::Failure).unwrap();
    repo.app_checks("codecov", &sha, "coverage", Conclusion::Success).unwrap();
    let spoof = repo.app_checks("evil", &sha, "test", Conclusion::Success).unwrap();
    let count = async |query: &str| {
        bed.get(&format!("/commits/work/check-runs?{query}")).await.1["total_count"].clone()
    };
    assert_eq!(count("").await, 2);
    assert_eq!(count("filter=all").await, 3);
    assert_eq!(count("check_name=coverage").await, 1);
    assert_eq!(count("status=queued").await, 0);
    let (_, page) = bed.get("/commits/work/check-runs?per_page=1&page=2").await;
    assert_eq!(
        (&page["total_count"], &page["check_runs"][0]["name"]),
        (&json!(2), &json!("coverage"))
    );
    assert_eq!(page["check_runs"][0]["conclusion"], "success");
    let path = format!("/check-runs/{spoof}");
    let (status, body) = bed.call("PATCH", &path, json!({ "conclusion": "failure" })).await;
    assert_eq!(status, 403);
    assert!(body["message"].as_str().unwrap().starts_with("Invalid app_id `4711`"));
    let told = bed.webhooks().await;
    assert_eq!(told[0].body["check_run"]["app"]["slug"], "codecov");
    assert_eq!(told[0].body["sender"]["type"], "Bot");
}

#[tokio::test]
async fn statuses_add_up() {
    let bed = Bed::new().await;
    let sha = pushed(&bed).await;
    let jenkins = bed.github.bot("jenkins", Role::Write);
    let check = async |states: &[(&str, StatusState)], expected: &str| {
        for (context, state) in states {
            jenkins.sets_status(&sha, context, *state, "").unwrap();
        }
        let (_, combined) = bed.get("/commits/work/status").await;
        assert_eq!(combined["state"], expected);
    };
    check(&[], "pending").await;
    check(&[("a", StatusState::Success)], "success").await;
    check(&[("b", StatusState::Pending)], "pending").await;
    check(&[("a", StatusState::Error)], "failure").await;
    check(&[("a", StatusState::Success), ("b", StatusState::Success)], "success").await;
    let (_, combined) = bed.get("/commits/work/status").await;
    assert_eq!((&combined["total_count"], &combined["sha"]), (&json!(2), &json!(sha)));
    assert_eq!(bed.get("/commits/work/statuses").await.1.as_array().map(Vec::len), Some(5));
    let told = bed.webhooks().await;
    assert_eq!((told.len(), told[0].name().as_str()), (5, "status"));
    assert_eq!(told[0].body["branches"][0]["name"], "work");
    assert_eq!(bed.github.repo().statuses(&sha)[0].context, "a");
    let path = format!("/statuses/{sha}");
    let own = json!({ "state": "success" });
    assert_eq!(bed.call("POST", &path, own).await.0, 403, "the App may only read them");
    assert_eq!(bed.get("/commits/nothing/status").await.0, 422);
}
