//! Pauses: at a limit on money, and at somebody's word.

use baton::base::{IssueKey, IssueNumber, Millis};
use baton::sandbox::github::{CiBehaviour, Conclusion, Role};
use baton::sandbox::model::{Fault, Turn, creates, reads, submits, task_done};
use baton::store::RunRow;
use insta::assert_snapshot;

use crate::world::{Disorder, Inhabitant, World, plan};

async fn opened(ann: &Inhabitant<'_>) -> IssueNumber {
    ann.opens("Add Redis caching", "Cache query results with 5min TTL").await
}

async fn runs(world: &World, number: IssueNumber) -> Vec<RunRow> {
    let key = IssueKey { repository: world.github.repo().id(), number };
    world.engine().store.runs(key).await.unwrap()
}

/// A planning run that fits one call under the issue's limit, and not the second.
async fn planning_at_a_limit(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = opened(ann).await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    ann.says(issue, "/baton budget 0.12").await;
    ann.says(issue, "/baton plan").await;
    assert_eq!(world.stage(issue).await, "Paused", "{}", world.conversation(issue));
    issue
}

/// `domain.md`, Cost and budgets: "`/baton budget +5` resumes the very turn".
#[tokio::test]
async fn a_planning_run_waits_at_the_issues_limit_and_goes_on_at_the_very_turn() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planning_at_a_limit(&world, &ann).await;
    assert_eq!(world.model.books().len(), 1);
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton budget 0.12

    baton[bot]:
      This issue may cost $0.12 in all now; $0.00 of that is used.

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Paused at a limit on money

      @ann, the limit for this issue is $0.12, $0.0282 of it is used, and the next call could cost $0.12. That call was not made; the run waits at this very turn, and nothing is spent while it waits.

      - `/baton budget +5` raises the limit of this issue to $5.12, and the run goes on where it stands. It needs maintain access.
      - `/baton stop` ends the work. What it has cost stays on the bill.

      Without a word from anybody it is ended after 30 days.

    baton[bot]:
      ### Baton · Paused · at a limit on money
      Route ✔ · **Plan** | $0.0282 of $0.12 | 1 turn, at most $2.00 a run

      The limit for this issue is $0.12, $0.0282 of it is used, and the next call could cost $0.12. Nothing is spent while it waits. `/baton budget +5` raises the limit and goes on.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton budget +5` · `/baton resume` · `/baton stop` · `/baton help`</sub>
    ");
    let before = world.conversation(issue);
    world.lives_through(Millis::days(2)).await;
    assert_eq!(world.news(issue, &before), "");

    ann.says(issue, "/baton budget +5").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(runs(&world, issue).await.len(), 1, "another run was started");
    assert_eq!(world.model.books().len(), 2, "a turn was asked for twice");
    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0699 of $5.12 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    ann: (eyes, rocket)
      /baton budget +5

    baton[bot]:
      This issue may cost $5.12 in all now; $0.0282 of that is used. The run goes on at the very turn where it stopped. The provider's cache of its conversation is cold by now: reading it again costs at most $0.0376.

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0699
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

#[tokio::test]
async fn a_builder_waits_at_the_issues_limit_and_goes_on_with_its_edits() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    world.opus().will([submits(plan())]);
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton budget 0.0415").await;
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Paused", "{}", world.conversation(issue));
    assert_eq!(world.model.haiku().unread(), 1);
    let before = world.conversation(issue);

    world.restarts().await;
    ann.says(issue, "/baton budget 5").await;

    assert_eq!(world.stage(issue).await, "Working");
    assert_eq!(runs(&world, issue).await.len(), 2, "another run was started");
    let mut branches = world.github.repo().branches().into_iter().map(|it| it.0);
    let branch = branches.find(|it| it.starts_with("baton/")).unwrap();
    let file = world.github.repo().file(&branch, "src/cache.rs");
    assert_eq!(file.as_deref(), Some("//! The cache.\n"));
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

    ann: (eyes, rocket)
      /baton budget 5

    baton[bot]:
      This issue may cost $5.00 in all now; $0.0393 of that is used. The run goes on at the very turn where it stopped. The provider's cache of its conversation is cold by now: reading it again costs at most $0.0009.
    ");
}

/// A raised limit that is not enough, a limit below what is spent, and people who may not.
#[tokio::test]
async fn a_limit_is_changed_by_who_may_and_within_what_is_spent() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planning_at_a_limit(&world, &ann).await;
    let before = world.conversation(issue);

    world.stranger("eve").says(issue, "/baton budget +5").await;
    let wes = world.member("wes", Role::Write);
    wes.says(issue, "/baton budget +5").await;
    wes.says(issue, "/baton plan").await;
    ann.says(issue, "/baton budget 0.01").await;
    ann.says(issue, "/baton budget 5000").await;
    ann.says(issue, "/baton budget 0.13").await;
    ann.says(issue, "/baton pause").await;
    ann.says(issue, "/baton budget +5").await;
    assert_eq!(world.stage(issue).await, "Paused");
    wes.says(issue, "/baton resume").await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0431 of $5.13 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    eve: (confused)
      /baton budget +5

    wes: (confused)
      /baton budget +5

    baton[bot]:
      @wes, `/baton budget` needs maintain access to acme/helpdesk (you have write). Somebody who has it can do it for you.

    wes: (confused)
      /baton plan

    ann: (confused)
      /baton budget 0.01

    baton[bot]:
      @ann, a limit of $0.0100 is less than this issue has cost already: $0.0282 is spent or set aside. The limit stays as it was.

    ann: (confused)
      /baton budget 5000

    ann: (eyes, rocket)
      /baton budget 0.13

    baton[bot]:
      This issue may cost $0.13 in all now; $0.0282 of that is used. That is not enough for the run that waits: the limit for this issue is $0.13, $0.0282 of it is used, and the next call could cost $0.12.

    ann: (eyes, rocket)
      /baton pause

    ann: (eyes, rocket)
      /baton budget +5

    baton[bot]:
      This issue may cost $5.13 in all now; $0.0282 of that is used.

    wes: (eyes, rocket)
      /baton resume

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0431
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

#[tokio::test]
async fn a_resume_that_comes_too_early_waits_again() {
    let world = World::new().await;
    world.forgive(Disorder::Script);
    let ann = world.maintainer("ann");
    let issue = planning_at_a_limit(&world, &ann).await;
    let before = world.conversation(issue);

    ann.says(issue, "/baton resume").await;
    assert_eq!(world.stage(issue).await, "Paused");
    ann.says(issue, "/baton stop").await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_eq!(world.model.books().len(), 1);
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Paused at a limit on money

      @ann, the limit for this issue is $0.12, $0.0282 of it is used, and the next call could cost $0.12. That call was not made; the run waits at this very turn, and nothing is spent while it waits.

      - `/baton budget +5` raises the limit of this issue to $5.12, and the run goes on where it stands. It needs maintain access.
      - `/baton stop` ends the work. What it has cost stays on the bill.

      Without a word from anybody it is ended after 30 days.

      First said 2026-11-20 09:00 UTC, and so again 2026-11-20 09:00 UTC. Nobody is notified of the same twice in a day.

    baton[bot]:
      ### Baton · Stopped
      Route ✔ · Plan | $0.0282 of $0.12 | 1 turn, at most $2.00 a run

      Somebody asked to stop.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton help`</sub>

    ann: (eyes, rocket)
      /baton resume

    ann: (eyes, rocket)
      /baton stop
    ");
}

/// Two commands in one comment count on each other.
#[tokio::test]
async fn raising_twice_in_one_comment_raises_twice() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    ann.says(issue, "/baton budget 3\n/baton budget +2\n/baton budget +2").await;
    let said = world.conversation(issue);
    assert!(said.contains("may cost $7.00 in all"), "{said}");
    ann.says(issue, "/baton budget +1").await;
    let said = world.conversation(issue);
    assert!(said.contains("may cost $8.00 in all"), "{said}");
}

/// A paused run makes no call, however long it lasts; what it had to wait for is over then.
#[tokio::test]
async fn a_paused_run_makes_no_call_until_it_is_resumed() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    let busy = Turn::fault(Fault::Overloaded);
    world.opus().will([reads("src/rag.rs"), busy, submits(plan())]);
    ann.says(issue, "/baton plan").await;
    let calls = world.model.books().len();
    let before = world.conversation(issue);

    world.triager("tom").says(issue, "/baton pause").await;
    world.lives_through(Millis::hours(3)).await;
    ann.says(issue, "/baton pause, please").await;
    ann.says(issue, "/baton retry").await;
    ann.says(issue, "/baton revise keep it small").await;
    assert_eq!(world.stage(issue).await, "Paused");
    assert_eq!(world.model.books().len(), calls);
    world.restarts().await;
    ann.says(issue, "/baton resume").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(runs(&world, issue).await.len(), 1);
    let last = world.model.calls().last().unwrap().body["messages"].to_string();
    assert!(last.contains("keep it small"), "{last}");
    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0698 of $5.00 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    tom: (eyes, rocket)
      /baton pause

    ann: (eyes, rocket)
      /baton pause, please

    ann: (confused)
      /baton retry

    baton[bot]:
      @ann, work here is paused, so nothing was started. `/baton resume` goes on with it; then ask again.

    ann: (eyes, rocket)
      /baton revise keep it small

    ann: (eyes, rocket)
      /baton resume

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0698
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

/// Facts count while work is paused; what they lead to begins with the resume.
#[tokio::test]
async fn ticks_and_checks_count_while_work_is_paused() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    world.opus().will([submits(plan())]);
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Written.")]);
    let repo = world.github.repo();
    repo.ci_on("baton/*", CiBehaviour::Manual);
    let main = repo.branches().into_iter().find(|it| it.0 == "main").unwrap().1;
    repo.ci_concludes(&main, "test", Conclusion::Success, "").unwrap();
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Working");
    let calls = world.model.books().len();

    ann.says(issue, "/baton pause").await;
    ann.ticks(issue, "t2 Ask the cache first").await;
    let mut branches = repo.branches().into_iter();
    let (_, head) = branches.find(|it| it.0.starts_with("baton/")).unwrap();
    repo.ci_concludes(&head, "test", Conclusion::Success, "").unwrap();
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Paused");
    assert_eq!(world.model.books().len(), calls, "a run began while work was paused");

    world.model.haiku().will([creates("tests/more.rs", "//! More.\n"), task_done("Tested.")]);
    ann.says(issue, "/baton resume").await;

    let said = world.conversation(issue);
    assert!(world.model.books().len() > calls, "{said}");
    assert!(said.contains("- [x] <!-- baton:task=t1 -->"), "{said}");
    assert!(said.contains("- [x] <!-- baton:task=t2 -->"), "{said}");
}

#[tokio::test]
async fn a_pause_is_reminded_of_and_ended() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton pause").await;
    let before = world.conversation(issue);

    world.lives_through(Millis::days(60)).await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Stopped
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      Nobody answered in time.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton help`</sub>

    baton[bot]:
      @ann, work here has been paused for two weeks. In about two more it is ended; `/baton resume` goes on with it, `/baton stop` ends it now.

    baton[bot]:
      ### Baton has stopped here

      @ann, nobody answered in time. Nothing runs and nothing more is spent ($0.0386 so far). `/baton retry` takes it up again.
    ");
}

/// Four fifths of the limit are told by an edit, not by a comment.
#[tokio::test]
async fn four_fifths_of_the_limit_are_shown_and_not_said() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = opened(&ann).await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    ann.says(issue, "/baton budget 0.04").await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $0.0400 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      96 % of what this issue may cost ($0.0400) is used. `/baton budget` changes that limit.

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
      /baton budget 0.04

    baton[bot]:
      This issue may cost $0.0400 in all now; $0.0386 of that is used.
    ");
}
