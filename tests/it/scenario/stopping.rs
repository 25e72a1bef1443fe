//! A process that is asked to stop while a model is at work waits for it, but not without end (with
//! the real binary: `crash::stopping`); a run that people stop spends no more, whatever GitHub does.

use std::time::Duration;

use baton::base::Millis;
use baton::sandbox::github::{CallMatcher, Fault as GitHubFault, FaultRule};
use baton::sandbox::model::{Fault, Strike, Turn, reads, submits};

use crate::world::{Disorder, World, plan, plan_of};

/// Case 44: a call that outlives the grace is left, booked at what was set aside for it, and its run
/// laid down at once for the next start, which asks for it once more.
#[tokio::test]
async fn a_call_that_outlives_the_grace_is_left_and_booked() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    world.model.strikes(1, Strike::AfterBilled(Fault::Hang));
    ann.person.comments(issue, "/baton plan").unwrap();
    let run = world.comes_to_a_run(issue, None).await;

    let mut leaving = world.another_worker().await;
    leaving.call_grace = Duration::from_millis(50);
    let stop = leaving.stop.clone();
    let at_work = tokio::spawn(async move { leaving.run().await });
    while world.model.books().is_empty() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    at_work.await.unwrap();
    let left = world.engine().store.live_run(world.key(issue)).await.unwrap().unwrap();
    assert_eq!((left.id, left.status.name()), (run.id, "ready"));
    let installation = world.github.installation_id().unwrap();
    let rows = world.engine().store.cost_of_issue(installation, world.key(issue)).await.unwrap();
    assert_eq!(rows.iter().map(|it| it.calls).sum::<i64>(), 1);

    world.settles().await;

    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(world.model.books().len(), 2);
}

/// The effect that stops the run waits behind a comment that GitHub does not take.
#[tokio::test]
async fn a_run_that_was_stopped_or_paused_spends_nothing_while_github_takes_no_comment() {
    for order in ["/baton stop", "/baton pause"] {
        let world = World::new().await;
        world.forgive(Disorder::EffectGivenUp);
        let ann = world.maintainer("ann");
        let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        world.opus().will([
            reads("src/rag.rs"),
            Turn::fault(Fault::Overloaded),
            reads("src/lib.rs"),
            submits(plan()),
        ]);
        ann.says(issue, "/baton plan").await;
        let posts = CallMatcher::call("POST", "/issues/{issue_number}/comments");
        world.github.fault(FaultRule::always(posts, GitHubFault::unicorn(502)));

        ann.person.comments(issue, "/baton help").unwrap();
        ann.says(issue, order).await;
        world.passes(Millis::minutes(10)).await;
        assert_eq!(world.model.books().len(), 1, "{order}: {}", world.conversation(issue));

        world.github.clear_faults();
        world.passes(Millis::minutes(30)).await;
        assert_eq!(world.model.books().len(), 1, "{order}");
        world.opus().forgets();
    }
}

/// What is said while the run is about to end counts, although the effect that tells it waits behind a
/// comment that GitHub does not take: the plan that was submitted meanwhile is overtaken.
#[tokio::test]
async fn words_reach_a_planner_that_submits_while_github_takes_no_comment() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let again = plan_of("Answers are kept in Redis.");
    world.opus().will([reads("src/rag.rs"), submits(plan()), submits(again)]);
    let kept = world.model.keeps_back(2);
    let submitted = async {
        while world.model.books().len() < 2 {
            tokio::task::yield_now().await;
        }
        let posts = CallMatcher::call("POST", "/issues/{issue_number}/comments");
        world.github.fault(FaultRule::always(posts, GitHubFault::unicorn(502)));
        ann.person.comments(issue, "/baton help").unwrap();
        ann.person.comments(issue, "/baton revise Use Redis.").unwrap();
        while world.state(issue).await.joined.is_empty() {
            world.github.deliver_pending().await;
            world.step().await;
        }
        kept.notify_one();
    };
    tokio::join!(ann.says(issue, "/baton plan"), submitted);
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.model.books().len(), 3, "{}", world.conversation(issue));
    world.github.clear_faults();
    world.passes(Millis::hours(2)).await;
    assert_eq!(world.stage(issue).await, "Planned");
    assert_eq!(world.model.books().len(), 3);
    let plan = world.github.repo().file(&world.branch(), "docs/prds/active/1-plan.md");
    assert!(plan.is_some_and(|it| it.contains("Answers are kept in Redis.")));
}

/// Whose right could not be read at once is told so when the plan came out meanwhile.
#[tokio::test]
async fn words_that_come_after_the_plan_are_answered_and_not_lost_in_silence() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([reads("src/rag.rs"), submits(plan())]);
    let kept = world.model.keeps_back(2);
    let submitted = async {
        while world.model.books().len() < 2 {
            tokio::task::yield_now().await;
        }
        let rights = CallMatcher::call("GET", "/collaborators/{username}/permission");
        world.github.fault(FaultRule::once(rights, GitHubFault::unicorn(502)));
        ann.person.comments(issue, "/baton revise Use Redis.").unwrap();
        world.github.deliver_pending().await;
        while world.step().await {}
        kept.notify_one();
    };
    tokio::join!(ann.says(issue, "/baton plan"), submitted);
    world.passes(Millis::minutes(1)).await;

    assert_eq!(world.stage(issue).await, "Planned");
    let said = world.conversation(issue);
    assert!(said.contains("does not take in what was said last"), "{said}");
}
