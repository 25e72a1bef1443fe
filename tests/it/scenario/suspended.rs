//! Cases 12 and 21: the App is suspended while something is under way, nobody tells it of what people
//! do meanwhile, and it comes back.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, Fault, FaultRule, Person};

use crate::scenario::merged_plan::{builds_everything, planned};
use crate::world::World;

/// The pull request from `branch`.
fn pull_of(world: &World, branch: &str) -> IssueNumber {
    let pulls = world.github.repo().pulls();
    let one = pulls.iter().find(|it| it.pull.as_ref().is_some_and(|it| it.head == branch));
    one.unwrap().number
}

/// Suspends the App, lets people do `meanwhile`, and lets it come back.
async fn away(world: &World, root: &Person, meanwhile: impl FnOnce()) {
    root.suspends_app(true).unwrap();
    world.settles().await;
    meanwhile();
    world.settles().await;
    root.suspends_app(false).unwrap();
    world.lives_through(Millis::minutes(2)).await;
}

const BRANCH: &str = "baton/1-add-redis-caching";

/// Work that people may merge.
async fn ready(world: &World) -> IssueNumber {
    let ann = world.maintainer("ann");
    let issue = planned(world, &ann).await;
    builds_everything(world);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    issue
}

#[tokio::test]
async fn work_that_is_merged_while_the_app_is_away_is_done() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = ready(&world).await;
    let number = pull_of(&world, BRANCH);
    away(&world, &root, || {
        root.merges(number).unwrap();
        root.deletes_branch(BRANCH).unwrap();
        root.closes(issue).unwrap();
    })
    .await;

    assert_eq!(world.stage(issue).await, "Done", "{}", world.conversation(issue));
}

#[tokio::test]
async fn work_whose_pull_request_is_closed_while_the_app_is_away_is_set_aside() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = ready(&world).await;
    let number = pull_of(&world, BRANCH);
    away(&world, &root, || {
        root.closes(number).unwrap();
        root.deletes_branch(BRANCH).unwrap();
    })
    .await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Stopped", "{told}");
    assert!(told.contains("pull request was closed"), "{told}");
}

/// The merge is taken for the approval that it is elsewhere, and the work gets its next branch.
#[tokio::test]
async fn a_plan_that_is_merged_while_the_app_is_away_goes_on_at_the_next_branch() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let root = world.admin("root");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    let number = pull_of(&world, BRANCH);
    away(&world, &root, || {
        root.marks_ready(number).unwrap();
        root.merges(number).unwrap();
        root.deletes_branch(BRANCH).unwrap();
    })
    .await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Working", "{told}");
    let next = pull_of(&world, "baton/1-add-redis-caching-2");
    assert!(told.contains(&format!("merged with #2, work #{next}")), "{told}");
}

/// Law 6: their own pull request is the primary one.
#[tokio::test]
async fn peoples_own_pull_request_that_is_merged_while_the_app_is_away_ends_the_work() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let root = world.admin("root");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    ann.pushes("ann/cache", &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    let own = ann.opens_pull("ann/cache", "Cache answers", "Part of #1").unwrap();
    world.passes(Millis::minutes(1)).await;
    away(&world, &root, || {
        root.merges(own).unwrap();
    })
    .await;

    assert_eq!(world.stage(issue).await, "Done", "{}", world.conversation(issue));
}

/// An hour of trouble at GitHub says nothing of the pull request.
#[tokio::test]
async fn work_waits_until_github_tells_how_its_pull_request_stands() {
    let world = World::new().await;
    let root = world.admin("root");
    let issue = ready(&world).await;
    let number = pull_of(&world, BRANCH);
    away(&world, &root, || {
        root.merges(number).unwrap();
        let at = CallMatcher::call("GET", "/repos/{owner}/{repo}/pulls/{pull_number}");
        world.github.fault(FaultRule::always(at, Fault::unicorn(502)));
    })
    .await;
    assert_eq!(world.stage(issue).await, "Paused", "{}", world.conversation(issue));

    world.github.clear_faults();
    world.lives_through(Millis::minutes(6)).await;
    assert_eq!(world.stage(issue).await, "Done", "{}", world.conversation(issue));
}
