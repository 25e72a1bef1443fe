//! Approval: bound to what stands at the head of the branch, given by people, voided by change.

use baton::base::{Millis, Timestamp, UserId};
use baton::domain::command::Command;
use baton::domain::permission::Right;
use baton::domain::workflow::{
    Actor, ControlLabel, Effect, Event, Facts, Ignored, PlanAtHead, PlanRef, Post, Refused, Stage,
    Stop, Unapproved,
};

use crate::workflow::rows::{ROCKET, first_plan, ignored, is, posts, refused};
use crate::workflow::words::{
    NOW, Story, ann, approve, approve_revision, approved, asking, asks, edited_into, facts,
    facts_at_head, implement, planned, planning, pushed, pushed_by, revise, robo, ticks,
    ticks_start, tom,
};

const DROP_LABEL: Effect = Effect::DropLabel { label: ControlLabel::Approved };

fn approver(story: &Story) -> Option<UserId> {
    story.stage().approved()
}

#[test]
fn a_plan_is_approved_by_command_by_box_and_by_label() {
    let label = Event::Labelled { by: ann(), label: ControlLabel::Approved };
    for event in [asks(ann(), approve()), asks(ann(), approve_revision(1)), ticks(ann(), 1), label]
    {
        let story = planned().then(event);
        assert_eq!(approver(&story), Some(UserId(1)));
        assert!(story.effects().contains(&Effect::ShowPlanNews { revision: 1 }));
        assert!(posts(&story).is_empty(), "an approval is an edit, not a comment");
    }
}

#[test]
fn an_approval_starts_nothing_and_spends_nothing() {
    let story = approved();
    is(&story, "Planned");
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

#[test]
fn of_two_approvals_the_first_stands_and_both_are_answered() {
    let second =
        approved().then(asks(Actor { id: UserId(9), login: "zoe".to_owned(), ..ann() }, approve()));
    assert_eq!(approver(&second), Some(UserId(1)));
    assert!(second.effects().contains(&ROCKET));
}

#[test]
fn approve_and_reject_within_a_second_have_one_outcome_and_both_are_told() {
    let rejected = approved().then(asks(ann(), Command::Reject));
    assert!(matches!(rejected.stage(), Stage::Stopped { why: Stop::Rejected, .. }));
    assert!(rejected.effects().contains(&Effect::ClosePullRequest));
    refused(&rejected.then(asks(ann(), approve())), &Refused::Ended);
}

#[test]
fn an_approval_names_the_newest_revision_or_is_refused() {
    refused(
        &planned().then(asks(ann(), approve_revision(2))),
        &Unapproved::OtherRevision { newest: 1 },
    );
    refused(&planned().then(ticks(ann(), 7)), &Unapproved::OtherRevision { newest: 1 });
}

#[test]
fn an_approval_without_a_number_means_what_was_announced_before_it() {
    let late = Facts { announced: Some((1, NOW + Millis(1))), ..facts() };
    let story = planned().given(late.clone());
    refused(&story.then(asks(ann(), approve())), &Unapproved::AnnouncedLater { newest: 1 });
    let story = planned().given(late).then(asks(ann(), approve_revision(1)));
    assert_eq!(approver(&story), Some(UserId(1)));
}

#[test]
fn only_what_stands_at_the_head_can_be_approved() {
    let at_head = |head| planned().given(facts_at_head(head)).then(asks(ann(), approve()));
    announces_the_edit(&at_head(edited_into(2)));
    refused(&at_head(PlanAtHead::Missing), &Unapproved::Missing);
    refused(&at_head(PlanAtHead::Unknown), &Unapproved::Unread);
    refused(&at_head(PlanAtHead::NotRead), &Unapproved::Unread);
    let sentence = "line 3: no".to_owned();
    let invalid = at_head(PlanAtHead::Invalid(sentence.clone()));
    refused(&invalid, &Unapproved::Invalid { sentence });
}

#[test]
fn nobody_without_write_and_no_bot_approves() {
    let tick = planned().then(ticks(tom(), 1));
    assert_eq!(tick.effects().first(), Some(&Effect::ShowPlanNews { revision: 1 }));
    assert_eq!(approver(&tick), None);
    assert_eq!(approver(&planned().then(asks(tom(), approve()))), None);
    ignored(&planned().then(ticks(robo(), 1)), Ignored::ByBot);
    ignored(&planned().then(asks(robo(), approve())), Ignored::ByBot);
}

#[test]
fn a_push_that_edits_the_plan_makes_the_next_revision_and_voids_the_approval() {
    let story = approved().given(facts_at_head(edited_into(2))).then(pushed());
    let second = PlanRef { revision: 2, hash: "hash 2".to_owned() };
    assert_eq!(*story.stage(), Stage::Planned { plan: second, approved: None });
    assert_eq!(posts(&story), [&Post::PlanReady { revision: 2 }]);
    assert!(story.effects().contains(&DROP_LABEL));
    let past = Effect::ShowPlanNews { revision: 1 };
    assert!(story.effects().contains(&past), "revision 1 is still called approved");
    assert_eq!(story.state.revision, 2);
    refused(
        &story.given(facts()).then(asks(ann(), approve_revision(1))),
        &Unapproved::OtherRevision { newest: 2 },
    );
}

#[test]
fn a_push_that_leaves_the_plan_alone_leaves_the_approval() {
    ignored(&approved().then(pushed()), Ignored::NothingNew);
}

/// A file that was mended is not called broken any longer.
#[test]
fn a_push_that_leaves_a_waiting_plan_as_it_is_writes_its_status() {
    for forced in [false, true] {
        let story = planned().then(pushed_by(forced, false));
        assert_eq!(*story.stage(), *planned().stage());
        assert_eq!(story.effects(), [Effect::UpsertStatus]);
    }
}

#[test]
fn a_rewritten_history_voids_the_approval() {
    let story = approved().then(pushed_by(true, false));
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
    assert!(story.effects().contains(&DROP_LABEL));
}

/// Law 11 counts acts of people.
#[test]
fn a_push_by_a_bot_allows_no_comment() {
    for forced in [false, true] {
        let story = approved().given(facts_at_head(edited_into(2)));
        let allowance = story.state.allowance;
        let story = story.then(pushed_by(forced, true));
        assert_eq!(posts(&story).len(), 1);
        assert_eq!(story.state.allowance, allowance - 1);
    }
}

#[test]
fn a_plan_that_cannot_be_read_any_more_is_not_approved_any_more() {
    for head in
        [PlanAtHead::Invalid("line 3: no".to_owned()), PlanAtHead::Missing, PlanAtHead::Unknown]
    {
        let story = approved().given(facts_at_head(head)).then(pushed());
        assert_eq!(approver(&story), None);
    }
}

#[test]
fn approve_then_push_and_push_then_approve_are_two_named_outcomes() {
    let edited = || facts_at_head(edited_into(2));
    let pushed_last = approved().given(edited()).then(pushed());
    assert_eq!(approver(&pushed_last), None);
    let pushed_first = planned().given(edited()).then(asks(ann(), approve()));
    announces_the_edit(&pushed_first);
    let pushed_first = pushed_first.given(facts()).then(pushed());
    let named = pushed_first.then(asks(ann(), approve_revision(2)));
    assert_eq!(approver(&named), Some(UserId(1)));
}

#[test]
fn unapprove_takes_it_back_once() {
    let story = approved().then(asks(ann(), Command::Unapprove));
    assert_eq!(approver(&story), None);
    assert!(story.effects().contains(&DROP_LABEL));
    refused(&story.then(asks(ann(), Command::Unapprove)), &Unapproved::NotApproved);
}

#[test]
fn taking_the_label_off_takes_the_approval_back_and_asks_nobody_without_the_right() {
    let off = |by| Event::Unlabelled { by, label: ControlLabel::Approved };
    assert_eq!(approver(&approved().then(off(ann()))), None);
    ignored(&approved().then(off(tom())), Ignored::NoRight);
    ignored(&planned().then(off(ann())), Ignored::NothingNew);
}

#[test]
fn a_revision_is_never_approved_by_what_approved_the_one_before_it() {
    let story = approved().then(asks(ann(), revise()));
    is(&story, "Planning");
    assert!(story.effects().contains(&DROP_LABEL));
}

#[test]
fn closing_and_reopening_finds_the_approval_again() {
    let story = approved().then(Event::Closed).then(Event::Reopened { by: ann() });
    assert_eq!(approver(&story), Some(UserId(1)));
}

#[test]
fn nothing_is_approved_before_there_is_a_plan() {
    refused(&Story::new().then(asks(ann(), approve())), &Unapproved::NoPlan);
    for story in [planning(), asking()] {
        refused(&story.then(asks(ann(), approve())), &Unapproved::BeingWritten { before: None });
    }
    let story = planned().then(asks(ann(), revise())).then(asks(ann(), approve()));
    refused(&story, &Unapproved::BeingWritten { before: Some(1) });
}

#[test]
fn a_rejected_plan_comes_back_by_retry_for_nothing() {
    let story = planned().then(asks(ann(), Command::Reject)).then(asks(ann(), Command::Retry));
    assert_eq!(*story.stage(), Stage::Planned { plan: first_plan(), approved: None });
    assert!(story.effects().contains(&Effect::UpsertPullRequest { revision: 1 }));
}

/// Merging the plan alone approves it, and starts nothing: the work gets a new branch and a new
/// pull request, and waits for whoever may spend.
#[test]
fn merging_the_plan_approves_what_stands_in_the_merged_tree() {
    let story = planned().then(Event::PlanMerged { by: ann() });
    assert_eq!(story.stage().approved(), Some(ann().id));
    assert_eq!(
        story.effects()[..2],
        [Effect::CommitPlan { revision: 1 }, Effect::UpsertPullRequest { revision: 1 }]
    );
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    let built = story.then(asks(ann(), implement()));
    assert_eq!(built.stage().name(), "Working");
}

#[test]
fn a_merge_that_may_not_approve_ends_the_plan() {
    for by in [tom(), robo(), Actor { unchecked: true, right: Right::None, ..ann() }] {
        let story = planned().then(Event::PlanMerged { by });
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::PlanMerged, .. }));
    }
    for head in [PlanAtHead::Missing, PlanAtHead::Unknown, PlanAtHead::Invalid("no".to_owned())] {
        let story = planned().given(facts_at_head(head)).then(Event::PlanMerged { by: ann() });
        assert!(matches!(story.stage(), Stage::Stopped { why: Stop::PlanMerged, .. }));
    }
}

#[test]
fn an_approval_outlives_the_merge_whoever_merged() {
    for by in [tom(), robo()] {
        let story = approved().then(Event::PlanMerged { by });
        assert_eq!(story.stage().approved(), Some(ann().id));
    }
}

#[test]
fn a_plan_that_was_changed_in_the_merge_is_the_next_revision() {
    let story = approved().given(facts_at_head(edited_into(2)));
    let story = story.then(Event::PlanMerged { by: ann() });
    assert_eq!(story.stage().approved(), None);
    assert_eq!(story.state.revision, 2);
    assert!(story.effects().contains(&Effect::Post { post: Post::PlanReady { revision: 2 } }));
}

/// GitHub may tell of the branch that went with the merge before it tells of the merge.
#[test]
fn a_branch_that_went_with_the_merge_blocks_nothing() {
    let story = planned().then(Event::BranchDeleted).then(Event::PlanMerged { by: ann() });
    assert_eq!(story.stage().approved(), Some(ann().id));
}

/// GitHub could not be asked for the right at once, and meanwhile another revision was announced.
#[test]
fn an_order_without_a_time_of_its_own_was_given_when_it_arrived() {
    let late = Facts { announced: Some((1, NOW)), arrived: Timestamp(NOW.0 - 1), ..facts() };
    let label = Event::Labelled { by: ann(), label: ControlLabel::Approved };
    let story = planned().given(late).then(label);
    refused(&story, &Unapproved::AnnouncedLater { newest: 1 });
}

/// Nothing is approved; what people made of the plan waits, and whoever meant the other is told.
#[track_caller]
pub(super) fn announces_the_edit(story: &Story) {
    let plan = PlanRef { revision: 2, hash: "hash 2".to_owned() };
    assert_eq!(*story.stage(), Stage::Planned { plan, approved: None }, "{:?}", story.last);
    let refusal = Unapproved::Edited { newest: 1 }.into();
    let told = Post::Refused { login: "ann".to_owned(), refusal };
    assert_eq!(posts(story), [&Post::PlanReady { revision: 2 }, &told]);
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
}

/// The push may never have been told of: its delivery was lost, or work had ended.
#[test]
fn an_edit_that_nothing_heard_of_is_announced_to_whoever_approves() {
    let label = Event::Labelled { by: ann(), label: ControlLabel::Approved };
    let start = asks(ann(), implement());
    for word in [asks(ann(), approve()), ticks(ann(), 1), ticks_start(ann(), 1), label, start] {
        for begin in [planned, approved] {
            let story = begin().given(facts_at_head(edited_into(2))).then(word.clone());
            announces_the_edit(&story);
            let told_late = story.given(facts()).then(pushed());
            assert!(posts(&told_late).is_empty(), "it is announced twice");
        }
    }
    let closed = planned().then(Event::Closed).given(facts_at_head(edited_into(2)));
    let reopened = closed.then(pushed()).then(Event::Reopened { by: ann() });
    announces_the_edit(&reopened.then(asks(ann(), approve())));
}

/// Who takes it back means it, also where nothing goes on just now.
#[test]
fn an_approval_that_is_taken_back_while_work_stands_still_does_not_come_back() {
    let off = || Event::Unlabelled { by: ann(), label: ControlLabel::Approved };
    let stops = [Event::Closed, asks(ann(), Command::Stop), Event::BranchDeleted];
    for stop in stops {
        let story = approved().then(stop.clone());
        assert_eq!(approver(&story.then(off()).then(reopened_or_retried(&stop))), None);
        let story = approved().then(stop.clone()).then(reopened_or_retried(&stop));
        let is_kept = stop != Event::BranchDeleted;
        assert_eq!(approver(&story).is_some(), is_kept, "{:?}", story.last);
    }
    let stopped = planned().then(Event::Closed).then(off());
    ignored(&stopped, Ignored::NothingNew);
    let by_tom = Event::Unlabelled { by: tom(), label: ControlLabel::Approved };
    ignored(&approved().then(Event::Closed).then(by_tom), Ignored::NoRight);
    // A merge that is told of later finds no approval to go on by.
    let story = approved().then(Event::BranchDeleted).then(off());
    is(&story.then(Event::PlanMerged { by: robo() }), "Stopped");
}

fn reopened_or_retried(stop: &Event) -> Event {
    match stop {
        Event::Closed => Event::Reopened { by: ann() },
        _ => asks(ann(), Command::Retry),
    }
}
