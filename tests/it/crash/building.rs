//! Case 36: the real binary is killed while an approved plan is built, checked and looked at, and
//! started again on the same data. The work comes to people once: one commit for its task, one
//! pull request, one call, and at most the calls in flight are paid a second time.
//!
//! All moments are told side by side: a verdict waits for a minute of quiet, on a real clock.

use baton::base::IssueNumber;
use baton::sandbox::github::{CiBehaviour, IssueView, Role};
use baton::sandbox::model::{creates, submits, task_done};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::scene::Moment::{self, Asked, Billed, Called};
use super::scene::{COMMENTS, Scene, has_reaction};
use crate::world::plan;

/// The model's calls in a plain telling: the plan; an edit and "done"; two specialists that look
/// and report.
const CALLS: usize = 7;

/// Each is one story.
const STORIES: [&[Moment]; 8] = [
    &[Asked(2)],
    &[Billed(3)],
    &[Called("POST", "/git/trees", 1, "src/cache.rs")],
    &[Called("PATCH", "/git/refs/{*ref}", 0, "heads/baton/1-add-redis-caching")],
    &[Billed(4)],
    &[Asked(7)],
    &[Called("POST", "/graphql", 0, "markPullRequestReadyForReview")],
    &[Called("POST", COMMENTS, 2, "### Ready for review")],
];

/// A plan of one task.
fn small_plan() -> Value {
    let mut plan = plan();
    let tasks = plan["tasks"].as_array().unwrap()[..1].to_vec();
    plan["tasks"] = Value::from(tasks);
    plan["files"] = json!([{ "path": "src/cache.rs", "action": "create", "reason": "The cache." }]);
    plan
}

/// Tells the story from the plan to the call of people, with a kill at each of `moments`.
async fn told_with_kills(moments: &[Moment]) {
    let mut scene = Scene::new().await;
    let repo = scene.github.repo();
    repo.ci_on("*", CiBehaviour::Green);
    scene.model.opus().will([submits(small_plan())]);
    scene.model.haiku().will([
        creates("src/cache.rs", "//! The cache.\n"),
        task_done("The cache keeps answers for five minutes."),
    ]);
    let ann = scene.github.person("ann", Role::Maintain);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").unwrap();
    moments[0].prepare(&scene.github, &scene.model);
    let planning = ann.comments(issue, "/baton plan").unwrap();
    scene.comes_to_its_end(issue, |it| has_reaction(it, planning, "rocket")).await;
    ann.comments(issue, "/baton approve --start").unwrap();
    for (n, moment) in moments.iter().enumerate() {
        scene.goes_on_until(*moment).await;
        scene = scene.restarts(moments.get(n + 1).copied()).await;
    }
    scene.comes_to_its_end(issue, |it| 0 < count(it, "### Ready for review")).await;
    check_once(&scene, issue);
    let in_flight = moments.iter().filter(|it| it.may_pay_twice()).count();
    scene.stops(CALLS, in_flight).await;
}

fn count(issue: &IssueView, says: &str) -> usize {
    issue.comments.iter().filter(|it| it.body.contains(says)).count()
}

/// Nothing is lost, nothing is doubled.
fn check_once(scene: &Scene, number: IssueNumber) {
    let issue = scene.issue(number);
    for says in ["<!-- baton:status", "### Plan revision 1 is ready", "### Ready for review"] {
        assert_eq!(count(&issue, says), 1, "{says}: {:#?}", issue.comments);
    }
    assert_eq!(issue.comments.len(), 5, "{:#?}", issue.comments);

    let repo = scene.github.repo();
    let branch = "baton/1-add-redis-caching";
    let own = repo.commits(branch).len() - repo.commits("main").len();
    let commits = repo.commits(branch).into_iter().take(own);
    let subjects: Vec<String> =
        commits.map(|it| it.message.lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        subjects,
        [
            "docs: complete the plan for issue 1",
            "t1: Write the cache",
            "docs: plan for issue 1, revision 1"
        ]
    );
    let pulls: Vec<bool> = repo.pulls().into_iter().map(|it| it.pull.unwrap().draft).collect();
    assert_eq!(pulls, [false], "drafts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "a failure names its moment")]
async fn the_work_is_done_once_wherever_the_process_is_killed() {
    let mut stories = JoinSet::new();
    for moments in STORIES {
        stories.spawn(async move {
            let told = tokio::spawn(told_with_kills(moments)).await;
            told.is_err().then(|| eprintln!("killed at {moments:?}: it did not come out right"))
        });
    }
    let failed = stories.join_all().await.into_iter().flatten().count();
    assert_eq!(failed, 0, "stories did not come out right; see above");
}
