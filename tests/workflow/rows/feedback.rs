//! What people choose over what was computed is remembered with the decision.

use baton::domain::command::{Command, Rung};
use baton::domain::tier::{Complexity, Tier};
use baton::domain::workflow::{Ci, ControlLabel, Effect, Event, Feedback, How};

use crate::workflow::words::{
    Story, ann, approve, asks, building, checking, concludes, eve, handing, plan_on, planned, tom,
};

fn recorded(story: &Story) -> Vec<Feedback> {
    let feedback = |it: &Effect| match it {
        Effect::RecordFeedback { feedback } => Some(*feedback),
        _ => None,
    };
    story.effects().iter().filter_map(feedback).collect()
}

fn tier(computed: Tier, chosen: Tier, how: How) -> Vec<Feedback> {
    vec![Feedback::Tier { computed, chosen, how }]
}

#[test]
fn another_level_than_the_score_is_remembered_and_the_same_is_not() {
    let labels = |by, level| {
        let label = ControlLabel::Complexity(level);
        recorded(&Story::new().then(Event::Labelled { by, label }))
    };
    let (computed, chosen) = (Complexity::Medium, Complexity::Expert);
    assert_eq!(labels(tom(), chosen), [Feedback::Level { computed, chosen }]);
    assert_eq!(labels(tom(), computed), []);
    assert_eq!(labels(eve(), chosen), []);
}

#[test]
fn another_tier_is_remembered_in_whatever_form_it_was_chosen() {
    let label = Event::Labelled { by: ann(), label: ControlLabel::Model(Tier::Haiku) };
    let story = Story::new().then(label.clone());
    assert_eq!(recorded(&story), tier(Tier::Opus, Tier::Haiku, How::Label));
    assert_eq!(recorded(&building().then(label)), [], "it is built on Haiku already");
    let on_sonnet = Event::Labelled { by: ann(), label: ControlLabel::Model(Tier::Sonnet) };
    // The plan begins with a task for Haiku, and that is what the label changes.
    assert_eq!(recorded(&planned().then(on_sonnet)), tier(Tier::Haiku, Tier::Sonnet, How::Label));
    let story = Story::new().then(asks(ann(), plan_on(Tier::Sonnet)));
    assert_eq!(recorded(&story), tier(Tier::Opus, Tier::Sonnet, How::Option));
    assert_eq!(recorded(&Story::new().then(asks(ann(), plan_on(Tier::Opus)))), []);
    let implement = Command::Implement { manual: false, model: Some(Tier::Opus), anyway: false };
    let story = planned().then(asks(ann(), approve())).then(asks(ann(), implement));
    assert_eq!(recorded(&story), tier(Tier::Haiku, Tier::Opus, How::Option));
    let up = || asks(ann(), Command::handoff(Rung::Up));
    assert_eq!(recorded(&building().then(up())), tier(Tier::Haiku, Tier::Sonnet, How::Handoff));
    assert_eq!(recorded(&handing().then(up())), tier(Tier::Sonnet, Tier::Opus, How::Handoff));
    let blocked = checking().then(concludes(Ci::Silent)).then(up());
    assert_eq!(recorded(&blocked), tier(Tier::Haiku, Tier::Sonnet, How::Handoff));
}

#[test]
fn a_tier_of_the_plans_table_builds_and_is_remembered_with_the_first_approval() {
    let mut story = planned();
    story.facts.tasks[0].tier = Some(Tier::Opus);
    let approved = story.then(asks(ann(), approve()));
    assert_eq!(recorded(&approved), tier(Tier::Haiku, Tier::Opus, How::Table));
    let again = approved.then(asks(ann(), approve()));
    assert_eq!(recorded(&again), []);
    let implement = Command::Implement { manual: false, model: None, anyway: false };
    let begun = again.then(asks(ann(), implement.clone()));
    assert_eq!(recorded(&begun), []);
    assert_eq!(begun.stage().work().map(|it| it.tier), Some(Tier::Opus));

    let mut story = planned();
    story.facts.tasks[0].tier = Some(Tier::Opus);
    story.facts.built_tasks = story.facts.tasks.clone();
    let begun = story.then(asks(ann(), implement));
    assert_eq!(recorded(&begun), [], "the revision before said so, too");
}

#[test]
fn what_baton_chooses_by_itself_is_nobodys_override() {
    let red = checking().then(concludes(Ci::Red));
    assert_eq!(recorded(&red), []);
    assert_eq!(recorded(&building().waits(baton::domain::workflow::TimerKind::Stuck)), []);
}
