//! Deliveries that do not say whose act they tell: nobody has a right, so nothing follows from them,
//! and what was changed on GitHub is taken back.

use baton::base::IssueNumber;
use baton::sandbox::github::{Delivery, DeliveryFault};
use baton::sandbox::model::{asks, submits};
use serde_json::Value;

use crate::world::{Disorder, Inhabitant, World, plan};

/// The newest delivery of this event and action, without its sender.
fn without_sender(world: &World, event: &str, action: &str) -> Delivery {
    let mut deliveries = world.github.deliveries().into_iter().rev();
    let told = deliveries.find(|it| it.event == event && it.action == Some(action)).unwrap();
    let mut body: Value = serde_json::from_str(&told.body).unwrap();
    body.as_object_mut().unwrap().remove("sender").unwrap();
    Delivery { body: body.to_string(), ..told }
}

/// A world whose next delivery of this event gets lost, for the test to tell it anew.
async fn planned<'w>(world: &'w World, ann: &Inhabitant<'w>, lost: &str) -> IssueNumber {
    world.forgive(Disorder::DeliveryFailed);
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    world.github.delivery_fault(Some(lost), DeliveryFault::Drop);
    issue
}

#[tokio::test]
async fn a_box_that_nobody_ticked_approves_nothing_and_is_taken_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann, "issue_comment").await;
    ann.ticks(issue, "Approve plan").await;
    assert!(world.newest_comment(issue).contains("- [x] <!-- baton:do=approve"));

    world.replays(&without_sender(&world, "issue_comment", "edited"), "nobody").await;

    assert_eq!(world.state(issue).await.stage.approved(), None);
    let news = world.newest_comment(issue);
    assert!(news.contains("- [ ] <!-- baton:do=approve"), "{news}");
}

#[tokio::test]
async fn a_label_that_nobody_set_is_taken_off() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann, "issues").await;
    ann.puts(issue, "baton:approved").await;

    world.replays(&without_sender(&world, "issues", "labeled"), "nobody").await;

    assert_eq!(world.state(issue).await.stage.approved(), None);
    let labels = world.github.repo().issue(issue).unwrap().labels;
    assert!(!labels.iter().any(|it| it == "baton:approved"), "{labels:?}");
}

#[tokio::test]
async fn an_edit_of_the_status_comment_by_nobody_is_written_anew() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann, "issue_comment").await;
    let status = world.github.repo().issue(issue).unwrap().comments[1].clone();
    ann.edits(status.id, &format!("{}\n\nSpent: nothing.", status.body)).await;

    world.replays(&without_sender(&world, "issue_comment", "edited"), "nobody").await;
    world.passes(baton::base::Millis::minutes(1)).await;

    let now = world.github.repo().issue(issue).unwrap().comments[1].body.clone();
    assert!(!now.contains("Spent: nothing."), "{now}");
}

/// That an issue is open is a fact, whoever made it one: its work waits again where it stood. What was
/// under way then would spend, so it waits for somebody.
#[tokio::test]
async fn an_issue_that_nobody_reopened_goes_on_with_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton plan").await;
    ann.closes(issue).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Stopped");
    let paid = world.model.books().len();
    world.forgive(Disorder::DeliveryFailed);
    world.github.delivery_fault(Some("issues"), DeliveryFault::Drop);
    ann.reopens(issue).unwrap();
    world.settles().await;

    world.replays(&without_sender(&world, "issues", "reopened"), "nobody").await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.engine().store.live_run(world.key(issue)).await.unwrap(), None);
    assert_eq!(world.model.books().len(), paid);
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned");
}
