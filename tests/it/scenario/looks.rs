//! Somebody asks for one look of a specialist on the pull request.

use baton::base::Millis;
use baton::sandbox::github::{CallMatcher, Fault, FaultRule};
use baton::sandbox::model::finds;
use insta::assert_snapshot;

use crate::scenario::approval::planned;
use crate::scenario::by_hand::{building, ticks_all, with_green_ci};
use crate::world::World;

/// The acceptance lines that the test-agent judges, by their tasks.
const LINES: [&str; 3] = ["t1", "t2", "t3"];

#[tokio::test]
async fn a_look_at_what_is_ready_goes_back_to_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let tom = world.triager("tom");
    with_green_ci(&world, &ann).await;
    let issue = building(&world, &ann).await;
    let pull = world.github.repo().pulls().remove(0).number;
    ticks_all(&world, &ann, issue).await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let before = world.conversation(issue);

    ann.says(issue, "/baton test").await;
    tom.says(pull, "/baton review").await;
    ann.says(pull, "/baton review").await;
    world.lives_through(Millis::minutes(2)).await;

    assert_eq!(world.stage(issue).await, "Ready");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Ready · waits for review
      Route ✔ · Plan ✔ · Implement ✔ · Test ✔ · **Review** | $0.0580 of $5.00 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/completed/1-plan.md) #2

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [x] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [x] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Test and review

      ▸ Cost by model

      <sub>`/baton task` · `/baton cost` · `/baton help`</sub>

    ann: (confused)
      /baton test

    baton[bot]:
      @ann, `/baton test` does not work on an issue. Write it on the issue's pull request instead.

    baton[bot]:
      @tom, `/baton review` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");
    assert_snapshot!(world.conversation(pull), @"
    #2 Add Redis caching

    tom: (confused)
      /baton review

    ann: (eyes, rocket)
      /baton review
    ");
    let looked = world.engine().store.runs(world.key(issue)).await.unwrap();
    let looked: Vec<&str> = looked.iter().map(|it| it.role.as_str()).collect();
    assert_eq!(looked, ["planner", "test-agent", "review-agent", "review-agent"]);
}

#[tokio::test]
async fn while_people_build_a_look_says_how_it_stands() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = building(&world, &ann).await;
    let pull = world.github.repo().pulls().remove(0).number;
    world.model.inspectors().will([finds(&LINES, &["An entry never expires."])]);
    let before = world.conversation(issue);

    ann.says(pull, "/baton test").await;
    world.lives_through(Millis::minutes(2)).await;

    assert_eq!(world.stage(issue).await, "Working");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Implementing · by hand
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0390 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      People build this with their own tools. A tick here, a tick in the plan's file or `/baton task` settles a task.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Test and review

      ▸ Cost by model

      <sub>`/baton task` · `/baton revise` · `/baton stop` · `/baton help`</sub>
    ");
    let status = world.github.repo().issue(issue).unwrap().comments;
    let status = status.iter().find(|it| it.body.contains("baton:status")).unwrap();
    assert!(status.body.contains("An entry never expires."), "{}", status.body);
    let calls = world.model.calls();
    let told = calls.last().unwrap().body.to_string();
    assert!(told.contains("Still open: t1, t2, t3."), "{told}");
}

#[tokio::test]
async fn elsewhere_a_look_is_refused_in_plain_words() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let pull = world.github.repo().pulls().remove(0).number;
    ann.pushes("ann/other", &[("src/other.rs", Some("pub struct Other;\n"))], "Other").unwrap();
    let theirs = ann.opens_pull("ann/other", "Something else", "By hand.").unwrap();
    world.settles().await;

    ann.says(pull, "/baton test").await;
    ann.says(theirs, "/baton review").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.conversation(pull), @"
    #2 Plan: Add Redis caching

    ann: (confused)
      /baton test
    ");
    assert_snapshot!(world.conversation(theirs), @"
    #3 Something else

    ann: (confused)
      /baton review

    baton[bot]:
      @ann, `/baton review` does not work on another pull request. Write it on the pull request that Baton opened for the issue instead.
    ");
}

/// What may be read on other people's pull requests is answered there; on one from a fork only what
/// says nothing of any issue.
#[tokio::test]
async fn other_peoples_pull_requests_are_answered_as_the_table_says() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    ann.pushes("ann/other", &[("src/other.rs", Some("pub struct Other;\n"))], "Other").unwrap();
    let theirs = ann.opens_pull("ann/other", "Something else", "By hand.").unwrap();
    let eve = world.stranger("eve");
    let work = ("patch", &[("src/eve.rs", Some("pub struct Eve;\n"))][..]);
    let from_fork = eve.opens_pull_from_fork(work, "From afar", "By hand.").unwrap();
    world.settles().await;
    for command in ["status", "cost", "route", "help"] {
        for (pull, is_fork) in [(theirs, false), (from_fork, true)] {
            let before = world.conversation(pull);
            ann.says(pull, &format!("/baton {command}")).await;
            world.passes(Millis::minutes(1)).await;
            let said = world.news(pull, &before);
            let is_refused = is_fork && ["status", "cost"].contains(&command);
            assert_eq!(said.contains("(confused)"), is_refused, "{command}: {said}");
        }
    }
    let said = world.conversation(from_fork);
    assert!(said.contains("`/baton status` does not work on a pull request from a fork"), "{said}");
}

/// Where nobody tells whether it comes from a fork, it is taken for one.
#[tokio::test]
async fn a_pull_request_of_which_nothing_is_told_is_taken_for_a_forks() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    ann.pushes("ann/other", &[("src/other.rs", Some("pub struct Other;\n"))], "Other").unwrap();
    let theirs = ann.opens_pull("ann/other", "Something else", "By hand.").unwrap();
    world.settles().await;
    let asked = CallMatcher::call("GET", "/pulls/{pull_number}");
    world.github.fault(FaultRule::always(asked, Fault::not_found()));
    ann.says(theirs, "/baton status").await;
    let said = world.conversation(theirs);
    assert!(said.contains("does not work on a pull request from a fork"), "{said}");
}
