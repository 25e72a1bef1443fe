//! The planner asks, people answer.

use baton::base::{CommentId, IssueNumber, Millis};
use baton::sandbox::github::Role;
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
      @sam, thank you; because an answer lets the run spend, somebody with write access has to give it: by ticking its box, or by repeating it.

      - [ ] <!-- baton:do=use-answer comment=1021 -->Use this answer of sam: `1a`, `2b`

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

/// Rule 16: somebody with write takes the held answer over by its box, and it counts as theirs.
#[tokio::test]
async fn a_held_answer_is_taken_over_by_its_box() {
    let world = World::new().await;
    let (ann, sam) = (world.maintainer("ann"), world.stranger("sam"));
    let issue = asked(&world, &sam, &ann).await;
    world.opus().will([submits(plan())]);
    sam.says(issue, "1a 2b").await;
    let wes = world.member("wes", Role::Write);
    wes.ticks_and_leaves(issue, "Use this answer").await;
    assert_eq!(world.stage(issue).await, "Asking", "who has no write now took it over");
    let (box_of, body) = box_of_answer(&world, issue);
    ann.edits(box_of, &body.replace("- [x]", "- [ ]")).await;

    ann.ticks(issue, "Use this answer").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Planned", "{told}");
    assert!(told.contains("✔ ann used the answer of sam: `1a`, `2b`"), "{told}");
    assert!(told.contains("Taken from ann: Yes") && told.contains("Taken from ann: No"), "{told}");
}

/// What somebody agrees to is what stood there when it was held.
#[tokio::test]
async fn a_held_answer_that_was_changed_is_not_taken_over() {
    let world = World::new().await;
    let (ann, sam) = (world.maintainer("ann"), world.stranger("sam"));
    let issue = asked(&world, &sam, &ann).await;
    let held = sam.says(issue, "1a 2b").await;
    sam.edits(held, "1b 2b").await;

    ann.ticks(issue, "Use this answer").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Asking", "{told}");
    assert!(!told.contains("Taken from"), "{told}");
    let sentence = "@ann, that answer was changed or deleted since it was held";
    assert_eq!(told.matches(sentence).count(), 1, "{told}");
}

/// A box of questions that are past moves nothing, and nobody copies one into words of their own.
#[tokio::test]
async fn a_box_counts_for_its_own_questions_and_in_batons_own_comment() {
    let world = World::new().await;
    let (ann, sam) = (world.maintainer("ann"), world.stranger("sam"));
    let issue = asked(&world, &sam, &ann).await;
    sam.says(issue, "1a 2b").await;
    let (_, body) = box_of_answer(&world, issue);
    let copy = ann.says(issue, "Look at this.").await;
    ann.edits(copy, &format!("Look.\n\n{}", body.replace("- [ ]", "- [x]"))).await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    world.opus().will([asks(["Is a second one optional?"])]);
    ann.says(issue, "1b 2a").await;
    assert_eq!(world.stage(issue).await, "Asking", "{}", world.conversation(issue));
    let before = world.conversation(issue);

    ann.ticks(issue, "Use this answer").await;

    assert_eq!(world.stage(issue).await, "Asking");
    assert!(!world.news(issue, &before).contains("Taken from"), "{}", world.conversation(issue));
}

/// All answers of a round stand in one comment, and no more than a few: whoever writes many fills
/// nobody's issue.
#[tokio::test]
async fn three_answers_are_held_in_one_comment() {
    let world = World::new().await;
    let (ann, sam) = (world.maintainer("ann"), world.stranger("sam"));
    let issue = asked(&world, &sam, &ann).await;
    world.opus().will([submits(plan())]);
    let said = |world: &World| world.github.repo().issue(issue).unwrap().comments.len();
    let before = said(&world);

    for answer in ["1a", "2b", "1: No, @acme/all use it.", "2a"] {
        sam.says(issue, answer).await;
    }
    assert_eq!(said(&world), before + 5, "{}", world.conversation(issue));
    assert_snapshot!(box_of_answer(&world, issue).1, @r"
    <!-- baton:key=1004/1/4/1 -->
    @sam, thank you; because an answer lets the run spend, somebody with write access has to give it: by ticking its box, or by repeating it.

    - [ ] <!-- baton:do=use-answer comment=1021 -->Use this answer of sam: `1a`
    - [ ] <!-- baton:do=use-answer comment=1026 -->Use this answer of sam: `2b`
    - [ ] <!-- baton:do=use-answer comment=1030 -->Use this answer of sam: `1` No, `@acme/all` use it.

    More answers are not held; somebody with write access has to give them.
    ");
    ann.ticks(issue, "Use this answer of sam: `2b`").await;
    ann.ticks(issue, "Use this answer of sam: `1` ").await;

    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Planned", "{told}");
    let shown = box_of_answer(&world, issue).1;
    assert!(shown.contains("✔ ann used the answer of sam: `2b`"), "{shown}");
    assert!(shown.contains("✔ ann used the answer of sam: `1` No"), "{shown}");
    assert!(shown.contains("- [ ] <!-- baton:do=use-answer comment=1021 -->"), "{shown}");
}

/// Baton's comment with the box of a held answer.
fn box_of_answer(world: &World, issue: IssueNumber) -> (CommentId, String) {
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let with_box = comments.into_iter().find(|it| it.body.contains("baton:do=use-answer"));
    with_box.map(|it| (it.id, it.body)).expect("nobody was offered the box")
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
