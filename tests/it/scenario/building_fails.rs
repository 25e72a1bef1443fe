//! A building run that is silent, goes in circles, is refused by the provider or out of money ends
//! as it should, with one clear sentence on the issue.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{Fault, Turn, asks, creates, edits, greps, refuses, task_done};

use super::approval::planned;
use super::whole;
use crate::world::{Disorder, Inhabitant, World};

/// What was posted since, by Baton, as new comments.
async fn posted_by(world: &World, ann: &Inhabitant<'_>, issue: IssueNumber) -> Vec<String> {
    let before = world.github.repo().issue(issue).unwrap().comments.len();
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::hours(7)).await;
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let ours = comments[before..].iter().filter(|it| it.author.ends_with("[bot]"));
    ours.map(|it| it.body.clone()).collect()
}

/// Cases 32 and 33, while building: what no other model would do better calls one person, once.
#[tokio::test]
async fn what_the_provider_refuses_calls_one_person_once() {
    let overloaded = || std::iter::repeat_n(Turn::fault(Fault::Overloaded), 40).collect();
    let ways: [(Vec<Turn>, &str); 3] = [
        (vec![refuses()], "declined"),
        (vec![Turn::fault(Fault::SpendLimit)], "spending limit"),
        (overloaded(), "hours"),
    ];
    for (turns, says) in ways {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = planned(&world, &ann).await;
        world.model.haiku().will(turns);

        let posted = posted_by(&world, &ann, issue).await;

        assert_eq!(world.stage(issue).await, "Blocked", "{says}: {}", world.conversation(issue));
        assert_eq!(posted.len(), 1, "{says}: {posted:#?}");
        assert_eq!(posted[0].matches("@ann").count(), 1, "{}", posted[0]);
        assert!(posted[0].contains(says), "{says}: {}", posted[0]);
        assert!(posted[0].contains("`/baton retry`"), "{}", posted[0]);
        world.forgive(Disorder::Script);
    }
}

/// Case 35: the same tool call again and again is no work: a stronger model takes over, and says
/// nothing to anybody about it but the status.
#[tokio::test]
async fn a_run_that_goes_in_circles_is_followed_by_a_stronger_model() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will(std::iter::repeat_n(greps("cache"), 20));
    world.model.sonnet().will([asks(["Which cache?"])]);
    world.forgive(Disorder::Script);

    ann.says(issue, "/baton approve --start").await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.tier.name(), work.escalations), ("sonnet", 1));
    let calls = world.model.calls();
    let on_haiku = calls.iter().filter(|it| it.path == "/v1/messages");
    let on_haiku = on_haiku.filter(|it| it.model.contains("haiku")).count();
    assert!(on_haiku < 20, "{on_haiku} calls that got nowhere were paid");
    ann.says(issue, "/baton stop").await;
}

/// Case 38: however often people send a task up and down, one run is live and each change of hands
/// is theirs; none of it uses up what happens by itself.
#[tokio::test]
async fn up_and_down_by_people_stays_within_its_bounds() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.model.books().len();
    let busy = || std::iter::repeat_n(Turn::fault(Fault::Overloaded), 12);
    world.model.haiku().will(busy());
    world.model.sonnet().will(busy());
    world.opus().will(busy());
    world.forgive(Disorder::Script);
    ann.says(issue, "/baton approve --start").await;

    for command in ["escalate", "escalate", "escalate", "downgrade", "downgrade", "downgrade"] {
        ann.says(issue, &format!("/baton {command}")).await;
        assert!(world.engine().store.health().await.unwrap().runs_live <= 1);
    }

    let work = world.work(issue).await.unwrap();
    assert_eq!((work.tier.name(), work.escalations, world.unplanned(issue).await), ("haiku", 0, 0));
    let refused = world.conversation(issue).matches("(confused)").count();
    assert_eq!(refused, 2, "above opus and below haiku: {}", world.conversation(issue));
    assert_eq!(world.model.books().len(), before, "an overloaded provider bills nothing");
    ann.says(issue, "/baton stop").await;
}

/// What failed is told to the run that mends it, and to no other: once it is mended, a model that
/// reads of it would look for what is not there.
#[tokio::test]
async fn what_failed_is_told_until_it_is_mended() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    // The plan's own commit is the first push.
    let log = "error: cannot find value `cash`".to_owned();
    world.github.repo().ci_on("baton/*", CiBehaviour::RedFor { pushes: 2, log: log.clone() });
    let issue = whole::planned(&world, &ann).await;
    world.model.haiku().will([
        creates("src/cache.rs", "//! The cash.\n"),
        task_done("Written."),
        edits("src/cache.rs", "cash", "cache"),
        task_done("Mended."),
    ]);
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
    whole::tests_the_question(&world);

    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let messages = calls.iter().filter(|it| it.path == "/v1/messages");
    let openings = messages.filter(|it| it.body["messages"].as_array().unwrap().len() == 1);
    let told: Vec<bool> =
        openings.map(|it| it.body["messages"][0].to_string().contains(&log)).collect();
    // The planner, the first task, the same mended, the other two, and both specialists.
    assert_eq!(told, [false, false, true, false, false, false, false]);
}
