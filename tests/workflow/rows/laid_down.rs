//! Work that is laid down from outside: the operator's kill switch and a suspended installation.

use baton::base::RunId;
use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::workflow::{
    Block, Ci, Doing, Effect, Event, Facts, Ignored, Owed, Pause, PlanAtHead, Post, Refused,
    Report, Stage, Stop, TimerKind,
};

use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    NOW, Story, ann, asking, asks, at_limit, budget_more, building, building_by_hand, checking,
    concludes, edited_into, facts, facts_at_head, handing, head, implement, mia, paused, plan,
    planned, planning, pushing, ready, reports, submits, testing,
};

fn halted() -> Facts {
    Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() }
}

fn resume(story: Story) -> Story {
    story.then(asks(ann(), Command::Resume))
}

#[track_caller]
fn waits(story: &Story, expected: Pause) {
    match story.stage() {
        Stage::Paused { why, .. } => assert_eq!(*why, expected),
        other => panic!("{other:?}"),
    }
}

fn has(story: &Story, effect: &Effect) -> bool {
    story.effects().contains(effect)
}

fn run() -> RunId {
    RunId::from("fresh")
}

#[test]
fn the_kill_switch_lays_runs_down_at_their_turn() {
    for begin in [planning, asking, building, testing, handing] {
        let story = begin().then(Event::Halted);
        waits(&story, Pause::Halted);
        assert!(has(&story, &Effect::HoldRun { run: run() }), "{:?}", story.effects());
        let stops = |it: &Effect| matches!(it, Effect::StopRun { .. });
        assert!(!story.effects().iter().any(stops), "the turns would be paid twice");
        // Lifted, the very run goes on.
        let story = resume(story);
        assert_eq!(*story.stage(), *begin().stage());
        assert!(has(&story, &Effect::ReleaseRun { run: run() }), "{:?}", story.effects());
    }
}

#[test]
fn the_kill_switch_leaves_alone_what_does_not_go_on_by_itself() {
    for story in [planned(), ready(), building_by_hand(), checking(), Story::new(), paused()] {
        ignored(&story.then(Event::Halted), Ignored::NothingDepends);
    }
    ignored(&at_limit().then(Event::Halted), Ignored::NothingDepends);
}

#[test]
fn nothing_goes_on_while_everything_is_stopped() {
    refused(&planned().given(halted()).then(asks(ann(), implement())), &Refused::Halted);
    let story = building().given(halted()).then(Event::Halted);
    refused(&resume(story), &Refused::Halted);
    let story = planning().given(halted()).then(submits(1));
    is(&story, "Planned");
    let story = at_limit().given(halted()).then(asks(mia(), budget_more(5)));
    refused(&story, &Refused::Halted);
}

#[test]
fn what_would_begin_while_everything_is_stopped_is_owed() {
    let story = checking().given(halted()).then(concludes(Ci::Green));
    waits(&story, Pause::Halted);
    let Stage::Paused { owed: Some(Owed::Run { .. }), .. } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert_eq!(story.stage().live_run(), None);
    let story = resume(story.given(facts()));
    is(&story, "Working");
    started(&story);
}

/// Its answers are there; it reads them when it is resumed.
#[test]
fn a_run_that_waits_for_answers_does_not_go_on_with_them() {
    let story = asking().then(asks(ann(), crate::workflow::words::answer(&[1, 2])));
    let story = story.given(halted()).waits(TimerKind::Resume);
    waits(&story, Pause::Halted);
    assert!(has(&story, &Effect::HoldRun { run: run() }), "{:?}", story.effects());
    let story = resume(story.given(facts()));
    is(&story, "Asking");
    let resumes = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::Resume, .. });
    assert!(story.effects().iter().any(resumes), "{:?}", story.effects());
}

#[test]
fn nobody_is_late_while_everything_is_stopped() {
    for kind in [TimerKind::Remind, TimerKind::GiveUp] {
        let story = building().then(Event::Halted).given(halted()).waits(kind);
        waits(&story, Pause::Halted);
        let armed = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::GiveUp, .. });
        assert!(story.effects().iter().any(armed), "{:?}", story.effects());
    }
    is(&building().then(Event::Halted).waits(TimerKind::GiveUp), "Stopped");
}

#[test]
fn a_suspension_lays_work_down_and_its_end_takes_it_up() {
    for begin in [planning, asking, planned, building, pushing, checking, testing, ready] {
        let story = begin().then(Event::Suspended);
        waits(&story, Pause::Suspended);
        let arms = |it: &Effect| matches!(it, Effect::SetTimer { .. } | Effect::UpsertStatus);
        assert!(!story.effects().iter().any(arms), "nothing can be said: {:?}", story.effects());
        let story = story.then(Event::Unsuspended);
        assert_eq!(*story.stage(), *begin().stage());
        let live = begin().stage().live_run().cloned();
        let released = live.map(|run| Effect::ReleaseRun { run });
        assert!(released.is_none_or(|it| has(&story, &it)), "{:?}", story.effects());
        assert!(has(&story, &Effect::UpsertStatus));
    }
}

#[test]
fn a_suspension_leaves_alone_what_waits_already() {
    ignored(&paused().then(Event::Suspended), Ignored::NothingDepends);
    let blocked = planned().then(Event::BranchDeleted);
    ignored(&blocked.then(Event::Suspended), Ignored::NothingDepends);
    ignored(&Story::new().then(Event::Unsuspended), Ignored::NothingNew);
    // What somebody paused stays paused.
    let story = paused().then(Event::Suspended).then(Event::Unsuspended);
    waits(&story, Pause::Person);
}

#[test]
fn a_run_that_was_suspended_says_its_last_word() {
    let story = building().then(Event::Suspended).then(reports("fresh", Report::TaskDone));
    waits(&story, Pause::Suspended);
    let story = story.then(Event::Unsuspended);
    let push = Effect::PushChanges { run: run(), task: "t1".to_owned() };
    assert!(has(&story, &push), "{:?}", story.effects());
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::Checking { .. }, .. }));
}

/// Nobody hears of pushes meanwhile.
#[test]
fn a_plan_that_was_changed_meanwhile_waits_for_people() {
    let story = building().then(Event::Suspended).given(facts_at_head(edited_into(2)));
    let story = story.then(Event::Unsuspended);
    assert!(matches!(story.stage(), Stage::Planned { approved: None, .. }), "{:?}", story.stage());
}

/// No timer looks at what waits there, so somebody has to know.
#[test]
fn what_cannot_go_on_behind_a_suspension_calls_a_person() {
    let broken = PlanAtHead::Invalid("line 3: no".to_owned());
    for (head, expected) in [
        (PlanAtHead::Missing, Block::PlanFile),
        (broken, Block::PlanFile),
        (PlanAtHead::Unknown, Block::Interrupted),
        (PlanAtHead::NotRead, Block::Interrupted),
    ] {
        let story = building().then(Event::Suspended).given(facts_at_head(head));
        let story = story.then(Event::Unsuspended);
        let person = Some(ann().id);
        assert_eq!(posts(&story), [&Post::Blocked { why: expected, person }]);
        assert!(has(&story, &Effect::StopRun { run: run() }), "{:?}", story.effects());
        started(&story.given(facts()).then(asks(ann(), Command::Retry)));
    }
    let policy = Policy { planner_available: false, ..Policy::default() };
    let story = planning().then(Event::Suspended).given(Facts { policy, ..facts() });
    is(&story.then(Event::Unsuspended), "Blocked");
    // What is built waits to be pushed still.
    let story = pushing().then(Event::Suspended).given(facts_at_head(PlanAtHead::Unknown));
    let story = story.then(Event::Unsuspended).given(facts()).then(asks(ann(), Command::Retry));
    assert!(has(&story, &Effect::PushChanges { run: run(), task: "t1".to_owned() }));
}

#[test]
fn an_issue_that_was_closed_in_a_suspension_has_ended() {
    let closed = Facts { open: false, ..facts() };
    for begin in [planning, planned, building, checking, testing] {
        let story = begin().then(Event::Suspended).given(closed.clone()).then(Event::Unsuspended);
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Closed, .. }));
    }
}

#[test]
fn a_suspension_that_ends_while_everything_is_stopped_goes_on_by_word() {
    let story = building().then(Event::Suspended).given(halted()).then(Event::Unsuspended);
    waits(&story, Pause::Halted);
    let due = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::GiveUp, .. });
    assert!(story.effects().iter().any(due), "{:?}", story.effects());
}

#[test]
fn somebody_who_pauses_what_is_suspended_keeps_it() {
    let story = building().then(Event::Suspended).then(asks(ann(), Command::Pause));
    waits(&story, Pause::Person);
    let due = NOW + baton::base::Millis::days(30);
    assert!(has(&story, &Effect::SetTimer { kind: TimerKind::GiveUp, due }));
    waits(&story.then(Event::Unsuspended), Pause::Person);
}

#[test]
fn people_who_are_called_wait_through_a_suspension() {
    let unclear = || checking().then(concludes(Ci::Silent));
    let story = unclear().then(Event::Suspended).then(Event::Unsuspended);
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Ci(_), .. }));
    is(&Story::new().then(Event::Suspended).then(asks(ann(), plan())), "Planning");
}
