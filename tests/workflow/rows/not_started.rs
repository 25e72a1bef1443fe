//! A run that follows another and does not begin: it is ordered once more, then a person is called.

use baton::base::{Millis, RunId};
use baton::domain::command::Command;
use baton::domain::handoff::Trigger;
use baton::domain::policy::Policy;
use baton::domain::tier::{Role, Tier};
use baton::domain::workflow::{
    Ask, Block, Doing, Effect, Event, Facts, Ignored, Pause, Post, Report, Stage, TimerKind,
};

use crate::workflow::rows::{ignored, is, posts, started};
use crate::workflow::words::{
    NOW, Story, ann, asks, building, facts, handing, planning, reports, testing,
};

const FIVE_MINUTES: Effect =
    Effect::SetTimer { kind: TimerKind::Start, due: baton::base::Timestamp(NOW.0 + 300_000) };

fn is_waited_for(story: &Story) -> bool {
    story.effects().contains(&FIVE_MINUTES)
}

fn late(story: Story) -> Story {
    story.given(Facts { fresh_run: RunId::from("second"), ..facts() }).waits(TimerKind::Start)
}

/// Who was ordered in the place of whom.
#[track_caller]
fn replaced(story: &Story) -> (Role, Tier, Ask) {
    let [
        Effect::StopRun { run },
        Effect::StartRun { run: second, role, tier, ask, .. },
        Effect::CancelTimers,
        ..,
    ] = story.effects()
    else {
        panic!("{:?}", story.effects())
    };
    assert_eq!((run, second), (&RunId::from("fresh"), &RunId::from("second")));
    assert_eq!(story.stage().live_run(), Some(second));
    assert!(is_waited_for(story));
    (*role, *tier, ask.clone())
}

#[track_caller]
fn calls_a_person(story: &Story, task: Option<&str>) {
    let Stage::Blocked { why: Block::NotStarted, held } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert_eq!(held.work.as_ref().map(|it| it.task.as_deref()), Some(task));
    assert_eq!(story.effects()[0], Effect::StopRun { run: RunId::from("second") });
    assert!(matches!(posts(story)[..], [Post::Blocked { why: Block::NotStarted, .. }]));
}

#[test]
fn a_run_that_follows_another_has_five_minutes_to_begin() {
    for story in [building(), handing().waits(TimerKind::Note), testing()] {
        assert!(is_waited_for(&story), "{:?}", story.effects());
    }
    // Nobody waits behind a planner: whoever asked for it sees that it does not begin.
    assert!(!is_waited_for(&planning()));
}

#[test]
fn what_did_not_begin_is_ordered_once_more_as_it_was() {
    let before = building();
    let epoch = before.state.epoch;
    let story = late(before);
    let (_, ask, _) = started(&building());
    assert_eq!(replaced(&story), (Role::Implementer, Tier::Haiku, ask));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::Building { .. }, .. }));
    assert_eq!(story.state.epoch, epoch + 1);
    assert!(posts(&story).is_empty());
    // It is no other try at the task, and nothing has changed hands.
    assert_eq!((story.stage().work().unwrap().escalations, story.state.handoffs), (0, 0));
}

#[test]
fn the_second_order_says_why_the_first_one_was_given() {
    let story = late(handing().waits(TimerKind::Note));
    let ask = Ask::Task { revision: 1, task: "t1".to_owned(), trigger: Trigger::Stuck };
    assert_eq!(replaced(&story), (Role::Implementer, Tier::Sonnet, ask));
    assert_eq!((story.stage().work().unwrap().escalations, story.state.handoffs), (1, 1));
}

#[test]
fn a_specialist_is_ordered_once_more_too() {
    let story = late(testing());
    is(&story, "Testing");
    assert_eq!(replaced(&story), (Role::TestAgent, Tier::Haiku, Ask::Inspect { revision: 1 }));
    let story = story.waits(TimerKind::Start);
    calls_a_person(&story, None);
}

#[test]
fn when_the_second_does_not_begin_either_a_person_is_called() {
    let story = late(building()).waits(TimerKind::Start);
    calls_a_person(&story, Some("t1"));
    assert_eq!(story.state.starting, None);
    // Their retry is a new order, with a second one behind it.
    let story = story.given(facts()).then(asks(ann(), Command::Retry));
    assert!(is_waited_for(&story));
    replaced(&late(story));
}

#[test]
fn what_has_spoken_has_begun() {
    let story = building().then(reports("fresh", Report::Waits));
    ignored(&story.waits(TimerKind::Start), Ignored::NotForThisStage);
    let story = late(building()).then(reports("second", Report::NearLimit));
    ignored(&story.waits(TimerKind::Start), Ignored::NotForThisStage);
}

#[test]
fn nobody_is_waited_for_in_a_pause_and_then_anew() {
    let story = building().then(asks(ann(), Command::Pause));
    assert!(!is_waited_for(&story));
    let story = story.waits(TimerKind::Start);
    ignored(&story, Ignored::NotForThisStage);
    let story = story.then(asks(ann(), Command::Resume));
    assert!(is_waited_for(&story), "{:?}", story.effects());
    replaced(&late(story));
}

#[test]
fn nothing_is_ordered_once_more_where_everything_is_stopped() {
    let policy = Policy { halted: true, ..Policy::default() };
    let story = building().given(Facts { policy, ..facts() }).waits(TimerKind::Start);
    assert!(matches!(story.stage(), Stage::Paused { why: Pause::Halted, .. }));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

#[test]
fn an_old_clock_says_nothing_of_the_second_run() {
    let old = building().state.epoch;
    let story = late(building());
    let story = story.then(Event::TimerDue { kind: TimerKind::Start, epoch: old });
    ignored(&story, Ignored::OldEpoch);
    assert_eq!(baton::domain::workflow::START_TAKES, Millis::minutes(5));
}
