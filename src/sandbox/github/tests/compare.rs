//! What differs: comparisons, files of pull requests and of commits.

use serde_json::{Value, json};

use super::super::Role;
use super::Bed;

/// `work` renames a file, removes one, adds one and changes one; `main` has moved on.
async fn diverged() -> Bed {
    let bed = Bed::new().await;
    let ann = bed.github.person("ann", Role::Write);
    let text: String = (0..20).map(|it| format!("line {it}\n")).collect();
    ann.pushes("main", &[("old.txt", Some(&text)), ("gone.txt", Some("x\n"))], "Start").unwrap();
    let moved = text.replace("line 3\n", "line three\n");
    let files = [("old.txt", None), ("new name.txt", Some(moved.as_str())), ("gone.txt", None)];
    ann.pushes("work", &files, "One").unwrap();
    ann.pushes("work", &[("a", Some("a"))], "Two").unwrap();
    ann.pushes("main", &[("later.txt", Some("x\n"))], "Later").unwrap();
    bed
}

fn line(file: &Value) -> String {
    let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    format!(
        "{} {} +{} -{} {}",
        text("status"),
        text("filename"),
        file["additions"],
        file["deletions"],
        text("previous_filename")
    )
}

#[tokio::test]
async fn two_branches_are_compared_from_where_they_parted() {
    let bed = diverged().await;
    let (status, found) = bed.get("/compare/main...work").await;
    assert_eq!((status, &found["status"]), (200, &json!("diverged")));
    assert_eq!((&found["ahead_by"], &found["behind_by"]), (&json!(2), &json!(1)));
    let messages: Vec<_> =
        found["commits"].as_array().unwrap().iter().map(|it| &it["commit"]["message"]).collect();
    assert_eq!(messages, ["One", "Two"]);
    let files: Vec<String> = found["files"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        files,
        ["added a +1 -0 ", "removed gone.txt +0 -1 ", "renamed new name.txt +1 -1 old.txt"]
    );
    assert_eq!(found["files"][0]["patch"], "@@ -0,0 +1 @@\n+a\n\\ No newline at end of file");
    assert!(found["files"][2]["blob_url"].as_str().unwrap().ends_with("/new%20name.txt"));
    let (_, other) = bed.get("/compare/acme:work...main").await;
    assert_eq!(
        (&other["status"], &other["files"][0]["filename"]),
        (&json!("diverged"), &json!("later.txt"))
    );
    let head = bed.github.repo().branches();
    let (_, work) = head.iter().find(|it| it.0 == "work").unwrap();
    let (_, same) = bed.get(&format!("/compare/work...{work}")).await;
    assert_eq!((&same["status"], &same["files"]), (&json!("identical"), &json!([])));
    let (_, second) = bed.get("/compare/main...work?per_page=1&page=2").await;
    assert_eq!(second["commits"][0]["commit"]["message"], "Two");
    assert_eq!(second["files"], json!([]), "files stand on the first page only");
    assert_eq!(bed.get("/compare/main...nothing").await.0, 404);
}

#[tokio::test]
async fn a_pull_request_lists_its_files_and_commits() {
    let bed = diverged().await;
    let ann = bed.github.person("ann", Role::Write);
    ann.opens_pull("work", "Work", "").unwrap();
    let (_, files) = bed.get("/pulls/1/files?per_page=2").await;
    assert_eq!(files.as_array().map(Vec::len), Some(2));
    let (_, files) = bed.get("/pulls/1/files?per_page=2&page=2").await;
    assert_eq!(line(&files[0]), "renamed new name.txt +1 -1 old.txt");
    let (_, commits) = bed.get("/pulls/1/commits").await;
    assert_eq!(commits.as_array().map(Vec::len), Some(2));
    let (_, pull) = bed.get("/pulls/1").await;
    let counts = ["commits", "additions", "deletions", "changed_files"].map(|it| pull[it].clone());
    assert_eq!(counts, [2, 2, 2, 3].map(Value::from));
}

#[tokio::test]
async fn a_commit_says_what_it_changed() {
    let bed = diverged().await;
    let (_, commit) = bed.get("/commits/heads/main").await;
    assert_eq!(commit["stats"], json!({ "total": 1, "additions": 1, "deletions": 0 }));
    assert_eq!(commit["files"][0]["patch"], "@@ -0,0 +1 @@\n+x");
    let ann = bed.github.person("ann", Role::Write);
    ann.pushes("main", &[("picture", Some("\0"))], "Binary").unwrap();
    let (_, commit) = bed.get("/commits/main").await;
    assert_eq!(commit["files"][0].get("patch"), None);
}
