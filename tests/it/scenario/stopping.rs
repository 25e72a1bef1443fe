//! A process that is asked to stop while a model is at work waits for it, but not without end. With
//! the real binary: `crash::stopping`.

use std::time::Duration;

use baton::sandbox::model::{Fault, Strike, submits};

use crate::world::{World, plan};

/// Case 44: a call that outlives the grace is left, booked at what was set aside for it, and its run
/// laid down at once for the next start, which asks for it once more.
#[tokio::test]
async fn a_call_that_outlives_the_grace_is_left_and_booked() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    world.model.strikes(1, Strike::AfterBilled(Fault::Hang));
    ann.person.comments(issue, "/baton plan").unwrap();
    let run = world.comes_to_a_run(issue, None).await;

    let mut leaving = world.another_worker().await;
    leaving.call_grace = Duration::from_millis(50);
    let stop = leaving.stop.clone();
    let at_work = tokio::spawn(async move { leaving.run().await });
    while world.model.books().is_empty() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    at_work.await.unwrap();
    let left = world.engine().store.live_run(world.key(issue)).await.unwrap().unwrap();
    assert_eq!((left.id, left.status.name()), (run.id, "ready"));
    let installation = world.github.installation_id().unwrap();
    let rows = world.engine().store.cost_of_issue(installation, world.key(issue)).await.unwrap();
    assert_eq!(rows.iter().map(|it| it.calls).sum::<i64>(), 1);

    world.settles().await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(world.model.books().len(), 2);
}
