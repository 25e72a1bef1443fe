//! Case 36: the real binary is killed in the middle of a planning run and started again on the same
//! data, against the same GitHub and the same model. The plan comes all the same, everything about
//! it exists once, and at most the call in flight is paid a second time.
//!
//! All moments are told side by side, because most of a story is Baton keeping GitHub's pace.

use baton::base::{CommentId, IssueNumber};
use baton::sandbox::github::Role;
use baton::sandbox::model::{reads, submits};
use tokio::task::JoinSet;

use super::scene::Moment::{self, Acknowledged, Answering, Asked, Billed, Called};
use super::scene::{COMMENTS, Scene, has_reaction};
use crate::store::on_postgres;
use crate::world::plan;

const REACTIONS: &str = "/comments/{comment_id}/reactions";

/// Each is one story; in the last one the process does not get far at any time.
const STORIES: [&[Moment]; 11] = [
    &[Acknowledged],
    &[Called("GET", "/tarball/{*ref}", 0, "tarball")],
    &[Called("POST", COMMENTS, 0, "baton:status")],
    &[Asked(1)],
    &[Answering(1)],
    &[Billed(2)],
    &[Called("POST", "/git/trees", 0, "1-plan.md")],
    &[Called("POST", "/git/refs", 0, "refs/heads/baton/")],
    &[Called("POST", "/pulls", 0, "Part of #1")],
    &[Called("POST", COMMENTS, 1, "Plan revision 1 is ready")],
    &[
        Billed(1),
        Asked(3),
        Called("POST", "/git/refs", 0, "refs/heads/baton/"),
        Called("POST", REACTIONS, 0, "rocket"),
    ],
];

/// Tells the planning story with a kill at each of `moments`.
async fn told_with_kills(moments: &[Moment]) {
    let mut scene = Scene::new().await;
    scene.model.opus().will([reads("src/rag.rs"), submits(plan())]);
    let ann = scene.github.person("ann", Role::Maintain);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").unwrap();
    moments[0].prepare(&scene.github, &scene.model);
    let asking = ann.comments(issue, "/baton plan").unwrap();
    for (n, moment) in moments.iter().enumerate() {
        scene.goes_on_until(*moment).await;
        scene = scene.restarts(moments.get(n + 1).copied()).await;
    }
    scene.comes_to_its_end(issue, |it| has_reaction(it, asking, "rocket")).await;
    check_once(&scene, issue, asking);
    let in_flight = moments.iter().filter(|it| it.may_pay_twice()).count();
    scene.stops(2, in_flight).await;
}

/// Nothing is lost, nothing is doubled.
pub(super) fn check_once(scene: &Scene, number: IssueNumber, asking: CommentId) {
    let issue = scene.issue(number);
    let comments = |says: &str| issue.comments.iter().filter(|it| it.body.contains(says)).count();
    assert_eq!(comments("<!-- baton:status"), 1, "status comments");
    assert_eq!(comments("### Plan revision 1 is ready"), 1, "plan-ready comments");
    assert_eq!(issue.comments.len(), 3, "{:#?}", issue.comments);
    let asked = issue.comments.iter().find(|it| it.id == asking).unwrap();
    let reactions: Vec<&str> = asked.reactions.iter().map(|it| it.content).collect();
    assert_eq!(reactions, ["eyes", "rocket"]);

    let repo = scene.github.repo();
    let ours: Vec<String> =
        repo.branches().into_iter().map(|it| it.0).filter(|it| it != "main").collect();
    assert_eq!(ours, ["baton/1-add-redis-caching"]);
    let base = repo.commits("main").len();
    let commits = repo.commits(&ours[0]);
    assert_eq!(commits.len() - base, 1, "commits of the plan");
    assert_eq!(commits[0].files, ["docs/prds/active/1-plan.md", "docs/prds/active/1-state.md"]);
    let pulls: Vec<String> =
        repo.pulls().into_iter().map(|it| format!("{} {}", it.title, it.open)).collect();
    assert_eq!(pulls, ["Plan: Add Redis caching true"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "a failure names its moment")]
async fn a_plan_comes_once_wherever_the_process_is_killed() {
    // A lease of a dead process takes its time on PostgreSQL, and the last story has four of them.
    let mut stories = JoinSet::new();
    for moments in STORIES.into_iter().filter(|it| !on_postgres() || it.len() == 1) {
        stories.spawn(async move {
            let told = tokio::spawn(told_with_kills(moments)).await;
            told.is_err().then(|| eprintln!("killed at {moments:?}: it did not come out right"))
        });
    }
    let failed = stories.join_all().await.into_iter().flatten().count();
    assert_eq!(failed, 0, "stories did not come out right; see above");
}
