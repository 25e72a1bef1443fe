//! A plan is approved on GitHub, bound to its content.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, Fault, FaultRule};
use baton::sandbox::model::submits;
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan, plan_of};

pub(super) const FILE: &str = "docs/prds/active/1-plan.md";

/// An issue whose plan revision 1 was announced.
pub(super) async fn planned(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    issue
}

/// The plan file as it stands on its branch, changed by somebody.
pub(super) fn edited(world: &World, from: &str, to: &str) -> String {
    let file = world.github.repo().file(&branch(world), FILE).unwrap();
    assert!(file.contains(from), "nothing to edit");
    file.replacen(from, to, 1)
}

pub(super) fn branch(world: &World) -> String {
    let mut branches = world.github.repo().branches().into_iter().map(|it| it.0);
    branches.find(|it| it.starts_with("baton/")).unwrap()
}

#[tokio::test]
async fn ticking_the_box_approves_and_the_announcement_says_so() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    ann.ticks(issue, "Approve plan").await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Approved · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

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
    ");
}

#[tokio::test]
async fn a_command_approves_and_is_answered_on_the_spot() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    ann.says(issue, "/baton approve").await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Approved · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

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
}

#[tokio::test]
async fn the_label_approves_and_taking_it_off_takes_it_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;

    ann.puts(issue, "baton:approved").await;
    assert!(world.conversation(issue).contains("Approved · revision 1"));

    ann.takes_off(issue, "baton:approved").await;
    world.passes(Millis::minutes(1)).await;
    assert!(world.conversation(issue).contains("Planned · revision 1"));
}

#[tokio::test]
async fn somebody_with_triage_approves_nothing_and_the_box_is_open_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let tom = world.triager("tom");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    tom.says(issue, "/baton approve").await;
    tom.puts(issue, "Baton: Approved").await;

    assert_snapshot!(world.news(issue, &before), @"

    tom: (confused)
      /baton approve

    baton[bot]:
      @tom, `/baton approve` needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");
}

#[tokio::test]
async fn a_bot_that_ticks_the_box_is_not_heard() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let robo = world.bot("robo");
    let issue = planned(&world, &ann).await;

    robo.ticks(issue, "Approve plan").await;

    assert!(!world.conversation(issue).contains("Approved"));
}

#[tokio::test]
async fn an_edited_plan_is_the_next_revision_and_the_approval_is_void() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let bob = world.maintainer("bob");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton approve").await;
    world.passes(Millis::minutes(1)).await;
    let before = world.conversation(issue);

    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    bob.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it smaller").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Planned · revision 2
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

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

      This revision no longer waits for an approval: the status comment says what holds now.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    baton[bot]:
      ### Plan revision 2 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (3 Haiku) · content `1ca249d37875`

      - Complexity: simple (simple tasks t1, t2, t3)
      - Planning cost: $0.0386
      - Building it: about $0.0065 to $0.0210 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 2`:

      - [ ] <!-- baton:do=approve rev=2 -->Approve plan (revision 2)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
    ann.says(issue, "/baton approve 1").await;
    assert!(world.newest_comment(issue).contains("Revision 2 is"));
    ann.says(issue, "/baton approve").await;
    world.passes(Millis::minutes(1)).await;
    assert!(world.conversation(issue).contains("Approved · revision 2"));
}

/// The push is on its way while the approval is decided: what stands at the head counts.
#[tokio::test]
async fn an_approval_of_a_plan_that_was_just_edited_is_refused_and_says_so() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");

    ann.comments(issue, "/baton approve").unwrap();
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it smaller").unwrap();
    world.settles().await;

    let conversation = world.conversation(issue);
    assert!(conversation.contains("changed on its branch since revision 1"), "{conversation}");
    assert!(conversation.contains("Plan revision 2 is ready"), "{conversation}");
    assert!(!conversation.contains("Approved by"), "{conversation}");
}

#[tokio::test]
async fn a_plan_file_that_does_not_parse_cannot_be_approved_and_its_line_is_named() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let file = edited(&world, "| medium |", "| enormous |");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it enormous").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    let at_once = "does not read as a plan, so it cannot be approved: line 47: t2: complexity";
    assert!(world.conversation(issue).contains(at_once), "{}", world.conversation(issue));

    ann.says(issue, "/baton approve").await;

    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/6/1 -->
    @ann, the plan's file cannot be read as a plan, so it was not approved: line 47: t2: complexity `enormous` is not one of trivial, simple, medium, complex, expert. Mend it on the branch, or write `/baton revise` and what should change.
    ");
}

/// Whoever takes the broken text back has mended the plan, and need not approve it to be told.
#[tokio::test]
async fn a_plan_file_that_was_mended_is_not_called_broken() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let whole = edited(&world, "| medium |", "| medium |");
    let file = edited(&world, "| medium |", "| enormous |");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it enormous").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    let broken = "does not read as a plan";
    assert!(world.conversation(issue).contains(broken), "{}", world.conversation(issue));

    ann.pushes(&branch(&world), &[(FILE, Some(&whole))], "As it was").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    let said = world.conversation(issue);
    assert!(!said.contains(broken), "{said}");
    assert!(!said.contains("Plan revision 2"), "{said}");
}

/// What was wrong with the file is not said of the one that Baton wrote over it.
#[tokio::test]
async fn a_plan_that_is_revised_says_nothing_of_a_file_that_was_broken() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let file = edited(&world, "| medium |", "| enormous |");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it enormous").unwrap();
    world.settles().await;
    world.opus().will([submits(plan_of("Six minutes."))]);

    ann.says(issue, "/baton revise Six minutes.").await;
    world.passes(Millis::minutes(1)).await;

    let said = world.conversation(issue);
    assert!(said.contains("Plan revision 2 is ready"), "{said}");
    assert!(!said.contains("does not read as a plan"), "{said}");
}

#[tokio::test]
async fn a_tick_in_the_file_leaves_the_approval_alone() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton approve").await;
    let file = edited(&world, "- [ ]", "- [x]");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Done with it").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert!(world.conversation(issue).contains("Approved · revision 1"));
}

#[tokio::test]
async fn a_branch_that_was_rewritten_voids_the_approval() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.puts(issue, "baton:approved").await;
    let branch = branch(&world);
    let ours = world.github.repo().commits(&branch)[0].sha.clone();
    ann.pushes(&branch, &[("notes.md", Some("x"))], "Notes").unwrap();
    world.settles().await;
    assert!(world.conversation(issue).contains("Approved by ann"));
    let theirs = world.github.repo().commits(&branch)[0].sha.clone();

    ann.force_pushes(&branch, &ours).unwrap();
    ann.force_pushes(&branch, &theirs).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    let conversation = world.conversation(issue);
    assert!(!conversation.contains("Approved by ann"), "{conversation}");
    assert!(!conversation.contains("baton:approved"), "{conversation}");
}

#[tokio::test]
async fn reject_closes_the_pull_request_and_retry_brings_the_plan_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;

    ann.says(issue, "/baton reject we keep the old cache").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Stopped");
    let pull = |world: &World| world.github.repo().pulls().iter().filter(|it| it.open).count();
    assert_eq!(pull(&world), 0);

    let paid = world.model.calls().len();
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(pull(&world), 1);
    assert_eq!(world.model.calls().len(), paid);
}

#[tokio::test]
async fn an_approval_given_while_the_next_revision_is_written_is_refused() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.opus().will([submits(plan_of("Answers are kept for an hour."))]);

    ann.comments(issue, "/baton revise keep them for an hour").unwrap();
    ann.comments(issue, "/baton approve").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    let conversation = world.conversation(issue);
    assert!(!conversation.contains("Approved by"), "{conversation}");
    assert!(conversation.contains("the plan is being changed"), "{conversation}");
}

#[tokio::test]
async fn an_approval_that_cannot_be_checked_is_refused_after_a_minute() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let tree = CallMatcher::call("GET", "/repos/{owner}/{repo}/git/trees/{*sha}");
    world.github.fault(FaultRule::always(tree, Fault::unicorn(502)));

    ann.says(issue, "/baton approve").await;
    world.passes(Millis::minutes(2)).await;

    let said = world.newest_comment(issue);
    assert!(said.contains("could not be read from GitHub"), "{said}");
    world.github.clear_faults();
}
