//! Reviews, threads, GraphQL, and what Baton does with its own pull requests.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::base::{IssueNumber, ReviewCommentId, ReviewId, Sha};
use crate::domain::incoming::ReviewState;
use crate::github::BatonRef;
use crate::github::client::{
    GitHubError, Marks, OwnPullRequest, Reacted, Reaction, Told, Untold, WritePort,
};

const EIGHT: IssueNumber = IssueNumber(8);
const PULL: &str = "GET /repos/acme/app/pulls/8";
const GRAPHQL: &str = "POST /graphql";

fn ok(body: Value) -> Answer {
    Answer::new(200, body)
}

fn unprocessable(message: &str) -> Answer {
    Answer::new(422, json!({ "message": message }))
}

fn pull(draft: bool) -> Value {
    json!({
        "number": 8, "node_id": "PR_8", "draft": draft, "state": "open", "mergeable": null,
        "merge_commit_sha": "trial", "user": { "id": 3, "login": "baton[bot]" },
        "head": { "ref": "baton/7-redis", "sha": "c1", "repo": { "id": 42 } },
        "base": { "ref": "main", "sha": "c0" },
    })
}

async fn own(writer: &WritePort) -> OwnPullRequest {
    let branch = BatonRef::parse("baton/7-redis").unwrap();
    writer.own_pull_request(EIGHT, &branch).await.unwrap().unwrap()
}

#[tokio::test]
async fn reviews_are_read() {
    let server = Server::start().await;
    let reviews = json!([
        { "id": 70, "state": "APPROVED", "commit_id": "c1", "user": { "id": 11, "login": "ann" } },
        { "id": 71, "state": "PENDING" }, { "state": "APPROVED" }]);
    server.answers("GET /repos/acme/app/pulls/8/reviews?per_page=100&page=1", ok(reviews));
    let reader = server.app.reader(server.target());
    let listed = reader.reviews(EIGHT).await.unwrap().known().unwrap();
    let [approved, pending] = &listed.items[..] else { panic!("{listed:?}") };
    assert_eq!((approved.id, approved.state), (ReviewId(70), ReviewState::Approved));
    assert_eq!(approved.commit, Some(Sha::from("c1")));
    assert_eq!(pending.state, ReviewState::Pending);
    let outcome = reader.reviews(IssueNumber(9)).await;
    assert_eq!(outcome, Ok(Told::Unknown(Untold::NotOffered)));
}

fn threads(nodes: Value, next: Option<&str>) -> Answer {
    let page = json!({ "hasNextPage": next.is_some(), "endCursor": next });
    let threads = json!({ "pageInfo": page, "nodes": nodes });
    let pull = json!({ "pullRequest": { "reviewThreads": threads } });
    ok(json!({ "data": { "repository": pull } }))
}

fn mark(comment: i64, resolved: bool) -> Value {
    // A big number comes as a text.
    let comments = json!({ "nodes": [{ "id": comment.to_string() }] });
    json!({ "isResolved": resolved, "isOutdated": true, "comments": comments })
}

#[tokio::test]
async fn threads_are_put_together_and_marked() {
    let comment = |id: i64, reply_to: Value| json!({ "id": id, "body": "x", "path": "a.rs", "in_reply_to_id": reply_to });
    let comments = json!([
        comment(1, json!(null)),
        comment(9_007_199_254, json!(null)),
        comment(3, json!(1)),
        // Its thread's first comment was deleted.
        comment(4, json!(2)),
    ]);
    let line = "GET /repos/acme/app/pulls/8/comments?per_page=100&page=1";
    let check = async |answers: Vec<Answer>, expected: &[(i64, usize, Option<bool>)]| {
        let server = Server::start().await;
        server.answers(line, ok(comments.clone()));
        for answer in answers {
            server.answers(GRAPHQL, answer);
        }
        let threads = server.app.reader(server.target()).review_threads(EIGHT, Marks::Needed).await;
        let threads = threads.unwrap().known().unwrap();
        let read: Vec<_> =
            threads.items.iter().map(|it| (it.id.0, it.comments.len(), it.resolved)).collect();
        assert_eq!(read, expected);
        server.asked()
    };
    let unmarked = [(1, 2, None), (9_007_199_254, 1, None), (2, 1, None)];
    let marked = [(1, 2, Some(true)), (9_007_199_254, 1, Some(false)), (2, 1, None)];
    let pages = vec![
        threads(json!([mark(1, true)]), Some("p2")),
        threads(json!([mark(9_007_199_254, false)]), None),
    ];
    let asked = check(pages, &marked).await;
    let after: Vec<_> = asked
        .iter()
        .filter(|it| it.line == GRAPHQL)
        .map(|it| it.body["variables"]["after"].clone())
        .collect();
    assert_eq!(after, [json!(null), json!("p2")]);
    check(vec![], &unmarked).await;
    let older = json!({ "errors": [{ "message": "Field 'x' doesn't exist on type 'y'" }] });
    check(vec![ok(older)], &unmarked).await;
    let hidden = json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": "no" }] });
    check(vec![ok(hidden)], &unmarked).await;
}

#[tokio::test]
async fn only_a_pull_request_of_the_branch_is_baton_s_own() {
    let check = async |change: fn(&mut Value), expected: bool| {
        let server = Server::start().await;
        let mut pull = pull(true);
        change(&mut pull);
        server.answers(PULL, ok(pull));
        let branch = BatonRef::parse("baton/7-redis").unwrap();
        let found = server.app.writer(server.target()).own_pull_request(EIGHT, &branch).await;
        assert_eq!(found.unwrap().is_some(), expected);
    };
    check(|_| {}, true).await;
    check(|it| it["head"]["repo"] = json!({ "id": 43 }), false).await;
    check(|it| it["head"]["repo"] = json!(null), false).await;
    check(|it| it["head"]["ref"] = json!("baton/7-other"), false).await;
    check(|it| it["head"] = json!(null), false).await;
}

#[tokio::test]
async fn what_is_known_of_a_pull_request_is_read() {
    let server = Server::start().await;
    let mut merged = pull(false);
    merged["merged_at"] = json!("2026-11-21T12:00:00Z");
    merged["mergeable"] = json!(false);
    server.answers(PULL, ok(pull(true))).answers(PULL, ok(merged));
    let reader = server.app.reader(server.target());
    let open = reader.pull_request(EIGHT).await.unwrap();
    assert_eq!((open.merge_commit, open.mergeable, open.same_repository), (None, None, true));
    assert_eq!((open.node_id.as_deref(), open.base_sha), (Some("PR_8"), Some(Sha::from("c0"))));
    assert!(open.author.unwrap().bot);
    let merged = reader.pull_request(EIGHT).await.unwrap();
    assert_eq!((merged.merge_commit, merged.mergeable), (Some(Sha::from("trial")), Some(false)));
}

#[tokio::test]
async fn a_draft_is_made_ready_where_there_is_graphql() {
    let check =
        async |answer: Option<Answer>, now: bool, expected: Result<Told<()>, GitHubError>| {
            let server = Server::start_below("/api/v3").await;
            let line = "GET /api/v3/repos/acme/app/pulls/8";
            server.answers(line, ok(pull(true))).answers(line, ok(pull(now)));
            if let Some(answer) = answer {
                // Beside the REST API, not below it.
                server.answers("POST /api/graphql", answer);
            }
            let writer = server.app.writer(server.target());
            let own = own(&writer).await;
            assert_eq!(writer.mark_ready(&own).await, expected);
            let asked = server.asked();
            let question = asked.iter().find(|it| it.line == "POST /api/graphql").unwrap();
            assert_eq!(question.body["variables"], json!({ "id": "PR_8" }));
            assert_eq!(question.token.as_deref(), Some("Bearer token-1"));
        };
    let fault = |kind: &str, message: &str| {
        Some(ok(json!({ "data": null, "errors": [{ "type": kind, "message": message }] })))
    };
    let done = json!({ "data": { "markPullRequestReadyForReview": { "pullRequest": {} } } });
    check(Some(ok(done)), false, Ok(Told::Known(()))).await;
    check(None, true, Ok(Told::Unknown(Untold::NotOffered))).await;
    let not_allowed = Ok(Told::Unknown(Untold::NotAllowed));
    check(fault("FORBIDDEN", "Resource not accessible"), true, not_allowed).await;
    check(fault("UNPROCESSABLE", "is ready"), false, Ok(Told::Known(()))).await;
    let closed = GitHubError::Unprocessable { message: "is closed".to_owned() };
    check(fault("UNPROCESSABLE", "is closed"), true, Err(closed)).await;
    let inside = json!({ "errors": [{ "message": "Something went wrong while executing" }] });
    check(Some(ok(inside)), true, Err(GitHubError::Server(500))).await;
    check(Some(Answer::new(500, json!({}))), true, Err(GitHubError::Server(500))).await;
    let absent = || Ok(Told::Unknown(Untold::NotOffered));
    check(Some(ok(json!({ "data": null }))), true, absent()).await;
    check(Some(ok(json!({})).text("<html>")), true, absent()).await;
    for status in [400, 405, 408, 422] {
        check(Some(Answer::new(status, json!({ "message": "no" }))), true, absent()).await;
    }
}

/// A server whose GraphQL has trouble is waited for first, and then done without.
#[tokio::test]
async fn threads_are_read_without_marks_where_nobody_tells_them() {
    let check = async |answer: Answer, marks: Marks, expected: Result<usize, GitHubError>| {
        let server = Server::start().await;
        let comments = json!([{ "id": 71, "body": "Why?", "path": "a.rs" }]);
        let line = "GET /repos/acme/app/pulls/8/comments?per_page=100&page=1";
        server.answers(line, ok(comments)).answers(GRAPHQL, answer);
        let read = server.app.reader(server.target()).review_threads(EIGHT, marks).await;
        let found = read.map(|it| it.known().unwrap().items);
        let unmarked = found.map(|it| it.iter().filter(|it| it.resolved.is_none()).count());
        assert_eq!(unmarked, expected);
    };
    let fails = || Answer::new(500, json!({}));
    check(fails(), Marks::Needed, Err(GitHubError::Server(500))).await;
    check(fails(), Marks::IfTold, Ok(1)).await;
    for answer in [unprocessable("no"), Answer::new(400, json!({})), ok(json!({})).text("<html>")] {
        check(answer, Marks::Needed, Ok(1)).await;
    }
}

#[tokio::test]
async fn graphql_s_limit_is_a_limit() {
    let server = Server::start().await;
    server.answers(PULL, ok(pull(true)));
    let fault = json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit" }] });
    let reset = (crate::base::Clock::now(&*server.clock).0 / 1_000 + 90).to_string();
    server.answers(GRAPHQL, ok(fault).header("x-ratelimit-reset", &reset));
    let writer = server.app.writer(server.target());
    let own = own(&writer).await;
    let until = crate::base::Clock::now(&*server.clock) + crate::base::Millis::seconds(90);
    assert_eq!(writer.mark_ready(&own).await, Err(GitHubError::RateLimited { until }));
}

#[tokio::test]
async fn a_pull_request_that_is_no_draft_is_ready() {
    let server = Server::start().await;
    server.answers(PULL, ok(pull(false)));
    let writer = server.app.writer(server.target());
    let own = own(&writer).await;
    assert_eq!(writer.mark_ready(&own).await, Ok(Told::Known(())));
    assert_eq!(server.lines(), [PULL]);
}

#[tokio::test]
async fn a_review_is_dismissed_once() {
    let dismiss = "PUT /repos/acme/app/pulls/8/reviews/70/dismissals";
    let check = async |answer: Answer, state: &str, expected: Result<(), GitHubError>| {
        let server = Server::start().await;
        server.answers(PULL, ok(pull(true))).answers(dismiss, answer);
        let review = json!({ "id": 70, "state": state });
        server.answers("GET /repos/acme/app/pulls/8/reviews/70", ok(review));
        let writer = server.app.writer(server.target());
        let own = own(&writer).await;
        server.asked();
        assert_eq!(writer.dismiss_review(&own, ReviewId(70), "Code follows.").await, expected);
        let body = json!({ "message": "Code follows.", "event": "DISMISS" });
        assert_eq!(server.asked()[0].body, body);
    };
    check(ok(json!({})), "DISMISSED", Ok(())).await;
    check(unprocessable("it is dismissed"), "DISMISSED", Ok(())).await;
    let refused = GitHubError::Unprocessable { message: "no".to_owned() };
    check(unprocessable("no"), "APPROVED", Err(refused)).await;
    let forbidden = Answer::new(403, json!({ "message": "no" }));
    check(forbidden, "APPROVED", Err(GitHubError::Forbidden("no".to_owned()))).await;
}

#[tokio::test]
async fn own_pull_requests_are_closed_and_shown_to_people() {
    let server = Server::start().await;
    server.answers(PULL, ok(pull(true)));
    server.answers("PATCH /repos/acme/app/pulls/8", ok(json!({})));
    let writer = server.app.writer(server.target());
    let own = own(&writer).await;
    assert_eq!(own.as_it_was().head_sha, Some(Sha::from("c1")));
    server.asked();
    writer.close_pull_request(&own).await.unwrap();
    assert_eq!(server.asked()[0].body, json!({ "state": "closed" }));
}

#[tokio::test]
async fn threads_are_answered() {
    let server = Server::start().await;
    let reply = json!({ "id": 72, "body": "Done in c1.", "in_reply_to_id": 71, "path": "a.rs" });
    let line = "POST /repos/acme/app/pulls/8/comments/71/replies";
    server.answers(line, Answer::new(201, reply.clone()));
    server.answers("GET /repos/acme/app/pulls/comments/72", ok(reply));
    let line = "POST /repos/acme/app/pulls/comments/71/reactions";
    server.answers(line, Answer::new(201, json!({})));
    let writer = server.app.writer(server.target());
    let thread = ReviewCommentId(71);
    let reply = writer.reply_in_thread(EIGHT, thread, "Done in c1.").await.unwrap();
    assert_eq!((reply.id, reply.thread()), (ReviewCommentId(72), thread));
    assert_eq!(server.asked()[1].body, json!({ "body": "Done in c1." }));
    assert_eq!(server.app.reader(server.target()).review_comment(reply.id).await, Ok(reply));
    let reacted = writer.react_to_review_comment(thread, Reaction::Eyes).await;
    assert_eq!(reacted, Ok(Reacted::Done));
    let gone = writer.react_to_review_comment(ReviewCommentId(1), Reaction::Eyes).await;
    assert_eq!(gone, Ok(Reacted::Unsupported));
}
