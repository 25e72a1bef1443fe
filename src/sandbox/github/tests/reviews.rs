//! Reviews, comments on lines, threads.

use serde_json::{Value, json};

use super::super::{ReactionKind, ReviewState, Role};
use super::Bed;
use crate::base::IssueNumber;

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";

/// Pull request 1 by ann changes line 5 of `a.txt`.
async fn bed() -> Bed {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Write);
    ann.pushes("main", &[("a.txt", Some(TEXT))], "Start").unwrap();
    ann.pushes("work", &[("a.txt", Some(&TEXT.replace("five", "5")))], "Work").unwrap();
    assert_eq!(ann.opens_pull("work", "Work", "").unwrap(), IssueNumber(1));
    bed.webhooks().await;
    bed
}

#[tokio::test]
async fn a_review_is_told_in_lower_case_and_listed_in_capitals() {
    let bed = bed().await;
    let bob = bed.github.person("bob", Role::Write);
    let id = bob.reviews(IssueNumber(1), ReviewState::ChangesRequested, "No").unwrap();
    let told = bed.webhooks().await;
    assert_eq!(told[0].name(), "pull_request_review.submitted");
    assert_eq!(told[0].body["review"]["state"], "changes_requested");
    assert_eq!(told[0].body["pull_request"].get("merged"), None);
    let (_, listed) = bed.get("/pulls/1/reviews").await;
    assert_eq!(listed[0]["state"], "CHANGES_REQUESTED");
    assert_eq!(listed[0]["commit_id"], told[0].body["pull_request"]["head"]["sha"]);
    let path = format!("/pulls/1/reviews/{id}/dismissals");
    let reader = bed.new_token(json!({ "permissions": { "pull_requests": "read" } })).await;
    let whole = format!("/repos/acme/helpdesk{path}");
    let message = || json!({ "message": "Old" });
    assert_eq!(bed.call_as(&reader, "PUT", &whole, Some(message())).await.0, 403);
    assert_eq!(bed.call("PUT", "/pulls/1/reviews/1/dismissals", message()).await.0, 404);
    assert_eq!(bed.call("PUT", &path, json!({})).await.0, 422);
    let (status, dismissed) = bed.call("PUT", &path, message()).await;
    assert_eq!((status, &dismissed["state"]), (200, &json!("DISMISSED")));
    let told = bed.webhooks().await;
    assert_eq!(told[0].name(), "pull_request_review.dismissed");
    assert_eq!(told[0].body["review"]["state"], "dismissed");
    assert_eq!(bed.call("PUT", &path, message()).await.0, 422);
    assert_eq!(bed.github.repo().reviews(IssueNumber(1))[0].state, ReviewState::Dismissed);
}

#[tokio::test]
async fn reviews_are_refused_as_github_refuses_them() {
    let bed = bed().await;
    bed.github.person("bob", Role::Write).pushes("own", &[("x", Some("x"))], "X").unwrap();
    let own = json!({ "title": "Own", "head": "own", "base": "main" });
    assert_eq!(bed.call("POST", "/pulls", own).await.0, 201);
    let check = async |pull: i64, body: Value, expected: (u16, &str)| {
        let path = format!("/pulls/{pull}/reviews");
        let (status, answer) = bed.call("POST", &path, body).await;
        let said = answer["errors"][0].as_str().unwrap_or_default();
        assert_eq!((status, said), expected);
    };
    let line = |line: usize, path: &str| {
        json!({
            "event": "COMMENT",
            "comments": [{ "path": path, "line": line, "body": "x" }],
        })
    };
    let outside = "Pull request review thread line must be part of the diff and Pull request \
                   review thread diff hunk can't be blank";
    check(2, json!({ "event": "APPROVE" }), (422, "Can not approve your own pull request")).await;
    let changes = json!({ "event": "REQUEST_CHANGES", "body": "x" });
    check(2, changes, (422, "Can not request changes on your own pull request")).await;
    check(1, json!({ "event": "COMMENT" }), (422, "Body can't be blank")).await;
    check(1, json!({ "body": "x" }), (422, "the sandbox has no pending reviews")).await;
    check(1, line(1, "a.txt"), (422, outside)).await;
    check(1, line(5, "b.txt"), (422, "Path could not be resolved")).await;
    check(1, line(2, "a.txt"), (200, "")).await;
    check(9, json!({ "event": "APPROVE" }), (404, "")).await;
    assert_eq!(bed.get("/pulls/1/reviews").await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_thread_is_answered_resolved_and_outdated() {
    let bed = bed().await;
    let (ann, bob) = (bed.github.person("ann", Role::Write), bed.github.person("bob", Role::Read));
    let root = bob.comments_on_line(IssueNumber(1), "a.txt", 5, "Why a digit?").unwrap();
    bob.reacts_to_review_comment(root, ReactionKind::Eyes).unwrap();
    let path = format!("/pulls/1/comments/{root}/replies");
    let (status, reply) = bed.call("POST", &path, json!({ "body": "Done in abc." })).await;
    assert_eq!((status, &reply["in_reply_to_id"]), (201, &json!(root)));
    let path = format!("/pulls/1/comments/{}/replies", reply["id"]);
    assert_eq!(bed.call("POST", &path, json!({ "body": "x" })).await.0, 404);
    let eyes = format!("/pulls/comments/{root}/reactions");
    assert_eq!(bed.call("POST", &eyes, json!({ "content": "rocket" })).await.0, 201);
    assert_eq!(bed.call("POST", &eyes, json!({ "content": "rocket" })).await.0, 200);
    let (_, comments) = bed.get("/pulls/1/comments").await;
    let first = &comments[0];
    assert_eq!(
        (&first["line"], &first["position"], &first["side"], &first["path"]),
        (&json!(5), &json!(5), &json!("RIGHT"), &json!("a.txt"))
    );
    assert_eq!(
        first["diff_hunk"],
        "@@ -2,7 +2,7 @@ one\n two\n three\n four\n-five\n+5".replace(" one", "")
    );
    assert_eq!(first["reactions"]["total_count"], 2);
    // The line moves down by one, and then it goes.
    let moved = format!("zero\n{}", TEXT.replace("five", "5"));
    ann.pushes("work", &[("a.txt", Some(&moved))], "Moved").unwrap();
    let (_, comments) = bed.get("/pulls/1/comments").await;
    assert_eq!((&comments[0]["line"], &comments[0]["original_line"]), (&json!(6), &json!(5)));
    ann.pushes("work", &[("a.txt", Some(&moved.replace("5", "cinq")))], "Gone").unwrap();
    let (_, comments) = bed.get("/pulls/1/comments").await;
    assert_eq!(comments[0]["line"], Value::Null);
    assert_ne!(comments[0]["commit_id"], bed.get("/pulls/1").await.1["head"]["sha"]);
    assert!(bob.resolves_thread(root, true).is_err());
    ann.resolves_thread(root, true).unwrap();
    let thread = &bed.github.repo().threads(IssueNumber(1))[0];
    assert!(thread.resolved && thread.outdated);
    assert_eq!(thread.comments[1].author, "baton[bot]");
}

#[tokio::test]
async fn a_single_comment_has_a_review_of_its_own() {
    let bed = bed().await;
    let sha = bed.get("/pulls/1").await.1["head"]["sha"].clone();
    let comment = |line: Value| json!({ "body": "x", "commit_id": sha, "path": "a.txt", "line": line, "start_line": 3 });
    let (status, made) = bed.call("POST", "/pulls/1/comments", comment(json!(6))).await;
    assert_eq!((status, &made["start_line"]), (201, &json!(3)));
    let review = &made["pull_request_review_id"];
    let (_, of_review) = bed.get(&format!("/pulls/1/reviews/{review}/comments")).await;
    assert_eq!(of_review[0]["id"], made["id"]);
    let (status, refused) = bed.call("POST", "/pulls/1/comments", comment(json!(10))).await;
    assert_eq!(status, 422);
    assert_eq!(refused["errors"][0]["field"], "pull_request_review_thread.line");
    let narrow = bed.new_token(json!({ "permissions": { "pull_requests": "read" } })).await;
    let path = "/repos/acme/helpdesk/pulls/1/reviews";
    let body = Some(json!({ "event": "COMMENT", "body": "x" }));
    assert_eq!(bed.call_as(&narrow, "POST", path, body).await.0, 403);
    assert_eq!(bed.call_as(&narrow, "GET", path, None).await.0, 200);
}
