//! The base branch goes on while a plan waits: whoever approves the plan is told what of it changed,
//! and nothing is built before somebody says how to go on.

use baton::base::Millis;
use baton::sandbox::github::{CallMatcher, Fault, FaultRule};
use baton::sandbox::model::{creates, submits, task_done};
use insta::assert_snapshot;

use super::approval::planned;
use crate::world::{Disorder, Inhabitant, World, plan_of};

/// Somebody changes a file on the base branch.
async fn changes(world: &World, by: &Inhabitant<'_>, path: &str) {
    let before = world.github.repo().file("main", path).unwrap_or_default();
    let after = format!("{before}\n// Changed meanwhile.\n");
    by.pushes("main", &[(path, Some(&after))], "Change it").unwrap();
    world.settles().await;
}

fn builds_first_task(world: &World) {
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept.")]);
}

#[tokio::test]
async fn approving_a_stale_plan_says_what_changed_and_asks_how_to_go_on() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    let before = world.conversation(issue);

    ann.ticks(issue, "Approve plan").await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Approved · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ann approved the plan. A later change of it voids the approval. Files that it names changed on the base branch since; Baton asks in a comment how to go on.

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

      Files that it names changed since on the base branch. Baton asks below how to go on; nothing is built before somebody answers.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    baton[bot]:
      ### Plan revision 1 is stale

      @ann, the plan is stale: 1 of 3 files that it names changed on `main` since it was made: `src/rag.rs`.

      The approval is recorded, and nothing is built before somebody chooses:

      - [ ] <!-- baton:do=anyway rev=1 seen=9dd7026a1405 -->Start anyway (estimate $0.0993 to $0.32, limit $5.00)
      - [ ] <!-- baton:do=refresh rev=1 seen=9dd7026a1405 -->Refresh: plan again on `main` as it is now

      `/baton implement --anyway` starts it as it is, too; with `manual` it is yours to build. It builds on the commit that the plan was made on, so its pull request may conflict with `main`. *Refresh*, or `/baton revise` and what should be different, makes the next revision, which needs an approval of its own.
    ");
}

#[tokio::test]
async fn a_base_that_changed_nothing_the_plan_names_is_not_spoken_of() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "README.md").await;
    builds_first_task(&world);

    ann.says(issue, "/baton approve --start").await;

    assert_eq!(world.stage(issue).await, "Working");
    assert!(!world.conversation(issue).contains("stale"));
}

#[tokio::test]
async fn nothing_starts_by_itself_on_a_stale_plan_and_the_same_is_asked_once() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Planned");
    let before = world.conversation(issue);

    ann.says(issue, "/baton implement").await;

    assert_snapshot!(world.news(issue, &before), @"

    ann: (confused)
      /baton implement

    baton[bot]:
      @ann, the plan is stale: 1 of 3 files that it names changed on the base branch, so nothing was started. The question above has the choice; `/baton implement --anyway` starts it as it is, and `/baton revise` makes the next revision.
    ");
    assert_eq!(world.conversation(issue).matches("is stale\n").count(), 1);
}

#[tokio::test]
async fn start_anyway_builds_the_plan_as_it_is() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    ann.ticks(issue, "Approve plan").await;
    let before = world.conversation(issue);
    builds_first_task(&world);

    ann.ticks(issue, "Start anyway").await;

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

    baton[bot]:
      ### Plan revision 1 is stale

      @ann, the plan is stale: 1 of 3 files that it names changed on `main` since it was made: `src/rag.rs`.

      ✔ Started all the same by ann.
    ");
}

#[tokio::test]
async fn the_typed_form_starts_too() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    builds_first_task(&world);
    ann.says(issue, "/baton implement --anyway").await;
    assert_eq!(world.stage(issue).await, "Planned", "nobody knew what changed");

    ann.says(issue, "/baton implement --anyway").await;

    assert_eq!(world.stage(issue).await, "Working");
}

#[tokio::test]
async fn refresh_makes_the_next_revision_on_the_new_base() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    ann.ticks(issue, "Approve plan").await;
    let before = world.conversation(issue);
    world.opus().will([submits(plan_of("Answers are kept, and the new search knows of it."))]);

    ann.ticks(issue, "Refresh: plan again").await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Planned · revision 2
      Route ✔ · Plan ✔ | $0.0556 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0556
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      This revision no longer waits for an approval: the status comment says what holds now.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    baton[bot]:
      ### Plan revision 1 is stale

      @ann, the plan is stale: 1 of 3 files that it names changed on `main` since it was made: `src/rag.rs`.

      ✔ Revision 2 took its place.

    baton[bot]:
      ### Plan revision 2 is ready

      Answers are kept, and the new search knows of it.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `e060886ade0e`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0556
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 2`:

      - [ ] <!-- baton:do=approve rev=2 -->Approve plan (revision 2)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
    builds_first_task(&world);
    ann.says(issue, "/baton approve 2 --start").await;
    assert_eq!(world.stage(issue).await, "Working", "revision 2 knows the new base");
    let file = world.github.repo().file(&world.branch(), "src/rag.rs").unwrap();
    assert!(file.contains("Changed meanwhile."), "it is built where the planner has read");
}

/// What a revision was made on that never reached the branch, the branch does not stand on: the one
/// after it brings the base there, whether that went on once more or not.
#[tokio::test]
async fn a_revision_that_was_never_committed_takes_no_base_in() {
    for went_on_once_more in [false, true] {
        let world = World::new().await;
        world.forgive(Disorder::EffectGivenUp);
        let ann = world.maintainer("ann");
        let issue = planned(&world, &ann).await;
        changes(&world, &ann, "src/rag.rs").await;
        let tree = CallMatcher::call("POST", "/git/trees");
        world.github.fault(FaultRule::once(tree, Fault::missing_permission()));
        world.opus().will([submits(plan_of("Answers are kept, and the search knows of it."))]);
        ann.says(issue, "/baton revise Look at the search again.").await;
        assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
        if went_on_once_more {
            changes(&world, &ann, "src/main.rs").await;
        }

        world.opus().will([submits(plan_of("Answers are kept, once more."))]);
        ann.says(issue, "/baton revise Once more.").await;

        assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
        let file = |path: &str| world.github.repo().file(&world.branch(), path).unwrap_or_default();
        assert!(file("src/rag.rs").contains("Changed meanwhile."), "{went_on_once_more}");
        assert_eq!(file("src/main.rs").contains("Changed meanwhile."), went_on_once_more);
    }
}

/// What people put beside the plan is theirs: the branch stays as it is, and what is built is held
/// against the commit that it was made from.
#[tokio::test]
async fn refresh_leaves_a_branch_alone_that_holds_peoples_work() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.pushes(&world.branch(), &[("NOTES.md", Some("Mine."))], "Notes").unwrap();
    changes(&world, &ann, "src/rag.rs").await;
    ann.says(issue, "/baton approve").await;
    world.opus().will([submits(plan_of("Answers are kept, and the new search knows of it."))]);

    ann.ticks(issue, "Refresh: plan again").await;

    let file = |path: &str| world.github.repo().file(&world.branch(), path).unwrap_or_default();
    assert_eq!(file("NOTES.md"), "Mine.");
    assert!(!file("src/rag.rs").contains("Changed meanwhile."));
    assert!(world.conversation(issue).contains("Plan revision 2 is ready"));
}

#[tokio::test]
async fn the_boxes_of_an_older_question_ask_anew() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    ann.ticks(issue, "Approve plan").await;
    changes(&world, &ann, "tests/answers.rs").await;
    let before = world.conversation(issue);

    ann.ticks(issue, "Start anyway").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Plan revision 1 is stale

      @ann, the plan is stale: 1 of 3 files that it names changed on `main` since it was made: `src/rag.rs`.

      Something else changed since: it is asked anew below.

    baton[bot]:
      ### Plan revision 1 is stale

      @ann, the plan is stale: 2 of 3 files that it names changed on `main` since it was made: `src/rag.rs`, `tests/answers.rs`.

      The approval is recorded, and nothing is built before somebody chooses:

      - [ ] <!-- baton:do=anyway rev=1 seen=5ea75f1fc483 -->Start anyway (estimate $0.0993 to $0.32, limit $5.00)
      - [ ] <!-- baton:do=refresh rev=1 seen=5ea75f1fc483 -->Refresh: plan again on `main` as it is now

      `/baton implement --anyway` starts it as it is, too; with `manual` it is yours to build. It builds on the commit that the plan was made on, so its pull request may conflict with `main`. *Refresh*, or `/baton revise` and what should be different, makes the next revision, which needs an approval of its own.
    ");
}

#[tokio::test]
async fn a_base_that_cannot_be_read_approves_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    let head = CallMatcher::call("GET", "/git/ref/{*ref}");
    let head = CallMatcher { path_contains: Some("heads/main".to_owned()), ..head };
    world.github.fault(FaultRule::always(head, Fault::unicorn(502)));
    let before = world.conversation(issue);

    ann.says(issue, "/baton approve").await;
    world.passes(Millis::minutes(2)).await;

    assert_snapshot!(world.news(issue, &before), @"

    ann: (confused)
      /baton approve

    baton[bot]:
      @ann, what became of the plan's files on the base branch could not be read from GitHub just now, so nothing was approved. Please try again in a minute.
    ");
    world.github.clear_faults();
    ann.says(issue, "/baton approve").await;
    assert!(world.conversation(issue).contains("Approved · revision 1"));
}

#[tokio::test]
async fn somebody_with_triage_answers_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let tom = world.triager("tom");
    let issue = planned(&world, &ann).await;
    changes(&world, &ann, "src/rag.rs").await;
    ann.ticks(issue, "Approve plan").await;
    let before = world.conversation(issue);

    tom.says(issue, "/baton implement --anyway").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.news(issue, &before), @"

    tom: (confused)
      /baton implement --anyway

    baton[bot]:
      @tom, `/baton implement` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");
}
