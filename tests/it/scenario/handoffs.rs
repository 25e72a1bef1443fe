//! The record of handoffs: each change of hands once, with the decision that made it, and later
//! whether the successor began and whether the work got on.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{Fault, Turn, asks, creates, notes, refuses, task_done};
use baton::store::HandoffRow;
use insta::assert_snapshot;

use super::approval::planned;
use super::handing::{approves, falls_silent};
use super::whole;
use crate::world::World;

async fn recorded(world: &World, issue: IssueNumber) -> Vec<HandoffRow> {
    let engine = world.engine();
    let row = engine.store.load_issue(world.key(issue)).await.unwrap().unwrap();
    engine.store.handoffs(row.installation, world.key(issue)).await.unwrap()
}

/// Each as one line: why, from whom to whom, what came of it, whether more may come.
async fn told(world: &World, issue: IssueNumber) -> Vec<String> {
    let line = |it: HandoffRow| {
        let (from, to) = (&it.decided.from, &it.decided.to);
        format!(
            "{}, {} {} → {} {}: executed {:?}, recovered {:?}{}",
            it.decided.cause,
            from.tier,
            from.role,
            to.tier,
            to.role,
            it.outcome.executed,
            it.outcome.recovered.as_deref(),
            if it.outcome.settled { "" } else { ", open" },
        )
    };
    recorded(world, issue).await.into_iter().map(line).collect()
}

/// The status comment's table of handoffs, as it was written.
fn table(world: &World, issue: IssueNumber) -> String {
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let status = comments.iter().find(|it| it.body.starts_with("<!-- baton:status")).unwrap();
    let folded = status.body.split("<details>").find(|it| it.contains("<summary>Handoffs"));
    folded.unwrap_or_default().split("</details>").next().unwrap().to_owned()
}

/// Why a person chose another model stands in the record, and the successor reads it as what they
/// said. The next order that says nothing leaves nothing of it.
#[tokio::test]
async fn why_a_person_chose_another_model_is_recorded_and_told() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes("Nothing yet.", "All."), Turn::fault(Fault::Overloaded)]);
    approves(&ann, issue);
    world.comes_to_a_run(issue, None).await;
    world.settles().await;
    world.opus().will([notes("Nothing yet.", "All."), Turn::fault(Fault::Overloaded)]);

    ann.says(issue, "/baton handoff opus the *locking* is subtle <!-- obey -->").await;
    world.model.sonnet().will([asks(["What is right?"])]);
    ann.says(issue, "/baton handoff sonnet").await;
    world.settles().await;

    let record = recorded(&world, issue).await;
    let reasons: Vec<&str> = record.iter().skip(1).map(|it| it.decided.reason.as_str()).collect();
    let said = "A person asked for it: the *locking* is subtle";
    assert_eq!(reasons, [said, "A person asked for it."], "{}", world.conversation(issue));
    let tagged = r"<handoff_reason>\nthe *locking* is subtle\n</handoff_reason>";
    let calls = world.model.calls().into_iter().map(|it| it.body.to_string());
    let told = calls.filter(|it| it.contains("This is handoff")).map(|it| it.contains(tagged));
    let told: Vec<bool> = told.collect();
    assert!(told.contains(&true) && told.last() == Some(&false), "{told:?}");
}

/// A reason is about the run that it was said for: whoever has the work taken up later without a word
/// gives none.
#[tokio::test]
async fn a_retry_is_not_told_why_somebody_chose_another_model_before() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([refuses()]);
    ann.says(issue, "/baton approve --start").await;
    world.opus().will([refuses()]);
    ann.says(issue, "/baton handoff opus the locking is subtle").await;
    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    world.opus().will([asks(["What is right?"])]);

    ann.says(issue, "/baton retry").await;
    world.settles().await;

    let calls = world.model.calls().into_iter().map(|it| it.body.to_string());
    let told = calls.filter(|it| it.contains("This is handoff"));
    let told: Vec<bool> = told.map(|it| it.contains("<handoff_reason>")).collect();
    assert!(told.contains(&true) && told.last() == Some(&false), "{told:?}");
}

/// Seed 3: Opus plans, each task goes to its tier, the specialists look. The next task on the same
/// tier would be a new run only.
#[tokio::test]
async fn a_whole_life_names_every_change_of_hands() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = whole::planned(&world, &ann).await;
    whole::builds_the_cache(&world);
    whole::asks_the_cache_first(&world);
    whole::tests_the_question(&world);

    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::minutes(20)).await;

    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    assert_snapshot!(table(&world, issue), @"
    <summary>Handoffs (4)</summary>

    | trigger | from → to | task | executed | recovered |
    |---|---|---|---|---|
    | planning complete | Opus planner → Haiku implementer | t1 | yes | yes, done |
    | task complete | Haiku implementer → Sonnet implementer | t2 | yes | yes, done |
    | task complete | Sonnet implementer → Haiku implementer | t3 | yes | yes, done |
    | implementation complete | Haiku implementer → Haiku test-agent | – | yes | yes, done |
    ");
    let first = &recorded(&world, issue).await[0];
    let (from, to) = (&first.decided.from, &first.decided.to);
    assert_eq!(from.model.as_deref(), Some("claude-opus-5-5"));
    assert_eq!(from.answered.as_deref(), Some("claude-opus-5-5"));
    assert_eq!(to.model.as_deref(), Some("claude-haiku-5-5"));
    assert_eq!(to.answered.as_deref(), Some("claude-haiku-5-5"));
    assert_eq!(first.decided.reason, "The approved plan was started.");
    assert!(0 < first.decided.spent.0, "planning was not free");
}

#[tokio::test]
async fn a_stuck_run_is_recorded_with_its_silence_and_its_successors_success() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes("Half of it is written.", "Write the rest.")]);
    world.model.sonnet().will([creates("src/cache.rs", "//! It.\n"), task_done("Written.")]);
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, Millis(Millis::minutes(10).0 + 5_000)).await;

    world.clock.set(haiku.activity + Millis::minutes(10));
    world.settles().await;

    // The note was the first run's only word: it began, and never got on.
    assert_eq!(
        told(&world, issue).await,
        [
            "planning complete, opus planner → haiku implementer: executed Some(true), \
             recovered Some(\"no\")",
            "stuck, haiku implementer → sonnet implementer: executed Some(true), \
             recovered Some(\"task\")",
        ]
    );
    let stuck = &recorded(&world, issue).await[1].decided;
    assert_eq!((stuck.idle, stuck.task.as_deref()), (Millis::minutes(10), Some("t1")));
    assert_eq!(stuck.reason, "Haiku gave no sign of life for 10 min.");
    ann.says(issue, "/baton stop").await;
}

/// Silence of the successor is waited for no longer than the successor itself may be silent; a
/// person who settles its task in that time has got the work on.
#[tokio::test]
async fn a_person_gets_the_work_on_in_place_of_a_silent_successor() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.sonnet().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    falls_silent(&world, issue, Millis::hours(9)).await;
    assert!(told(&world, issue).await[0].ends_with("executed None, recovered None, open"));

    world.clock.advance(Millis::minutes(4));
    ann.says(issue, "/baton task t1 done").await;

    let first = &told(&world, issue).await[0];
    assert!(first.ends_with("executed Some(false), recovered Some(\"person\")"), "{first}");
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_successor_that_is_stopped_before_its_first_answer_never_began() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;

    ann.says(issue, "/baton approve --start\n/baton stop").await;

    assert_eq!(
        told(&world, issue).await,
        ["planning complete, opus planner → haiku implementer: executed Some(false), \
          recovered Some(\"no\")"]
    );
}

/// The decision and its record are one transaction: a crash right behind it loses neither, and the
/// successor that starts after it is found to have begun.
#[tokio::test]
async fn a_crash_behind_the_decision_leaves_one_record() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([asks(["Which cache?"])]);
    approves(&ann, issue);
    while world.stage(issue).await != "Working" {
        world.github.deliver_pending().await;
        world.step().await;
    }
    assert!(world.engine().store.live_run(world.key(issue)).await.unwrap().is_none());
    world.restarts().await;
    assert!(told(&world, issue).await[0].ends_with("executed None, recovered None, open"));

    world.settles().await;

    // It asks people: that is its beginning, and while they are waited for it is not silent.
    let told = told(&world, issue).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("executed Some(true), recovered None, open"), "{told:?}");
    ann.says(issue, "/baton stop").await;
}
