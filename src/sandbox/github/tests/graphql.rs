//! What only GraphQL can do.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::Role;
use super::Bed;
use crate::base::IssueNumber;

const READY: &str = "mutation($input: MarkPullRequestReadyForReviewInput!) { \
                     markPullRequestReadyForReview(input: $input) { \
                     clientMutationId pullRequest { number isDraft } } }";

const COMMIT: &str = "mutation Commit($input: CreateCommitOnBranchInput!) { \
                      made: createCommitOnBranch(input: $input) { commit { oid } ref { name } } }";

/// Draft pull request 1 from `work`, which changes `a.txt`.
async fn bed() -> Bed {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Write);
    ann.pushes("work", &[("a.txt", Some("a\n"))], "One").unwrap();
    ann.opens_draft("work", "Work", "").unwrap();
    bed.webhooks().await;
    bed
}

#[tokio::test]
async fn a_draft_is_made_ready_once() {
    let bed = bed().await;
    let (_, pull) = bed.get("/pulls/1").await;
    assert_eq!(bed.get("/issues/1").await.1["node_id"], pull["node_id"]);
    let input = json!({ "input": { "pullRequestId": pull["node_id"], "clientMutationId": "k" } });
    let answer = bed.graphql(READY, input.clone()).await;
    assert_eq!(
        answer,
        json!({ "data": { "markPullRequestReadyForReview": {
            "clientMutationId": "k",
            "pullRequest": { "number": 1, "isDraft": false },
        } } })
    );
    let told = bed.webhooks().await;
    assert_eq!(told[0].name(), "pull_request.ready_for_review");
    assert_eq!(told[0].body["sender"]["login"], "baton[bot]");
    let again = bed.graphql(READY, input).await;
    assert_eq!(again["errors"][0]["type"], "UNPROCESSABLE");
    assert_eq!(again["data"]["markPullRequestReadyForReview"], Value::Null);
    let unknown = bed.graphql(READY, json!({ "input": { "pullRequestId": "PR_x" } })).await;
    assert_eq!(unknown["errors"][0]["type"], "NOT_FOUND");
}

#[tokio::test]
async fn a_closed_one_is_not_made_ready() {
    let bed = bed().await;
    let (_, pull) = bed.get("/pulls/1").await;
    bed.github.person("ann", Role::Write).closes(IssueNumber(1)).unwrap();
    let input = json!({ "input": { "pullRequestId": pull["node_id"] } });
    let answer = bed.graphql(READY, input).await;
    assert_eq!(answer["errors"][0]["type"], "UNPROCESSABLE");
    assert_eq!(bed.get("/pulls/1").await.1["draft"], true);
}

#[tokio::test]
async fn a_commit_lands_only_on_the_expected_head() {
    let bed = bed().await;
    let head = bed.get("/git/ref/heads/work").await.1["object"]["sha"].clone();
    let input = |expected: &Value, path: &str| {
        json!({ "input": {
            "branch": { "repositoryNameWithOwner": "acme/helpdesk", "branchName": "work" },
            "message": { "headline": "Two", "body": "Why" },
            "expectedHeadOid": expected,
            "fileChanges": {
                "additions": [{ "path": path, "contents": STANDARD.encode("b") }],
                "deletions": [{ "path": "a.txt" }],
            },
        } })
    };
    let made = bed.graphql(COMMIT, input(&head, "b.txt")).await;
    let log = bed.github.repo().commits("work");
    assert_eq!(made["data"]["made"]["commit"]["oid"], json!(log[0].sha));
    assert_eq!((log[0].message.as_str(), log[0].author.as_str()), ("Two\n\nWhy", "baton[bot]"));
    assert_eq!(log[0].files, ["a.txt", "b.txt"]);
    let names: Vec<String> = bed.webhooks().await.iter().map(super::bed::Received::name).collect();
    assert_eq!(names, ["push", "pull_request.synchronize", "check_suite.requested"]);
    let stale = bed.graphql(COMMIT, input(&head, "c.txt")).await;
    assert_eq!(stale["errors"][0]["type"], "STALE_DATA");
    let without = bed.graphql(COMMIT, input(&Value::Null, "c.txt")).await;
    assert!(without["errors"][0]["message"].as_str().unwrap().contains("expectedHeadOid"));
    let head = json!(log[0].sha);
    let mut workflow = input(&head, ".github/workflows/evil.yml");
    workflow["input"]["fileChanges"]["deletions"] = json!([]);
    let refused = bed.graphql(COMMIT, workflow).await;
    assert_eq!(refused["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(bed.github.repo().commits("work").len(), log.len());
}

#[tokio::test]
async fn threads_tell_whether_they_are_resolved() {
    let bed = bed().await;
    let bob = bed.github.person("bob", Role::Write);
    let first = bob.comments_on_line(IssueNumber(1), "a.txt", 1, "Why?").unwrap();
    bob.comments_on_line(IssueNumber(1), "a.txt", 1, "And this?").unwrap();
    bob.resolves_thread(first, true).unwrap();
    let query = |page: &str| {
        format!(
            "query {{ repository(owner: \"acme\", name: \"helpdesk\") {{ pullRequest(number: 1) \
             {{ reviewThreads{page} {{ pageInfo {{ hasNextPage endCursor }} nodes {{ isResolved \
             line comments(first: 1) {{ nodes {{ databaseId fullDatabaseId ...Author }} }} }} }} }} }} }} \
             fragment Author on PullRequestReviewComment {{ author {{ login }} }}"
        )
    };
    let answer = bed.graphql(&query("(first: 1)"), json!({})).await;
    let threads = &answer["data"]["repository"]["pullRequest"]["reviewThreads"];
    assert_eq!(
        threads["nodes"],
        json!([{
            "isResolved": true,
            "line": 1,
            "comments": { "nodes": [{
                "databaseId": first,
                "fullDatabaseId": first.to_string(),
                "author": { "login": "bob" },
            }] },
        }])
    );
    assert_eq!(threads["pageInfo"], json!({ "hasNextPage": true, "endCursor": "1" }));
    let answer = bed.graphql(&query("(first: 1, after: \"1\")"), json!({})).await;
    let threads = &answer["data"]["repository"]["pullRequest"]["reviewThreads"];
    assert_eq!(threads["nodes"][0]["isResolved"], false);
    let unbounded = bed.graphql(&query(""), json!({})).await;
    assert_eq!(unbounded["errors"][0]["type"], "MISSING_PAGINATION_BOUNDARIES");
    let wrong = bed.graphql("{ viewer { name } }", json!({})).await;
    assert_eq!(wrong["errors"][0]["message"], "Field 'name' doesn't exist on type 'User'");
}

#[tokio::test]
async fn rights_hold_and_the_knob_takes_it_away() {
    let bed = bed().await;
    let (_, pull) = bed.get("/pulls/1").await;
    let narrow = bed.new_token(json!({ "permissions": { "pull_requests": "read" } })).await;
    let variables = json!({ "input": { "pullRequestId": pull["node_id"] } });
    let body = json!({ "query": READY, "variables": variables });
    let (status, answer) = bed.call_as(&narrow, "POST", "/api/graphql", Some(body)).await;
    assert_eq!((status, &answer["errors"][0]["type"]), (200, &json!("FORBIDDEN")));
    let merge = "mutation { mergePullRequest(input: {}) { clientMutationId } }";
    let refused = bed.graphql(merge, json!({})).await;
    let why = "Field 'mergePullRequest' doesn't exist on type 'Mutation'";
    assert_eq!(refused["errors"][0]["message"], why);
    assert_eq!(bed.github.forbidden_calls().len(), 1);
    bed.github.serve_graphql(false);
    let body = json!({ "query": "{ viewer { login } }" });
    assert_eq!(bed.call_as(&bed.token, "POST", "/graphql", Some(body)).await.0, 404);
}
