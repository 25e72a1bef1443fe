//! What the App is told, in which order, and how it travels.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::super::{DeliveryFault, DeliveryMode, DeliveryState, Role, signature};
use super::Bed;

fn names(received: &[super::bed::Received]) -> Vec<String> {
    received.iter().map(super::bed::Received::name).collect()
}

#[tokio::test]
async fn a_delivery_is_signed_and_named() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    ann.opens("Zoë's issue 🚀", "a").unwrap();
    let received = bed.webhooks().await;
    let [it] = received.as_slice() else { panic!("{received:?}") };
    let expected = signature(&bed.github.webhook_secret(), it.raw.as_bytes());
    assert_eq!(it.header("x-hub-signature-256"), expected);
    assert_eq!(it.header("x-github-event"), "issues");
    assert_eq!(it.header("x-github-delivery").len(), 36);
    assert_eq!(it.header("x-github-hook-installation-target-id"), "4711");
    assert_eq!(it.header("x-github-hook-installation-target-type"), "integration");
    assert!(it.header("user-agent").starts_with("GitHub-Hookshot/"));
    assert_eq!(it.body["sender"]["id"], json!(ann.id()));
    assert_eq!(it.body["installation"]["id"], json!(bed.github.installation_id()));
}

#[tokio::test]
async fn every_change_is_told_whoever_made_it() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Maintain);
    let issue = ann.opens("A", "a").unwrap();
    ann.labels(issue, "bug").unwrap();
    ann.labels(issue, "bug").unwrap();
    ann.unlabels(issue, "bug").unwrap();
    ann.edits_issue(issue, Some("B"), None).unwrap();
    ann.edits_issue(issue, Some("B"), None).unwrap();
    let comment = ann.comments(issue, "x").unwrap();
    ann.edits_comment(comment, "y").unwrap();
    ann.deletes_comment(comment).unwrap();
    ann.closes(issue).unwrap();
    ann.reopens(issue).unwrap();
    bed.call("POST", "/issues/1/comments", json!({ "body": "from the App" })).await;
    let received = bed.webhooks().await;
    assert_eq!(
        names(&received),
        [
            "issues.opened",
            "label.created",
            "issues.labeled",
            "issues.unlabeled",
            "issues.edited",
            "issue_comment.created",
            "issue_comment.edited",
            "issue_comment.deleted",
            "issues.closed",
            "issues.reopened",
            "issue_comment.created",
        ]
    );
    assert_eq!(received[4].body["changes"], json!({ "title": { "from": "A" } }));
    assert_eq!(received[6].body["changes"], json!({ "body": { "from": "x" } }));
    assert_eq!(received[10].body["sender"]["login"], "baton[bot]");
    assert_eq!(received[10].body["comment"]["performed_via_github_app"]["id"], 4711);
}

#[tokio::test]
async fn pushes_tell_what_moved() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Maintain);
    let first = ann.pushes("work", &[("a", Some("1"))], "One").unwrap();
    let pull = ann.opens_pull("work", "Work", "").unwrap();
    let second = ann.pushes("work", &[("a", None), ("b", Some("2"))], "Two").unwrap();
    ann.force_pushes("work", &first).unwrap();
    ann.deletes_branch("work").unwrap();
    let mut received = bed.webhooks().await;
    received.retain(|it| it.header("x-github-event") != "check_suite");
    assert_eq!(
        names(&received),
        [
            "push",
            "create",
            "pull_request.opened",
            "push",
            "pull_request.synchronize",
            "push",
            "pull_request.synchronize",
            "push",
            "delete",
            "pull_request.closed",
        ]
    );
    let push = |at: usize| &received[at].body;
    assert_eq!((&push(0)["created"], &push(0)["forced"]), (&json!(true), &json!(false)));
    assert_eq!(push(0)["commits"].as_array().map(Vec::len), Some(1));
    assert_eq!(push(3)["after"], json!(second));
    assert_eq!(push(3)["head_commit"]["added"], json!(["b"]));
    assert_eq!(push(3)["head_commit"]["removed"], json!(["a"]));
    assert_eq!((&push(5)["forced"], &push(7)["deleted"]), (&json!(true), &json!(true)));
    assert_eq!(push(7)["after"], "0".repeat(40));
    assert!(!bed.github.repo().issue(pull).unwrap().open);
}

#[tokio::test]
async fn a_failed_delivery_is_kept_and_sent_again_when_asked() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    ann.opens("A", "a").unwrap();
    bed.door_answers(StatusCode::SERVICE_UNAVAILABLE).await;
    let first = bed.webhooks().await;
    assert_eq!(bed.github.deliver_pending().await, 0, "GitHub does not repeat by itself");
    let record = bed.github.deliveries().pop().unwrap();
    assert_eq!(record.state, DeliveryState::Failed);
    bed.door_answers(StatusCode::ACCEPTED).await;
    let jwt = bed.jwt(-60, 540);
    let (_, log) = bed.call_as(&jwt, "GET", "/app/hook/deliveries", None).await;
    assert_eq!(log[0]["status_code"], 503);
    let path = format!("/app/hook/deliveries/{}/attempts", log[0]["id"]);
    assert_eq!(bed.call_as(&jwt, "POST", &path, None).await.0, 202);
    let second = bed.webhooks().await;
    assert_eq!(first[0].header("x-github-delivery"), second[0].header("x-github-delivery"));
    assert_eq!(first[0].raw, second[0].raw);
    let record = bed.github.deliveries().pop().unwrap();
    assert_eq!((record.state, record.attempts.len()), (DeliveryState::Delivered, 2));
}

#[tokio::test]
async fn deliveries_are_lost_doubled_and_swapped_on_purpose() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    let check = async |fault, expected: &[&str]| {
        let issue = ann.opens("A", "a").unwrap();
        ann.closes(issue).unwrap();
        bed.github.delivery_fault(Some("issues"), fault);
        assert_eq!(names(&bed.webhooks().await), expected, "{fault:?}");
    };
    check(DeliveryFault::Drop, &["issues.closed"]).await;
    check(DeliveryFault::Duplicate, &["issues.opened", "issues.opened", "issues.closed"]).await;
    check(DeliveryFault::Swap, &["issues.closed", "issues.opened"]).await;
    let issue = ann.opens("B", "b").unwrap();
    ann.closes(issue).unwrap();
    ann.reopens(issue).unwrap();
    bed.github.arrange_pending(&[2, 0]);
    let names = names(&bed.webhooks().await);
    assert_eq!(names, ["issues.reopened", "issues.opened", "issues.closed"]);
}

/// The demo's mode: nobody steps, and the order is still that of the acts.
#[tokio::test]
async fn immediate_deliveries_leave_by_themselves() {
    let bed = Bed::with(|it| it.delivery = DeliveryMode::Immediate).await;
    let ann = bed.github.person("ann", Role::Triage);
    let issue = ann.opens("A", "a").unwrap();
    ann.closes(issue).unwrap();
    let arrived = async {
        while bed.github.deliveries().iter().any(|it| it.state != DeliveryState::Delivered) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.unwrap();
    assert_eq!(names(&bed.webhooks().await), ["issues.opened", "issues.closed"]);
}

#[tokio::test]
async fn a_stopped_github_answers_no_more() {
    let bed = Bed::new().await;
    let url = bed.github.api_url();
    assert_eq!(bed.get("").await.0, 200);
    bed.github.stop().await;
    assert!(reqwest::get(url).await.is_err());
}
