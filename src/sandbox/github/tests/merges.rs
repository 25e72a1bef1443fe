//! Merging, and what stands in its way.

use serde_json::{Value, json};

use super::super::{CiBehaviour, Conclusion, MergeMethod, ReviewState, Role};
use super::Bed;
use crate::base::IssueNumber;

/// Issue 1, and pull request 2 that closes it.
async fn bed() -> (Bed, IssueNumber) {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Maintain);
    ann.opens("Cache", "").unwrap();
    ann.pushes("work", &[("a.txt", Some("a"))], "One").unwrap();
    ann.pushes("work", &[("b.txt", Some("b"))], "Two").unwrap();
    let pull = ann.opens_draft("work", "Cache answers", "Closes #1").unwrap();
    bed.webhooks().await;
    (bed, pull)
}

async fn names(bed: &Bed) -> Vec<String> {
    let told = bed.webhooks().await;
    let told = told.iter().map(super::bed::Received::name);
    told.filter(|it| !it.starts_with("check_suite")).collect()
}

#[tokio::test]
async fn a_merge_is_told_in_either_order() {
    for (first, expected) in [
        (false, ["pull_request.closed", "push", "issues.closed"]),
        (true, ["issues.closed", "pull_request.closed", "push"]),
    ] {
        let (bed, pull) = bed().await;
        let ann = bed.github.person("ann", Role::Maintain);
        bed.github.repo().closes_issues_first(first);
        ann.marks_ready(pull).unwrap();
        assert_eq!(names(&bed).await, ["pull_request.ready_for_review"]);
        ann.merges(pull).unwrap();
        assert_eq!(names(&bed).await, expected);
        let (_, merged) = bed.get("/pulls/2").await;
        assert_eq!(
            (&merged["merged"], &merged["merged_by"]["login"]),
            (&json!(true), &json!("ann"))
        );
        assert_eq!(bed.get("/pulls/2/merge").await.0, 204);
        assert_eq!(bed.get("/issues/1").await.1["state_reason"], "completed");
    }
}

#[tokio::test]
async fn a_squash_makes_one_commit_of_the_authors() {
    let (bed, pull) = bed().await;
    let ann = bed.github.person("ann", Role::Maintain);
    ann.marks_ready(pull).unwrap();
    bed.github.person("bob", Role::Write).merges_with(pull, MergeMethod::Squash).unwrap();
    let log = bed.github.repo().commits("main");
    assert_eq!((log[0].message.as_str(), log[0].author.as_str()), ("Cache answers (#2)", "ann"));
    assert_eq!((log[0].parents.len(), &log[0].files), (1, &vec!["a.txt".into(), "b.txt".into()]));
    let (_, commits) = bed.get("/commits?per_page=1").await;
    assert_eq!(commits[0]["committer"]["login"], "bob");
}

#[tokio::test]
async fn the_app_can_merge_and_is_caught_at_it() {
    let (bed, pull) = bed().await;
    let ann = bed.github.person("ann", Role::Maintain);
    let merge = async |body: Value, expected: (u16, &str)| {
        let (status, answer) = bed.call("PUT", "/pulls/2/merge", body).await;
        assert_eq!((status, answer["message"].as_str().unwrap()), expected);
    };
    assert_eq!(bed.get("/pulls/2/merge").await.0, 404);
    merge(json!({}), (405, "Pull Request is still a draft")).await;
    ann.marks_ready(pull).unwrap();
    let moved = "Head branch was modified. Review and try the merge again.";
    merge(json!({ "sha": "0".repeat(40) }), (409, moved)).await;
    let rebase = "Rebase merges are not allowed on this repository.";
    merge(json!({ "merge_method": "rebase" }), (405, rebase)).await;
    merge(json!({}), (200, "Pull Request successfully merged")).await;
    merge(json!({}), (405, "Pull Request is not mergeable")).await;
    let caught = bed.github.forbidden_calls();
    assert_eq!(caught.len(), 5, "a merge is forbidden also where it fails");
    assert!(caught.iter().all(|it| it.forbidden == Some("merges")));
}

#[tokio::test]
async fn a_branch_asks_for_checks_and_reviews() {
    let (bed, pull) = bed().await;
    let repo = bed.github.repo();
    let (ann, bob) =
        (bed.github.person("ann", Role::Maintain), bed.github.person("bob", Role::Write));
    assert_eq!(bed.get("/rules/branches/main").await, (200, json!([])));
    repo.requires_checks("main", &[("test", Some("github-actions"))]);
    repo.requires_reviews("main", 1, true);
    let (_, rules) = bed.get("/rules/branches/main").await;
    assert_eq!(
        rules[0]["parameters"]["required_status_checks"],
        json!([{ "context": "test", "integration_id": 15_368 }])
    );
    assert_eq!(rules[1]["type"], "pull_request");
    ann.marks_ready(pull).unwrap();
    let head = repo.issue(pull).unwrap().pull.unwrap().head_sha;
    let refused = || ann.merges(pull).unwrap_err().to_string();
    repo.app_checks("evil", &head, "test", Conclusion::Success).unwrap();
    assert!(refused().ends_with("the required check \"test\" has not passed"));
    repo.ci_concludes(&head, "test", Conclusion::Success, "").unwrap();
    assert!(refused().ends_with("1 approving reviews by people with write are required"));
    bed.github.stranger("eve").reviews(pull, ReviewState::Approved, "").unwrap();
    assert!(refused().ends_with("1 approving reviews by people with write are required"));
    bob.reviews(pull, ReviewState::Approved, "").unwrap();
    repo.ci(CiBehaviour::Green);
    bed.webhooks().await;
    ann.pushes("work", &[("c.txt", Some("c"))], "Three").unwrap();
    let told = names(&bed).await;
    assert!(told.contains(&"pull_request_review.dismissed".to_owned()), "{told:?}");
    assert!(refused().ends_with("1 approving reviews by people with write are required"));
    bob.reviews(pull, ReviewState::Approved, "").unwrap();
    ann.merges(pull).unwrap();
}

#[tokio::test]
async fn reviewers_are_asked() {
    let (bed, _) = bed().await;
    bed.github.person("bob", Role::Write);
    bed.github.stranger("eve");
    let check = async |login: &str, expected: u16| {
        let body = json!({ "reviewers": [login] });
        assert_eq!(bed.call("POST", "/pulls/2/requested_reviewers", body).await.0, expected);
    };
    check("eve", 422).await;
    check("ann", 422).await;
    check("bob", 201).await;
    let told = bed.webhooks().await;
    assert_eq!(told[0].name(), "pull_request.review_requested");
    assert_eq!(told[0].body["requested_reviewer"]["login"], "bob");
    assert_eq!(bed.get("/pulls/2").await.1["requested_reviewers"][0]["login"], "bob");
}
