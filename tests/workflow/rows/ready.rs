//! `Ready` and its end: the call to review, and what closes the issue.

use baton::base::Millis;
use baton::domain::command::Command;
use baton::domain::workflow::{
    Block, Effect, Event, Facts, Ignored, Post, Purpose, Refused, Report, Stage, Stop, TimerKind,
};

use crate::workflow::rows::{ignored, is, posts, refused};
use crate::workflow::words::{
    NOW, Story, ann, asks, asks_questions, building, facts, gives_up, pushed, ready, reports,
    reviewing,
};

fn closed() -> Story {
    ready().then(Event::Closed).given(Facts { open: false, ..facts() })
}

/// GitHub may tell of the issue that a merge closed before it tells of the merge.
#[test]
fn a_closed_issue_waits_a_minute_for_the_merge_that_closed_it() {
    let story = ready().then(Event::Closed);
    is(&story, "Ready");
    let due = NOW + Millis::seconds(60);
    assert_eq!(story.effects(), [Effect::SetTimer { kind: TimerKind::Closed, due }]);
    let story = closed().then(Event::PullRequestClosed { merged: true });
    is(&story, "Done");
    assert_eq!(posts(&story), [&Post::Merged]);
    let story = closed().waits(TimerKind::Closed);
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Closed, .. }));
    is(&story.then(Event::PullRequestClosed { merged: true }), "Done");
}

#[test]
fn an_issue_that_was_reopened_within_the_minute_waits_on() {
    let story = closed().given(facts()).then(Event::Reopened { by: ann() });
    let story = story.waits(TimerKind::Closed);
    ignored(&story, Ignored::NothingNew);
    is(&story, "Ready");
}

#[test]
fn nothing_is_looked_at_on_an_issue_that_was_closed_a_moment_ago() {
    let story = closed().then(pushed());
    assert!(
        matches!(story.stage(), Stage::Stopped { why: Stop::Closed, .. }),
        "{:?}",
        story.stage()
    );
}

/// Whatever else happens in that minute, nobody is called to an issue that is closed, and the merge is
/// the end of it all the same.
#[test]
fn nobody_is_called_to_an_issue_that_was_closed_a_moment_ago() {
    for event in [Event::BranchDeleted, gives_up(Purpose::Publish), pushed()] {
        let story = closed().then(event);
        assert!(
            matches!(story.stage(), Stage::Stopped { why: Stop::Closed, .. }),
            "{:?}",
            story.stage()
        );
        assert_eq!(posts(&story), [] as [&Post; 0]);
        is(&story.then(Event::PullRequestClosed { merged: true }), "Done");
    }
    let story = closed().then(asks(ann(), Command::Pause));
    refused(&story, &Refused::ClosedIssue);
    is(&story, "Ready");
    is(&story.waits(TimerKind::Closed), "Stopped");
}

/// Where people keep it or are called the merge need not be waited for: nothing was to begin.
#[test]
fn work_that_is_kept_ends_with_its_issue_and_with_the_merge() {
    for story in [ready().then(asks(ann(), Command::Pause)), ready().then(Event::BranchDeleted)] {
        let story = story.given(Facts { open: false, ..facts() }).then(Event::Closed);
        is(&story, "Stopped");
        is(&story.then(Event::PullRequestClosed { merged: true }), "Done");
    }
}

/// Everywhere else closing is the end at once.
#[test]
fn only_what_people_may_merge_waits_for_a_merge() {
    for story in [building(), reviewing()] {
        is(&story.then(Event::Closed), "Stopped");
    }
}

fn without_allowance(mut story: Story) -> Story {
    story.state.allowance = 0;
    story
}

#[test]
fn the_call_to_review_and_the_report_are_posted_whatever_was_said_before() {
    let story = without_allowance(reviewing());
    let story = story.then(reports("fresh", Report::Findings { ask_for_work: false }));
    is(&story, "Ready");
    assert!(matches!(posts(&story)[..], [Post::Ready { .. }]), "{:?}", story.effects());
    assert_eq!(story.state.allowance, 0);
    let story = without_allowance(ready()).then(Event::PullRequestClosed { merged: true });
    assert_eq!(posts(&story), [&Post::Merged]);
}

#[test]
fn a_call_to_review_that_was_never_posted_is_made_once_more() {
    let story = without_allowance(ready()).then(gives_up(Purpose::Publish));
    is(&story, "Blocked");
    assert!(matches!(posts(&story)[..], [Post::Blocked { why: Block::Publishing, .. }]));
    assert_eq!(story.state.allowance, 0, "the call for help took the place that was kept for it");
    let story = story.then(asks(ann(), Command::Retry));
    assert!(matches!(posts(&story)[..], [Post::Ready { .. }]), "{:?}", story.effects());
}

/// Each goes on after a day without an answer, by time alone.
#[test]
fn questions_that_nobody_answers_take_no_place_from_the_end() {
    let mut story = building();
    for _ in 0..6 {
        story = story.then(asks_questions(1)).waits(TimerKind::Resume);
    }
    assert_eq!(story.state.allowance, 1);
    let mut story = without_allowance(reviewing());
    story = story.then(reports("fresh", Report::Findings { ask_for_work: false }));
    assert!(matches!(posts(&story)[..], [Post::Ready { .. }]));
}

/// Nobody reads a status comment that changes in silence: whom Baton needs it calls.
#[test]
fn questions_that_nobody_answers_take_no_place_from_a_call_to_people() {
    let mut story = building();
    for _ in 0..6 {
        story = story.then(asks_questions(1));
        is(&story, "Asking");
        assert!(story.effects().contains(&Effect::UpsertStatus), "{:?}", story.effects());
        story = story.waits(TimerKind::Resume);
    }
    let story = story.then(Event::BranchDeleted);
    let why = Block::BranchDeleted;
    assert_eq!(posts(&story), [&Post::Blocked { why, person: Some(ann().id) }]);
}
