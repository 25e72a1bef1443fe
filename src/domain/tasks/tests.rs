//! Boards are written as `t1 impl A; t2 test A <t1; t3 review`: id, kind, phase, blockers.

use super::*;
use crate::domain::plan::Verify;
use crate::domain::tier::Complexity;

fn task(text: &str) -> Task {
    let (head, blockers) = text.split_once('<').unwrap_or((text, ""));
    let mut words = head.split_whitespace();
    let id = words.next().unwrap().to_owned();
    let kind = match words.next() {
        Some("test") => TaskKind::Test,
        Some("docs") => TaskKind::Docs,
        Some("review") => TaskKind::Review,
        Some(_) | None => TaskKind::Implement,
    };
    Task {
        title: format!("Do {id}"),
        id,
        phase: words.next().unwrap_or_default().to_owned(),
        kind,
        complexity: Complexity::Simple,
        tier: None,
        files: Vec::new(),
        blocked_by: blockers.split_whitespace().map(str::to_owned).collect(),
        acceptance: vec!["It works".to_owned()],
        verify: Verify::None("a test".to_owned()),
    }
}

fn tasks(text: &str) -> Vec<Task> {
    text.split(';').map(|it| task(it.trim())).collect()
}

fn by_complexity(task: &Task) -> Tier {
    task.complexity.tier()
}

fn board(text: &str) -> Board {
    Board::of(&tasks(text), by_complexity).unwrap()
}

/// One operation: `start t1`, `done t1`, …
fn act(board: &mut Board, text: &str) -> Result<(), Refused> {
    let (verb, id) = text.split_once(' ').unwrap();
    match verb {
        "start" => board.start(id),
        "done" => board.done(id),
        "reopen" => board.reopen(id),
        "skip" => board.skip(id),
        other => panic!("{other}"),
    }
}

/// How a board stands: `t1 done, t2 active; next t3; t4 waits for t3; complete`.
fn standing(board: &Board) -> String {
    let states = board.tasks().iter().map(|it| format!("{} {}", it.id(), it.state.name()));
    let mut parts = vec![states.collect::<Vec<_>>().join(", ")];
    parts.extend(board.next_ready().map(|it| format!("next {}", it.id())));
    let blocked = board.blocked();
    parts.extend(
        blocked.iter().map(|it| format!("{} waits for {}", it.task.id(), it.waits_for.join(" "))),
    );
    if board.is_complete() {
        parts.push("complete".to_owned());
    }
    parts.join("; ")
}

/// Does `acts` in order (all but the last must succeed) and compares the refusal of the last, or
/// how the board then stands.
#[track_caller]
fn check(plan: &str, acts: &[&str], expected: &str) {
    let mut board = board(plan);
    let mut actual = String::new();
    for (i, it) in acts.iter().enumerate() {
        let before = board.clone();
        if let Err(refused) = act(&mut board, it) {
            assert_eq!(i + 1, acts.len(), "{it}: {refused}");
            assert_eq!(board, before, "a refused act changes nothing");
            actual = refused.to_string();
        }
    }
    let actual = if actual.is_empty() { standing(&board) } else { actual };
    assert_eq!(actual, expected);
}

const CHAIN: &str = "t1; t2 <t1; t3 test <t1 t2";

#[test]
fn the_next_task_is_the_first_whose_blockers_are_settled() {
    check(CHAIN, &[], "t1 open, t2 open, t3 open; next t1; t2 waits for t1; t3 waits for t1 t2");
    check(CHAIN, &["start t1"], "t1 active, t2 open, t3 open; t2 waits for t1; t3 waits for t1 t2");
    check(CHAIN, &["done t1"], "t1 done, t2 open, t3 open; next t2; t3 waits for t2");
    check(CHAIN, &["skip t3", "done t1", "skip t2"], "t1 done, t2 skipped, t3 skipped; complete");
    check("t1 <t2; t2", &[], "t1 open, t2 open; next t2; t1 waits for t2");
}

#[test]
fn phases_come_in_the_order_of_their_first_task() {
    let plan = "t1 impl A; t2 impl B; t3 impl A";
    check(plan, &["done t1"], "t1 done, t2 open, t3 open; next t3");
    check(plan, &["done t1", "done t3"], "t1 done, t2 open, t3 done; next t2");
    check("t1 impl A <t2; t2 impl B", &[], "t1 open, t2 open; next t2; t1 waits for t2");
}

#[test]
fn review_tasks_are_never_the_implementers() {
    check("t1; t2 review", &["done t1"], "t1 done, t2 open; complete");
    check("t1 review", &[], "t1 open; complete");
    check(
        "t1 review",
        &["start t1"],
        "t1 is a review task: it is an acceptance line for the review, not work to start.",
    );
    // What waits for a review waits for what the review waits for: nobody stands still.
    let plan = "t1; t2 review <t1; t3 <t2";
    check(plan, &[], "t1 open, t2 open, t3 open; next t1; t3 waits for t1");
    check(plan, &["done t1"], "t1 done, t2 open, t3 open; next t3");
}

#[test]
fn every_operation_is_total() {
    check(CHAIN, &["start t9"], "There is no task t9; the tasks are t1, t2, t3.");
    check(CHAIN, &["start t1", "start t1"], "t1 is active already.");
    check(CHAIN, &["done t1", "start t1"], "t1 is done; reopen it first.");
    check(CHAIN, &["start t3"], "t3 waits for t1, t2.");
    check("t1; t2", &["start t1", "start t2"], "t2 cannot start while t1 is being worked on.");
    check(CHAIN, &["done t1", "done t1"], "t1 is done already.");
    check("t1", &["skip t1", "done t1"], "t1 done; complete");
    check("t1", &["reopen t1"], "t1 is open already.");
    check("t1", &["start t1", "reopen t1"], "t1 is active, so there is nothing to take back.");
    check("t1", &["skip t1", "skip t1"], "t1 is skipped already.");
    check("t1", &["done t1", "skip t1"], "t1 is done; reopen it first.");
    check("t1", &["start t1", "skip t1"], "t1 skipped; complete");
}

#[test]
fn unticking_reopens() {
    check("t1; t2 <t1", &["done t1", "reopen t1"], "t1 open, t2 open; next t1; t2 waits for t1");
    check("t1", &["skip t1", "reopen t1"], "t1 open; next t1");
    // Another task is active: the reopened one is the next, not a second one at the same time.
    check("t1; t2 <t1", &["done t1", "start t2", "reopen t1"], "t1 open, t2 active; next t1");
}

#[test]
fn a_needed_task_is_not_skipped() {
    check(CHAIN, &["skip t1"], "t1 cannot be skipped: t2, t3 need it. Skip those first, or do t1.");
    check(
        CHAIN,
        &["skip t3", "skip t2", "skip t1"],
        "t1 skipped, t2 skipped, t3 skipped; complete",
    );
    // A dependant that a person has ticked needs nothing any more.
    check("t1; t2 <t1", &["done t2", "skip t1"], "t1 skipped, t2 done; complete");
}

#[test]
fn what_is_no_graph_is_refused_by_name() {
    let fault = |text| Board::of(&tasks(text), by_complexity).unwrap_err().to_string();
    assert_eq!(
        fault("t1 <t2; t2 <t1"),
        "t1 and t2 wait for each other, so that none can start: t1 → t2 → t1"
    );
    assert_eq!(
        fault("t1 <t7; t1"),
        "two tasks have the id t1; t1 waits for t7, which is not a task"
    );
    let json = serde_json::to_string(&board(CHAIN)).unwrap();
    assert_eq!(serde_json::from_str::<Board>(&json).unwrap(), board(CHAIN));
    let circle = json.replace("\"blocked_by\":[]", "\"blocked_by\":[\"t3\"]");
    let error = serde_json::from_str::<Board>(&circle).unwrap_err().to_string();
    assert!(error.contains("wait for each other"), "{error}");
}

#[test]
fn a_new_revision_keeps_what_is_still_the_same() {
    let mut old = board("t1; t2 <t1; t3; t4");
    for it in ["done t1", "done t2", "done t3", "start t4"] {
        act(&mut old, it).unwrap();
    }
    // t1: other edges and phase. t2: another title. t3: gone. t4: the same. t5: new.
    let mut new = tasks("t1 impl Later; t2 <t1; t4; t5 <t4");
    new[1].title.push_str(" anew");
    let merged = old.merged(&new, by_complexity).unwrap();
    assert_eq!(
        standing(&merged.board),
        "t1 done, t2 open, t4 active, t5 open; next t2; t5 waits for t4"
    );
    assert_eq!(merged.reset, ["t2"]);
    assert_eq!(merged.added, ["t5"]);
    assert_eq!(merged.dropped, ["t3"]);
    // Routed elsewhere: the plan's word is newer.
    let merged = old.merged(&new, |_| Tier::Opus).unwrap();
    assert_eq!(merged.board.get("t4").unwrap().tier, Tier::Opus);
    assert!(old.merged(&tasks("t1 <t1"), by_complexity).is_err());
}
