//! The text of Baton's pull request: it shows the work, its boxes count like those of the status
//! comment, and what people write around Baton's part is theirs.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::Role;
use insta::assert_snapshot;

use crate::scenario::approval::{branch, planned};
use crate::scenario::by_hand::with_green_ci;
use crate::world::{Inhabitant, World};

const UNTICKED: &str = "- [ ] <!-- baton:task=";
const TICKED: &str = "- [x] <!-- baton:task=";

fn text(world: &World) -> String {
    world.github.repo().pulls().remove(0).body
}

/// Somebody saves the text with some words replaced.
async fn edits(by: &Inhabitant<'_>, world: &World, from: &str, to: &str) {
    let pull = world.github.repo().pulls().remove(0);
    let edited = pull.body.replacen(from, to, 1);
    assert_ne!(edited, pull.body, "{from:?} stands nowhere in it");
    by.edits_issue(pull.number, None, Some(&edited)).unwrap();
    world.settles().await;
    world.passes(Millis::seconds(30)).await;
}

/// A plan that people build, with code on its branch.
async fn building(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    with_green_ci(world, ann).await;
    let issue = planned(world, ann).await;
    ann.says(issue, "/baton implement manual").await;
    ann.pushes(&branch(world), &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    issue
}

#[tokio::test]
async fn a_box_in_the_pull_request_settles_its_task() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;
    assert_snapshot!(world.steady(&text(&world)), @"
    <!-- baton:pull-request v1 -->
    Part of #1

    Answers are kept in memory for five minutes, so that a repeated question is free.

    Built here by the plan [`docs/prds/active/1-plan.md`](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md), revision 1, content `b604786138c7`. The status comment on #1 says what goes on just now.

    - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
    - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
    - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

    It is not ready for review: test-agent and review-agent look at it when all tasks are done, and then it is for people.
    <!-- /baton:pull-request -->
    ");

    edits(
        &ann,
        &world,
        "<!-- baton:pull-request",
        "Seen with Bob on Friday.\r\n\r\n<!-- baton:pull-request",
    )
    .await;
    edits(&ann, &world, &format!("{UNTICKED}t1"), &format!("{TICKED}t1")).await;
    assert!(text(&world).starts_with("Seen with Bob on Friday.\r\n\r\n<!--"), "{}", text(&world));
    assert!(text(&world).contains(&format!("{TICKED}t1")), "{}", text(&world));
    let status = world.conversation(issue);
    assert!(status.contains(&format!("{TICKED}t1")), "{status}");

    // A task that somebody settles on the issue is shown here, too.
    ann.says(issue, "/baton task t2 done").await;
    world.passes(Millis::seconds(30)).await;
    assert!(text(&world).contains(&format!("{TICKED}t2")), "{}", text(&world));
    edits(&ann, &world, &format!("{UNTICKED}t3"), &format!("{TICKED}t3")).await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert_snapshot!(world.steady(&text(&world)), @"
    Seen with Bob on Friday.

    <!-- baton:pull-request v1 -->
    Closes #1

    Answers are kept in memory for five minutes, so that a repeated question is free.

    Built by the plan of revision 1, content `b604786138c7`, which this pull request keeps among the completed ones.

    - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
    - [x] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
    - [x] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

    Baton does not merge: that is for people.
    <!-- /baton:pull-request -->
    ");

    // Baton's words come back there, too.
    edits(&ann, &world, "Baton does not merge", "Baton merges").await;
    assert!(text(&world).contains("Baton does not merge"), "{}", text(&world));
    assert!(text(&world).contains("Closes #1"), "{}", text(&world));

    // What is taken up again is no longer ready, and closes nothing.
    edits(&ann, &world, &format!("{TICKED}t3"), &format!("{UNTICKED}t3")).await;
    assert_eq!(world.stage(issue).await, "Working", "{}", world.conversation(issue));
    let reopened = text(&world);
    assert!(reopened.contains("Part of #1") && !reopened.contains("Closes"), "{reopened}");
}

#[tokio::test]
async fn what_is_not_a_persons_tick_changes_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = building(&world, &ann).await;
    let before = text(&world);
    let number = world.github.repo().pulls()[0].number;

    // Baton's words come back, and so does its whole part.
    edits(&ann, &world, "not ready for review", "ready to merge").await;
    assert_eq!(text(&world), before);
    ann.edits_issue(number, None, Some("Nothing but mine.")).unwrap();
    world.settles().await;
    world.passes(Millis::seconds(30)).await;
    assert_eq!(text(&world), format!("Nothing but mine.\n\n{before}"));

    // Another title is no edit of the text, and a formatter is nobody.
    let writes = |world: &World| world.github.calls().iter().filter(|it| it.is_write).count();
    let written = writes(&world);
    ann.edits_issue(number, Some("Cache answers"), None).unwrap();
    let bot = world.bot("formatter");
    edits(&bot, &world, &format!("{UNTICKED}t1"), &format!("{TICKED}t1")).await;
    assert_eq!(writes(&world), written);
    assert!(!world.conversation(issue).contains(&format!("{TICKED}t1")));
}

/// Whoever may not settle tasks by the time that Baton hears of it does not settle one here either.
#[tokio::test]
async fn a_tick_without_the_right_is_refused_and_taken_back() {
    let world = World::new().await;
    let (ann, tom) = (world.maintainer("ann"), world.member("tom", Role::Write));
    let issue = building(&world, &ann).await;
    let pull = world.github.repo().pulls().remove(0);
    let ticked = pull.body.replacen(&format!("{UNTICKED}t1"), &format!("{TICKED}t1"), 1);
    tom.edits_issue(pull.number, None, Some(&ticked)).unwrap();
    world.admin("root").sets_role(&tom.person, Some(Role::Triage)).unwrap();
    world.settles().await;
    world.passes(Millis::seconds(30)).await;
    assert_eq!(text(&world), pull.body);
    let said = world.conversation(issue);
    assert!(said.contains("needs write access"), "{said}");
}
