//! What people push while they are called is checked before a model is paid to go on from there.

use baton::base::Millis;
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{Turn, asks, creates, edits, finds, refuses, task_done};
use insta::assert_snapshot;
use serde_json::json;

use crate::scenario::approval::{branch, planned};
use crate::scenario::by_hand::with_green_ci;
use crate::scenario::inspecting::built;
use crate::world::{Inhabitant, World};

/// The checks of the next push fail, and pass again after it.
fn next_push_is_red(world: &World) {
    let log = "error[E0432]: unresolved import\n".to_owned();
    world.github.repo().ci_on("baton/*", CiBehaviour::RedFor { pushes: 1, log });
}

async fn pushes(world: &World, by: &Inhabitant<'_>, text: &str) {
    by.pushes(&branch(world), &[("src/cache.rs", Some(text))], "Mended by hand").unwrap();
    world.settles().await;
}

#[tokio::test]
async fn specialists_look_at_what_was_mended_when_its_checks_have_passed() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let (again, fine) = (|| finds(&[], &["An entry never expires."]), || finds(&["t1"], &[]));
    world.model.inspectors().will([fine(), again(), fine(), again(), fine(), again()]);
    world.model.sonnet().will([
        edits("src/cache.rs", "The cache.", "The cache, first."),
        task_done("Mended."),
        edits("src/cache.rs", "first", "second"),
        task_done("Mended again."),
    ]);
    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(20)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let paid = world.model.books().len();

    next_push_is_red(&world);
    pushes(&world, &ann, "//! The cache, which forgets.\nuse gone;\n").await;
    ann.says(issue, "/baton retry").await;
    let told = world.conversation(issue);
    assert!(told.contains("### Baton · Waiting for checks"), "{told}");
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), paid, "somebody was paid to look at what is red");
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/34/0 -->
    ### Baton needs a person

    @ann, the checks failed on a commit that a person pushed.

    The commit is `ca17f50`. Failed: `test`.

    Baton goes on when they pass, after a re-run or another push, and `/baton retry` looks at them again at no cost. To go on without them, tick this or write `/baton allow ca17f507d38e`:

    - [ ] <!-- baton:do=allow hash=ca17f507d38e -->Go on without checks (commit `ca17f507d38e`)

    Spent on this issue: $0.0723.
    ");

    world.model.inspectors().will([fine(), finds(&[], &[])]);
    pushes(&world, &ann, "//! The cache, which forgets.\n").await;
    world.lives_through(Millis::minutes(10)).await;
    let told = world.conversation(issue);
    assert_eq!(world.stage(issue).await, "Ready", "{told}");
    assert!(!told.contains("Not checked:"), "{told}");
}

/// What a model found is no approval: it read text that anybody may have written.
#[tokio::test]
async fn a_finding_in_a_file_that_nobody_approved_does_not_let_it_be_touched() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let found = Turn::tools([(
        "report_findings",
        json!({ "summary": "Something is wrong.", "acceptance": [], "findings": [{
            "severity": "major", "kind": "correctness", "path": "src/other.rs",
            "problem": "It is missing.", "remedy": "Write it." }] }),
    )]);
    world.model.inspectors().will([finds(&["t1"], &[]), found]);
    let creates = creates("src/other.rs", "//! Another.\n");
    world.model.sonnet().will([creates, task_done("Mended.")]);
    let issue = built(&world, &ann).await;

    world.lives_through(Millis::minutes(10)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let call = world.newest_comment(issue);
    assert!(call.contains("src/other.rs") && call.contains("baton:do=allow"), "{call}");
}

#[tokio::test]
async fn the_next_task_begins_when_what_people_pushed_for_the_last_one_passes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([refuses()]);
    ann.says(issue, "/baton approve --start").await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let paid = world.model.books().len();

    next_push_is_red(&world);
    pushes(&world, &ann, "//! My cache.\nuse gone;\n").await;
    ann.says(issue, "/baton task t1 done").await;
    world.lives_through(Millis::minutes(5)).await;
    let call = world.newest_comment(issue);
    assert!(call.contains("the checks failed on a commit that a person pushed"), "{call}");
    ann.says(issue, "/baton retry").await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), paid, "the next task was begun on what is red");

    // Their yes goes on all the same, and it is said until a commit above it has passed.
    let says_it = "Not checked: no check has passed on the newest commit";
    world.model.sonnet().will([asks(["Which cache?"])]);
    ann.ticks(issue, "Go on without checks").await;
    world.passes(Millis::minutes(1)).await;
    let told = world.conversation(issue);
    assert!(told.contains(says_it), "{told}");
    assert!(world.work(issue).await.unwrap().done.contains("t1"));
    assert!(paid < world.model.books().len(), "nobody went on");
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_task_is_built_upon_what_people_pushed_when_that_passes() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([refuses()]);
    ann.says(issue, "/baton approve --start").await;
    let paid = world.model.books().len();

    ann.pushes(&branch(&world), &[("src/keys.rs", Some("//! Keys.\n"))], "Keys").unwrap();
    world.settles().await;
    ann.says(issue, "/baton retry").await;
    assert_eq!(world.model.books().len(), paid, "it was not waited for");
    world.model.haiku().will([creates("src/cache.rs", "//! The cache.\n"), task_done("Kept.")]);
    world.model.sonnet().will([refuses()]);
    world.lives_through(Millis::minutes(10)).await;

    let work = world.work(issue).await.unwrap();
    assert!(work.done.contains("t1"), "{}", world.conversation(issue));
    assert_eq!(world.stage(issue).await, "Blocked", "the model refused t2");
}

/// `workflow.md`: red on a person's push, and nothing new until green, retry or `fix`.
#[tokio::test]
async fn baton_mends_what_a_person_broke_when_they_ask_for_it() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = built(&world, &ann).await;
    let pull = world.github.repo().pulls().remove(0).number;
    next_push_is_red(&world);
    pushes(&world, &ann, "//! The cache.\nuse gone;\n").await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));

    world
        .model
        .haiku()
        .will([edits("src/cache.rs", "use gone;", "use here;"), task_done("It builds.")]);
    let order = format!("{} Use the module that is there.", "Keep the old name. ".repeat(40));
    ann.says(pull, &format!("/baton fix {order}")).await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    // It is an order, whole, and no reason why another one goes on.
    let told = opening(&world, "Use the module that is there.");
    assert!(told.contains(&format!("<instruction>\\nann asks for:\\n{order}")), "{told}");
    assert!(!told.contains("They said why"), "{told}");
    assert!(told.contains("unresolved import"), "{told}");
    assert!(told.contains("t1"), "{told}");

    // With nothing left to build it is a task of its own.
    next_push_is_red(&world);
    pushes(&world, &ann, "//! The cache.\nuse nowhere;\n").await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    world
        .model
        .sonnet()
        .will([edits("src/cache.rs", "use nowhere;", "use here;"), task_done("It builds.")]);
    ann.says(pull, "/baton fix").await;
    world.lives_through(Millis::minutes(10)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let told = opening(&world, "Mend the checks that failed");
    assert!(told.contains("unresolved import"), "{told}");
    assert_eq!(world.model.problems(), Vec::<String>::new());
}

/// What the newest run was told whose opening holds `words`.
fn opening(world: &World, words: &str) -> String {
    let calls = world.model.calls();
    let openings = calls.iter().rev().map(|it| it.body["messages"][0]["content"].to_string());
    openings.into_iter().find(|it| it.contains(words)).expect("nobody was told")
}
