//! One look that somebody asks for, at what is ready or at what people build.

use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::permission::{Place, Refusal};
use baton::domain::policy::Policy;
use baton::domain::tier::{Role, Tier};
use baton::domain::workflow::{
    Ask, Block, ControlLabel, Doing, Effect, Event, Facts, Ignored, Post, Purpose, Reaction,
    Refused, Report, RunFailure, Stage, Stop, TimerKind, Unbuilt, Unpaused,
};

use crate::workflow::deeds::ticked_in_file;
use crate::workflow::related::{FIRST, adopted, names};
use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    COMMENT, Story, ann, asking, asks, asks_there, building, building_by_hand, checking, facts,
    fails, fix, gives_up, handing, head, implement, mia, paused, plan_saying, planned, planning,
    pushed, pushing, ready, reports, requests_changes, revise, task, testing, ticks_task, tom,
};

fn test(story: Story) -> Story {
    story.then(asks_there(ann(), Command::Test))
}

fn review(story: Story) -> Story {
    story.then(asks_there(ann(), Command::Review))
}

fn finds(ask_for_work: bool) -> Event {
    reports("fresh", Report::Findings { ask_for_work })
}

fn reacts(story: &Story, with: Reaction) -> bool {
    story.effects().contains(&Effect::React { comment: COMMENT, with })
}

fn stops(story: &Story) -> usize {
    story.effects().iter().filter(|it| matches!(it, Effect::StopRun { .. })).count()
}

fn role(story: &Story) -> Option<Role> {
    story.effects().iter().find_map(|it| match it {
        Effect::StartRun { role, .. } => Some(*role),
        _ => None,
    })
}

/// Ready, and built by Baton's own runs.
fn built() -> Story {
    built_to_testing().then(finds(false)).then(finds(false))
}

/// On its way to `Ready` for the first time, built by Baton's own runs.
fn built_to_testing() -> Story {
    let story = building().then(asks(ann(), task("t1", TaskAct::Done)));
    story.then(asks(ann(), task("t2", TaskAct::Done)))
}

#[test]
fn one_look_goes_back_to_where_it_was_asked_for() {
    for begin in [ready, built] {
        let story = test(begin());
        is(&story, "Testing");
        assert_eq!((started(&story).0, role(&story)), (Tier::Haiku, Some(Role::TestAgent)));
        assert_eq!(started(&story).1, Ask::Inspect { revision: 1 });
        assert!(reacts(&story, Reaction::Eyes) && !reacts(&story, Reaction::Rocket));
        let story = story.then(finds(false));
        assert_eq!(story.stage().name(), "Ready", "and the other specialist does not look");
        assert!(posts(&story).is_empty(), "people were told that it is ready");
        assert!(reacts(&story, Reaction::Rocket), "{:?}", story.effects());
        let story = review(begin());
        assert_eq!((started(&story).0, role(&story)), (Tier::Sonnet, Some(Role::ReviewAgent)));
        is(&story.then(finds(false)), "Ready");
    }
}

#[test]
fn what_it_finds_is_built_where_baton_built_and_told_where_people_did() {
    is(&review(built()).then(finds(true)), "Working");
    let story = review(ready()).then(finds(true));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Findings, .. }));
}

#[test]
fn while_people_build_it_says_how_things_stand_and_calls_nobody() {
    for found in [false, true] {
        let story = test(building_by_hand());
        is(&story, "Testing");
        let story = story.then(finds(found));
        assert!(reacts(&story, Reaction::Rocket), "{:?}", story.effects());
        assert!(matches!(story.stage(), Stage::Working { doing: Doing::ByHand, .. }));
        assert!(posts(&story).is_empty());
    }
}

#[test]
fn people_build_on_while_somebody_looks() {
    let story = test(building_by_hand());
    ignored(&test(building_by_hand()).then(pushed()), Ignored::NothingNew);
    let story = story.then(asks(ann(), task("t1", TaskAct::Done)));
    is(&story, "Testing");
    assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
    let last = || test(building_by_hand()).then(asks(ann(), task("t1", TaskAct::Done)));
    for settled in [ticked_in_file(&["t2"], &[]), ticks_task(ann(), "t2", true)] {
        let story = last().then(settled);
        // Nothing is open any more: the head is checked, and then all of it is looked at.
        let Stage::Working { doing: Doing::Checking { sha, theirs: true }, .. } = story.stage()
        else {
            panic!("{:?}", story.stage())
        };
        assert_eq!(*sha, head());
        assert_eq!(stops(&story), 1);
    }
    let unread = Facts { head: None, ..facts() };
    let story = last().given(unread).then(ticks_task(ann(), "t2", true));
    refused(&story, &Unbuilt::HeadUnread);
    let unread = Facts { head: None, ..facts() };
    let story = last().given(unread).then(ticked_in_file(&["t2"], &[]));
    is(&story, "Testing");
    is(&story.then(pushed()), "Working");
}

#[test]
fn a_push_to_what_is_ready_begins_the_whole_way_anew() {
    let story = test(ready()).then(pushed());
    assert!(matches!(
        story.stage(),
        Stage::Working { doing: Doing::Checking { theirs: true, .. }, .. }
    ));
    assert_eq!(stops(&story), 1);
    assert!(posts(&story).is_empty());
    assert_eq!(story.last().state.asked_in, None, "nobody has looked at that");
}

#[test]
fn what_people_build_elsewhere_is_looked_at_there() {
    is(&test(adopted()), "Testing");
    let story = test(building_by_hand()).then(names(ann(), FIRST));
    is(&story, "Testing");
    let story = story.then(finds(true));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::ByHand, .. }));
    assert!(story.stage().work().is_some_and(|it| it.adopted == Some(FIRST)));
}

#[test]
fn whoever_asks_pays_and_is_called() {
    let by_mia = || ready().then(asks_there(mia(), Command::Review));
    let starts = by_mia()
        .effects()
        .iter()
        .any(|it| matches!(it, Effect::StartRun { requester, .. } if *requester == mia().id));
    assert!(starts, "{:?}", by_mia().effects());
    let story = by_mia().then(reports("fresh", Report::OverLimit));
    is(&story, "Paused");
    assert_eq!(posts(&story), [&Post::OverLimit { person: Some(mia().id) }]);
    // What is ready is merged whether or not somebody looks.
    let merged = by_mia().then(Event::PullRequestClosed { merged: true });
    is(&merged, "Done");
    assert_eq!(stops(&merged), 1);
}

#[test]
fn a_review_in_a_pause_is_kept_for_what_is_ready() {
    let story = test(built()).then(asks(ann(), Command::Pause));
    let story = story.then(requests_changes(ann(), "smaller"));
    is(&story, "Paused");
    assert!(posts(&story).is_empty());
    let story = story.then(asks(ann(), Command::Resume)).then(finds(false));
    assert!(story.stage().work().is_some_and(|it| it.fix_offered));
}

#[test]
fn people_hand_back_while_somebody_looks() {
    let by_hand = || test(building_by_hand());
    let off = Event::Unlabelled { by: ann(), label: ControlLabel::Manual };
    for event in [asks(ann(), implement()), off] {
        let story = by_hand().then(event);
        is(&story, "Working");
        assert_eq!(stops(&story), 1);
        assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t1"));
    }
    refused(&test(ready()).then(asks(ann(), implement())), &Unbuilt::AllDone);
}

#[test]
fn what_is_ready_stays_as_ready_while_somebody_looks() {
    refused(&test(built()).then(asks(ann(), revise())), &Unbuilt::AllDone);
    refused(&test(built()).then(asks(ann(), plan_saying("smaller"))), &Unbuilt::AllDone);
    let asked = |story: Story| story.then(requests_changes(ann(), "smaller"));
    let story = asked(test(built()));
    is(&story, "Testing");
    let story = story.then(finds(false));
    let offered = story.stage().work().is_some_and(|it| it.fix_offered);
    assert!(offered && story.stage().name() == "Ready", "{:?}", story.stage());
    ignored(&asked(asked(test(built()))), Ignored::NothingNew);
    // On the way that all work goes there is nothing to review yet.
    ignored(&asked(testing()), Ignored::NotForThisStage);
}

#[test]
fn a_look_that_gets_nowhere_goes_up_a_rung_and_still_comes_back() {
    let story = test(ready()).then(fails(RunFailure::TurnLimit));
    assert_eq!(started(&story).0, Tier::Sonnet);
    is(&story.then(finds(false)), "Ready");
    let story = test(ready()).then(fails(RunFailure::MoneyLimit));
    is(&story, "Blocked");
    assert!(reacts(&story, Reaction::Confused), "{:?}", story.effects());
    let story = story.then(asks(ann(), Command::Retry));
    is(&story, "Ready");
    assert!(role(&story).is_none(), "nobody asked for the other look: {:?}", story.effects());
}

#[test]
fn what_is_ready_is_as_ready_after_a_look_that_did_not_end() {
    let story = test(built()).then(asks(ann(), Command::Stop)).then(asks(ann(), Command::Retry));
    is(&story, "Ready");
    assert!(role(&story).is_none(), "{:?}", story.effects());
    let story = test(built()).waits(TimerKind::Start).waits(TimerKind::Start);
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::NotStarted, .. }));
    is(&story.then(asks(ann(), Command::Retry)), "Ready");
    // What was found is not forgotten by asking again.
    let story = test(ready()).then(finds(true)).then(asks(ann(), Command::Retry));
    is(&story, "Working");
}

#[test]
fn elsewhere_it_is_refused_by_name() {
    for begin in [Story::new, planning, asking, planned] {
        let story = test(begin());
        let asking = matches!(story.stage(), Stage::Asking { .. });
        let why = Refused::from(Unbuilt::NothingBuilt);
        refused(&story, &if asking { Refused::QuestionsOpen } else { why });
    }
    for begin in [building, pushing, checking, handing] {
        refused(&test(begin()), &Unbuilt::NotAtRest);
    }
    refused(&review(testing()), &Unbuilt::AlreadyLooking);
    refused(&review(test(ready())), &Unbuilt::AlreadyLooking);
    refused(&test(ready()).then(fix(ann(), "now")), &Unbuilt::AlreadyLooking);
    refused(&test(testing().then(finds(true))), &Unbuilt::NotAtRest);
    refused(&test(planning().then(fails(RunFailure::TurnLimit))), &Unbuilt::NothingBuilt);
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    refused(&test(merged), &Unbuilt::Merged);
    refused(&test(ready().then(asks(mia(), Command::Stop))), &Refused::Ended);
    refused(&test(paused()), &Unpaused::Paused);
    let by_triage = ready().then(asks_there(tom(), Command::Test));
    assert!(matches!(posts(&by_triage)[..], [_]), "{:?}", by_triage.effects());
    is(&by_triage, "Ready");
    let place = Place::Issue;
    let refusal = Refusal::WrongPlace { place };
    let here = ready().then(asks(ann(), Command::Test));
    refused(&here, &Refused::Right { what: "test".to_owned(), refusal });
    refused(&test(ready().given(Facts { open: false, ..facts() })), &Refused::ClosedIssue);
    let policy = Policy { planner_available: false, ..facts().policy };
    refused(&test(ready().given(Facts { policy, ..facts() })), &Refused::NoModel);
}

#[test]
fn what_does_not_get_through_during_a_look_calls_a_person() {
    let story = test(ready()).then(gives_up(Purpose::Publish));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Publishing, .. }));
    assert_eq!(stops(&story), 1);
    is(&story.then(asks(ann(), Command::Retry)), "Ready");
    let story = test(building_by_hand()).then(gives_up(Purpose::Publish));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Publishing, .. }));
    is(&story.then(asks(ann(), Command::Retry)), "Working");
    // On the way that all work goes nothing of it waits to be written.
    ignored(&testing().then(gives_up(Purpose::Publish)), Ignored::NothingDepends);
}

#[test]
fn only_work_that_rested_is_said_to_rest_again() {
    let rested = |story: Story| story.then(fails(RunFailure::MoneyLimit)).stage().rested();
    assert!(rested(test(ready())) && rested(test(building_by_hand())));
    assert!(!rested(built_to_testing()) && !rested(building()));
    assert!(!review(ready()).then(finds(true)).stage().rested(), "what was found is to be mended");
}

/// What stands in the way is not the look: without it they would hear the same.
#[test]
fn a_look_that_was_asked_for_is_no_other_answer() {
    let up = || asks(ann(), Command::handoff(Rung::Up));
    for word in [up(), asks(ann(), Command::Retry), asks(ann(), Command::Reject)] {
        let ready = ready().then(asks_there(ann(), Command::Test)).then(word.clone());
        refused(&ready, &Unbuilt::AllDone);
        let by_hand = building_by_hand().then(asks_there(ann(), Command::Test));
        refused(&by_hand.then(word.clone()), &Unbuilt::AlreadyBuilding);
        refused(&testing().then(word), &Unbuilt::LookedAt);
    }
}

/// The merge that may have closed the issue is waited for, as without the look.
#[test]
fn what_is_ready_and_looked_at_waits_for_its_merge_when_the_issue_is_closed() {
    let looked_at = || ready().then(asks_there(ann(), Command::Test));
    let run = looked_at().stage().live_run().cloned().unwrap();
    let story = looked_at().then(Event::Closed);
    is(&story, "Ready");
    assert!(story.effects().contains(&Effect::StopRun { run }), "{:?}", story.last);
    let waits = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::Closed, .. });
    assert!(story.effects().iter().any(waits), "{:?}", story.last);
    let closed = Facts { open: false, ..facts() };
    is(&story.given(closed.clone()).then(Event::PullRequestClosed { merged: true }), "Done");
    let story = looked_at().then(Event::Closed).given(closed).waits(TimerKind::Closed);
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Closed, .. }), "{:?}", story.last);
}
