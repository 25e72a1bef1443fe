//! `Planned`: a plan waits.

use baton::base::{CommentId, MicroUsd, Millis, UserId};
use baton::domain::command::Command;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Block, Effect, Event, Ignored, Post, Purpose, Reaction, Refused, RunFailure, Stage, Stop,
    TimerKind, Verdict,
};

use crate::workflow::rows::{CONFUSED, ROCKET, first_plan, ignored, is, posts, refused, started};
use crate::workflow::words::{
    COMMENT, NOW, Story, ann, asks, asks_questions, fails, gives_up, in_comment, labels, plan,
    plan_for, plan_on, plan_saying, planned, planning, revise, says_answers, submits,
};

/// The comments that are told that it ended well.
fn rockets(story: &Story) -> Vec<CommentId> {
    let rocket = |effect: &Effect| match effect {
        Effect::React { comment, with: Reaction::Rocket } => Some(*comment),
        _ => None,
    };
    story.effects().iter().filter_map(rocket).collect()
}

#[test]
fn a_plan_is_told_only_after_it_is_published() {
    let story = planned();
    let at = |find: fn(&Effect) -> bool| story.effects().iter().position(find);
    let commit = at(|it| matches!(it, Effect::CommitPlan { revision: 1 }));
    let pull = at(|it| matches!(it, Effect::UpsertPullRequest { revision: 1 }));
    let ready = at(|it| matches!(it, Effect::Post { post: Post::PlanReady { revision: 1 } }));
    let rocket = at(|it| *it == ROCKET);
    assert!(commit.is_some() && commit < pull && pull < ready && ready < rocket);
}

/// The conversation: 🚀 when it ended well, on every comment that had a part in it.
#[test]
fn whoever_had_a_part_in_a_plan_is_told_that_it_ended_well() {
    let (words, answer, label) = (CommentId(2), CommentId(3), CommentId(4));
    let by_comment = planning().then(in_comment(words, asks(ann(), revise())));
    let asked = by_comment.then(asks_questions(1));
    let answered = asked.then(in_comment(answer, says_answers(ann(), &[1])));
    let again = answered.then(in_comment(answer, says_answers(ann(), &[1])));
    let story = again.waits(TimerKind::Resume).then(submits(1));
    assert_eq!(rockets(&story), [COMMENT, words, answer]);
    // The next plan is somebody else's doing.
    let next = story.then(in_comment(label, asks(ann(), revise()))).then(submits(2));
    assert_eq!(rockets(&next), [label]);

    let by_label = Story::new().then(labels(ann())).then(asks_questions(1));
    let answered = by_label.then(in_comment(answer, says_answers(ann(), &[1])));
    assert_eq!(rockets(&answered.waits(TimerKind::Resume).then(submits(1))), [answer]);
}

#[test]
fn a_plan_that_github_never_took_ends_in_confusion_where_it_was_asked_for() {
    let story = planned().then(gives_up(Purpose::Publish));
    assert!(story.effects().contains(&CONFUSED));
    // It is said once: what fails later was asked for elsewhere.
    let story = story.then(in_comment(CommentId(2), asks(ann(), Command::Retry)));
    let story = story.then(gives_up(Purpose::Publish));
    assert!(!story.effects().contains(&CONFUSED));
    let there = Effect::React { comment: CommentId(2), with: Reaction::Confused };
    assert!(story.effects().contains(&there));
}

#[test]
fn a_branch_that_is_deleted_later_does_not_take_the_reaction_back() {
    assert!(!planned().then(Event::BranchDeleted).effects().contains(&CONFUSED));
}

#[test]
fn planned_and_plan_needs_words_and_then_revises() {
    refused(&planned().then(asks(ann(), plan())), &Refused::PlanWaits);
    let story = planned().then(asks(ann(), plan_saying("smaller")));
    assert_eq!(
        started(&story).1,
        Ask::Revise { revision: 1, text: "smaller".to_owned(), include: Vec::new() }
    );
    assert_eq!(story.stage().plan(), Some(&first_plan()));
}

#[test]
fn a_limit_on_money_is_never_dropped_in_silence() {
    let budget = MicroUsd::dollars(1);
    let story = Story::new().then(asks(ann(), plan_for(budget, "")));
    assert_eq!(
        started(&story).1,
        Ask::Plan { text: String::new(), budget: Some(budget), include: Vec::new() }
    );
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

/// GitHub closes a pull request together with its branch.
#[test]
fn a_pull_request_that_went_with_its_branch_says_nothing_new() {
    let story = planned().then(Event::BranchDeleted);
    ignored(&story.then(Event::PullRequestClosed { merged: false }), Ignored::NothingNew);
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
    // The reaction stood behind the news.
    assert_eq!(story.effects(), [ROCKET, Effect::UpsertStatus]);
    is(&story, "Planned");
}

#[test]
fn planned_and_answers_are_just_talk() {
    ignored(&planned().then(says_answers(ann(), &[1])), Ignored::NotForThisStage);
}

#[test]
fn two_weeks_remind_and_thirty_days_end() {
    for (kind, days) in [(TimerKind::Remind, 14), (TimerKind::GiveUp, 30)] {
        let due = NOW + Millis::days(days);
        assert!(planned().effects().contains(&Effect::SetTimer { kind, due }));
    }
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
