//! `/baton cost add`: what people paid outside Baton stands on a line of its own, once per comment,
//! and counts against what the issue may cost.

use baton::base::{MicroUsd, Millis};
use baton::sandbox::model::submits;
use insta::assert_snapshot;

use super::approval::planned;
use crate::world::{World, plan};

#[tokio::test]
async fn what_somebody_paid_stands_on_its_own_line() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    ann.says(issue, "/baton cost add 4.20 an hour | of @claude `code`").await;
    world.passes(Millis::minutes(1)).await;

    assert_snapshot!(world.news(issue, &before), @r"

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 and $4.20 entered by people of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      84 % of what this issue may cost ($5.00) is used. `/baton budget` changes that limit.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    ann: (eyes, rocket)
      /baton cost add 4.20 an hour | of @claude `code`

    baton[bot]:
      ### Cost of #1: $0.0386 and $4.20 entered by people

      | role | model | calls | tokens in | of them cached | tokens out | cost |
      |---|---|--:|--:|--:|--:|--:|
      | planner | `claude-opus-5-5` | 1 | 5,561 | 0 | 535 | $0.0386 |

      Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included.

      | entered | by | for | amount |
      |---|---|---|--:|
      | 2026-11-20 | ann | an hour \| of `@claude` \`code\` | $4.20 |

      As entered: Baton cannot check it. It counts against what this issue may cost.
    ");
    let last = world.github.deliveries().into_iter().rev();
    let said =
        last.filter(|it| it.event == "issue_comment").find(|it| it.body.contains("add 4.20"));
    let said = said.expect("the comment was never delivered");
    world.replays(&said, "again").await;
    let used = world.engine().store.scope_budget(&scope(&world, issue)).await.unwrap().used;
    let spent = MicroUsd(4_200_000);
    assert!(spent < used && used < spent + MicroUsd::dollars(1), "{used}");
    let entered = world.engine().store;
    let row = entered.load_issue(world.key(issue)).await.unwrap().unwrap();
    let rows = entered.entered_costs(row.installation, world.key(issue)).await.unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
}

fn scope(world: &World, issue: baton::base::IssueNumber) -> String {
    format!("issue:{}", world.key(issue))
}

/// A second line cannot be told from the same one said again, so it is refused and says so.
#[tokio::test]
async fn a_comment_books_one_amount() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    let comment = ann.says(issue, "/baton cost add 1\n/baton cost add 2").await;
    let once = "@ann, this comment has booked a cost already.";
    assert!(world.newest_comment(issue).contains(once), "{}", world.newest_comment(issue));
    ann.edits(comment, "/baton cost add 1\n/baton cost add 3").await;

    let store = world.engine().store;
    let used = store.scope_budget(&scope(&world, issue)).await.unwrap().used;
    assert_eq!(used, MicroUsd::dollars(1));
}

#[tokio::test]
async fn nonsense_and_people_without_write_book_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let tom = world.triager("tom");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton cost add -5").await;
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/2/1 -->
    @ann, `/baton cost add` needs an amount in dollars above zero and at most $10,000, and may say what it was for, as in `/baton cost add 4.20 an hour of Claude Code`.
    ");
    for nonsense in ["0", "10000.01", "lots"] {
        ann.says(issue, &format!("/baton cost add {nonsense}")).await;
    }
    tom.says(issue, "/baton cost add 5").await;
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/6/1 -->
    @tom, `/baton cost add` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");

    let store = world.engine().store;
    let used = store.scope_budget(&scope(&world, issue)).await.unwrap().used;
    assert_eq!(used, MicroUsd::ZERO);
}

#[tokio::test]
async fn what_was_entered_counts_against_what_the_issue_may_cost() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    ann.says(issue, "/baton cost add 4.99").await;

    ann.says(issue, "/baton plan").await;

    assert_eq!(world.stage(issue).await, "Paused", "{}", world.conversation(issue));
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton budget +5").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
}
