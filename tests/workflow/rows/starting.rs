//! From an approval to the first run: by the box, or by itself where the server says so. And what
//! the check of a plan shows on the way.

use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::tier::Tier;
use baton::domain::workflow::{
    Ask, Effect, Event, Facts, PlanRef, Purpose, Refused, RunFailure, Stage, TimerKind, Unapproved,
    Unbuilt,
};

use crate::workflow::rows::approval::announces_the_edit;
use crate::workflow::rows::{is, refused, started};
use crate::workflow::words::{
    Story, ann, approve, approved, asks, building, building_by_hand, edited_into, facts,
    facts_at_head, facts_that_start, fails, gives_up, planned, planning, pushed, ready, revise,
    submits, ticks, ticks_start, ticks_task, tom,
};

fn starts(story: &Story) -> bool {
    story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }))
}

/// The last decision shows the checks of exactly these revisions anew.
#[track_caller]
fn shows(story: &Story, revisions: &[u16]) {
    let revision = |it: &Effect| match it {
        Effect::ShowPlanCheck { revision } => Some(*revision),
        _ => None,
    };
    let shown: Vec<u16> = story.effects().iter().filter_map(revision).collect();
    assert_eq!(shown, revisions, "{:?}", story.effects());
}

#[test]
fn the_box_under_an_approval_starts_what_was_approved() {
    let story = approved().then(ticks_start(ann(), 1));
    is(&story, "Working");
    assert!(starts(&story));
    assert_eq!(story.stage().work().map(|it| it.approved), Some(ann().id));
}

#[test]
fn the_box_is_bound_to_its_revision_and_to_what_stands_at_the_head() {
    refused(&approved().then(ticks_start(ann(), 2)), &Unapproved::OtherRevision { newest: 1 });
    let edited = approved().given(facts_at_head(edited_into(2)));
    announces_the_edit(&edited.then(ticks_start(ann(), 1)));
    refused(&building().then(ticks_start(ann(), 1)), &Unbuilt::AlreadyBuilding);
}

#[test]
fn nobody_without_write_starts_by_the_box_and_it_is_open_again() {
    let story = approved().then(ticks_start(tom(), 1));
    is(&story, "Planned");
    assert_eq!(story.effects().first(), Some(&Effect::ShowPlanNews { revision: 1 }));
    let halted = Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() };
    refused(&approved().given(halted).then(ticks_start(ann(), 1)), &Refused::Halted);
}

#[test]
fn an_approval_starts_by_itself_only_where_the_server_says_so() {
    for event in [asks(ann(), approve()), ticks(ann(), 1)] {
        assert!(!starts(&planned().then(event.clone())));
        assert!(starts(&planned().given(facts_that_start()).then(event)));
    }
    is(&planned().given(facts_that_start()).then(asks(tom(), approve())), "Planned");
}

#[test]
fn an_approval_that_cannot_start_is_kept_all_the_same() {
    let policy = facts_that_start().policy;
    for policy in
        [Policy { halted: true, ..policy.clone() }, Policy { planner_available: false, ..policy }]
    {
        let story = planned().given(Facts { policy, ..facts() }).then(asks(ann(), approve()));
        is(&story, "Planned");
        assert_eq!(story.stage().approved(), Some(ann().id));
    }
}

#[test]
fn a_merged_plan_is_approved_and_not_started_whatever_the_server_says() {
    let story = planned().given(facts_that_start()).then(Event::PlanMerged { by: ann() });
    is(&story, "Planned");
    assert_eq!(story.stage().approved(), Some(ann().id));
}

#[test]
fn the_check_follows_where_the_approval_stands() {
    shows(&planning(), &[]);
    shows(&planned(), &[1]);
    shows(&approved(), &[1]);
    shows(&approved().then(asks(ann(), Command::Unapprove)), &[1]);
    shows(&planned().then(asks(ann(), revise())), &[1]);
    shows(&planned().then(asks(ann(), Command::Reject)), &[1]);
    shows(&planned().then(Event::Closed), &[1]);
    shows(&building().then(asks(ann(), revise())), &[1]);
    shows(&planned().then(asks(ann(), revise())).then(submits(2)), &[2]);
    let edited = planned().given(facts_at_head(edited_into(2))).then(pushed());
    shows(&edited, &[1, 2]);
}

#[test]
fn the_check_is_left_alone_while_nothing_changes_for_it() {
    shows(&building(), &[]);
    shows(&approved().then(asks(ann(), approve())), &[]);
    shows(&approved().then(asks(ann(), Command::Pause)), &[]);
    shows(&ready().then(Event::PullRequestClosed { merged: true }), &[]);
    shows(&building().then(asks(ann(), Command::Stop)), &[]);
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    shows(&merged.then(Event::Reopened { by: ann() }), &[]);
    shows(&planned().then(gives_up(Purpose::Courtesy)), &[]);
    shows(&planning().then(fails(RunFailure::TurnLimit)), &[]);
    for gone in [Event::Gone, Event::Uninstalled, Event::Suspended] {
        shows(&planned().then(gone), &[]);
    }
}

#[test]
fn a_check_is_shown_behind_everything_else() {
    let story = planned();
    assert_eq!(story.effects().last(), Some(&Effect::ShowPlanCheck { revision: 1 }));
    let first = PlanRef { revision: 1, hash: "hash 1".to_owned() };
    assert_eq!(*story.stage(), Stage::Planned { plan: first, approved: None });
}

#[test]
fn the_model_for_the_first_task_counts_where_work_waits_for_a_person() {
    let auto = || Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    let story = building_by_hand().then(gives_up(Purpose::Publish));
    is(&story, "Blocked");
    let (tier, ask, _) = started(&story.then(asks(ann(), auto())));
    assert!(matches!(ask, Ask::Task { .. }), "{ask:?}");
    assert_eq!(tier, Tier::Opus);
}

#[test]
fn the_pull_request_shows_the_work_when_it_begins_and_when_it_gets_on() {
    let shows = |story: &Story| story.effects().contains(&Effect::ShowWork { revision: 1 });
    assert!(shows(&building()));
    let story = building_by_hand().then(ticks_task(ann(), "t1", true));
    assert!(shows(&story), "{:?}", story.effects());
    for story in [building().waits(TimerKind::Stuck), building().then(asks(ann(), Command::Pause))]
    {
        assert!(!shows(&story), "nothing that it shows has changed: {:?}", story.effects());
    }
    // Its last text comes with the last commit, and what has ended is left alone.
    assert!(!shows(&ready()) && !shows(&building().then(Event::Closed)));
}
