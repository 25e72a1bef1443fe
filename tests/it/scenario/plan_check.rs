//! The check `baton / plan` on the plan's commit, and its button: the tick of those who read pull
//! requests.

use baton::base::{IssueNumber, Millis, Sha};
use baton::sandbox::github::{CallMatcher, CheckView, CiBehaviour, Conclusion, Fault, FaultRule};
use baton::sandbox::model::{creates, submits, task_done};
use insta::assert_snapshot;

use super::approval::{FILE, branch, edited, planned};
use crate::world::{Disorder, Inhabitant, World, plan_of};

const BUTTON: &str = "approve:1";

fn head(world: &World) -> Sha {
    world.github.repo().commits(&branch(world))[0].sha.clone()
}

/// The check of the plan on a commit, if it has one.
fn check_at(world: &World, sha: &Sha) -> Option<CheckView> {
    world.github.repo().checks(sha).into_iter().find(|it| it.name == "baton / plan")
}

fn check(world: &World) -> CheckView {
    check_at(world, &head(world)).expect("the plan has no check")
}

/// A check as people see it, without the address of the plan.
fn seen(check: &CheckView) -> String {
    let buttons: Vec<_> = check.buttons.iter().map(|it| format!("[{}]", it.0)).collect();
    let conclusion = check.conclusion.map(|it| format!("{it:?}")).unwrap_or_default();
    let (title, summary) = (check.title.clone(), check.summary.clone());
    let text = format!("{}\n{}", title.unwrap_or_default(), summary.unwrap_or_default());
    let (before, rest) = text.split_once("](").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    format!("{conclusion} {}\n{before}](…){after}", buttons.join(" "))
}

async fn presses(world: &World, who: &Inhabitant<'_>, check: &CheckView) {
    who.presses(check.id, BUTTON).unwrap();
    world.settles().await;
}

#[tokio::test]
async fn a_plan_has_a_check_that_says_what_it_waits_for() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    planned(&world, &ann).await;

    assert_snapshot!(seen(&check(&world)), @"
    ActionRequired [Approve plan]
    Plan revision 1 waits for your approval
    [The plan for #1](…), content `b604786138c7`, waits for somebody with write access. Building it would cost about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet). The button above approves exactly this content and builds nothing yet; so do the box under its announcement and `/baton approve 1`. `/baton revise` and what should be different makes the next revision.
    ");
    assert_eq!(world.github.repo().checks(&head(&world)).len(), 1);
}

#[tokio::test]
async fn its_button_approves_and_the_check_turns_green() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);

    presses(&world, &ann, &check(&world)).await;

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
    assert_snapshot!(seen(&check(&world)), @"
    Success 
    Plan revision 1 approved by ann
    [The plan for #1](…), content `b604786138c7`, is approved. This check is about the plan alone: it says nothing of code.
    ");
}

#[tokio::test]
async fn somebody_with_write_approves_by_it_and_a_bot_does_not() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let robo = world.bot("robo");
    let wil = world.member("wil", baton::sandbox::github::Role::Write);
    let issue = planned(&world, &ann).await;

    presses(&world, &robo, &check(&world)).await;
    assert!(!world.conversation(issue).contains("Approved"));

    presses(&world, &wil, &check(&world)).await;
    assert!(world.conversation(issue).contains("Approved by wil"));
}

/// GitHub shows buttons to people with write only; a right may be gone by the time it is read.
#[tokio::test]
async fn a_press_of_somebody_who_lost_the_right_is_refused_with_one_sentence() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let tom = world.maintainer("tom");
    let issue = planned(&world, &ann).await;
    let before = world.conversation(issue);
    let plan_check = check(&world);

    tom.presses(plan_check.id, BUTTON).unwrap();
    world.triager("tom");
    world.settles().await;

    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      @tom, approving by the box needs write access to acme/helpdesk (you have triage). Somebody who has it can do it for you.
    ");
}

#[tokio::test]
async fn a_press_whose_check_could_not_be_made_can_be_made_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let tree = CallMatcher::call("GET", "/repos/{owner}/{repo}/git/trees/{*sha}");
    world.github.fault(FaultRule::always(tree, Fault::unicorn(502)));
    presses(&world, &ann, &check(&world)).await;
    world.passes(Millis::minutes(2)).await;
    assert!(world.newest_comment(issue).contains("could not be read from GitHub"));
    world.github.clear_faults();

    presses(&world, &ann, &check(&world)).await;

    assert!(world.conversation(issue).contains("Approved by ann"));
}

#[tokio::test]
async fn an_edited_plan_leaves_the_old_check_and_has_one_of_its_own() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let (first, old) = (head(&world), check(&world));
    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "Make it smaller").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert_snapshot!(seen(&check_at(&world, &first).unwrap()), @"
    Neutral 
    Plan revision 1 no longer waits for an approval
    [The plan for #1](…), content `b604786138c7`, is past: the status comment on the issue says what holds now.
    ");
    assert_snapshot!(seen(&check(&world)), @"
    ActionRequired [Approve plan]
    Plan revision 2 waits for your approval
    [The plan for #1](…), content `1ca249d37875`, waits for somebody with write access. Building it would cost about $0.0065 to $0.0210 (list price for 3 tasks on the tiers above; no history here yet). The button above approves exactly this content and builds nothing yet; so do the box under its announcement and `/baton approve 2`. `/baton revise` and what should be different makes the next revision.
    ");
    assert!(ann.presses(old.id, BUTTON).is_err(), "the button is gone");
    ann.presses(check(&world).id, "approve:2").unwrap();
    world.settles().await;
    assert!(world.conversation(issue).contains("Approved · revision 2"));
}

/// The page was open while the next revision came out: what was pressed is the old one.
#[tokio::test]
async fn a_press_on_a_revision_that_is_past_is_refused() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.opus().will([submits(plan_of("Answers are kept for an hour."))]);

    ann.comments(issue, "/baton revise keep them for an hour").unwrap();
    ann.presses(check(&world).id, BUTTON).unwrap();
    world.settles().await;

    let conversation = world.conversation(issue);
    assert!(conversation.contains("the plan is being changed"), "{conversation}");
    assert!(!conversation.contains("Approved by"), "{conversation}");
}

#[tokio::test]
async fn a_rejected_plan_has_a_check_that_waits_for_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;

    ann.says(issue, "/baton reject").await;

    let check = check(&world);
    assert_eq!(check.conclusion, Some(Conclusion::Neutral));
    assert!(check.buttons.is_empty());
}

/// A check that waits for a person would call one, if it counted as a verdict (`trust.md`, rule
/// 17): here the App itself shows one on the very head that is checked.
#[tokio::test]
async fn batons_own_checks_are_no_verdict_of_the_ci() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let repo = world.github.repo();
    repo.ci_on("main", CiBehaviour::Green);
    repo.ci_on("baton/*", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept.")]);
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.work(issue).await.map(|it| it.done.len()), Some(0));
    let waits = Conclusion::ActionRequired;
    repo.app_checks("baton", &head(&world), "baton / plan", waits).unwrap();
    // The next task's run is another story.
    ann.says(issue, "/baton pause").await;

    world.passes(Millis::minutes(3)).await;

    let done = world.work(issue).await.map(|it| it.done.len());
    assert_eq!(done, Some(1), "{}", world.conversation(issue));
    world.forgive(Disorder::Waiting);
}

#[tokio::test]
async fn without_the_permission_there_is_no_check_and_nothing_else_is_missing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let checks = CallMatcher::call("POST", "/repos/{owner}/{repo}/check-runs");
    world.github.fault(FaultRule::always(checks, Fault::missing_permission()));

    let issue = planned(&world, &ann).await;

    assert_eq!(check_at(&world, &head(&world)), None);
    assert_eq!(world.stage(issue).await, "Planned");
    ann.ticks(issue, "Approve plan").await;
    assert!(world.conversation(issue).contains("Approved by ann"));
}

/// The answer of GitHub is lost: the check that stands there is found by its key.
#[tokio::test]
async fn a_check_whose_making_was_never_answered_is_found_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let checks = CallMatcher::call("POST", "/repos/{owner}/{repo}/check-runs");
    world.github.fault(FaultRule::once(checks, Fault::unicorn_after(502)));

    let issue = planned(&world, &ann).await;
    world.passes(Millis::minutes(2)).await;

    assert_eq!(world.github.repo().checks(&head(&world)).len(), 1);
    presses(&world, &ann, &check(&world)).await;
    assert!(world.conversation(issue).contains("Approved by ann"));
}

/// The button is there as soon as GitHub has made the check, and Baton may not know its id yet.
#[tokio::test]
async fn a_press_on_a_check_whose_id_is_not_known_yet_is_heard() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let made = CallMatcher::call("POST", "/repos/{owner}/{repo}/check-runs");
    let found = CallMatcher::call("GET", "/repos/{owner}/{repo}/commits/{*ref}/check-runs");
    world.github.fault(FaultRule::once(made, Fault::unicorn_after(502)));
    world.github.fault(FaultRule::always(found, Fault::unicorn(502)));
    let issue = planned(&world, &ann).await;

    presses(&world, &ann, &check(&world)).await;

    // What it changes is shown once the check is found again.
    world.github.clear_faults();
    world.passes(Millis::minutes(10)).await;
    assert!(world.conversation(issue).contains("Approved by ann"));
    assert_eq!(world.github.repo().checks(&head(&world)).len(), 1);
    assert_eq!(check(&world).conclusion, Some(Conclusion::Success));
}

async fn is_started(world: &World, issue: IssueNumber) -> bool {
    world.stage(issue).await == "Working"
}

#[tokio::test]
async fn the_box_under_the_approval_starts_the_work() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    ann.ticks(issue, "Approve plan").await;
    assert!(!is_started(&world, issue).await, "approving records");
    let before = world.conversation(issue);
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept.")]);

    ann.ticks(issue, "Start now (estimate $0.0993 to $0.32, limit $5.00)").await;

    assert!(is_started(&world, issue).await);
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
