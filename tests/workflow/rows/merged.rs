//! The plan's pull request is merged while it is built, and held nothing but the plan.

use baton::base::RunId;
use baton::domain::command::Command;
use baton::domain::handoff::Trigger;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Block, Doing, Effect, Event, Facts, Ignored, PlanAtHead, Post, Purpose, RunFailure, Stage, Stop,
};

use crate::workflow::related::{FIRST, adopted, leaves, merges};
use crate::workflow::rows::building::{builds, starts_nothing};
use crate::workflow::rows::{first_plan, ignored, is, posts};
use crate::workflow::words::{
    Story, ann, asking, asks, building, building_by_hand, built_by_hand, by_hand, checking,
    concludes, edited_into, facts, facts_at_head, fails, gives_up, handing, implement, planned,
    pushed, pushing, ready, revise, robo, ticks_task, tom,
};

const NEXT: [Effect; 2] =
    [Effect::CommitPlan { revision: 1 }, Effect::UpsertPullRequest { revision: 1 }];

fn plan_merged() -> Event {
    Event::PlanMerged { by: ann() }
}

/// The plan was merged, and the branch that follows is not there yet.
fn behind() -> Facts {
    Facts { next_branch: true, ..facts() }
}

fn publishes(story: &Story) -> bool {
    story.effects().windows(2).any(|it| it == NEXT)
}

/// The run goes on and pushes to the next branch: nobody pays twice.
#[test]
fn what_is_built_goes_on_at_the_next_branch() {
    let paused = building().then(asks(ann(), Command::Pause));
    let asks_back = building().then(crate::workflow::words::asks_questions(1));
    for story in [building(), building_by_hand(), handing(), paused, asks_back] {
        let before = story.state.stage.clone();
        let story = story.then(plan_merged());
        assert_eq!(*story.stage(), before);
        assert!(publishes(&story), "{:?}", story.effects());
        assert!(story.effects().contains(&Effect::UpsertStatus));
        starts_nothing(&story);
        assert!(!story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
        assert!(posts(&story).is_empty());
    }
    // The plan was approved already, whoever merged it.
    for by in [tom(), robo()] {
        is(&building().then(Event::PlanMerged { by }), "Working");
    }
}

/// The message of the merge may close the issue, and GitHub tells of that first.
#[test]
fn a_plan_that_is_merged_behind_the_closing_goes_on_when_the_issue_is_reopened() {
    let reopened = || Event::Reopened { by: ann() };
    let story = planned().then(Event::Closed).then(plan_merged());
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Closed, .. }), "{:?}", story.last);
    let story = story.given(behind()).then(reopened());
    assert_eq!(story.stage().approved(), Some(ann().id));
    let story = story.then(asks(ann(), implement()));
    assert!(publishes(&story), "{:?}", story.effects());
    builds(&story, Tier::Haiku, "t1", Trigger::PlanningComplete);
    let story = building().then(Event::Closed).then(plan_merged()).then(reopened());
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    // Whoever may not approve merged no more than a file.
    for by in [tom(), robo()] {
        let story = planned().then(Event::Closed).then(Event::PlanMerged { by });
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::PlanMerged, .. }));
    }
}

#[test]
fn changes_on_their_way_go_to_the_next_branch() {
    let story = pushing().then(plan_merged());
    assert!(publishes(&story));
    let push = Effect::PushChanges { run: RunId::from("fresh"), task: "t1".to_owned() };
    let at = |it: &Effect| story.effects().iter().position(|one| one == it);
    assert!(at(&NEXT[1]) < at(&push), "{:?}", story.effects());
}

/// Baton asks before it pushes whether the pull request was merged; should a commit have got there
/// all the same, it is no part of what was merged.
#[test]
fn a_head_that_did_not_come_along_is_judged_no_more() {
    let story = checking().then(plan_merged());
    assert!(publishes(&story));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    builds(&story.then(asks(ann(), Command::Retry)), Tier::Haiku, "t1", Trigger::Manual);
    let theirs = checking().then(asks(ann(), by_hand())).then(plan_merged());
    assert!(matches!(theirs.stage(), Stage::Working { doing: Doing::ByHand, .. }));
    let held = |it: &Story| it.stage().held().awaits;
    let late = checking().then(concludes(baton::domain::workflow::Ci::Silent));
    let story = late.then(plan_merged());
    is(&story, "Blocked");
    assert_eq!(held(&story), None);
    let story = checking().then(asks(ann(), Command::Stop)).then(plan_merged());
    assert_eq!(held(&story), None);
}

#[test]
fn where_nothing_is_left_to_build_it_is_the_end() {
    for story in [ready(), built_by_hand()] {
        let story = story.then(plan_merged());
        assert_eq!(*story.stage(), Stage::Done { plan: first_plan() });
        assert_eq!(posts(&story), [&Post::Merged]);
    }
}

#[test]
fn a_plan_that_was_changed_in_the_merge_waits_and_what_was_done_is_kept() {
    let story = building().then(ticks_task(ann(), "t1", true));
    let work = story.stage().work().cloned();
    let story = story.given(facts_at_head(edited_into(2))).then(plan_merged());
    is(&story, "Planned");
    assert_eq!((story.stage().approved(), story.state.built_work()), (None, work.as_ref()));
    assert!(story.effects().contains(&Effect::StopRun { run: RunId::from("fresh") }));
    assert!(story.effects().contains(&Effect::CommitPlan { revision: 2 }));
}

/// Work that was paid for does not end because what was merged does not read: people are called, as
/// behind a push of the same file.
#[test]
fn a_plan_that_cannot_be_read_in_the_merged_tree_calls_people() {
    let asks_back = || building().then(crate::workflow::words::asks_questions(1));
    let called = || building().then(fails(RunFailure::MoneyLimit));
    for (head, why) in [
        (PlanAtHead::Missing, Block::PlanFile),
        (PlanAtHead::Invalid("no".to_owned()), Block::PlanFile),
        (PlanAtHead::Unknown, Block::Interrupted),
        (PlanAtHead::NotRead, Block::Interrupted),
    ] {
        let facts = || facts_at_head(head.clone());
        for begin in [building, handing, pushing, checking, building_by_hand, asks_back, called] {
            let story = begin().given(facts()).then(plan_merged());
            assert!(matches!(story.stage(), Stage::Blocked { why: it, .. } if *it == why));
            assert_eq!(story.stage().work(), begin().stage().work());
            assert_eq!(posts(&story), [&Post::Blocked { why, person: Some(ann().id) }]);
            let looks = matches!(story.stage().held().awaits, Some(Doing::Checking { .. }));
            assert!(!looks, "what was judged did not come along");
        }
        let pushed = pushing().given(facts()).then(plan_merged());
        assert!(matches!(pushed.stage().held().awaits, Some(Doing::Pushing { .. })));
    }
    let broken = facts_at_head(PlanAtHead::Missing);
    let twice = building().given(broken).then(pushed()).then(plan_merged());
    assert!(posts(&twice).is_empty(), "they are called already");
    // Nobody who may has said anything of what a bot merged.
    let edited = || Facts { next_branch: true, ..facts_at_head(edited_into(2)) };
    let story = building().given(edited()).then(Event::PlanMerged { by: robo() });
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    let story = story.then(asks(ann(), Command::Retry));
    is(&story, "Planned");
    let at = |it: &Effect| story.effects().iter().position(|one| one == it);
    let commit = at(&Effect::CommitPlan { revision: 2 });
    assert!(commit.is_some() && commit < at(&Effect::UpsertPullRequest { revision: 2 }));
}

/// A merge queue is nobody whom people could ask.
#[test]
fn a_plan_that_a_bot_merged_ends_and_its_end_is_told() {
    let story = planned().then(Event::PlanMerged { by: robo() });
    let why = Stop::PlanMerged;
    assert!(matches!(story.stage(), Stage::Stopped { why: it, .. } if *it == why));
    assert_eq!(posts(&story), [&Post::Ended { why, person: Some(ann().id) }]);
}

#[test]
fn work_that_stands_still_goes_on_at_the_next_branch_by_a_word() {
    let blocked = building().then(fails(RunFailure::MoneyLimit)).then(plan_merged());
    is(&blocked, "Blocked");
    assert!(publishes(&blocked));
    builds(&blocked.then(asks(ann(), Command::Retry)), Tier::Haiku, "t1", Trigger::Manual);
    let stopped = building().then(asks(ann(), Command::Stop)).then(plan_merged());
    assert!(matches!(stopped.stage(), Stage::Stopped { why: Stop::PlanMerged, .. }));
    let story = stopped.given(behind()).then(asks(ann(), Command::Retry));
    builds(&story, Tier::Haiku, "t1", Trigger::Manual);
    assert!(publishes(&story));
}

/// GitHub may tell of the branch that went with the merge before it tells of the merge.
#[test]
fn a_branch_that_went_with_the_merge_does_not_take_the_work_along() {
    let story = building().then(ticks_task(ann(), "t1", true)).then(Event::BranchDeleted);
    let story = story.then(plan_merged());
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    assert!(publishes(&story));
    builds(&story.then(asks(ann(), Command::Retry)), Tier::Sonnet, "t2", Trigger::Manual);
}

#[test]
fn a_next_branch_that_was_given_up_is_there_before_anything_begins() {
    let story = building().then(plan_merged()).given(behind());
    let story = story.then(gives_up(Purpose::Publish));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Publishing, .. }));
    let story = story.then(asks(ann(), Command::Retry));
    assert!(publishes(&story));
    builds(&story, Tier::Haiku, "t1", Trigger::Manual);
    let named = story.given(facts()).then(fails(RunFailure::TurnLimit));
    assert!(!publishes(&named), "it is there by now");
}

/// Law 6: the primary pull request is people's own.
#[test]
fn nothing_that_happens_to_the_plans_pull_request_moves_work_in_peoples_own() {
    let merged = |merged| Event::PullRequestClosed { merged };
    for event in [plan_merged(), merged(true), merged(false), Event::BranchDeleted] {
        let paused = adopted().then(asks(ann(), Command::Pause));
        for story in [adopted(), paused] {
            let name = story.stage().name();
            let story = story.then(event.clone());
            is(&story, name);
            assert!(story.effects().is_empty(), "{:?}", story.effects());
            ignored(&story.then(event.clone()), Ignored::NothingNew);
        }
        let story = adopted().then(event.clone()).then(merges(FIRST, false));
        is(&story, "Done");
        // Left by its people, the work has a branch and a pull request again, once.
        let story = adopted().then(event).then(leaves(FIRST));
        assert!(publishes(&story), "{:?}", story.effects());
        let story = story.then(asks(ann(), implement()));
        assert!(!publishes(&story), "{:?}", story.effects());
        is(&story, "Working");
    }
    assert!(!publishes(&adopted().then(leaves(FIRST))));
}

#[test]
fn a_plan_that_is_changed_just_now_ends_as_before() {
    for story in [asking(), building().then(asks(ann(), revise()))] {
        let has_plan = story.stage().plan().is_some();
        let story = story.then(plan_merged());
        let ended = matches!(story.stage(), Stage::Stopped { why: Stop::PlanMerged, .. });
        assert_eq!(ended, has_plan, "{:?}", story.stage());
    }
    is(&planned().then(asks(ann(), Command::Stop)).then(plan_merged()), "Stopped");
}
