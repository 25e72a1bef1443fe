//! What changed between commits, files as they stood, and commits of several files.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::base::{IssueNumber, Sha};
use crate::github::BatonRef;
use crate::github::client::{
    Committed, FileAt, FileChange, FileMode, FileStatus, GitHubError, Told, Untold,
};

const HEAD: &str = "GET /repos/acme/app/git/ref/heads/baton/7-redis";
const PARENT: &str = "GET /repos/acme/app/git/commits/c0";
const TREES: &str = "POST /repos/acme/app/git/trees";
const COMMITS: &str = "POST /repos/acme/app/git/commits";
const MOVE: &str = "PATCH /repos/acme/app/git/refs/heads/baton/7-redis";

fn ok(body: Value) -> Answer {
    Answer::new(200, body)
}

fn file(name: &str, status: &str) -> Value {
    json!({ "filename": name, "status": status, "additions": 2, "deletions": 1, "sha": "b1" })
}

#[tokio::test]
async fn a_comparison_is_read() {
    let server = Server::start().await;
    let mut renamed = file("new.rs", "renamed");
    renamed["previous_filename"] = json!("old.rs");
    renamed["patch"] = json!("@@ -1 +1,2 @@");
    let files = json!([renamed, file("gone.rs", "removed"), file("x", "sublimed"), {}]);
    let commit = json!({ "sha": "c1", "commit": { "message": "m" }, "parents": [{ "sha": "c0" }] });
    let comparison = json!({
        "ahead_by": 1, "behind_by": 3, "total_commits": 1, "commits": [commit], "files": files,
        "merge_base_commit": { "sha": "c00" },
    });
    server.answers("GET /repos/acme/app/compare/c0...c1", ok(comparison));
    let reader = server.app.reader(server.target());
    let (base, head) = (Sha::from("c0"), Sha::from("c1"));
    let found = reader.compare(&base, &head).await.unwrap().known().unwrap();
    assert_eq!((found.ahead_by, found.behind_by), (1, 3));
    assert_eq!((found.merge_base, found.commits.complete), (Some(Sha::from("c00")), true));
    assert_eq!(found.commits.items[0].message, "m");
    let [renamed, gone, odd] = &found.files.items[..] else { panic!("{:?}", found.files) };
    assert_eq!(
        (renamed.change, renamed.previous.as_deref()),
        (FileStatus::Renamed, Some("old.rs"))
    );
    assert_eq!((renamed.additions, renamed.patch.is_some()), (2, true));
    assert_eq!((gone.change, &gone.blob), (FileStatus::Removed, &None));
    assert_eq!(odd.change, FileStatus::Unknown);
    assert!(found.files.complete);

    let many: Vec<_> = (0..300).map(|it| file(&it.to_string(), "added")).collect();
    let long = json!({ "ahead_by": 400, "commits": [], "files": many });
    server.answers("GET /repos/acme/app/compare/c0...c2", ok(long));
    let found = reader.compare(&base, &Sha::from("c2")).await.unwrap().known().unwrap();
    assert_eq!((found.files.complete, found.commits.complete), (false, false));
    let outcome = reader.compare(&base, &Sha::from("c3")).await;
    assert_eq!(outcome, Ok(Told::Unknown(Untold::NotOffered)));
}

#[tokio::test]
async fn the_files_of_a_pull_request_are_read() {
    let server = Server::start().await;
    let page = |names: std::ops::Range<u32>| {
        ok(names.map(|it| file(&it.to_string(), "modified")).collect())
    };
    let line = "GET /repos/acme/app/pulls/8/files?per_page=100";
    server.answers(&format!("{line}&page=1"), page(0..100));
    server.answers(&format!("{line}&page=2"), page(100..101));
    let reader = server.app.reader(server.target());
    let files = reader.pull_files(IssueNumber(8)).await.unwrap().known().unwrap();
    assert_eq!((files.items.len(), files.complete), (101, true));
}

#[tokio::test]
async fn a_file_is_read_as_it_stood() {
    let check = async |answer: Answer, expected: Result<Option<&str>, GitHubError>| {
        let server = Server::start().await;
        server.answers("GET /repos/acme/app/contents/src/a%20b.rs?ref=c1", answer);
        let blob = json!({ "content": "aGVs\nbG8=\n", "encoding": "base64" });
        server.answers("GET /repos/acme/app/git/blobs/b1", ok(blob));
        let outcome =
            server.app.reader(server.target()).file_at("src/a b.rs", &Sha::from("c1")).await;
        let expected = expected
            .map(|it| it.map(|it| FileAt { blob: Sha::from("b1"), bytes: it.as_bytes().to_vec() }));
        assert_eq!(outcome, expected);
    };
    let content = |content: &str, encoding: &str, size: u32| {
        ok(json!({
            "type": "file", "sha": "b1", "content": content, "encoding": encoding, "size": size,
        }))
    };
    check(content("aGk=\n", "base64", 2), Ok(Some("hi"))).await;
    check(content("", "base64", 0), Ok(Some(""))).await;
    // Over 1 MB it comes without its bytes.
    check(content("", "none", 2_000_000), Ok(Some("hello"))).await;
    check(content("", "base64", 5), Ok(Some("hello"))).await;
    let unreadable = GitHubError::unexpected("a file that cannot be read");
    check(content("!", "base64", 1), Err(unreadable)).await;
    check(ok(json!([{ "type": "file", "sha": "b1" }])), Ok(None)).await;
    check(ok(json!({ "type": "submodule", "sha": "b1" })), Ok(None)).await;
    check(Answer::new(404, json!({})), Ok(None)).await;
    check(Answer::new(500, json!({})), Err(GitHubError::Server(500))).await;

    let server = Server::start().await;
    let outcome = server.app.reader(server.target()).file_at("a/../../x", &Sha::from("c1")).await;
    assert!(matches!(outcome, Err(GitHubError::Unprocessable { .. })), "{outcome:?}");
}

fn changes() -> Vec<FileChange> {
    let write = FileChange::Write {
        path: "run.sh".to_owned(),
        content: "#!/bin/sh\n".to_owned(),
        mode: FileMode::Executable,
    };
    let moved = FileChange::moved("a.png", "b.png", Sha::from("b9"), FileMode::Regular);
    [vec![write], moved.to_vec()].concat()
}

/// A repository whose branch points to `head`, and then to `then`.
async fn repository(head: &str, then: Option<&str>, tree: &str, moved: Answer) -> Server {
    let server = Server::start().await;
    let at = |sha: &str| ok(json!({ "object": { "sha": sha } }));
    server.answers(HEAD, at(head));
    server.answers(HEAD, then.map_or(Answer::new(404, json!({})), at));
    server.answers(PARENT, ok(json!({ "sha": "c0", "tree": { "sha": "t0" } })));
    server.answers(TREES, Answer::new(201, json!({ "sha": tree })));
    server.answers(COMMITS, Answer::new(201, json!({ "sha": "c1" })));
    server.answers(MOVE, moved);
    server
}

async fn commit(server: &Server) -> Result<Committed, GitHubError> {
    let branch = BatonRef::parse("baton/7-redis").unwrap();
    let writer = server.app.writer(server.target());
    writer.commit_files(&branch, &Sha::from("c0"), "Task t1\n", &changes()).await
}

#[tokio::test]
async fn several_files_are_one_commit_on_the_expected_head() {
    let server = repository("c0", Some("c1"), "t1", ok(json!({}))).await;
    assert_eq!(commit(&server).await, Ok(Committed::Done(Sha::from("c1"))));
    let asked = server.asked();
    let lines: Vec<_> = asked.iter().skip(1).map(|it| it.line.as_str()).collect();
    assert_eq!(lines, [HEAD, PARENT, TREES, COMMITS, MOVE]);
    let tree = json!([
        { "path": "run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n" },
        { "path": "a.png", "mode": "100644", "type": "blob", "sha": null },
        { "path": "b.png", "mode": "100644", "type": "blob", "sha": "b9" },
    ]);
    assert_eq!(asked[3].body, json!({ "base_tree": "t0", "tree": tree }));
    let expected = json!({ "message": "Task t1\n", "tree": "t1", "parents": ["c0"] });
    assert_eq!(asked[4].body, expected);
    assert_eq!(asked[5].body, json!({ "sha": "c1", "force": false }));
}

#[tokio::test]
async fn a_moved_head_is_told_and_left_alone() {
    let moved = |head: Option<&str>| Ok(Committed::HeadMoved { head: head.map(Sha::from) });
    let refused = |message: &str| Answer::new(422, json!({ "message": message }));

    let server = repository("c9", Some("c9"), "t1", ok(json!({}))).await;
    assert_eq!(commit(&server).await, moved(Some("c9")));
    assert_eq!(server.lines(), [HEAD]);

    let late = refused("Update is not a fast forward");
    let server = repository("c0", Some("c9"), "t1", late).await;
    assert_eq!(commit(&server).await, moved(Some("c9")));

    let server = repository("c0", None, "t1", refused("Reference does not exist")).await;
    assert_eq!(commit(&server).await, moved(None));

    // The branch stands where it stood: something else is wrong.
    let server = repository("c0", Some("c0"), "t1", refused("Not allowed by a rule")).await;
    let message = "Not allowed by a rule".to_owned();
    assert_eq!(commit(&server).await, Err(GitHubError::Unprocessable { message }));

    let server = repository("c0", Some("c0"), "t1", Answer::new(502, json!({}))).await;
    assert_eq!(commit(&server).await, Err(GitHubError::Server(502)));
}

#[tokio::test]
async fn what_changes_nothing_is_no_commit() {
    let server = repository("c0", Some("c0"), "t0", ok(json!({}))).await;
    assert_eq!(commit(&server).await, Ok(Committed::Unchanged));
    assert_eq!(server.lines(), [HEAD, PARENT, TREES]);
}
