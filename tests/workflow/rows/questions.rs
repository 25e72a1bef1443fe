//! What happens while the question of whoever builds is open.

use baton::domain::workflow::{Ask, Block, Effect, Event, Ignored, Stage};

use super::{ignored, is, started};
use crate::workflow::deeds::ticked_in_file;
use crate::workflow::words::{Story, ann, asking, asks_questions, building, ticks_task};

/// The model that builds t1 asks.
fn question() -> Story {
    building().then(asks_questions(1))
}

#[test]
fn without_its_branch_nobody_needs_an_answer() {
    let story = question().then(Event::BranchDeleted);
    let Stage::Blocked { why: Block::BranchDeleted, held } = story.stage() else {
        panic!("{:?}", story.last)
    };
    assert!(held.work.is_some());
    assert!(story.effects().iter().any(|it| matches!(it, Effect::StopRun { .. })));
    // A planner needs none.
    ignored(&asking().then(Event::BranchDeleted), Ignored::NothingDepends);
}

#[test]
fn a_tick_in_the_file_counts_while_a_question_is_open() {
    let story = question().then(ticked_in_file(&["t1"], &[]));
    assert!(matches!(started(&story).1, Ask::Task { task, .. } if task == "t2"));
    // Another task than the one it is about leaves the question open.
    let story = building().then(ticks_task(ann(), "t1", true)).then(asks_questions(1));
    let story = story.then(ticked_in_file(&[], &["t1"]));
    is(&story, "Asking");
    assert!(story.stage().work().is_some_and(|it| it.done.is_empty()));
    ignored(&question().then(ticked_in_file(&[], &["t1"])), Ignored::NothingNew);
    ignored(&asking().then(ticked_in_file(&["t1"], &[])), Ignored::NotForThisStage);
}
