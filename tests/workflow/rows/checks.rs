//! The checks of a head when people were called because of them: they may still speak.

use baton::base::{Millis, Sha};
use baton::domain::command::{Command, TaskAct};
use baton::domain::handoff::Trigger;
use baton::domain::policy::Policy;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, Reaction, Refused, Report, Stage,
    Threads, TimerKind, Unbuilt, Unpaused, review_task,
};

use crate::workflow::rows::{ROCKET, ignored, is, refused, started};
use crate::workflow::words::{
    COMMENT, NOW, Story, allow, ann, asks, asks_there, checking, concludes, edited_into, facts,
    facts_at_head, facts_without_ci, head, pushed, ready, reports, task, ticks_allow, ticks_task,
    tom,
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
    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
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
    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
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
    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
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
fn a_task_that_nobody_was_at_is_noted_and_the_commit_still_waits() {
    let eyes = Effect::React { comment: COMMENT, with: Reaction::Eyes };
    let story = unclear(Ci::Silent).then(asks(ann(), task("t3", TaskAct::Skip)));
    is(&story, "Blocked");
    let shown = || Effect::ShowWork { revision: 1 };
    assert_eq!(story.effects(), [eyes, ROCKET, Effect::UpsertStatus, shown()]);
    let story = story.then(ticks_task(ann(), "t2", true));
    is(&story, "Blocked");
    assert_eq!(story.effects(), [Effect::UpsertStatus, shown()]);
    let work = story.stage().work().expect("the work is lost");
    assert!(work.done.contains("t2") && work.skipped.contains("t3"), "{work:?}");
    let story = story.then(ticks_task(ann(), "t2", false));
    is(&story, "Blocked");
    waits_for(&story.then(asks(ann(), Command::Retry)), &head(), false);
    let late = unclear(Ci::Silent).then(ticks_task(ann(), "t2", true)).then(concludes(Ci::Green));
    assert!(late.stage().work().is_some_and(|it| it.done.contains("t1")), "{:?}", late.last);
}

/// Nothing failed for good while a task is open: the one that somebody opened again is to be built.
#[test]
fn a_task_that_is_reopened_under_a_red_head_is_built_by_a_retry() {
    let sha = Sha("b".repeat(40));
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    let broken = || {
        let built = checking().then(concludes(Ci::Green)).then(ticks_task(ann(), "t2", true));
        let ready = built.then(nothing()).then(nothing());
        ready.then(pushed()).then(Event::CiConcluded { sha: sha.clone(), ci: Ci::Red })
    };
    waits_for(&broken().then(asks(ann(), Command::Retry)), &sha, true);
    let story = broken().then(ticks_task(ann(), "t2", false));
    is(&story, "Blocked");
    let story = story.then(asks(ann(), Command::Retry));
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
}

#[test]
fn other_calls_for_a_person_do_not_listen_to_checks() {
    let story = checking().then(Event::BranchDeleted).then(concludes(Ci::Green));
    ignored(&story, Ignored::NotForThisStage);
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::BranchDeleted, .. }));
}

/// The first digits of the commit, as the call shows them.
fn digits() -> String {
    head().0[..12].to_owned()
}

#[track_caller]
fn goes_on_unchecked(story: &Story) {
    let Stage::Working { work, .. } = story.stage() else { panic!("{:?}", story.last) };
    assert!(work.done.contains("t1") && work.unchecked, "{work:?}");
    assert!(matches!(started(story), (Tier::Sonnet, Ask::Task { .. }, _)));
}

#[test]
fn a_yes_to_that_very_commit_goes_on_without_checks() {
    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        for yes in [asks(ann(), allow(&digits())), ticks_allow(ann(), &digits())] {
            let story = unclear(ci).then(yes);
            goes_on_unchecked(&story);
            let by = || "ann".to_owned();
            let kept = Effect::KeepYes { hash: head().0, by: by() };
            let shown = Effect::ShowCall { hash: digits(), by: Some(by()) };
            assert!(story.effects().contains(&kept), "{:?}", story.effects());
            assert!(story.effects().contains(&shown), "{:?}", story.effects());
        }
    }
    let story = broken().then(asks(ann(), allow(&"b".repeat(12))));
    goes_on_unchecked(&story);
}

#[test]
fn a_yes_to_another_commit_is_none() {
    for story in [unclear(Ci::Unverified), broken(), checking()] {
        refused(&story.then(ticks_allow(ann(), &"c".repeat(12))), &Unbuilt::NoSuchChange);
    }
    let old = broken().then(asks(ann(), allow(&digits())));
    refused(&old, &Unbuilt::NoSuchChange);
}

#[test]
fn a_yes_needs_the_right_and_an_open_issue() {
    let story = unclear(Ci::Unverified).then(ticks_allow(tom(), &digits()));
    is(&story, "Blocked");
    let back = Effect::ShowCall { hash: digits(), by: None };
    assert_eq!(story.effects().first(), Some(&back), "the tick is taken back");
    let closed = Facts { open: false, ..facts() };
    let story = unclear(Ci::Unverified).given(closed).then(ticks_allow(ann(), &digits()));
    refused(&story, &Refused::ClosedIssue);
    let policy = Policy { planner_available: false, ..Policy::default() };
    let no_model = Facts { policy, ..facts() };
    let story = unclear(Ci::Unverified).given(no_model).then(ticks_allow(ann(), &digits()));
    refused(&story, &Refused::NoModel);
}

/// No task is active when somebody pushes to what is ready, and no `task done` would help.
#[test]
fn a_push_to_what_is_ready_goes_on_by_a_yes() {
    let sha = Sha("b".repeat(40));
    let story = ready().then(pushed()).then(Event::CiConcluded { sha, ci: Ci::Unverified });
    is(&story, "Blocked");
    let story = story.then(ticks_allow(ann(), &"b".repeat(12)));
    is(&story, "Testing");
}

#[test]
fn where_the_server_says_so_a_commit_without_checks_counts_by_itself() {
    let story = checking().given(facts_without_ci()).then(concludes(Ci::Unverified));
    goes_on_unchecked(&story);
    for ci in [Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        is(&checking().given(facts_without_ci()).then(concludes(ci)), "Blocked");
    }
    let looked = unclear(Ci::Unverified).given(facts_without_ci());
    let story = looked.then(asks(ann(), Command::Retry)).then(concludes(Ci::Unverified));
    goes_on_unchecked(&story);
}

#[test]
fn a_later_commit_that_passes_vouches_for_what_is_below_it() {
    let sha = Sha("b".repeat(40));
    let story = unclear(Ci::Silent).then(asks(ann(), allow(&digits())));
    let story = story.then(reports("fresh", Report::TaskDone));
    let story = story.then(reports("fresh", Report::Pushed { sha: sha.clone() }));
    let story = story.then(Event::CiConcluded { sha, ci: Ci::Green });
    assert!(story.stage().work().is_some_and(|it| !it.unchecked), "{:?}", story.stage());
}

fn fix() -> Event {
    asks_there(ann(), Command::Fix { text: String::new() })
}

/// `workflow.md`, red on a person's push: nothing new until green, retry or `fix`.
#[test]
fn whoever_wants_it_has_baton_mend_what_a_person_broke() {
    let story = broken().then(fix());
    let (tier, ask, _) = started(&story);
    let expected = Ask::Task { revision: 1, task: "t1".to_owned(), trigger: Trigger::Manual };
    assert_eq!((tier, ask), (Tier::Haiku, expected));
    assert_eq!(story.stage().work().map(|it| (it.reds, it.fixes)), Some((0, 0)));
    // It is the plan at the head that is built on, as with a retry.
    let edited = facts_at_head(edited_into(2));
    is(&broken().given(edited).then(fix()), "Planned");

    // Where no task is at hand, it is one of its own, and nobody has to say more.
    let sha = Sha("b".repeat(40));
    let ready = ready().then(pushed()).then(Event::CiConcluded { sha, ci: Ci::Red });
    let silent = Facts { threads: Threads::Open(0), ..facts() };
    let story = ready.given(silent).then(fix());
    let (tier, ask, _) = started(&story);
    let task = review_task(1);
    let expected = Ask::Task { revision: 1, task, trigger: Trigger::Review };
    assert_eq!((tier, ask), (Tier::Sonnet, expected));
    assert_eq!(story.stage().work().map(|it| it.fixes), Some(1));

    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        refused(&unclear(ci).then(fix()), &Unbuilt::NotReady);
    }
}

/// Nothing is owed by it, and the threads, which nobody reads in a pause, are not said to be unread.
#[test]
fn nobody_has_it_mended_in_a_pause() {
    let sha = Sha("b".repeat(40));
    let settled = ready().then(pushed()).then(Event::CiConcluded { sha, ci: Ci::Red });
    for story in [broken(), settled] {
        let story = story.then(asks(ann(), Command::Pause));
        refused(&story.then(fix()), &Unpaused::Paused);
    }
}
