//! Deliveries as other servers and other hooks write them: without what GitHub always tells, with
//! halves of characters, and the same words twice in bodies that differ.

use baton::base::{CommentId, IssueNumber, Millis};
use baton::sandbox::github::{
    CallMatcher, Delivery, DeliveryFault, Fault, FaultRule, Reply, ReplyBody,
};
use baton::sandbox::model::submits;
use serde_json::{Value, json};

use crate::world::{Disorder, Inhabitant, World, plan};

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

/// The same comment after an edit that made this of it, without what it changed.
fn edited(world: &World, text: &str, now: &str) -> Delivery {
    retold(world, text, |body| {
        body["action"] = json!("edited");
        body["comment"]["body"] = json!(now);
        body["comment"]["updated_at"] = json!("2030-01-01T00:00:00Z");
    })
}

/// The same comment with these words, by somebody who is named by login alone.
fn nameless(world: &World, text: &str, now: &str) -> Delivery {
    retold(world, text, |body| {
        body["comment"]["body"] = json!(now);
        for place in ["/sender", "/comment/user", "/issue/user"] {
            body.pointer_mut(place).unwrap().as_object_mut().unwrap().remove("id");
        }
    })
}

fn reactions(world: &World, issue: IssueNumber, comment: CommentId) -> Vec<&'static str> {
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let comment = comments.into_iter().find(|it| it.id == comment).unwrap();
    comment.reactions.iter().map(|it| it.content).collect()
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

/// Case 14: what the edit added is found by what the comment said before.
#[tokio::test]
async fn an_edit_that_does_not_say_what_it_changed_runs_what_it_added() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    let said = "Hello\n\n/baton help";
    ann.says(issue, said).await;
    let before = comments(&world, issue);

    world.replays(&edited(&world, said, "Hello\n\n/baton help\n\nThanks"), "edit-1").await;
    assert_eq!(comments(&world, issue), before, "{}", world.conversation(issue));

    let more = "Hello\n\n/baton help\n\nThanks\n\n/baton cost";
    world.replays(&edited(&world, said, more), "edit-2").await;
    assert_eq!(comments(&world, issue), before + 1, "{}", world.conversation(issue));
}

/// Nobody knows whether the command ran before: whoever may ask is told, and nobody else.
#[tokio::test]
async fn an_edit_of_a_comment_that_was_never_delivered_is_answered_and_not_run() {
    let world = World::new().await;
    world.forgive(Disorder::DeliveryFailed);
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    for (somebody, reacted) in [(&ann, vec!["confused"]), (&world.stranger("eve"), vec![])] {
        world.github.delivery_fault(Some("issue_comment"), DeliveryFault::Drop);
        let said = format!("Nothing yet, {}", reacted.len());
        let comment = somebody.says(issue, &said).await;
        let before = comments(&world, issue);
        let edit = edited(&world, &said, "/baton plan");
        world.replays(&edit, &format!("edit-{}", reacted.len())).await;
        assert_eq!(reactions(&world, issue, comment), reacted);
        assert_eq!(comments(&world, issue), before + reacted.len());
    }
    assert!(world.conversation(issue).contains("the server did not say what was changed"));
    assert!(world.model.books().is_empty());
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

/// Case 85: the id is asked for, and the right is read for it.
#[tokio::test]
async fn whoever_is_named_by_login_alone_has_their_own_right() {
    let world = World::new().await;
    let (ann, eve) = (world.maintainer("ann"), world.stranger("eve"));
    let issue = opened(&ann).await;
    eve.says(issue, "Me too").await;
    ann.says(issue, "Hello").await;

    world.replays(&nameless(&world, "Me too", "/baton plan"), "by-eve").await;
    assert!(world.model.calls().is_empty());

    world.opus().will([submits(plan())]);
    world.replays(&nameless(&world, "Hello", "/baton plan"), "by-ann").await;
    assert_eq!(world.stage(issue).await, "Planned");
}

/// Case 85: a right that belongs to a login only is nobody's.
#[tokio::test]
async fn whoever_has_no_id_anywhere_is_refused_with_a_sentence() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    ann.says(issue, "Hello").await;
    let body = json!({ "permission": "admin", "user": { "login": "ann" } });
    let reply = Reply { status: 200, headers: Vec::new(), body: ReplyBody::Json(body) };
    let asked = CallMatcher::call("GET", "/collaborators/{username}/permission");
    world.github.fault(FaultRule::always(asked, Fault::FailBefore(reply)));

    world.replays(&nameless(&world, "Hello", "/baton plan"), "by-nobody").await;

    assert!(world.model.calls().is_empty());
    let answer = world.newest_comment(issue);
    assert!(answer.contains("could not be read from GitHub"), "{answer}");
}

/// Case 4: which installation a delivery belongs to is known of the repository, told when it is asked
/// for, or clear because there is only one.
#[tokio::test]
async fn a_delivery_without_its_installation_is_handled() {
    for (asked, is_handled) in [(200, true), (404, true), (400, true), (403, true), (405, false)] {
        let world = World::new().await;
        world.forgive(Disorder::DeliveryFailed);
        let asks = CallMatcher::call("GET", "/{repo}/installation");
        if asked != 200 {
            let refusal = Fault::FailBefore(Reply::error(asked, "No"));
            world.github.fault(FaultRule::always(asks.clone(), refusal));
        }
        if !is_handled {
            let lists = CallMatcher::call("GET", "/app/installations");
            world.github.fault(FaultRule::always(lists, Fault::not_found()));
        }
        // Nothing is known of the repository: its first delivery is lost, and told again without.
        world.github.delivery_fault(Some("issues"), DeliveryFault::Drop);
        world.github.delivery_fault(Some("issue_comment"), DeliveryFault::Drop);
        let ann = world.maintainer("ann");
        let issue = opened(&ann).await;
        ann.says(issue, "/baton help").await;
        let told = retold(&world, "/baton help", |body| {
            body.as_object_mut().unwrap().remove("installation");
        });
        let calls = world.github.calls().len();
        world.replays(&told, "without-installation").await;
        let expected = 1 + usize::from(is_handled);
        assert_eq!(comments(&world, issue), expected, "{asked}");
        if !is_handled {
            // What repeating does not help is not repeated.
            world.lives_through(Millis::hours(2)).await;
            assert_eq!(world.github.calls().len(), calls + 2, "{asked}");
            continue;
        }

        // From now on it is known, and nobody is asked.
        world.github.delivery_fault(Some("issues"), DeliveryFault::Drop);
        world.github.delivery_fault(Some("issue_comment"), DeliveryFault::Drop);
        let other = opened(&ann).await;
        ann.says(other, "/baton cost").await;
        let asked_so_far = world.github.calls().len();
        let told = retold(&world, "/baton cost", |body| {
            body.as_object_mut().unwrap().remove("installation");
        });
        world.replays(&told, "another-issue").await;
        assert_eq!(comments(&world, other), 2, "{asked}");
        let calls = world.github.calls();
        let asks = calls[asked_so_far..].iter().filter(|it| it.path.contains("/installation"));
        assert_eq!(asks.filter(|it| !it.path.ends_with("/access_tokens")).count(), 0, "{asked}");
    }
}
