//! What hands work over by itself, beside silence: checks that are red, a conversation that is
//! nearly too large, and security; and what does not hand it over: cost, and people at work.

use baton::base::{Millis, RunId, Sha};
use baton::domain::command::{Command, Rung};
use baton::domain::handoff::{Bound, Trigger};
use baton::domain::policy::{EscalateOn, Policy};
use baton::domain::security::SecurityConcern;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, Report, RunFailure, Stage, TimerKind,
    Unbuilt,
};

use crate::workflow::rows::{ignored, is, posts, refused, started};
use crate::workflow::words::{
    NOW, Story, ann, asks, building, building_by_hand, checking, concludes, facts, handing, head,
    implement, planning, pushed, pushed_by, pushing, renewing, reports, reviewing, revise, submits,
    tasks, testing,
};

fn fresh() -> RunId {
    RunId::from("fresh")
}

/// Reds of the task, its escalations, handoffs of the issue.
fn counts(story: &Story) -> (u8, u8, u8) {
    let work = story.stage().work().expect("the work is lost");
    (work.reds, work.escalations, story.state.handoffs)
}

/// Who starts, and why.
#[track_caller]
fn starts(story: &Story, tier: Tier, trigger: Trigger) {
    let (on, ask, _) = started(story);
    assert_eq!((on, ask), (tier, Ask::Task { revision: 1, task: "t1".to_owned(), trigger }));
}

#[test]
fn any_failure_gives_the_first_red_to_the_next_model() {
    let policy = Policy { escalate_on: EscalateOn::AnyFailure, ..Policy::default() };
    let story = checking().given(Facts { policy, ..facts() }).then(concludes(Ci::Red));
    starts(&story, Tier::Sonnet, Trigger::TestFailure);
    assert_eq!(counts(&story), (0, 1, 1));
    starts(&checking().then(concludes(Ci::Red)), Tier::Haiku, Trigger::TestFailure);
}

#[test]
fn an_outgrown_run_is_asked_for_a_note_before_its_next_call() {
    let story = renewing();
    let Stage::HandingOver { to, trigger, work, .. } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert_eq!((*to, *trigger, work.tier), (Tier::Haiku, Trigger::Context, Tier::Haiku));
    let expected = [
        Effect::AskForNote { run: fresh() },
        Effect::CancelTimers,
        Effect::SetTimer { kind: TimerKind::Note, due: NOW + Millis::seconds(30) },
        Effect::UpsertStatus,
    ];
    assert_eq!(story.effects(), expected);
    assert_eq!(posts(&story).len(), 0);
}

#[test]
fn a_fresh_run_of_the_same_model_goes_on_and_that_counts_to_the_issue_only() {
    for story in [
        renewing().then(reports("fresh", Report::Noted)),
        renewing().then(reports("fresh", Report::Failed { why: RunFailure::TokenLimit })),
        renewing().waits(TimerKind::Note),
    ] {
        starts(&story, Tier::Haiku, Trigger::Context);
        assert_eq!(counts(&story), (0, 0, 1));
    }
}

#[test]
fn a_fresh_conversation_is_no_other_try_at_what_is_red() {
    let story = checking().then(concludes(Ci::Red)).then(reports("fresh", Report::Outgrown));
    let story = story.waits(TimerKind::Note);
    assert_eq!(counts(&story), (1, 0, 1));
    let story = story
        .then(reports("fresh", Report::TaskDone))
        .then(reports("fresh", Report::Pushed { sha: head() }));
    starts(&story.then(concludes(Ci::Red)), Tier::Sonnet, Trigger::TestFailure);
}

#[test]
fn the_seventh_fresh_conversation_is_a_persons_to_give() {
    let mut story = building();
    for n in 1..=6 {
        story = story.then(reports("fresh", Report::Outgrown)).waits(TimerKind::Note);
        assert_eq!(counts(&story), (0, 0, n));
    }
    let story = story.then(reports("fresh", Report::Outgrown));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Bound(Bound::Issue), .. }));
    assert!(story.effects().contains(&Effect::StopRun { run: fresh() }));
}

/// A model that a person names for blocked work is refused where there is none, and nowhere else.
#[test]
fn blocked_work_goes_down_to_any_rung_that_there_is() {
    let declined = reports("fresh", Report::Failed { why: RunFailure::ModelRefused });
    let blocked = || building().then(declined.clone());
    let down = || asks(ann(), Command::handoff(Rung::Down));
    for (from, to) in [(Tier::Opus, Tier::Sonnet), (Tier::Sonnet, Tier::Haiku)] {
        let story = blocked().then(asks(ann(), Command::handoff(Rung::To(from))));
        let story = story.then(declined.clone());
        is(&story, "Blocked");
        assert_eq!(started(&story.then(down())).0, to);
    }
    refused(&blocked().then(down()), &Unbuilt::NoSuchRung);
}

/// The task's own bound, which a person who hands it down can reach.
#[test]
fn a_call_at_the_bound_of_a_task_says_so() {
    let stuck = || reports("fresh", Report::Failed { why: RunFailure::NoProgress });
    let story = building().then(stuck()).then(stuck());
    assert_eq!(counts(&story).1, 2);
    let story = story.then(asks(ann(), Command::handoff(Rung::Down)));
    let story = story.waits(TimerKind::Note).then(stuck());
    let bound = Block::Bound(Bound::Task);
    assert!(
        matches!(story.stage(), Stage::Blocked { why, .. } if *why == bound),
        "{:?}",
        story.stage()
    );
}

/// Six fresh conversations that nobody asked for.
fn six_times_renewed() -> Story {
    let renew =
        |story: Story, _| story.then(reports("fresh", Report::Outgrown)).waits(TimerKind::Note);
    (1..=6).fold(building(), renew)
}

/// Law 7 bounds what an issue may cost without a person, whatever its plan says by now.
#[test]
fn the_bound_of_six_is_the_issues_and_not_its_plans() {
    let story = six_times_renewed().then(asks(ann(), revise())).then(submits(2));
    assert_eq!(story.state.handoffs, 6);
    let start = Command::Approve { revision: Some(2), start: true };
    let story = story.then(asks(ann(), start));
    is(&story, "Working");
    let outgrown = reports("fresh", Report::Outgrown);
    let blocked =
        |it: &Story| matches!(it.stage(), Stage::Blocked { why: Block::Bound(Bound::Issue), .. });
    let story = story.then(outgrown.clone());
    assert!(blocked(&story), "{:?}", story.stage());
    // Whoever takes it up again answers for one run: the next change that nobody planned asks them
    // again, and what they ask for themselves is never counted.
    let story = story.then(asks(ann(), Command::Retry));
    is(&story, "Working");
    let story = story.then(asks(ann(), Command::handoff(Rung::Up))).waits(TimerKind::Note);
    is(&story, "Working");
    assert_eq!(story.state.handoffs, 6);
    assert!(blocked(&story.then(outgrown)));
}

#[test]
fn another_life_of_the_issue_begins_to_count_anew() {
    let story = six_times_renewed().then(Event::PullRequestClosed { merged: true });
    assert_eq!(story.state.handoffs, 6);
    let story = story.then(Event::Reopened { by: ann() });
    assert_eq!((story.state.life, story.state.handoffs), (2, 0));
}

#[test]
fn only_a_run_that_builds_and_is_not_handed_over_yet_is_renewed() {
    let outgrown = || reports("fresh", Report::Outgrown);
    ignored(&handing().then(outgrown()), Ignored::NothingNew);
    ignored(&renewing().then(outgrown()), Ignored::NothingNew);
    for story in [planning(), testing(), reviewing()] {
        let stage = story.stage().name();
        let story = story.then(outgrown());
        ignored(&story, Ignored::NotForThisStage);
        is(&story, stage);
    }
    ignored(&building().then(reports("old", Report::Outgrown)), Ignored::NotLiveRun);
}

/// The test-agent has found nothing, and `concern` is known; the issue's work has changed hands
/// `handoffs` times.
fn reviewed(concern: Option<SecurityConcern>, handoffs: u8) -> Story {
    let mut story = testing();
    story.state.handoffs = handoffs;
    let facts = Facts { security: concern, ..facts() };
    story.given(facts).then(reports("fresh", Report::Findings { ask_for_work: false }))
}

#[test]
fn what_touches_security_is_reviewed_by_opus() {
    #[track_caller]
    fn check(concern: Option<SecurityConcern>, handoffs: u8, expected: (Tier, u8)) {
        let story = reviewed(concern, handoffs);
        is(&story, "Reviewing");
        let on = started(&story).0;
        assert_eq!((on, counts(&story).2), expected);
        assert_eq!(story.stage().work().map(|it| it.tier), Some(on));
    }
    check(None, 0, (Tier::Sonnet, 0));
    // Who approved the plan knew it.
    check(Some(SecurityConcern::Planned), 0, (Tier::Opus, 0));
    check(Some(SecurityConcern::Planned), 6, (Tier::Opus, 6));
    check(Some(SecurityConcern::Built), 0, (Tier::Opus, 1));
    check(Some(SecurityConcern::Built), 5, (Tier::Opus, 6));
    // The seventh handoff is nobody's; behind the review people look.
    check(Some(SecurityConcern::Built), 6, (Tier::Sonnet, 6));
}

#[test]
fn security_changes_nobody_but_the_reviewer() {
    let facts = Facts { security: Some(SecurityConcern::Planned), ..facts() };
    let story = testing().given(facts).waits(TimerKind::Stuck);
    is(&story, "Testing");
    assert_eq!(started(&story).0, Tier::Sonnet);
}

#[test]
fn an_opus_review_that_is_silent_calls_a_person() {
    let story = reviewed(Some(SecurityConcern::Planned), 0);
    let stuck = Effect::SetTimer { kind: TimerKind::Stuck, due: NOW + Millis::minutes(30) };
    assert!(story.effects().contains(&stuck));
    let story = story.waits(TimerKind::Stuck);
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Stuck, .. }));
}

#[test]
fn a_costly_run_is_told_of_by_an_edit_and_goes_on() {
    for story in [building(), handing()] {
        let stage = story.stage().clone();
        let story = story.then(reports("fresh", Report::Costly));
        assert_eq!(story.effects(), [Effect::UpsertStatus]);
        assert_eq!((story.stage(), counts(&story)), (&stage, (0, 0, 0)));
    }
    ignored(&planning().then(reports("fresh", Report::Costly)), Ignored::NotForThisStage);
    ignored(&building().then(reports("old", Report::Costly)), Ignored::NotLiveRun);
}

/// A person pushes, and people pushed a short time before.
fn pushed_again(story: Story) -> Story {
    story.given(Facts { pushed_lately: true, ..facts() }).then(pushed())
}

#[test]
fn after_a_second_push_in_a_short_time_the_building_is_peoples() {
    let story = pushed_again(building());
    let Stage::Working { work, doing: Doing::ByHand } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert!(work.by_hand && work.made_way && work.task.is_none());
    assert!(story.effects().contains(&Effect::StopRun { run: fresh() }));
    assert!(story.effects().contains(&Effect::UpsertStatus));
    assert_eq!(posts(&story).len(), 0);
    ignored(&story.then(concludes(Ci::Green)), Ignored::NotForThisStage);
}

#[test]
fn what_is_on_its_way_to_the_branch_is_brought_to_its_end_before_people_build() {
    let pushed_on = pushed_again(pushing()).then(reports("fresh", Report::Pushed { sha: head() }));
    let Stage::Working { work, doing: Doing::Checking { theirs: false, .. } } = pushed_on.stage()
    else {
        panic!("{:?}", pushed_on.stage())
    };
    assert!(work.by_hand && work.made_way);
    let theirs = pushed_again(checking());
    let sha = Sha("b".repeat(40));
    let story = theirs.then(Event::CiConcluded { sha, ci: Ci::Green });
    let Stage::Working { work, doing: Doing::ByHand } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert!(work.done.contains("t1") && work.made_way);
}

#[test]
fn one_push_or_a_bots_leaves_the_building_to_baton() {
    ignored(&building().then(pushed()), Ignored::NothingNew);
    let lately = || Facts { pushed_lately: true, ..facts() };
    ignored(&building().given(lately()).then(pushed_by(false, true)), Ignored::NothingNew);
    // What is theirs already is not left to them once more.
    let story = pushed_again(building_by_hand());
    assert!(!story.stage().work().unwrap().made_way);
}

/// Nothing of the plan is being built, so nobody builds against anybody.
#[test]
fn while_people_are_only_looked_at_their_pushes_are_theirs_alone() {
    let one = || Facts { tasks: tasks().into_iter().take(1).collect(), ..facts() };
    let looked_at = || {
        let story = building().given(one()).then(reports("fresh", Report::TaskDone));
        story.then(reports("fresh", Report::Pushed { sha: head() })).then(concludes(Ci::Green))
    };
    is(&looked_at(), "Testing");
    let mending = looked_at().then(reports("fresh", Report::Findings { ask_for_work: true }));
    is(&mending, "Working");
    for story in [looked_at().then(pushed()), mending] {
        let story = story.given(Facts { pushed_lately: true, ..one() }).then(pushed());
        let work = story.stage().work().expect("the work is lost");
        assert!(!work.by_hand && !work.made_way, "{:?}", story.stage());
    }
}

#[test]
fn the_building_is_handed_back_by_a_word() {
    let story = pushed_again(building()).then(asks(ann(), implement()));
    starts(&story, Tier::Haiku, Trigger::Manual);
    let work = story.stage().work().expect("the work is lost");
    assert!(!work.by_hand && !work.made_way);
}
