//! `Blocked` and `Stopped`, and the state as it is stored.

use baton::base::{CommentId, UserId};
use baton::domain::command::Command;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Actor, Ask, Block, Effect, Event, Facts, Ignored, Post, Purpose, Refused, Report, RunFailure,
    Stage, State, Stop,
};

use crate::workflow::rows::{ROCKET, first_plan, ignored, is, posts, refused, started};
use crate::workflow::words::{
    COMMENT, Story, ann, answer, approve, asking, asks, building, checking, eve, facts, fails,
    gives_up, plan, plan_saying, planned, planning, ready, reports, revise, robo, submits, tom,
};

#[test]
fn a_retry_asks_again_what_the_run_was_asked() {
    let story = planning().then(fails(RunFailure::ProviderDown)).then(asks(ann(), Command::Retry));
    assert_eq!(started(&story).1, Ask::Again);
    assert_eq!(story.stage().plan(), None);
}

#[test]
fn whoever_retries_is_called_next_time() {
    let bob = Actor { id: UserId(7), login: "bob".to_owned(), ..ann() };
    let story = planning().then(fails(RunFailure::NoProgress)).then(asks(bob, Command::Retry));
    assert_eq!(started(&story).2, UserId(7));
    let story = story.then(fails(RunFailure::NoProgress));
    let why = Block::Run(RunFailure::NoProgress);
    assert_eq!(posts(&story), [&Post::Blocked { why, person: Some(UserId(7)) }]);
}

#[test]
fn blocked_in_a_revision_the_plan_before_it_is_still_known() {
    let story = planned().then(asks(ann(), revise())).then(fails(RunFailure::MoneyLimit));
    assert_eq!(story.stage().plan(), Some(&first_plan()));
    let story = story.then(asks(ann(), revise()));
    assert_eq!(
        started(&story).1,
        Ask::Revise { revision: 1, text: "smaller".to_owned(), include: Vec::new() }
    );
}

#[test]
fn stopped_is_left_by_retry_only_and_spends_only_if_a_run_was_live() {
    let story = planned().then(asks(ann(), Command::Stop));
    for command in [plan(), plan_saying("smaller"), revise(), answer(&[1]), Command::Stop] {
        refused(
            &planned().then(asks(ann(), Command::Stop)).then(asks(ann(), command)),
            &Refused::Ended,
        );
    }
    let story = story.then(asks(ann(), Command::Retry));
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::CommitPlan { .. })));
    assert!(story.effects().contains(&ROCKET));
}

#[test]
fn stop_forgets_the_comment_that_asked() {
    let story = planning().then(asks(tom(), Command::Stop));
    assert_eq!(story.state.asked_in, None);
    let story = story.then(asks(ann(), Command::Retry));
    assert_eq!(story.state.asked_in, Some(COMMENT));
}

#[test]
fn an_unpublished_plan_is_not_called_planned_after_stop_or_close() {
    for end in [asks(ann(), Command::Stop), Event::Closed] {
        let story = planned().then(gives_up(Purpose::Publish)).then(end);
        let story = story.then(asks(ann(), Command::Retry));
        assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
    }
    let story = planned().then(Event::BranchDeleted).then(Event::Closed);
    let story = story.then(Event::Reopened { by: eve() });
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::BranchDeleted, .. }));
    assert_eq!(story.effects(), [Effect::CancelTimers, Effect::UpsertStatus]);
}

#[test]
fn reopened_goes_back_to_what_stood_and_spends_nothing() {
    let story = planned().then(Event::Closed).then(Event::Reopened { by: eve() });
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
    let story = planned().then(asks(ann(), Command::Stop)).then(Event::Reopened { by: ann() });
    ignored(&story, Ignored::Ended);
}

#[test]
fn what_was_asked_for_waits_for_a_retry_after_a_reopening() {
    let paused = || planning().then(asks(ann(), Command::Pause));
    for under_way in [planning, asking, paused] {
        let story = under_way().then(Event::Closed).then(Event::Reopened { by: eve() });
        assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
        assert_eq!(story.effects(), [Effect::CancelTimers, Effect::UpsertStatus]);
        // It can be closed once more, and somebody may ask for something else.
        let story = story.then(Event::Closed).then(Event::Reopened { by: eve() });
        let story = story.then(asks(ann(), Command::Retry));
        assert_eq!(started(&story).1, Ask::Again);
        is(&story, "Planning");
        let story = under_way().then(Event::Closed).then(Event::Reopened { by: eve() });
        let story = story.then(asks(ann(), plan()));
        assert!(matches!(started(&story).1, Ask::Plan { .. }), "{:?}", story.effects());
    }
}

#[test]
fn a_revision_that_was_interrupted_leaves_the_plan_and_waits_for_a_retry() {
    let reopened = || {
        let story = planned().then(asks(ann(), revise())).then(Event::Closed);
        story.then(Event::Reopened { by: eve() })
    };
    let story = reopened();
    assert!(matches!(story.stage(), Stage::Blocked { why: Block::Interrupted, .. }));
    assert!(story.effects().contains(&Effect::ShowPlanNews { revision: 1 }));
    assert_eq!(started(&story.then(asks(ann(), Command::Retry))).1, Ask::Again);
    let story = reopened().then(asks(ann(), approve()));
    let approved = Some(ann().id);
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved });
}

#[test]
fn a_closed_issue_is_not_retried() {
    let closed = Facts { open: false, ..facts() };
    let story = planned().then(asks(ann(), Command::Stop)).given(closed.clone());
    refused(&story.then(asks(ann(), Command::Retry)), &Refused::ClosedIssue);
    let story = planned().then(Event::BranchDeleted).given(closed);
    refused(&story.then(asks(ann(), Command::Retry)), &Refused::ClosedIssue);
}

#[test]
fn a_closed_pull_request_is_opened_again_by_retry_without_paying() {
    let story = planned().then(Event::PullRequestClosed { merged: false });
    let story = story.then(asks(ann(), Command::Retry));
    assert!(story.effects().contains(&Effect::UpsertPullRequest { revision: 1 }));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

#[test]
fn a_merged_plan_that_nobody_approved_is_published_again_by_retry() {
    let story = planned().then(Event::PullRequestClosed { merged: true });
    assert!(matches!(story.stage(), Stage::Stopped { why: Stop::PlanMerged, .. }));
    let story = story.then(asks(ann(), Command::Retry));
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
    assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
}

#[test]
fn a_pull_request_closed_after_the_issue_is_remembered() {
    let story = planned().then(Event::Closed).then(Event::PullRequestClosed { merged: false });
    let story = story.then(asks(ann(), Command::Retry));
    assert!(story.effects().contains(&Effect::CommitPlan { revision: 1 }));
}

#[test]
fn a_report_after_the_end_changes_nothing() {
    let story = planning().then(asks(ann(), Command::Stop)).then(submits(1));
    ignored(&story, Ignored::NotLiveRun);
    ignored(&planning().then(reports("old", Report::Questions { count: 1 })), Ignored::NotLiveRun);
}

#[test]
fn each_of_several_commands_in_a_comment_allows_one_answer() {
    let mut story = Story::new();
    for _ in 0..9 {
        story = story.then(asks(ann(), Command::Help { command: None }));
        assert_eq!(posts(&story).len(), 1);
    }
}

#[test]
fn states_stored_by_an_older_version_read() {
    let old = r#"{"stage":{"name":"blocked","why":{"run":"turn_limit"},
        "held":{"run":true,"plan":null}},"epoch":7,"allowance":2,"revision":0,"requester":1,
        "asked_in":null,"override_level":null,"shown_level":"medium","has_status":true}"#;
    let state: State = serde_json::from_str(old).unwrap();
    assert_eq!(state.tier, None);
    let story = Story { state, ..Story::new() }.then(asks(ann(), Command::Retry));
    assert_eq!(started(&story).0, Tier::Opus);
    assert_eq!(story.state.asked_in, Some(CommentId(1)));
}

/// Money spent and the level that a person set stay; what was asked and approved does not.
#[test]
fn an_issue_reopened_after_its_merge_begins_another_life() {
    let story = ready().then(Event::PullRequestClosed { merged: true });
    ignored(&story.then(Event::Reopened { by: robo() }), Ignored::ByBot);
    let story = ready().then(Event::PullRequestClosed { merged: true });
    let revision = story.state.revision;
    let story = story.then(Event::Reopened { by: ann() });
    assert_eq!((story.stage(), story.state.life), (&Stage::Seen, 2));
    assert_eq!((story.state.revision, story.state.requester), (revision, None));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    let story = story.then(asks(ann(), plan()));
    assert_eq!(started(&story).0, Tier::Opus);
}

#[test]
fn work_whose_pull_request_was_closed_has_an_open_one_before_it_goes_on() {
    for story in [building(), checking(), ready()] {
        let story = story.then(Event::PullRequestClosed { merged: false });
        let story = story.then(asks(ann(), Command::Retry));
        let opened = Effect::UpsertPullRequest { revision: 1 };
        let at = story.effects().iter().position(|it| *it == opened);
        let starts = |it: &Effect| matches!(it, Effect::StartRun { .. });
        let begins = story.effects().iter().position(starts);
        assert!(at.is_some(), "{:?}", story.effects());
        assert!(begins.is_none() || at < begins, "{:?}", story.effects());
    }
    let story = building().then(asks(ann(), Command::Stop)).then(asks(ann(), Command::Retry));
    let opens = |it: &Effect| matches!(it, Effect::UpsertPullRequest { .. });
    assert!(!story.effects().iter().any(opens), "its pull request is open");
}
