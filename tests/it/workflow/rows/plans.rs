//! `Planned`: a plan waits.

use baton::base::{MicroUsd, UserId};
use baton::domain::command::Command;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Effect, Event, Ignored, Post, Purpose, Refused, RunFailure, Stage, Stop, TimerKind,
    Verdict,
};

use crate::workflow::rows::{ROCKET, first_plan, ignored, is, posts, refused, started};
use crate::workflow::words::{
    Story, ann, asks, fails, gives_up, plan, plan_for, plan_on, plan_saying, planned, revise,
    says_answers, submits,
};

#[test]
fn a_plan_is_told_only_after_it_is_published() {
    let story = planned();
    let at = |find: fn(&Effect) -> bool| story.effects().iter().position(find);
    let commit = at(|it| matches!(it, Effect::CommitPlan { revision: 1 }));
    let pull = at(|it| matches!(it, Effect::UpsertPullRequest { revision: 1 }));
    let ready = at(|it| matches!(it, Effect::Post { post: Post::PlanReady { revision: 1 } }));
    let rocket = at(|it| *it == ROCKET);
    assert!(commit.is_some() && commit < pull && pull < ready && ready < rocket);
    assert_eq!(story.state.asked_in, None);
}

#[test]
fn planned_and_plan_needs_words_and_then_revises() {
    refused(&planned().then(asks(ann(), plan())), &Refused::PlanWaits);
    let story = planned().then(asks(ann(), plan_saying("smaller")));
    assert_eq!(started(&story).1, Ask::Revise { revision: 1, text: "smaller".to_owned() });
    assert_eq!(story.stage().plan(), Some(&first_plan()));
}

#[test]
fn a_limit_on_money_is_never_dropped_in_silence() {
    let budget = MicroUsd::dollars(1);
    let story = Story::new().then(asks(ann(), plan_for(budget, "")));
    assert_eq!(started(&story).1, Ask::Plan { text: String::new(), budget: Some(budget) });
    let story = planned().then(asks(ann(), plan_for(budget, "smaller")));
    assert!(matches!(story.verdict(), Verdict::Refused(Refused::Malformed { .. })));
    is(&story, "Planned");
}

#[test]
fn a_revision_and_a_retry_stay_on_the_rung_that_was_chosen() {
    let sonnet = || Story::new().then(asks(ann(), plan_on(Tier::Sonnet)));
    assert_eq!(started(&sonnet()).0, Tier::Sonnet);
    let failed = sonnet().then(fails(RunFailure::TurnLimit));
    assert_eq!(started(&failed.then(asks(ann(), Command::Retry))).0, Tier::Sonnet);
    let revised = sonnet().then(submits(1)).then(asks(ann(), revise()));
    assert_eq!(started(&revised).0, Tier::Sonnet);
    let anew = sonnet().then(fails(RunFailure::TurnLimit)).then(asks(ann(), plan()));
    assert_eq!(started(&anew).0, Tier::Opus);
}

#[test]
fn planned_and_branch_deleted_a_retry_commits_it_again_for_nothing() {
    let story = planned().then(Event::BranchDeleted);
    let why = Block::BranchDeleted;
    assert_eq!(posts(&story), [&Post::Blocked { why, person: Some(UserId(1)) }]);
    let story = story.then(asks(ann(), Command::Retry));
    assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
    assert_eq!(posts(&story), [&Post::PlanReady { revision: 1 }]);
    assert!(story.effects().contains(&ROCKET));
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
}

#[test]
fn a_plan_that_github_refused_is_kept_and_published_by_retry() {
    let story = planned().then(gives_up(Purpose::Publish));
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Publishing, .. }));
    let story = story.then(asks(ann(), Command::Retry));
    assert!(story.effects().contains(&Effect::UpsertPullRequest { revision: 1 }));
}

#[test]
fn publishing_that_fails_and_fails_calls_a_person_each_time() {
    let mut story = planned();
    for _ in 0..9 {
        story = story.then(gives_up(Purpose::Publish));
        assert_eq!(posts(&story).len(), 1);
        story = story.then(asks(ann(), Command::Retry));
        assert_eq!(posts(&story), [&Post::PlanReady { revision: 1 }]);
    }
}

#[test]
fn news_that_could_not_be_posted_leave_the_plan_where_it_is() {
    let story = planned().then(gives_up(Purpose::Tell));
    assert_eq!(story.effects(), [Effect::UpsertStatus]);
    is(&story, "Planned");
}

#[test]
fn planned_and_answers_are_just_talk() {
    ignored(&planned().then(says_answers(ann(), &[1])), Ignored::NotForThisStage);
}

#[test]
fn two_weeks_remind_and_thirty_days_end() {
    let story = planned().waits(TimerKind::Remind);
    assert_eq!(posts(&story), [&Post::Reminder { person: Some(UserId(1)) }]);
    let story = story.waits(TimerKind::GiveUp);
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Unanswered, .. }));
    let story = story.then(asks(ann(), Command::Retry));
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
    assert!(posts(&story).is_empty());
}

#[test]
fn a_reminder_never_takes_the_last_comment() {
    let mut story = planned();
    for _ in 0..9 {
        story = story.waits(TimerKind::Remind);
    }
    ignored(&story, Ignored::EnoughComments);
    let story = story.waits(TimerKind::GiveUp);
    assert_eq!(posts(&story).len(), 1);
}
