//! An issue goes in, a committed plan comes out.

use baton::base::Millis;
use baton::domain::policy::Mode;
use baton::sandbox::model::{Fault, Turn, asks, reads, submits};
use insta::assert_snapshot;
use serde_json::json;

use crate::world::{World, broken_plan, plan, plan_of};

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
      Route ✔ · Plan ✔ | $0.0460 of $5.00 | 3 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### 1 question before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0330 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      Taken from ann: Yes, optional.

      All answered. The run goes on 20 seconds after the last answer; until then a new answer to the same number replaces the one above.

    ann: (eyes, rocket)
      Yes, optional.

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0460
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    draft pull request #2 Plan: Add Redis caching, baton/1-add-redis-caching → main
      Part of #1

      Answers are kept in memory for five minutes, so that a repeated question is free.

      This pull request holds the plan only: [`docs/prds/active/1-plan.md`](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md), revision 1, content `b604786138c7`. Here or on the issue, `/baton approve` approves it, and `/baton revise` and what should be different makes the next revision. A review of this pull request approves neither the plan nor any code: there is none in it.
      <!-- /baton:pull-request -->

    baton/1-add-redis-caching: docs: plan for issue 1, revision 1
      docs/prds/active/1-plan.md
      docs/prds/active/1-state.md

    35 calls, 17 of them writes
    ");
}

/// The very text of the comment that is edited in place: markers and folded parts included.
#[tokio::test]
async fn the_status_comment_unfolded() {
    let world = World::in_mode(Mode::Suggest).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Fix typo in SECURITY.md", "It says recieve.").await;

    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:status v1 issue=1 -->
    ### Baton · Seen
    **Route** · Plan | $0.00 of $5.00

    <details><summary>Router analysis: trivial; Haiku is enough</summary>

    | signal | weight | evidence |
    |---|---:|---|
    | **Opus** | **0** |  |
    | **Sonnet** | **70** |  |
    | implementation keyword | +30 | `Fix typo` |
    | no architecture or schema word | +20 |  |
    | under 3 files | +20 | `1 file` |
    | **Haiku** | **100** |  |
    | trivial or simple | +50 | `trivial` |
    | docs, formatting, rename or tests only | +30 | `documentation` |
    | under 3 files | +20 | `1 file` |
    | **Complexity trivial** |  |  |
    | trivial: keyword |  | `Fix typo` |

    <sub>Issues rated by people that got this level (n = 2, smoothed): trivial 6 %, simple 31 %, medium 56 %, complex 6 %, expert 2 %. A score is not a probability.</sub>

    </details>

    <sub>`/baton plan` · `/baton route` · `/baton help`</sub>
    ");
}

#[tokio::test]
async fn words_given_while_planning_join_the_next_turn() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let busy = Turn::fault(Fault::Overloaded);
    world.opus().will([reads("src/rag.rs"), busy, submits(plan())]);

    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton revise keep the public API as it is\n\nand no new crate").await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Planned");
    let last = world.model.calls().last().map(|it| it.body["messages"].to_string());
    assert!(last.unwrap().contains("keep the public API as it is\\n\\nand no new crate"));
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0432 of $5.00 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    ann: (eyes, rocket)
      /baton revise keep the public API as it is

      and no new crate

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0432
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

#[tokio::test]
async fn a_plan_that_is_revised_becomes_revision_2_on_the_same_branch() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan()), submits(plan_of("Without Redis."))]);

    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton revise leave Redis out").await;

    assert_snapshot!(world.story(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 2
      Route ✔ · Plan ✔ | $0.0552 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    ann: (eyes, rocket)
      /baton revise leave Redis out

    baton[bot]:
      ### Plan revision 2 is ready

      Without Redis.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `c7b861417f54`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0552
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 2`:

      - [ ] <!-- baton:do=approve rev=2 -->Approve plan (revision 2)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    draft pull request #2 Plan: Add Redis caching, baton/1-add-redis-caching → main
      Part of #1

      Without Redis.

      This pull request holds the plan only: [`docs/prds/active/1-plan.md`](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md), revision 2, content `c7b861417f54`. Here or on the issue, `/baton approve` approves it, and `/baton revise` and what should be different makes the next revision. A review of this pull request approves neither the plan nor any code: there is none in it.
      <!-- /baton:pull-request -->

    baton/1-add-redis-caching: docs: plan for issue 1, revision 2
      docs/prds/active/1-plan.md
      docs/prds/active/1-state.md

    baton/1-add-redis-caching: docs: plan for issue 1, revision 1
      docs/prds/active/1-plan.md
      docs/prds/active/1-state.md

    47 calls, 20 of them writes
    ");
}

#[tokio::test]
async fn a_plan_that_fails_its_checks_three_times_calls_a_person() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(broken_plan()), submits(json!({})), submits(broken_plan())]);

    ann.says(issue, "/baton plan").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0574 of $5.00 | 3 turns, at most $2.00 a run

      The planner submitted a plan three times, and each failed its checks.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the planner submitted a plan three times, and each failed its checks.

      What was wrong with the last one:

      - `files[1]` `src/nowhere.rs` is marked modify but does not exist at the base commit; did you mean `src/rag.rs`?

      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit. Spent on this issue: $0.0574.
    ");
}

/// Seven unfinished things at once are still one run.
#[tokio::test]
async fn a_second_plan_while_one_is_at_work_is_refused() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?"])]);

    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton plan").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Baton · Waiting for 1 answer
      Route ✔ · **Plan** | $0.0286 of $5.00 | 1 turn, at most $2.00 a run

      0 of 1 answered. Nothing is spent while it waits.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton answer` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### 1 question before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0286 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      Answer in a comment that begins with the number: `1a`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.

    ann: (confused)
      /baton plan

    baton[bot]:
      @ann, a run waits for answers to its questions above. Answer with `1: …`, or let it decide with `/baton revise decide yourself`.
    ");
}
