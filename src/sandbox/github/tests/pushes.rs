//! Pushes by people: other authors, other parents, bytes that are no text.

use serde_json::json;

use super::super::{Push, Role};
use super::Bed;

#[tokio::test]
async fn a_commit_has_its_own_author_and_the_push_its_own_sender() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Write);
    let author = Some(("Zoë", "zoe@example.com"));
    let files: [(&str, Option<&[u8]>); 2] =
        [("picture", Some(&[0, 1, 2])), ("README.md", Some(b"new"))];
    let push =
        Push { branch: "work", files: &files, message: "Picture", author, ..Push::default() };
    let sha = ann.pushes_commit(&push).unwrap();
    let told = bed.webhooks().await;
    let commit = &told[0].body["commits"][0];
    assert_eq!((&commit["id"], &commit["author"]["name"]), (&json!(sha), &json!("Zoë")));
    assert_eq!(commit["committer"]["username"], "ann");
    assert_eq!(
        (&commit["added"], &commit["modified"]),
        (&json!(["picture"]), &json!(["README.md"]))
    );
    assert_eq!(told[0].body["sender"]["login"], "ann");
    assert_eq!(bed.get("/commits/work").await.1["author"], json!(null), "nobody here is Zoë");
}

#[tokio::test]
async fn a_branch_is_rewritten_on_another_parent() {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Write);
    let base = bed.github.repo().commits("main")[0].sha.clone();
    ann.pushes("work", &[("a", Some("a"))], "One").unwrap();
    ann.opens_pull("work", "Work", "").unwrap();
    bed.webhooks().await;
    let files: [(&str, Option<&[u8]>); 1] = [("b", Some(b"b"))];
    let push = Push {
        branch: "work",
        files: &files,
        message: "Other",
        onto: Some(&base),
        ..Push::default()
    };
    let sha = ann.pushes_commit(&push).unwrap();
    let told = bed.webhooks().await;
    assert_eq!((&told[0].body["forced"], &told[0].body["after"]), (&json!(true), &json!(sha)));
    assert_eq!(told[1].name(), "pull_request.synchronize");
    assert_eq!(bed.github.repo().file("work", "a"), None);
    assert!(bed.github.person("dev", Role::Triage).pushes_commit(&push).is_err());
}
