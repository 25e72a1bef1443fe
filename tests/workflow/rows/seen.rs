//! `Seen`: the score, what the mode lets be seen of it, and what a run needs to start.

use baton::domain::command::Command;
use baton::domain::policy::{Mode, Policy};
use baton::domain::tier::Complexity;
use baton::domain::workflow::{
    ControlLabel, Effect, Event, Facts, Feedback, Ignored, Refused, Unbuilt,
};

use crate::workflow::rows::{ignored, is, refused};
use crate::workflow::words::{
    Story, ann, asks, eve, facts, facts_in, plan, plan_saying, ready, robo, tom,
};

#[test]
fn in_quiet_mode_an_opened_issue_shows_nothing() {
    ignored(&Story::new().then(Event::Opened), Ignored::Quiet);
}

#[test]
fn in_observe_mode_the_level_is_shown_once_and_again_when_it_changes() {
    let story = Story::new().given(facts_in(Mode::Observe)).then(Event::Opened);
    assert_eq!(story.effects(), [Effect::ShowLevel { level: Complexity::Medium }]);
    let story = story.then(Event::Edited);
    ignored(&story, Ignored::NothingNew);
    let harder = Facts { level: Complexity::Expert, ..facts_in(Mode::Observe) };
    let story = story.given(harder).then(Event::Edited);
    assert_eq!(story.effects(), [Effect::ShowLevel { level: Complexity::Expert }]);
}

#[test]
fn in_suggest_mode_the_analysis_stands_in_the_status_comment() {
    let story = Story::new().given(facts_in(Mode::Suggest)).then(Event::Opened);
    let level = Effect::ShowLevel { level: Complexity::Medium };
    assert_eq!(story.effects(), [level, Effect::UpsertStatus]);
}

#[test]
fn a_persons_level_wins_over_the_score_until_they_take_it_off() {
    let label = ControlLabel::Complexity(Complexity::Expert);
    let story = Story::new()
        .given(facts_in(Mode::Observe))
        .then(Event::Opened)
        .then(Event::Labelled { by: tom(), label });
    let (computed, chosen) = (Complexity::Medium, Complexity::Expert);
    let feedback = Feedback::Level { computed, chosen };
    let shown = Effect::ShowLevel { level: chosen };
    assert_eq!(story.effects(), [shown, Effect::RecordFeedback { feedback }]);
    let story = story.then(Event::Edited);
    ignored(&story, Ignored::NothingNew);
    let story = story.then(Event::Unlabelled { by: eve(), label });
    ignored(&story, Ignored::NoRight);
    let story = story.then(Event::Unlabelled { by: tom(), label }).then(Event::Edited);
    assert_eq!(story.effects(), [Effect::ShowLevel { level: Complexity::Medium }]);
}

#[test]
fn batons_own_label_is_its_echo() {
    let label = ControlLabel::Complexity(Complexity::Expert);
    let story = Story::new().then(Event::Labelled { by: robo(), label });
    ignored(&story, Ignored::ByBot);
    assert_eq!(story.state.override_level, None);
}

#[test]
fn an_empty_issue_is_planned_only_with_words() {
    let empty = Facts { has_text: false, ..facts() };
    let story = Story::new().given(empty).then(asks(ann(), plan()));
    refused(&story, &Refused::EmptyIssue);
    is(&story.then(asks(ann(), plan_saying("add a licence file"))), "Planning");
}

#[test]
fn nothing_starts_without_a_model_or_on_a_closed_issue() {
    let no_model = Policy { planner_available: false, ..Policy::default() };
    let story = Story::new().given(Facts { policy: no_model, ..facts() }).then(asks(ann(), plan()));
    refused(&story, &Refused::NoModel);
    let story = story.given(Facts { open: false, ..facts() }).then(asks(ann(), plan()));
    refused(&story, &Refused::ClosedIssue);
    is(&story, "Seen");
}

#[test]
fn a_suspended_installation_leaves_untouched_issues_alone() {
    let story = Story::new().then(Event::Suspended);
    ignored(&story, Ignored::NothingDepends);
    is(&story.then(asks(ann(), plan())), "Planning");
}

/// An end that only a retry leaves would be one for nothing, and `plan` would be refused behind it.
#[test]
fn where_nothing_has_begun_there_is_nothing_to_stop() {
    for by in [ann(), tom()] {
        let story = Story::new().then(asks(by, Command::Stop));
        refused(&story, &Refused::NothingToStop);
        is(&story.then(asks(ann(), plan())), "Planning");
    }
    let merged = ready().then(Event::PullRequestClosed { merged: true });
    refused(&merged.then(asks(ann(), Command::Stop)), &Unbuilt::Merged);
    let again = ready().then(Event::PullRequestClosed { merged: true });
    let again = again.then(Event::Reopened { by: ann() }).then(asks(ann(), Command::Stop));
    refused(&again, &Refused::NothingToStop);
}
