//! `HandingOver`: a run that can still speak is asked where it stands before its task changes hands.

use baton::base::{Millis, RunId};
use baton::domain::command::{Command, Rung};
use baton::domain::handoff::Trigger;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, PlanRef, Purpose, Report, RunFailure,
    Stage, TimerKind, Unbuilt,
};

use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    NOW, Story, ann, asks, asks_questions, building, by_hand, checking, concludes, edited_into,
    eve, facts, facts_at_head, gives_up, handing, planning, pushed, pushed_by, renewing, reports,
    reviewing, revise, testing, ticks_task,
};

fn fresh() -> RunId {
    RunId::from("fresh")
}

fn reported(report: Report) -> Event {
    reports("fresh", report)
}

fn hands(to: Rung) -> Event {
    asks(ann(), Command::handoff(to))
}

/// To whom the task goes, and why.
fn goes_to(story: &Story) -> (Tier, Trigger) {
    let Stage::HandingOver { to, trigger, .. } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    (*to, *trigger)
}

fn counts(story: &Story) -> (u8, u8) {
    let work = story.stage().work().expect("the work is lost");
    (work.escalations, story.state.handoffs)
}

/// What the predecessor leaves is kept before it is stopped, and it is stopped before `tier` starts.
#[track_caller]
fn passed_on(story: &Story, tier: Tier, trigger: Trigger) {
    let (on, ask, _) = started(story);
    assert_eq!(on, tier);
    assert_eq!(ask, Ask::Task { revision: 1, task: "t1".to_owned(), trigger });
    let at = |found: fn(&Effect) -> bool| story.effects().iter().position(found);
    let capture = at(|it| matches!(it, Effect::Capture { .. }));
    let stop = at(|it| matches!(it, Effect::StopRun { .. }));
    let start = at(|it| matches!(it, Effect::StartRun { .. }));
    assert!(capture.is_some() && capture < stop && stop < start, "{:?}", story.effects());
}

/// Where the work stands is kept right before the run that knows it is stopped.
#[track_caller]
fn kept_first(story: &Story) {
    let stop = story.effects().iter().position(|it| *it == Effect::StopRun { run: fresh() });
    let stop = stop.expect("nobody is stopped");
    let before = stop.checked_sub(1).and_then(|it| story.effects().get(it));
    assert_eq!(before, Some(&Effect::Capture { run: fresh() }), "{:?}", story.effects());
}

#[test]
fn state_md_is_kept_before_any_run_of_the_work_is_stopped() {
    for work in [building, handing, renewing, testing, reviewing] {
        for event in [
            asks(ann(), Command::Stop),
            Event::Closed,
            Event::Uninstalled,
            Event::BranchDeleted,
            Event::PullRequestClosed { merged: true },
            asks(ann(), revise()),
            gives_up(Purpose::Run),
        ] {
            kept_first(&work().then(event));
        }
    }
    for story in [
        handing().waits(TimerKind::Note),
        handing().then(reported(Report::Noted)),
        building().then(ticks_task(ann(), "t1", true)),
        building().then(asks(ann(), by_hand())),
        testing().then(pushed()),
        building().then(reported(Report::Questions { count: 1 })).then(asks(ann(), by_hand())),
    ] {
        kept_first(&story);
    }
    // A person is called behind Opus, and is the next to read it.
    let opus = building().then(hands(Rung::To(Tier::Opus))).waits(TimerKind::Note);
    kept_first(&opus.waits(TimerKind::Stuck));
}

#[test]
fn what_a_run_leaves_that_gave_up_is_kept_too_and_of_a_planner_there_is_nothing() {
    let kept = Effect::Capture { run: fresh() };
    for why in [RunFailure::NoProgress, RunFailure::ModelRefused, RunFailure::Overtaken] {
        for story in [building(), handing(), testing()] {
            let story = story.then(reported(Report::Failed { why }));
            assert_eq!(story.effects().first(), Some(&kept), "{:?}", story.effects());
            assert!(!story.effects().contains(&Effect::StopRun { run: fresh() }));
        }
    }
    let story = planning().then(asks(ann(), Command::Stop));
    assert!(story.effects().contains(&Effect::StopRun { run: fresh() }));
    assert!(!story.effects().contains(&kept));
}

#[test]
fn a_run_that_never_began_in_a_pause_leaves_nothing() {
    let story = checking().then(asks(ann(), Command::Pause)).then(concludes(Ci::Red));
    is(&story, "Paused");
    let story = story.then(ticks_task(ann(), "t1", true));
    let of_a_run = |it: &Effect| matches!(it, Effect::Capture { .. } | Effect::StopRun { .. });
    assert!(!story.effects().iter().any(of_a_run), "{:?}", story.effects());
}

#[test]
fn a_silent_run_is_asked_for_a_note_and_has_half_a_minute() {
    let story = handing();
    assert_eq!(goes_to(&story), (Tier::Sonnet, Trigger::Stuck));
    assert_eq!(story.stage().live_run(), Some(&fresh()));
    let due = NOW + Millis::seconds(30);
    let expected = [
        Effect::AskForNote { run: fresh() },
        Effect::CancelTimers,
        Effect::SetTimer { kind: TimerKind::Note, due },
        Effect::UpsertStatus,
    ];
    assert_eq!(story.effects(), expected);
    assert_eq!(counts(&story), (0, 0));
}

#[test]
fn a_note_a_question_or_silence_passes_the_task_on() {
    for story in [
        handing().then(reported(Report::Noted)),
        handing().then(reported(Report::Questions { count: 1 })),
        handing().waits(TimerKind::Note),
    ] {
        passed_on(&story, Tier::Sonnet, Trigger::Stuck);
        assert_eq!(counts(&story), (1, 1));
    }
}

#[test]
fn a_run_that_fails_is_followed_and_not_stopped_again() {
    let story = handing().then(reported(Report::Failed { why: RunFailure::TurnLimit }));
    assert_eq!(started(&story).0, Tier::Sonnet);
    assert!(story.effects().contains(&Effect::Capture { run: fresh() }));
    assert!(!story.effects().contains(&Effect::StopRun { run: fresh() }));
}

/// What would end the successor as well does not start one, and nothing changed hands.
#[test]
fn a_run_that_money_or_its_provider_ended_calls_a_person_instead_of_a_successor() {
    for why in [RunFailure::MoneyLimit, RunFailure::ProviderLimit, RunFailure::ModelRefused] {
        for begin in [handing, renewing, || building().then(hands(Rung::Up))] {
            let story = begin().then(reported(Report::Failed { why }));
            let Stage::Blocked { why: Block::Run(told), held } = story.stage() else {
                panic!("{:?}", story.stage())
            };
            assert_eq!((*told, counts(&story)), (why, (0, 0)));
            assert_eq!(held.work.as_ref().and_then(|it| it.task.as_deref()), Some("t1"));
            assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
            assert!(story.effects().contains(&Effect::Capture { run: fresh() }));
            let story = story.then(asks(ann(), Command::Retry));
            assert_eq!(started(&story).0, Tier::Haiku, "the rung that had the task");
        }
    }
}

#[test]
fn a_run_that_is_done_after_all_is_pushed_and_nothing_is_counted() {
    let story = handing().then(reported(Report::TaskDone));
    let Stage::Working { doing: Doing::Pushing { run }, work } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert_eq!((run, work.tier), (&fresh(), Tier::Haiku));
    assert_eq!(counts(&story), (0, 0));
    assert!(story.effects().contains(&Effect::PushChanges { run: fresh(), task: "t1".to_owned() }));
}

#[test]
fn a_note_of_a_run_that_nobody_asked_changes_nothing() {
    ignored(&building().then(reported(Report::Noted)), Ignored::NotForThisStage);
    ignored(&handing().then(reports("old", Report::Noted)), Ignored::NotLiveRun);
}

#[test]
fn what_people_ask_for_is_not_counted() {
    let story = building().then(hands(Rung::Up));
    assert_eq!(goes_to(&story), (Tier::Sonnet, Trigger::Manual));
    let story = story.waits(TimerKind::Note);
    passed_on(&story, Tier::Sonnet, Trigger::Manual);
    assert_eq!(counts(&story), (0, 0));
}

#[test]
fn a_person_may_name_another_successor_while_the_note_is_waited_for() {
    let story = handing().then(hands(Rung::Up));
    assert_eq!(goes_to(&story), (Tier::Opus, Trigger::Manual));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::SetTimer { .. })));
    refused(&story.then(hands(Rung::Up)), &Unbuilt::NoSuchRung);
    let story = handing().then(hands(Rung::Down)).waits(TimerKind::Note);
    passed_on(&story, Tier::Haiku, Trigger::Manual);
}

#[test]
fn without_a_live_run_a_task_changes_hands_at_once() {
    let story = checking().then(hands(Rung::Up));
    assert_eq!(started(&story).0, Tier::Sonnet);
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::AskForNote { .. })));
}

#[test]
fn above_opus_a_person_is_called_and_no_note_is_asked_for() {
    let story = building().then(hands(Rung::To(Tier::Opus))).waits(TimerKind::Note);
    let story = story.waits(TimerKind::Stuck);
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Stuck, .. }));
}

#[test]
fn people_end_or_change_it_as_anywhere() {
    let stopped = Effect::StopRun { run: fresh() };
    for (event, stage) in [
        (asks(ann(), Command::Stop), "Stopped"),
        (Event::Closed, "Stopped"),
        (Event::PullRequestClosed { merged: true }, "Done"),
        (asks(ann(), revise()), "Planning"),
        (Event::BranchDeleted, "Blocked"),
        (gives_up(Purpose::Run), "Blocked"),
    ] {
        let story = handing().then(event);
        is(&story, stage);
        assert!(story.effects().contains(&stopped), "{stage}: {:?}", story.effects());
    }
    let story = handing().given(facts_at_head(edited_into(2))).then(pushed());
    let second = PlanRef { revision: 2, hash: "hash 2".to_owned() };
    assert_eq!(*story.stage(), Stage::Planned { plan: second, approved: None });
}

#[test]
fn its_task_ticked_takes_the_next_and_another_tick_is_noted() {
    let story = handing().then(ticks_task(ann(), "t1", true));
    assert_eq!(started(&story).0, Tier::Sonnet);
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
    let story = handing().then(ticks_task(ann(), "t1", false));
    is(&story, "HandingOver");
}

#[test]
fn a_push_and_checks_wait_for_the_successor() {
    ignored(&handing().then(pushed()), Ignored::NothingNew);
    let checks = concludes(Ci::Red);
    ignored(&handing().then(checks), Ignored::NotForThisStage);
}

#[test]
fn a_stopped_handoff_is_taken_up_on_the_rung_that_had_the_task() {
    let story = handing().then(Event::Closed).then(Event::Reopened { by: eve() });
    assert_eq!(started(&story.then(asks(ann(), Command::Retry))).0, Tier::Haiku);
}

#[test]
fn half_way_to_silence_people_are_told_by_an_edit_and_the_run_is_left_alone() {
    let due = NOW + Millis::minutes(5);
    let poke = Effect::SetTimer { kind: TimerKind::Poke, due };
    assert!(building().effects().contains(&poke));
    let story = building().waits(TimerKind::Poke);
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    assert_eq!(posts(&story).len(), 0);
    is(&story, "Working");
}

/// The successor, or the run that has its answer, would begin beside people who push.
#[test]
fn people_who_push_again_and_again_build_it_also_while_nothing_is_written() {
    let lately = || Facts { pushed_lately: true, ..facts() };
    for begin in [handing, || building().then(asks_questions(1))] {
        let story = begin().given(lately()).then(pushed());
        let Stage::Working { work, doing: Doing::ByHand } = story.stage() else {
            panic!("{:?}", story.last);
        };
        assert!(work.by_hand && work.made_way);
        assert!(story.effects().contains(&Effect::StopRun { run: fresh() }));
        let by_bot = begin().given(lately()).then(pushed_by(false, true));
        assert_eq!(by_bot.stage(), begin().stage());
        assert_eq!(begin().then(pushed()).stage(), begin().stage());
    }
    // A planner pushes nothing that people could be in the way of.
    is(&planning().then(asks_questions(1)).given(lately()).then(pushed()), "Asking");
}
