//! A building run that is silent, goes in circles, is refused by the provider or out of money ends
//! as it should, with one clear sentence on the issue.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{Fault, Turn, asks, creates, edits, greps, refuses, task_done};
use insta::assert_snapshot;

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

/// What somebody settles by the way says nothing about what they were called for: no model is paid
/// until somebody goes on.
#[tokio::test]
async fn a_task_settled_by_the_way_does_not_start_what_met_a_spending_limit() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([Turn::fault(Fault::SpendLimit)]);
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let calls = world.model.calls().len();
    let before = world.conversation(issue);

    ann.says(issue, "/baton task t3 skip").await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.calls().len(), calls, "nobody asked for t1 again");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 0 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      The model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - t3 Test the repeated question (simple), skipped

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Handoffs (1)

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    ann: (eyes, rocket)
      /baton task t3 skip
    ");

    // Each refusal names what does go on.
    let before = world.conversation(issue);
    ann.says(issue, "/baton implement").await;
    assert_snapshot!(world.news(issue, &before), @"

    ann: (confused)
      /baton implement

    baton[bot]:
      @ann, the plan is being built, but a person is needed before it goes on; the call above says what for. `/baton retry` goes on, `/baton revise` goes back to the plan, `/baton stop` ends it.
    ");

    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
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
