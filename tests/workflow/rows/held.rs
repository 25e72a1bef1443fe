//! What stood when work was laid down is found again, and nothing of it is paid twice.

use baton::base::Sha;
use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, Stage, Stop, TimerKind,
};

use crate::workflow::rows::{ignored, is, started};
use crate::workflow::words::{
    Story, ann, asks, asks_questions, building, checking, concludes, eve, facts, head, pushed,
};

/// A way to lay work down.
type LayDown = fn(Story) -> Story;

fn stop(story: Story) -> Story {
    story.then(asks(ann(), Command::Stop))
}

fn reopen(story: Story) -> Story {
    story.then(Event::Closed).then(Event::Reopened { by: eve() })
}

fn retry(story: Story) -> Story {
    story.then(asks(ann(), Command::Retry))
}

/// Every way to lay work down that leaves its branch where it is.
fn every_way() -> Vec<LayDown> {
    vec![
        stop,
        reopen,
        |it| it.then(Event::Suspended),
        |it| it.then(Event::PullRequestClosed { merged: false }),
        |it| it.then(asks(ann(), Command::Pause)).waits(TimerKind::GiveUp),
    ]
}

fn halted() -> Facts {
    Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() }
}

/// The head that somebody pushed.
fn theirs() -> Sha {
    Sha("b".repeat(40))
}

fn starts(story: &Story) -> bool {
    story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }))
}

#[track_caller]
fn waits_for(story: &Story, sha: &Sha, theirs: bool) {
    let Stage::Working { doing, .. } = story.stage() else { panic!("{:?}", story.stage()) };
    assert_eq!(*doing, Doing::Checking { sha: sha.clone(), theirs });
    assert!(!starts(story), "{:?}", story.effects());
}

#[track_caller]
fn builds(story: &Story, expected: &str) {
    let (_, ask, _) = started(story);
    assert!(matches!(&ask, Ask::Task { task, .. } if task == expected), "{ask:?}");
}

#[test]
fn a_commit_whose_checks_were_awaited_is_looked_at_again() {
    for lay_down in every_way() {
        let story = retry(lay_down(checking()));
        waits_for(&story, &head(), false);
        let story = story.then(concludes(Ci::Green));
        assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
        builds(&story, "t2");
    }
}

#[test]
fn what_is_pushed_meanwhile_is_what_a_retry_judges() {
    for lay_down in [stop, reopen] {
        waits_for(&retry(lay_down(checking()).then(pushed())), &theirs(), true);
    }
    ignored(&stop(checking()).then(pushed()).then(pushed()), Ignored::Ended);
    ignored(&reopen(checking()).then(pushed()).then(pushed()), Ignored::NotForThisStage);
    ignored(&stop(building()).then(pushed()), Ignored::Ended);
    // What a person broke is mended by a person.
    let red = Event::CiConcluded { sha: theirs(), ci: Ci::Red };
    let mended = Sha("c".repeat(40));
    let push = Event::Pushed { sha: mended.clone(), forced: false, by_bot: false };
    let story = stop(checking().then(pushed()).then(red)).then(push);
    waits_for(&retry(story), &mended, true);
}

#[test]
fn no_head_outlives_its_branch() {
    let story = checking().then(Event::BranchDeleted);
    let Stage::Blocked { why: Block::BranchDeleted, held } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert_eq!(held.checking, None);
}

#[test]
fn what_happened_while_everything_is_stopped_counts() {
    let story = checking().given(halted()).then(concludes(Ci::Green));
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Halted, .. }));
    let ends = |it: &Effect| matches!(it, Effect::StartRun { .. } | Effect::StopRun { .. });
    assert!(!story.effects().iter().any(ends), "nothing had begun: {:?}", story.effects());
    let story = retry(story.given(facts()));
    assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
    builds(&story, "t2");
    let story = checking().given(halted()).then(concludes(Ci::Red));
    assert_eq!(story.stage().work().map(|it| it.reds), Some(1));
    builds(&retry(story.given(facts())), "t1");
}

#[test]
fn a_run_that_would_go_on_while_everything_is_stopped_ends() {
    let story = building().then(asks_questions(1)).given(halted()).waits(TimerKind::Resume);
    is(&story, "Stopped");
    let names: Vec<&str> = story.effects().iter().map(Effect::name).collect();
    let at = |name| names.iter().position(|it| *it == name);
    assert!(at("capture").is_some() && at("capture") < at("stop run"), "{names:?}");
    assert_eq!(at("resume run"), None);
}
