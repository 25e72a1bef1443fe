//! A client that others wrote, with strict types of its own, understands the box.

use octocrab::Octocrab;
use octocrab::models::reactions::ReactionContent;
use octocrab::params::repos::{Commitish, Reference};

use super::super::{CiBehaviour, Config, GitHub, ReviewState, Role, StatusState};
use crate::base::IssueNumber;

#[tokio::test]
async fn octocrab_reads_every_answer() {
    let github = GitHub::start(Config::default()).await.unwrap();
    let pem = github.private_key_pem();
    let key = octocrab::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let app = Octocrab::builder()
        .base_uri(github.api_url())
        .unwrap()
        .app(u64::try_from(github.app_id()).unwrap().into(), key)
        .build_with_reqwest(reqwest::Client::new())
        .unwrap();
    assert_eq!(app.current().app().await.unwrap().slug.as_deref(), Some("baton"));
    let found = app.apps().get_repository_installation("acme", "helpdesk").await.unwrap();
    let client = app.installation(found.id).unwrap();
    let issues = client.issues("acme", "helpdesk");
    let issue = Box::pin(issues.create("Title").body("Body").send()).await.unwrap();
    let comment = issues.create_comment(issue.number, "Comment").await.unwrap();
    issues.create_comment_reaction(comment.id, ReactionContent::Eyes).await.unwrap();
    issues.add_labels(issue.number, &["label".to_owned()]).await.unwrap();
    issues.list_comments(issue.number).send().await.unwrap();
    let repo = client.repos("acme", "helpdesk");
    repo.get().await.unwrap();
    repo.get_ref(&Reference::Branch("main".into())).await.unwrap();
    repo.get_content().path("src/rag.rs").send().await.unwrap();
    repo.list_commits().path("src/rag.rs").send().await.unwrap();
    let ann = github.person("ann", Role::Write);
    ann.pushes("work", &[("a", Some("a"))], "Work").unwrap();
    let pulls = client.pulls("acme", "helpdesk");
    let pull = pulls.create("Work", "work", "main").draft(true).send().await.unwrap();
    assert_eq!(pulls.get(pull.number).await.unwrap().draft, Some(true));
    pulls.list().head("acme:work").send().await.unwrap();
}

#[tokio::test]
async fn octocrab_reads_reviews_checks_and_runs() {
    let github = GitHub::start(Config::default()).await.unwrap();
    let pem = github.private_key_pem();
    let key = octocrab::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let app = Octocrab::builder()
        .base_uri(github.api_url())
        .unwrap()
        .app(u64::try_from(github.app_id()).unwrap().into(), key)
        .build_with_reqwest(reqwest::Client::new())
        .unwrap();
    let found = app.apps().get_repository_installation("acme", "helpdesk").await.unwrap();
    let client = app.installation(found.id).unwrap();
    let (ann, bob) = (github.person("ann", Role::Write), github.person("bob", Role::Write));
    github.repo().ci(CiBehaviour::Green);
    let sha = ann.pushes("work", &[("a", Some("a"))], "Work").unwrap();
    ann.opens_pull("work", "Work", "").unwrap();
    bob.reviews(IssueNumber(1), ReviewState::Approved, "Good").unwrap();
    bob.comments_on_line(IssueNumber(1), "a", 1, "Why?").unwrap();
    bob.sets_status(&sha, "deploy", StatusState::Pending, "Soon").unwrap();
    let pulls = client.pulls("acme", "helpdesk");
    assert_eq!(pulls.list_reviews(1).send().await.unwrap().items.len(), 2);
    assert_eq!(pulls.list_comments(Some(1)).send().await.unwrap().items.len(), 1);
    assert_eq!(pulls.list_files(1).await.unwrap().items[0].filename, "a");
    let checks = client.checks("acme", "helpdesk");
    checks.create_check_run("plan", sha.as_str()).send().await.unwrap();
    let at = || Commitish(sha.0.clone());
    let runs = checks.list_check_runs_for_git_ref(at()).send().await.unwrap();
    assert_eq!(runs.check_runs.len(), 2);
    checks.list_check_suites_for_git_ref(at()).send().await.unwrap();
    let workflows = client.workflows("acme", "helpdesk");
    let run = workflows.list_all_runs().send().await.unwrap().items.remove(0);
    assert_eq!(workflows.list_jobs(run.id).send().await.unwrap().items[0].name, "test");
    let commits = client.commits("acme", "helpdesk");
    assert_eq!(commits.compare("main", "work").send().await.unwrap().ahead_by, 1);
}
