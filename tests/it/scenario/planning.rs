//! An issue goes in, a committed plan comes out.

use baton::sandbox::model::{asks, reads, submits};
use insta::assert_snapshot;

use crate::world::{World, plan};

#[tokio::test]
async fn an_issue_goes_in_and_a_committed_plan_comes_out() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), asks(["Is Redis optional?"]), submits(plan())]);

    ann.says(issue, "/baton plan").await;
    ann.says(issue, "Yes, optional.").await;

    assert_snapshot!(world.story(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0434 spent, limit $2.00 a run | 3 turns | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2
      
      ▸ Router analysis: simple; Sonnet is the safe middle
      
      ▸ Cost by model
      
      <sub>`/baton revise` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### 1 question before the plan of #1
      
      Opus has read the repository and needs to know this from you. $0.0305 so far; nothing is spent while it waits.
      
      **1. Is Redis optional?**
      
      The plan depends on it.
      
      - `1a` Yes
      - `1b` No
      
      Taken from ann: Yes, optional.
      
      All answered. The run goes on in 20 seconds; until then a new answer to the same number replaces the one above.

    ann: (eyes)
      Yes, optional.

    baton[bot]:
      ### Plan revision 1 is ready
      
      Answers are kept in memory for five minutes, so that a repeated question is free.
      
      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · draft pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`
      
      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0434
      - Building it: about $0.0993 to $0.38 (list price for 3 tasks on the tiers above; no history here yet)
      
      Planning complete. To change it, write `/baton revise` and what should be different, or comment on lines of the pull request and name them there. Nothing is built and nothing more is spent until you act.
      
      ▸ Build it by hand with your own tools

    draft pull request #2 Plan: Add Redis caching, baton/1-add-redis-caching → main
      Part of #1
      
      Answers are kept in memory for five minutes, so that a repeated question is free.
      
      This pull request holds the plan only: [`docs/prds/active/1-plan.md`](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md), revision 1, content `b604786138c7`. Comment on its lines; `/baton revise` and what should be different, here or on the issue, makes the next revision. Approving this pull request approves no code: there is none in it.

    baton/1-add-redis-caching: docs: plan for issue 1, revision 1
      docs/prds/active/1-plan.md
      docs/prds/active/1-state.md

    31 calls, 15 of them writes
    ");
}
