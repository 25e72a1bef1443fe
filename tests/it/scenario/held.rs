//! Work that was laid down and is taken up again: nothing of it is paid twice.

use baton::base::Millis;

use crate::scenario::approval::branch;
use crate::scenario::by_hand::{building, ticks_all, with_green_ci};
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

    ann.closes(issue).unwrap();
    world.settles().await;
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
