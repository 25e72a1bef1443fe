//! Deliveries as other servers and other hooks write them: without what GitHub always tells, with
//! halves of characters, and the same words twice in bodies that differ.

use baton::base::IssueNumber;
use baton::sandbox::github::{
    Delivery,
};
use baton::sandbox::model::submits;
use serde_json::{Value, json};

use crate::world::{Inhabitant, World, plan};

async fn opened(ann: &Inhabitant<'_>) -> IssueNumber {
    ann.opens("Add Redis caching", "Cache query results with 5min TTL").await
}

/// The delivery of the comment that says `text`, changed.
fn retold(world: &World, text: &str, change: impl FnOnce(&mut Value)) -> Delivery {
    let deliveries = world.github.deliveries().into_iter();
    let mut told = deliveries.filter_map(|it| {
        let body: Value = serde_json::from_str(&it.body).unwrap();
        (it.action == Some("created") && body["comment"]["body"] == text).then_some((it, body))
    });
    let (delivery, mut body) = told.next().expect("nobody said so");
    change(&mut body);
    Delivery { body: body.to_string(), ..delivery }
}

fn comments(world: &World, issue: IssueNumber) -> usize {
    world.github.repo().issue(issue).unwrap().comments.len()
}

/// Case 7: a hook of the repository tells the same beside the App's, in a body of its own.
#[tokio::test]
async fn the_same_comment_told_by_two_hooks_is_heard_once() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton budget +5").await;
    let before = world.conversation(issue);
    assert!(before.contains("of $10.00"), "{before}");

    let other = retold(&world, "/baton budget +5", |body| {
        body.as_object_mut().unwrap().remove("installation");
    });
    world.replays(&other, "told-by-the-other-hook").await;

    assert_eq!(world.conversation(issue), before);
}

/// Case 4: a text that was cut in the middle of an emoji.
#[tokio::test]
async fn a_command_beside_half_a_character_is_heard() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    ann.says(issue, "Hello").await;
    let before = comments(&world, issue);
    let mut cut = retold(&world, "Hello", |body| body["comment"]["body"] = json!("HALF"));
    cut.body = cut.body.replace("HALF", r"Look \ud83d\n\n/baton cost");
    cut.body = cut.body.replace("5min TTL", r"5min TTL \ude00");

    world.replays(&cut, "cut").await;

    assert_eq!(comments(&world, issue), before + 1, "{}", world.conversation(issue));
}
