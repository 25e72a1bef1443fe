//! Calls for a person: the older one folds, and nobody is notified of the same twice in a day.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::{Fault, Turn, reads, refuses, submits};
use insta::assert_snapshot;

use crate::world::{World, plan};

/// How many comments stand on the issue: each new one notifies everybody who follows it.
fn comments(world: &World, issue: IssueNumber) -> usize {
    world.github.repo().issue(issue).unwrap().comments.len()
}

/// An issue whose planner met the provider's limit.
async fn blocked(world: &World) -> IssueNumber {
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([Turn::fault(Fault::SpendLimit)]);
    ann.says(issue, "/baton plan").await;
    issue
}

#[tokio::test]
async fn the_same_cause_is_told_once_a_day() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = blocked(&world).await;
    let before = comments(&world, issue);
    world.passes(Millis::hours(1)).await;
    world.opus().will([Turn::fault(Fault::SpendLimit)]);
    ann.says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Blocked");
    assert_eq!(comments(&world, issue), before + 1, "her own word, and nothing else");
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

      First said 2026-11-20 09:00 UTC, and so again 2026-11-20 10:00 UTC. Nobody is notified of the same twice in a day.

    ann: (eyes, confused)
      /baton retry
    ");

    // The day after it is worth another word, and the older one folds.
    world.passes(Millis::days(1)).await;
    world.opus().will([Turn::fault(Fault::SpendLimit)]);
    ann.says(issue, "/baton retry").await;
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/7/1 -->
    ### Baton needs a person

    @ann, the model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

    Once whoever runs this Baton has mended that, `/baton retry` starts again. Spent on this issue: $0.00.
    ");
    assert_eq!(world.conversation(issue).matches("▸ An earlier call").count(), 1);
}

#[tokio::test]
async fn another_cause_is_another_call_and_the_older_one_folds() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = blocked(&world).await;
    world.opus().will([refuses()]);
    ann.says(issue, "/baton retry").await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0280 of $5.00 | 1 turn, at most $2.00 a run

      The model declined to plan this issue.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ▸ An earlier call, 2026-11-20 09:00 UTC

    ann: (eyes, confused)
      /baton retry

    baton[bot]:
      ### Baton needs a person

      @ann, the model declined to plan this issue.

      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit. Spent on this issue: $0.0280.
    ");

    world.passes(Millis::hours(1)).await;
    // The first cause is back within the day: its own comment says so, unfolded, and the other folds.
    world.opus().will([Turn::fault(Fault::SpendLimit)]);
    ann.says(issue, "/baton retry").await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0280 of $5.00 | 0 turns, at most $2.00 a run

      The model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

      Once whoever runs this Baton has mended that, `/baton retry` starts again. Spent on this issue: $0.0280.

      First said 2026-11-20 09:00 UTC, and so again 2026-11-20 10:00 UTC. Nobody is notified of the same twice in a day.

    ann: (eyes, confused)
      /baton retry

    baton[bot]:
      ▸ An earlier call, 2026-11-20 09:00 UTC

    ann: (eyes, confused)
      /baton retry
    ");

    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned");
}
