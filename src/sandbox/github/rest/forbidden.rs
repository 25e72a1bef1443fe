//! Calls that take effect here as on GitHub, but that no App should make which only proposes: they
//! are marked in the log, so that a harness can assert that there was none.

use serde_json::Value;

/// Why an App that only proposes must not make this call.
pub(super) fn reason(method: &str, template: &str, body: &Value) -> Option<&'static str> {
    let ends = |tail: &str| template.ends_with(tail);
    match method {
        "PUT" if ends("/pulls/{pull_number}/merge") => Some("merges"),
        "POST" if ends("/pulls/{pull_number}/reviews") && body["event"] == "APPROVE" => {
            Some("approves")
        }
        "PATCH" if ends("/git/refs/{*ref}") && body["force"] == true => Some("forces"),
        "POST" if ends("/statuses/{sha}") => Some("vouches for a commit"),
        "POST" if ends("/graphql") => {
            let query = body["query"].as_str().unwrap_or_default();
            let merges = ["mergePullRequest", "enablePullRequestAutoMerge", "mergeBranch"];
            let approves = ["addPullRequestReview", "submitPullRequestReview"];
            let named = |names: &[&str]| names.iter().any(|it| query.contains(it));
            match (named(&merges), named(&approves)) {
                (true, _) => Some("merges"),
                (_, true) => Some("approves"),
                (false, false) => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(method: &str, template: &str, body: Value, expected: Option<&str>) {
        assert_eq!(reason(method, template, &body), expected);
    }

    #[test]
    fn what_only_people_should_do_is_marked() {
        let pull = "/repos/{owner}/{repo}/pulls/{pull_number}";
        let refs = "/repos/{owner}/{repo}/git/refs/{*ref}";
        let query = |text: &str| json!({ "query": text });
        check("PUT", &format!("{pull}/merge"), json!({}), Some("merges"));
        check("GET", &format!("{pull}/merge"), json!({}), None);
        check("POST", &format!("{pull}/reviews"), json!({ "event": "APPROVE" }), Some("approves"));
        check("POST", &format!("{pull}/reviews"), json!({ "event": "COMMENT" }), None);
        check("PATCH", refs, json!({ "force": true }), Some("forces"));
        check("PATCH", refs, json!({ "force": false }), None);
        check("POST", "/graphql", query("mutation { mergePullRequest }"), Some("merges"));
        check("POST", "/graphql", query("mutation { markPullRequestReadyForReview }"), None);
    }
}
