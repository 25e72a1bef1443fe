//! What GitHub may deliver in any order comes to the same end (`testing.md`, case 13).

use baton::domain::command::Command;
use baton::domain::policy::Mode;
use baton::domain::tier::Complexity;
use baton::domain::workflow::{ControlLabel, Event, Facts, Stage, State};

use super::words::{Story, ann, approved, asks, building, facts_in, labels, plan, planned, tom};

/// Every order of `events`.
fn orders(events: &[Event]) -> Vec<Vec<Event>> {
    if events.len() <= 1 {
        return vec![events.to_vec()];
    }
    let mut all = Vec::new();
    for i in 0..events.len() {
        let mut rest = events.to_vec();
        let first = rest.remove(i);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

/// Where a story ends, without what counts how it went there.
fn end(story: Story) -> State {
    State { epoch: 0, allowance: 0, ..story.state }
}

#[track_caller]
fn check(begin: fn() -> Story, facts: &Facts, events: &[Event]) {
    let told =
        |order: Vec<Event>| end(order.into_iter().fold(begin().given(facts.clone()), Story::then));
    let ends: Vec<State> = orders(events).into_iter().map(told).collect();
    for other in &ends {
        assert_eq!(other, &ends[0]);
    }
}

#[test]
fn opened_edited_labelled_and_asked_commute() {
    let level = ControlLabel::Complexity(Complexity::Expert);
    let level = Event::Labelled { by: tom(), label: level };
    for mode in Mode::ALL {
        let facts = facts_in(mode);
        check(Story::new, &facts, &[Event::Opened, Event::Edited, labels(ann())]);
        check(Story::new, &facts, &[Event::Opened, Event::Edited, asks(ann(), plan())]);
        check(Story::new, &facts, &[Event::Opened, Event::Edited, level.clone()]);
        check(Story::new, &facts, &[Event::Opened, level.clone(), asks(ann(), plan())]);
    }
}

/// However the ends of an issue and its plan come in, work rests, and a retry finds the plan again.
#[test]
fn closing_the_issue_the_pull_request_and_the_branch_commute() {
    let closed = Event::PullRequestClosed { merged: false };
    for events in [
        vec![Event::Closed, closed.clone()],
        vec![Event::BranchDeleted, closed.clone()],
        vec![Event::Closed, closed, Event::BranchDeleted],
    ] {
        for order in orders(&events) {
            let story = order.into_iter().fold(planned(), Story::then);
            // A deleted branch calls a person; GitHub closes its pull request right after.
            assert!(["Stopped", "Blocked"].contains(&story.stage().name()));
            let story = story.then(asks(ann(), Command::Retry));
            let Stage::Planned { plan, .. } = story.stage() else { panic!("{:?}", story.stage()) };
            assert_eq!(plan.revision, 1);
            let published = story.effects().iter().any(|it| it.name() == "commit plan");
            assert!(published, "the branch is gone, and the plan was not published again");
        }
    }
}

#[test]
fn merging_the_plan_and_closing_the_issue_commute() {
    let quiet = facts_in(Mode::Quiet);
    for begin in [planned, approved, building] {
        check(begin, &quiet, &[Event::Closed, Event::PlanMerged { by: ann() }]);
    }
    // So GitHub tells of it where it does not name the commit.
    let merged = Event::PullRequestClosed { merged: true };
    check(planned, &quiet, &[Event::Closed, merged.clone()]);
    check(planned, &quiet, &[Event::BranchDeleted, merged.clone()]);
}

#[test]
fn edited_and_closed_end_the_work_in_any_order() {
    for order in orders(&[Event::Opened, Event::Edited, Event::Closed]) {
        let observing = Story::new().given(facts_in(Mode::Observe));
        let story = order.into_iter().fold(observing, Story::then);
        assert_eq!(story.stage().name(), "Stopped");
    }
}
