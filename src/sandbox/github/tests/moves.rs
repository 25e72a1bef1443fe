//! What moves: renamed repositories, transferred issues; and roles that organisations make up.

use serde_json::{Value, json};

use super::super::Role;
use super::Bed;

#[tokio::test]
async fn a_renamed_repository_is_found_by_its_old_name() {
    let bed = Bed::new().await;
    let ada = bed.github.person("ada", Role::Admin);
    let issue = ada.opens("A", "a").unwrap();
    bed.webhooks().await;
    ada.renames_repository("desk").unwrap();
    let told = bed.webhooks().await;
    assert_eq!(told[0].name(), "repository.renamed");
    assert_eq!(told[0].body["changes"]["repository"]["name"]["from"], "helpdesk");
    assert_eq!(told[0].body["repository"]["full_name"], "acme/desk");
    let path = "/repos/acme/helpdesk/issues/1/comments?per_page=1";
    let send = async |method: &str, path: &str, body: Option<Value>| {
        bed.send(&bed.token, method, path, body).await.unwrap()
    };
    let response = send("GET", path, None).await;
    assert_eq!(response.status(), 301);
    let id = bed.github.repo().id();
    let url = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(
        url,
        format!("{}/repositories/{id}/issues/1/comments?per_page=1", bed.github.api_url())
    );
    let there = url.strip_prefix(&bed.github.api_url()).unwrap().to_owned();
    let body = Some(json!({ "body": "x" }));
    assert_eq!(send("POST", path, body.clone()).await.status(), 307);
    assert_eq!(send("POST", &there, body).await.status(), 201);
    assert_eq!(bed.github.repo().issue(issue).unwrap().comments.len(), 1);
    assert!(ada.renames_repository("DESK").is_err());
    // Another repository takes the old name: nothing leads to ours any more.
    bed.github.add_repository("helpdesk", false, Vec::new()).unwrap();
    assert_eq!(bed.get("/issues/1").await.0, 404);
    let (_, other) = bed.get("").await;
    assert_ne!(other["id"], json!(id));
}

#[tokio::test]
async fn a_transferred_issue_leads_to_its_new_place() {
    let bed = Bed::new().await;
    let ada = bed.github.person("ada", Role::Admin);
    bed.github.add_repository("site", false, Vec::new()).unwrap();
    let site = bed.github.repo_named("site").unwrap();
    let issue = ada.opens("A", "a").unwrap();
    ada.comments(issue, "hello").unwrap();
    assert!(ada.transfers_issue(issue, &site).is_err(), "they need write there too");
    site.person("ada", Some(Role::Write)).selects_repository().unwrap_err();
    let new = ada.transfers_issue(issue, &site).unwrap();
    let told = bed.webhooks().await;
    let last = told.last().unwrap();
    assert_eq!(last.name(), "issues.transferred", "the App is not installed on the other");
    assert_eq!(last.body["changes"]["new_repository"]["name"], "site");
    assert_eq!(last.body["changes"]["new_issue"]["number"], json!(new));
    let path = "/repos/acme/helpdesk/issues/1";
    let response = bed.send(&bed.token, "GET", path, None).await.unwrap();
    assert_eq!(response.status(), 301);
    assert!(response.headers()["location"].to_str().unwrap().ends_with("/issues/1"));
    assert_eq!(site.issue(new).unwrap().comments[0].body, "hello");
    assert!(bed.github.repo().issue(issue).is_none());
    assert_eq!(ada.opens("B", "b").unwrap().0, 2, "numbers are not given twice");
}

#[tokio::test]
async fn organisations_make_up_roles() {
    let bed = Bed::new().await;
    let repo = bed.github.repo();
    repo.person_with_custom_role("cap", "release-captain", Role::Maintain);
    repo.person_with_custom_role("tim", "community", Role::Triage);
    let check = async |login: &str, expected: [&str; 2], push: bool| {
        let (_, body) = bed.get(&format!("/collaborators/{login}/permission")).await;
        assert_eq!([&body["role_name"], &body["permission"]], expected);
        assert_eq!(body["user"]["permissions"]["push"], push);
    };
    check("cap", ["release-captain", "write"], true).await;
    check("tim", ["community", "read"], false).await;
    repo.person("cap", Some(Role::Read));
    check("cap", ["read", "read"], false).await;
}

#[tokio::test]
async fn a_locked_conversation_opens_again() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Triage);
    let issue = ann.opens("A", "a").unwrap();
    ann.locks(issue).unwrap();
    assert!(bed.github.stranger("eve").comments(issue, "x").is_err());
    ann.unlocks(issue).unwrap();
    bed.github.stranger("eve").comments(issue, "x").unwrap();
    ann.closes_as_not_planned(issue).unwrap();
    assert_eq!(bed.get("/issues/1").await.1["state_reason"], "not_planned");
}
