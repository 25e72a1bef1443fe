//! A revision that comes to nothing: the plan before it stands as it did, and nobody pays for the way
//! back to it.

use baton::base::UserId;
use baton::domain::command::Command;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Effect, Event, Ignored, PlanAtHead, PlanRef, Post, Purpose, RunFailure, Stage, Stop,
    TimerKind, Unapproved,
};

use crate::workflow::rows::approval::announces_the_edit;
use crate::workflow::rows::{ROCKET, first_plan, ignored, is, refused, started};
use crate::workflow::words::{
    Story, ann, approve, asks, asks_questions, edited_into, facts, facts_at_head, facts_by_review,
    fails, gives_up, implement, planned, planning, pushed_plan, requests_changes, review_approves,
    revise, ticks, ticks_start, tom,
};

/// A run is live that changes plan revision 1.
fn revising() -> Story {
    planned().then(asks(ann(), revise()))
}

/// Every way in which it comes to nothing and calls a person.
fn failed() -> Vec<Story> {
    vec![
        revising().then(fails(RunFailure::MoneyLimit)),
        revising().then(fails(RunFailure::TurnLimit)),
        revising().waits(TimerKind::Stuck),
        revising().then(gives_up(Purpose::Run)),
        revising().then(asks_questions(1)).then(gives_up(Purpose::Tell)),
    ]
}

#[track_caller]
fn starts_nothing(story: &Story) {
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

#[test]
fn the_plan_before_a_failed_revision_is_approved_where_it_stands() {
    for story in failed() {
        is(&story, "Blocked");
        assert!(story.effects().contains(&Effect::ShowPlanNews { revision: 1 }));
        assert!(story.effects().contains(&Effect::ShowPlanCheck { revision: 1 }));
        let story = story.then(asks(ann(), approve()));
        let approved = Some(UserId(1));
        assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved });
        assert!(story.effects().contains(&ROCKET));
        let gives_up = |it: &Effect| matches!(it, Effect::SetTimer { kind: TimerKind::GiveUp, .. });
        assert!(story.effects().iter().any(gives_up), "it waits for ever");
        starts_nothing(&story);
    }
    for tick in [ticks(ann(), 1), ticks_start(ann(), 1)] {
        for story in failed() {
            let story = story.then(tick.clone());
            assert!(matches!(story.stage().name(), "Planned" | "Working"), "{:?}", story.last);
        }
    }
}

#[test]
fn it_is_accepted_by_its_merge_like_any_plan_that_waits() {
    for story in failed() {
        let story = story.then(Event::PlanMerged { by: ann() });
        let approved = Some(UserId(1));
        assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved });
        assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
        starts_nothing(&story);
    }
}

#[test]
fn an_edit_of_its_file_is_the_next_revision() {
    for story in failed() {
        let story = story.given(facts_at_head(edited_into(2))).then(pushed_plan());
        let plan = PlanRef { revision: 2, hash: "hash 2".to_owned() };
        assert_eq!(*story.stage(), Stage::Planned { plan, approved: None });
        assert!(story.effects().contains(&Effect::Post { post: Post::PlanReady { revision: 2 } }));
        starts_nothing(&story);
    }
    for story in failed() {
        is(&story.then(pushed_plan()), "Blocked");
    }
}

#[test]
fn an_edit_of_it_that_nothing_heard_of_is_announced_to_whoever_approves() {
    for story in failed() {
        let story = story.given(facts_at_head(edited_into(2)));
        announces_the_edit(&story.then(asks(ann(), approve())));
    }
}

#[test]
fn it_is_reviewed_like_any_plan_that_waits() {
    for story in failed() {
        let story = story.then(requests_changes(ann(), "smaller"));
        is(&story, "Planning");
        let ask = Ask::Revise { revision: 1, text: "smaller".to_owned(), include: Vec::new() };
        assert_eq!(started(&story).1, ask);
    }
    for story in failed() {
        let story = story.given(facts_by_review()).then(review_approves(ann()));
        assert_eq!(story.stage().approved(), Some(UserId(1)));
        starts_nothing(&story);
    }
    // What never came out is no plan to review.
    let story = planning().then(fails(RunFailure::MoneyLimit));
    ignored(&story.then(requests_changes(ann(), "no")), Ignored::NotForThisStage);
}

#[test]
fn it_is_begun_and_ended_like_any_plan_that_waits() {
    for story in failed() {
        let story = story.then(asks(ann(), implement()));
        is(&story, "Working");
        assert!(matches!(started(&story), (Tier::Haiku, Ask::Task { revision: 1, .. }, _)));
    }
    for story in failed() {
        let story = story.then(asks(ann(), Command::Reject));
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::Rejected, .. }));
        assert!(story.effects().contains(&Effect::ClosePullRequest));
        let story = story.then(asks(ann(), Command::Retry));
        assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
        starts_nothing(&story);
    }
}

#[test]
fn what_keeps_a_plan_from_being_approved_keeps_this_one_too() {
    for story in failed() {
        let story = story.given(facts_at_head(PlanAtHead::Missing)).then(asks(ann(), approve()));
        refused(&story, &Unapproved::Missing);
        is(&story, "Blocked");
        let story = story.given(facts()).then(asks(tom(), approve()));
        is(&story, "Blocked");
        let story = story.then(asks(ann(), Command::Unapprove));
        refused(&story, &Unapproved::NotApproved);
        is(&story, "Blocked");
    }
    for event in [gives_up(Purpose::Publish), Event::BranchDeleted] {
        refused(&planned().then(event).then(asks(ann(), approve())), &Unapproved::NotOut);
    }
}

#[test]
fn a_revision_that_people_stopped_is_left_for_nothing() {
    let mut stories = failed();
    stories.push(revising());
    stories.push(revising().then(asks_questions(1)));
    for story in stories {
        let story = story.then(asks(ann(), Command::Stop)).then(asks(ann(), Command::Retry));
        assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
        starts_nothing(&story);
    }
    let closed = revising().then(Event::PullRequestClosed { merged: false });
    let story = closed.then(asks(ann(), Command::Retry));
    assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
    starts_nothing(&story);
}

#[test]
fn a_revision_that_was_interrupted_is_taken_up_again() {
    let story = planning().then(asks(ann(), Command::Stop)).then(asks(ann(), Command::Retry));
    assert_eq!(started(&story).1, Ask::Again, "there is no plan to go back to");
    let story = revising().then(fails(RunFailure::MoneyLimit)).then(asks(ann(), Command::Retry));
    assert_eq!(started(&story).1, Ask::Again, "it was what they asked for");
}
