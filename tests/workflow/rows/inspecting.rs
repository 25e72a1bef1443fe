//! `Testing` and `Reviewing`: specialists look at what was built before people do.

use baton::base::{Sha, UserId};
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::handoff::{Bound, Trigger};
use baton::domain::tier::{Role, Tier};
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, FINDINGS, Ignored, Post, Report, RunFailure, Stage,
    TimerKind, Unbuilt,
};

use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    Story, ann, asks, building, checking, concludes, edited_into, facts_at_head, fails, head,
    implement, pushed, ready, reports, reviewing, revise, task, testing, ticks_task,
};

fn finds(ask_for_work: bool) -> Event {
    reports("fresh", Report::Findings { ask_for_work })
}

/// The rung and role of the run that was started.
fn looks(story: &Story) -> (Tier, Option<Role>) {
    let role = story.effects().iter().find_map(|it| match it {
        Effect::StartRun { role, .. } => Some(*role),
        _ => None,
    });
    (started(story).0, role)
}

/// Two tasks ticked while a run builds the first: the rest is looked at, and findings are built.
fn built() -> Story {
    let story = checking().then(asks(ann(), task("t3", TaskAct::Skip)));
    story.then(ticks_task(ann(), "t2", true)).then(concludes(Ci::Green))
}

#[test]
fn the_test_agent_looks_first_on_its_own_rung() {
    assert_eq!(looks(&built()), (Tier::Haiku, Some(Role::TestAgent)));
    assert_eq!(started(&built()).1, Ask::Inspect { revision: 1 });
}

#[test]
fn then_the_review_agent_and_then_people() {
    let story = built().then(finds(false));
    is(&story, "Reviewing");
    assert_eq!(looks(&story), (Tier::Sonnet, Some(Role::ReviewAgent)));
    let story = story.then(finds(false));
    is(&story, "Ready");
    assert_eq!(posts(&story), [&Post::Ready { person: Some(UserId(1)) }]);
}

/// From what was found to the look at what was mended.
fn mended(story: Story) -> Story {
    let story = story.then(reports("fresh", Report::TaskDone));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    story.then(concludes(Ci::Green))
}

#[test]
fn what_was_found_is_built_twice_and_then_a_person_is_called() {
    let mut story = built();
    for _ in 0..2 {
        story = story.then(finds(true));
        let (tier, ask, _) = started(&story);
        let task = FINDINGS.to_owned();
        let expected = Ask::Task { revision: 1, task, trigger: Trigger::Findings };
        assert_eq!((tier, ask), (Tier::Sonnet, expected));
        story = mended(story);
        is(&story, "Testing");
    }
    let story = story.then(finds(true));
    is(&story, "Blocked");
    let person = Some(UserId(1));
    assert_eq!(posts(&story), [&Post::Blocked { why: Block::Findings, person }]);
    // Whoever mended it asks for one more look; nothing is built unasked any more.
    let story = story.then(asks(ann(), Command::Retry));
    is(&story, "Testing");
    is(&story.then(finds(true)), "Blocked");
}

#[test]
fn findings_are_no_task_of_the_plan() {
    let story = mended(built().then(finds(true)));
    let work = story.stage().work().unwrap();
    assert!(!work.done.contains(FINDINGS) && work.task.is_none(), "{work:?}");
}

#[test]
fn what_is_built_by_hand_is_mended_by_hand() {
    let story = testing().then(finds(true));
    is(&story, "Blocked");
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

#[test]
fn a_specialist_that_gets_nowhere_is_followed_by_a_stronger_one() {
    let story = testing().then(fails(RunFailure::NoProgress));
    assert_eq!(looks(&story), (Tier::Sonnet, Some(Role::TestAgent)));
    let story = story.then(fails(RunFailure::TurnLimit));
    assert_eq!(looks(&story), (Tier::Opus, Some(Role::TestAgent)));
    is(&story.then(fails(RunFailure::TimeLimit)), "Blocked");
    is(&testing().then(fails(RunFailure::ModelRefused)), "Blocked");
}

#[test]
fn a_silent_specialist_is_stopped_before_the_stronger_one_begins() {
    let story = testing().waits(TimerKind::Stuck);
    let stops = |it: &Effect| matches!(it, Effect::StopRun { .. });
    assert!(story.effects().iter().any(stops), "{:?}", story.effects());
    assert_eq!(looks(&story), (Tier::Sonnet, Some(Role::TestAgent)));
}

#[test]
fn a_specialist_begins_without_the_escalations_of_the_last_task() {
    let story = building().then(ticks_task(ann(), "t1", true));
    let story = story.then(fails(RunFailure::NoProgress));
    assert_eq!(story.stage().work().map(|it| it.escalations), Some(1));
    let story = story.then(ticks_task(ann(), "t2", true));
    is(&story, "Testing");
    assert_eq!(story.stage().work().map(|it| (it.escalations, it.tier)), Some((0, Tier::Haiku)));
}

#[test]
fn specialists_change_hands_as_often_as_the_work_may_and_then_a_person_is_called() {
    let fail = |story: Story| story.then(fails(RunFailure::NoProgress));
    let story = fail(fail(building())).then(ticks_task(ann(), "t1", true));
    let story = fail(story).then(ticks_task(ann(), "t2", true));
    let story = fail(fail(story)).then(finds(false));
    let story = fail(story);
    is(&story, "Reviewing");
    assert_eq!(story.state.handoffs, 6);
    let story = fail(mended(story.then(finds(true))));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Bound(Bound::Issue), .. }));
}

/// The head whose checks are awaited.
fn checked(story: &Story) -> Sha {
    match story.stage() {
        Stage::Working { doing: Doing::Checking { sha, .. }, .. } => sha.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_is_checked_before_it_is_looked_at() {
    for story in [testing(), reviewing(), ready()] {
        let was_live = story.stage().live_run().is_some();
        let story = story.then(pushed());
        assert!(
            matches!(
                story.stage(),
                Stage::Working { doing: Doing::Checking { theirs: true, .. }, .. }
            ),
            "{:?}",
            story.stage()
        );
        let stops = story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. }));
        assert_eq!(stops, was_live);
    }
    let story = testing().then(pushed());
    let red = Event::CiConcluded { sha: checked(&story), ci: Ci::Red };
    is(&story.then(red), "Blocked");
}

#[test]
fn people_are_called_once_however_often_it_is_looked_at() {
    let story = ready().then(pushed());
    let green = Event::CiConcluded { sha: checked(&story), ci: Ci::Green };
    let story = story.then(green).then(finds(false)).then(finds(false));
    is(&story, "Ready");
    assert!(posts(&story).is_empty(), "{:?}", posts(&story));
}

#[test]
fn a_plan_that_is_edited_meanwhile_goes_to_people() {
    let story = testing().given(facts_at_head(edited_into(2))).then(pushed());
    is(&story, "Planned");
    assert!(story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
}

#[test]
fn a_reopened_task_ends_the_look() {
    let story = built().then(ticks_task(ann(), "t2", false));
    is(&story, "Working");
    assert!(story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
}

#[test]
fn what_makes_no_sense_while_it_is_looked_at_is_said() {
    for command in [Command::handoff(Rung::Up), Command::Retry, implement()] {
        refused(&testing().then(asks(ann(), command.clone())), &Unbuilt::LookedAt);
        refused(&reviewing().then(asks(ann(), command)), &Unbuilt::LookedAt);
    }
    is(&testing().then(asks(ann(), revise())), "Planning");
    ignored(&testing().then(concludes(Ci::Red)), Ignored::NotForThisStage);
    is(&testing().then(asks(ann(), Command::Stop)), "Stopped");
}
