//! The model's provider on a bad day: nothing is paid twice, nobody waits without being told.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::{Fault, Strike, Turn, reads, refuses, submits};
use insta::assert_snapshot;

use crate::world::{World, plan};

/// An issue whose planner answers with these turns.
async fn planned_with(world: &World, turns: impl IntoIterator<Item = Turn>) -> IssueNumber {
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will(turns);
    ann.says(issue, "/baton plan").await;
    issue
}

/// How many answers the provider has billed.
pub(super) fn billed(world: &World) -> usize {
    world.model.books().len()
}

#[tokio::test]
async fn an_overloaded_provider_is_waited_for_and_nothing_is_paid_twice() {
    let world = World::new().await;
    let busy = || Turn::fault(Fault::Overloaded);
    let turns = [reads("src/rag.rs"), busy(), busy(), submits(plan())];
    let issue = planned_with(&world, turns).await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Baton · Planning · Opus
      Route ✔ · **Plan** | $0.0281 of $5.00 | 1 turn, at most $2.00 a run

      The model provider has no capacity; the run goes on by itself at about 09:01 UTC. Nothing is spent while it waits.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton revise` · `/baton stop` · `/baton help`</sub>
    ");
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Planning");
    world.passes(Millis::minutes(2)).await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(billed(&world), 2);
}

#[tokio::test]
async fn a_provider_that_is_down_for_six_hours_calls_a_person() {
    let world = World::new().await;
    let busy = std::iter::repeat_n(Turn::fault(Fault::Overloaded), 17);
    let issue = planned_with(&world, [reads("src/rag.rs")].into_iter().chain(busy)).await;

    world.lives_through(Millis::hours(7)).await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0281 of $5.00 | 1 turn, at most $2.00 a run

      The model provider has not answered for six hours.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the model provider has not answered for six hours.

      The provider is overloaded: Overloaded.

      Once whoever runs this Baton has mended that, `/baton retry` starts again. Spent on this issue: $0.0281.
    ");
}

/// Case 33: the provider's own limit is not retried.
#[tokio::test]
async fn the_providers_spend_limit_calls_a_person_at_once() {
    let world = World::new().await;
    let issue = planned_with(&world, [Turn::fault(Fault::SpendLimit)]).await;

    world.lives_through(Millis::hours(2)).await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.00 of $5.00 | 0 turns, at most $2.00 a run

      The model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

      ▸ Router analysis: simple; Sonnet is the safe middle

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

      Once whoever runs this Baton has mended that, `/baton retry` starts again. Spent on this issue: $0.00.
    ");
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_it_says() {
    let world = World::new().await;
    let limited = Turn::fault(Fault::RateLimited(Some(240)));
    let issue = planned_with(&world, [limited, submits(plan())]).await;

    world.passes(Millis::seconds(180)).await;
    assert_eq!(world.stage(issue).await, "Planning");
    world.passes(Millis::seconds(60)).await;
    assert_eq!(world.stage(issue).await, "Planned");
}

/// Case 34: cut after it was billed, so it stays in the bill, marked as assumed.
#[tokio::test]
async fn an_answer_that_is_cut_after_it_was_billed_stays_in_the_bill() {
    let world = World::new().await;
    let cut = reads("src/rag.rs").is_cut_after(120);
    let issue = planned_with(&world, [cut, submits(plan())]).await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Planned");
    let before = world.conversation(issue);

    world.maintainer("ann").says(issue, "/baton cost").await;

    assert_eq!(billed(&world), 2);
    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton cost

    baton[bot]:
      ### Cost of #1: $0.37

      | role | model | calls | tokens in | of them cached | tokens out | cost |
      |---|---|--:|--:|--:|--:|--:|
      | planner | `claude-opus-5-5` | 1 | 0 | 0 | 0 | $0.35 ($0.35 of it assumed) |
      | planner | `claude-opus-5-5` | 1 | 5,561 | 5,561 | 535 | $0.0119 |

      Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included. *Assumed* is a call whose answer never came: it may have been billed, so it counts at the most it could have cost.
    ");
}

/// Case 32: every other way to fail is tried again in the same run.
#[tokio::test]
async fn every_passing_failure_is_tried_again_in_the_same_run() {
    let turns = [
        Turn::fault(Fault::Internal),
        Turn::fault(Fault::GatewayTimeout),
        Turn::fault(Fault::Disconnect),
        reads("src/rag.rs").errs_midway(),
        reads("src/rag.rs"),
        submits(plan()),
    ];
    let world = World::new().await;
    let issue = planned_with(&world, turns).await;
    world.lives_through(Millis::hours(1)).await;
    assert_eq!(world.stage(issue).await, "Planned");
}

#[tokio::test]
async fn a_model_that_declines_calls_a_person() {
    let world = World::new().await;
    let issue = planned_with(&world, [refuses()]).await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0279 of $5.00 | 1 turn, at most $2.00 a run

      The model declined to plan this issue.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the model declined to plan this issue.

      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit. Spent on this issue: $0.0279.
    ");
}

/// Testing case 36, in small: the answer was billed and lost, and the process with it.
#[tokio::test]
async fn a_crash_in_the_middle_of_a_call_pays_at_most_that_call_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    world.model.strikes(2, Strike::AfterBilled(Fault::Hang));
    ann.comments(issue, "/baton plan").unwrap();

    world.crashes_when(|it| billed(it) == 2).await;
    world.passes(Millis::minutes(3)).await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(billed(&world), 3);
}
