//! People build in pull requests of their own: the first one is adopted, others are only shown.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::finds;
use insta::assert_snapshot;

use crate::scenario::approval::{FILE, branch, planned};
use crate::scenario::by_hand::with_green_ci;
use crate::world::{Inhabitant, World};

const OWN: &str = "ann/cache";

/// The acceptance lines that the test-agent judges, by their tasks.
const LINES: [&str; 3] = ["t1", "t2", "t3"];

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

/// A plan that people build in a pull request of their own, where the CI passes.
async fn built_there(world: &World, ann: &Inhabitant<'_>) -> (IssueNumber, IssueNumber) {
    with_green_ci(world, ann).await;
    world.github.repo().ci_on("ann/*", CiBehaviour::Green);
    let issue = by_hand(world, ann).await;
    let own = opens(world, ann, (OWN, "src/cache.rs"), "For #1").await;
    assert_eq!(adopted(world, issue).await, Some(own));
    (issue, own)
}

async fn ticks_all(world: &World, ann: &Inhabitant<'_>, issue: IssueNumber) {
    for task in ["t1", "t2", "t3"] {
        assert_eq!(world.stage(issue).await, "Working");
        ann.ticks(issue, &format!("-->{task} ")).await;
        world.passes(Millis::seconds(20)).await;
    }
}

/// `workflow.md`: green head and all ticked -> `Testing`, also of a pull request of people's own.
#[tokio::test]
async fn what_people_build_there_is_judged_looked_at_and_handed_to_them() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let (issue, own) = built_there(&world, &ann).await;
    let before = world.conversation(issue);
    let plan = world.github.repo().issue(plans(&world)).unwrap().body;

    ticks_all(&world, &ann, issue).await;
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Waiting for checks
      Route ✔ · Plan ✔ · **Implement** · Test · Review | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      All tasks are settled, and the checks of #3 by @ann say whether that holds. Nothing is spent while they run.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [x] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [x] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton escalate` · `/baton task` · `/baton stop` · `/baton help`</sub>
    ");
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert_snapshot!(world.news(issue, &before), @"

    baton[bot]:
      ### Baton · Ready · waits for review
      Route ✔ · Plan ✔ · Implement ✔ · Test ✔ · **Review** | $0.0485 of $5.00 | 2 turns, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      What is left is to review and merge #3 by @ann. Baton writes nothing there.

      - [x] <!-- baton:task=t1 -->t1 Write the cache (simple)
      - [x] <!-- baton:task=t2 -->t2 Ask the cache first (medium)
      - [x] <!-- baton:task=t3 -->t3 Test the repeated question (simple)

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Test and review

      ▸ Cost by model

      <sub>`/baton task` · `/baton cost` · `/baton help`</sub>

    baton[bot]:
      ### Ready for review

      @ann, all tasks of the plan are done. Pull request #3 waits for your review; merging it completes this issue. Baton writes nothing there.

      **Test-agent**: No check fails. A demonstration reads no code, so people judge the rest.

      ▸ To be tried, because reading cannot settle it: 3 acceptance lines

      **Review-agent**: No check fails. A demonstration reads no code, so people judge the rest.

      Spent on this issue: $0.0485.
    ");

    let looked = world.model.calls();
    let shown = |it: &str| looked.iter().any(|call| call.body.to_string().contains(it));
    assert!(shown("+pub struct Cache;"), "the review-agent is shown what they built");
    assert!(!shown("+Checked."), "and nothing that stood there before");

    // Nothing is written there, and the plan's pull request is not the one that ends the work.
    let pull = world.github.repo().issue(own).unwrap();
    assert_eq!((pull.body.as_str(), pull.comments.len()), ("For #1", 0));
    let now = world.github.repo().issue(plans(&world)).unwrap();
    assert!(now.body.contains("Part of #1") && !now.body.contains("Closes"), "{}", now.body);
    assert_ne!(now.body, plan, "its ticks are shown");
    assert!(now.pull.unwrap().draft);

    ann.merges(own).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
    let told = world.conversation(issue);
    assert!(told.contains(&format!("The work was merged with #{own}.")), "{told}");
}

/// A head that is red is people's to mend, and so is what is found there.
#[tokio::test]
async fn what_is_red_or_found_there_is_for_people() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let (issue, _) = built_there(&world, &ann).await;
    let log = "error[E0432]: unresolved import\n".to_owned();
    world.github.repo().ci_on("ann/*", CiBehaviour::RedFor { pushes: 1, log });
    pushes(&ann, OWN, "src/broken.rs");
    world.settles().await;
    ticks_all(&world, &ann, issue).await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), 1, "nobody but the planner was paid");
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/11/0 -->
    ### Baton needs a person

    @ann, the checks failed on a commit that a person pushed.

    The commit is `213e28b`. Failed: `test`.

    Baton goes on when they pass, after a re-run or another push, and `/baton retry` looks at them again at no cost. To go on without them, tick this or write `/baton allow 213e28bffb72`:

    - [ ] <!-- baton:do=allow hash=213e28bffb72 -->Go on without checks (commit `213e28bffb72`)

    Spent on this issue: $0.0386.
    ");

    world.model.inspectors().will([finds(&LINES, &["An entry never expires."])]);
    pushes(&ann, OWN, "src/mended.rs");
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/14/0 -->
    ### Baton needs a person

    @ann, what was built was looked at, and what was found there is for people to mend.

    **Test-agent**: Something is wrong. Shown to hold: 3 of 3 acceptance lines.

    - major, correctness: An entry never expires. Remedy: Mend it.

    Mend it on the branch and write `/baton retry`, which waits for its checks and looks again; or merge it as it is: that is yours to decide. Spent on this issue: $0.0390.
    ");

    world.model.inspectors().will([finds(&LINES, &[]), finds(&[], &[])]);
    pushes(&ann, OWN, "src/expires.rs");
    world.settles().await;
    ann.says(issue, "/baton retry").await;
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert_eq!(world.model.problems(), Vec::<String>::new());

    // Whatever is pushed there is judged and looked at before it waits for people again.
    world.model.inspectors().will([finds(&LINES, &[]), finds(&[], &[])]);
    pushes(&ann, OWN, "src/more.rs");
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Working");
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}

/// The plan's file may stand on their branch, too: what they tick there counts.
#[tokio::test]
async fn the_last_tick_may_stand_in_the_plans_file_there() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let (issue, _) = built_there(&world, &ann).await;
    let plan = world.github.repo().file(&branch(&world), FILE).unwrap();
    ann.pushes(OWN, &[(FILE, Some(&plan))], "The plan").unwrap();
    world.settles().await;
    let done = plan.replace("- [ ]", "- [x]");
    ann.pushes(OWN, &[(FILE, Some(&done))], "All of it").unwrap();
    world.settles().await;
    assert!(world.conversation(issue).contains("### Baton · Waiting for checks"));
    world.lives_through(Millis::minutes(5)).await;
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
}
