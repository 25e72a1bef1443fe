//! What people paid outside Baton.

use baton::base::MicroUsd;
use baton::domain::workflow::{Effect, Event, Facts, Money, Post, Reaction, Refused, Verdict};

use super::{ROCKET, posts, refused};
use crate::workflow::words::{
    COMMENT, Story, ann, asks, building, facts, paid, planned, planning, ready, tom,
};

#[test]
fn what_somebody_paid_is_booked_in_every_stage_and_read_back() {
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    for story in [Story::new(), planning(), planned(), building(), ready(), merged] {
        let stage = story.stage().clone();
        let story = story.then(asks(ann(), paid()));
        assert_eq!(*story.stage(), stage);
        let effects = story.effects();
        let eyes = Effect::React { comment: COMMENT, with: Reaction::Eyes };
        let booked = Effect::BookCost {
            comment: COMMENT,
            amount: MicroUsd::dollars(4),
            text: String::new(),
            by: ann().login,
        };
        assert_eq!(effects[..2], [eyes, booked]);
        assert_eq!(posts(&story), [&Post::Cost]);
        assert!(effects.contains(&ROCKET));
    }
}

#[test]
fn a_comment_books_one_amount_and_says_so() {
    let money = Money { booked: true, ..Money::default() };
    let story = planned().given(Facts { money, ..facts() }).then(asks(ann(), paid()));
    refused(&story, &Refused::CostBooked);
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::BookCost { .. })));
}

#[test]
fn nobody_without_write_enters_a_cost() {
    let story = planned().then(asks(tom(), paid()));
    assert!(matches!(story.verdict(), Verdict::Refused(Refused::Right { .. })));
}
