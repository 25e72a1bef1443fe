//! What goes over the wire, where it goes, and what a failure of it says.

use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::server::{Answer, Server, StandingClock, app_at, target};
use crate::base::{IssueNumber, Sha};
use crate::github::client::transport::Transport;
use crate::github::client::{App, Downloaded, GitHubError};

const SEVEN: IssueNumber = IssueNumber(7);

/// Follows a redirect of an archive to `to`, where `HOME` and `AWAY` stand for the API's host and
/// another one. The API is below `/api/v3`.
async fn check(to: &str, arrives: &str, token: Option<&str>) {
    let (api, away) = (Server::start_below("/api/v3").await, Server::start().await);
    let to = to.replace("HOME", &api.url).replace("AWAY", &away.url);
    let line = "GET /api/v3/repos/acme/app/tarball/abc";
    api.answers(line, Answer::new(302, json!({})).header("location", &to));
    for server in [&api, &away] {
        server.answers(arrives, Answer::new(200, json!({})).text("archive"));
    }
    let folder = tempfile::tempdir().unwrap();
    let reader = api.app.reader(api.target());
    let outcome = reader.tarball(&Sha::from("abc"), &folder.path().join("a"), 9).await;
    assert_eq!(outcome, Ok(Downloaded::Saved { bytes: 7 }), "{to}");
    let asked = [api.asked(), away.asked()].concat();
    let last = asked.iter().find(|it| it.line == arrives).unwrap();
    assert_eq!(last.token.as_deref(), token, "{to}");
}

#[tokio::test]
async fn the_api_s_path_and_the_token_go_to_the_api_only() {
    let token = Some("Bearer token-1");
    let moved = "GET /api/v3/repositories/42/tarball/abc";
    check("HOME/api/v3/repositories/42/tarball/abc", moved, token).await;
    check("/api/v3/repositories/42/tarball/abc#top", moved, token).await;
    check("HOME/_codeload/x?token=t", "GET /_codeload/x?token=t", None).await;
    check("AWAY/x.tar.gz?a=b%2Fc", "GET /x.tar.gz?a=b%2Fc", None).await;
    check("AWAY/api/v3/x", "GET /api/v3/x", None).await;
    check("AWAY", "GET /", None).await;
}

#[tokio::test]
async fn every_kind_of_call_goes_below_the_api_s_path() {
    let server = Server::start_below("/api/v3").await;
    let comment = "POST /api/v3/repos/acme/app/issues/7/comments";
    server.answers(comment, Answer::new(201, json!({ "id": 1 })));
    let writer = server.app.writer(server.target());
    writer.create_comment(SEVEN, "hi").await.unwrap();
    writer.remove_label(SEVEN, "x y").await.unwrap();
    let lines: Vec<_> = server.asked().into_iter().map(|it| it.line).collect();
    let mint = "POST /api/v3/app/installations/5/access_tokens";
    let label = "DELETE /api/v3/repos/acme/app/issues/7/labels/x%20y";
    assert_eq!(lines, [mint, comment, label, "GET /api/v3/repositories/42"]);
}

/// A server for one request, which it keeps; after `answer` it cuts the connection.
async fn one_request(answer: &'static str) -> (App, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"]}") {
            stream.read_buf(&mut request).await.unwrap();
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (app_at(&url, Arc::default()), served)
}

#[tokio::test]
async fn a_request_is_as_github_asks_for_it() {
    let (app, served) = one_request("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n").await;
    let outcome = app.writer(target()).create_comment(SEVEN, "hi").await;
    assert_eq!(outcome, Err(GitHubError::Server(500)));
    let request = served.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let secret = |it: &str| it.starts_with("host: ") || it.starts_with("authorization: Bearer ey");
    let (secret, mut plain): (Vec<_>, Vec<_>) = head.lines().partition(|it| secret(it));
    plain.sort_unstable();
    let length = format!("content-length: {}", body.len());
    let expected = [
        "POST /app/installations/5/access_tokens HTTP/1.1",
        "accept: application/vnd.github+json",
        length.as_str(),
        "content-type: application/json",
        "user-agent: baton-test",
        "x-github-api-version: 2022-11-28",
    ];
    assert_eq!((secret.len(), plain.as_slice()), (2, expected.as_slice()));
}

#[tokio::test]
async fn only_a_failure_to_connect_surely_did_nothing() {
    let check = async |app: App, maybe_done: bool| {
        let outcome = app.writer(target()).create_comment(SEVEN, "hi").await;
        assert_eq!(outcome, Err(GitHubError::Network { maybe_done }));
    };
    for cut in ["", "HTTP/1.1 201 Cre", "HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{"] {
        let (app, _served) = one_request(cut).await;
        check(app, true).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    check(app_at(&url, Arc::default()), false).await;
}

#[tokio::test]
async fn a_name_of_dots_reaches_nothing_else() {
    let server = Server::start_below("/api/v3").await;
    let writer = server.app.writer(server.target());
    for label in [".", "..", "%2e"] {
        let outcome = writer.remove_label(SEVEN, label).await;
        let is_refused = matches!(outcome, Err(GitHubError::Unprocessable { .. }));
        assert_eq!(is_refused, label != "%2e", "{label}");
    }
    let reader = server.app.reader(server.target());
    for branch in ["..", "a/../../../issues", "a/./b"] {
        let outcome = reader.branch_head(branch).await;
        assert!(matches!(outcome, Err(GitHubError::Unprocessable { .. })), "{branch}");
    }
    let asked = "DELETE /api/v3/repos/acme/app/issues/7/labels/%252e";
    assert_eq!(server.lines(), [asked, "GET /api/v3/repositories/42"]);
}

#[test]
fn only_an_address_of_an_api_is_accepted() {
    for url in [
        "",
        "api.github.com",
        "ftp://api.github.com",
        "https://user@api.github.com",
        "https://api.github.com?x",
        "https://api.github.com#x",
        "https://",
    ] {
        assert!(
            Transport::new(url, "baton-test", Arc::<StandingClock>::default()).is_err(),
            "{url}"
        );
    }
}
