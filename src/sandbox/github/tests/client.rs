//! A client that others wrote, with strict types of its own, understands the box.

use octocrab::Octocrab;
use octocrab::models::reactions::ReactionContent;
use octocrab::params::repos::Reference;

use super::super::{Config, GitHub, Role};

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
