//! What becomes of what was written down: case 4 and 7. Whatever a server sends is taken, kept,
//! and ends with a status and a reason that people can read.

use baton::base::Millis;
use serde_json::{Value, json};

use super::{Served, signed};
use crate::store::on_both;

/// Takes the delivery, lets the engine handle it, and compares how it ended.
async fn check(served: &Served, event: &str, body: impl Into<Vec<u8>>, status: &str, why: &str) {
    let id = format!("{event} {}", served.rows().await.len());
    assert_eq!(served.send(signed(&id, event, body)).await.0, 202, "{id}");
    let (ended, reason) = served.end_of(&id).await;
    assert_eq!(ended, status, "{id}: {reason}");
    assert!(reason.contains(why), "{id}: {reason:?} does not say {why:?}");
}

/// An issue as the field's servers send it, with nothing but what Baton reads.
fn issue(action: &str) -> Value {
    json!({
        "action": action,
        "installation": { "id": 7 },
        "repository": { "id": 42, "name": "api", "owner": { "login": "acme" } },
        "sender": { "id": 3, "login": "ann", "type": "User" },
        "issue": {
            "number": 1, "title": "Fix a typo", "body": "In the README.", "state": "open",
            "user": { "id": 3, "login": "ann", "type": "User" },
        },
    })
}

fn without(mut payload: Value, field: &str) -> Vec<u8> {
    payload.as_object_mut().unwrap().remove(field);
    payload.to_string().into_bytes()
}

on_both! {
    /// Case 4: a valid signature over something that is no JSON object.
    async fn what_does_not_parse_is_kept_as_unparsed(db: &Db) {
        let served = Served::on(db).await;
        for body in ["", "{", "nonsense", "{\"action\":}", "{} {}", "[1]", "null", "7", "\"x\""] {
            check(&served, "issues", body, "unparsed", "").await;
        }
        check(&served, "issues", &b"{\"action\":\"\xe9\"}"[..], "unparsed", "").await;
    }

    /// Case 4: a hundred thousand levels are no deeper than a stack.
    async fn a_deep_payload_does_no_harm(db: &Db) {
        let served = Served::on(db).await;
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        check(&served, "issues", deep.clone(), "unparsed", "").await;
        check(&served, "issues", format!("{{\"x\":{deep}}}"), "ignored", "").await;
        check(&served, "issues", format!("{{\"action\":{deep}}}"), "ignored", "").await;
        let deep = format!("{}{}", r#"{"issue":"#.repeat(100_000), "}".repeat(100_000));
        check(&served, "issues", deep, "unparsed", "").await;
    }

    /// Case 4: kinds and actions that Baton does not use, known or not yet invented.
    async fn what_baton_does_not_use_is_ignored_with_its_reason(db: &Db) {
        let served = Served::on(db).await;
        check(&served, "ping", r#"{"zen":"Keep it simple."}"#, "ignored", "ping").await;
        check(&served, "star", r#"{"action":"created"}"#, "ignored", "subscribe").await;
        check(&served, "invented_tomorrow", r#"{"action":"x"}"#, "ignored", "").await;
        check(&served, "sub/issue event", "{}", "ignored", "").await;
        check(&served, "issues", issue("reticulated").to_string(), "ignored", "action").await;
        check(&served, "issues", r#"{"action":7}"#, "ignored", "").await;
    }

    /// Case 4: parts that are missing, null, of another type, or more than expected.
    async fn a_payload_may_lack_what_it_likes(db: &Db) {
        let served = Served::on(db).await;
        check(&served, "issues", without(issue("opened"), "sender"), "ignored", "silence").await;
        check(&served, "issues", without(issue("edited"), "issue"), "unparsed", "issue.number").await;
        check(&served, "issues", r#"{"action":"opened"}"#, "unparsed", "issue.number").await;
        check(&served, "issue_comment", r#"{"action":"created"}"#, "unparsed", "missing").await;
        check(&served, "push", r#"{"ref":7}"#, "unparsed", "missing").await;
        check(&served, "pull_request", r#"{"action":"closed"}"#, "unparsed", "missing").await;
        check(&served, "issues", without(issue("opened"), "repository"), "ignored", "").await;
        let mut odd = issue("edited");
        odd["installation"] = json!("seven");
        odd["sender"] = Value::Null;
        odd["issue"]["user"] = Value::Null;
        odd["issue"]["body"] = Value::Null;
        odd["issue"]["labels"] = json!([null, 1, { "name": 2 }]);
        odd["changes"] = json!([]);
        odd["never heard of"] = json!({ "a": [1, { "b": null }] });
        check(&served, "issues", odd.to_string(), "ignored", "silence").await;
    }

    /// Case 4: GitHub is asked for an installation that a payload does not name. Here it knows of
    /// none, so the delivery ends.
    async fn a_missing_installation_is_asked_for(db: &Db) {
        let served = Served::on(db).await;
        let body = without(issue("opened"), "installation");
        check(&served, "issues", body, "ignored", "not installed").await;
    }

    /// Case 7: what a person wrote once is asked for once, whatever the delivery id.
    async fn the_same_words_under_a_new_id_are_handled_once(db: &Db) {
        let served = Served::on(db).await;
        let mut payload = issue("created");
        payload["comment"] = json!({
            "id": 9, "body": "/baton help", "user": { "id": 3, "login": "ann", "type": "User" },
            "created_at": "2026-11-21T12:00:00Z", "updated_at": "2026-11-21T12:00:00Z",
        });
        let body = payload.to_string();
        check(&served, "issue_comment", body.clone(), "done", "").await;
        served.clock.passes(Millis::minutes(1));
        check(&served, "issue_comment", body, "ignored", "another delivery id").await;
    }
}
