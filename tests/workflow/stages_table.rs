//! The sections of `docs/WORKFLOW.md`: stages, and how a story comes to each.

use baton::domain::command::Command;
use baton::domain::workflow::{Ci, ControlLabel, Event, PlanAtHead, Report, RunFailure};

use super::related;
use super::stale_words::facts_stale;
use super::story::Story;
use super::words::{
    ann, approve, approved, asking, asks, asks_questions, at_limit, building, building_by_hand,
    checking, concludes, facts, facts_at_head, fails, handing, head, paused, planned, planning,
    pushed, pushing, ready, reports, reviewing, revise, says_answers, testing,
};

/// How a story comes to a stage.
pub(super) type Begin = fn() -> Story;

/// The stages, and where a stage answers in two ways, both.
pub(super) fn stages() -> Vec<(&'static str, &'static str, Begin)> {
    [on_the_way(), at_rest()].concat()
}

/// Both tasks were built by runs and are green.
fn built() -> Story {
    let pushes = || reports("fresh", Report::Pushed { sha: head() });
    let second = checking().then(concludes(Ci::Green)).then(reports("fresh", Report::TaskDone));
    second.then(pushes()).then(concludes(Ci::Green))
}

fn finds() -> Event {
    reports("fresh", Report::Findings { ask_for_work: false })
}

/// From the first sight of an issue to its end.
fn on_the_way() -> Vec<(&'static str, &'static str, Begin)> {
    vec![
        ("Seen", "Nobody has asked for anything yet.", || Story::new()),
        ("Planning", "A first planning run is live.", planning),
        ("Planning, revising", "A run is live that changes plan revision 1.", || {
            planned().then(asks(ann(), revise()))
        }),
        (
            "Asking",
            "The run is parked; two questions are open, and question 1 is answered.",
            || asking().then(says_answers(ann(), &[1])),
        ),
        ("Planned", "Plan revision 1 waits.", planned),
        ("Planned, approved", "Plan revision 1 waits, and it is approved.", approved),
        (
            "Planned, stale",
            "Files that plan revision 1 names changed since; people were asked.",
            || planned().given(facts_stale()).then(asks(ann(), approve())),
        ),
        ("Working", "A run on Haiku builds task t1; t2 waits for it.", building),
        ("HandingOver", "The run on Haiku was silent too long; it is asked for a note.", handing),
        ("Working, pushing", "Its changes are on their way to the branch.", pushing),
        ("Working, checking", "Its changes stand there, and the checks are awaited.", checking),
        (
            "Asking while building",
            "The run on Haiku is parked; it asked one question, which is answered.",
            || building().then(asks_questions(1)).then(says_answers(ann(), &[1])),
        ),
        ("Working by hand", "People build it with their own tools.", building_by_hand),
        ("Working by hand, adopted", "They build it in pull request 31.", related::adopted),
        ("Testing", "All tasks are done, and the test-agent looks.", testing),
        ("Reviewing", "The test-agent found nothing, and the review-agent looks.", reviewing),
        ("Ready", "All tasks are done, and nothing was found.", ready),
        ("Testing, built by Baton", "The same where a run built all of it.", built),
        ("Reviewing, built by Baton", "The same behind the test-agent.", || built().then(finds())),
        ("Ready, built by Baton", "The same behind both.", || built().then(finds()).then(finds())),
        (
            "Ready, and just closed",
            "The merge may have closed the issue: it is waited for.",
            || ready().then(Event::Closed),
        ),
        ("Done", "The work was merged.", || {
            ready().then(Event::PullRequestClosed { merged: true })
        }),
    ]
}

/// Where work waits for people, or has stopped.
fn at_rest() -> Vec<(&'static str, &'static str, Begin)> {
    vec![
        ("Paused", "Somebody paused a first planning run.", paused),
        ("Paused while it asks", "Two questions are open, and question 1 is answered.", || {
            asking().then(says_answers(ann(), &[1])).then(asks(ann(), Command::Pause))
        }),
        ("Paused while checks run", "Somebody paused while the checks of task t1 ran.", || {
            checking().then(asks(ann(), Command::Pause))
        }),
        ("Paused, and a run is owed", "The checks failed once while it was paused.", || {
            checking().then(asks(ann(), Command::Pause)).then(concludes(Ci::Red))
        }),
        ("Paused at a limit", "The next call of the planning run could pass a limit.", at_limit),
        ("Paused by hand", "Somebody paused while people build it.", || {
            building_by_hand().then(asks(ann(), Command::Pause))
        }),
        ("Paused by label", "`baton:pause` is on while a run builds task t1.", || {
            building().then(Event::Labelled { by: ann(), label: ControlLabel::Pause })
        }),
        ("Paused by the server", "Whoever runs it has stopped everything in task t1.", || {
            building().then(Event::Halted)
        }),
        ("Paused by a suspension", "The installation was suspended in task t1.", || {
            building().then(Event::Suspended)
        }),
        ("Paused, approved", "Somebody paused while plan revision 1 waited, approved.", || {
            approved().then(asks(ann(), Command::Pause))
        }),
        ("Blocked for a yes", "What task t1 changed needs a yes.", || {
            let needs_yes = Report::PushRefused { needs_yes: true, hash: "abc".to_owned() };
            pushing().then(reports("fresh", needs_yes))
        }),
        ("Blocked by findings", "What people built was looked at, and work was found.", || {
            testing().then(reports("fresh", Report::Findings { ask_for_work: true }))
        }),
        ("Blocked in a revision", "The run that was to change plan revision 1 failed.", || {
            planned().then(asks(ann(), revise())).then(fails(RunFailure::MoneyLimit))
        }),
        ("Blocked in the work", "Nobody knows how the checks of task t1 ended.", || {
            checking().then(concludes(Ci::Unverified))
        }),
        ("Blocked by the plan's file", "Somebody's push left no plan that reads.", || {
            building().given(facts_at_head(PlanAtHead::Missing)).then(pushed()).given(facts())
        }),
        ("Blocked by a run", "The run ended without a plan.", || {
            planning().then(fails(RunFailure::TurnLimit))
        }),
        ("Blocked by GitHub", "The branch with plan revision 1 was deleted.", || {
            planned().then(Event::BranchDeleted)
        }),
        ("Stopped in a run", "Somebody stopped while a run was live.", || {
            planning().then(asks(ann(), Command::Stop))
        }),
        ("Stopped with work", "Somebody stopped while a run built task t1.", || {
            building().then(asks(ann(), Command::Stop))
        }),
        ("Stopped by closing", "The issue was closed while plan revision 1 waited.", || {
            planned().then(Event::Closed)
        }),
        ("Stopped by closing, with work", "It was closed while a run built task t1.", || {
            building().then(Event::Closed)
        }),
        ("Stopped with the plan", "The plan's pull request was closed.", || {
            planned().then(Event::PullRequestClosed { merged: false })
        }),
    ]
}
