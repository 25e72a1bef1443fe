//! The git data API and pull requests over REST.

use std::io::Read;

use serde_json::{Value, json};

use super::super::Role;
use super::Bed;

async fn head(bed: &Bed) -> String {
    let (_, head) = bed.get("/git/ref/heads/main").await;
    head["object"]["sha"].as_str().unwrap().to_owned()
}

/// The plan commit as Baton makes it: tree, commit, reference.
async fn plan(bed: &Bed, branch: &str, path: &str) -> (String, u16) {
    let parent = head(bed).await;
    let tree = json!({
        "base_tree": parent,
        "tree": [{ "path": path, "mode": "100644", "type": "blob", "content": "# Plan\n" }],
    });
    let (status, tree) = bed.call("POST", "/git/trees", tree).await;
    assert_eq!(status, 201, "{tree}");
    let commit = json!({ "message": "Plan", "tree": tree["sha"], "parents": [parent] });
    let (status, commit) = bed.call("POST", "/git/commits", commit).await;
    assert_eq!(status, 201, "{commit}");
    let sha = commit["sha"].as_str().unwrap().to_owned();
    let reference = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
    let (status, _) = bed.call("POST", "/git/refs", reference).await;
    (sha, status)
}

#[tokio::test]
async fn a_plan_is_committed_and_proposed() {
    let bed = Bed::new().await;
    let (sha, status) = plan(&bed, "baton/1-cache", "docs/prds/active/1-plan.md").await;
    assert_eq!(status, 201);
    let repo = bed.github.repo();
    let file = repo.file("baton/1-cache", "docs/prds/active/1-plan.md");
    assert_eq!(file.as_deref(), Some("# Plan\n"));
    assert!(repo.file("baton/1-cache", "src/rag.rs").is_some(), "the base is kept");
    assert_eq!(repo.commits("baton/1-cache")[0].author, "baton[bot]");
    assert_eq!(repo.commits("baton/1-cache")[0].sha.as_str(), sha);
    let pull =
        json!({ "title": "Plan: cache", "head": "baton/1-cache", "base": "main", "draft": true });
    let (status, made) = bed.call("POST", "/pulls", pull.clone()).await;
    assert_eq!((status, &made["draft"]), (201, &json!(true)));
    assert_eq!((&made["commits"], &made["additions"]), (&json!(1), &json!(1)));
    let (status, again) = bed.call("POST", "/pulls", pull).await;
    let message = again["errors"][0]["message"].as_str();
    assert_eq!(
        (status, message),
        (422, Some("A pull request already exists for acme:baton/1-cache."))
    );
    let (_, found) = bed.get("/pulls?head=acme:baton/1-cache&state=all").await;
    assert_eq!(found[0]["number"], made["number"]);
    assert_eq!(bed.get("/pulls?head=acme:other").await.1, json!([]));
    let edit = json!({ "body": "Part of #1" });
    assert_eq!(bed.call("PATCH", "/pulls/1", edit).await.1["body"], "Part of #1");
    assert_eq!(bed.get("/issues/1").await.1["pull_request"]["merged_at"], Value::Null);
}

#[tokio::test]
async fn references_move_forward_only() {
    let bed = Bed::new().await;
    let base = head(&bed).await;
    let (plan, _) = plan(&bed, "baton/1-a", "plan.md").await;
    let ann = bed.github.person("ann", Role::Write);
    let other = ann.pushes("other", &[("x", Some("x"))], "Other").unwrap();
    let check = async |method: &str, path: &str, body: Value, expected: (u16, &str)| {
        let (status, answer) = bed.call(method, path, body).await;
        let said = answer["message"].as_str().unwrap_or_default();
        assert_eq!((status, said), expected);
    };
    let fast = "Update is not a fast forward";
    let at = "/git/refs/heads/baton/1-a";
    check("PATCH", at, json!({ "sha": other }), (422, fast)).await;
    check("PATCH", at, json!({ "sha": base, "force": false }), (422, fast)).await;
    check("PATCH", at, json!({ "sha": "0".repeat(40) }), (422, "Object does not exist")).await;
    check("PATCH", "/git/refs/heads/no", json!({ "sha": base }), (422, "Reference does not exist"))
        .await;
    check("PATCH", at, json!({ "sha": base, "force": true }), (200, "")).await;
    check("PATCH", at, json!({ "sha": plan }), (200, "")).await;
    let new = |name: &str| json!({ "ref": name, "sha": base });
    check("POST", "/git/refs", new("refs/heads/main"), (422, "Reference already exists")).await;
    check("POST", "/git/refs", new("refs/heads/baton"), (422, "Reference update failed")).await;
    check("GET", "/git/ref/heads/nothing", Value::Null, (404, "Not Found")).await;
    let (_, found) = bed.get("/git/matching-refs/heads/baton/1-").await;
    assert_eq!(found[0]["ref"], "refs/heads/baton/1-a");
    check("DELETE", at, Value::Null, (204, "")).await;
}

#[tokio::test]
async fn trees_say_what_is_wrong() {
    let bed = Bed::new().await;
    let base = head(&bed).await;
    let entry = |path: &str| json!({ "path": path, "mode": "100644", "content": "x" });
    let check = async |tree: Value, expected: (u16, &str)| {
        let body = json!({ "base_tree": base, "tree": [tree] });
        let (status, answer) = bed.call("POST", "/git/trees", body).await;
        let said = answer["message"].as_str().unwrap_or_default();
        assert_eq!((status, said), expected);
    };
    let malformed = "tree.path contains a malformed path component";
    check(entry("../x"), (422, malformed)).await;
    check(entry(".git/hooks/x"), (422, malformed)).await;
    check(json!({ "path": "no", "mode": "100644", "sha": null }), (422, "GitRPC::BadObjectState"))
        .await;
    check(json!({ "path": "README.md", "mode": "100644", "sha": null }), (201, "")).await;
    check(
        json!({ "path": "x", "mode": "777", "content": "x" }),
        (422, "Must supply a valid tree.mode"),
    )
    .await;
    let (_, tree) = bed.get(&format!("/git/trees/{base}?recursive=1")).await;
    let paths: Vec<_> = tree["tree"].as_array().unwrap().iter().map(|it| &it["path"]).collect();
    assert!(paths.contains(&&json!("src/rag.rs")) && paths.contains(&&json!("src")));
    assert_eq!(tree["truncated"], false);
    let blob = tree["tree"].as_array().unwrap().iter().find(|it| it["type"] == "blob").unwrap();
    let (_, blob) = bed.get(&format!("/git/blobs/{}", blob["sha"].as_str().unwrap())).await;
    assert_eq!(blob["encoding"], "base64");
}

#[tokio::test]
async fn workflow_files_need_their_own_permission() {
    let bed = Bed::new().await;
    let (_, status) = plan(&bed, "baton/1-ci", ".github/workflows/evil.yml").await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn files_logs_and_tarballs_are_read() {
    let bed = Bed::with(|it| it.private = true).await;
    let (_, file) = bed.get("/contents/src/rag.rs?ref=main").await;
    assert_eq!(file["type"], "file");
    let (_, folder) = bed.get("/contents/src").await;
    assert_eq!(folder[0]["path"], "src/config.rs");
    assert_eq!(bed.get("/contents/nothing").await.0, 404);
    let ann = bed.github.person("ann", Role::Write);
    ann.pushes("main", &[("README.md", Some("new"))], "Rewrite").unwrap();
    let (_, log) = bed.get("/commits?path=README.md&per_page=1").await;
    assert_eq!(log[0]["commit"]["message"], "Rewrite");
    assert_eq!(log[0]["author"]["login"], "ann");
    assert_eq!(bed.get("/commits?path=src/rag.rs").await.1.as_array().map(Vec::len), Some(1));
    let path = "/repos/acme/helpdesk/tarball/main";
    let response = bed.send(&bed.token, "GET", path, None).await.unwrap();
    assert_eq!(response.status(), 302);
    let url = response.headers()["location"].to_str().unwrap().to_owned();
    let bytes = reqwest::get(&url).await.unwrap().bytes().await.unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_ref()));
    let short = &head(&bed).await[..7];
    let readme = format!("acme-helpdesk-{short}/README.md");
    let mut text = String::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().to_str() == Some(&readme) {
            entry.read_to_string(&mut text).unwrap();
        }
    }
    assert_eq!(text, "new");
    let without = url.split('?').next().unwrap();
    assert_eq!(reqwest::get(without).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_repository_without_commits_answers_409() {
    let bed = Bed::with(|it| it.files = Vec::new()).await;
    for path in ["/git/ref/heads/main", "/git/trees/main", "/commits", "/tarball/main"] {
        let (status, body) = bed.get(path).await;
        assert_eq!((status, body["message"].as_str()), (409, Some("Git Repository is empty.")));
    }
}

#[tokio::test]
async fn a_merge_keeps_both_sides_and_closes_what_it_says() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Maintain);
    let issue = ann.opens("Cache", "").unwrap();
    ann.pushes("work", &[("a.txt", Some("a"))], "A").unwrap();
    ann.pushes("main", &[("b.txt", Some("b"))], "B").unwrap();
    let pull = ann.opens_pull("work", "Cache", "Closes #1").unwrap();
    ann.merges(pull).unwrap();
    let repo = bed.github.repo();
    assert_eq!(repo.file("main", "a.txt").as_deref(), Some("a"));
    assert_eq!(repo.file("main", "b.txt").as_deref(), Some("b"));
    assert!(!repo.issue(issue).unwrap().open);
    assert!(repo.issue(pull).unwrap().pull.unwrap().merged);
    ann.pushes("clash", &[("b.txt", Some("c"))], "C").unwrap();
    ann.pushes("main", &[("b.txt", Some("d"))], "D").unwrap();
    let clash = ann.opens_pull("clash", "Clash", "").unwrap();
    assert_eq!(
        ann.merges(clash).unwrap_err().to_string(),
        "the pull request cannot be merged: both sides changed b.txt"
    );
}

#[tokio::test]
async fn drafts_may_be_refused() {
    let bed = Bed::new().await;
    bed.github.repo().allow_drafts(false);
    bed.github.person("ann", Role::Write).pushes("x", &[("x", Some("x"))], "X").unwrap();
    let pull = |draft: bool| json!({ "title": "X", "head": "x", "base": "main", "draft": draft });
    assert_eq!(bed.call("POST", "/pulls", pull(true)).await.0, 422);
    assert_eq!(bed.call("POST", "/pulls", pull(false)).await.0, 201);
}
