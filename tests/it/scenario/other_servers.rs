//! Servers that speak GitHub's API and leave parts of it out, or have a part that fails for good: what
//! is only shown is done without, and what was asked for comes out all the same.

use baton::base::{IssueNumber, Millis};
use baton::domain::policy::Mode;
use baton::sandbox::github::{CallMatcher, Fault, FaultRule, Reply};
use baton::sandbox::model::{reads, submits};

use crate::scenario::fix::{ready, will_edit};
use crate::world::{Disorder, World, plan};

async fn planned(world: &World) -> IssueNumber {
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    ann.says(issue, "/baton plan").await;
    issue
}

/// How long after the newest comment that says `asked` one came that contains `answer`.
#[track_caller]
fn took(world: &World, issue: IssueNumber, asked: &str, answer: &str) -> Millis {
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let asked = comments.iter().rev().find(|it| it.body == asked).unwrap();
    let answer = comments.iter().find(|it| asked.id < it.id && it.body.contains(answer));
    answer.expect("no answer came").created_at - asked.created_at
}

#[track_caller]
fn planned_promptly(world: &World, issue: IssueNumber) {
    let took = took(world, issue, "/baton plan", "Plan revision 1 is ready");
    assert!(took < Millis::seconds(25), "{took:?}");
}

/// A call that fails so whenever it is made.
fn always(world: &World, method: &str, template: &str, status: u16) {
    let fault = Fault::FailBefore(Reply::error(status, "No"));
    world.github.fault(FaultRule::always(CallMatcher::call(method, template), fault));
}

/// Case 87: nothing of a plan waits for a reaction.
#[tokio::test]
async fn a_plan_comes_out_though_no_reaction_is_ever_taken() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    always(&world, "POST", "/issues/comments/{comment_id}/reactions", 500);

    let issue = planned(&world).await;

    planned_promptly(&world, issue);
    world.lives_through(Millis::minutes(10)).await;
    let tries = world.github.calls().iter().filter(|it| it.path.ends_with("/reactions")).count();
    assert_eq!(tries, 12, "six for each of two");
}

/// A reaction that is refused for good is no failure at all.
#[tokio::test]
async fn a_server_without_reactions_is_asked_once_for_each() {
    for status in [400, 403, 422, 501] {
        let world = World::new().await;
        always(&world, "POST", "/issues/comments/{comment_id}/reactions", status);
        let issue = planned(&world).await;
        planned_promptly(&world, issue);
        let calls = world.github.calls();
        assert_eq!(calls.iter().filter(|it| it.path.ends_with("/reactions")).count(), 2);
    }
}

#[tokio::test]
async fn a_plan_comes_out_though_labels_fail() {
    for (template, status) in [("/issues/{issue_number}/labels", 500), ("/{repo}/labels", 500)] {
        let world = World::in_mode(Mode::Observe).await;
        world.forgive(Disorder::EffectGivenUp);
        always(&world, "POST", template, status);
        let issue = planned(&world).await;
        planned_promptly(&world, issue);
        world.lives_through(Millis::minutes(10)).await;
    }
}

/// Where the label cannot be made by itself, putting it on makes it.
#[tokio::test]
async fn a_level_is_shown_where_labels_cannot_be_made() {
    for status in [404, 405, 409, 422] {
        let world = World::in_mode(Mode::Observe).await;
        always(&world, "POST", "/{repo}/labels", status);
        let ann = world.maintainer("ann");
        let issue = ann.opens("Fix typo in README", "It says recieve.").await;
        let labels = world.github.repo().issue(issue).unwrap().labels;
        assert_eq!(labels, ["complexity: trivial"], "{status}");
    }
}

#[tokio::test]
async fn a_plan_comes_out_though_no_comment_can_be_edited() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    always(&world, "PATCH", "/issues/comments/{comment_id}", 405);
    let issue = planned(&world).await;
    planned_promptly(&world, issue);
}

#[tokio::test]
async fn help_does_not_wait_for_a_check_that_cannot_be_made() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    always(&world, "POST", "/check-runs", 500);
    let issue = planned(&world).await;
    planned_promptly(&world, issue);

    world.maintainer("ann").says(issue, "/baton help").await;

    let took = took(&world, issue, "/baton help", "/baton approve");
    assert!(took < Millis::seconds(5), "{took:?}");
    world.lives_through(Millis::hours(2)).await;
}

/// Case 87: what the planner reads, where the archive is refused or is none.
#[tokio::test]
async fn files_are_read_one_by_one_where_there_is_no_archive() {
    let Fault::FailBefore(page) = Fault::unicorn(200) else { panic!("a unicorn comes before") };
    let refused = [400, 403, 410, 422].map(|it| Reply::error(it, "No"));
    for reply in refused.into_iter().chain([Reply::error(200, "Here"), page]) {
        let world = World::new().await;
        let tarball = CallMatcher::call("GET", "/tarball/{*ref}");
        let what = format!("{reply:?}");
        world.github.fault(FaultRule::always(tarball, Fault::FailBefore(reply)));
        let issue = planned(&world).await;
        planned_promptly(&world, issue);
        assert!(was_read(&world), "{what}");
    }
}

#[tokio::test]
async fn an_archive_that_fails_twice_is_done_without() {
    let world = World::new().await;
    always(&world, "GET", "/tarball/{*ref}", 503);
    let issue = planned(&world).await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert!(was_read(&world));
    let calls = world.github.calls();
    assert_eq!(calls.iter().filter(|it| it.path.contains("/tarball/")).count(), 2);
}

/// Whether the model was shown the file that it asked for.
fn was_read(world: &World) -> bool {
    let last = world.model.calls().pop().unwrap();
    last.body["messages"].to_string().contains("pub struct Rag")
}

/// Case 87: only a person can mark the pull request as ready where GraphQL is absent or broken, and
/// the work is done all the same; threads are read without their marks.
#[tokio::test]
async fn work_comes_out_ready_though_graphql_is_of_no_use() {
    let Fault::FailBefore(page) = Fault::unicorn(200) else { panic!("a unicorn comes before") };
    let refused = [400, 422, 500].map(|it| Reply::error(it, "No"));
    for reply in refused.into_iter().chain([page]) {
        let world = World::new().await;
        let what = format!("{reply:?}");
        let graphql = CallMatcher::call("POST", "/graphql");
        world.github.fault(FaultRule::always(graphql, Fault::FailBefore(reply)));
        let ann = world.maintainer("ann");
        let issue = ready(&world, &ann).await;
        let said = world.newest_comment(issue);
        assert!(said.contains("mark it as ready first"), "{what}: {said}");
        let pull = world.github.repo().pulls().remove(0);
        let (pull, branch) = (pull.number, pull.pull.unwrap().head);
        ann.comments_on_line(pull, "src/cache.rs", 1, "It is the first.").unwrap();
        will_edit(&world, "The cache.", "The first cache.");
        ann.says(pull, "/baton fix").await;
        world.lives_through(Millis::minutes(10)).await;
        let cache = world.github.repo().file(&branch, "src/cache.rs").unwrap();
        let said = world.conversation(issue);
        assert!(cache.contains("The first cache."), "{what}: {said}");
    }
}
