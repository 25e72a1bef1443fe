//! An App that GitHub does not recognise any more: its key was revoked, or replaced on one side only.
//! Nothing can be said on any issue then.

use baton::base::Millis;
use baton::sandbox::github::{CallMatcher, Fault, FaultRule, Reply};
use baton::sandbox::model::{reads, submits};

use crate::world::{Disorder, World, plan};

/// Case 28: the work waits with growing pauses, health says why, and once the key is right it goes
/// on where it was: nobody is called, and nothing is asked or paid for again.
#[tokio::test]
async fn work_waits_for_a_key_that_is_accepted_and_health_says_so() {
    let world = World::new().await;
    // Reactions are given up within a minute.
    world.forgive(Disorder::EffectGivenUp);
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    assert_eq!(world.health().await["github"], "ok");
    ann.person.comments(issue, "/baton plan").unwrap();
    world.comes_to_a_run(issue, None).await;
    world.github.expire_tokens();
    let minting = CallMatcher::call("POST", "/app/installations/{installation_id}/access_tokens");
    let refused = Reply::error(401, "A JSON web token could not be decoded");
    world.github.fault(FaultRule::always(minting, Fault::FailBefore(refused)));

    let before = world.github.call_count();
    world.lives_through(Millis::minutes(30)).await;
    let calls = world.github.call_count() - before;
    assert!(calls <= 60, "{calls} calls in half an hour");
    assert_ne!(world.stage(issue).await, "Blocked");
    assert_eq!(world.github.repo().pulls().len(), 0);
    let health = world.health().await;
    let told = health["github"].as_str().unwrap();
    assert!(told.contains("check APP_ID and PRIVATE_KEY"), "{health}");
    assert_eq!(health["status"], "ok", "a new start would not help");

    world.github.clear_faults();
    world.lives_through(Millis::minutes(40)).await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(world.health().await["github"], "ok");
    assert_eq!(world.model.books().len(), 2);
    assert_eq!(world.github.repo().pulls().len(), 1);
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let ours = comments.iter().filter(|it| it.author.ends_with("[bot]"));
    let ready = ours.clone().filter(|it| it.body.contains("### Plan revision 1 is ready"));
    assert_eq!((ours.count(), ready.count()), (2, 1), "{}", world.conversation(issue));
}
