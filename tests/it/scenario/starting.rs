//! Where the operator says so (`BATON_IMPLEMENT_ON_APPROVAL=auto`), an approval begins the work.

use baton::sandbox::model::{creates, task_done};
use insta::assert_snapshot;

use super::approval::planned;
use crate::world::{Setup, World};

async fn world() -> World {
    World::with(Setup { start_on_approval: true, ..Setup::default() }).await
}

fn builds_first_task(world: &World) {
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept.")]);
}

#[tokio::test]
async fn an_approval_begins_the_work_by_itself() {
    let world = world().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    assert!(world.conversation(issue).contains("An approval begins the work here at once."));
    let before = world.conversation(issue);
    builds_first_task(&world);

    ann.ticks(issue, "Approve plan").await;

    assert_eq!(world.stage(issue).await, "Working");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Waiting for checks (1 of 3)
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0393 of $5.00 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      The changes stand on the branch; the repository's own checks say whether the task is done. Nothing is spent while they run.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple) ← working
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Handoffs (1)

      ▸ Cost by model

      <sub>`/baton escalate` · `/baton task` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      ✔ Approved by ann with content `b604786138c7`. Any later change of the plan voids it.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

#[tokio::test]
async fn an_approval_by_somebody_without_write_begins_nothing() {
    let world = world().await;
    let ann = world.maintainer("ann");
    let tom = world.triager("tom");
    let issue = planned(&world, &ann).await;

    tom.says(issue, "/baton approve").await;

    assert_eq!(world.stage(issue).await, "Planned");
}

#[tokio::test]
async fn an_approval_of_a_stale_plan_asks_first() {
    let world = world().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.pushes("main", &[("src/rag.rs", Some("//! Another search.\n"))], "Search").unwrap();
    world.settles().await;

    ann.ticks(issue, "Approve plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert!(world.newest_comment(issue).contains("the plan is stale: 1 of 3 files"));
    builds_first_task(&world);
    ann.ticks(issue, "Start anyway").await;
    assert_eq!(world.stage(issue).await, "Working");
}
