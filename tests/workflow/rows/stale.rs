//! A plan whose files changed on the base branch: approved like any other, started only by somebody
//! who was told, asked about once.

use baton::domain::command::Command;
use baton::domain::policy::Policy;
use baton::domain::workflow::{
    Ask, BaseNow, ControlLabel, Effect, Event, Facts, Post, Purpose, Refused, ReviewSays,
    StaleAsked, Unapproved, Unbuilt, stale_asked,
};

use crate::workflow::rows::{ROCKET, is, posts, refused, started};
use crate::workflow::stale_words::{
    changed_into, facts_at_base, facts_stale, implement_anyway, ticks_anyway, ticks_refresh,
};
use crate::workflow::words::{
    Story, ann, approve, approved, asks, building, by_hand, edited_into, facts, facts_at_head,
    facts_by_review, facts_that_start, gives_up, implement, in_comment, mia, planned, pushed,
    reviews, revise, ticks, ticks_start, tom,
};
use baton::base::CommentId;

/// A stale plan that ann approved, so that people are asked.
fn asked() -> Story {
    planned().given(facts_stale()).then(asks(ann(), approve()))
}

fn starts(story: &Story) -> bool {
    story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. }))
}

/// How many times the last decision asks about a stale plan.
fn questions(story: &Story) -> usize {
    posts(story).iter().filter(|it| matches!(it, Post::Stale { .. })).count()
}

/// The last decision closes the question about revision 1 and these changes.
fn closes(story: &Story, id: &str) -> bool {
    let mark = changed_into(id).mark;
    story.effects().contains(&Effect::ShowStale { revision: 1, mark })
}

#[track_caller]
fn is_asked(story: &Story, id: &str) {
    is(story, "Planned");
    let expected = StaleAsked { revision: 1, mark: changed_into(id).mark };
    assert_eq!(stale_asked(&story.state), Some(&expected), "{:?}", story.effects());
}

#[test]
fn approving_a_stale_plan_is_recorded_and_asks_how_to_go_on() {
    let by_label = Event::Labelled { by: ann(), label: ControlLabel::Approved };
    for event in [asks(ann(), approve()), ticks(ann(), 1), by_label] {
        let story = planned().given(facts_stale()).then(event);
        is_asked(&story, "2");
        assert_eq!(story.stage().approved(), Some(ann().id));
        assert_eq!((questions(&story), starts(&story)), (1, false));
    }
    let by_review = Facts { base: facts_stale().base, ..facts_by_review() };
    let approves = reviews(ann(), ReviewSays::Approves { at_head: true });
    is_asked(&planned().given(by_review).then(approves), "2");
    assert!(asked().effects().contains(&ROCKET), "the approval ended well");
}

#[test]
fn a_base_that_changed_nothing_the_plan_names_says_nothing() {
    let story = planned().given(facts_at_base(BaseNow::Same)).then(asks(ann(), approve()));
    assert_eq!((questions(&story), stale_asked(&story.state)), (0, None));
    assert!(starts(&story.then(asks(ann(), implement()))));
}

#[test]
fn whatever_would_start_a_stale_plan_asks_instead() {
    let start = Command::Approve { revision: None, start: true };
    for event in [
        asks(ann(), start),
        asks(ann(), implement()),
        asks(ann(), by_hand()),
        ticks_start(ann(), 1),
        Event::Labelled { by: ann(), label: ControlLabel::Manual },
    ] {
        for story in [planned(), approved()] {
            let story = story.given(facts_stale()).then(event.clone());
            is_asked(&story, "2");
            assert_eq!((questions(&story), starts(&story)), (1, false));
            assert!(!story.effects().contains(&ROCKET), "what was asked for waits");
        }
    }
    let by_itself = Facts { base: facts_stale().base, ..facts_that_start() };
    let story = planned().given(by_itself).then(asks(ann(), approve()));
    is_asked(&story, "2");
    assert!(!starts(&story));
}

#[test]
fn a_label_that_says_by_hand_comes_off_while_nobody_builds() {
    let label = ControlLabel::Manual;
    let story = approved().given(facts_stale()).then(Event::Labelled { by: ann(), label });
    assert!(story.effects().contains(&Effect::DropLabel { label }));
}

#[test]
fn the_same_is_asked_once() {
    let again = asked().then(asks(mia(), approve()));
    is_asked(&again, "2");
    assert_eq!(questions(&again), 0);
    let by_itself = Facts { base: facts_stale().base, ..facts_that_start() };
    let again = asked().given(by_itself).then(asks(mia(), approve()));
    assert_eq!((questions(&again), starts(&again)), (0, false));
    for event in [asks(ann(), implement()), asks(ann(), by_hand()), ticks_start(ann(), 1)] {
        refused(&asked().then(event), &Unbuilt::Stale { changed: 1, of: 2 });
    }
}

#[test]
fn start_anyway_starts_what_was_asked_about() {
    for event in [ticks_anyway(ann(), 1, &changed_into("2")), asks(ann(), implement_anyway(false))]
    {
        let story = asked().then(event);
        is(&story, "Working");
        assert!(starts(&story) && closes(&story, "2"), "{:?}", story.effects());
        assert_eq!(story.stage().work().map(|it| it.approved), Some(ann().id));
        assert_eq!(story.state.stale_asked, None);
    }
    let by_hand = asked().then(asks(ann(), implement_anyway(true)));
    assert_eq!(by_hand.stage().work().map(|it| it.by_hand), Some(true));
    assert!(!starts(&by_hand));
}

#[test]
fn an_answer_about_other_changes_asks_anew() {
    let more = || facts_at_base(BaseNow::Stale(changed_into("3")));
    for event in [ticks_anyway(ann(), 1, &changed_into("2")), asks(ann(), implement_anyway(false))]
    {
        let story = asked().given(more()).then(event);
        is_asked(&story, "3");
        assert_eq!((questions(&story), starts(&story)), (1, false));
        assert!(closes(&story, "2"), "the first question is past");
    }
    let late = asked().given(more()).then(asks(ann(), implement()));
    let late = late.then(ticks_anyway(ann(), 1, &changed_into("2")));
    refused(&late, &Unbuilt::Stale { changed: 1, of: 2 });
    assert!(starts(&late.then(ticks_anyway(ann(), 1, &changed_into("3")))));
}

#[test]
fn nobody_starts_anyway_what_nobody_was_asked_about() {
    let story = approved().given(facts_stale()).then(asks(ann(), implement_anyway(false)));
    is_asked(&story, "2");
    assert!(!starts(&story));
}

#[test]
fn a_base_that_is_put_back_starts_like_any_other() {
    for event in [asks(ann(), implement()), ticks_anyway(ann(), 1, &changed_into("2"))] {
        let story = asked().given(facts()).then(event);
        assert!(starts(&story) && closes(&story, "2"));
    }
}

#[test]
fn refresh_plans_again_and_takes_the_approval_along() {
    let story = asked().then(ticks_refresh(ann(), 1, &changed_into("2")));
    is(&story, "Planning");
    let (_, ask, by) = started(&story);
    assert_eq!(by, ann().id);
    let Ask::Revise { revision: 1, text, include: _ } = ask else { panic!("{ask:?}") };
    assert!(text.contains(r#"["src/cache.rs"]"#), "{text}");
    assert!(closes(&story, "2"));
    assert!(story.effects().contains(&Effect::DropLabel { label: ControlLabel::Approved }));
}

#[test]
fn a_planner_is_told_what_changed_by_words_too() {
    let (_, ask, _) = started(&asked().then(asks(ann(), revise())));
    let Ask::Revise { text, .. } = ask else { panic!("{ask:?}") };
    assert!(text.starts_with("smaller\n") && text.contains("src/cache.rs"), "{text}");
    let unread = asked().given(facts_at_base(BaseNow::Unknown));
    let (_, ask, _) = started(&unread.then(ticks_refresh(ann(), 1, &changed_into("2"))));
    let Ask::Revise { text, .. } = ask else { panic!("{ask:?}") };
    assert!(!text.contains("src/cache.rs"), "{text}");
}

#[test]
fn the_boxes_of_a_question_that_is_past_do_nothing() {
    for story in [building(), asked().then(asks(ann(), revise()))] {
        let story = story.then(ticks_refresh(ann(), 1, &changed_into("2")));
        refused(&story, &Unbuilt::OldBox);
        assert!(closes(&story, "2"), "the box is shown as it is");
    }
    refused(&asked().then(ticks_refresh(ann(), 2, &changed_into("2"))), &Unbuilt::OldBox);
    let newer = Unapproved::OtherRevision { newest: 1 };
    refused(&asked().then(ticks_anyway(ann(), 2, &changed_into("2"))), &newer);
}

#[test]
fn an_edited_plan_leaves_the_question_behind() {
    let story = asked().given(facts_at_head(edited_into(2))).then(pushed());
    assert!(closes(&story, "2"));
    assert_eq!(story.state.stale_asked, None);
}

#[test]
fn starting_anyway_needs_the_right_to_start_and_refreshing_that_to_revise() {
    for event in
        [ticks_anyway(tom(), 1, &changed_into("2")), ticks_refresh(tom(), 1, &changed_into("2"))]
    {
        let story = asked().then(event);
        is_asked(&story, "2");
        assert!(closes(&story, "2"), "the box is open again");
        assert!(!starts(&story));
    }
    let halted = Policy { halted: true, ..Policy::default() };
    let halted = asked().given(Facts { policy: halted, ..facts_stale() });
    refused(&halted.then(ticks_anyway(ann(), 1, &changed_into("2"))), &Refused::Halted);
    let policy = Policy { planner_available: false, ..Policy::default() };
    let no_model = || approved().given(Facts { policy: policy.clone(), ..facts_stale() });
    refused(&no_model().then(asks(ann(), implement())), &Refused::NoModel);
    is_asked(&no_model().then(asks(ann(), by_hand())), "2");
}

#[test]
fn nothing_is_approved_while_the_base_cannot_be_read() {
    for base in [BaseNow::Unknown, BaseNow::NotRead] {
        for event in [asks(ann(), approve()), asks(ann(), implement()), ticks_start(ann(), 1)] {
            let story = planned().given(facts_at_base(base.clone())).then(event);
            refused(&story, &Unapproved::BaseUnread);
            assert_eq!(story.stage().approved(), None);
        }
        let story = asked().given(facts_at_base(base));
        refused(&story.then(asks(ann(), implement_anyway(false))), &Unapproved::BaseUnread);
    }
}

#[test]
fn a_question_that_nobody_could_read_is_asked_again() {
    let story = asked().then(gives_up(Purpose::Tell));
    assert_eq!(story.state.stale_asked, None);
    is_asked(&story.then(asks(ann(), implement())), "2");
}

#[test]
fn a_pause_keeps_the_question_and_starts_nothing() {
    let paused = asked().then(asks(ann(), Command::Pause));
    assert!(stale_asked(&paused.state).is_some());
    let story = paused.then(ticks_anyway(ann(), 1, &changed_into("2")));
    assert!(!starts(&story) && closes(&story, "2"));
    let story = planned().given(facts_stale()).then(asks(ann(), Command::Pause));
    assert_eq!(questions(&story.then(asks(ann(), approve()))), 1);
}

#[test]
fn each_person_who_asks_has_one_answer() {
    let other = in_comment(CommentId(2), asks(mia(), approve()));
    let story = asked().then(other);
    assert!(posts(&story).is_empty(), "{:?}", story.effects());
}
