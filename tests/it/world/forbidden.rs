//! What Baton never does on GitHub, over all stories (`trust.md`, rule 13): every world ends with a
//! look at each call that was made in it.

use baton::sandbox::github::CallRecord;

/// What Baton may write on GitHub: method and end of the path's template. Whatever is not here is
/// forbidden, so that a new way to write is a line that somebody reads.
const ALLOWED: [(&str, &str); 19] = [
    ("POST", "/repos/{owner}/{repo}/labels"),
    ("POST", "/issues/{issue_number}/labels"),
    ("DELETE", "/issues/{issue_number}/labels/{name}"),
    ("POST", "/issues/{issue_number}/comments"),
    ("PATCH", "/issues/comments/{comment_id}"),
    ("POST", "/issues/comments/{comment_id}/reactions"),
    ("POST", "/issues/{issue_number}/reactions"),
    ("POST", "/pulls"),
    ("PATCH", "/pulls/{pull_number}"),
    ("POST", "/pulls/{pull_number}/requested_reviewers"),
    ("POST", "/pulls/{pull_number}/comments/{comment_id}/replies"),
    ("POST", "/pulls/comments/{comment_id}/reactions"),
    ("PUT", "/pulls/{pull_number}/reviews/{review_id}/dismissals"),
    ("POST", "/git/trees"),
    ("POST", "/git/commits"),
    ("POST", "/git/refs"),
    ("PATCH", "/git/refs/{*ref}"),
    ("POST", "/check-runs"),
    ("PATCH", "/check-runs/{check_run_id}"),
];

/// What GraphQL is there for: nothing else can turn a draft into a pull request.
const MUTATIONS: [&str; 2] = ["markPullRequestReadyForReview", "convertPullRequestToDraft"];

/// Why Baton must never make this call (trust rule 13): it merges, approves, tags, releases,
/// forces, deletes a branch, or writes outside `baton/**`.
pub(crate) fn forbidden(call: &CallRecord) -> Option<&'static str> {
    if !call.is_write {
        return None;
    }
    if call.forbidden.is_some() {
        return call.forbidden;
    }
    let body = call.body.clone().unwrap_or_default();
    let template = call.template.unwrap_or_default();
    if template.ends_with("/graphql") {
        let query = body["query"].as_str().unwrap_or_default();
        let is_ready = MUTATIONS.iter().any(|it| query.contains(it));
        let calls = query.matches("(input").count();
        return (query.contains("mutation") && !(is_ready && calls == 1))
            .then_some("does by GraphQL what Baton does not do");
    }
    let is_allowed =
        |(method, end): &(&str, &str)| call.method == *method && template.ends_with(end);
    if !ALLOWED.iter().any(is_allowed) {
        return Some("writes what Baton does not write");
    }
    let ours = |it: &str| it.strip_prefix("refs/heads/").is_some_and(is_ours);
    let is_outside = match (call.method.as_str(), template.rsplit('/').next()) {
        ("POST", Some("refs")) => !body["ref"].as_str().is_some_and(ours),
        ("PATCH", Some("{*ref}")) => {
            let named = call.path.split_once("/git/").map(|it| it.1.replace("%2F", "/"));
            !named.as_deref().is_some_and(ours)
        }
        ("POST", Some("pulls")) => !body["head"].as_str().is_some_and(is_ours),
        ("PATCH", Some("{pull_number}")) => !body["base"].is_null(),
        (_, _) => false,
    };
    if is_outside {
        return Some("writes outside baton/**");
    }
    (!body["force"].is_null() && body["force"] != false).then_some("forces")
}

/// Whether a branch is one of Baton's (trust rules 4 and 13), by a reading of its own: a mistake in
/// the product's must show here.
fn is_ours(branch: &str) -> bool {
    let rest = branch.strip_prefix("baton").and_then(|it| it.strip_prefix(['/', '-']));
    rest.and_then(|it| it.split_once('-')).is_some_and(|(number, slug)| {
        let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        is_number && slug.len() <= 40 && slug.bytes().all(is_plain)
    })
}

#[cfg(test)]
mod tests {
    use baton::base::Timestamp;
    use baton::sandbox::github::Caller;
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(method: &str, template: &'static str, body: Value, expected: bool) {
        let path = template.replace("{*ref}", body["at"].as_str().unwrap_or("heads/main"));
        let call = CallRecord {
            nth: 1,
            at: Timestamp(0),
            method: method.to_owned(),
            path,
            template: Some(template),
            caller: Caller::Installation,
            is_write: method != "GET",
            forbidden: None,
            body: Some(body.clone()),
            status: Some(200),
            fault: None,
        };
        assert_eq!(forbidden(&call).is_some(), expected, "{method} {template} {body}");
    }

    /// A harness that forbids nothing would let every story pass.
    #[test]
    fn what_baton_never_does_is_noticed() {
        let refs = "/repos/{owner}/{repo}/git/refs";
        let one = "/repos/{owner}/{repo}/git/refs/{*ref}";
        let pull = "/repos/{owner}/{repo}/pulls/{pull_number}";
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            check(method, "/repos/{owner}/{repo}/contents/{*path}", json!({}), true);
            check(method, "/repos/{owner}/{repo}/git/tags", json!({}), true);
            check(method, "/repos/{owner}/{repo}/releases", json!({}), true);
            check(method, "/repos/{owner}/{repo}/merges", json!({}), true);
            check(method, "/repos/{owner}/{repo}/pulls/{pull_number}/merge", json!({}), true);
            check(method, "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", json!({}), true);
            check(method, "/repos/{owner}/{repo}/statuses/{sha}", json!({}), true);
        }
        check("GET", "/repos/{owner}/{repo}/contents/{*path}", json!({}), false);
        check("DELETE", one, json!({ "at": "heads/baton/1-a" }), true);
        check("POST", refs, json!({ "ref": "refs/heads/baton/1-a" }), false);
        for outside in ["refs/heads/main", "refs/tags/baton/1-a", "refs/heads/baton/x", "baton/1-a"]
        {
            check("POST", refs, json!({ "ref": outside }), true);
        }
        check("PATCH", one, json!({ "at": "heads/baton/1-a", "force": false }), false);
        check("PATCH", one, json!({ "at": "heads/baton%2F1-a" }), false);
        check("PATCH", one, json!({ "at": "heads/baton/1-a", "force": true }), true);
        check("PATCH", one, json!({ "at": "heads/baton/1-a", "force": "true" }), true);
        check("PATCH", one, json!({ "at": "heads/main", "force": false }), true);
        check("PATCH", pull, json!({ "body": "x" }), false);
        check("PATCH", pull, json!({ "base": "release" }), true);
        check("POST", "/repos/{owner}/{repo}/pulls", json!({ "head": "baton/1-a" }), false);
        check("POST", "/repos/{owner}/{repo}/pulls", json!({ "head": "main" }), true);
        let ready = "mutation { markPullRequestReadyForReview(input: {}) { x } }";
        let both = "mutation { markPullRequestReadyForReview(input: {}) deleteRef(input: {}) }";
        check("POST", "/graphql", json!({ "query": ready }), false);
        check("POST", "/graphql", json!({ "query": both }), true);
        check("POST", "/graphql", json!({ "query": "query { viewer { login } }" }), false);
        check("POST", "/graphql", json!({ "query": "mutation { deleteRef(input: {}) }" }), true);
    }
}
