//! A run's limits: turns, tokens, time, money, and repetition.

use baton::base::{IssueNumber, MicroUsd, Millis};
use baton::sandbox::git::{Mode, WorkFile};
use baton::sandbox::github::Config;
use baton::sandbox::model::{Turn, asks, greps, reads, says, submits};
use insta::assert_snapshot;
use serde_json::json;

use crate::world::{Disorder, Setup, World, plan};

async fn planned_with(world: &World, turns: Vec<Turn>) -> IssueNumber {
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will(turns);
    ann.says(issue, "/baton plan").await;
    issue
}

#[tokio::test]
async fn a_planner_that_never_submits_ends_at_its_turns() {
    let world = World::new().await;
    let turns = (0..12).map(|i| greps(&format!("word{i}"))).collect();
    let issue = planned_with(&world, turns).await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0524 of $5.00 | 12 turns, at most $2.00 a run

      The planner used all its turns without submitting a plan.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the planner used all its turns without submitting a plan.

      It used 12 turns.

      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit. Spent on this issue: $0.0524.
    ");
}

/// At 60,000 tokens of conversation it is told to submit, and ends soon after.
#[tokio::test]
async fn a_planner_that_only_reads_ends_at_its_tokens() {
    let line = "What nobody needs to know, and a planner reads all the same.\n";
    let files = (0..40).map(|n| WorkFile {
        path: format!("big/{n}.txt"),
        mode: Mode::File,
        bytes: line.repeat(260).into_bytes(),
    });
    let config = Config { files: files.collect(), ..Config::default() };
    let world = World::with(Setup { config, ..Setup::default() }).await;
    world.forgive(Disorder::Script);
    let three = |n: usize| {
        let path = |k| format!("big/{}.txt", 3 * n + k);
        Turn::tools([0, 1, 2].map(|k| ("read_file", json!({ "path": path(k) }))))
    };
    let issue = planned_with(&world, (0..12).map(three).collect()).await;

    assert_eq!(world.stage(issue).await, "Blocked");
    let told = world.newest_comment(issue);
    assert!(told.contains("the planner read more than its token limit"), "{told}");
    let grown = told.split("The conversation grew to ").nth(1).unwrap();
    let grown: u64 = grown.split(' ').next().unwrap().parse().unwrap();
    assert!((60_000..80_000).contains(&grown), "{told}");
}

/// A gateway that leaves the usage out has not worked for nothing.
#[tokio::test]
async fn an_answer_that_does_not_say_what_it_used_is_booked_at_its_worst_case() {
    let world = World::new().await;
    let issue =
        planned_with(&world, vec![reads("src/rag.rs").is_uncounted(), submits(plan())]).await;
    let installation = world.github.installation_id().unwrap();
    let store = &world.engine().store;
    let rows = store.cost_of_issue(installation, world.key(issue)).await.unwrap();
    let assumed: Vec<_> = rows.iter().filter(|it| it.model_answered.is_none()).collect();
    assert_eq!(assumed.len(), 1, "{rows:?}");
    assert!(MicroUsd(50_000) < assumed[0].amount, "{rows:?}");
}

#[tokio::test]
async fn a_planner_that_repeats_itself_is_stopped() {
    let world = World::new().await;
    let turns = vec![reads("src/rag.rs"); 5];
    let issue = planned_with(&world, turns).await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0465 of $5.00 | 5 turns, at most $2.00 a run

      The planner was not getting on, so the run was stopped.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the planner was not getting on, so the run was stopped.

      It kept calling `read_file` with the same arguments.

      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit. Spent on this issue: $0.0465.
    ");
}

#[tokio::test]
async fn a_planner_that_only_talks_is_stopped() {
    let world = World::new().await;
    let turns = vec![says("I would begin with the cache."), says("Shall I?")];
    let issue = planned_with(&world, turns).await;
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, confused)
      /baton plan

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · **Plan** | $0.0298 of $5.00 | 2 turns, at most $2.00 a run

      The planner was not getting on, so the run was stopped.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the planner was not getting on, so the run was stopped.

      Two answers in a row called no tool.

      Make the issue smaller or more exact and write `/baton retry`, which starts a fresh run with its own limit. Spent on this issue: $0.0298.
    ");
}

/// An answer may be 16,000 tokens long; what is cut there twice comes to no plan.
#[tokio::test]
async fn a_planner_whose_answers_are_too_long_is_stopped() {
    let world = World::new().await;
    let turns = vec![Turn::max_tokens("submit_plan"), Turn::max_tokens("submit_plan")];
    let issue = planned_with(&world, turns).await;
    let asked = world.model.calls().into_iter().filter(|it| it.body.get("max_tokens").is_some());
    let limits: Vec<_> = asked.map(|it| it.body["max_tokens"].clone()).collect();
    assert_eq!(limits, [16_000, 16_000]);
    assert_eq!(world.stage(issue).await, "Blocked");
    let said = world.newest_comment(issue);
    assert!(said.contains("Two answers in a row were longer than allowed."), "{said}");
}

/// Thirty minutes of its own time are enough: then a person is called, and what it cost is told.
#[tokio::test]
async fn a_planner_that_takes_too_long_is_stopped() {
    for (minutes, expected) in [(29, "Planned"), (30, "Blocked")] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        world.opus().will([reads("src/rag.rs")]);
        let kept = world.model.keeps_back(1);
        ann.comments(issue, "/baton plan").unwrap();
        let time = async {
            while world.model.calls().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            world.clock.advance(Millis::minutes(minutes));
            if expected == "Planned" {
                world.opus().will([submits(plan())]);
            }
            kept.notify_one();
        };
        tokio::join!(world.settles(), time);
        assert_eq!(world.stage(issue).await, expected, "{minutes}");
        let said = world.conversation(issue);
        assert_eq!(said.contains("It worked for 30 minutes."), expected == "Blocked", "{said}");
    }
}

/// No overshoot: the call that could pass the limit is not made.
#[tokio::test]
async fn a_budget_that_the_next_call_could_pass_stops_the_run_before_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton plan --budget 0.01").await;

    assert_eq!(world.model.books(), Vec::new());
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan --budget 0.01

    baton[bot]:
      ### Baton · Paused · at a limit on money
      Route ✔ · **Plan** | $0.00 of $5.00 | 0 turns, at most $0.0100 a run

      The limit for this run is $0.0100, $0.00 of it is used, and the next call could cost $0.12. Nothing is spent while it waits. `/baton budget +5` raises the limit and goes on.

      ▸ Router analysis: simple; Sonnet is the safe middle

      <sub>`/baton budget +5` · `/baton resume` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Paused at a limit on money

      @ann, the limit for this run is $0.0100, $0.00 of it is used, and the next call could cost $0.12. That call was not made; the run waits at this very turn, and nothing is spent while it waits.

      - `/baton budget +5` raises the limit of this run to $5.01 and the limit of this issue to $10.00, and the run goes on where it stands. It needs maintain access.
      - `/baton stop` ends the work. What it has cost stays on the bill.

      Without a word from anybody it is ended after 30 days.
    ");
}

/// What blocked is tried again with its own limit, in the same conversation.
#[tokio::test]
async fn retry_starts_a_fresh_run_after_a_failure() {
    let world = World::new().await;
    let issue = planned_with(&world, vec![says("Hm."), says("Hm.")]).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    let before = world.conversation(issue);
    world.opus().will([submits(plan())]);

    world.maintainer("ann").says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0428 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    ann: (eyes, rocket)
      /baton retry

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0428
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}

#[tokio::test]
async fn stop_ends_a_run_that_waits_and_retry_takes_it_up_again() {
    let world = World::new().await;
    let issue = planned_with(&world, vec![asks(["Is Redis optional?"])]).await;
    let ann = world.maintainer("ann");

    ann.says(issue, "/baton stop").await;
    assert_eq!(world.stage(issue).await, "Stopped");
    ann.says(issue, "1a").await;
    ann.says(issue, "/baton stop").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0423 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### 1 question before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0286 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      Answer in a comment that begins with the number: `1a`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.

    ann: (eyes, rocket)
      /baton stop

    ann:
      1a

    ann: (confused)
      /baton stop

    baton[bot]:
      @ann, work on this issue has ended. `/baton retry` takes it up again.

    ann: (eyes, rocket)
      /baton retry

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0423
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools
    ");
}
