//! All tasks are done: test-agent and review-agent look before people do, and what they find is
//! built.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{creates, edits, finds, says, submits, task_done};
use insta::assert_snapshot;

use crate::world::{Inhabitant, World, plan};

/// The acceptance lines that the test-agent judges, by their tasks.
const LINES: [&str; 1] = ["t1"];

/// An issue whose one task that was not skipped is built, and its checks are about to pass.
pub(super) async fn built(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    world
        .model
        .haiku()
        .will([creates("src/cache.rs", "//! The cache.\n"), task_done("The cache is written.")]);
    ann.says(issue, "/baton approve --start").await;
    for task in ["t3", "t2"] {
        ann.says(issue, &format!("/baton task {task} skip")).await;
    }
    issue
}

fn what_the_first_builder_was_told(world: &World) -> String {
    let calls = world.model.calls();
    let of_findings = |it: &&baton::sandbox::model::Call| {
        it.body["messages"][0]["content"].to_string().contains("findings Mend what was found")
    };
    let call = calls.iter().find(of_findings).expect("findings were never built");
    call.body["messages"][0]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_the_test_agent_finds_is_built_and_looked_at_again() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.inspectors().will([
        finds(&LINES, &["An entry never expires."]),
        finds(&LINES, &[]),
        finds(&[], &[]),
    ]);
    world.model.sonnet().will([
        edits("src/cache.rs", "The cache.", "The cache, which forgets."),
        task_done("Entries expire."),
    ]);

    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(10)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let told = what_the_first_builder_was_told(&world);
    assert!(told.contains("An entry never expires. Remedy: Mend it."), "{told}");
    let branch = world.github.repo().branches().into_iter().map(|it| it.0);
    let branch = branch.into_iter().find(|it| it.starts_with("baton/")).unwrap();
    let cache = world.github.repo().file(&branch, "src/cache.rs").unwrap();
    assert_eq!(cache, "//! The cache, which forgets.\n");
    assert_eq!(world.model.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_found_a_third_time_calls_a_person() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let again = || finds(&[], &["An entry never expires."]);
    let fine = || finds(&LINES, &[]);
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
    let said = world.conversation(issue);
    let call = said.rsplit("### Baton needs a person").next().unwrap();
    assert_snapshot!(call.lines().take(14).collect::<Vec<_>>().join("\n"), @"


    @ann, what was built was looked at, and what was found there is for people to mend.

    **Test-agent**: Nothing has to change. Shown to hold: 1 of 1 acceptance line.

    **Review-agent**: Something is wrong.

    - major, correctness: An entry never expires. Remedy: Mend it.

    Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide. Spent on this issue: $0.0723.
    ");
    assert_eq!(world.model.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn a_report_that_judges_too_little_is_sent_back() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.inspectors().will([finds(&[], &[]), finds(&LINES, &[]), finds(&[], &[])]);

    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let told = calls.iter().any(|it| it.body.to_string().contains("0 of 1 acceptance lines"));
    assert!(told, "nothing was sent back");
}

#[tokio::test]
async fn a_test_agent_that_gets_nowhere_is_followed_by_a_stronger_model() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.model.inspectors().will([says("Hm."), says("Hm."), finds(&LINES, &[])]);

    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let calls = world.model.calls();
    let of_inspectors = calls.iter().filter(|it| it.body.to_string().contains("report_findings"));
    let mut models: Vec<String> = of_inspectors.map(|it| it.model.clone()).collect();
    models.dedup();
    assert_eq!(models, ["claude-haiku-5-5", "claude-sonnet-5-5"]);
}

#[tokio::test]
async fn a_push_while_it_is_looked_at_is_checked_and_looked_at_anew() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = built(&world, &ann).await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready");
    let looks = || world.model.calls().iter().filter(|it| it.path.ends_with("messages")).count();
    let (before, comments) = (looks(), world.conversation(issue).matches("### Ready").count());
    let branch = world.github.repo().branches().into_iter().map(|it| it.0);
    let branch = branch.into_iter().find(|it| it.starts_with("baton/")).unwrap();

    ann.pushes(&branch, &[("src/cache.rs", Some("//! Mine.\n"))], "By hand").unwrap();
    world.lives_through(Millis::minutes(5)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert!(before < looks(), "nobody looked at the push");
    assert_eq!(world.conversation(issue).matches("### Ready").count(), comments, "told twice");
}
