//! A revision that comes to nothing leaves the plan before it where it stood: nobody has to pay for a
//! way back to it.

use baton::sandbox::model::{Fault, Turn, asks};
use insta::assert_snapshot;

use super::approval::planned;
use crate::world::World;

#[tokio::test]
async fn the_plan_before_a_failed_revision_is_approved_where_it_stands() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.opus().will([Turn::fault(Fault::SpendLimit)]);
    ann.says(issue, "/baton revise Keep the answers in a file.").await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/6/1 -->
    ### Baton needs a person

    @ann, the model provider's own spending limit is reached; it lasts until the first of next month or until somebody raises it there.

    Once whoever runs this Baton has mended that, `/baton retry` starts again. Spent on this issue: $0.0386.

    Plan revision 1 stands as it did: `/baton approve` and `/baton implement` go on with it, and nothing is paid for that again.
    ");
    let paid = world.model.books().len();
    let before = world.conversation(issue);

    ann.says(issue, "/baton approve").await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), paid, "nobody was asked for another plan");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Approved · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 0 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ann approved the plan. A later change of it voids the approval.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton unapprove` · `/baton revise` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      ✔ Approved by ann with content `b604786138c7`. Any later change of the plan voids it; `/baton unapprove` takes it back.

      Nothing is built before somebody starts it by this box or by `/baton implement`:

      - [ ] <!-- baton:do=start rev=1 -->Start now (estimate $0.0993 to $0.32, limit $5.00)

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    ann: (eyes, rocket)
      /baton approve
    ");

    world.model.haiku().will([asks(["Which cache?"])]);
    ann.says(issue, "/baton implement").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_stopped_revision_is_left_by_a_retry_for_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.opus().will([asks(["Which file?"])]);
    ann.says(issue, "/baton revise Keep the answers in a file.").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let paid = world.model.books().len();

    ann.says(issue, "/baton stop").await;
    ann.says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), paid, "nobody was asked for another plan");
    ann.says(issue, "/baton approve 1").await;
    let conversation = world.conversation(issue);
    assert!(conversation.contains("Approved · revision 1"), "{conversation}");
}
