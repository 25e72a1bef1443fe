//! A plan that people change while it is built: what is done stays done.

use baton::domain::command::TaskAct;
use baton::domain::handoff::Trigger;
use baton::domain::plan::Task;
use baton::domain::workflow::{
    Ask, Block, Effect, Event, Facts, Ignored, PlanAtHead, Post, RunFailure, Stage, Verdict,
};

use super::{ignored, is, posts, started};
use crate::workflow::deeds::ticked_in_file;
use crate::workflow::words::{
    Story, ann, approve_revision, asks, building, edited_into, facts, facts_at_head, fails,
    implement, planned, pushed, revise, submits, task, tasks, ticks_task,
};

/// Task t1 is done, and a run is at t2.
fn second_task() -> Story {
    building().then(ticks_task(ann(), "t1", true))
}

/// Somebody edited the plan meanwhile, and it waits as revision 2.
fn edited() -> Story {
    second_task().given(facts_at_head(edited_into(2))).then(pushed()).given(facts())
}

/// Revision 2 is approved and started.
fn started_again(story: Story) -> Story {
    story.then(asks(ann(), approve_revision(2))).then(asks(ann(), implement()))
}

#[track_caller]
fn begins_with(story: &Story, expected: &str) {
    let Ask::Task { revision, task, trigger } = started(story).1 else { panic!("no task") };
    assert_eq!((revision, task.as_str(), trigger), (2, expected, Trigger::PlanningComplete));
    assert_eq!(story.state.built, None, "it is kept twice");
}

fn done(story: &Story) -> Vec<&str> {
    story.stage().work().into_iter().flat_map(|it| &it.done).map(String::as_str).collect()
}

#[test]
fn an_edited_plan_is_built_on_from_where_it_stood() {
    let story = edited();
    is(&story, "Planned");
    let story = started_again(story);
    begins_with(&story, "t2");
    assert_eq!(done(&story), ["t1"]);
}

#[test]
fn a_revised_plan_is_built_on_from_where_it_stood() {
    let story = second_task().then(asks(ann(), revise()));
    is(&story, "Planning");
    begins_with(&started_again(story.then(submits(2))), "t2");
    let called = second_task().then(fails(RunFailure::MoneyLimit)).then(asks(ann(), revise()));
    begins_with(&started_again(called.then(submits(2))), "t2");
}

#[test]
fn a_task_that_was_changed_is_open_again() {
    let changed = |change: fn(&mut Task)| {
        let mut tasks = tasks();
        change(&mut tasks[0]);
        started_again(edited().given(Facts { tasks, ..facts() }))
    };
    begins_with(&changed(|it| it.title = "Do it otherwise".to_owned()), "t1");
    begins_with(&changed(|it| it.acceptance.push("It is fast.".to_owned())), "t1");
    // Where a task stands and how hard it is taken to be undoes nothing.
    begins_with(&changed(|it| it.phase = "Later".to_owned()), "t2");
}

#[test]
fn a_plan_edited_twice_is_held_against_what_was_built() {
    let story = edited().given(facts_at_head(edited_into(3))).then(pushed()).given(facts());
    let story = story.then(asks(ann(), approve_revision(3))).then(asks(ann(), implement()));
    assert_eq!(done(&story), ["t1"]);
}

#[test]
fn what_was_skipped_and_the_bounds_of_the_work_outlive_a_revision() {
    let skips = |id| asks(ann(), task(id, TaskAct::Skip));
    let story = building().then(skips("t3")).then(skips("t2"));
    let mut story = story.given(facts_at_head(edited_into(2))).then(pushed()).given(facts());
    let built = story.state.built.as_mut().unwrap();
    (built.rounds, built.fixes, built.told_ready) = (2, 3, true);
    let story = started_again(story);
    begins_with(&story, "t1");
    let work = story.stage().work().unwrap();
    assert!(work.skipped.contains("t2"), "{work:?}");
    assert_eq!((work.rounds, work.fixes, work.told_ready), (2, 3, true));
}

#[test]
fn merging_what_was_built_is_the_end_also_while_a_changed_plan_waits() {
    let merged = |by| Event::PlanMerged { by };
    for event in [merged(ann()), Event::PullRequestClosed { merged: true }] {
        let story = edited().then(event);
        is(&story, "Done");
        assert_eq!(posts(&story), [&Post::Merged]);
        assert_eq!(story.state.built, None);
    }
    // Nothing was done yet: it is the plan that was merged.
    let story = building().given(facts_at_head(edited_into(2))).then(pushed());
    let story = story.given(facts_at_head(PlanAtHead::Same)).then(merged(ann()));
    is(&story, "Planned");
    is(&planned().then(merged(ann())), "Planned");
}

#[test]
fn what_was_built_is_gone_with_its_branch() {
    let revising = second_task().then(asks(ann(), revise())).then(Event::BranchDeleted);
    is(&revising, "Planning");
    assert_eq!((&revising.state.built, revising.verdict()), (&None, &Verdict::Done));
    begins_with(&started_again(revising.then(submits(2))), "t1");
    let waiting = edited().then(Event::BranchDeleted);
    is(&waiting, "Blocked");
    assert_eq!(waiting.state.built, None);
    let called = second_task().then(Event::BranchDeleted);
    let again = called.then(asks(ann(), baton::domain::command::Command::Retry));
    is(&again, "Planned");
    assert_eq!(again.state.built, None);
}

#[test]
fn a_tick_that_is_taken_away_in_the_file_reopens_the_task() {
    let story = second_task().then(ticked_in_file(&[], &["t1"]));
    assert_eq!(done(&story), Vec::<&str>::new());
    is(&story, "Working");
    ignored(&building().then(ticked_in_file(&[], &["t1"])), Ignored::NothingNew);
}

#[test]
fn ticks_in_the_file_count_while_a_person_is_called_and_start_nothing() {
    let called = building().then(fails(RunFailure::MoneyLimit));
    let story = called.then(ticked_in_file(&["t1"], &[]));
    let why = Block::Run(RunFailure::MoneyLimit);
    assert!(matches!(story.stage(), Stage::Blocked { why: it, .. } if *it == why));
    assert!(!story.effects().iter().any(|it| matches!(it, Effect::StartRun { .. })));
    let story = story.then(asks(ann(), baton::domain::command::Command::Retry));
    let Ask::Task { task, .. } = started(&story).1 else { panic!("no task") };
    assert_eq!(task, "t2");
}
