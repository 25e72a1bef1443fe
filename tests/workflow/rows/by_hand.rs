//! People build with their own tools: their last tick waits for the checks of the head, as what Baton
//! builds does, and their silence has a clock of its own.

use baton::base::{Millis, Sha, Timestamp};
use baton::domain::command::{Command, TaskAct};
use baton::domain::workflow::{
    Ask, Block, Ci, ControlLabel, Doing, Effect, Event, FINDINGS, Facts, Ignored, Pause, Post,
    Refused, Report, RunFailure, Stage, TimerKind, Unbuilt,
};

use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    NOW, Story, ann, asks, building, building_by_hand, built_by_hand, by_hand, checking, concludes,
    facts, fails, head, implement, pushed, pushed_by, reports, task, testing, ticks_task, tom,
};

/// The head whose checks are awaited, and whether people made it.
fn awaited(story: &Story) -> (Sha, bool) {
    let Stage::Working { doing: Doing::Checking { sha, theirs }, .. } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    (sha.clone(), *theirs)
}

fn unread() -> Facts {
    Facts { head: None, ..facts() }
}

fn is_blocked(story: &Story, why: Block) {
    let Stage::Blocked { why: because, .. } = story.stage() else { panic!("{:?}", story.stage()) };
    assert_eq!(*because, why);
}

fn starts_nothing(story: &Story) {
    let starts = |it: &Effect| matches!(it, Effect::StartRun { .. });
    assert!(!story.effects().iter().any(starts), "{:?}", story.effects());
}

/// All but the last task, which is t2.
fn nearly() -> Story {
    building_by_hand().then(ticks_task(ann(), "t1", true))
}

/// The timers that a step armed.
pub(super) fn clock(story: &Story) -> Vec<(TimerKind, Timestamp)> {
    let armed = |it: &Effect| match it {
        Effect::SetTimer { kind, due } => Some((*kind, *due)),
        _ => None,
    };
    story.effects().iter().filter_map(armed).collect()
}

/// Nothing is seen for three days, for fourteen.
pub(super) fn by_hand_clock() -> [(TimerKind, Timestamp); 2] {
    [(TimerKind::Remind, NOW + Millis::days(3)), (TimerKind::GiveUp, NOW + Millis::days(14))]
}

#[test]
fn three_days_without_a_sign_are_an_edit_and_two_weeks_a_pause() {
    assert_eq!(clock(&building_by_hand()), by_hand_clock());
    let story = building_by_hand().waits(TimerKind::Remind);
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    assert!(story.state.quiet);

    let story = story.waits(TimerKind::GiveUp);
    assert!(matches!(story.stage(), Stage::Paused { why: Pause::Quiet, owed: None, .. }));
    assert_eq!(posts(&story), [] as [&Post; 0]);
    assert!(story.effects().contains(&Effect::UpsertStatus) && !story.state.quiet);
    let weeks = [(TimerKind::Remind, 14), (TimerKind::GiveUp, 30)];
    assert_eq!(clock(&story), weeks.map(|(kind, days)| (kind, NOW + Millis::days(days))));
    assert_eq!(posts(&story.waits(TimerKind::Remind)).len(), 1);
}

#[test]
fn whoever_resumes_it_begins_the_clock_of_people_anew() {
    let paused = || building_by_hand().waits(TimerKind::GiveUp);
    let story = paused().then(asks(ann(), Command::Resume));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::ByHand, .. }));
    assert_eq!(clock(&story), by_hand_clock());
    starts_nothing(&story);
    // What is ticked meanwhile counts, and the last tick waits for the checks there too.
    let story = paused().then(ticks_task(ann(), "t1", true)).then(ticks_task(ann(), "t2", true));
    is(&story, "Paused");
    assert_eq!(awaited(&story.then(asks(ann(), Command::Resume))), (head(), true));
}

#[test]
fn each_push_and_each_tick_of_people_begins_their_clock_anew() {
    let in_the_file = || Event::TickedInFile { tasks: vec!["t1".to_owned()], reopened: Vec::new() };
    for quiet in [false, true] {
        let story = || match quiet {
            true => building_by_hand().waits(TimerKind::Remind),
            false => building_by_hand(),
        };
        for sign in [
            pushed(),
            in_the_file(),
            ticks_task(ann(), "t1", true),
            asks(ann(), task("t3", TaskAct::Skip)),
        ] {
            let (before, told) = (story().state.epoch, sign != pushed() || quiet);
            let story = story().then(sign);
            assert_eq!(clock(&story), by_hand_clock());
            assert!(story.state.epoch == before + 1 && !story.state.quiet, "{:?}", story.state);
            assert_eq!(story.effects().contains(&Effect::UpsertStatus), told);
            is(&story, "Working");
        }
    }
}

#[test]
fn what_people_did_not_do_is_no_sign_of_theirs() {
    let quiet = || building_by_hand().waits(TimerKind::Remind);
    ignored(&quiet().then(pushed_by(false, true)), Ignored::NothingNew);
    for story in [
        quiet().then(ticks_task(tom(), "t1", true)),
        quiet().then(asks(ann(), Command::Status)),
        quiet().then(asks(tom(), task("t1", TaskAct::Done))),
    ] {
        assert!(story.state.quiet && clock(&story).is_empty(), "{:?}", story.effects());
    }
}

#[test]
fn the_last_tick_waits_for_the_checks_of_the_head() {
    let in_the_file =
        Event::TickedInFile { tasks: vec!["t1".to_owned(), "t2".to_owned()], reopened: Vec::new() };
    for story in [
        built_by_hand(),
        nearly().then(asks(ann(), task("t2", TaskAct::Done))),
        nearly().then(asks(ann(), task("t3", TaskAct::Skip))).then(ticks_task(ann(), "t2", true)),
        building_by_hand().then(in_the_file),
    ] {
        assert_eq!(awaited(&story), (head(), true));
        starts_nothing(&story);
        let looks = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::Ci, .. });
        assert!(story.effects().iter().any(looks), "{:?}", story.effects());
        is(&story.then(concludes(Ci::Green)), "Testing");
    }
}

#[test]
fn what_they_say_is_taken_as_behind_any_push() {
    for ci in [Ci::Red, Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        let story = built_by_hand().then(concludes(ci));
        is_blocked(&story, Block::Ci(ci));
        starts_nothing(&story);
        // Another push is judged by itself, and goes on where the first one would have.
        let story = story.then(pushed());
        let (sha, theirs) = awaited(&story);
        assert!(theirs && sha != head());
        is(&story.then(Event::CiConcluded { sha, ci: Ci::Green }), "Testing");
    }
}

#[test]
fn what_people_settled_is_not_begun_again_when_baton_goes_on() {
    let story = building().then(Event::BranchDeleted).then(asks(ann(), by_hand()));
    let story = story.then(asks(ann(), task("t1", TaskAct::Done)));
    assert_eq!(story.stage().work().unwrap().task, None);
    let story = story.then(Event::BranchDeleted).then(asks(ann(), implement()));
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
}

#[test]
fn a_push_meanwhile_is_the_head_that_counts() {
    let story = built_by_hand().then(pushed());
    let (sha, _) = awaited(&story);
    assert_ne!(sha, head());
    is(&story.then(concludes(Ci::Green)), "Working");
}

#[test]
fn a_tick_taken_back_meanwhile_leaves_the_building_to_people() {
    let story = built_by_hand().then(ticks_task(ann(), "t2", false));
    assert_eq!(awaited(&story), (head(), true));
    let story = story.then(concludes(Ci::Green));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::ByHand, .. }));
    assert_eq!(awaited(&story.then(ticks_task(ann(), "t2", true))), (head(), true));
}

#[test]
fn a_head_that_cannot_be_read_is_said_and_the_box_stays_open() {
    for last in [ticks_task(ann(), "t2", true), asks(ann(), task("t2", TaskAct::Done))] {
        let story = nearly().given(unread()).then(last);
        refused(&story, &Unbuilt::HeadUnread);
        assert!(!story.stage().work().unwrap().done.contains("t2"));
    }
    // What is not the last needs no head.
    let story = building_by_hand().given(unread()).then(ticks_task(ann(), "t1", true));
    assert!(story.stage().work().unwrap().done.contains("t1"));
    // A tick in the file stands there, whoever could read the head; the next push brings one.
    let in_the_file = Event::TickedInFile { tasks: vec!["t2".to_owned()], reopened: Vec::new() };
    let story = nearly().given(unread()).then(in_the_file);
    assert!(story.stage().work().unwrap().done.contains("t2"));
    let (sha, theirs) = awaited(&story.then(pushed()));
    assert!(theirs && sha != head());
}

#[test]
fn what_is_taken_up_again_is_judged_before_anybody_looks() {
    let found = || testing().then(reports("fresh", Report::Findings { ask_for_work: true }));
    is_blocked(&found(), Block::Findings);
    let stopped = testing().then(asks(ann(), Command::Stop));
    for story in [found(), stopped] {
        let story = story.then(asks(ann(), Command::Retry));
        assert_eq!(awaited(&story), (head(), true));
        starts_nothing(&story);
        is(&story.then(concludes(Ci::Green)), "Testing");
    }
    refused(&found().given(unread()).then(asks(ann(), Command::Retry)), &Unbuilt::HeadUnread);
    let closed = Facts { open: false, ..facts() };
    refused(&found().given(closed).then(asks(ann(), Command::Retry)), &Refused::ClosedIssue);
}

#[test]
fn a_red_head_is_looked_at_again_by_a_word_and_nothing_is_built() {
    let story = built_by_hand().then(concludes(Ci::Red)).then(asks(ann(), Command::Retry));
    assert_eq!(awaited(&story), (head(), true));
    starts_nothing(&story);
}

#[test]
fn whoever_says_once_more_that_it_is_done_goes_on_without_the_checks() {
    for ci in [Ci::Red, Ci::Unverified] {
        let story = built_by_hand().then(concludes(ci));
        is(&story.then(asks(ann(), task("t2", TaskAct::Done))), "Testing");
    }
    // Elsewhere nothing is said by that.
    let story = nearly().then(asks(ann(), task("t1", TaskAct::Done)));
    is(&story, "Working");
    let found = testing().then(reports("fresh", Report::Findings { ask_for_work: true }));
    is(&found.then(asks(ann(), task("t1", TaskAct::Done))), "Blocked");
}

/// What Baton built was ready, somebody pushed on top, and this is what the checks said of it.
fn pushed_on_top(ci: Ci) -> Story {
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    let built = checking().then(concludes(Ci::Green)).then(ticks_task(ann(), "t2", true));
    let ready = built.then(nothing()).then(nothing());
    ready.then(pushed()).then(Event::CiConcluded { sha: Sha("b".repeat(40)), ci })
}

#[test]
fn where_nothing_is_left_to_build_a_change_of_hands_looks_at_nothing() {
    let to_people =
        || [asks(ann(), by_hand()), Event::Labelled { by: ann(), label: ControlLabel::Manual }];
    for ci in [Ci::Red, Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        for word in to_people() {
            let story = pushed_on_top(ci).then(word);
            is_blocked(&story, Block::Ci(ci));
            starts_nothing(&story);
            assert!(posts(&story).is_empty(), "{:?}", posts(&story));
            assert!(story.stage().work().is_some_and(|it| it.by_hand), "{:?}", story.stage());
            // Baton takes it back: the checks are looked at once more, and nothing else.
            let story = story.then(asks(ann(), implement()));
            assert_eq!(awaited(&story), (Sha("b".repeat(40)), true));
            assert!(story.stage().work().is_some_and(|it| !it.by_hand), "{:?}", story.stage());
            starts_nothing(&story);
        }
        let green = Event::CiConcluded { sha: Sha("b".repeat(40)), ci: Ci::Green };
        is(&pushed_on_top(ci).then(asks(ann(), by_hand())).then(green), "Testing");
    }
}

#[test]
fn findings_that_people_take_wait_for_them_and_those_that_baton_takes_are_built() {
    let finds = || reports("fresh", Report::Findings { ask_for_work: true });
    let found = testing().then(finds());
    is_blocked(&found, Block::Findings);
    let story = found.then(asks(ann(), implement()));
    is(&story, "Testing");
    let story = story.then(finds());
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == FINDINGS));
    let story = story.then(fails(RunFailure::ModelRefused)).then(asks(ann(), by_hand()));
    is_blocked(&story, Block::Run(RunFailure::ModelRefused));
    starts_nothing(&story);
    assert_eq!(awaited(&story.then(asks(ann(), Command::Retry))), (head(), true));
}
