//! Plans, and built work, that nobody looks at.

use baton::base::Millis;
use baton::sandbox::model::submits;
use insta::assert_snapshot;

use crate::scenario::fix::ready;
use crate::world::{World, plan};

/// Product: a reminder after 14 days, the end after 30.
#[tokio::test]
async fn a_plan_nobody_looks_at_is_reminded_of_once_and_then_set_aside() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    let before = world.conversation(issue);

    world.lives_through(Millis::days(13)).await;
    assert_eq!(world.news(issue, &before), "");
    world.lives_through(Millis::days(60)).await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Stopped
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      Nobody answered in time.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton help`</sub>

    baton[bot]:
      @ann, the plan has waited for two weeks. In about two more it is set aside; `/baton revise` and what should be different changes it, `/baton stop` ends it now.

    baton[bot]:
      ### Baton has stopped here

      @ann, nobody answered in time. Nothing runs and nothing more is spent ($0.0386 so far). `/baton retry` takes it up again.
    ");
}

/// What is built waits as long as a plan does, and is reminded of as what it is.
#[tokio::test]
async fn built_work_nobody_reviews_is_reminded_of_once_and_then_let_go() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ready(&world, &ann).await;
    let before = world.conversation(issue);

    world.lives_through(Millis::days(13)).await;
    assert_eq!(world.news(issue, &before), "");
    world.lives_through(Millis::days(60)).await;
    assert_eq!(world.stage(issue).await, "Stopped");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Stopped
      Route ✔ · Plan ✔ | $0.0478 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/completed/1-plan.md) #2

      Nobody answered in time.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - t2 Ask the cache first (medium), skipped
      - t3 Test the repeated question (simple), skipped

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Test and review

      ▸ Handoffs (2)

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton help`</sub>

    baton[bot]:
      @ann, the pull request has waited for a review or its merge for two weeks. In about two more Baton no longer looks after it; it stays open, and its merge still counts. `/baton stop` ends the work now.

    baton[bot]:
      ### Baton has stopped here

      @ann, nobody answered in time. Nothing runs and nothing more is spent ($0.0478 so far). `/baton retry` takes it up again.
    ");

    let pull = world.github.repo().pulls().remove(0);
    ann.merges(pull.number).unwrap();
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Done", "its merge still counts");
}

/// A run that gets on is never called stuck, however long the provider lets it wait.
#[tokio::test]
async fn a_run_that_waits_for_its_provider_is_not_stuck() {
    use baton::sandbox::model::{Fault, Turn, reads};
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let busy = std::iter::repeat_n(Turn::fault(Fault::Overloaded), 7);
    world.opus().will([reads("src/rag.rs")].into_iter().chain(busy).chain([submits(plan())]));
    ann.says(issue, "/baton plan").await;

    world.lives_through(Millis::hours(2)).await;

    assert_eq!(world.stage(issue).await, "Planned");
}
