//! What people ask for in a review of what was built: offered, built at most three times, answered.

use baton::base::{ReviewCommentId, UserId};
use baton::domain::command::{Command, Rung, TaskAct};
use baton::domain::handoff::Trigger;
use baton::domain::permission::{Place, Refusal};
use baton::domain::policy::Policy;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Actor, Ask, Block, Ci, Doing, Effect, Event, Facts, Ignored, Reaction, Refused, Report,
    RunFailure, Spot, Stage, Threads, Unbuilt, Unpaused, Verdict, review_task,
};

use crate::workflow::related::{FIRST, names};
use crate::workflow::rows::{ignored, is, posts, refused, sentence, started};
use crate::workflow::words::{
    LINE, Story, ann, asking, asks, building, by_hand, checking, concludes, eve, facts, fails, fix,
    fix_in, handing, head, implement, planned, planning, pushed, ready, reports, requests_changes,
    review_approves, robo, task, testing, ticks_fix, ticks_task, tom,
};

fn bob() -> Actor {
    Actor { id: UserId(9), login: "bob".to_owned(), ..ann() }
}

fn with(threads: Threads) -> Facts {
    Facts { threads, ..facts() }
}

/// From a run on a review to what waits for people again.
fn built(story: Story) -> Story {
    let story = story.then(reports("fresh", Report::TaskDone));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    story.then(concludes(Ci::Green))
}

fn ready_again(story: Story) -> Story {
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    built(story).then(nothing()).then(nothing())
}

fn offered(story: &Story) -> bool {
    story.stage().work().is_some_and(|it| it.fix_offered)
}

#[test]
fn a_request_for_changes_is_offered_to_be_built_and_nothing_starts() {
    let story = ready().then(requests_changes(bob(), "No."));
    is(&story, "Ready");
    assert!(offered(&story));
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    ignored(&story.then(requests_changes(ann(), "No.")), Ignored::NothingNew);
}

#[test]
fn what_others_say_in_a_review_offers_nothing_and_is_not_answered() {
    for by in [tom(), eve()] {
        ignored(&ready().then(requests_changes(by, "No.")), Ignored::NoRight);
    }
    ignored(&ready().then(requests_changes(robo(), "No.")), Ignored::ByBot);
    ignored(&ready().then(review_approves(ann())), Ignored::NotForThisStage);
}

#[test]
fn every_way_to_ask_makes_one_task_on_the_implementers_rung() {
    let ways =
        [fix(bob(), ""), fix_in(LINE, bob()), fix_in(Spot::Review, bob()), ticks_fix(bob(), 1)];
    for event in ways {
        let story = ready().then(requests_changes(ann(), "No.")).then(event);
        is(&story, "Working");
        let (tier, ask, requester) = started(&story);
        let (task, trigger) = (review_task(1), Trigger::Review);
        assert_eq!(ask, Ask::Task { revision: 1, task, trigger });
        assert_eq!((tier, requester), (Tier::Sonnet, UserId(9)));
        assert!(!offered(&story), "the box stands there still");
        assert!(posts(&story).is_empty(), "{:?}", posts(&story));
    }
}

#[test]
fn a_comment_on_a_line_is_reacted_to_where_it_stands() {
    let on_line = |with| Effect::ReactOnLine { comment: ReviewCommentId(7), with };
    let story = ready().then(fix_in(LINE, ann()));
    assert_eq!(story.effects().first(), Some(&on_line(Reaction::Eyes)));
    assert!(story.effects().contains(&on_line(Reaction::Rocket)));
    let story = ready().then(fix_in(LINE, tom()));
    assert_eq!(story.effects().first(), Some(&on_line(Reaction::Confused)));
}

#[test]
fn without_an_open_thread_the_command_needs_words() {
    let none = || ready().given(with(Threads::Open(0)));
    refused(&none().then(fix(ann(), " ")), &Unbuilt::NothingToFix);
    refused(&none().then(ticks_fix(ann(), 1)), &Unbuilt::NothingToFix);
    is(&none().then(fix(ann(), "Rename it.")), "Working");
}

#[test]
fn what_cannot_be_read_is_not_built() {
    for threads in [Threads::Unknown, Threads::NotRead] {
        let story = ready().given(with(threads)).then(fix(ann(), "Rename it."));
        refused(&story, &Unbuilt::ThreadsUnread);
    }
}

#[test]
fn each_thread_is_answered_when_the_checks_have_passed() {
    let story = ready().then(fix(ann(), ""));
    let red = built_red(&story);
    assert!(answers(&red).is_empty(), "{:?}", red.effects());
    let story = built(story);
    is(&story, "Testing");
    assert_eq!(answers(&story), [&review_task(1)]);
    let work = story.stage().work().unwrap();
    assert!(work.task.is_none() && !work.done.contains(&review_task(1)), "{work:?}");
    // What is no review is not answered.
    assert!(answers(&checking().then(concludes(Ci::Green))).is_empty());
}

fn built_red(story: &Story) -> Story {
    let story = Story { state: story.state.clone(), facts: facts(), last: None };
    let story = story.then(reports("fresh", Report::TaskDone));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    story.then(concludes(Ci::Red))
}

fn answers(story: &Story) -> Vec<&String> {
    let mut answers = Vec::new();
    for effect in story.effects() {
        if let Effect::AnswerThreads { task, .. } = effect {
            answers.push(task);
        }
    }
    answers
}

#[test]
fn reviews_are_built_three_times_and_then_people_do_it() {
    let mut story = ready();
    for round in 1..=3 {
        story = story.then(fix(ann(), ""));
        assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == review_task(round)));
        story = ready_again(story);
        is(&story, "Ready");
        assert!(posts(&story).is_empty(), "people are called once");
    }
    let last = || Story { state: story.state.clone(), facts: facts(), last: None };
    refused(&last().then(fix(ann(), "")), &Unbuilt::NoRoundLeft);
    refused(&last().then(ticks_fix(ann(), 4)), &Unbuilt::NoRoundLeft);
    ignored(&last().then(requests_changes(ann(), "No.")), Ignored::NoRoundLeft);
}

#[test]
fn a_box_of_an_earlier_round_is_harmless() {
    let story = ready_again(ready().then(ticks_fix(ann(), 1)));
    let again = || Story { state: story.state.clone(), facts: facts(), last: None };
    refused(&again().then(ticks_fix(ann(), 1)), &Unbuilt::OldBox);
    is(&again().then(ticks_fix(ann(), 2)), "Working");
}

#[test]
fn a_push_by_people_keeps_the_offer() {
    let story = ready().then(requests_changes(ann(), "No.")).then(pushed());
    assert!(offered(&story), "{:?}", story.stage());
}

#[test]
fn nothing_is_built_on_a_closed_issue_or_without_a_model() {
    let closed = Facts { open: false, ..facts() };
    refused(&ready().given(closed).then(fix(ann(), "")), &Refused::ClosedIssue);
    let policy = Policy { planner_available: false, ..Policy::default() };
    let without = Facts { policy, ..facts() };
    refused(&ready().given(without).then(fix(ann(), "")), &Refused::NoModel);
    let policy = Policy { halted: true, ..Policy::default() };
    let halted = Facts { policy, ..facts() };
    refused(&ready().given(halted).then(ticks_fix(ann(), 1)), &Refused::Halted);
}

#[test]
fn before_the_work_is_ready_reviews_are_not_built() {
    let stages = [Story::new(), planning(), asking(), planned(), building(), handing(), testing()];
    for story in stages.into_iter().chain([checking().then(concludes(Ci::Unverified))]) {
        refused(&story.then(fix(ann(), "")), &Unbuilt::NotReady);
    }
    let blocked = planning().then(fails(RunFailure::TurnLimit));
    refused(&blocked.then(fix(ann(), "")), &Unbuilt::NotReady);
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    refused(&merged.then(fix(ann(), "")), &Unbuilt::Merged);
    let stopped = ready().then(asks(ann(), Command::Stop));
    refused(&stopped.then(fix(ann(), "")), &Refused::Ended);
}

#[test]
fn while_paused_it_is_offered_and_not_built() {
    let paused = || ready().then(asks(ann(), Command::Pause));
    refused(&paused().then(fix(ann(), "")), &Unpaused::Paused);
    let story = paused().then(requests_changes(ann(), "No."));
    is(&story, "Paused");
    assert!(matches!(story.stage().unpaused(), Stage::Ready { work } if work.fix_offered));
}

#[test]
fn it_is_asked_for_on_the_pull_request_by_whoever_may_write() {
    let on_issue = asks(ann(), Command::Fix { text: String::new() });
    let refusal = Refusal::WrongPlace { place: Place::Issue };
    let why = Refused::Right { what: "fix".to_owned(), refusal };
    refused(&ready().then(on_issue), &why);
    let story = ready().then(fix_in(Spot::Review, tom()));
    let why = match story.verdict() {
        Verdict::Refused(why) => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(story.effects(), [sentence("tom", why)]);
    ignored(&ready().then(fix_in(LINE, robo())), Ignored::ByBot);
}

#[test]
fn a_task_reopened_meanwhile_follows() {
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    let story = checking().then(asks(ann(), task("t3", TaskAct::Skip)));
    let story = story.then(ticks_task(ann(), "t2", true)).then(concludes(Ci::Green));
    let story = story.then(nothing()).then(nothing()).then(fix(ann(), ""));
    let story = built(story.then(asks(ann(), task("t1", TaskAct::Reopen))));
    is(&story, "Working");
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t1"));
}

/// What Baton built waits for people; `ready` is what they built themselves.
fn ready_by_baton() -> Story {
    let nothing = || reports("fresh", Report::Findings { ask_for_work: false });
    let story = checking().then(concludes(Ci::Green)).then(ticks_task(ann(), "t2", true));
    story.then(nothing()).then(nothing())
}

fn pushed_of_review(story: Story) -> Story {
    let story = story.then(reports("fresh", Report::TaskDone));
    story.then(reports("fresh", Report::Pushed { sha: head() }))
}

#[track_caller]
fn builds_review(story: &Story, expected: (Tier, Trigger)) {
    let (tier, ask, _) = started(story);
    let Ask::Task { task, trigger, .. } = ask else { panic!("{ask:?}") };
    assert_eq!((task, tier, trigger), (review_task(1), expected.0, expected.1));
}

#[track_caller]
fn is_left_to_people(story: &Story) {
    let Stage::Blocked { why: Block::Findings, held } = story.stage() else {
        panic!("{:?}", story.stage())
    };
    assert!(held.work.as_ref().is_some_and(|it| it.by_hand), "{held:?}");
    let starts = |it: &Effect| matches!(it, Effect::StartRun { .. });
    assert!(!story.effects().iter().any(starts), "{:?}", story.effects());
}

#[test]
fn what_fails_its_checks_goes_back_to_its_run_whoever_built_the_plan() {
    for story in [ready(), ready_by_baton()] {
        let red = pushed_of_review(story.then(fix(ann(), ""))).then(concludes(Ci::Red));
        builds_review(&red, (Tier::Sonnet, Trigger::TestFailure));
        let red = pushed_of_review(red).then(concludes(Ci::Red));
        builds_review(&red, (Tier::Opus, Trigger::TestFailure));
        is(&ready_again(red), "Ready");
    }
}

#[test]
fn a_run_that_ended_is_started_again_whoever_built_the_plan() {
    for story in [ready(), ready_by_baton()] {
        let down = story.then(fix(ann(), "")).then(fails(RunFailure::ProviderDown));
        is(&down, "Blocked");
        let story = down.then(asks(ann(), Command::Retry));
        builds_review(&story, (Tier::Sonnet, Trigger::Manual));
    }
}

/// Whoever asked for it wants it still; what people push meanwhile is beneath it.
#[test]
fn pushes_of_people_leave_it_to_its_run() {
    for story in [ready(), ready_by_baton()] {
        let often = Facts { pushed_lately: true, ..facts() };
        let fixing = story.then(fix(ann(), "")).given(often.clone());
        let story = fixing.then(pushed());
        ignored(&story, Ignored::NothingNew);
        is(&ready_again(story.given(facts())), "Ready");
    }
}

#[test]
fn whoever_takes_the_building_over_is_called_for_what_the_review_asks() {
    let fixing = || ready_by_baton().then(fix(ann(), ""));
    let taken = fixing().then(asks(ann(), by_hand()));
    is_left_to_people(&taken);
    refused(&taken.then(asks(ann(), Command::handoff(Rung::Up))), &Unbuilt::PersonNeeded);
    let pushing = fixing().then(reports("fresh", Report::TaskDone));
    let story = pushing.then(asks(ann(), by_hand()));
    let story = story.then(reports("fresh", Report::Pushed { sha: head() }));
    is_left_to_people(&story.then(concludes(Ci::Red)));

    // The head that stands there is judged before anybody looks at it.
    let story = fixing().then(asks(ann(), by_hand())).then(asks(ann(), Command::Retry));
    let doing = Doing::Checking { sha: head(), theirs: true };
    assert!(matches!(story.stage(), Stage::Working { doing: it, .. } if *it == doing));
    is(&story.then(concludes(Ci::Green)), "Testing");
    // What Baton takes back, it builds.
    let story = fixing().then(asks(ann(), by_hand())).then(asks(ann(), implement()));
    builds_review(&story, (Tier::Sonnet, Trigger::Manual));
}

#[test]
fn a_review_that_nobody_gets_done_is_peoples_at_their_word() {
    for ready in [ready(), ready_by_baton()] {
        let red = |it: Story| pushed_of_review(it).then(concludes(Ci::Red));
        let story = red(red(red(red(ready.then(fix(ann(), ""))))));
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::OutOfRungs, .. }));
        let story = story.then(asks(ann(), by_hand()));
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::OutOfRungs, .. }));
        let story = story.then(asks(ann(), Command::Retry));
        let doing = Doing::Checking { sha: head(), theirs: true };
        assert!(matches!(story.stage(), Stage::Working { doing: it, .. } if *it == doing));
    }
}

#[test]
fn a_pull_request_of_peoples_own_leaves_what_is_checked_to_its_run() {
    let story = pushed_of_review(ready().then(fix(ann(), ""))).then(names(ann(), FIRST));
    ignored(&story, Ignored::NotByHand);
    builds_review(&story.then(concludes(Ci::Red)), (Tier::Sonnet, Trigger::TestFailure));
}

/// An earlier version adopted one while a run's commit was checked.
#[test]
fn what_people_go_on_with_in_a_pull_request_of_their_own_is_no_longer_batons() {
    let mut story = pushed_of_review(ready().then(fix(ann(), "")));
    if let Stage::Working { work, .. } = &mut story.state.stage {
        work.adopted = Some(FIRST);
    }
    is_left_to_people(&story.then(concludes(Ci::Red)));
}
