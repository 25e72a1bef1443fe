//! The operations: what is sent, and what the answers mean.

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use super::server::{Answer, Server};
use crate::base::{CommentId, IssueNumber, Millis, Sha, Timestamp, UserId};
use crate::domain::permission::Right;
use crate::github::BatonRef;
use crate::github::client::{
    BranchCreated, Downloaded, GitHubError, NewFile, NewLabel, NewPullRequest, Permission,
    PullRequestOpened, Reacted, Reaction,
};

const SEVEN: IssueNumber = IssueNumber(7);

fn branch() -> BatonRef {
    BatonRef::parse("baton/7-redis").unwrap()
}

fn unprocessable(message: &str) -> Answer {
    Answer::new(422, json!({ "message": message }))
}

#[tokio::test]
async fn a_permission_is_a_right_or_an_error() {
    let check = async |answer: Answer, expected: Result<(Right, bool), GitHubError>| {
        let server = Server::start().await;
        let line = "GET /repos/acme/app/collaborators/ann/permission";
        server.answers(line, answer);
        let reader = server.app.reader(server.target());
        let outcome = reader.permission("ann", UserId(11)).await;
        let expected = expected.map(|(right, same_person)| Permission { right, same_person });
        assert_eq!(outcome, expected);
    };
    let told = |body: Value| Answer::new(200, body);
    let write = json!({ "permission": "write", "user": { "id": 11, "login": "ann" } });
    check(told(write), Ok((Right::Write, true))).await;
    let other = json!({ "permission": "admin", "user": { "id": 12, "login": "ann" } });
    check(told(other), Ok((Right::None, false))).await;
    check(Answer::new(404, json!({})), Ok((Right::None, true))).await;
    check(Answer::new(500, json!({})), Err(GitHubError::Server(500))).await;
    let forbidden = GitHubError::Forbidden("no".to_owned());
    check(Answer::new(403, json!({ "message": "no" })), Err(forbidden)).await;
    let slow = Answer::new(429, json!({})).header("retry-after", "60");
    let pause = GitHubError::SecondaryLimit { retry_after: Some(Millis::seconds(60)) };
    check(slow, Err(pause)).await;
}

#[tokio::test]
async fn an_id_is_told_with_the_right_or_by_the_account_itself() {
    let check = async |right: Answer, page: Answer, expected: Result<Option<i64>, GitHubError>| {
        let server = Server::start().await;
        server.answers("GET /repos/acme/app/collaborators/ann/permission", right);
        server.answers("GET /users/ann", page);
        let id = server.app.reader(server.target()).account_id("ann").await;
        assert_eq!(id, expected.map(|it| it.map(UserId)));
    };
    let told = |body: Value| Answer::new(200, body);
    let nothing = || told(json!({}));
    let absent = || Answer::new(404, json!({}));
    check(told(json!({ "user": { "id": 11, "login": "Ann" } })), absent(), Ok(Some(11))).await;
    check(told(json!({ "user": { "id": 12, "login": "bob" } })), absent(), Ok(None)).await;
    check(absent(), told(json!({ "id": 11, "login": "ann" })), Ok(Some(11))).await;
    check(nothing(), told(json!({ "id": 12, "login": "bob" })), Ok(None)).await;
    check(nothing(), told(json!({ "login": "ann" })), Ok(None)).await;
    check(Answer::new(502, json!({})), nothing(), Err(GitHubError::Server(502))).await;
    check(absent(), Answer::new(502, json!({})), Err(GitHubError::Server(502))).await;
}

#[tokio::test]
async fn html_with_status_200_is_no_answer() {
    let server = Server::start().await;
    let page = Answer::new(200, json!({})).text("<html>Unicorn!</html>");
    server.answers("GET /repos/acme/app/issues/7", page.header("content-type", "text/html"));
    server.answers("GET /repos/acme/app/issues/8", Answer::new(200, json!([1])));
    server.answers("GET /repos/acme/app/issues/9", Answer::new(200, json!({ "title": "x" })));
    let reader = server.app.reader(server.target());
    let error = reader.issue(SEVEN).await.unwrap_err();
    let what = "/repos/{owner}/{repo}/issues/{number} answered 200 with bad JSON at . (text/html)";
    assert_eq!(error, GitHubError::unexpected(what));
    for number in [8, 9] {
        let outcome = reader.issue(IssueNumber(number)).await;
        assert!(matches!(outcome, Err(GitHubError::Unexpected { .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_cut_connection_leaves_the_outcome_open_and_a_refused_one_does_not() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::start().await;
    let cut_at = |url: &str| {
        let to = format!("{url}/x");
        Answer::new(302, json!({})).header("location", &to)
    };
    server.answers("GET /repos/acme/app/tarball/abc", cut_at(&format!("http://{address}")));
    let cutter = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 10]).await.unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let reader = server.app.reader(server.target());
    let path = folder.path().join("a");
    let outcome = reader.tarball(&Sha::from("abc"), &path, 10).await;
    assert_eq!(outcome, Err(GitHubError::Network { maybe_done: true }));
    cutter.await.unwrap();
    // Now nobody listens there.
    let outcome = reader.tarball(&Sha::from("abc"), &path, 10).await;
    assert_eq!(outcome, Err(GitHubError::Network { maybe_done: false }));
}

#[tokio::test]
async fn comments_are_read_page_by_page() {
    let page = |ids: std::ops::Range<i64>| {
        Answer::new(200, ids.map(|id| json!({ "id": id, "body": "x" })).collect())
    };
    let line = |more: &str| format!("GET /repos/acme/app/issues/7/comments?per_page=100{more}");
    let server = Server::start().await;
    server.answers(&line("&page=1"), page(0..100));
    server.answers(&line("&page=2"), page(100..130));
    let reader = server.app.reader(server.target());
    let all = reader.comments(SEVEN, None).await.unwrap();
    assert_eq!((all.items.len(), all.complete), (130, true));

    let since = Timestamp::parse_iso("2026-11-21T12:00:00Z");
    let recent = line("&page=1&since=2026-11-21T12%3A00%3A00Z");
    let next = "<http://x/?page=2>; rel=\"next\"";
    server.answers(&recent, page(0..3).header("link", next));
    let second = line("&page=2&since=2026-11-21T12%3A00%3A00Z");
    server.answers(&second, page(3..4).header("link", "<http://x/?page=1>; rel=\"prev\""));
    let found = reader.comments(SEVEN, since).await.unwrap();
    assert_eq!((found.items.len(), found.complete), (4, true));

    // A server without pages repeats itself.
    let server = Server::start().await;
    server.answers(&line("&page=1"), page(0..150)).answers(&line("&page=2"), page(0..150));
    let all = server.app.reader(server.target()).comments(SEVEN, None).await.unwrap();
    assert_eq!((all.items.len(), all.complete), (150, true));
}

#[tokio::test]
async fn comments_are_written() {
    let server = Server::start().await;
    let comment = json!({ "id": 99, "body": "hi", "user": { "id": 3, "login": "b[bot]" } });
    server.answers("POST /repos/acme/app/issues/7/comments", Answer::new(201, comment.clone()));
    server.answers("PATCH /repos/acme/app/issues/comments/99", Answer::new(200, comment.clone()));
    server.answers("GET /repos/acme/app/issues/comments/99", Answer::new(200, comment));
    let writer = server.app.writer(server.target());
    let posted = writer.create_comment(SEVEN, "hi").await.unwrap();
    assert!(posted.author.clone().unwrap().bot);
    assert_eq!(writer.update_comment(CommentId(99), "hi").await.unwrap(), posted);
    let read = server.app.reader(server.target()).comment(CommentId(99)).await.unwrap();
    assert_eq!(read, posted);
    let asked = server.asked();
    assert_eq!(asked[1].body, json!({ "body": "hi" }));
}

#[tokio::test]
async fn reactions_are_done_or_not_there() {
    let check = async |status: u16, expected: Result<Reacted, GitHubError>| {
        let server = Server::start().await;
        let line = "POST /repos/acme/app/issues/comments/99/reactions";
        server.answers(line, Answer::new(status, json!({})));
        let writer = server.app.writer(server.target());
        let outcome = writer.react_to_comment(CommentId(99), Reaction::Eyes).await;
        assert_eq!(outcome, expected);
        assert_eq!(server.asked()[1].body, json!({ "content": "eyes" }));
    };
    check(200, Ok(Reacted::Done)).await;
    check(201, Ok(Reacted::Done)).await;
    check(404, Ok(Reacted::Unsupported)).await;
    for status in [400, 403, 405, 409, 410, 415, 422, 451, 501] {
        check(status, Ok(Reacted::Unsupported)).await;
    }
    check(502, Err(GitHubError::Server(502))).await;
}

#[tokio::test]
async fn labels_are_idempotent() {
    let server = Server::start().await;
    server.answers("POST /repos/acme/app/issues/7/labels", Answer::new(200, json!([])));
    let taken = json!({ "message": "Validation Failed", "errors": [
        { "resource": "Label", "code": "already_exists", "field": "name" }] });
    server.answers("POST /repos/acme/app/labels", Answer::new(422, taken));
    server.answers("POST /repos/acme/app/labels", unprocessable("another word for it"));
    server.answers("POST /repos/acme/app/labels", Answer::new(404, json!({})));
    server.answers("POST /repos/acme/app/labels", Answer::new(502, json!({})));
    let writer = server.app.writer(server.target());
    writer.add_labels(SEVEN, &["complexity: medium"]).await.unwrap();
    assert_eq!(server.asked()[1].body, json!({ "labels": ["complexity: medium"] }));
    writer.remove_label(SEVEN, "complexity: medium").await.unwrap();
    assert_eq!(server.lines()[0], "DELETE /repos/acme/app/issues/7/labels/complexity%3A%20medium");
    let label = NewLabel {
        name: "baton:plan".to_owned(),
        color: "1f6feb".to_owned(),
        description: "Starts a planning run.".to_owned(),
    };
    assert_eq!(writer.create_label(&label).await, Ok(()));
    assert_eq!(writer.create_label(&label).await, Ok(()));
    assert_eq!(writer.create_label(&label).await, Ok(()));
    assert_eq!(writer.create_label(&label).await, Err(GitHubError::Server(502)));
}

/// Servers that leave out the newer call for a branch know an older or a wider one.
#[tokio::test]
async fn a_branch_is_found_by_whichever_call_the_server_knows() {
    let object = json!({ "sha": "c1" });
    let one = json!({ "ref": "refs/heads/main", "object": object });
    let many = json!([{ "ref": "refs/heads/main-2", "object": { "sha": "c2" } }, one]);
    let branch = json!({ "name": "main", "commit": object });
    for (line, body) in
        [("git/refs/heads/main", one), ("git/refs/heads/main", many), ("branches/main", branch)]
    {
        let server = Server::start().await;
        server.answers(&format!("GET /repos/acme/app/{line}"), Answer::new(200, body));
        let reader = server.app.reader(server.target());
        assert_eq!(reader.branch_head("main").await, Ok(Some(Sha::from("c1"))), "{line}");
        assert_eq!(reader.branch_head("absent").await, Ok(None), "{line}");
    }
    let server = Server::start().await;
    let others = json!([{ "ref": "refs/heads/main-2", "object": { "sha": "c2" } }]);
    server.answers("GET /repos/acme/app/git/refs/heads/main", Answer::new(200, others));
    assert_eq!(server.app.reader(server.target()).branch_head("main").await, Ok(None));
}

/// Where the call was seen to be known, "not found" is one answer and no three.
#[tokio::test]
async fn a_server_that_knows_the_call_is_believed() {
    let server = Server::start().await;
    let head = json!({ "object": { "sha": "c1" } });
    server.answers("GET /repos/acme/app/git/ref/heads/main", Answer::new(200, head));
    let reader = server.app.reader(server.target());
    assert_eq!(reader.branch_head("main").await, Ok(Some(Sha::from("c1"))));
    server.lines();
    assert_eq!(reader.branch_head("none").await, Ok(None));
    assert_eq!(server.lines(), ["GET /repos/acme/app/git/ref/heads/none"]);
}

#[tokio::test]
async fn git_is_read() {
    let server = Server::start().await;
    let commit = json!({ "sha": "c1", "message": "m", "tree": { "sha": "t1" }, "parents": [] });
    let listed = json!([{ "sha": "c1", "commit": commit, "parents": [{ "sha": "c0" }] }]);
    let tree = json!({ "sha": "t1", "truncated": false, "tree": [
        { "path": "src", "mode": "040000", "type": "tree", "sha": "t2" },
        { "path": "src/a.rs", "mode": "100644", "type": "blob", "sha": "b1", "size": 3 },
        { "path": "link", "mode": "120000", "type": "blob", "sha": "b2", "size": 5 }] });
    let blob = json!({ "content": "aGVs\nbG8=\n", "encoding": "base64" });
    let head = json!({ "object": { "sha": "c1", "type": "commit" } });
    for (line, body) in [
        ("git/ref/heads/feature/x", head),
        ("git/commits/c1", commit),
        ("commits?sha=baton%2F7-redis&per_page=20", listed),
        ("git/trees/c1?recursive=1", tree),
        ("git/blobs/b1", blob),
    ] {
        server.answers(&format!("GET /repos/acme/app/{line}"), Answer::new(200, body));
    }
    let empty = Answer::new(409, json!({ "message": "Git Repository is empty." }));
    server.answers("GET /repos/acme/app/git/ref/heads/empty", empty);
    let reader = server.app.reader(server.target());
    assert_eq!(reader.branch_head("feature/x").await, Ok(Some(Sha::from("c1"))));
    assert_eq!(reader.branch_head("none").await, Ok(None));
    let conflict = GitHubError::Conflict { message: "Git Repository is empty.".to_owned() };
    assert_eq!(reader.branch_head("empty").await, Err(conflict));
    let commit = reader.commit(&Sha::from("c1")).await.unwrap();
    assert_eq!((commit.tree, commit.message.as_str()), (Some(Sha::from("t1")), "m"));
    let listed = reader.commits("baton/7-redis", 20).await.unwrap();
    assert_eq!((listed[0].sha.as_str(), listed[0].parents.len()), ("c1", 1));
    let tree = reader.tree(&Sha::from("c1")).await.unwrap();
    let kinds: Vec<_> = tree.entries.iter().map(|it| format!("{:?}", it.kind)).collect();
    assert_eq!(kinds, ["Directory", "File", "Symlink"]);
    assert_eq!(reader.blob(&Sha::from("b1")).await.unwrap(), b"hello");
    let large = json!({ "content": "", "encoding": "none", "size": 90_000_000 });
    for blob in [large, json!({ "size": 9, "encoding": "base64" })] {
        server.answers("GET /repos/acme/app/git/blobs/b9", Answer::new(200, blob));
        let outcome = reader.blob(&Sha::from("b9")).await;
        assert_eq!(outcome, Err(GitHubError::unexpected("a blob that cannot be read")));
    }
}

#[tokio::test]
async fn a_commit_has_no_author_of_its_own() {
    let server = Server::start().await;
    let made = |sha: &str| Answer::new(201, json!({ "sha": sha }));
    server.answers("POST /repos/acme/app/git/trees", made("t1"));
    server.answers("POST /repos/acme/app/git/commits", made("c1"));
    let writer = server.app.writer(server.target());
    let file = NewFile { path: "docs/plan.md".to_owned(), content: "# Plan\n".to_owned() };
    let tree = writer.create_tree(&Sha::from("t0"), &[file]).await.unwrap();
    let commit = writer.create_commit("Plan\n", &tree, &[&Sha::from("c0")]).await.unwrap();
    assert_eq!(commit, Sha::from("c1"));
    let asked = server.asked();
    let entry = json!({
        "path": "docs/plan.md", "mode": "100644", "type": "blob", "content": "# Plan\n",
    });
    assert_eq!(asked[1].body, json!({ "base_tree": "t0", "tree": [entry] }));
    let expected = json!({ "message": "Plan\n", "tree": "t1", "parents": ["c0"] });
    assert_eq!(asked[2].body, expected);
}

#[tokio::test]
async fn what_blocks_a_branch_is_looked_up() {
    let head = |sha: &str| Answer::new(200, json!({ "object": { "sha": sha } }));
    let check = async |there: &[(&str, &str)], status: u16, expected: Option<BranchCreated>| {
        let server = Server::start().await;
        let refused = Answer::new(status, json!({ "message": "Reference cannot be made" }));
        server.answers("POST /repos/acme/app/git/refs", refused);
        for (name, sha) in there {
            server.answers(&format!("GET /repos/acme/app/git/ref/heads/{name}"), head(sha));
        }
        let writer = server.app.writer(server.target());
        let outcome = writer.create_branch(&branch(), &Sha::from("c1")).await;
        assert_eq!(outcome.ok(), expected, "{there:?}");
        let body = json!({ "ref": "refs/heads/baton/7-redis", "sha": "c1" });
        assert_eq!(server.asked()[1].body, body);
    };
    check(&[], 201, Some(BranchCreated::Created)).await;
    let exists = || Some(BranchCreated::Exists(Sha::from("c9")));
    check(&[("baton/7-redis", "c9")], 422, exists()).await;
    check(&[("baton/7-redis", "c9")], 409, exists()).await;
    check(&[("baton", "c2")], 422, Some(BranchCreated::Blocked)).await;
    check(&[], 422, None).await;
    check(&[("baton/7-redis", "c9")], 500, None).await;
}

#[tokio::test]
async fn a_branch_is_never_forced() {
    let check = async |answer: Answer, expected: Result<(), GitHubError>| {
        let server = Server::start().await;
        server.answers("PATCH /repos/acme/app/git/refs/heads/baton/7-redis", answer);
        let writer = server.app.writer(server.target());
        assert_eq!(writer.update_branch(&branch(), &Sha::from("c1")).await, expected);
        assert_eq!(server.asked()[1].body, json!({ "sha": "c1", "force": false }));
    };
    check(Answer::new(200, json!({})), Ok(())).await;
    let moved = Err(GitHubError::NotFastForward);
    check(unprocessable("Update is not a fast forward"), moved).await;
    let refused = GitHubError::Unprocessable { message: "Object does not exist".to_owned() };
    check(unprocessable("Object does not exist"), Err(refused)).await;
}

#[tokio::test]
async fn a_pull_request_is_opened_once() {
    let pull = |number: i64, head: &str, owner: &str, state: &str| {
        json!({
            "number": number, "title": "t", "body": null, "state": state, "draft": true,
            "head": { "ref": head, "sha": "c1", "user": { "login": owner } },
            "base": { "ref": "main" },
        })
    };
    let mut fork = pull(2, "baton/7-redis", "acme", "open");
    fork["head"]["repo"] = json!({ "id": 43 });
    let list = json!([
        fork,
        pull(3, "baton/7-redis", "stranger", "open"),
        pull(4, "baton/7-redis", "acme", "closed"),
        pull(5, "other", "acme", "open"),
        pull(6, "baton/7-redis", "Acme", "open"),
    ]);
    let new = NewPullRequest {
        head: branch(),
        base: "main".to_owned(),
        title: "Plan: Redis".to_owned(),
        body: "Part of #7".to_owned(),
        draft: true,
    };
    let check = async |answer: Answer, expected: &str| {
        let server = Server::start().await;
        server.answers("POST /repos/acme/app/pulls", answer);
        let query = "head=acme%3Abaton%2F7-redis&state=all&per_page=100";
        let line = format!("GET /repos/acme/app/pulls?{query}");
        server.answers(&line, Answer::new(200, list.clone()));
        let outcome = server.app.writer(server.target()).open_pull_request(&new).await;
        let told = match outcome.unwrap() {
            PullRequestOpened::Opened(it) => format!("opened {}", it.number),
            PullRequestOpened::Exists(it) => format!("exists {}", it.number),
            PullRequestOpened::DraftsUnsupported => "no drafts".to_owned(),
        };
        assert_eq!(told, expected);
        let found = server.app.reader(server.target()).pull_requests_of(&branch()).await.unwrap();
        assert_eq!(found.iter().map(|it| it.number.0).collect::<Vec<_>>(), [4, 6]);
    };
    check(Answer::new(201, pull(8, "baton/7-redis", "acme", "open")), "opened 8").await;
    check(unprocessable("A pull request already exists for acme:baton/7-redis."), "exists 6").await;
    let drafts = "Draft pull requests are not supported in this repository.";
    check(unprocessable(drafts), "no drafts").await;
}

#[tokio::test]
async fn only_what_is_named_of_a_pull_request_changes() {
    let server = Server::start().await;
    let head = json!({ "ref": "baton/7-redis", "repo": { "id": 42 } });
    let pull = json!({ "number": 8, "merged_at": "2026-11-21T12:00:00Z", "state": "closed",
        "head": head });
    server.answers("PATCH /repos/acme/app/pulls/8", Answer::new(200, pull.clone()));
    server.answers("GET /repos/acme/app/pulls/8", Answer::new(200, pull));
    let writer = server.app.writer(server.target());
    let branch = BatonRef::parse("baton/7-redis").unwrap();
    let own = writer.own_pull_request(IssueNumber(8), &branch).await.unwrap().unwrap();
    writer.update_pull_request(&own, None, Some("new")).await.unwrap();
    assert_eq!(server.asked()[2].body, json!({ "body": "new" }));
    let read = server.app.reader(server.target()).pull_request(IssueNumber(8)).await.unwrap();
    assert_eq!((read.merged, read.open, read.draft), (true, false, false));
}

#[tokio::test]
async fn an_archive_is_fetched_without_giving_the_token_away() {
    let (api, store) = (Server::start_below("/api/v3").await, Server::start().await);
    let line = "GET /api/v3/repos/acme/app/tarball/abc";
    let away = format!("{}/archive?once=1", store.url);
    api.answers(line, Answer::new(302, json!({})).header("location", &away));
    store.answers("GET /archive?once=1", Answer::new(200, json!({})).text("0123456789"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.tar.gz");
    let reader = api.app.reader(api.target());
    let saved = reader.tarball(&Sha::from("abc"), &path, 10).await;
    assert_eq!(saved, Ok(Downloaded::Saved { bytes: 10 }));
    assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
    assert_eq!(api.asked()[1].token.as_deref(), Some("Bearer token-1"));
    assert_eq!(store.asked()[0].token, None);

    let cut = reader.tarball(&Sha::from("abc"), &path, 9).await;
    assert_eq!(cut, Ok(Downloaded::TooLarge));
    let absent = reader.tarball(&Sha::from("fff"), &path, 9).await;
    assert_eq!(absent, Ok(Downloaded::Unsupported));
}

#[tokio::test]
async fn an_archive_is_not_fetched_from_anywhere() {
    let check = async |to: &str, said: &str| {
        let server = Server::start().await;
        let line = "GET /repos/acme/app/tarball/abc";
        server.answers(line, Answer::new(302, json!({})).header("location", to));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive.tar.gz");
        let outcome = server.app.reader(server.target()).tarball(&Sha::from("abc"), &path, 9).await;
        assert_eq!(outcome, Err(GitHubError::unexpected(said)));
    };
    check("http://169.254.169.254/latest", "a redirect into a private network").await;
    check("file:///etc/passwd", "a redirect to an unencrypted address").await;
    check("/repos/acme/app/tarball/abc", "a download with too many redirects").await;
}
