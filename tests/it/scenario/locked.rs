//! A locked conversation: an App may not comment there. What would be said is given up with its
//! reason, the work goes on, and the status comment says where it stands once it is unlocked.

use baton::base::Millis;
use baton::sandbox::model::{asks, submits};

use crate::world::order::Disorder;
use crate::world::{World, plan};

const COMMENTS: &str = "/issues/{issue_number}/comments";

/// How many comments Baton has tried to post.
fn tried(world: &World) -> usize {
    let ends = |template: Option<&str>| template.is_some_and(|it| it.ends_with(COMMENTS));
    let calls = world.github.calls();
    calls.iter().filter(|it| it.method == "POST" && ends(it.template)).count()
}

#[tokio::test]
async fn a_plan_is_made_behind_a_locked_conversation_and_told_when_it_opens() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);

    ann.locks(issue).unwrap();
    world.settles().await;
    ann.says(issue, "/baton plan").await;
    world.lives_through(Millis::hours(2)).await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(world.github.repo().pulls().len(), 1);
    let comments = world.github.repo().issue(issue).unwrap().comments;
    assert_eq!(comments.len(), 1, "Baton has commented on a locked issue");
    assert!(tried(&world) <= 4, "{} tries: a storm", tried(&world));
    let store = world.engine().store;
    let installation = world.github.installation_id().unwrap();
    let history = store.history(installation, world.key(issue)).await.unwrap();
    let locked = history.iter().find(|it| it.event == "conversation locked");
    let why = locked.expect("the history says nothing of the lock").reasons.to_string();
    assert!(why.contains("comments are given up until the conversation is unlocked"), "{why}");

    ann.unlocks(issue).unwrap();
    world.settles().await;
    let told = world.conversation(issue);
    assert!(told.contains("Baton · Planned · revision 1"), "{told}");
}

/// Nobody could answer questions that stand nowhere.
#[tokio::test]
async fn questions_that_cannot_be_asked_wait_for_a_person() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?"])]);

    ann.locks(issue).unwrap();
    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Blocked");
    ann.unlocks(issue).unwrap();
    world.settles().await;
    let told = world.conversation(issue);
    assert!(told.contains("`/baton retry`"), "{told}");
}
