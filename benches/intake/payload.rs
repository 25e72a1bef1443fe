//! What is sent: `issues.opened` with the fields and about the size of GitHub's own, for many
//! issues, signed beforehand.

use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

pub(crate) const SECRET: &str = "a secret of the benchmark";

/// Different issues.
const ISSUES: usize = 512;

struct Signed {
    body: String,
    signature: String,
}

static BODIES: LazyLock<Vec<Signed>> = LazyLock::new(|| (1..=ISSUES).map(signed).collect());

/// The bytes of one body.
pub(crate) fn size() -> usize {
    BODIES[0].body.len()
}

/// A whole request.
pub(crate) fn request(id: &str, n: usize) -> Vec<u8> {
    let Signed { body, signature } = &BODIES[n % ISSUES];
    let head = format!(
        "POST /webhooks/github HTTP/1.1\r\nHost: baton.example\r\nUser-Agent: GitHub-Hookshot/1\r\n\
         Accept: */*\r\nContent-Type: application/json\r\nX-GitHub-Delivery: {id}\r\n\
         X-GitHub-Event: issues\r\nX-GitHub-Hook-ID: 1\r\n\
         X-GitHub-Hook-Installation-Target-ID: 7\r\n\
         X-GitHub-Hook-Installation-Target-Type: integration\r\n\
         X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

fn signed(number: usize) -> Signed {
    let body = payload(number).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    Signed { signature: hex::encode(mac.finalize().into_bytes()), body }
}

fn payload(number: usize) -> Value {
    let api = "https://api.github.com/repos/acme/api";
    let text = "When I run the import twice, the second run fails with a timeout, and the worker \
                in `src/jobs/import.rs` keeps its lease. Expected: it is tried again.\n\n";
    json!({
        "action": "opened",
        "issue": {
            "url": format!("{api}/issues/{number}"),
            "id": 3_000_000_000_u64 + number as u64,
            "number": number,
            "title": format!("Import {number} fails when it is run twice"),
            "user": user("ann", 3),
            "labels": [
                { "id": 1, "name": "bug", "color": "d73a4a", "default": true, "description": null },
                { "id": 2, "name": "import", "color": "ededed", "default": false },
            ],
            "state": "open", "locked": false, "assignee": null, "assignees": [user("bob", 4)],
            "milestone": null, "comments": 0, "created_at": "2026-11-21T12:00:00Z",
            "updated_at": "2026-11-21T12:00:00Z", "closed_at": null,
            "author_association": "MEMBER", "active_lock_reason": null,
            "body": text.repeat(24),
            "reactions": { "url": format!("{api}/issues/{number}/reactions"), "total_count": 0 },
            "timeline_url": format!("{api}/issues/{number}/timeline"), "state_reason": null,
        },
        "repository": repository(api),
        "organization": { "login": "acme", "id": 1, "url": "https://api.github.com/orgs/acme" },
        "sender": user("ann", 3),
        "installation": { "id": 7, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uNw==" },
    })
}

fn repository(api: &str) -> Value {
    let mut repository = Map::new();
    for kind in [
        "archive",
        "assignees",
        "blobs",
        "branches",
        "collaborators",
        "comments",
        "commits",
        "compare",
        "contents",
        "contributors",
        "deployments",
        "downloads",
        "events",
        "forks",
        "git_commits",
        "git_refs",
        "git_tags",
        "hooks",
        "issue_comment",
        "issue_events",
        "issues",
        "keys",
        "labels",
        "languages",
        "merges",
        "milestones",
        "notifications",
        "pulls",
        "releases",
        "stargazers",
        "statuses",
        "subscribers",
        "subscription",
        "tags",
        "teams",
        "trees",
    ] {
        repository.insert(format!("{kind}_url"), format!("{api}/{kind}{{/id}}").into());
    }
    let fields = json!({
        "id": 42, "node_id": "R_kgDOBaton", "name": "api", "full_name": "acme/api",
        "private": false, "owner": user("acme", 1), "html_url": "https://github.com/acme/api",
        "description": "The service behind the import", "fork": false,
        "default_branch": "main", "visibility": "public", "archived": false, "disabled": false,
        "topics": ["import", "service"], "has_issues": true, "open_issues": 12, "language": "Rust",
        "created_at": "2020-01-01T00:00:00Z", "pushed_at": "2026-11-20T00:00:00Z",
        "stargazers_count": 40, "watchers": 40, "forks": 3, "size": 2048,
    });
    for (name, value) in fields.as_object().unwrap() {
        repository.insert(name.clone(), value.clone());
    }
    Value::Object(repository)
}

fn user(login: &str, id: u64) -> Value {
    let mut user = Map::new();
    let api = format!("https://api.github.com/users/{login}");
    for kind in [
        "events",
        "followers",
        "following",
        "gists",
        "organizations",
        "received_events",
        "repos",
        "starred",
        "subscriptions",
    ] {
        user.insert(format!("{kind}_url"), format!("{api}/{kind}{{/other}}").into());
    }
    user.insert("login".to_owned(), login.into());
    user.insert("id".to_owned(), id.into());
    user.insert("node_id".to_owned(), "MDQ6VXNlcjM=".into());
    user.insert("type".to_owned(), "User".into());
    user.insert("site_admin".to_owned(), false.into());
    user.insert("avatar_url".to_owned(), format!("https://avatars.example/u/{id}?v=4").into());
    user.insert("url".to_owned(), api.into());
    user.insert("html_url".to_owned(), format!("https://github.com/{login}").into());
    Value::Object(user)
}
