//! Who the App is, and its tokens: narrowed, shared, renewed.

use serde_json::json;

use super::server::{Answer, Server};
use crate::base::{InstallationId, IssueNumber, Millis};
use crate::github::client::GitHubError;

const MINT: &str = "POST /app/installations/5/access_tokens";
const ISSUE: &str = "GET /repos/acme/app/issues/7";

fn issue() -> Answer {
    Answer::new(200, json!({ "number": 7 }))
}

#[tokio::test]
async fn a_token_is_narrowed_and_kept() {
    let server = Server::start().await;
    server.answers(ISSUE, issue());
    let reader = server.app.reader(server.target());
    reader.issue(IssueNumber(7)).await.unwrap();
    server.app.reader(server.target()).issue(IssueNumber(7)).await.unwrap();

    let asked = server.asked();
    let lines: Vec<_> = asked.iter().map(|it| it.line.as_str()).collect();
    assert_eq!(lines, [MINT, ISSUE, ISSUE]);
    let narrowed = json!({
        "repository_ids": [42],
        "permissions": {
            "contents": "read", "issues": "read", "metadata": "read", "pull_requests": "read",
        },
    });
    assert_eq!(asked[0].body, narrowed);
    assert_eq!(asked[1].token.as_deref(), Some("Bearer token-1"));

    server.app.writer(server.target()).remove_label(IssueNumber(7), "x").await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].body["permissions"]["contents"], "write");
    assert_eq!(asked[1].token.as_deref(), Some("Bearer token-2"));
}

#[tokio::test]
async fn calls_at_once_share_one_minting() {
    let server = Server::start().await;
    server.answers(ISSUE, issue());
    let calls = (0..20).map(|_| {
        let reader = server.app.reader(server.target());
        async move { reader.issue(IssueNumber(7)).await.unwrap() }
    });
    futures_util::future::join_all(calls).await;
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|it| it.line == MINT).count(), 1);
    assert_eq!(asked.len(), 21);
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let server = Server::start().await;
    server.answers(ISSUE, issue());
    let reader = server.app.reader(server.target());
    for (minutes, minted) in [(0, true), (54, false), (2, true), (54, false)] {
        server.clock.passes(Millis::minutes(minutes));
        reader.issue(IssueNumber(7)).await.unwrap();
        let asked = server.asked();
        assert_eq!(asked.iter().any(|it| it.line == MINT), minted, "{minutes}");
    }
}

#[tokio::test]
async fn a_refused_token_is_minted_anew_once() {
    let server = Server::start().await;
    let refused = || Answer::new(401, json!({ "message": "Bad credentials" }));
    server.answers(ISSUE, refused()).answers(ISSUE, issue());
    let reader = server.app.reader(server.target());
    reader.issue(IssueNumber(7)).await.unwrap();
    let tokens: Vec<_> = server.asked().into_iter().filter(|it| it.line == ISSUE).collect();
    assert_eq!(tokens[0].token.as_deref(), Some("Bearer token-1"));
    assert_eq!(tokens[1].token.as_deref(), Some("Bearer token-2"));

    let server = Server::start().await;
    server.answers(ISSUE, refused());
    let refused = server.app.reader(server.target()).issue(IssueNumber(7)).await;
    assert_eq!(refused, Err(GitHubError::Unauthorized));
    assert_eq!(server.asked().len(), 4, "two tokens, two calls, no more");
}

#[tokio::test]
async fn a_server_that_does_not_narrow_is_asked_for_what_it_has() {
    let server = Server::start().await;
    server.answers(ISSUE, issue());
    server.answers(MINT, Answer::new(422, json!({ "message": "no permissions here" })));
    server.answers(MINT, Answer::new(404, json!({})));
    server.answers(MINT, Answer::new(201, json!({ "token": "wide" })));
    server.app.reader(server.target()).issue(IssueNumber(7)).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[1].body, json!({ "repository_ids": [42] }));
    assert_eq!(asked[2].body, json!({}));
    assert_eq!(asked[3].token.as_deref(), Some("Bearer wide"));
}

#[tokio::test]
async fn an_enterprise_server_is_not_asked_for_a_wider_token() {
    let server = Server::start().await;
    let refused = Answer::new(422, json!({ "message": "not accessible" }));
    server.answers(MINT, refused.header("x-github-enterprise-version", "3.19.0"));
    let outcome = server.app.writer(server.target()).remove_label(IssueNumber(7), "x").await;
    assert!(matches!(outcome, Err(GitHubError::Forbidden(_))), "{outcome:?}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_installation_that_is_gone_is_an_error() {
    let check = async |status: u16, body: serde_json::Value, expected: GitHubError| {
        let server = Server::start().await;
        server.answers(MINT, Answer::new(status, body));
        let outcome = server.app.reader(server.target()).issue(IssueNumber(7)).await;
        assert_eq!(outcome, Err(expected));
    };
    let gone = |why: &str| {
        let no = "no token: the App is not installed here any more, or lacks a permission";
        GitHubError::Forbidden(format!("{no} ({why})"))
    };
    check(404, json!({ "message": "Not Found" }), gone("Not Found")).await;
    check(422, json!({ "message": "not accessible" }), gone("not accessible")).await;
    let suspended = "This installation has been suspended";
    let forbidden = GitHubError::Forbidden(suspended.to_owned());
    check(403, json!({ "message": suspended }), forbidden).await;
    check(401, json!({}), GitHubError::Unauthorized).await;
    check(201, json!({ "token": "" }), GitHubError::unexpected("no token came")).await;
    check(500, json!({}), GitHubError::Server(500)).await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_by_the_server_s_date() {
    let server = Server::start().await;
    let off = Answer::new(401, json!({ "message": "'Issued at' claim is in the future" }));
    let date = "Sat, 21 Nov 2026 09:00:00 GMT";
    server.answers("GET /app", off.header("date", date));
    server.answers("GET /app", Answer::new(200, json!({ "id": 77, "slug": "baton-acme" })));
    let identity = server.app.identity().await.unwrap();
    assert_eq!(identity.bot_login.as_deref(), Some("baton-acme[bot]"));

    let tokens: Vec<_> = server.asked().into_iter().map(|it| it.token.unwrap()).collect();
    let issued = |token: &str| {
        use base64::Engine;
        let payload = token.split('.').nth(1).unwrap();
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
        serde_json::from_slice::<serde_json::Value>(&payload).unwrap()
    };
    let claims = issued(&tokens[1]);
    let date_s = crate::github::client::error::http_date(date).unwrap().0 / 1_000;
    assert_eq!(claims["iat"], date_s - 60);
    assert_eq!(claims["exp"], date_s + 8 * 60);
    assert_eq!(claims["iss"], "77");

    server.app.identity().await.unwrap();
    assert_eq!(server.asked().len(), 0, "asked once");
}

#[tokio::test]
async fn a_server_without_an_app_page_leaves_the_identity_open() {
    let server = Server::start().await;
    let identity = server.app.identity().await.unwrap();
    assert_eq!((identity.id, identity.slug, identity.bot_login), (None, None, None));
}

#[tokio::test]
async fn the_installation_of_a_repository_is_found() {
    let server = Server::start_below("/api/v3").await;
    let line = "GET /api/v3/repos/acme/app/installation";
    server.answers(line, Answer::new(200, json!({ "id": 5 })));
    let found = server.app.installation_of("acme", "app").await;
    assert_eq!(found, Ok(InstallationId(5)));
    let none = server.app.installation_of("acme", "other").await;
    assert_eq!(none, Err(GitHubError::NotFound));
}

/// A server that does not say which installation covers a repository may have only one.
#[tokio::test]
async fn the_only_installation_is_found_unless_it_is_somebody_else_s() {
    let check = async |listed: serde_json::Value, expected: Option<i64>| {
        let server = Server::start().await;
        server.answers("GET /app/installations?per_page=2", Answer::new(200, listed));
        let found = server.app.only_installation("acme").await;
        assert_eq!(found, Ok(expected.map(InstallationId)));
    };
    check(json!([{ "id": 5, "account": { "login": "Acme" } }]), Some(5)).await;
    check(json!([{ "id": 5 }]), Some(5)).await;
    check(json!([{ "id": 5, "account": { "login": "other" } }]), None).await;
    check(json!([{ "id": 5 }, { "id": 6 }]), None).await;
    check(json!([]), None).await;
    let server = Server::start().await;
    assert_eq!(server.app.only_installation("acme").await, Err(GitHubError::NotFound));
}
