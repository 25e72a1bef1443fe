//! Labels are asked for like commands: the right of whoever set them is read.

use baton::domain::policy::Mode;
use baton::sandbox::github::Role;
use baton::sandbox::model::submits;
use insta::assert_snapshot;

use crate::world::{World, plan};

#[tokio::test]
async fn the_plan_label_of_a_maintainer_starts_a_run() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);

    ann.puts(issue, "baton:plan").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching [baton:plan]

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0385 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0385
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

#[tokio::test]
async fn the_plan_label_of_somebody_with_triage_is_taken_off_again() {
    let world = World::new().await;
    let tom = world.triager("tom");
    let issue = tom.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    tom.puts(issue, "Baton: Plan").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    baton[bot]:
      @tom, the label `baton:plan` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");
}

/// A person's level wins over the scorer, also when the text changes later.
#[tokio::test]
async fn a_persons_level_wins() {
    let world = World::in_mode(Mode::Observe).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Fix typo in README", "It says recieve.").await;
    let labels = |world: &World| world.github.repo().issue(issue).unwrap().labels;
    assert_eq!(labels(&world), ["complexity: trivial"]);

    ann.puts(issue, "complexity: expert").await;
    assert_eq!(labels(&world), ["complexity: expert"]);
    ann.edits_issue(issue, None, Some("It says recieve, twice.")).unwrap();
    world.settles().await;
    assert_eq!(labels(&world), ["complexity: expert"]);

    ann.unlabels(issue, "complexity: expert").unwrap();
    world.settles().await;
    ann.edits_issue(issue, None, Some("It says recieve, three times.")).unwrap();
    world.settles().await;
    assert_eq!(labels(&world), ["complexity: trivial"]);
}

/// Case 13: both orders of two deliveries end alike.
#[tokio::test]
async fn a_label_that_arrives_before_its_issue_ends_alike() {
    let mut endings = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let world = World::in_mode(Mode::Observe).await;
        let ann = world.member("ann", Role::Maintain);
        let issue = ann.person.opens("Fix typo in README", "It says recieve.").unwrap();
        ann.labels(issue, "complexity: medium").unwrap();
        ann.edits_issue(issue, None, Some("It says recieve, twice.")).unwrap();
        world.github.arrange_pending(&order);
        world.settles().await;
        endings.push((order, world.github.repo().issue(issue).unwrap().labels));
    }
    for (order, labels) in &endings {
        assert_eq!(labels, &["complexity: medium"], "in the order {order:?}");
    }
}

/// Case 13 again: a label that was set and taken off starts one run at most, in whatever order
/// GitHub tells of it.
#[tokio::test]
async fn a_label_set_and_taken_off_is_told_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        world.opus().will([submits(plan())]);
        ann.labels(issue, "baton:plan").unwrap();
        ann.unlabels(issue, "baton:plan").unwrap();
        world.github.arrange_pending(&order);
        world.settles().await;
        assert_eq!(world.stage(issue).await, "Planned", "in the order {order:?}");
    }
}
