//! Faults, and what takes effect under them.

use std::time::Duration;

use serde_json::json;

use super::super::{CallMatcher, Fault, FaultRule, Reply, Role};
use super::Bed;
use crate::base::{Millis, Timestamp};

const COMMENTS: &str = "/repos/acme/helpdesk/issues/1/comments";

async fn comment(bed: &Bed) -> Option<u16> {
    let body = Some(json!({ "body": "hi" }));
    bed.send(&bed.token, "POST", COMMENTS, body).await.ok().map(|it| it.status().as_u16())
}

#[tokio::test]
async fn a_fault_meets_its_call_before_or_after_the_effect() {
    let bed = Bed::new().await;
    bed.github.person("ann", Role::Write).opens("A", "a").unwrap();
    let error = Reply::error(502, "Bad Gateway");
    for (fault, status, takes_effect) in [
        (Fault::FailBefore(error.clone()), Some(502), false),
        (Fault::FailAfter(error), Some(502), true),
        (Fault::CutBefore, None, false),
        (Fault::CutAfter, None, true),
        (Fault::Delay(Duration::from_millis(1)), Some(201), true),
        (Fault::secondary_limit(60), Some(403), false),
        (Fault::secondary_limit_without_hint(), Some(403), false),
        (Fault::too_many_requests(60), Some(429), false),
        (Fault::primary_limit(Timestamp(0)), Some(403), false),
        (Fault::expired_token(), Some(401), false),
        (Fault::missing_permission(), Some(403), false),
        (Fault::not_found(), Some(404), false),
        (Fault::empty_repository(), Some(409), false),
        (Fault::gone(), Some(410), false),
        (Fault::validation_failed(), Some(422), false),
        (Fault::unicorn(503), Some(503), false),
        (Fault::unicorn_after(502), Some(502), true),
    ] {
        let before = bed.github.repo().issues()[0].comments.len();
        let name = fault.name();
        bed.github.fault(FaultRule::once(
            CallMatcher::call("POST", "/issues/{issue_number}/comments"),
            fault,
        ));
        assert_eq!(bed.get("/issues/1").await.0, 200, "another call is not met");
        assert_eq!(comment(&bed).await, status, "{name}");
        let after = bed.github.repo().issues()[0].comments.len();
        assert_eq!(after - before, usize::from(takes_effect), "{name}");
        assert_eq!(bed.github.unmet_faults(), []);
        let last = bed.github.calls().pop().unwrap();
        assert_eq!((last.status, last.fault), (status, Some(name)));
        assert_eq!(comment(&bed).await, Some(201), "the next call is well");
    }
}

#[tokio::test]
async fn the_nth_call_can_be_chosen() {
    let bed = Bed::new().await;
    bed.github.person("ann", Role::Write).opens("A", "a").unwrap();
    let nth = bed.github.call_count() + 2;
    bed.github.fault(FaultRule::once(CallMatcher::nth(nth), Fault::CutAfter));
    assert_eq!(comment(&bed).await, Some(201));
    assert_eq!(bed.github.unmet_faults().len(), 1);
    assert_eq!(comment(&bed).await, None);
    assert_eq!(comment(&bed).await, Some(201));
    let writes = bed.github.calls().into_iter().filter(|it| it.is_write).count();
    assert_eq!(writes, 3, "tokens are no writes");
}

#[tokio::test]
async fn limits_tell_how_long_to_wait() {
    let bed = Bed::new().await;
    bed.github.fault(FaultRule::once(CallMatcher::any(), Fault::secondary_limit(60)));
    let response = bed.send(&bed.token, "GET", COMMENTS, None).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "60");
    bed.github.fault(FaultRule::once(CallMatcher::any(), Fault::primary_limit(Timestamp(5_000))));
    let response = bed.send(&bed.token, "GET", COMMENTS, None).await.unwrap();
    assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
    assert_eq!(response.headers()["x-ratelimit-reset"], "5");
    bed.github.fault(FaultRule::once(CallMatcher::any(), Fault::unicorn(502)));
    let response = bed.send(&bed.token, "GET", COMMENTS, None).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_new_comment_may_be_missing_from_lists() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Write);
    let issue = ann.opens("A", "a").unwrap();
    bed.github.list_comments_after(Millis::seconds(5));
    let comment = ann.comments(issue, "hi").unwrap();
    let path = "/issues/1/comments";
    assert_eq!(bed.get(path).await.1, json!([]));
    assert_eq!(bed.get(&format!("/issues/comments/{comment}")).await.0, 200);
    bed.passes(Millis::seconds(5));
    assert_eq!(bed.get(path).await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_unchanged_answer_is_not_sent_again() {
    let bed = Bed::new().await;
    let response = bed.send(&bed.token, "GET", "/repos/acme/helpdesk", None).await.unwrap();
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    let again = reqwest::Client::new()
        .get(format!("{}/repos/acme/helpdesk", bed.github.api_url()))
        .bearer_auth(&bed.token)
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["x-ratelimit-used"], "1");
}
