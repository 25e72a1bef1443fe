//! An issue that is reopened after its work was merged begins another life.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::submits;
use serde_json::{Value, json};

use crate::scenario::merged_plan::{builds_everything, planned};
use crate::world::{Inhabitant, World, plan_of};

/// An issue whose work was merged.
async fn done(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = planned(world, ann).await;
    merged(world, ann, issue).await;
    issue
}

/// Builds the plan and merges what was built.
async fn merged(world: &World, ann: &Inhabitant<'_>, issue: IssueNumber) {
    builds_everything(world);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let pull = world.github.repo().pulls().remove(0);
    ann.merges(pull.number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
}

/// What the first life created is there in the second.
fn modifies_the_cache() -> Value {
    let mut longer = plan_of("Keep answers longer.");
    longer["files"][0]["action"] = json!("modify");
    longer
}

#[tokio::test]
async fn a_reopened_issue_is_planned_anew_and_its_cost_goes_on() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = done(&world, &ann).await;
    let key = world.key(issue);

    ann.reopens(issue).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Seen");
    let kept = world.engine().store.handles(key).await.unwrap();
    let kept: Vec<&str> = kept.iter().map(|it| it.0.as_str()).collect();
    for gone in ["branch", "pull-request", "plan-commit", "code-pushed", "approvals", "asks-yes"] {
        assert!(!kept.contains(&gone), "{gone} leaks into the next life: {kept:?}");
    }
    assert!(kept.contains(&"status"), "{kept:?}");

    world.opus().will([submits(modifies_the_cache())]);
    ann.says(issue, "/baton plan keep answers for an hour").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Planned", "{told}");
    assert!(told.contains("Plan revision 2 is ready"), "{told}");
    let pulls = world.github.repo().pulls();
    let second = pulls.last().unwrap();
    let head = second.pull.as_ref().map(|it| it.head.as_str());
    assert_eq!((pulls.len(), head), (2, Some("baton/1-add-redis-caching-l2")), "{told}");
    assert!(second.open && second.body.contains("\nPart of #1\n"), "{}", second.body);
    let row = world.engine().store.load_issue(key).await.unwrap().unwrap();
    assert_eq!(row.life, 2);
    ann.says(issue, "/baton cost").await;
    let told = world.conversation(issue);
    assert!(told.contains("| implementer |"), "what the first life cost is forgotten: {told}");
}

/// Case 77: the limit of an issue covers all its lives. A second plan that would pass it waits for
/// somebody's word before its first call.
#[tokio::test]
async fn a_second_life_begins_with_what_the_first_one_used_of_the_limit() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = done(&world, &ann).await;
    ann.says(issue, "/baton cost add 4.90 an hour of review").await;
    ann.reopens(issue).unwrap();
    world.settles().await;
    let paid = world.model.books().len();
    world.opus().will([submits(modifies_the_cache())]);

    ann.says(issue, "/baton plan keep answers for an hour").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Paused", "{told}");
    assert_eq!(world.model.books().len(), paid, "a second life was given a second budget");
    assert!(told.contains("the limit for this issue is $5.00, $4.9"), "{told}");

    ann.says(issue, "/baton budget +5").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Planned", "{told}");
    assert!(told.contains(" entered by people of $10.00 "), "{told}");
}

/// Case 77: what somebody allowed for the issue is neither lost nor given twice.
#[tokio::test]
async fn a_limit_set_in_one_life_holds_in_the_next() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton budget 8").await;
    merged(&world, &ann, issue).await;
    ann.says(issue, "/baton cost add 5 an hour of review").await;
    ann.reopens(issue).unwrap();
    world.settles().await;
    world.opus().will([submits(modifies_the_cache())]);

    ann.says(issue, "/baton plan keep answers for an hour").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Planned", "{told}");
    assert!(told.contains(" entered by people of $8.00 "), "{told}");
    ann.says(issue, "/baton cost add 2.80 more of it").await;
    let paid = world.model.books().len();
    ann.says(issue, "/baton revise keep it small").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Paused", "{told}");
    assert_eq!(world.model.books().len(), paid);
    assert!(told.contains("the limit for this issue is $8.00, $7.9"), "{told}");
}

/// A bot that reopens an issue begins nothing.
#[tokio::test]
async fn a_bot_begins_no_life() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let robo = world.bot("robo");
    let issue = done(&world, &ann).await;

    robo.reopens(issue).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Done");
}
