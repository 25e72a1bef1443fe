//! A task changes hands: the run is asked where it stands, and its successor reads that.

use baton::base::{Clock as _, IssueNumber, Millis};
use baton::sandbox::model::{Fault, Turn, asks, creates, notes, task_done};
use baton::store::{Claim, RunRow};
use insta::assert_snapshot;

use super::approval::planned;
use crate::world::{Disorder, Inhabitant, World};

const POSITION: &str = "Half of the cache is written.";

/// Takes up the issue's next run and says nothing until `lease` has passed.
pub(super) async fn falls_silent(world: &World, issue: IssueNumber, lease: Millis) -> RunRow {
    let run = world.comes_to_a_run(issue, None).await;
    let claim = Claim { worker: "silent", now: world.clock.now(), lease };
    let claimed = world.engine().store.claim_run(claim).await.unwrap().unwrap();
    assert_eq!(claimed.run.id, run.id);
    run
}

pub(super) fn approves(ann: &Inhabitant<'_>, issue: IssueNumber) {
    ann.person.comments(issue, "/baton approve --start").unwrap();
}

/// What the first run on this model is told at its start.
fn opening(world: &World, model: &str) -> String {
    let calls = world.model.calls();
    let first = calls.iter().find(|it| it.path == "/v1/messages" && it.model.contains(model));
    first.expect("it was never called").body["messages"][0]["content"].to_string()
}

/// The tiers of the runs that built, in their order, and how the first one ended.
async fn builders(world: &World, issue: IssueNumber) -> (Vec<String>, &'static str) {
    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    let built: Vec<&RunRow> = runs.iter().filter(|it| it.role == "implementer").collect();
    (built.iter().map(|it| it.tier.clone()).collect(), built[0].status.name())
}

#[tokio::test]
async fn a_stuck_run_notes_and_its_successor_reads_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes(POSITION, "Write the rest.")]);
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis(Millis::minutes(10).0 + 5_000)).await;

    world.clock.set(haiku.activity + Millis::minutes(10));
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let opening = opening(&world, "sonnet");
    assert!(opening.contains(POSITION) && opening.contains("Write the rest."), "{opening}");
    assert!(opening.contains("stuck"), "{opening}");
    let (tiers, first) = builders(&world, issue).await;
    assert_eq!((tiers, first), (vec!["haiku".to_owned(), "sonnet".to_owned()], "stopped"));
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.escalations, world.unplanned(issue).await), (1, 1));
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_stuck_run_that_says_nothing_is_replaced_after_half_a_minute() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis::hours(9)).await;

    world.clock.set(haiku.activity + Millis::minutes(10));
    world.works_off().await;
    assert_eq!(world.stage(issue).await, "HandingOver");
    // The plan's check and its pull request were shown just before, and writes stand a second apart.
    for _ in 0..2 {
        world.clock.advance(Millis::seconds(1));
        world.works_off().await;
    }
    assert!(world.conversation(issue).contains("Handing over · Haiku → Sonnet"));
    let live = world.engine().store.live_run(world.key(issue)).await.unwrap();
    assert_eq!(live.map(|it| it.id), Some(haiku.id.clone()));
    world.clock.advance(Millis(Millis::seconds(28).0 - 1));
    world.works_off().await;
    assert_eq!(world.stage(issue).await, "HandingOver");
    world.passes(Millis(2)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    assert!(opening(&world, "sonnet").contains("Nothing was noted."));
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_run_that_is_handed_over_by_a_person_notes_and_is_paid_nothing_more() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes(POSITION, "Write the rest.")]);
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    falls_silent(&world, issue, Millis::seconds(5)).await;

    ann.says(issue, "/baton escalate").await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let on_haiku =
        calls.iter().filter(|it| it.path == "/v1/messages" && it.model.contains("haiku"));
    let told = on_haiku.map(|it| it.body["messages"].to_string()).collect::<Vec<_>>();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("You are handed over"), "{}", told[0]);
    assert!(opening(&world, "sonnet").contains(POSITION));
    let work = world.work(issue).await.unwrap();
    assert_eq!(
        (work.tier.name(), work.escalations, world.unplanned(issue).await),
        ("sonnet", 0, 0)
    );
    ann.says(issue, "/baton stop").await;
}

/// Case 33, while a task changes hands: the provider would refuse the successor, too.
#[tokio::test]
async fn a_spending_limit_on_the_way_out_starts_no_successor() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([Turn::fault(Fault::SpendLimit)]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis(Millis::minutes(10).0 + 5_000)).await;

    world.clock.set(haiku.activity + Millis::minutes(10));
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let (tiers, first) = builders(&world, issue).await;
    assert_eq!((tiers, first), (vec!["haiku".to_owned()], "failed"));
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.escalations, world.unplanned(issue).await), (0, 0));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/8/1 -->
    ### Baton needs a person

    @ann, the model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

    Once whoever runs this Baton has mended that, `/baton retry` starts again. Spent on this issue: $0.0386.
    ");

    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
}

/// What it edited goes with it, and its successor is told so.
#[tokio::test]
async fn edits_that_were_not_handed_in_are_told_to_the_successor() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let busy = || Turn::fault(Fault::Overloaded);
    world.model.haiku().will([creates("src/cache.rs", "//! Half.\n"), busy(), busy(), busy()]);
    world.model.sonnet().will([asks(["Which cache?"])]);
    world.forgive(Disorder::Script);
    ann.says(issue, "/baton approve --start").await;

    ann.says(issue, "/baton escalate").await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let opening = opening(&world, "sonnet");
    assert!(opening.contains("The run before edited src/cache.rs"), "{opening}");
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_run_that_is_done_after_all_is_pushed() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let written = creates("src/cache.rs", "//! The cache.\n");
    world.model.haiku().will([written, task_done("Written.")]);
    approves(&ann, issue);
    falls_silent(&world, issue, Millis::seconds(5)).await;

    ann.says(issue, "/baton escalate").await;

    let branch = world.branch();
    assert!(world.github.repo().file(&branch, "src/cache.rs").is_some());
    let (tiers, first) = builders(&world, issue).await;
    assert_eq!((tiers, first), (vec!["haiku".to_owned()], "finished"));
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_crash_while_handing_over_starts_one_successor() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    // The answer that the crash takes along is asked for again.
    let note = || notes(POSITION, "Write the rest.");
    world.model.haiku().will([note(), note()]);
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    falls_silent(&world, issue, Millis::seconds(5)).await;
    ann.person.comments(issue, "/baton escalate").unwrap();

    world.crashes_when(|world| world.model.haiku().unread() == 1).await;
    world.lives_through(Millis::minutes(3)).await;
    // On PostgreSQL a dead worker's run is taken over after its lease, when the time for a note is
    // up; the call in flight is booked once nobody can be waiting for it.
    world.model.haiku().forgets();
    world.lives_through(Millis::minutes(12)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let (tiers, first) = builders(&world, issue).await;
    assert_eq!((tiers, first), (vec!["haiku".to_owned(), "sonnet".to_owned()], "stopped"));
    ann.says(issue, "/baton stop").await;
}

/// Half-way people read it in the status comment; nothing is posted, and the run is left alone.
#[tokio::test]
async fn a_silent_run_is_told_of_at_half_of_its_time() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis::hours(9)).await;
    world.settles().await;
    let comments = world.github.repo().issue(issue).unwrap().comments.len();
    world.clock.set(haiku.activity + Millis(Millis::minutes(5).0 - 1));
    world.works_off().await;
    assert!(!world.conversation(issue).contains("No sign of life"));

    world.clock.set(haiku.activity + Millis::minutes(5));
    world.settles().await;

    let says = "No sign of life from Haiku for 5 min; after 10 min Sonnet takes over.";
    assert!(world.conversation(issue).contains(says), "{}", world.conversation(issue));
    assert_eq!(world.github.repo().issue(issue).unwrap().comments.len(), comments);
    let live = world.engine().store.live_run(world.key(issue)).await.unwrap();
    assert_eq!(live.map(|it| it.id), Some(haiku.id));
    ann.says(issue, "/baton stop").await;
}
