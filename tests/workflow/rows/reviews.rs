//! Reviews of the plan's pull request by people, strangers and bots.

use baton::base::{Millis, Timestamp, UserId};
use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::workflow::{
    Actor, Ask, ControlLabel, Effect, Event, Facts, Ignored, PlanAtHead, Refused, Review,
    ReviewSays, Stage, Unapproved, Unpaused,
};

use crate::workflow::rows::approval::announces_the_edit;
use crate::workflow::rows::{ignored, is, posts, refused, sentence, started};
use crate::workflow::words::{
    NOW, Story, ann, approved, asking, asks, asks_questions, building, edited_into, eve, facts,
    facts_by_review, nobody, planned, planning, requests_changes, review_approves, reviews, robo,
    tom,
};

/// Somebody else with write access.
fn bob() -> Actor {
    Actor { id: UserId(9), login: "bob".to_owned(), ..ann() }
}

fn where_reviews_approve() -> Story {
    planned().given(facts_by_review())
}

fn dismissed(by: Actor, reviewer: &Actor) -> Event {
    reviews(by, ReviewSays::Dismissed { reviewer: Some(reviewer.id) })
}

#[test]
fn a_request_for_changes_sends_the_plan_back_in_the_reviewers_name() {
    let story = planned().then(requests_changes(bob(), "Smaller."));
    is(&story, "Planning");
    let (_, ask, requester) = started(&story);
    assert_eq!(ask, Ask::Revise { revision: 1, text: "Smaller.".to_owned(), include: Vec::new() });
    assert_eq!(requester, UserId(9));
    assert!(posts(&story).is_empty(), "{:?}", posts(&story));
}

#[test]
fn a_request_for_changes_voids_the_approval() {
    let story = approved().then(requests_changes(bob(), "Smaller."));
    is(&story, "Planning");
    let label = ControlLabel::Approved;
    assert!(story.effects().contains(&Effect::DropLabel { label }), "{:?}", story.effects());
}

#[test]
fn whoever_may_not_write_is_neither_heard_nor_answered() {
    for by in [tom(), eve(), Actor { author: true, ..tom() }] {
        ignored(&planned().then(requests_changes(by.clone(), "No.")), Ignored::NoRight);
        ignored(&where_reviews_approve().then(review_approves(by)), Ignored::NoRight);
    }
    ignored(&planned().then(requests_changes(robo(), "No.")), Ignored::ByBot);
    ignored(&where_reviews_approve().then(review_approves(robo())), Ignored::ByBot);
}

#[test]
fn whoever_could_not_be_checked_is_told() {
    let by = Actor { unchecked: true, ..nobody() };
    let story = planned().then(requests_changes(by, "Smaller."));
    let what = "requesting changes in a review".to_owned();
    let why = Refused::RightUnknown { what };
    refused(&story, &why);
    assert_eq!(story.effects(), [sentence("nobody", why)]);
}

#[test]
fn a_review_counts_only_while_a_plan_waits_or_is_changed() {
    for story in [Story::new(), planning(), asking(), building()] {
        ignored(&story.then(requests_changes(ann(), "No.")), Ignored::NotForThisStage);
    }
    let stopped = planned().then(asks(ann(), Command::Stop));
    ignored(&stopped.then(requests_changes(ann(), "No.")), Ignored::Ended);
}

/// It says what `/baton revise` says: the run that changes the plan hears it with its next turn.
#[test]
fn a_request_for_changes_joins_the_run_that_changes_the_plan() {
    let revising = || {
        planned()
            .then(asks(ann(), Command::Revise { text: "Smaller.".to_owned(), include: Vec::new() }))
    };
    let run = revising().state.stage.live_run().cloned().unwrap();
    let words = Effect::TellRun { run, text: "No map.".to_owned() };
    let told = revising().then(requests_changes(bob(), "No map."));
    assert!(told.effects().contains(&words), "{:?}", told.effects());
    let asked = revising().then(asks_questions(1)).then(requests_changes(bob(), "No map."));
    assert!(asked.effects().contains(&words), "{:?}", asked.effects());
    assert!(matches!(asked.state.stage, Stage::Planning { .. }), "it takes that for an answer");
    // What is being changed is not what was approved or looked at.
    let approving = where_reviews_approve()
        .then(asks(ann(), Command::Revise { text: "x".to_owned(), include: Vec::new() }));
    ignored(&approving.then(review_approves(ann())), Ignored::NotForThisStage);
}

#[test]
fn what_keeps_a_request_from_being_followed_is_said() {
    let says = |text: Option<&str>| {
        reviews(ann(), ReviewSays::RequestsChanges { text: text.map(str::to_owned) })
    };
    refused(&planned().then(says(None)), &Refused::ReviewUnread);
    ignored(&planned().then(says(Some(" "))), Ignored::SaysNothing);
    let paused = planned().then(asks(ann(), Command::Pause));
    refused(&paused.then(says(Some("Smaller."))), &Unpaused::Paused);
    let halted = Facts { policy: Policy { halted: true, ..Policy::default() }, ..facts() };
    refused(&planned().given(halted).then(says(Some("Smaller."))), &Refused::Halted);
    let closed = Facts { open: false, ..facts() };
    refused(&planned().given(closed).then(says(Some("Smaller."))), &Refused::ClosedIssue);
}

#[test]
fn a_review_approves_nothing_unless_the_operator_says_so() {
    let story = planned().then(review_approves(ann()));
    ignored(&story, Ignored::ReviewsApproveNothing);
    let story = where_reviews_approve().then(review_approves(bob()));
    is(&story, "Planned");
    assert_eq!(story.stage().approved(), Some(UserId(9)));
    assert!(posts(&story).is_empty(), "{:?}", posts(&story));
}

#[test]
fn a_review_approves_exactly_what_was_reviewed() {
    let older = reviews(ann(), ReviewSays::Approves { at_head: false });
    refused(&where_reviews_approve().then(older), &Unapproved::OtherCommit);
    let edited = Facts { plan_at_head: edited_into(2), ..facts_by_review() };
    announces_the_edit(&planned().given(edited).then(review_approves(ann())));
    let gone = Facts { plan_at_head: PlanAtHead::Missing, ..facts_by_review() };
    refused(&planned().given(gone).then(review_approves(ann())), &Unapproved::Missing);
    let later = Facts { announced: Some((1, NOW + Millis(1))), ..facts_by_review() };
    let story = planned().given(later).then(review_approves(ann()));
    refused(&story, &Unapproved::AnnouncedLater { newest: 1 });
}

#[test]
fn a_review_that_is_dismissed_takes_its_approval_back() {
    let by_review = where_reviews_approve().then(review_approves(bob()));
    let state = by_review.state.clone();
    let story = by_review.then(dismissed(ann(), &bob()));
    assert_eq!(story.stage().approved(), None);
    let label = ControlLabel::Approved;
    assert!(story.effects().contains(&Effect::DropLabel { label }), "{:?}", story.effects());
    let again = |event| Story { state: state.clone(), ..where_reviews_approve() }.then(event);
    // Somebody else's review, one of an earlier revision, and whoever may not.
    ignored(&again(dismissed(ann(), &ann())), Ignored::NothingDepends);
    let says = ReviewSays::Dismissed { reviewer: Some(bob().id) };
    let at = Review { at: Timestamp(NOW.0 - 1), says };
    ignored(&again(Event::Reviewed { by: ann(), review: at }), Ignored::NothingDepends);
    ignored(&again(dismissed(tom(), &bob())), Ignored::NoRight);
    ignored(&again(dismissed(robo(), &bob())), Ignored::ByBot);
    // It does not come back with what was stopped.
    let stopped = again(Event::Closed).given(facts_by_review());
    let stopped =
        |event| Story { state: stopped.state.clone(), ..where_reviews_approve() }.then(event);
    let reopened = Event::Reopened { by: ann() };
    let story = stopped(dismissed(ann(), &bob()));
    assert!(story.effects().contains(&Effect::DropLabel { label }), "{:?}", story.effects());
    assert_eq!(story.then(reopened.clone()).stage().approved(), None);
    assert_eq!(stopped(reopened).stage().approved(), Some(UserId(9)));
    ignored(&stopped(dismissed(ann(), &ann())), Ignored::NothingDepends);
    ignored(&stopped(dismissed(tom(), &bob())), Ignored::NoRight);
    ignored(&stopped(dismissed(robo(), &bob())), Ignored::ByBot);
    ignored(
        &approved().then(Event::Closed).then(dismissed(ann(), &ann())),
        Ignored::ReviewsApproveNothing,
    );
    // Where reviews approve nothing, dismissing one takes nothing back.
    ignored(&approved().then(dismissed(ann(), &ann())), Ignored::ReviewsApproveNothing);
}
