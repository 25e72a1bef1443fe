//! Pull requests that people open by themselves while they build by hand.

use baton::base::{IssueNumber, Sha};
use baton::domain::command::{Command, TaskAct};
use baton::domain::workflow::{
    Block, Ci, ControlLabel, Doing, Effect, Event, Facts, Ignored, PlanAtHead, Post, Report, Stage,
    Stop, Then, TimerKind, Unbuilt,
};

use crate::workflow::related::{
    FIRST, SECOND, adopted, concludes_there, leaves, merges, names, pushed_there, their_head,
};
use crate::workflow::rows::by_hand::{by_hand_clock, clock};
use crate::workflow::rows::{ignored, is, posts, refused};
use crate::workflow::words::{
    Story, ann, asks, asks_there, building, building_by_hand, built_by_hand, by_hand, checking,
    concludes, facts, facts_at_head, head, implement, planned, planning, pushed, ready, reports,
    requests_changes, robo, task, testing, ticks_task, tom,
};

fn adopted_in(story: &Story) -> Option<IssueNumber> {
    story.stage().work().and_then(|it| it.adopted)
}

#[test]
fn the_first_by_somebody_with_write_is_adopted_without_a_comment() {
    let story = adopted();
    is(&story, "Working");
    assert_eq!(adopted_in(&story), Some(FIRST));
    assert!(story.effects().contains(&Effect::UpsertStatus));
    assert!(posts(&story).is_empty());
}

/// Each push there is a sign of what people build; where another clock runs, it moves nothing.
#[test]
fn what_is_pushed_there_begins_the_clock_of_people_anew() {
    for story in [building_by_hand().then(names(ann(), FIRST)), adopted().then(names(ann(), FIRST))]
    {
        assert_eq!(clock(&story), by_hand_clock());
    }
    let story = adopted().waits(TimerKind::Remind).then(names(ann(), FIRST));
    assert!(!story.state.quiet && story.effects().contains(&Effect::UpsertStatus));
    let paused = adopted().then(asks(ann(), Command::Pause));
    ignored(&paused.then(names(ann(), FIRST)), Ignored::NothingNew);
}

#[test]
fn a_second_is_shown_and_moves_nothing() {
    let story = adopted().then(names(ann(), SECOND));
    assert_eq!(adopted_in(&story), Some(FIRST));
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    let story = story.then(merges(SECOND, false));
    is(&story, "Working");
    assert_eq!(adopted_in(&story), Some(FIRST));
}

#[test]
fn strangers_and_bots_move_nothing() {
    ignored(&building_by_hand().then(names(tom(), FIRST)), Ignored::NoRight);
    ignored(&building_by_hand().then(names(robo(), FIRST)), Ignored::ByBot);
}

#[test]
fn nothing_is_adopted_where_nobody_builds_by_hand() {
    for story in [planning(), planned(), building(), testing(), ready()] {
        ignored(&story.then(names(ann(), FIRST)), Ignored::NotByHand);
    }
}

/// Their head does not hold the task that a run has built, so its checks say nothing of it: the
/// delivery that follows the verdict adopts.
#[test]
fn what_a_run_built_is_judged_before_theirs_is_adopted() {
    for ci in [Ci::Green, Ci::Red] {
        let story = checking().then(asks(ann(), by_hand())).then(names(ann(), FIRST));
        ignored(&story, Ignored::NotByHand);
        let story = story.then(pushed_there(false));
        assert_eq!((awaits(&story), adopted_in(&story)), (Some(&head()), None));
        let story = story.then(concludes(ci)).then(names(ann(), FIRST));
        is(&story, "Working");
        assert_eq!((awaits(&story), adopted_in(&story)), (None, Some(FIRST)));
        assert_eq!(story.stage().work().map(|it| it.done.contains("t1")), Some(ci == Ci::Green));
    }
    // What they ticked to its end has no task at hand, and is theirs at once.
    assert_eq!(adopted_in(&built_by_hand().then(names(ann(), FIRST))), Some(FIRST));
}

#[test]
fn one_is_adopted_in_a_pause_too() {
    let story = building_by_hand().then(asks(ann(), Command::Pause)).then(names(ann(), FIRST));
    is(&story, "Paused");
    assert_eq!(adopted_in(&story), Some(FIRST));
    let story = story.then(asks(ann(), Command::Resume));
    is(&story, "Working");
    assert_eq!(adopted_in(&story), Some(FIRST));
}

#[test]
fn the_merge_of_the_adopted_one_is_the_end_from_everywhere() {
    let stories = [
        adopted(),
        adopted().then(asks(ann(), Command::Pause)),
        adopted().then(Event::Closed),
        adopted().then(asks(ann(), Command::Stop)),
        adopted().then(Event::BranchDeleted),
    ];
    for story in stories {
        for closes in [true, false] {
            let story =
                Story { state: story.state.clone(), facts: story.facts.clone(), last: None };
            let story = story.then(merges(FIRST, closes));
            is(&story, "Done");
            assert!(posts(&story).contains(&&Post::Merged), "{:?}", story.effects());
            assert!(story.effects().contains(&Effect::ClosePullRequest));
            ignored(&story.then(Event::Closed), Ignored::Ended);
        }
    }
}

#[test]
fn closed_without_merging_it_is_adopted_no_longer() {
    let story = adopted().then(leaves(FIRST));
    is(&story, "Working");
    assert_eq!(adopted_in(&story), None);
    let story = story.then(names(ann(), SECOND));
    assert_eq!(adopted_in(&story), Some(SECOND));
    // What was let go ends nothing.
    is(&story.then(merges(FIRST, false)), "Working");
}

#[test]
fn another_one_that_closes_the_issue_ends_the_work_elsewhere() {
    for story in [Story::new(), planning(), planned(), building(), adopted(), ready()] {
        let story = story.then(merges(SECOND, true));
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::ClosedElsewhere, .. }));
        assert_eq!(story.stage().live_run(), None);
        assert!(posts(&story).is_empty());
        ignored(&story.then(Event::Closed), Ignored::Ended);
    }
    // GitHub may tell of the issue first.
    let story = building().then(Event::Closed).then(merges(SECOND, true));
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::ClosedElsewhere, .. }));
    // Reopened, it goes back to what stood, as after any closing.
    is(&story.then(Event::Reopened { by: ann() }), "Blocked");
    let stopped = building().then(asks(ann(), Command::Stop)).then(merges(SECOND, true));
    assert!(matches!(stopped.stage(), Stage::Stopped { why: Stop::Person, .. }));
    let done = ready().then(Event::PullRequestClosed { merged: true });
    ignored(&done.then(merges(SECOND, true)), Ignored::Ended);
}

#[test]
fn baton_does_not_build_beside_it() {
    let why = Unbuilt::Adopted { number: FIRST };
    refused(&adopted().then(asks(ann(), implement())), &why);
    let off = Event::Unlabelled { by: ann(), label: ControlLabel::Manual };
    ignored(&adopted().then(off), Ignored::CannotGoOn);
    let blocked = adopted().then(Event::Closed).then(Event::Reopened { by: ann() });
    assert!(matches!(blocked.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    refused(&blocked.then(asks(ann(), implement())), &why);
    let story = adopted().then(leaves(FIRST)).then(asks(ann(), implement()));
    assert!(story.stage().live_run().is_some());
}

/// What is read of the head of the work is read of theirs.
fn facts_there() -> Facts {
    Facts { head: Some(their_head()), ..facts() }
}

/// All tasks are settled in the adopted one.
fn settled_there() -> Story {
    let story = adopted().given(facts_there());
    story.then(ticks_task(ann(), "t1", true)).then(ticks_task(ann(), "t2", true))
}

fn tested_there() -> Story {
    settled_there().then(concludes_there(Ci::Green))
}

fn ready_there() -> Story {
    let fine = || reports("fresh", Report::Findings { ask_for_work: false });
    tested_there().then(fine()).then(fine())
}

fn awaits(story: &Story) -> Option<&Sha> {
    match story.stage().unpaused() {
        Stage::Working { doing: Doing::Checking { sha, .. }, .. } => Some(sha),
        _ => None,
    }
}

#[test]
fn its_head_is_what_is_judged_looked_at_and_handed_to_people() {
    let story = settled_there();
    assert_eq!(awaits(&story), Some(&their_head()));
    let story = story.then(concludes_there(Ci::Green));
    is(&story, "Testing");
    assert_eq!(adopted_in(&story), Some(FIRST));
    let story = story.then(reports("fresh", Report::Findings { ask_for_work: false }));
    is(&story, "Reviewing");
    let story = story.then(reports("fresh", Report::Findings { ask_for_work: false }));
    is(&story, "Ready");
    assert!(matches!(posts(&story)[..], [Post::Ready { .. }]), "{:?}", story.effects());
    // Baton's last commit and its closing keyword belong to a branch of Baton's.
    let finishes = |it: &Effect| matches!(it, Effect::FinishPlan { .. });
    assert!(!story.effects().iter().any(finishes), "{:?}", story.effects());
    is(&story.then(merges(FIRST, false)), "Done");
}

/// Of a pull request whose head cannot be read nobody can say that it is done.
#[test]
fn the_last_tick_waits_until_its_head_can_be_read() {
    let story = adopted().given(Facts { head: None, ..facts() });
    let story = story.then(ticks_task(ann(), "t1", true)).then(ticks_task(ann(), "t2", true));
    refused(&story, &Unbuilt::HeadUnread);
}

#[test]
fn what_is_red_there_calls_people_and_their_next_push_is_judged() {
    let story = settled_there().then(concludes_there(Ci::Red));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Ci(Ci::Red), .. }));
    assert_eq!(story.stage().work().map(|it| it.reds), Some(0));
    assert!(matches!(posts(&story)[..], [Post::Blocked { .. }]));
    let story = story.then(pushed_there(false));
    assert_eq!(awaits(&story), Some(&their_head()));
}

/// Baton mends nothing on a branch that is not its own.
#[test]
fn what_is_found_there_is_for_people() {
    let found = || reports("fresh", Report::Findings { ask_for_work: true });
    for story in [
        tested_there().then(found()),
        tested_there()
            .then(reports("fresh", Report::Findings { ask_for_work: false }))
            .then(found()),
    ] {
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::Findings, .. }));
        assert!(matches!(posts(&story)[..], [Post::Blocked { .. }]));
        let story = story.then(pushed_there(false));
        is(&story, "Blocked");
        let story = story.then(asks(ann(), Command::Retry));
        assert_eq!(awaits(&story), Some(&their_head()));
        is(&story.then(concludes_there(Ci::Green)), "Testing");
    }
}

#[test]
fn a_push_there_goes_back_to_the_checks_first() {
    for by_bot in [false, true] {
        for story in [settled_there(), tested_there(), ready_there()] {
            let story = story.then(pushed_there(by_bot));
            assert_eq!(awaits(&story), Some(&their_head()));
            assert_eq!(story.stage().live_run(), None);
            is(&story.then(concludes_there(Ci::Green)), "Testing");
        }
    }
    // While tasks are open it is a sign of people and no more.
    let story = adopted().then(pushed_there(false));
    is(&story, "Working");
    assert_eq!((awaits(&story), clock(&story)), (None, by_hand_clock().to_vec()));
    ignored(&adopted().then(pushed_there(true)), Ignored::NothingNew);
}

/// The plan's branch is no longer where the work stands, whoever pushes there.
#[test]
fn a_push_to_the_plans_branch_moves_nothing_beside_it() {
    for story in [settled_there(), tested_there(), ready_there()] {
        let name = story.stage().name();
        let story = story.then(pushed());
        ignored(&story, Ignored::NothingDepends);
        is(&story, name);
    }
    let story = adopted().then(pushed());
    assert_eq!((awaits(&story), clock(&story)), (None, by_hand_clock().to_vec()));
    // Ready work ends with its issue, but not by a push that has nothing to do with it.
    let closed = Facts { open: false, ..facts_there() };
    is(&ready_there().then(Event::Closed).given(closed.clone()).then(pushed()), "Ready");
    is(&ready_there().then(Event::Closed).given(closed).then(pushed_there(false)), "Stopped");
    // What was let go is nothing to the work that goes on.
    ignored(&building().then(pushed_there(false)), Ignored::NothingDepends);
}

#[test]
fn what_is_judged_there_goes_with_it() {
    let paused = |story: Story| story.then(asks(ann(), Command::Pause));
    for story in [
        settled_there(),
        tested_there(),
        ready_there(),
        paused(tested_there()),
        paused(ready_there()),
    ] {
        let name = story.stage().name() == "Paused";
        let story = story.then(leaves(FIRST));
        is(&story, if name { "Paused" } else { "Working" });
        let inner = story.stage().unpaused();
        assert!(matches!(inner, Stage::Working { doing: Doing::ByHand, .. }), "{inner:?}");
        assert_eq!((story.stage().live_run(), adopted_in(&story)), (None, None));
    }
    // Whoever opens another one has that judged.
    let story = ready_there().then(leaves(FIRST)).then(names(ann(), SECOND));
    assert_eq!(awaits(&story.then(pushed_there(false))), Some(&their_head()));
    let called = settled_there().then(concludes_there(Ci::Red)).then(leaves(FIRST));
    let Stage::Blocked { held, .. } = called.stage() else { panic!("{:?}", called.stage()) };
    assert_eq!(held.awaits, None);
}

#[test]
fn a_look_at_it_is_had_by_a_word_and_a_fix_is_not() {
    for (story, then) in [(adopted(), Then::ByHand), (ready_there(), Then::Ready)] {
        for command in [Command::Test, Command::Review] {
            let story = Story { state: story.state.clone(), facts: facts_there(), last: None };
            let story = story.then(asks_there(ann(), command));
            let Stage::Inspecting { then: goes_back, .. } = story.stage() else {
                panic!("{:?}", story.stage())
            };
            assert_eq!(*goes_back, then);
        }
    }
    let fix = || Command::Fix { text: "Rename it.".to_owned() };
    refused(&ready_there().then(asks_there(ann(), fix())), &Unbuilt::Adopted { number: FIRST });
    ignored(&ready_there().then(requests_changes(ann(), "Not yet.")), Ignored::NothingDepends);
    let story = ready_there().then(asks(ann(), task("t1", TaskAct::Reopen)));
    assert!(matches!(story.stage(), Stage::Working { doing: Doing::ByHand, .. }));
}

/// The file stands on Baton's branch, and they build on theirs.
#[test]
fn a_broken_file_of_the_plan_stops_nothing_that_is_built_elsewhere() {
    for head in [PlanAtHead::Missing, PlanAtHead::Invalid("no".to_owned())] {
        let story = adopted().given(facts_at_head(head)).then(pushed());
        assert_eq!(story.stage(), adopted().stage());
        assert!(story.effects().is_empty() && story.state.plan_gone, "{:?}", story.last);
    }
}
