//! People build in pull requests of their own: the first one is adopted, others are only shown.

use baton::base::{IssueNumber, Millis};
use insta::assert_snapshot;

use crate::scenario::approval::planned;
use crate::world::{Inhabitant, World};

const OWN: &str = "ann/cache";

/// A plan that ann approved and hands to people.
async fn by_hand(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    let issue = planned(world, ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    issue
}

/// A branch with a commit.
fn pushes(by: &Inhabitant<'_>, branch: &str, path: &str) {
    by.pushes(branch, &[(path, Some("pub struct Cache;\n"))], "Cache").unwrap();
}

/// A pull request from a branch of one's own that names the issue.
async fn opens(
    world: &World,
    by: &Inhabitant<'_>,
    (branch, path): (&str, &str),
    body: &str,
) -> IssueNumber {
    pushes(by, branch, path);
    let number = by.opens_pull(branch, "Cache answers", body).unwrap();
    world.passes(Millis::minutes(1)).await;
    number
}

async fn adopted(world: &World, issue: IssueNumber) -> Option<IssueNumber> {
    world.work(issue).await.and_then(|it| it.adopted)
}

/// The pull request that holds the plan.
fn plans(world: &World) -> IssueNumber {
    let pulls = world.github.repo().pulls();
    let is_batons = |head: &str| head.starts_with("baton/");
    let plan = pulls.iter().find(|it| it.pull.as_ref().is_some_and(|it| is_batons(&it.head)));
    plan.unwrap().number
}

#[tokio::test]
async fn the_first_pull_request_is_adopted_and_its_merge_is_the_end() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    let issue = by_hand(&world, &ann).await;
    let before = world.conversation(issue);

    let own = opens(&world, &ann, (OWN, "src/cache.rs"), "Closes #1").await;
    let other = opens(&world, &bob, ("bob/cache", "src/other.rs"), "Another way to do #1").await;
    assert_eq!(adopted(&world, issue).await, Some(own));
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Implementing · by hand
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      Work goes on in #3 by @ann. A tick here or `/baton task` settles a task, and its merge completes the issue. Baton writes nothing there.

      - [ ] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [ ] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [ ] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Other pull requests that name this issue

      ▸ Cost by model

      <sub>`/baton task` · `/baton revise` · `/baton stop` · `/baton help`</sub>
    ");

    let comments = world.github.repo().issue(issue).unwrap().comments;
    let status = comments.iter().find(|it| it.body.contains("baton:status")).unwrap();
    assert!(status.body.contains(&format!("\n- #{other} by bob\n")), "{}", status.body);

    ann.says(issue, "/baton implement").await;
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/8/1 -->
    @ann, people build this in #3, and what they did there stands on a branch that Baton never writes. Merge it, or close it first: then Baton goes on at its own branch.
    ");

    ann.merges(own).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
    let told = world.conversation(issue);
    assert!(told.contains(&format!("The work was merged with #{own}.")), "{told}");
    assert!(told.contains("by people, pull request #"), "{told}");
    let plan = world.github.repo().issue(plans(&world)).unwrap();
    assert!(!plan.open);
    assert_snapshot!(plan.body, @"
    <!-- baton:pull-request v1 -->
    Part of #1

    Answers are kept in memory for five minutes, so that a repeated question is free.

    The work was merged with #3, so this pull request is closed; its branch is kept. It held the plan of revision 1, content `b604786138c7`.
    <!-- /baton:pull-request -->
    ");
    assert!(world.github.repo().issue(other).unwrap().open, "it is none of Baton's");
}

/// `workflow.md`: forks and strangers move nothing.
#[tokio::test]
async fn a_fork_a_stranger_and_a_bot_move_nothing() {
    let world = World::new().await;
    let (ann, robo) = (world.maintainer("ann"), world.bot("robo"));
    let (eve, tom) = (world.stranger("eve"), world.triager("tom"));
    let issue = by_hand(&world, &ann).await;
    let before = world.conversation(issue);

    let files = [("src/cache.rs", Some("pub struct Theirs;\n"))];
    let fork = eve.opens_pull_from_fork(("cache", &files), "Cache", "Closes #1").unwrap();
    world.settles().await;
    opens(&world, &robo, ("robo/cache", "src/robo.rs"), "Closes #1").await;
    let quiet =
        opens(&world, &ann, (OWN, "src/cache.rs"), "`Closes #1`\n\n> #1\n\n<!-- #1 -->").await;
    tom.comments(quiet, "#1").unwrap();
    world.passes(Millis::minutes(1)).await;

    assert_eq!(adopted(&world, issue).await, None);
    assert_eq!(world.conversation(issue), before);

    // Whoever merges it may, and that closes the issue.
    ann.merges(fork).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Stopped");
    let told = world.conversation(issue);
    let closed = format!("The issue was closed with #{fork}, which is no pull request of Baton's.");
    assert!(told.contains(&closed), "{told}");
}

#[tokio::test]
async fn one_that_is_closed_again_is_let_go_and_the_next_act_adopts_another() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    let issue = by_hand(&world, &ann).await;
    let own = opens(&world, &ann, (OWN, "src/cache.rs"), "Closes #1").await;
    let other = opens(&world, &bob, ("bob/cache", "src/other.rs"), "For #1").await;

    ann.closes(own).unwrap();
    world.settles().await;
    assert_eq!(adopted(&world, issue).await, None);
    assert_eq!(world.stage(issue).await, "Working");

    pushes(&bob, "bob/cache", "src/more.rs");
    world.settles().await;
    assert_eq!(adopted(&world, issue).await, Some(other));

    // Its text names the issue no longer.
    bob.edits_issue(other, None, Some("For nobody")).unwrap();
    world.settles().await;
    assert_eq!(adopted(&world, issue).await, None);

    ann.reopens(own).unwrap();
    world.settles().await;
    assert_eq!(adopted(&world, issue).await, Some(own));
}

/// Opened before anybody said that people build, it is adopted with the next act on it.
#[tokio::test]
async fn what_was_opened_before_is_adopted_with_its_next_push() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let own =
        opens(&world, &ann, (OWN, "src/cache.rs"), "https://github.test/acme/helpdesk/issues/1")
            .await;
    assert_eq!(world.stage(issue).await, "Planned");

    ann.says(issue, "/baton implement manual").await;
    assert_eq!(adopted(&world, issue).await, None);
    pushes(&ann, OWN, "src/more.rs");
    world.settles().await;
    assert_eq!(adopted(&world, issue).await, Some(own));
}

#[tokio::test]
async fn a_pull_request_closes_the_issue_while_baton_waits() {
    for issue_first in [false, true] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = planned(&world, &ann).await;
        let own = opens(&world, &ann, (OWN, "src/cache.rs"), "Fixes #1").await;
        assert_eq!(world.stage(issue).await, "Planned");

        world.github.repo().closes_issues_first(issue_first);
        ann.merges(own).unwrap();
        world.settles().await;

        assert_eq!(world.stage(issue).await, "Stopped");
        let told = world.conversation(issue);
        let closed =
            format!("The issue was closed with #{own}, which is no pull request of Baton's.");
        assert!(told.contains(&closed), "{told}");

        ann.reopens(issue).unwrap();
        world.settles().await;
        assert_eq!(world.stage(issue).await, "Planned");
    }
}
