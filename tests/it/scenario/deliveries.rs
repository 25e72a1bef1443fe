//! GitHub promises neither order nor exactly one arrival.

use baton::sandbox::github::DeliveryFault;
use baton::sandbox::model::submits;

use crate::world::{World, plan};

/// Case 6: the same delivery id twice.
#[tokio::test]
async fn a_delivery_that_arrives_twice_is_processed_once() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    world.github.delivery_fault(Some("issue_comment"), DeliveryFault::Duplicate);
    ann.says(issue, "/baton plan").await;
    let again = world.github.deliveries();
    let again = again.iter().find(|it| it.event == "issue_comment").unwrap();
    assert!(world.github.redeliver(again.id));
    world.settles().await;

    assert_eq!(world.model.books().len(), 1);
    assert_eq!(world.stage(issue).await, "Planned");
}

/// Case 7: the same words under a new id, as a person who presses "redeliver" twice may cause.
#[tokio::test]
async fn the_same_body_under_a_new_id_has_no_second_effect() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    let conversation = world.conversation(issue);
    let deliveries = world.github.deliveries();
    let asked = deliveries.iter().find(|it| it.body.contains("/baton plan")).unwrap();

    world.replays(asked, "a-new-delivery-id").await;

    assert_eq!(world.conversation(issue), conversation);
}

/// Case 13: the comment that asks arrives before the issue it stands on.
#[tokio::test]
async fn a_command_may_arrive_before_its_issue() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        world.opus().will([submits(plan())]);
        let issue = ann.person.opens("Add caching", "Cache query results with 5min TTL").unwrap();
        let comment = ann.comments(issue, "Shall we?").unwrap();
        ann.edits_comment(comment, "Shall we?\n/baton plan").unwrap();
        world.github.arrange_pending(&order);
        world.settles().await;
        assert_eq!(world.stage(issue).await, "Planned", "in the order {order:?}");
        assert_eq!(world.model.books().len(), 1);
    }
}

/// Case 13: closed and reopened in whatever order: the end is what GitHub says now.
#[tokio::test]
async fn closed_and_reopened_are_told_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        world.opus().will([submits(plan())]);
        ann.says(issue, "/baton plan").await;
        ann.closes(issue).unwrap();
        ann.reopens(issue).unwrap();
        world.github.arrange_pending(&order);
        world.settles().await;
        assert_eq!(world.stage(issue).await, "Planned", "in the order {order:?}");
    }
}
