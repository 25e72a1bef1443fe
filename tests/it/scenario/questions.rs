//! The planner asks, people answer.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::model::{asks, submits};
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan};

/// An issue of `author` whose planner has asked two things at the wish of `by`.
async fn asked(world: &World, author: &Inhabitant<'_>, by: &Inhabitant<'_>) -> IssueNumber {
    let issue = author.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([asks(["Is Redis optional?", "Is a restart allowed to forget?"])]);
    by.says(issue, "/baton plan").await;
    issue
}

/// Trust rule 16: an answer lets the run spend, so its author's word alone does not count.
#[tokio::test]
async fn the_authors_answer_is_held_until_somebody_with_write_repeats_it() {
    let world = World::new().await;
    let (ann, sam) = (world.maintainer("ann"), world.stranger("sam"));
    let issue = asked(&world, &sam, &ann).await;
    let before = world.conversation(issue);
    world.opus().will([submits(plan())]);

    sam.says(issue, "1a 2b").await;
    assert_eq!(world.stage(issue).await, "Asking");
    ann.says(issue, "1a 2b").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_snapshot!(world.news(issue, &before), @"

    ann: (eyes, rocket)
      /baton plan

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0423 of $5.00 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### 2 questions before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0291 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      Taken from ann: Yes

      **2. Is a restart allowed to forget?**

      The plan depends on it.

      - `2a` Yes
      - `2b` No

      Taken from ann: No

      All answered. The run goes on 20 seconds after the last answer; until then a new answer to the same number replaces the one above.

    sam: (confused)
      1a 2b

    baton[bot]:
      @sam, thank you; because an answer lets the run spend, somebody with write access has to give it, for example by repeating it.

    ann: (eyes, rocket)
      1a 2b

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

#[tokio::test]
async fn some_answers_leave_the_others_open() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asked(&world, &ann, &ann).await;

    ann.says(issue, "2: a restart may forget everything").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Baton · Waiting for 1 answer
      Route ✔ · **Plan** | $0.0291 of $5.00 | 1 turn, at most $2.00 a run

      1 of 2 answered. Nothing is spent while it waits.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton answer` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### 2 questions before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0291 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      **2. Is a restart allowed to forget?**

      The plan depends on it.

      - `2a` Yes
      - `2b` No

      Taken from ann: a restart may forget everything

      Still open: 1. Answer in a comment that begins with the number: `1a`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.

    ann: (eyes)
      2: a restart may forget everything
    ");
}

/// An answer can be corrected for 20 seconds after the last one.
#[tokio::test]
async fn a_later_answer_to_the_same_question_counts() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asked(&world, &ann, &ann).await;
    world.opus().will([submits(plan())]);

    ann.comments(issue, "1a 2a").unwrap();
    ann.comments(issue, "2b: it must survive").unwrap();
    world.settles().await;

    let told = world.model.calls().last().map(|it| it.body["messages"].to_string()).unwrap();
    assert!(told.contains("it must survive") && !told.contains("Yes\\n\\n2"), "{told}");
    assert_eq!(world.stage(issue).await, "Planned");
}

#[tokio::test]
async fn words_of_others_are_no_answer() {
    let world = World::new().await;
    let (ann, eve) = (world.maintainer("ann"), world.stranger("eve"));
    let issue = asked(&world, &ann, &ann).await;
    let before = world.conversation(issue);

    eve.says(issue, "1a 2a").await;
    eve.says(issue, "/baton answer 1a 2a").await;
    ann.says(issue, "I think 1 is easy and 2 is not.").await;
    ann.says(issue, "3a").await;
    ann.says(issue, "/baton answer 3 no").await;

    assert_snapshot!(world.news(issue, &before), @"
    eve:
      1a 2a

    eve: (confused)
      /baton answer 1a 2a

    ann:
      I think 1 is easy and 2 is not.

    ann:
      3a

    ann: (confused)
      /baton answer 3 no

    baton[bot]:
      @ann, the questions are numbered 1 to 2. Answer with `1: …` or `1a`.
    ");
}

#[tokio::test]
async fn revise_lets_the_planner_decide_itself() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asked(&world, &ann, &ann).await;
    world.opus().will([submits(plan())]);

    ann.says(issue, "/baton revise decide yourself").await;

    assert_eq!(world.stage(issue).await, "Planned");
    let told = world.model.calls().last().map(|it| it.body["messages"].to_string()).unwrap();
    assert!(told.contains("decide yourself"));
}

/// Domain: 7 days, then a reminder; 14 days, then the end.
#[tokio::test]
async fn questions_nobody_answers_are_reminded_of_once_and_then_given_up() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asked(&world, &ann, &ann).await;
    let before = world.conversation(issue);

    world.lives_through(Millis::days(6)).await;
    assert_eq!(world.news(issue, &before), "");
    world.lives_through(Millis::days(30)).await;

    assert_eq!(world.stage(issue).await, "Stopped");
    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes)
      /baton plan

    baton[bot]:
      ### Baton · Stopped
      Route ✔ · Plan | $0.0291 of $5.00 | 1 turn, at most $2.00 a run

      Nobody answered in time.

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton help`</sub>

    baton[bot]:
      ### 2 questions before the plan of #1

      @ann, Opus has read the repository and needs to know this from you. $0.0291 so far; nothing is spent while it waits.

      **1. Is Redis optional?**

      The plan depends on it.

      - `1a` Yes
      - `1b` No

      **2. Is a restart allowed to forget?**

      The plan depends on it.

      - `2a` Yes
      - `2b` No

      Answer in a comment that begins with the number: `1a`, or several at once: `1: … 2: …`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.

    baton[bot]:
      @ann, the questions above have waited for a week. In another week the run is stopped; `/baton stop` ends it now.

    baton[bot]:
      ### Baton has stopped here

      @ann, nobody answered in time. Nothing runs and nothing more is spent ($0.0291 so far). `/baton retry` takes it up again.
    ");
}

/// What people took to answer is not the run's time: neither shown as work nor held against it.
#[tokio::test]
async fn the_time_that_people_take_is_not_the_runs() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = asked(&world, &ann, &ann).await;
    world.opus().will([submits(plan())]);

    world.lives_through(Millis::hours(5)).await;
    ann.says(issue, "1a 2b").await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert!(world.conversation(issue).contains(" | 2 turns, at most "));
}
