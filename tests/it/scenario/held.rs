//! Work that was laid down and is taken up again: nothing of it is paid twice.

use baton::base::{IssueNumber, Millis};
use baton::domain::policy::KillSwitch;
use baton::sandbox::github::{CallMatcher, Fault, FaultRule};
use baton::sandbox::model::{creates, finds, submits, task_done};
use serde_json::json;

use crate::scenario::approval::{branch, planned};
use crate::scenario::by_hand::{building, ticks_all, with_green_ci};
use crate::world::{Disorder, Inhabitant, World, plan, plan_of};

/// A plan whose first task is built where no check ever speaks; the others are skipped, and the
/// specialists will find nothing.
async fn built(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.model.inspectors().will([finds(&["t1"], &[]), finds(&[], &[])]);
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton approve --start").await;
    for task in ["t3", "t2"] {
        ann.says(issue, &format!("/baton task {task} skip")).await;
    }
    issue
}

#[tokio::test]
async fn a_commit_that_waits_for_its_checks_outlasts_a_stop() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = built(&world, &ann).await;
    assert!(world.conversation(issue).contains("### Baton · Waiting for checks"));
    let paid = world.model.books().len();
    ann.says(issue, "/baton stop").await;
    assert_eq!(world.stage(issue).await, "Stopped");

    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;

    let told = world.conversation(issue);
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    assert_eq!(world.model.books().len(), paid, "the task was built once more");
    assert!(world.work(issue).await.unwrap().done.is_empty(), "its checks have not spoken");

    // They never do, and whoever says yes to that commit goes on with the specialists.
    world.lives_through(Millis::minutes(9)).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    assert_eq!(world.model.books().len(), paid);
    ann.ticks(issue, "Go on without checks").await;
    world.passes(Millis::minutes(1)).await;
    assert!(world.work(issue).await.unwrap().done.contains("t1"));
}

#[tokio::test]
async fn finished_work_is_ready_again_at_no_cost() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = building(&world, &ann).await;
    ticks_all(&world, &ann, issue).await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let paid = world.model.books().len();

    // A merge may be what closed it, so it is waited for.
    ann.closes(issue).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Ready");
    world.passes(Millis::minutes(2)).await;
    assert_eq!(world.stage(issue).await, "Stopped");
    ann.reopens(issue).unwrap();
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));

    ann.says(issue, "/baton stop").await;
    assert_eq!(world.stage(issue).await, "Stopped");
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Ready", "{told}");
    assert!(told.contains("### Baton · Ready · waits for review"), "{told}");
    assert_eq!(told.matches("### Ready for review").count(), 1, "{told}");
    assert_eq!(world.model.books().len(), paid, "the specialists looked once more");

    // What somebody pushes while it rests is looked at like everything else.
    ann.says(issue, "/baton stop").await;
    ann.pushes(&branch(&world), &[("src/more.rs", Some("//! More.\n"))], "More").unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Stopped");
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Working");
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert!(paid < world.model.books().len(), "nobody looked");
}

/// A task that is built while GitHub takes no commit.
async fn pushing(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    let issue = planned(world, ann).await;
    let tree = CallMatcher::call("POST", "/git/trees");
    world.github.fault(FaultRule::always(tree, Fault::unicorn(502)));
    ann.says(issue, "/baton approve --start").await;
    let told = world.conversation(issue);
    assert!(told.contains("### Baton · Pushing"), "{told}");
    issue
}

fn is_pushed(world: &World) -> bool {
    world.github.repo().files(&branch(world)).contains(&"src/cache.rs".to_owned())
}

#[tokio::test]
async fn a_stop_reaches_a_push_on_its_way_and_a_retry_pays_nothing_for_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = pushing(&world, &ann).await;

    ann.says(issue, "/baton stop").await;
    world.github.clear_faults();
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Stopped");
    assert!(!is_pushed(&world), "it was pushed behind the stop");

    let paid = world.model.books().len();
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert!(is_pushed(&world), "{told}");
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    assert_eq!(world.model.books().len(), paid, "the task was built once more");
}

#[tokio::test]
async fn a_push_that_was_given_up_is_made_by_a_retry_and_paid_once() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.forgive(Disorder::EffectGivenUp);
    let issue = pushing(&world, &ann).await;
    world.lives_through(Millis::hours(8)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Blocked", "{told}");
    let asked = "what was built is kept and nothing is paid again";
    assert!(world.newest_comment(issue).contains(asked), "{}", world.newest_comment(issue));

    let paid = world.model.books().len();
    world.github.clear_faults();
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert!(is_pushed(&world), "{told}");
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    assert_eq!(world.model.books().len(), paid, "the task was built once more");
}

/// GitHub took the commit and never said so, and did not tell of it until the push was given up.
async fn landed_unheard(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.forgive(Disorder::EffectGivenUp);
    let issue = pushing(world, ann).await;
    world.github.clear_faults();
    let moved = CallMatcher::call("PATCH", "/git/refs/{*ref}");
    world.github.fault(FaultRule::always(moved, Fault::CutAfter));
    for _ in 0..3_600 {
        if is_pushed(world) {
            break;
        }
        world.passes(Millis::seconds(1)).await;
    }
    let told = CallMatcher::call("GET", "/repos/{owner}/{repo}/commits");
    world.github.fault(FaultRule::always(told, Fault::unicorn(502)));
    world.lives_through(Millis::hours(8)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    world.github.clear_faults();
    issue
}

/// How many commits of the branch hold what was built for the first task.
fn commits_of_task(world: &World) -> usize {
    let commits = world.github.repo().commits(&branch(world));
    commits.iter().filter(|it| it.message.starts_with("t1: ")).count()
}

/// A retry finds it by its run, and is neither overtaken by it nor makes it twice.
#[tokio::test]
async fn a_push_that_landed_unheard_is_found_by_a_retry() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = landed_unheard(&world, &ann).await;

    let paid = world.model.books().len();
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    assert_eq!(world.model.books().len(), paid, "the task was built once more");
    assert_eq!(commits_of_task(&world), 1);
}

/// What people have taken back since does not stand there: a retry makes it again.
#[tokio::test]
async fn a_push_that_was_reverted_is_made_again_by_a_retry() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = landed_unheard(&world, &ann).await;
    let gone = [("src/cache.rs", None)];
    ann.pushes(&branch(&world), &gone, "Revert the cache").unwrap();
    world.settles().await;

    let paid = world.model.books().len();
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert!(is_pushed(&world), "nothing of the task stands on the branch: {told}");
    assert_eq!(world.model.books().len(), paid, "the task was built once more");
    assert_eq!(commits_of_task(&world), 2);
}

#[tokio::test]
async fn what_waits_for_its_checks_is_not_built_again_by_a_revised_plan() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton approve --start").await;
    let told = world.conversation(issue);
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    world.opus().will([submits(plan_of("Keep answers for an hour."))]);
    ann.says(issue, "/baton revise Keep answers for an hour.").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    let paid = world.model.books().len();

    ann.says(issue, "/baton approve --start").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Working", "{told}");
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    assert_eq!(world.model.books().len(), paid, "the task was built once more");
}

/// A task that both plans have goes to the branch as it was built, but what else it changed is
/// judged by the plan that is approved now.
#[tokio::test]
async fn what_was_built_is_judged_by_the_plan_that_came_after_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.forgive(Disorder::EffectGivenUp);
    let mut wide = plan();
    let extra = json!({ "path": "src/extra.rs", "action": "create", "reason": "More." });
    wide["files"].as_array_mut().unwrap().push(extra);
    wide["tasks"][1]["files"] = json!(["src/rag.rs", "src/extra.rs"]);
    world.opus().will([submits(wide)]);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton plan").await;
    let built = [creates("src/cache.rs", "//! 1\n"), creates("src/extra.rs", "//! 2\n")];
    world.model.haiku().will(built.into_iter().chain([task_done("Written.")]));
    let tree = CallMatcher::call("POST", "/git/trees");
    world.github.fault(FaultRule::always(tree, Fault::unicorn(502)));
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::hours(8)).await;
    world.github.clear_faults();

    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton revise Nothing more.").await;
    ann.says(issue, "/baton approve --start").await;
    world.passes(Millis::minutes(1)).await;

    assert!(!is_pushed(&world), "{}", world.conversation(issue));
    let asked = world.newest_comment(issue);
    assert!(asked.contains("src/extra.rs"), "{asked}");
}

#[tokio::test]
async fn the_kill_switch_keeps_a_push_on_its_way_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = pushing(&world, &ann).await;

    world.restarts_with(KillSwitch::All).await;
    world.github.clear_faults();
    world.lives_through(Millis::minutes(10)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Paused", "{told}");
    assert!(told.contains("Whoever runs this server has stopped Baton here."), "{told}");
    assert!(!is_pushed(&world), "it was pushed all the same");

    world.restarts().await;
    ann.says(issue, "/baton resume").await;
    world.passes(Millis::minutes(1)).await;
    assert!(is_pushed(&world), "{}", world.conversation(issue));
}

/// What the status says of a pause holds also where people are called in it.
#[tokio::test]
async fn checks_that_help_nobody_do_not_end_a_pause() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = built(&world, &ann).await;
    let paid = world.model.books().len();
    ann.says(issue, "/baton pause").await;
    world.lives_through(Millis::minutes(9)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Paused", "{told}");
    let call = world.newest_comment(issue);
    assert!(call.contains("no check spoke within five minutes of the push"), "{call}");
    let end = "Work here is paused: nothing of that begins before `/baton resume`.";
    assert!(call.trim_end().ends_with(end), "{call}");

    ann.ticks(issue, "Go on without checks").await;
    world.lives_through(Millis::hours(1)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Paused", "{told}");
    assert!(told.contains("✔ ann said yes to"), "{told}");
    assert_eq!(told.matches("### Baton needs a person").count(), 1, "{told}");
    assert_eq!(world.model.books().len(), paid, "something was called in the pause");

    ann.says(issue, "/baton resume").await;
    world.passes(Millis::minutes(1)).await;
    assert!(paid < world.model.books().len(), "nobody went on");
}
