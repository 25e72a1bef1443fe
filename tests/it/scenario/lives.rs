//! An issue that is reopened after its work was merged begins another life.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::submits;
use serde_json::json;

use crate::scenario::merged_plan::{builds_everything, planned};
use crate::world::{Inhabitant, World, plan_of};

/// An issue whose work was merged.
async fn done(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = planned(world, ann).await;
    builds_everything(world);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let pull = world.github.repo().pulls().remove(0);
    ann.merges(pull.number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
    issue
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

    // What the first life created is there now.
    let mut longer = plan_of("Keep answers longer.");
    longer["files"][0]["action"] = json!("modify");
    world.opus().will([submits(longer)]);
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
