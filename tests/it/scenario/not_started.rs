//! A run is ordered, and nobody takes it up. What keeps the workers from it here stands for all
//! that could: the run lies in the store and is due.

use baton::base::{Clock as _, IssueNumber, Millis, RunId};
use baton::sandbox::model::{asks, creates, task_done};
use baton::store::{Claim, RunRow};
use insta::assert_snapshot;

use super::approval::planned;
use super::handing::approves;
use crate::store::run;
use crate::world::World;

/// The issue's next run, which nobody takes up.
async fn is_left_lying(world: &World, issue: IssueNumber, known: Option<&RunId>) -> RunRow {
    let run = world.comes_to_a_run(issue, known).await;
    world.engine().store.hold_run(&run.id).await.unwrap();
    world.settles().await;
    run
}

/// How each run of the issue that builds stands.
async fn builders(world: &World, issue: IssueNumber) -> Vec<&'static str> {
    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    let builders = runs.iter().filter(|it| it.role == "implementer");
    builders.map(|it| it.status.name()).collect()
}

/// Five minutes are five minutes, also for a service that was started anew meanwhile.
#[tokio::test]
async fn what_nobody_takes_up_is_ordered_once_more_and_gets_on() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world
        .model
        .haiku()
        .will([creates("src/cache.rs", "pub struct Cache;\n"), task_done("The cache is written.")]);
    approves(&ann, issue);
    let lying = is_left_lying(&world, issue, None).await;
    let before = world.conversation(issue);

    world.clock.set(lying.created + Millis::minutes(4));
    world.works_off().await;
    world.restarts().await;
    world.clock.set(lying.created + Millis(Millis::minutes(5).0 - 1));
    world.works_off().await;
    assert_eq!(builders(&world, issue).await, ["ready"]);
    world.passes(Millis(1)).await;

    assert_eq!(builders(&world, issue).await, ["stopped", "finished"]);
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.escalations, world.unplanned(issue).await), (0, 0));
    assert!(before.contains("Implementing · Haiku (1 of 3)"), "{before}");
    assert!(!world.conversation(issue).contains("needs a person"));
}

#[tokio::test]
async fn when_nobody_takes_up_the_second_either_a_person_is_called() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);
    let first = is_left_lying(&world, issue, None).await;
    world.clock.set(first.created + Millis::minutes(5));
    is_left_lying(&world, issue, Some(&first.id)).await;

    world.passes(Millis::minutes(5)).await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(builders(&world, issue).await, ["stopped", "stopped"]);
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/9/1 -->
    ### Baton needs a person

    @ann, the model that builds task t1 did not begin within five minutes, and neither did the one that was ordered in its place.

    `/baton retry` tries once more. Where that does not help, the log of this server says why no run begins. Spent on this issue: $0.0386.
    ");

    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
}

/// A run that waits because every place is taken is not late: it is the next one's turn.
#[tokio::test]
async fn whoever_waits_for_a_place_is_not_late() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);
    let lying = world.comes_to_a_run(issue, None).await;
    let store = world.engine().store;
    store.hold_run(&lying.id).await.unwrap();
    world.settles().await;
    let mut busy = Vec::new();
    for other in 0..8 {
        store.start_run(&run(&format!("busy-{other}"), 900 + other)).await.unwrap();
        let claim = Claim { worker: "busy", now: world.clock.now(), lease: Millis::hours(1) };
        busy.push(store.claim_run(claim).await.unwrap().unwrap().run.id);
    }

    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(builders(&world, issue).await, ["ready"]);
    world.model.haiku().will([asks(["Which cache?"])]);
    for run in busy {
        store.stop_run(&run, "done", world.clock.now()).await.unwrap();
    }
    world.lives_through(Millis::minutes(6)).await;
    assert_eq!(builders(&world, issue).await.len(), 2, "there is room, and it lies there still");
    ann.says(issue, "/baton stop").await;
}
