//! Limits and refusals of GitHub that last: what is tried again, how often, and what becomes of it.

use baton::base::{Clock as _, IssueNumber, Millis, Timestamp};
use baton::sandbox::github::{CallMatcher, CallRecord, Fault, FaultRule};
use baton::sandbox::model::submits;

use crate::world::{Disorder, Inhabitant, World, plan};

/// How often a write is tried before it is given up.
const TRIES: usize = 16;

async fn planned(world: &World, by: &Inhabitant<'_>) -> IssueNumber {
    let issue = by.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    by.says(issue, "/baton plan").await;
    issue
}

/// When the files of a plan were written or tried to.
fn tries(world: &World) -> Vec<Timestamp> {
    let of_trees = |it: &&CallRecord| it.method == "POST" && it.path.ends_with("/git/trees");
    world.github.calls().iter().filter(of_trees).map(|it| it.at).collect()
}

/// How often the issue says this.
fn said(world: &World, issue: IssueNumber, text: &str) -> usize {
    let comments = world.github.repo().issue(issue).unwrap().comments;
    comments.iter().filter(|it| it.body.contains(text)).count()
}

/// Case 24: a write that fails each time is given up after its tries, a person is called once, and
/// other issues go on meanwhile. What was paid for is kept.
#[tokio::test]
async fn a_write_that_always_fails_is_given_up_and_holds_up_no_other_issue() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    let ann = world.maintainer("ann");
    let when = CallMatcher::call("POST", "/git/trees");
    world.github.fault(FaultRule { when, fault: Fault::unicorn(502), times: Some(TRIES) });
    let issue = planned(&world, &ann).await;
    assert_ne!(world.stage(issue).await, "Blocked");
    let other = ann.opens("Fix a typo", "The README says teh.").await;
    ann.says(other, "/baton cost").await;
    assert_eq!(said(&world, other, "### Cost of #2: $0.00"), 1, "{}", world.conversation(other));

    world.lives_through(Millis::hours(2)).await;
    assert_eq!(tries(&world).len(), TRIES);
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(said(&world, issue, "### Baton needs a person"), 1);
    assert!(world.newest_comment(issue).contains("GitHub did not take its commit"));
    world.lives_through(Millis::hours(12)).await;
    assert_eq!(tries(&world).len(), TRIES, "it is over");
    assert_eq!(said(&world, issue, "### Baton needs a person"), 1);

    ann.says(issue, "/baton retry").await;
    assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
    assert_eq!(world.model.books().len(), 1);
}

/// Case 24: a limit without a time is waited out longer and longer, and in the end a person is called.
#[tokio::test]
async fn a_limit_without_a_time_that_never_ends_calls_a_person() {
    let world = World::new().await;
    world.forgive(Disorder::EffectGivenUp);
    let ann = world.maintainer("ann");
    let when = CallMatcher::call("POST", "/git/trees");
    let fault = Fault::secondary_limit_without_hint();
    world.github.fault(FaultRule { when, fault, times: Some(TRIES) });
    let issue = planned(&world, &ann).await;

    world.lives_through(Millis::hours(12)).await;

    let tries = tries(&world);
    let pauses: Vec<i64> =
        tries.windows(2).map(|it| (it[1] - it[0]).0 / Millis::minutes(1).0).collect();
    assert_eq!(pauses[..6], [1, 2, 4, 8, 16, 32]);
    assert!(pauses[6..].iter().all(|it| *it == 32), "{pauses:?}");
    assert_eq!(tries.len(), TRIES);
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    assert_eq!(said(&world, issue, "### Baton needs a person"), 1);
}

/// Case 25: where the hourly limit is used up nothing is asked or written before its reset, and then
/// all that waited is done, one write after the other.
#[tokio::test]
async fn a_used_up_hour_is_waited_for_and_what_waited_is_written_in_turn() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let mut issues = Vec::new();
    for n in 1..=3 {
        issues.push(ann.opens(&format!("Add cache {n}"), "Cache query results").await);
        world.opus().will([submits(plan())]);
    }
    let begin = world.clock.now();
    let reset = begin + Millis::minutes(40);
    let limit = Fault::primary_limit(reset);
    world.github.fault(FaultRule::always(CallMatcher::any(), limit));
    let before = world.github.call_count();
    for issue in &issues {
        ann.person.comments(*issue, "/baton plan").unwrap();
    }
    world.lives_through(Millis::minutes(39)).await;
    // What was under way side by side has met the limit, and nothing begins anew.
    let asked = world.github.call_count() - before;
    assert!(asked <= 2 * issues.len(), "{asked} calls against a limit that is used up");
    let last = world.github.calls().pop().unwrap().at;
    assert!(last - begin < Millis::seconds(10), "it was asked again at {last}");

    world.github.clear_faults();
    world.lives_through(Millis::minutes(20)).await;
    let after = &world.github.calls()[before + asked..];
    assert!(reset <= after[0].at, "{} comes before {reset}", after[0].at);
    for issue in issues {
        assert_eq!(world.stage(issue).await, "Planned", "{}", world.conversation(issue));
        assert_eq!(said(&world, issue, "### Plan revision 1 is ready"), 1);
    }
    let posts: Vec<Timestamp> = after
        .iter()
        .filter(|it| it.method == "POST" && it.path.ends_with("/comments"))
        .map(|it| it.at)
        .collect();
    assert!(posts.windows(2).all(|it| Millis::seconds(1) <= it[1] - it[0]), "{posts:?}");
}
