//! Work that was laid down and is taken up again: nothing of it is paid twice.

use baton::base::Millis;

use crate::scenario::no_ci::built;
use crate::world::World;

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
