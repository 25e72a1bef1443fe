//! Where no task is left to build, people and Baton take over what a review asks for and what the
//! checks say: nobody is paid for what they did not ask, and nothing is left without a way on.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CiBehaviour, Conclusion};
use baton::sandbox::model::{edits, task_done};
use insta::assert_snapshot;

use crate::scenario::{by_hand, fix};
use crate::world::{Inhabitant, World};

const CACHE: &str = "src/cache.rs";

fn branch(world: &World) -> String {
    world.github.repo().pulls().pop().unwrap().pull.unwrap().head
}

fn pull(world: &World) -> IssueNumber {
    world.github.repo().pulls().pop().unwrap().number
}

fn red_once(world: &World) {
    let log = "error[E0432]: unresolved import\n".to_owned();
    world.github.repo().ci_on("baton/*", CiBehaviour::RedFor { pushes: 1, log });
}

/// People built it with their own tools, and it waits for its review.
async fn ready_by_hand(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    by_hand::with_green_ci(world, ann).await;
    let issue = by_hand::building(world, ann).await;
    by_hand::ticks_all(world, ann, issue).await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    issue
}

/// Whoever asked for it has it built to its end, though people built the plan.
#[tokio::test]
async fn a_review_of_peoples_own_work_is_mended_by_the_run_that_broke_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ready_by_hand(&world, &ann).await;
    ann.comments_on_line(pull(&world), CACHE, 1, "Derive Debug.").unwrap();
    red_once(&world);
    world.model.sonnet().will([
        edits(CACHE, "pub struct", "#[derive(Debugg)]\npub struct"),
        task_done("Derived."),
        edits(CACHE, "Debugg", "Debug"),
        task_done("Derived from what there is."),
    ]);
    let before = world.conversation(issue);

    ann.says(pull(&world), "/baton fix").await;
    world.lives_through(Millis::minutes(15)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let file = world.github.repo().file(&branch(&world), CACHE).unwrap();
    assert_eq!(file, "#[derive(Debug)]\npub struct Cache;\n");
    let threads = world.github.repo().threads(pull(&world));
    let answers = threads.iter().flat_map(|it| &it.comments);
    assert_eq!(answers.filter(|it| it.body.contains("Addressed in")).count(), 1);
    assert!(!world.news(issue, &before).contains("needs a person"));
    let log = world.model.calls().iter().any(|it| it.body.to_string().contains("E0432"));
    assert!(log, "the run was not shown what failed");
}

#[tokio::test]
async fn whoever_takes_over_a_review_is_told_that_it_is_theirs() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = fix::ready(&world, &ann).await;
    ann.comments_on_line(pull(&world), CACHE, 1, "Say what it caches.").unwrap();
    world.github.repo().ci_on("baton/*", CiBehaviour::Manual);
    world
        .model
        .sonnet()
        .will([edits(CACHE, "The cache.", "The cache of answers."), task_done("It is said.")]);
    ann.says(pull(&world), "/baton fix").await;
    world.lives_through(Millis::minutes(2)).await;
    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    let paid = world.model.calls().len();
    ann.says(issue, "/baton implement manual").await;
    let head = world.github.repo().pulls().pop().unwrap().pull.unwrap().head_sha;
    world.github.repo().ci_concludes(&head, "test", Conclusion::Failure, "no").unwrap();
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.calls().len(), paid);
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/24/0 -->
    ### Baton needs a person

    @ann, the building was left to people before what the review asks for was done.

    **Test-agent**: Nothing has to change. Shown to hold: 1 of 1 acceptance line.

    **Review-agent**: Nothing has to change.

    Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide. Spent on this issue: $0.0631.
    ");

    let mine = "//! The cache of answers.\n\npub struct Cache;\n";
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    ann.pushes(&branch(&world), &[(CACHE, Some(mine))], "By hand").unwrap();
    world.settles().await;
    ann.says(issue, "/baton retry").await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}

/// A head that failed is looked at by nobody, whoever builds from here on.
#[tokio::test]
async fn a_red_push_on_what_was_ready_waits_for_its_checks_whoever_builds() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = fix::ready(&world, &ann).await;
    red_once(&world);
    ann.pushes(&branch(&world), &[(CACHE, Some("pub struct Cache\n"))], "Shorter").unwrap();
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let (paid, before) = (world.model.calls().len(), world.conversation(issue));

    ann.says(issue, "/baton implement manual").await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton implement manual
    ");
    ann.says(issue, "/baton implement").await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.calls().len(), paid, "nobody looks at what failed");

    ann.pushes(&branch(&world), &[(CACHE, Some("pub struct Cache;\n"))], "Mended").unwrap();
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert!(paid < world.model.calls().len(), "what passes is looked at");
}
