//! Pull requests, reviews, comments on lines, pushes.

use serde_json::{Value, json};

use super::{account, ann, check, check_ignored, check_unparsed, delivery, with};
use crate::base::{IssueNumber, ReviewCommentId, ReviewId, Sha, Timestamp};
use crate::domain::incoming::{
    ChangedPaths, PullNews, PullSnapshot, ReviewCommentNews, ReviewCommentSnapshot, ReviewNews,
    ReviewSnapshot, ReviewState, What,
};
use crate::github::webhook::incoming;

const PULL: &str = "pull_request";
const REVIEW: &str = "pull_request_review";
const COMMENT: &str = "pull_request_review_comment";
const NOON: &str = "2026-11-21T12:00:00Z";

fn pull(repo: i64) -> Value {
    json!({
        "number": 8, "title": "Plan: Redis", "body": null, "state": "open", "draft": true,
        "user": ann(), "updated_at": NOON, "merge_commit_sha": "trial",
        "head": { "ref": "baton/7-redis", "sha": "c1", "repo": { "id": repo } },
        "base": { "ref": "main", "sha": "c0", "repo": { "id": 42 } },
    })
}

fn on(action: &str) -> Value {
    json!({ "action": action, "number": 8, "pull_request": pull(42) })
}

fn read() -> PullSnapshot {
    PullSnapshot {
        number: IssueNumber(8),
        title: "Plan: Redis".to_owned(),
        body: String::new(),
        author: Some(account()),
        head_ref: "baton/7-redis".to_owned(),
        head_sha: Some(Sha::from("c1")),
        base_ref: "main".to_owned(),
        same_repository: true,
        open: true,
        draft: true,
        updated_at: Timestamp::parse_iso(NOON),
    }
}

#[test]
fn pull_requests_are_read() {
    let is = |news: PullNews| What::PullRequest { pull: read(), news };
    check(PULL, on("opened"), is(PullNews::Opened));
    check(PULL, on("reopened"), is(PullNews::Reopened));
    check(PULL, on("ready_for_review"), is(PullNews::Ready));
    check(PULL, on("converted_to_draft"), is(PullNews::Drafted));
    let before = Some(Sha::from("c9"));
    let pushed = with(on("synchronize"), json!({ "before": "c9", "after": "c1" }));
    check(PULL, pushed, is(PullNews::Synchronized { before }));
    check(PULL, on("synchronize"), is(PullNews::Synchronized { before: None }));
    let changes = json!({ "changes": { "body": { "from": "- [ ] a" } } });
    let before = Some("- [ ] a".to_owned());
    check(PULL, with(on("edited"), changes), is(PullNews::Edited { before }));
    let title = json!({ "changes": { "title": { "from": "x" } } });
    check(PULL, with(on("edited"), title), is(PullNews::Edited { before: None }));
    check_ignored(PULL, on("labeled"), "draft state");
    check_ignored(PULL, with(on("opened"), json!({ "pull_request": pull(43) })), "fork");
    let bare = "{\"action\":\"opened\",\"pull_request\":{\"head\":{\"ref\":\"x\"}}}";
    check_unparsed(PULL, bare, "pull_request.number: the number is missing");
    let no_branch = "{\"action\":\"opened\",\"number\":8}";
    check_unparsed(PULL, no_branch, "pull_request.head.ref: the branch is missing");
}

#[test]
fn the_end_of_a_pull_request_is_read() {
    let pull = |repo: Value, merged: Value| {
        let head = with(json!({ "ref": "baton/7-redis" }), repo);
        let pull = with(json!({ "number": 8, "merge_commit_sha": "m", "head": head }), merged);
        json!({ "action": "closed", "number": 8, "pull_request": pull })
    };
    let closed_in = |same_repository: bool, merged: bool| What::PullRequestClosed {
        pull: PullSnapshot {
            title: String::new(),
            author: None,
            head_sha: None,
            base_ref: String::new(),
            same_repository,
            draft: false,
            updated_at: None,
            ..read()
        },
        merged,
        merge_commit: merged.then(|| Sha::from("m")),
    };
    let closed = |merged: bool| closed_in(true, merged);
    let ours = || json!({ "repo": { "id": 42 } });
    check(PULL, pull(ours(), json!({ "merged": true })), closed(true));
    check(PULL, pull(ours(), json!({ "merged_at": NOON })), closed(true));
    check(PULL, pull(ours(), json!({ "merged": false })), closed(false));
    check(PULL, pull(json!({}), json!({ "merged": true })), closed(true));
    // Whoever merges one from a fork may close an issue with it.
    let fork = || json!({ "repo": { "id": 43 } });
    check(PULL, pull(fork(), json!({ "merged": true })), closed_in(false, true));
    check_ignored(PULL, pull(fork(), json!({})), "fork");
    check_ignored(PULL, pull(json!({ "repo": null }), json!({})), "fork");
}

#[test]
fn reviews_are_read() {
    let review = |state: &str| {
        json!({
            "id": 70, "user": ann(), "state": state, "body": "Smaller steps, please.",
            "commit_id": "c1", "submitted_at": NOON,
        })
    };
    let on = |action: &str, state: &str| with(on(action), json!({ "review": review(state) }));
    let is = |state: ReviewState, news: ReviewNews| {
        let review = ReviewSnapshot {
            id: ReviewId(70),
            reviewer: Some(account()),
            state,
            body: "Smaller steps, please.".to_owned(),
            commit: Some(Sha::from("c1")),
            submitted_at: Timestamp::parse_iso(NOON),
        };
        What::Review { pull: read(), review, news }
    };
    let submitted = |state: ReviewState| is(state, ReviewNews::Submitted);
    check(REVIEW, on("submitted", "approved"), submitted(ReviewState::Approved));
    check(REVIEW, on("submitted", "APPROVED"), submitted(ReviewState::Approved));
    check(REVIEW, on("submitted", "changes_requested"), submitted(ReviewState::ChangesRequested));
    check(REVIEW, on("submitted", "Commented"), submitted(ReviewState::Commented));
    check(REVIEW, on("submitted", "blessed"), submitted(ReviewState::Unknown));
    let dismissed = is(ReviewState::Dismissed, ReviewNews::Dismissed);
    check(REVIEW, on("dismissed", "approved"), dismissed.clone());
    check(REVIEW, on("dismissed", "dismissed"), dismissed);
    check_ignored(REVIEW, on("edited", "approved"), "submitted and dismissed");
    let no_id = "{\"action\":\"submitted\",\"pull_request\":{\"number\":8}}";
    check_unparsed(REVIEW, no_id, "review.id: the id is missing");
}

#[test]
fn a_review_in_a_fork_s_pull_request_says_so() {
    let review = json!({ "review": { "id": 70 }, "pull_request": pull(43) });
    let body = delivery(with(on("submitted"), review)).to_string();
    let read = incoming(REVIEW, body.as_bytes()).unwrap().what;
    let What::Review { pull, review, .. } = read else { panic!("{read:?}") };
    assert!(!pull.same_repository);
    assert_eq!((review.reviewer, review.body.as_str()), (None, ""));
}

#[test]
fn comments_on_lines_are_read() {
    let comment = json!({
        "id": 71, "body": "/baton fix", "user": ann(), "pull_request_review_id": 70,
        "in_reply_to_id": 69, "path": "src/a.rs", "line": 3, "commit_id": "c1",
        "created_at": NOON, "updated_at": NOON,
    });
    let on = |action: &str| with(on(action), json!({ "comment": comment }));
    let is = |news: ReviewCommentNews| {
        let comment = ReviewCommentSnapshot {
            id: ReviewCommentId(71),
            body: "/baton fix".to_owned(),
            author: Some(account()),
            created_at: Timestamp::parse_iso(NOON),
            updated_at: Timestamp::parse_iso(NOON),
            by_app: false,
            review: Some(ReviewId(70)),
            in_reply_to: Some(ReviewCommentId(69)),
            path: "src/a.rs".to_owned(),
            line: Some(3),
            commit: Some(Sha::from("c1")),
        };
        assert_eq!(comment.thread(), ReviewCommentId(69));
        What::ReviewComment { pull: read(), comment, news }
    };
    check(COMMENT, on("created"), is(ReviewCommentNews::Created));
    check(COMMENT, on("deleted"), is(ReviewCommentNews::Deleted));
    let changes = json!({ "changes": { "body": { "from": "fix" } } });
    let before = Some("fix".to_owned());
    check(COMMENT, with(on("edited"), changes), is(ReviewCommentNews::Edited { before }));
    check(COMMENT, on("edited"), is(ReviewCommentNews::Edited { before: None }));
    check_ignored(COMMENT, on("pinned"), "written, edited and deleted");
}

fn push(more: Value) -> Value {
    with(json!({ "ref": "refs/heads/baton/7-x", "before": "abb", "after": "abc" }), more)
}

#[test]
fn pushes_are_read() {
    let pushed = |before: Option<&str>, after: &str, forced: bool, deleted: bool| What::Pushed {
        branch: "baton/7-x".to_owned(),
        before: before.map(Sha::from),
        after: Sha::from(after),
        forced,
        deleted,
        pusher: None,
        paths: ChangedPaths::default(),
    };
    check("push", push(json!({})), pushed(Some("abb"), "abc", false, false));
    check("push", push(json!({ "before": "0000" })), pushed(None, "abc", false, false));
    check("push", push(json!({ "before": null })), pushed(None, "abc", false, false));
    check("push", push(json!({ "forced": true })), pushed(Some("abb"), "abc", true, false));
    let zero = json!({ "after": "0000", "deleted": true });
    check("push", push(zero), pushed(Some("abb"), "0000", false, true));
    check("push", push(json!({ "after": "0000" })), pushed(Some("abb"), "0000", false, true));
    check_ignored("push", push(json!({ "ref": "refs/tags/v1" })), "tag");
    check_unparsed("push", "{}", "ref: the ref is missing");
    check_unparsed("push", "{\"ref\":\"refs/heads/x\"}", "after: the commit is missing");
}

#[test]
fn the_files_of_a_push_are_read() {
    let check = |more: Value, expected: &[&str], complete: bool| {
        let body = delivery(push(more)).to_string();
        let read = incoming("push", body.as_bytes()).unwrap().what;
        let What::Pushed { paths, pusher, .. } = read else { panic!("{read:?}") };
        assert_eq!((paths.paths, paths.complete), (expected.map_str(), complete));
        assert_eq!(pusher.as_deref(), Some("ann"));
    };
    let with_commits =
        |commits: Value| json!({ "pusher": { "name": "ann", "email": "a@b" }, "commits": commits });
    let first = json!({ "added": ["b", "a"], "modified": [], "removed": ["c", 7] });
    let second = json!({ "added": [], "modified": ["a"], "removed": [] });
    let both = with_commits(json!([first, second]));
    check(both.clone(), &["a", "b", "c"], true);
    check(with(both.clone(), json!({ "forced": true })), &["a", "b", "c"], false);
    check(with(both, json!({ "before": "000" })), &["a", "b", "c"], false);
    check(with_commits(json!([{ "id": "c1" }, second])), &["a"], false);
    check(with_commits(json!([])), &[], false);
    check(with_commits(json!(null)), &[], false);
    let many: Vec<_> = (0..3_001).map(|it| format!("{it:04}")).collect();
    let expected: Vec<_> = many.iter().take(3_000).map(String::as_str).collect();
    check(with_commits(json!([{ "added": many }])), &expected, false);
}

/// Names as the texts they are compared with.
trait MapStr {
    fn map_str(&self) -> Vec<String>;
}

impl MapStr for &[&str] {
    fn map_str(&self) -> Vec<String> {
        self.iter().map(|it| (*it).to_owned()).collect()
    }
}
