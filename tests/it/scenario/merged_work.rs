//! The plan's pull request is merged while the plan is built: alone, which ends nothing, or with what
//! was built.

use baton::base::{IssueNumber, Millis};
use baton::domain::workflow::{Doing, Stage};
use baton::sandbox::github::{CallMatcher, Fault, FaultRule};
use baton::sandbox::model::submits;

use crate::scenario::merged_plan::{builds_everything, planned};
use crate::world::{Inhabitant, World, plan};

const FIRST: &str = "baton/1-add-redis-caching";
const SECOND: &str = "baton/1-add-redis-caching-2";

/// The open pull request from `branch`.
fn pull_of(world: &World, branch: &str) -> IssueNumber {
    let pulls = world.github.repo().pulls();
    let comes_from = |head: &str| head == branch;
    let one = pulls.iter().find(|it| it.pull.as_ref().is_some_and(|it| comes_from(&it.head)));
    one.unwrap().number
}

/// Merges the plan's pull request; the repository deletes the branches of what is merged.
fn merges(world: &World, by: &Inhabitant<'_>) {
    let number = pull_of(world, FIRST);
    by.marks_ready(number).unwrap();
    by.merges(number).unwrap();
    by.deletes_branch(FIRST).unwrap();
}

#[tokio::test]
async fn a_run_that_builds_while_the_plan_is_merged_pushes_to_the_next_branch() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    builds_everything(&world);
    ann.person.comments(issue, "/baton approve --start").unwrap();
    let run = world.comes_to_a_run(issue, None).await;

    merges(&world, &ann);
    world.lives_through(Millis::minutes(20)).await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Ready", "{told}");
    let store = world.engine().store;
    let runs = store.runs(world.key(issue)).await.unwrap();
    let built = runs.iter().filter(|it| it.role == "implementer").count();
    assert_eq!(built, 3, "a task was built, and paid for, twice");
    assert!(store.load_run(&run.id).await.unwrap().unwrap().result.is_some());
    let work = pull_of(&world, SECOND);
    assert!(told.contains(&format!("merged with #2, work #{work}")), "{told}");

    ann.merges(work).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
    let repo = world.github.repo();
    assert!(repo.file("main", "src/cache.rs").is_some());
    assert!(repo.file("main", "docs/prds/completed/1-plan.md").is_some());
}

#[tokio::test]
async fn people_go_on_at_the_next_branch_with_what_they_have_ticked() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    ann.ticks(issue, "-->t1 ").await;
    world.passes(Millis::minutes(1)).await;

    merges(&world, &ann);
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Working", "{told}");
    let work = pull_of(&world, SECOND);
    assert!(told.contains(&format!("merged with #2, work #{work}")), "{told}");
    assert!(told.contains("- [x] <!-- baton:task=t1 -->"), "{told}");
    let body = world.github.repo().issue(work).unwrap().body;
    assert!(body.contains(", which was merged with #2. The status comment"), "{body}");

    ann.pushes(SECOND, &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.settles().await;
    for task in ["t2", "t3"] {
        ann.ticks(issue, &format!("-->{task} ")).await;
        world.passes(Millis::seconds(20)).await;
    }
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}

/// Law 6: their own pull request is the primary one.
#[tokio::test]
async fn work_in_peoples_own_pull_request_does_not_end_with_the_plans() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    ann.pushes("ann/cache", &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    let own = ann.opens_pull("ann/cache", "Cache answers", "Closes #1").unwrap();
    world.passes(Millis::minutes(1)).await;

    merges(&world, &ann);
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Working", "{told}");
    assert!(told.contains(&format!("Work goes on in #{own} by @ann.")), "{told}");

    ann.merges(own).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
}

/// What people pushed to the plan's branch counts like what Baton did, also while the plan changes
/// and no task was done.
#[tokio::test]
async fn a_merge_with_what_was_built_is_the_end_while_a_revision_waits() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton implement manual").await;
    ann.pushes(FIRST, &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.settles().await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton revise keep it smaller").await;
    assert_eq!(world.stage(issue).await, "Planned");

    merges(&world, &ann);
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Done", "{}", world.conversation(issue));
}

#[tokio::test]
async fn changes_that_wait_go_to_the_next_branch_though_the_old_one_went_with_the_merge() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    builds_everything(&world);
    let tree = CallMatcher::call("POST", "/git/trees");
    ann.person.comments(issue, "/baton approve --start").unwrap();
    world.comes_to_a_run(issue, None).await;
    world.github.fault(FaultRule::always(tree, Fault::unicorn(502)));
    world.lives_through(Millis::minutes(2)).await;
    let stage = world.state(issue).await.stage;
    let pushes = matches!(&stage, Stage::Working { doing: Doing::Pushing { .. }, .. });
    assert!(pushes, "{stage:?}");

    merges(&world, &ann);
    world.settles().await;
    world.github.clear_faults();
    world.lives_through(Millis::minutes(30)).await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Ready", "{told}");
    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    let built = runs.iter().filter(|it| it.role == "implementer").count();
    assert_eq!(built, 3, "a task was built, and paid for, twice: {told}");
}
