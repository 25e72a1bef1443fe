//! A plan that people change while it is built, by its text and by its boxes.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{CallMatcher, Fault, FaultRule};
use baton::sandbox::model::{asks, creates, edits, refuses, task_done};
use insta::assert_snapshot;

use crate::scenario::approval::{FILE, branch, edited};
use crate::scenario::merged_plan::{builds_everything, planned};
use crate::world::{Inhabitant, World};

/// A plan that people build; the repository has checks.
async fn by_hand(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = planned(world, ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    issue
}

fn builds_the_cache(world: &World) {
    let cache = creates("src/cache.rs", "//! The cache.\n");
    world.model.haiku().will([cache, task_done("Kept for five minutes.")]);
}

fn asks_the_cache_first(world: &World) {
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
}

fn tests_the_question(world: &World) {
    let line = "//! What a customer gets to read.";
    world.model.haiku().will([
        edits("tests/answers.rs", line, &format!("{line}\n//! A repeated question is free.")),
        task_done("A repeated question is tested."),
    ]);
}

async fn pushes(world: &World, by: &Inhabitant<'_>, path: &str, text: &str) {
    by.pushes(&branch(world), &[(path, Some(text))], "By hand").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
}

fn box_of(task: &str, mark: &str) -> String {
    format!("- [{mark}] <!-- baton:task={task} -->")
}

#[track_caller]
fn shows(world: &World, issue: IssueNumber, task: &str, mark: &str) {
    let told = world.conversation(issue);
    assert!(told.contains(&box_of(task, mark)), "{told}");
}

#[tokio::test]
async fn what_is_done_is_not_built_again_by_an_edited_plan() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = by_hand(&world, &ann).await;
    pushes(&world, &ann, "src/cache.rs", "//! My cache.\n").await;
    ann.ticks(issue, "-->t1 ").await;
    world.passes(Millis::minutes(1)).await;

    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    pushes(&world, &ann, FILE, &file).await;
    assert_eq!(world.stage(issue).await, "Planned");
    // Both that are left are simple by now.
    world.model.haiku().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
    tests_the_question(&world);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let file = |path: &str| world.github.repo().file(&branch(&world), path);
    assert_eq!(file("src/cache.rs").as_deref(), Some("//! My cache.\n"), "t1 was built again");
    assert!(file("src/rag.rs").unwrap().contains("Asks the cache first."));

    ann.merges(world.github.repo().pulls()[0].number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
}

/// The plan was merged with the code that was built by it: there is nothing to build anew.
#[tokio::test]
async fn merging_what_was_built_while_a_changed_plan_waits_ends_the_work() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = by_hand(&world, &ann).await;
    pushes(&world, &ann, "src/cache.rs", "//! My cache.\n").await;
    ann.ticks(issue, "-->t1 ").await;
    world.passes(Millis::minutes(1)).await;
    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    pushes(&world, &ann, FILE, &file).await;

    let pull = world.github.repo().pulls()[0].number;
    ann.marks_ready(pull).unwrap();
    ann.merges(pull).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Done", "{}", world.conversation(issue));
    assert_eq!(world.github.repo().pulls().len(), 1);
}

/// The tick of t1 rode on Baton's own commit: it is nobody's word that t1 is done.
#[tokio::test]
async fn a_reopened_task_stays_open_when_somebody_pushes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    builds_the_cache(&world);
    asks_the_cache_first(&world);
    world.model.haiku().will([refuses()]);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let plan = || world.github.repo().file(&branch(&world), FILE).unwrap();
    assert!(plan().contains(&box_of("t1", "x")), "{}", plan());

    ann.says(issue, "/baton implement manual").await;
    ann.says(issue, "/baton task t1 reopen").await;
    pushes(&world, &ann, "NOTES.md", "Mine.\n").await;
    shows(&world, issue, "t1", " ");
    shows(&world, issue, "t2", "x");

    // What Baton commits next says so in the file, too.
    world.model.haiku().will([
        edits("src/cache.rs", "The cache", "The better cache"),
        task_done("Better."),
        refuses(),
    ]);
    ann.says(issue, "/baton implement").await;
    world.lives_through(Millis::minutes(10)).await;
    assert!(plan().contains(&box_of("t1", " ")), "{}", plan());
    shows(&world, issue, "t1", "x");
}

#[tokio::test]
async fn a_tick_that_somebody_takes_away_in_the_file_reopens_the_task() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = by_hand(&world, &ann).await;
    let (open, ticked) = (box_of("t1", " "), box_of("t1", "x"));

    pushes(&world, &ann, FILE, &edited(&world, &open, &ticked)).await;
    shows(&world, issue, "t1", "x");
    pushes(&world, &ann, FILE, &edited(&world, &ticked, &open)).await;
    shows(&world, issue, "t1", " ");
}

/// The row is put off while GitHub does not answer, and says the same the second time.
#[tokio::test]
async fn a_tick_in_the_file_is_not_lost_while_github_is_away() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = by_hand(&world, &ann).await;
    let file = edited(&world, &box_of("t1", " "), &box_of("t1", "x"));

    let trees = CallMatcher::call("GET", "/git/trees/{*sha}");
    world.github.fault(FaultRule::always(trees, Fault::unicorn(502)));
    ann.pushes(&branch(&world), &[(FILE, Some(&file))], "t1 is done").unwrap();
    world.works_off().await;
    world.github.clear_faults();
    world.lives_through(Millis::minutes(2)).await;

    shows(&world, issue, "t1", "x");
}

/// The run waits for an answer, and the plan it asks about is another one by then.
#[tokio::test]
async fn a_plan_edited_while_a_question_is_open_goes_back_to_people() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([asks(["Is five minutes right?"])]);
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Asking");

    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    pushes(&world, &ann, FILE, &file).await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(world.engine().store.live_run(world.key(issue)).await.unwrap(), None);
    assert!(world.newest_comment(issue).contains("Plan revision 2 is ready"));
}

/// What ended is taken up by the plan that stands on the branch now.
#[tokio::test]
async fn a_plan_edited_after_a_stop_is_not_built_on_by_a_retry() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([asks(["Is five minutes right?"])]);
    ann.says(issue, "/baton approve --start").await;
    ann.says(issue, "/baton stop").await;
    let file = edited(&world, "| medium | Sonnet |", "| simple | Haiku |");
    pushes(&world, &ann, FILE, &file).await;
    assert_eq!(world.stage(issue).await, "Stopped");

    ann.says(issue, "/baton retry").await;

    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert!(world.newest_comment(issue).contains("Plan revision 2 is ready"));
}

#[tokio::test]
async fn a_plan_that_no_longer_reads_stops_the_work_and_the_line_is_named() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = by_hand(&world, &ann).await;
    ann.ticks(issue, "-->t1 ").await;
    world.passes(Millis::minutes(1)).await;
    let good = world.github.repo().file(&branch(&world), FILE).unwrap();
    let before = world.conversation(issue);

    let broken = edited(&world, "| medium |", "| enormous |");
    pushes(&world, &ann, FILE, &broken).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Blocked · needs a person
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      The plan's file on the branch does not read as a plan, so nothing is built: line 47: t2: complexity `enormous` is not one of trivial, simple, medium, complex, expert. Mend it and write `/baton retry`.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton retry` · `/baton cost` · `/baton stop` · `/baton help`</sub>

    baton[bot]:
      ### Baton needs a person

      @ann, the plan's file on the branch is gone or no longer reads as a plan, so nothing is built.

      Line 47: t2: complexity `enormous` is not one of trivial, simple, medium, complex, expert.

      Mend it on the branch and write `/baton retry`, which goes on where the work stood. Where the file was deleted, that puts it back, and it waits for a new approval. `/baton revise` and what should be different makes another plan. Spent on this issue: $0.0386.
    ");

    // Whoever goes on regardless is told the same; nothing is built.
    ann.says(issue, "/baton retry").await;
    let told = world.newest_comment(issue);
    assert!(told.contains("does not read as a plan: line 47: t2: complexity `enormous`"), "{told}");
    assert_eq!(world.stage(issue).await, "Blocked");

    pushes(&world, &ann, FILE, &good).await;
    let told = world.conversation(issue);
    assert!(told.contains("The plan's file reads as a plan again."), "{told}");
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    shows(&world, issue, "t1", "x");
}

/// The file goes while people review: what was approved is put back by a word, and waits anew.
#[tokio::test]
async fn a_plan_that_is_deleted_when_all_is_built_is_put_back_by_a_retry() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    builds_everything(&world);
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(30)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let n_calls = world.model.books().len();

    let completed = "docs/prds/completed/1-plan.md";
    ann.pushes(&branch(&world), &[(completed, None)], "No plans in here").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Blocked");
    assert!(world.newest_comment(issue).contains("It is no longer on its branch."));

    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert!(world.newest_comment(issue).contains("Plan revision 1 is ready"));
    assert!(world.github.repo().file(&branch(&world), FILE).is_some());

    // Nothing is built twice: what is approved again is looked at, and is ready.
    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(30)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), n_calls + 4, "two turns of each specialist");
}
