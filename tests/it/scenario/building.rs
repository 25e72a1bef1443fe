//! A task is built: an implementer edits, its changes are judged and pushed.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::{
    asks, creates, deletes, edits, notes, reads, refuses, submits, task_done,
};
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan};

const CACHE: &str = "//! The cache.\n";

/// An issue whose plan was approved and is being built; its first task is on Haiku.
async fn building(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton approve --start").await;
    issue
}

fn branch(world: &World) -> String {
    let mut branches = world.github.repo().branches().into_iter().map(|it| it.0);
    branches.find(|it| it.starts_with("baton/")).unwrap()
}

fn file(world: &World, path: &str) -> Option<String> {
    world.github.repo().file(&branch(world), path)
}

#[tokio::test]
async fn a_task_is_built_noted_and_pushed() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([
        reads("src/lib.rs"),
        creates("src/cache.rs", "//! The cash.\n"),
        edits("src/cache.rs", "cash", "cache"),
        notes("The cache is written.", "Say so."),
        task_done("The cache keeps answers for five minutes. Fixes #1 [skip ci]"),
    ]);

    building(&world, &ann).await;

    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some(CACHE));
    let state = file(&world, "docs/prds/active/1-state.md").unwrap();
    assert!(state.contains("t1 is built and pushed."), "{state}");
    assert!(state.contains("The agent noted: The cache is written."), "{state}");
    assert!(state.contains("src/cache.rs"), "{state}");
    let calls = world.model.calls();
    let first = calls.iter().find(|it| it.model.contains("haiku")).unwrap();
    let opening = first.body["messages"][0]["content"].to_string();
    assert!(opening.contains("t1 Write the cache"), "{opening}");
    assert!(opening.contains("from the planner on Opus"), "{opening}");
}

#[tokio::test]
async fn a_change_that_is_never_pushed_is_told_to_the_run() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let key = concat!("-----BEGIN RSA PRIVATE ", "KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn\n");
    world.model.haiku().will([
        creates("src/cache.rs", &format!("{CACHE}// {key}")),
        task_done("Written."),
        deletes("src/cache.rs"),
        creates("src/cache.rs", CACHE),
        task_done("Written without it."),
    ]);

    building(&world, &ann).await;

    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some(CACHE));
    let calls = world.model.calls();
    let last = calls.last().unwrap().body["messages"].to_string();
    assert!(last.contains("never pushed"), "{last}");
}

#[tokio::test]
async fn edits_survive_a_crash() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    world.model.haiku().will([
        creates("src/cache.rs", CACHE),
        reads("src/cache.rs"),
        task_done("Written."),
    ]);
    ann.person.comments(issue, "/baton approve --start").unwrap();
    world.crashes_when(|world| world.model.haiku().unread() == 1).await;
    world.lives_through(Millis::minutes(2)).await;

    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some(CACHE));
}

#[tokio::test]
async fn a_change_beside_the_plan_waits_for_a_yes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([
        creates("src/cache.rs", CACHE),
        creates("src/unplanned.rs", "//! Nobody asked for it.\n"),
        task_done("Written."),
    ]);

    let issue = building(&world, &ann).await;

    assert_eq!(file(&world, "src/cache.rs"), None);
    assert_eq!(world.stage(issue).await, "Blocked");
}

/// The run is parked on its question while somebody pushes; then it builds the cache.
async fn overtaken_by(world: &World, path: &str) -> IssueNumber {
    let issue = asking_and_overtaken(world, path).await;
    world.maintainer("ann").says(issue, "1a").await;
    world.passes(Millis::minutes(1)).await;
    issue
}

async fn asking_and_overtaken(world: &World, path: &str) -> IssueNumber {
    let ann = world.maintainer("ann");
    world.model.haiku().will([
        asks(["Is five minutes right?"]),
        creates("src/cache.rs", CACHE),
        task_done("Written."),
    ]);
    let issue = building(world, &ann).await;
    ann.pushes(&branch(world), &[(path, Some("//! Mine.\n"))], "By hand").unwrap();
    world.settles().await;
    issue
}

#[tokio::test]
async fn a_push_beside_the_run_stays_below_its_commit() {
    let world = World::new().await;
    overtaken_by(&world, "src/other.rs").await;
    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some(CACHE));
    assert_eq!(file(&world, "src/other.rs").as_deref(), Some("//! Mine.\n"));
}

/// `workflow.md`: a push to the same path, and a fresh session builds upon it.
#[tokio::test]
async fn a_push_to_the_same_file_wins() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asking_and_overtaken(&world, "src/cache.rs").await;
    world
        .model
        .haiku()
        .will([edits("src/cache.rs", "Mine.", "Ours."), task_done("Built upon yours.")]);
    ann.says(issue, "1a").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some("//! Ours.\n"));
    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let told = calls.last().unwrap().body["messages"][0]["content"].to_string();
    assert!(told.contains("People pushed while your predecessor built this task"), "{told}");
    assert!(told.contains("Both changed src/cache.rs."), "{told}");
}

/// Who pushes there once more while it is built anew is asked what becomes of it.
#[tokio::test]
async fn a_second_push_to_the_same_file_calls_a_person() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asking_and_overtaken(&world, "src/cache.rs").await;
    world.model.haiku().will([
        asks(["Is ten minutes right?"]),
        edits("src/cache.rs", "Mine.", "Ours."),
        task_done("Built upon yours."),
    ]);
    ann.says(issue, "1a").await;
    world.passes(Millis::minutes(20)).await;
    ann.pushes(&branch(&world), &[("src/cache.rs", Some("//! Still mine.\n"))], "Again").unwrap();
    world.settles().await;
    ann.says(issue, "1a").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some("//! Still mine.\n"));
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
}

/// GitHub lists only the beginning of a large tree. What it leaves out is not untouched.
#[tokio::test]
async fn a_push_to_the_same_file_wins_where_the_tree_is_too_large_to_be_listed() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asking_and_overtaken(&world, "src/cache.rs").await;
    world.github.lists_entries(1);
    world
        .model
        .haiku()
        .will([edits("src/cache.rs", "Mine.", "Ours."), task_done("Built upon yours.")]);
    ann.says(issue, "1a").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some("//! Ours.\n"));
    assert_eq!(world.stage(issue).await, "Working");
}

/// "Done" that was not done: the head's checks are green, but they are another commit's.
#[tokio::test]
async fn a_run_that_changed_nothing_is_not_taken_at_its_word() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([
        edits("src/lib.rs", "this stands nowhere", "x"),
        task_done("Done."),
        creates("src/cache.rs", CACHE),
        task_done("Really done."),
    ]);

    building(&world, &ann).await;

    assert_eq!(file(&world, "src/cache.rs").as_deref(), Some(CACHE));
    let calls = world.model.calls();
    let last = calls.last().unwrap().body["messages"].to_string();
    assert!(last.contains("no file differs"), "{last}");
}

/// What ends a builder's run is told as the builder's, not as the planner's.
#[tokio::test]
async fn a_model_that_declines_a_task_is_told_as_that() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.haiku().will([refuses()]);

    let issue = building(&world, &ann).await;

    assert_eq!(world.stage(issue).await, "Blocked");
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/6/1 -->
    ### Baton needs a person

    @ann, the model declined to build task t1.

    `/baton retry` starts a fresh run with its own limit, `/baton handoff` and a tier gives the task to another model, and `/baton revise` and what should be different changes the plan. Spent on this issue: $0.0392.
    ");
    let status = world.conversation(issue);
    assert!(status.contains("The model declined to build task t1."), "{status}");
}
