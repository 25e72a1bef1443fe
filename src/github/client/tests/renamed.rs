//! A repository that was renamed, moved, deleted, or replaced by another of the same name.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::base::IssueNumber;
use crate::github::client::GitHubError;

const COMMENT: &str = "POST /repos/acme/app/issues/7/comments";
const BY_ID: &str = "GET /repositories/42";

fn moved(status: u16, to: &str) -> Answer {
    Answer::new(status, json!({ "message": "Moved Permanently" })).header("location", to)
}

fn repository(id: i64, full_name: &str) -> Value {
    let (owner, name) = full_name.split_once('/').unwrap();
    json!({ "id": id, "name": name, "full_name": full_name, "owner": { "login": owner } })
}

#[tokio::test]
async fn a_renamed_repository_is_found_by_its_id() {
    let server = Server::start().await;
    server.answers("GET /repos/acme/app/issues/7", moved(301, "/repositories/42/issues/7"));
    server.answers(BY_ID, Answer::new(200, repository(42, "new/name")));
    server.answers("GET /repos/new/name/issues/7", Answer::new(200, json!({ "number": 7 })));
    let reader = server.app.reader(server.target());
    reader.issue(IssueNumber(7)).await.unwrap();
    assert_eq!(reader.name(), ("new".to_owned(), "name".to_owned()));
    reader.issue(IssueNumber(7)).await.unwrap();
    let expected = [
        "GET /repos/acme/app/issues/7",
        BY_ID,
        "GET /repos/new/name/issues/7",
        "GET /repos/new/name/issues/7",
    ];
    assert_eq!(server.lines(), expected);
}

#[tokio::test]
async fn a_write_is_repeated_under_the_new_name_only() {
    let server = Server::start().await;
    server.answers(COMMENT, moved(307, "/repositories/42/issues/7/comments"));
    server.answers(BY_ID, Answer::new(200, repository(42, "new/name")));
    let posted = Answer::new(201, json!({ "id": 1, "body": "x" }));
    server.answers("POST /repos/new/name/issues/7/comments", posted);
    server.app.writer(server.target()).create_comment(IssueNumber(7), "x").await.unwrap();
    let expected = [COMMENT, BY_ID, "POST /repos/new/name/issues/7/comments"];
    assert_eq!(server.lines(), expected);
}

#[tokio::test]
async fn a_server_without_ids_is_believed_if_the_id_fits() {
    let check = async |id: i64, expected: Result<(), GitHubError>| {
        let server = Server::start().await;
        let to = format!("{}/repos/new/name/issues/7", server.url);
        server.answers("GET /repos/acme/app/issues/7", moved(301, &to));
        server.answers("GET /repos/new/name", Answer::new(200, repository(id, "new/name")));
        server.answers("GET /repos/new/name/issues/7", Answer::new(200, json!({ "number": 7 })));
        let outcome = server.app.reader(server.target()).issue(IssueNumber(7)).await;
        assert_eq!(outcome.map(drop), expected);
    };
    check(42, Ok(())).await;
    check(43, Err(GitHubError::Gone)).await;
}

#[tokio::test]
async fn a_transferred_issue_is_gone() {
    let server = Server::start().await;
    server.answers("GET /repos/acme/app/issues/7", moved(301, "/repositories/43/issues/9"));
    let outcome = server.app.reader(server.target()).issue(IssueNumber(7)).await;
    assert_eq!(outcome, Err(GitHubError::Gone));
    assert_eq!(server.lines(), ["GET /repos/acme/app/issues/7"]);
}

#[tokio::test]
async fn a_new_repository_with_the_old_name_inherits_nothing() {
    let server = Server::start().await;
    server.answers("GET /repos/acme/app", Answer::new(200, repository(43, "acme/app")));
    let outcome = server.app.reader(server.target()).repository().await;
    assert_eq!(outcome, Err(GitHubError::Gone));

    server.answers(BY_ID, Answer::new(200, repository(42, "new/name")));
    let found = server.app.reader(server.target()).repository().await.unwrap();
    assert_eq!((found.owner.as_str(), found.name.as_str()), ("new", "name"));
    server.lines();

    // The narrowed token does not reach the new repository, so the write finds nothing there.
    let posted = Answer::new(201, json!({ "id": 1 }));
    server.answers("POST /repos/new/name/issues/7/comments", posted);
    server.app.writer(server.target()).create_comment(IssueNumber(7), "x").await.unwrap();
    let expected = [COMMENT, BY_ID, "POST /repos/new/name/issues/7/comments"];
    assert_eq!(server.lines(), expected);
}

#[tokio::test]
async fn a_write_into_a_stranger_s_repository_goes_to_ours() {
    let server = Server::start().await;
    let refused = json!({ "message": "Resource not accessible by integration" });
    server.answers(COMMENT, Answer::new(403, refused));
    server.answers(BY_ID, Answer::new(200, repository(42, "new/name")));
    let posted = Answer::new(201, json!({ "id": 1 }));
    server.answers("POST /repos/new/name/issues/7/comments", posted);
    server.app.writer(server.target()).create_comment(IssueNumber(7), "x").await.unwrap();
    let expected = [COMMENT, BY_ID, "POST /repos/new/name/issues/7/comments"];
    assert_eq!(server.lines(), expected);
}

#[tokio::test]
async fn what_is_read_after_the_repository_is_read_in_it() {
    let server = Server::start().await;
    server.answers("GET /repos/acme/app", Answer::new(200, repository(43, "acme/app")));
    server.answers(BY_ID, Answer::new(200, repository(42, "new/name")));
    let head = json!({ "object": { "sha": "c1" } });
    server.answers("GET /repos/new/name/git/ref/heads/main", Answer::new(200, head));
    let reader = server.app.reader(server.target());
    reader.repository().await.unwrap();
    assert_eq!(reader.branch_head("main").await.unwrap().unwrap().as_str(), "c1");
}

#[tokio::test]
async fn a_write_that_finds_nothing_stays_an_error() {
    let server = Server::start().await;
    server.answers(BY_ID, Answer::new(200, repository(42, "acme/app")));
    let outcome = server.app.writer(server.target()).create_comment(IssueNumber(7), "x").await;
    assert_eq!(outcome, Err(GitHubError::NotFound));
    assert_eq!(server.lines(), [COMMENT, BY_ID]);
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let server = Server::start().await;
    server.answers("GET /repos/acme/app/issues/7", moved(301, "/repos/acme/app/issues/7"));
    server.answers("GET /repos/acme/app", Answer::new(200, repository(42, "acme/app")));
    let outcome = server.app.reader(server.target()).issue(IssueNumber(7)).await;
    assert!(matches!(outcome, Err(GitHubError::Unexpected { .. })), "{outcome:?}");
    assert!(server.lines().len() <= 5);

    let away = moved(301, "https://ghe.example.com/api/v3/repos/acme/app/issues/7");
    let server = Server::start().await;
    server.answers("GET /repos/acme/app/issues/7", away);
    let outcome = server.app.reader(server.target()).issue(IssueNumber(7)).await;
    let said = "GitHub's answer makes no sense: it sends Baton to ghe.example.com; if that is its \
                address, configure it";
    assert_eq!(outcome.unwrap_err().to_string(), said);
}
