//! The checks of a head when people were called because of them: they may still speak.

use baton::base::{Millis, Sha};
use baton::domain::command::Command;
use baton::domain::handoff::Trigger;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, Refused, Stage, TimerKind,
};

use crate::workflow::rows::{ignored, is, refused, started};
use crate::workflow::words::{
    NOW, Story, ann, asks, checking, concludes, edited_into, facts, facts_at_head, head, pushed,
};

/// The checks of t1 say nothing that counts, and people were called.
fn unclear(ci: Ci) -> Story {
    checking().then(concludes(ci))
}

/// A person pushed, the checks of that failed, and people were called.
fn broken() -> Story {
    checking().then(pushed()).then(Event::CiConcluded { sha: Sha("b".repeat(40)), ci: Ci::Red })
}

#[track_caller]
fn waits_for(story: &Story, head: &Sha, theirs: bool) {
    let Stage::Working { doing, .. } = story.stage() else { panic!("{:?}", story.stage()) };
    assert_eq!(*doing, Doing::Checking { sha: head.clone(), theirs });
    let due = NOW + Millis::seconds(60);
    assert!(story.effects().contains(&Effect::SetTimer { kind: TimerKind::Ci, due }));
}

#[test]
fn checks_that_pass_late_settle_the_task() {
    for ci in [Ci::Unverified, Ci::Silent, Ci::NeedsPerson] {
        let story = unclear(ci).then(concludes(Ci::Green));
        is(&story, "Working");
        assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
        assert!(matches!(started(&story), (Tier::Sonnet, Ask::Task { .. }, _)));
    }
}

#[test]
fn checks_that_fail_late_go_back_to_the_model() {
    let story = unclear(Ci::Silent).then(concludes(Ci::Red));
    let (tier, ask, _) = started(&story);
    let expected = Ask::Task { revision: 1, task: "t1".to_owned(), trigger: Trigger::TestFailure };
    assert_eq!((tier, ask), (Tier::Haiku, expected));
}

#[test]
fn checks_that_still_say_nothing_call_nobody_twice() {
    for ci in [Ci::Unverified, Ci::Silent, Ci::NeedsPerson] {
        ignored(&unclear(Ci::Unverified).then(concludes(ci)), Ignored::NothingNew);
    }
    let again = Event::CiConcluded { sha: Sha("b".repeat(40)), ci: Ci::Red };
    ignored(&broken().then(again), Ignored::NothingNew);
}

#[test]
fn what_a_person_broke_goes_on_when_it_passes() {
    let story = broken().then(Event::CiConcluded { sha: Sha("b".repeat(40)), ci: Ci::Green });
    assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")), "{:?}", story.stage());
}

#[test]
fn the_checks_of_another_commit_are_not_meant() {
    let story =
        unclear(Ci::Silent).then(Event::CiConcluded { sha: Sha("c".repeat(40)), ci: Ci::Green });
    ignored(&story, Ignored::NotTheHead);
}

#[test]
fn another_push_is_checked_without_anybodys_word() {
    let sha = Sha("b".repeat(40));
    waits_for(&unclear(Ci::Silent).then(pushed()), &sha, true);
    waits_for(&broken().then(pushed()), &sha, true);
}

#[test]
fn a_plan_that_is_edited_by_that_push_goes_back_to_people() {
    let story = unclear(Ci::Silent).given(facts_at_head(edited_into(2))).then(pushed());
    is(&story, "Planned");
}

#[test]
fn a_retry_looks_at_silent_checks_again_and_pays_nothing() {
    for ci in [Ci::Unverified, Ci::Silent, Ci::NeedsPerson] {
        let story = unclear(ci).then(asks(ann(), Command::Retry));
        waits_for(&story, &head(), false);
        assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    }
}

#[test]
fn a_retry_mends_what_failed() {
    let story = broken().then(asks(ann(), Command::Retry));
    assert!(matches!(
        started(&story),
        (Tier::Haiku, Ask::Task { trigger: Trigger::Manual, .. }, _)
    ));
}

#[test]
fn nothing_is_looked_at_again_for_a_closed_issue() {
    let closed = Facts { open: false, ..facts() };
    let story = unclear(Ci::Silent).given(closed).then(asks(ann(), Command::Retry));
    refused(&story, &Refused::ClosedIssue);
}

#[test]
fn other_calls_for_a_person_do_not_listen_to_checks() {
    let story = checking().then(Event::BranchDeleted).then(concludes(Ci::Green));
    ignored(&story, Ignored::NotForThisStage);
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::BranchDeleted, .. }));
}
