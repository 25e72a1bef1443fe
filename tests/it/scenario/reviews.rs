//! A review of the plan never counts for code (trust rule 1; case 63).

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::{
    CallMatcher, CallRecord, CiBehaviour, Fault, FaultRule, Reply, ReviewState,
};
use baton::sandbox::model::{creates, edits, submits, task_done};
use insta::assert_snapshot;

use crate::world::{Disorder, Inhabitant, World, plan};

const LIST: &str = "/pulls/{pull_number}/reviews";
const DISMISS: &str = "/pulls/{pull_number}/reviews/{review_id}/dismissals";
const CACHE: &str = "//! The cache.\n";

/// An issue whose plan waits on a draft pull request, in a repository whose CI is known, and a
/// model that is ready to build its first task.
async fn planned(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    world.model.haiku().will([creates("src/cache.rs", CACHE), task_done("Written.")]);
    // The tests end while the checks of the task, or a person, are awaited.
    world.forgive(Disorder::Waiting);
    issue
}

fn pull(world: &World) -> IssueNumber {
    world.github.repo().pulls()[0].number
}

/// The reviews of the pull request: who, and how they stand.
fn reviews(world: &World) -> String {
    let reviews = world.github.repo().reviews(pull(world)).into_iter();
    let lines = reviews.map(|it| format!("{} {}", it.author, it.state.name()));
    lines.collect::<Vec<_>>().join(", ")
}

fn calls(world: &World, method: &str, template: &str) -> Vec<CallRecord> {
    let fits = |it: &CallRecord| {
        it.method == method && it.template.is_some_and(|at| at.ends_with(template))
    };
    world.github.calls().into_iter().filter(fits).collect()
}

fn built(world: &World) -> bool {
    let repo = world.github.repo();
    let mut branches = repo.branches().into_iter().map(|it| it.0);
    let branch = branches.find(|it| it.starts_with("baton/")).unwrap();
    repo.file(&branch, "src/cache.rs").as_deref() == Some(CACHE)
}

/// When the first code was pushed: the call that moved the branch last.
fn pushed_at(world: &World) -> usize {
    calls(world, "PATCH", "/git/refs/{*ref}").last().unwrap().nth
}

#[tokio::test]
async fn approvals_of_the_plan_are_dismissed_before_the_first_code() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    let (eve, tom) = (world.stranger("eve"), world.triager("tom"));
    let issue = planned(&world, &ann).await;
    bob.reviews(pull(&world), ReviewState::Approved, "A good plan").unwrap();
    eve.reviews(pull(&world), ReviewState::Approved, "").unwrap();
    tom.reviews(pull(&world), ReviewState::Commented, "Which Redis?").unwrap();

    ann.says(issue, "/baton approve --start").await;

    assert!(built(&world));
    assert_snapshot!(reviews(&world), @"bob DISMISSED, eve DISMISSED, tom COMMENTED");
    let dismissals = calls(&world, "PUT", DISMISS);
    assert!(dismissals.iter().all(|it| it.nth < pushed_at(&world)), "{dismissals:#?}");
    assert_snapshot!(dismissals[0].body.as_ref().unwrap()["message"].as_str().unwrap(), @"This approval was given to the plan, before there was any code. Baton now pushes code to this pull request, and that needs a review of its own.");
}

/// Whoever approves code approves code: whether that outlives a later push is GitHub's setting.
#[tokio::test]
async fn an_approval_of_code_is_left_alone() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = planned(&world, &ann).await;
    world.model.sonnet().will([
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
    world.model.haiku().will([
        edits("tests/answers.rs", "//! What", "//! A repeated question is free.\n//! What"),
        task_done("A repeated question is tested."),
    ]);
    ann.says(issue, "/baton approve --start").await;
    assert!(built(&world));
    bob.reviews(pull(&world), ReviewState::Approved, "Good code").unwrap();

    world.lives_through(Millis::minutes(20)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert_snapshot!(reviews(&world), @"bob APPROVED");
    assert_eq!(calls(&world, "GET", LIST).len(), 1);
    assert_eq!(calls(&world, "PUT", DISMISS).len(), 0);
}

#[tokio::test]
async fn an_approval_that_cannot_be_dismissed_keeps_the_code_back() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    let issue = planned(&world, &ann).await;
    let review = bob.reviews(pull(&world), ReviewState::Approved, "A good plan").unwrap();
    let reply = Reply::error(403, "Resource not accessible by integration");
    let rule = FaultRule::always(CallMatcher::call("PUT", DISMISS), Fault::FailBefore(reply));
    world.github.fault(rule);

    ann.says(issue, "/baton approve --start").await;
    world.passes(Millis::minutes(1)).await;

    assert!(!built(&world));
    assert_eq!(world.stage(issue).await, "Blocked");
    assert_snapshot!(reviews(&world), @"bob APPROVED");
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/8/0 -->
    ### Baton needs a person

    @ann, the task is built, but nothing was pushed: approvals of the plan would count for its code, and Baton could not dismiss them.

    An approval of #2 could not be dismissed: GitHub refused: Resource not accessible by integration.

    Dismiss them on the pull request, or give the App the permission to write pull requests, then write `/baton retry`: what was built is kept and nothing is paid again. Spent on this issue: $0.0393.
    ");
    let conversation = world.conversation(issue);
    assert_eq!(conversation.matches("### Baton needs a person").count(), 1, "{conversation}");

    // Bob takes it back himself; what was built is pushed as it is.
    bob.dismisses_review(review).unwrap();
    let paid = world.model.calls().len();
    ann.says(issue, "/baton retry").await;
    world.passes(Millis::minutes(1)).await;
    assert!(built(&world));
    assert_eq!(world.model.calls().len(), paid);
    assert_eq!(world.stage(issue).await, "Working");
}

/// What may not be read may hold an approval; what the server does not have holds none.
#[tokio::test]
async fn reviews_that_may_not_be_read_keep_the_code_back() {
    let check = async |fault: Fault, expected: &str| {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = planned(&world, &ann).await;
        world.github.fault(FaultRule::always(CallMatcher::call("GET", LIST), fault));
        ann.says(issue, "/baton approve --start").await;
        world.passes(Millis::minutes(1)).await;
        assert_eq!(world.stage(issue).await, expected);
        assert_eq!(built(&world), expected == "Working");
    };
    check(Fault::missing_permission(), "Blocked").await;
    check(Fault::validation_failed(), "Blocked").await;
    check(Fault::not_found(), "Working").await;
}

/// Each of the calls fails once, before and after it took effect: the code stands there once, and
/// no approval of the plan beside it.
#[tokio::test]
async fn each_call_that_fails_once_ends_as_if_it_had_not() {
    let ways = [
        Fault::unicorn(500),
        Fault::unicorn_after(502),
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::secondary_limit(60),
    ];
    for (method, template) in [("GET", LIST), ("PUT", DISMISS)] {
        for fault in &ways {
            let world = World::new().await;
            let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
            let issue = planned(&world, &ann).await;
            bob.reviews(pull(&world), ReviewState::Approved, "").unwrap();
            let when = CallMatcher::call(method, template);
            world.github.fault(FaultRule::once(when, fault.clone()));

            ann.says(issue, "/baton approve --start").await;
            world.lives_through(Millis::minutes(3)).await;

            let name = format!("{method}: {}", fault.name());
            assert!(world.github.unmet_faults().is_empty(), "{name}");
            assert!(built(&world), "{name}");
            assert_eq!(reviews(&world), "bob DISMISSED", "{name}");
        }
    }
}

/// A crash between the dismissal and the push finds nothing left to dismiss.
#[tokio::test]
async fn a_crash_after_the_dismissal_does_no_harm() {
    let world = World::new().await;
    let (ann, bob) = (world.maintainer("ann"), world.maintainer("bob"));
    let issue = planned(&world, &ann).await;
    bob.reviews(pull(&world), ReviewState::Approved, "").unwrap();
    ann.comments(issue, "/baton approve --start").unwrap();

    world.crashes_when(|world| !calls(world, "PUT", DISMISS).is_empty()).await;
    world.lives_through(Millis::minutes(3)).await;

    assert!(built(&world));
    assert_snapshot!(reviews(&world), @"bob DISMISSED");
    assert_eq!(calls(&world, "PUT", DISMISS).len(), 1);
}
