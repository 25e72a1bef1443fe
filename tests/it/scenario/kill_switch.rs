//! The operator's kill switch: what is at work is laid down at its turn, nothing starts until it is
//! lifted, and everything that only reads is answered.

use std::collections::BTreeSet;

use baton::base::{InstallationId, Millis, RunId};
use baton::domain::policy::KillSwitch;
use baton::sandbox::model::{Fault, Strike, asks, reads, submits};

use crate::scenario::provider::billed;
use crate::world::{World, plan};

/// Case 90. The call in flight may have been billed, so it stays booked; nothing is called after it.
#[tokio::test]
async fn a_run_that_is_live_is_laid_down_and_nothing_further_is_called() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    world.model.strikes(2, Strike::AfterBilled(Fault::Hang));
    ann.comments(issue, "/baton plan").unwrap();
    world.crashes_when(|it| billed(it) == 2).await;
    let store = world.engine().store;
    let run: RunId = store.live_run(world.key(issue)).await.unwrap().unwrap().id;

    world.restarts_with(KillSwitch::All).await;
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Paused");
    let told = world.conversation(issue);
    assert!(told.contains("### Baton · Paused · everything is stopped"), "{told}");
    assert!(told.contains("Whoever runs this server has stopped Baton here."), "{told}");
    world.lives_through(Millis::hours(1)).await;
    assert_eq!(billed(&world), 2, "something was called after the switch");
    ann.says(issue, "/baton resume").await;
    assert_eq!(world.stage(issue).await, "Paused", "{}", world.conversation(issue));

    // Lifted, the very run goes on: what it had read is not paid again.
    world.restarts().await;
    ann.says(issue, "/baton resume").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(billed(&world), 3, "the turn that was cut is all that is paid twice");
    let store = world.engine().store;
    assert!(store.open_reservations(&run).await.unwrap().is_empty(), "a call is neither");
}

#[tokio::test]
async fn nothing_starts_and_everything_readable_answers() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.restarts_with(KillSwitch::All).await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton plan").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Seen", "{told}");
    assert!(told.contains("has stopped Baton here, so nothing is started"), "{told}");
    assert_eq!(billed(&world), 0);
    let before = told;
    for command in ["status", "cost", "help", "route"] {
        ann.says(issue, &format!("/baton {command}")).await;
    }
    let news = world.news(issue, &before);
    assert_eq!(news.matches("(eyes, rocket)").count(), 4, "{news}");
}

#[tokio::test]
async fn other_installations_go_on() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let ours = world.github.installation_id().unwrap();
    let other = InstallationId(ours.0 + 1);
    world.restarts_with(KillSwitch::Of(BTreeSet::from([other]))).await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?"])]);
    ann.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Asking");

    // A run that waits for people is laid down as well.
    world.restarts_with(KillSwitch::Of(BTreeSet::from([ours]))).await;
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Paused");
}
