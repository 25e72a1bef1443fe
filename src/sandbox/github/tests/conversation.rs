//! Issues, comments, labels, reactions over REST.

use serde_json::{Value, json};

use super::super::{ReactionKind, Role};
use super::Bed;
use crate::base::Millis;

#[tokio::test]
async fn a_conversation_over_rest() {
    let bed = Bed::new().await;
    let (status, issue) =
        bed.call("POST", "/issues", json!({ "title": "T", "body": "B", "labels": ["x"] })).await;
    assert_eq!((status, &issue["number"]), (201, &json!(1)));
    assert_eq!(issue["user"]["login"], "baton[bot]");
    assert_eq!(issue["performed_via_github_app"]["slug"], "baton");
    let (status, comment) = bed.call("POST", "/issues/1/comments", json!({ "body": "c" })).await;
    assert_eq!(status, 201);
    let path = format!("/issues/comments/{}", comment["id"]);
    let (status, edited) = bed.call("PATCH", &path, json!({ "body": "d" })).await;
    assert_eq!((status, &edited["body"]), (200, &json!("d")));
    assert_eq!(bed.get("/issues/1").await.1["comments"], 1);
    assert_eq!(bed.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(bed.get(&path).await.0, 404);
    let closing = json!({ "state": "closed", "body": null });
    let (_, closed) = bed.call("PATCH", "/issues/1", closing).await;
    assert_eq!(closed["state_reason"], "completed");
    assert_eq!(closed["body"], Value::Null);
    assert_eq!(closed["title"], "T");
}

#[tokio::test]
async fn what_github_refuses_is_refused() {
    let bed = Bed::new().await;
    bed.github.person("ann", Role::Admin).opens("A", "a").unwrap();
    let check = async |method: &str, path: &str, body: Value, expected: (u16, &str)| {
        let (status, answer) = bed.call(method, path, body).await;
        let error = &answer["errors"][0];
        let said = error["message"].as_str().or(error["code"].as_str());
        let said = said.or(answer["message"].as_str()).unwrap_or_default();
        assert_eq!((status, said), expected, "{method} {path}");
    };
    let long = "x".repeat(65_537);
    let too_long = "body is too long (maximum is 65536 characters)";
    check("POST", "/issues", json!({}), (422, "missing_field")).await;
    check("POST", "/issues", json!({ "title": " " }), (422, "missing_field")).await;
    check(
        "POST",
        "/issues",
        json!({ "title": 1 }),
        (422, "Invalid request.\n\ninvalid type: integer `1`, expected a string"),
    )
    .await;
    check("POST", "/issues/1/comments", json!({ "body": long }), (422, too_long)).await;
    check("POST", "/issues/1/comments", json!({ "body": "" }), (422, "Body cannot be blank")).await;
    check("POST", "/issues/9/comments", json!({ "body": "x" }), (404, "Not Found")).await;
    check("PATCH", "/issues/1", json!({ "state": "done" }), (422, "invalid")).await;
    check("POST", "/labels", json!({ "name": "a", "color": "red" }), (422, "invalid")).await;
    check("POST", "/labels", json!({ "name": "a" }), (201, "")).await;
    check("POST", "/labels", json!({ "name": "A" }), (422, "already_exists")).await;
    check("DELETE", "/issues/1/labels/a", Value::Null, (404, "Label does not exist")).await;
    check("POST", "/issues/1/reactions", json!({ "content": "wow" }), (422, "invalid")).await;
    let exact = json!({ "body": "é".repeat(65_536) });
    assert_eq!(bed.call("POST", "/issues/1/comments", exact).await.0, 201);
}

#[tokio::test]
async fn a_deleted_issue_is_gone() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Admin);
    let issue = ann.opens("A", "a").unwrap();
    ann.deletes_issue(issue).unwrap();
    assert_eq!(bed.get("/issues/1").await.0, 410);
    assert_eq!(bed.get("/issues/2").await.0, 404);
    assert_eq!(ann.opens("B", "b").unwrap().0, 2, "numbers are not given twice");
}

#[tokio::test]
async fn labels_come_into_being_by_use() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    ann.opens("A", "a").unwrap();
    let names = json!({ "labels": ["complexity: complex", "bug"] });
    let (status, labels) = bed.call("POST", "/issues/1/labels", names).await;
    assert_eq!((status, &labels[0]["color"]), (200, &json!("ededed")));
    bed.call("POST", "/issues/1/labels", json!(["BUG"])).await;
    let (_, left) = bed.call("DELETE", "/issues/1/labels/bug", Value::Null).await;
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(bed.github.repo().labels(), ["complexity: complex", "bug"]);
    let path = "/labels/complexity%3A%20complex";
    assert_eq!(bed.get(path).await.1["name"], "complexity: complex");
    bed.call("PUT", "/issues/1/labels", json!({ "labels": ["done"] })).await;
    assert_eq!(bed.github.repo().issues()[0].labels, ["done"]);
}

#[tokio::test]
async fn a_reaction_is_kept_once() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    let issue = ann.opens("A", "a").unwrap();
    let comment = ann.comments(issue, "hi").unwrap();
    let path = format!("/issues/comments/{comment}/reactions");
    let eyes = json!({ "content": "eyes" });
    assert_eq!(bed.call("POST", &path, eyes.clone()).await.0, 201);
    let (status, reaction) = bed.call("POST", &path, eyes).await;
    assert_eq!(status, 200);
    ann.reacts(comment, ReactionKind::Eyes).unwrap();
    assert_eq!(bed.get(&path).await.1.as_array().map(Vec::len), Some(2));
    let undo = format!("{path}/{}", reaction["id"]);
    assert_eq!(bed.call("DELETE", &undo, Value::Null).await.0, 204);
    assert_eq!(bed.github.repo().issue(issue).unwrap().comments[0].reactions[0].by, "ann");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    let issue = ann.opens("A", "a").unwrap();
    for n in 0..5 {
        bed.passes(Millis::seconds(1));
        ann.comments(issue, &n.to_string()).unwrap();
    }
    let path = "/repos/acme/helpdesk/issues/1/comments?per_page=2&page=2";
    let response = bed.send(&bed.token, "GET", path, None).await.unwrap();
    let link = response.headers()["link"].to_str().unwrap().replace(&bed.github.api_url(), "");
    let rest = "/repos/acme/helpdesk/issues/1/comments?per_page=2";
    assert_eq!(
        link,
        format!(
            "<{rest}&page=1>; rel=\"prev\", <{rest}&page=3>; rel=\"next\", \
             <{rest}&page=3>; rel=\"last\", <{rest}&page=1>; rel=\"first\""
        )
    );
    let page: Value = response.json().await.unwrap();
    assert_eq!((&page[0]["body"], &page[1]["body"]), (&json!("2"), &json!("3")));
}

#[tokio::test]
async fn limits_are_told_and_held() {
    let bed = Bed::new().await;
    let response = bed.send(&bed.token, "GET", "/repos/acme/helpdesk", None).await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-ratelimit-limit"), "5000");
    assert_eq!(header("x-ratelimit-remaining"), "4999");
    assert_eq!(header("x-ratelimit-used"), "1");
    assert_eq!(header("x-ratelimit-resource"), "core");
    assert!(!header("x-github-request-id").is_empty());
    let (_, rate) = bed.call_as(&bed.token, "GET", "/rate_limit", None).await;
    assert_eq!(rate["rate"]["remaining"], 4999, "asking is free");
    bed.passes(Millis::minutes(59));
    let fresh = bed.new_token(json!({})).await;
    bed.passes(Millis::minutes(1));
    bed.call_as(&fresh, "GET", "/repos/acme/helpdesk", None).await;
    let (_, rate) = bed.call_as(&fresh, "GET", "/rate_limit", None).await;
    assert_eq!(rate["rate"]["used"], 1, "a new hour began");
}
