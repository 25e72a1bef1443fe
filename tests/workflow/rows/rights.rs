//! Who may, who is told why not, and how often.

use baton::domain::command::Command;
use baton::domain::permission::{Place, Refusal, Right};
use baton::domain::tier::Complexity;
use baton::domain::workflow::{
    Actor, ControlLabel, Effect, Event, Ignored, Refused, Request, TimerKind,
};

use crate::workflow::rows::{CONFUSED, ignored, is, refused, sentence};
use crate::workflow::words::{
    COMMENT, NOW, Story, ann, asks, eve, labels, nobody, plan, planned, planning, robo, tom,
};

#[test]
fn a_refusal_is_one_reaction_and_for_triage_one_sentence() {
    let needs = Refusal::TooLittle { needed: Right::Write, has: Right::Triage };
    let why = Refused::Right { what: "plan".to_owned(), refusal: needs };
    let story = Story::new().then(asks(tom(), plan()));
    assert_eq!(story.effects(), [CONFUSED, sentence("tom", why)]);
    let story = story.then(asks(Actor { told: true, ..tom() }, plan()));
    assert_eq!(story.effects(), [CONFUSED]);
}

#[test]
fn a_reader_gets_the_reaction_only_and_a_bot_nothing() {
    let story = Story::new().then(asks(eve(), plan()));
    assert_eq!(story.effects(), [CONFUSED]);
    let story = story.then(asks(robo(), plan()));
    ignored(&story, Ignored::ByBot);
}

#[test]
fn a_right_that_could_not_be_read_is_said_so() {
    let dan = Actor { unchecked: true, ..nobody() };
    let story = Story::new().then(asks(dan, plan()));
    let why = Refused::RightUnknown { what: "plan".to_owned() };
    assert_eq!(story.effects(), [CONFUSED, sentence("nobody", why)]);
}

#[test]
fn nobody_is_told_about_a_right_that_would_not_help_them_there() {
    let place = Place::ForkPullRequest;
    let request = Request::Command(plan());
    let by = Actor { unchecked: true, ..nobody() };
    let event = Event::Asked { by, comment: COMMENT, at: NOW, place, request };
    let refusal = Refusal::WrongPlace { place };
    refused(&Story::new().then(event), &Refused::Right { what: "plan".to_owned(), refusal });
}

#[test]
fn a_refused_label_is_taken_off_again() {
    let story = Story::new().then(labels(tom()));
    assert_eq!(story.effects().first(), Some(&Effect::DropLabel { label: ControlLabel::Plan }));
    assert_eq!(story.effects().len(), 2);
    is(&story, "Seen");
}

#[test]
fn a_strangers_commands_raise_no_allowance() {
    let mut story = planned().waits(TimerKind::Remind);
    let allowance = story.state.allowance;
    for _ in 0..9 {
        story = story.then(asks(eve(), plan()));
    }
    assert_eq!(story.state.allowance, allowance);
}

#[test]
fn a_label_that_could_not_be_checked_changes_nothing() {
    let label = ControlLabel::Complexity(Complexity::Trivial);
    let by = Actor { unchecked: true, ..nobody() };
    ignored(&Story::new().then(Event::Labelled { by, label }), Ignored::NoRight);
}

#[test]
fn whoever_asked_may_stop_also_after_losing_their_right() {
    let left = Actor { right: Right::Read, ..ann() };
    is(&planning().then(asks(left.clone(), Command::Stop)), "Stopped");
    is(&planning().then(asks(eve(), Command::Stop)), "Planning");
    is(&planning().then(asks(left, plan())), "Planning");
}
