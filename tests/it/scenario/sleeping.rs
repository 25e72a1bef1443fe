//! Case 35: a machine that sleeps, or whose clock is set ahead. What its runs were silent for then is
//! no silence of a model; whoever else is waited for had that time all the same.

use std::time::Duration;

use baton::base::Millis;
use baton::sandbox::model::{asks, creates, reads, submits, task_done};
use baton::store::RunStatus;

use super::approval::planned;
use super::handing::{approves, falls_silent};
use crate::world::{World, plan};

/// Haiku is silent for four minutes before the machine sleeps for half an hour and for six behind
/// it: those are its ten.
#[tokio::test]
async fn a_run_is_not_silent_while_the_machine_sleeps() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis::hours(9)).await;
    world.settles().await;
    world.clock.set(haiku.activity + Millis::minutes(4));
    world.works_off().await;

    world.clock.sleeps(Millis::minutes(30));
    world.works_off().await;

    let live = world.engine().store.live_run(world.key(issue)).await.unwrap().unwrap();
    assert_eq!(live.id, haiku.id, "{}", world.conversation(issue));
    assert_eq!(live.activity, haiku.activity + Millis::minutes(30));
    assert!(!world.conversation(issue).contains("No sign of life"));
    world.passes(Millis::minutes(1)).await;
    let says = "No sign of life from Haiku for 5 min; after 10 min Sonnet takes over.";
    assert!(world.conversation(issue).contains(says), "{}", world.conversation(issue));
    world.clock.set(live.activity + Millis(Millis::minutes(10).0 - 1));
    world.works_off().await;
    assert_eq!(world.unplanned(issue).await, 0);

    world.clock.set(live.activity + Millis::minutes(10));
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let engine = world.engine();
    let installation = world.github.installation_id().unwrap();
    let record = engine.store.handoffs(installation, world.key(issue)).await.unwrap();
    assert_eq!(record.last().unwrap().decided.reason, "Haiku gave no sign of life for 10 min.");
    ann.says(issue, "/baton stop").await;
}

/// A minute is what a clock may be corrected by, and many corrections in a row are no leap either.
#[tokio::test]
async fn a_clock_that_is_put_right_by_a_minute_is_no_machine_that_slept() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis::hours(9)).await;
    world.settles().await;

    for _ in 0..10 {
        world.clock.sleeps(Millis::minutes(1));
        world.works_off().await;
    }
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let first = world.engine().store.load_run(&haiku.id).await.unwrap().unwrap();
    assert_eq!(first.activity, haiku.activity);
    ann.says(issue, "/baton stop").await;
}

/// A question waits a day by the clock of those who may answer it, whether the machine sleeps or not.
#[tokio::test]
async fn people_are_waited_for_by_the_clock_through_a_sleep() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Asking");
    world.model.haiku().will([creates("src/cache.rs", "// Kept."), task_done("Kept.")]);

    world.clock.sleeps(Millis::hours(25));
    world.works_off().await;

    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
}

/// A planner has thirty minutes of its own time. A call that the machine slept through takes none.
#[tokio::test]
async fn a_night_in_mid_call_is_not_the_runs_time() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    let kept = world.model.keeps_back(1);
    ann.comments(issue, "/baton plan").unwrap();
    let night = async {
        while world.model.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.clock.sleeps(Millis::hours(8));
        kept.notify_one();
    };

    tokio::join!(world.settles(), night);

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}

/// A process that slept in the middle of a call wakes while it waits for the answer. Its other tasks
/// find that the lease on the run is over by the clock, and leave the run alone: the call in flight is
/// paid for once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_the_machine_slept_through_is_not_made_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    let kept = world.model.keeps_back(1);
    ann.comments(issue, "/baton plan").unwrap();
    let run = world.comes_to_a_run(issue, None).await;
    let engine = world.engine();
    let mut calling = tokio::spawn(async move { engine.step().await });
    while world.model.calls().is_empty() {
        if calling.is_finished() {
            let engine = world.engine();
            calling = tokio::spawn(async move { engine.step().await });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    world.clock.sleeps(Millis::hours(8));
    world.works_off().await;
    kept.notify_one();
    calling.await.unwrap().unwrap();
    world.settles().await;

    assert_eq!(world.model.books().len(), 1, "the call in flight was paid for twice");
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    let store = world.engine().store;
    assert_eq!(store.load_run(&run.id).await.unwrap().unwrap().status, RunStatus::Finished);
    assert_eq!(store.health().await.unwrap().reservations_open, 0);
}
