//! What stood when work was laid down is found again, and nothing of it is paid twice.

use baton::base::{RunId, Sha};
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::policy::Policy;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, AsksYes, Block, Ci, Doing, Effect, Event, Facts, Ignored, Pause, PlanAtHead, Post,
    Purpose, Refused, Report, Stage, TimerKind,
};

use crate::workflow::deeds::ticked_in_file;
use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    Story, ann, asks, asks_questions, building, built_by_hand, by_hand, checking, concludes, eve,
    facts, facts_at_head, gives_up, head, implement, pushed, pushing, ready, reports, task,
    testing, ticks_task,
};

/// A way to lay work down.
type LayDown = fn(Story) -> Story;

fn stop(story: Story) -> Story {
    story.then(asks(ann(), Command::Stop))
}

/// Closed, and by no merge: what people may merge waits a minute for one.
fn close(story: Story) -> Story {
    let story = story.then(Event::Closed);
    match story.stage() {
        Stage::Ready { .. } => {
            let story = story.given(Facts { open: false, ..facts() }).waits(TimerKind::Closed);
            story.given(facts())
        }
        _ => story,
    }
}

fn reopen(story: Story) -> Story {
    close(story).then(Event::Reopened { by: eve() })
}

fn resume(story: Story) -> Story {
    story.then(asks(ann(), Command::Resume))
}

fn retry(story: Story) -> Story {
    story.then(asks(ann(), Command::Retry))
}

/// Every way to lay work down that leaves its branch where it is.
fn every_way() -> Vec<LayDown> {
    vec![stop, reopen, |it| it.then(Event::PullRequestClosed { merged: false }), |it| {
        it.then(asks(ann(), Command::Pause)).waits(TimerKind::GiveUp)
    }]
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
    // What a person broke is mended by a person.
    let red = Event::CiConcluded { sha: theirs(), ci: Ci::Red };
    let mended = Sha("c".repeat(40));
    let sha = mended.clone();
    let push = Event::Pushed { sha, elsewhere: false, forced: false, by_bot: false, code: true };
    let story = stop(checking().then(pushed()).then(red)).then(push);
    waits_for(&retry(story), &mended, true);
}

#[test]
fn no_head_outlives_its_branch() {
    let story = checking().then(Event::BranchDeleted);
    let Stage::Blocked { why: Block::BranchDeleted, held } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert_eq!(held.awaits, None);
}

#[test]
fn what_happened_while_everything_is_stopped_counts() {
    let story = checking().given(halted()).then(concludes(Ci::Green));
    assert!(matches!(story.stage(), Stage::Paused { why: Pause::Halted, .. }));
    let ends = |it: &Effect| matches!(it, Effect::StartRun { .. } | Effect::StopRun { .. });
    assert!(!story.effects().iter().any(ends), "nothing had begun: {:?}", story.effects());
    let story = resume(story.given(facts()));
    assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
    builds(&story, "t2");
    let story = checking().given(halted()).then(concludes(Ci::Red));
    assert_eq!(story.stage().work().map(|it| it.reds), Some(1));
    builds(&resume(story.given(facts())), "t1");
}

#[test]
fn a_builder_that_would_go_on_while_everything_is_stopped_waits_on() {
    let story = building().then(asks_questions(1)).given(halted()).waits(TimerKind::Resume);
    is(&story, "Paused");
    let goes_on = |it: &Effect| matches!(it, Effect::ResumeRun { .. } | Effect::StopRun { .. });
    assert!(!story.effects().iter().any(goes_on), "{:?}", story.effects());
    let story = resume(story.given(facts()));
    is(&story, "Asking");
    let story = story.waits(TimerKind::Resume);
    is(&story, "Working");
    assert!(story.effects().iter().any(|it| matches!(it, Effect::ResumeRun { .. })));
}

#[track_caller]
fn is_ready_at_no_cost(story: &Story) {
    is(story, "Ready");
    assert!(!starts(story), "{:?}", story.effects());
    assert!(story.effects().contains(&Effect::FinishPlan { revision: 1 }), "what of it is missing");
}

#[test]
fn finished_work_is_ready_again_and_nobody_looks_or_is_called_twice() {
    for lay_down in [stop, every_way()[2], every_way()[3]] {
        let story = retry(lay_down(ready()));
        is_ready_at_no_cost(&story);
        assert!(posts(&story).is_empty(), "{:?}", story.effects());
    }
    let story = reopen(ready());
    is_ready_at_no_cost(&story);
    assert!(posts(&story).is_empty(), "{:?}", story.effects());
    is(&ready().waits(TimerKind::GiveUp), "Stopped");
    is_ready_at_no_cost(&retry(ready().waits(TimerKind::GiveUp)));
    let closed = Facts { open: false, ..facts() };
    refused(&retry(stop(ready()).given(closed)), &Refused::ClosedIssue);
}

/// The news of it stood behind the commit that GitHub did not take.
#[test]
fn work_whose_last_commit_was_given_up_is_finished_and_told_by_a_retry() {
    let given_up = || ready().then(gives_up(Purpose::Publish));
    let story = retry(given_up());
    is_ready_at_no_cost(&story);
    assert!(matches!(posts(&story)[..], [Post::Ready { .. }]), "{:?}", story.effects());
    is_ready_at_no_cost(&retry(stop(given_up())));
    // Reopened, people are needed still.
    let story = reopen(given_up());
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Publishing, .. }));
    is_ready_at_no_cost(&retry(story));
}

#[test]
fn what_changed_meanwhile_is_not_taken_for_finished() {
    waits_for(&retry(stop(ready()).then(pushed())), &theirs(), true);
    let story = close(ready()).then(pushed()).then(Event::Reopened { by: eve() });
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    waits_for(&retry(story), &theirs(), true);
    let story = ready().then(gives_up(Purpose::Publish)).then(pushed());
    waits_for(&retry(story), &theirs(), true);
    let story = ready().then(gives_up(Purpose::Publish)).then(ticked_in_file(&[], &["t2"]));
    assert!(story.stage().work().is_some_and(|it| !it.done.contains("t2")), "{:?}", story.stage());
    let story = retry(story);
    assert!(
        !story.effects().contains(&Effect::FinishPlan { revision: 1 }),
        "{:?}",
        story.effects()
    );
    let Stage::Blocked { held, .. } = ready().then(Event::BranchDeleted).state.stage else {
        panic!("its branch is gone")
    };
    assert!(!held.ready);
}

/// The push of what the run on t1 has built.
fn push() -> Effect {
    Effect::PushChanges { run: RunId::from("fresh"), task: "t1".to_owned() }
}

#[track_caller]
fn is_pushing(story: &Story) {
    let pushes = matches!(story.stage(), Stage::Working { doing: Doing::Pushing { .. }, .. });
    assert!(pushes, "{:?}", story.stage());
    assert!(!starts(story), "{:?}", story.effects());
}

#[test]
fn what_was_on_its_way_to_the_branch_goes_there_after_a_retry() {
    for lay_down in every_way() {
        let story = retry(lay_down(pushing()));
        is_pushing(&story);
        assert!(story.effects().contains(&push()), "{:?}", story.effects());
    }
    let closed = Facts { open: false, ..facts() };
    refused(&retry(stop(pushing()).given(closed)), &Refused::ClosedIssue);
    // Somebody else's push changes nothing about that.
    ignored(&stop(pushing()).then(pushed()), Ignored::Ended);
}

#[test]
fn a_push_that_came_through_before_the_end_is_not_made_again() {
    let came_through = || reports("fresh", Report::Pushed { sha: head() });
    for lay_down in [stop, reopen] {
        let story = retry(lay_down(pushing()).then(came_through()));
        waits_for(&story, &head(), false);
        assert!(!story.effects().contains(&push()), "{:?}", story.effects());
    }
    let refused = Report::PushRefused { needs_yes: true, hash: "abc".to_owned() };
    ignored(&stop(pushing()).then(reports("fresh", refused)), Ignored::Ended);
    ignored(&stop(building()).then(came_through()), Ignored::NotLiveRun);
}

/// Every way in which a push is given up.
fn given_up() -> [Story; 2] {
    [pushing().then(gives_up(Purpose::Publish)), pushing().waits(TimerKind::Stuck)]
}

#[test]
fn a_push_that_was_given_up_is_made_again_and_its_task_not_built_again() {
    for story in given_up() {
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::Publishing, .. }));
        let story = retry(story);
        is_pushing(&story);
        assert!(story.effects().contains(&push()), "{:?}", story.effects());
    }
    // So it is where the call waits over another end.
    for lay_down in [stop, reopen] {
        for story in given_up() {
            let story = retry(lay_down(story));
            is_pushing(&story);
            assert!(story.effects().contains(&push()), "{:?}", story.effects());
        }
    }
    // Handed back to Baton, it goes there, too, and so it does where people build from here on.
    let story = pushing().then(asks(ann(), by_hand())).then(gives_up(Purpose::Publish));
    let story = story.then(asks(ann(), implement()));
    is_pushing(&story);
    assert!(story.stage().work().is_some_and(|it| !it.by_hand));
    for story in given_up() {
        let story = story.then(asks(ann(), by_hand()));
        is_pushing(&story);
        assert!(story.stage().work().is_some_and(|it| it.by_hand));
        let story = story.then(gives_up(Purpose::Publish)).then(asks(ann(), implement()));
        is_pushing(&story);
        assert!(story.stage().work().is_some_and(|it| !it.by_hand));
    }
    // Whoever wants it built another way says so.
    for story in given_up() {
        builds(&story.then(asks(ann(), Command::handoff(Rung::To(Tier::Sonnet)))), "t1");
    }
}

#[test]
fn a_push_that_was_given_up_too_early_counts() {
    for story in given_up() {
        let story = retry(story.then(reports("fresh", Report::Pushed { sha: head() })));
        waits_for(&story, &head(), false);
        assert!(!story.effects().contains(&push()), "{:?}", story.effects());
    }
}

/// Whoever calls a task done does not throw away what is built of it, unless they say so once more.
#[test]
fn a_task_called_done_behind_a_push_that_was_given_up_is_pushed_first() {
    let says = || asks(ann(), task("t1", TaskAct::Done));
    for word in [says(), ticks_task(ann(), "t1", true)] {
        for story in given_up() {
            let story = story.then(word.clone());
            is_pushing(&story);
            assert!(story.effects().contains(&push()), "{:?}", story.effects());
            builds(&story.then(reports("fresh", Report::Pushed { sha: head() })), "t2");
        }
    }
    let again = |story: Story| story.then(says()).then(gives_up(Purpose::Publish)).then(says());
    for story in given_up() {
        builds(&again(story), "t2");
    }
    let skips = || asks(ann(), task("t1", TaskAct::Skip));
    for story in given_up() {
        let story = story.then(skips());
        assert!(!story.effects().contains(&push()), "{:?}", story.effects());
    }
    // What only approvals keep back is built, too.
    let asks_yes = Some(AsksYes { run: "fresh".into(), hash: "abc".to_owned() });
    let story = pushing().then(reports("fresh", Report::ApprovalsStand));
    is_pushing(&story.given(Facts { asks_yes, ..facts() }).then(says()));
}

#[test]
fn a_task_ticked_behind_a_push_that_was_given_up_is_pushed_with_it() {
    for story in given_up() {
        let story = retry(story.then(ticked_in_file(&["t1"], &[])));
        is_pushing(&story);
        let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
        assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
        builds(&story, "t2");
    }
}

#[test]
fn the_kill_switch_reaches_a_push_on_its_way() {
    let story = pushing().then(Event::Halted);
    assert!(matches!(story.stage(), Stage::Paused { why: Pause::Halted, .. }));
    assert!(!story.effects().contains(&push()));
    assert!(resume(story).effects().contains(&push()));
    // Also where somebody had paused it: the push that they waited for is not made.
    let story = pushing().then(asks(ann(), Command::Pause)).then(Event::Halted);
    assert!(matches!(story.stage(), Stage::Paused { why: Pause::Person, .. }));
    assert!(resume(story).effects().contains(&push()));
    ignored(&checking().then(Event::Halted), Ignored::NothingDepends);
}

#[test]
fn a_task_settled_while_it_is_pushed_waits_for_the_push_and_not_for_its_checks() {
    let settled = |act| pushing().then(asks(ann(), task("t1", act)));
    for story in [settled(TaskAct::Done), pushing().then(ticked_in_file(&["t1"], &[]))] {
        is_pushing(&story);
        let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
        assert!(story.stage().work().is_some_and(|it| it.done.contains("t1")));
        builds(&story, "t2");
    }
    // What may not be pushed is told, and not built once more.
    let refused = Report::PushRefused { needs_yes: true, hash: "abc".to_owned() };
    let story = settled(TaskAct::Done).then(reports("fresh", refused));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::NeedsYes, .. }));
    builds(&retry(story), "t2");
    // Opened again in time, it is checked like any other.
    let story = settled(TaskAct::Done).then(ticks_task(ann(), "t1", false));
    waits_for(&story.then(reports("fresh", Report::Pushed { sha: head() })), &head(), false);
}

/// Whoever may reopen an issue may not have it built.
#[test]
fn after_a_reopening_late_checks_wait_for_a_retry() {
    for ci in [Ci::Unverified, Ci::Unproven, Ci::Silent, Ci::NeedsPerson] {
        let story = reopen(checking().then(concludes(ci)));
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
        let late = story.then(concludes(Ci::Green));
        ignored(&late, Ignored::NotForThisStage);
        let story = retry(late);
        waits_for(&story, &head(), false);
        builds(&story.then(concludes(Ci::Green)), "t2");
    }
}

/// Whatever stood there is gone with its branch, and nothing of it is looked at or pushed.
#[test]
fn work_that_lost_its_branch_while_it_was_laid_down_begins_with_its_plan_anew() {
    let gone = || Facts { head: None, ..facts_at_head(PlanAtHead::Missing) };
    let found = Report::Findings { ask_for_work: true };
    let laid_down = [
        stop(building()),
        stop(pushing()),
        stop(checking()),
        stop(ready()),
        stop(built_by_hand()),
        pushing().then(gives_up(Purpose::Publish)),
        checking().then(concludes(Ci::Silent)),
        testing().then(reports("fresh", found)),
        checking().given(facts_at_head(PlanAtHead::Missing)).then(pushed()),
    ];
    for story in laid_down {
        let story = retry(story.given(gone()).then(Event::BranchDeleted));
        is(&story, "Planned");
        assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }), "{:?}", story.last);
        assert!(!starts(&story), "{:?}", story.effects());
        assert_eq!(story.state.built_work(), None);
    }
}
