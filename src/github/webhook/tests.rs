//! Deliveries written by hand, one for each kind that Baton uses, and what is odd about real ones.

mod ci;
mod pulls;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::base::{CommentId, InstallationId, IssueNumber, RepositoryId, Timestamp, UserId};
use crate::domain::incoming::{Account, CommentSnapshot, IssueSnapshot, Repository, What};

fn ann() -> Value {
    json!({ "id": 11, "login": "ann", "type": "User" })
}

fn issue() -> Value {
    json!({
        "number": 7, "title": "Add Redis caching", "body": "Cache it.", "state": "open",
        "user": ann(), "labels": [{ "name": "bug" }, { "id": 3 }],
        "updated_at": "2026-11-21T12:00:00Z", "strange": { "deep": [1] },
    })
}

fn comment() -> Value {
    json!({
        "id": 99, "body": "/baton plan", "user": ann(), "performed_via_github_app": null,
        "created_at": "2026-11-21T12:00:01Z", "updated_at": "2026-11-21T12:00:02Z",
    })
}

fn with(mut body: Value, more: Value) -> Value {
    let (Value::Object(body_fields), Value::Object(more)) = (&mut body, more) else {
        panic!("two objects");
    };
    body_fields.extend(more);
    body
}

fn delivery(more: Value) -> Value {
    let common = json!({
        "installation": { "id": 5 },
        "repository": {
            "id": 42, "name": "app", "full_name": "acme/app", "private": true,
            "owner": { "login": "acme" }, "default_branch": "main",
        },
        "sender": ann(),
    });
    with(common, more)
}

fn account() -> Account {
    Account { id: UserId(11), login: "ann".to_owned(), bot: false }
}

fn issue_read() -> IssueSnapshot {
    IssueSnapshot {
        number: IssueNumber(7),
        title: "Add Redis caching".to_owned(),
        body: "Cache it.".to_owned(),
        author: Some(account()),
        labels: vec!["bug".to_owned()],
        open: true,
        is_pull_request: false,
        updated_at: Timestamp::parse_iso("2026-11-21T12:00:00Z"),
    }
}

fn comment_read() -> CommentSnapshot {
    CommentSnapshot {
        id: CommentId(99),
        body: "/baton plan".to_owned(),
        author: Some(account()),
        created_at: Timestamp::parse_iso("2026-11-21T12:00:01Z"),
        updated_at: Timestamp::parse_iso("2026-11-21T12:00:02Z"),
        by_app: false,
    }
}

fn what(event: &str, body: &Value) -> What {
    incoming(event, body.to_string().as_bytes()).unwrap().what
}

#[track_caller]
fn check(event: &str, more: Value, expected: What) {
    assert_eq!(what(event, &delivery(more)), expected);
}

#[track_caller]
fn check_ignored(event: &str, more: Value, part: &str) {
    let read = what(event, &delivery(more));
    let What::Ignored(reason) = read else { panic!("{read:?}") };
    assert!(reason.contains(part), "{reason}");
}

#[track_caller]
fn check_unparsed(event: &str, body: &str, expected: &str) {
    let error = incoming(event, body.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn issues_are_read() {
    let on = |action: &str| json!({ "action": action, "issue": issue() });
    let labelled = |action: &str| with(on(action), json!({ "label": { "name": "baton:plan" } }));
    let label = "baton:plan".to_owned();
    check("issues", on("opened"), What::IssueOpened(issue_read()));
    let (edited, before) = (on("edited"), Some("Cach it.".to_owned()));
    check("issues", edited.clone(), What::IssueEdited { issue: issue_read(), before: None });
    let changes = json!({ "changes": { "body": { "from": "Cach it." } } });
    check("issues", with(edited, changes), What::IssueEdited { issue: issue_read(), before });
    check("issues", on("closed"), What::IssueClosed(issue_read()));
    check("issues", on("reopened"), What::IssueReopened(issue_read()));
    check("issues", on("deleted"), What::IssueGone(issue_read()));
    let moved = |to: Option<&str>| What::IssueTransferred {
        issue: issue_read(),
        to: to.map(str::to_owned),
    };
    let place = json!({ "new_issue": { "number": 3 }, "new_repository": { "full_name": "a/b" } });
    check("issues", with(on("transferred"), json!({ "changes": place })), moved(Some("a/b#3")));
    check("issues", on("transferred"), moved(None));
    check("issues", on("locked"), What::IssueLocked(issue_read()));
    check("issues", on("unlocked"), What::IssueUnlocked(issue_read()));
    let issue = issue_read();
    check("issues", labelled("labeled"), What::IssueLabelled { issue, label: label.clone() });
    let issue = issue_read();
    check("issues", labelled("unlabeled"), What::IssueUnlabelled { issue, label });
    check_ignored("issues", on("labeled"), "not named");
    check_ignored("issues", on("pinned"), "pinning");
    check_ignored("issues", on("levitated"), "does not know");
    check_ignored("issues", json!({}), "without an action");
}

#[test]
fn comments_are_read() {
    let on = |action: &str| json!({ "action": action, "issue": issue(), "comment": comment() });
    let (issue, comment) = (issue_read, comment_read);
    let created = What::CommentCreated { issue: issue(), comment: comment() };
    check("issue_comment", on("created"), created);
    let deleted = What::CommentDeleted { issue: issue(), comment: comment() };
    check("issue_comment", on("deleted"), deleted);
    let before = Some("hello".to_owned());
    let changes = json!({ "changes": { "body": { "from": "hello" } } });
    let edited = What::CommentEdited { issue: issue(), comment: comment(), before };
    check("issue_comment", with(on("edited"), changes), edited);
    for untold in [json!({}), json!({ "changes": null }), json!({ "changes": { "body": 1 } })] {
        let edited = What::CommentEdited { issue: issue(), comment: comment(), before: None };
        check("issue_comment", with(on("edited"), untold), edited);
    }
    check_ignored("issue_comment", on("pinned"), "written, edited and deleted");
}

#[test]
fn repositories_and_installations_are_read() {
    let on = |action: &str| json!({ "action": action });
    check("installation", on("deleted"), What::InstallationRemoved);
    check("installation", on("suspend"), What::InstallationSuspended);
    check("installation", on("unsuspend"), What::InstallationUnsuspended);
    check_ignored("installation", on("created"), "until somebody asks");
    let removed =
        json!({ "action": "removed", "repositories_removed": [{ "id": 1 }, { "id": 2 }] });
    let gone = What::RepositoriesGone(vec![RepositoryId(1), RepositoryId(2)]);
    check("installation_repositories", removed, gone);
    check_ignored("installation_repositories", on("added"), "until somebody asks");
    check("repository", on("renamed"), What::RepositoryRenamed);
    check("repository", on("transferred"), What::RepositoryRenamed);
    check("repository", on("deleted"), What::RepositoriesGone(vec![RepositoryId(42)]));
    check_ignored("repository", on("archived"), "archived");
    check_unparsed("repository", "{\"action\":\"deleted\"}", "repository.id: the id is missing");
}

#[test]
fn the_common_parts_are_read() {
    let body = delivery(json!({ "action": "opened", "issue": issue() })).to_string();
    let read = incoming("issues", body.as_bytes()).unwrap();
    assert_eq!(read.installation, Some(InstallationId(5)));
    assert_eq!(read.sender, Some(account()));
    let repository = Repository {
        id: RepositoryId(42),
        owner: "acme".to_owned(),
        name: "app".to_owned(),
        default_branch: Some("main".to_owned()),
        private: true,
    };
    assert_eq!(read.repository, Some(repository));
}

#[test]
fn missing_parts_are_no_trouble() {
    let bare = br#"{"action":"opened","issue":{"number":7},"sender":null,"repository":{"id":1}}"#;
    let read = incoming("issues", bare).unwrap();
    assert_eq!((read.installation, read.sender), (None, None));
    let What::IssueOpened(issue) = read.what else { panic!("{:?}", read.what) };
    assert_eq!((issue.title.as_str(), issue.body.as_str(), issue.open), ("", "", true));
    assert_eq!((issue.author, issue.updated_at), (None, None));

    let named = br#"{"repository":{"id":1,"full_name":"acme/app"},"sender":{"login":"x"}}"#;
    let read = incoming("star", named).unwrap();
    let repository = read.repository.unwrap();
    assert_eq!((repository.owner.as_str(), repository.name.as_str()), ("acme", "app"));
    assert_eq!(read.sender, None, "a login alone is nobody");

    let bot = br#"{"sender":{"id":9007199254740993,"login":"baton[bot]"}}"#;
    let sender = incoming("ping", bot).unwrap().sender.unwrap();
    assert_eq!((sender.id, sender.bot), (UserId(9_007_199_254_740_993), true));
}

#[test]
fn what_is_no_delivery_is_unparsed() {
    check_unparsed("issues", "", ".: the JSON ends too early (line 1, column 0)");
    check_unparsed(
        "issues",
        "{\"action\": \"op",
        "action: the JSON ends too early (line 1, column 14)",
    );
    check_unparsed("ping", "{}{}", ".: something follows the JSON");
    check_unparsed("ping", "[]", ".: the body is not a JSON object");
    check_unparsed("ping", "null", ".: the body is not a JSON object");
    let no_number = "{\"action\":\"opened\",\"issue\":{}}";
    check_unparsed("issues", no_number, "issue.number: the number is missing");
    let no_id = "{\"action\":\"created\",\"issue\":{\"number\":1},\"comment\":null}";
    check_unparsed("issue_comment", no_id, "comment.id: the id is missing");
    assert!(incoming("ping", &[b'{', b'"', 0xff, b'"', b':', b'1', b'}']).is_err());
    assert!(incoming("ping", "[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn a_malformed_body_has_an_empty_envelope() {
    for bad in ["", "{", "[]", "payload=%7B%7D", "{\"action\":\"a\",\"action\":\"b\"}"] {
        let envelope = envelope("issues", bad.as_bytes());
        assert!(!envelope.well_formed, "{bad}");
        assert_eq!((envelope.action, envelope.hint), (None, Hint::None));
    }
}

/// `default_events` and `public` of the manifest, which is plain enough to be read by lines.
fn manifest_list(key: &str) -> Vec<&'static str> {
    let manifest = include_str!("../../../app-manifest.yml");
    let section = manifest.lines().skip_while(|it| *it != format!("{key}:")).skip(1);
    let section = section.take_while(|it| it.is_empty() || it.starts_with(' '));
    let entries = section.map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    entries.map(|it| it.trim_start_matches("- ")).collect()
}

#[test]
fn the_manifest_subscribes_to_what_is_read() {
    assert_eq!(manifest_list("default_events"), SUBSCRIBED);
    assert!(include_str!("../../../app-manifest.yml").contains("\npublic: false\n"));
    // A status has no action: it is used, or it misses its commit.
    for event in SUBSCRIBED.iter().chain(&UNASKED).filter(|it| **it != "status") {
        let What::Ignored(reason) = what(event, &json!({ "ref": "refs/tags/v1" })) else {
            panic!("{event} without an action is used");
        };
        assert!(!reason.contains("does not subscribe"), "{event}");
    }
    check_ignored("marketplace_purchase", json!({}), "does not subscribe");
}

#[test]
fn the_manifest_asks_for_no_more_than_it_says() {
    let expected = [
        "metadata: read",
        "issues: write",
        "pull_requests: write",
        "contents: write",
        "checks: write",
        "statuses: read",
        "actions: read",
    ];
    assert_eq!(manifest_list("default_permissions"), expected);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}|opened|closed|created|completed|submitted|removed|refs/heads/x"
            .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "action",
        "installation",
        "repository",
        "sender",
        "issue",
        "comment",
        "pull_request",
        "head",
        "repo",
        "ref",
        "after",
        "id",
        "number",
        "login",
        "user",
        "labels",
        "label",
        "name",
        "changes",
        "body",
        "from",
        "repositories_removed",
        "owner",
        "review",
        "state",
        "check_run",
        "check_suite",
        "workflow_run",
        "head_sha",
        "head_branch",
        "pull_requests",
        "branches",
        "commits",
        "added",
        "before",
        "strange",
    ]);
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_object_is_understood_or_named(
        body in any_json(),
        event in prop::sample::select([&SUBSCRIBED[..], &UNASKED[..], &["fork"]].concat()),
    ) {
        let text = body.to_string();
        let envelope = envelope(event, text.as_bytes());
        prop_assert_eq!(envelope.well_formed, body.is_object());
        if let Err(error) = incoming(event, text.as_bytes()) {
            prop_assert!(!body.is_object() || error.why.ends_with("is missing"), "{}", error);
        }
    }

    #[test]
    fn any_bytes_are_survived(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = envelope("issues", &body);
        let _ = incoming("issues", &body);
    }
}
