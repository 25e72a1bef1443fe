use super::*;
use crate::domain::plan::tests::{example, example_base};
use crate::domain::plan::{FileAction, FileChange, Verify};

/// Changes the example plan and compares the faults, one a line.
#[track_caller]
fn check_faults(change: impl FnOnce(&mut Plan), expected: &[&str]) {
    let mut plan = example();
    change(&mut plan);
    let faults = check(&plan, &example_base()).err().unwrap_or_default();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected);
}

fn add_file(plan: &mut Plan, path: &str, action: FileAction) {
    plan.files.push(FileChange { path: path.into(), action, reason: "Because of it.".into() });
}

#[test]
fn the_example_passes() {
    check_faults(|_| (), &[]);
}

#[test]
fn files_are_what_they_are_at_the_base_commit() {
    check_faults(
        |plan| plan.files[1].path = "src/util.rs".into(),
        &[
            "`files[1]` `src/util.rs` is marked modify but does not exist at the base commit; \
             did you mean `src/lib/util.rs`?",
            "`tasks[1].files` (t2 “Read through the cache”) names `src/rag.rs`, which is not \
             under the plan's files; add it there with its reason; did you mean `src/cache.rs`?",
        ],
    );
    check_faults(
        |plan| add_file(plan, "zzz.go", FileAction::Delete),
        &["`files[5]` `zzz.go` is marked delete but does not exist at the base commit; list the \
           folder to see what is there"],
    );
    check_faults(
        |plan| add_file(plan, "README.md", FileAction::Create),
        &["`files[5]` `README.md` is marked create but exists at the base commit; mark it modify"],
    );
    check_faults(
        |plan| add_file(plan, "src/lib", FileAction::Create),
        &["`files[5]` `src/lib` is marked create but is a folder at the base commit; name a file"],
    );
    check_faults(
        |plan| add_file(plan, "README.md/x", FileAction::Create),
        &["`files[5]` `README.md/x` cannot stand inside `README.md`, which is a file"],
    );
    check_faults(
        |plan| {
            add_file(plan, "README.md", FileAction::Delete);
            add_file(plan, "README.md/x", FileAction::Create);
        },
        &[],
    );
}

#[test]
fn names_that_differ_only_by_case_are_refused() {
    check_faults(
        |plan| add_file(plan, "readme.MD", FileAction::Create),
        &["`files[5]` `readme.MD` differs from `README.md` at the base commit only by case, and \
           many machines cannot hold both; use that spelling or another name"],
    );
    check_faults(
        |plan| add_file(plan, "Src/new.rs", FileAction::Create),
        &["`files[5]` `Src/new.rs` differs from `src` at the base commit only by case, and many \
           machines cannot hold both; use that spelling or another name"],
    );
    check_faults(
        |plan| add_file(plan, "src/Cache.rs", FileAction::Create),
        &["`files[5]` `src/Cache.rs` differs only by case: see files[0] `src/cache.rs`"],
    );
    check_faults(
        |plan| add_file(plan, "src/rag.rs", FileAction::Modify),
        &["`files[5]` `src/rag.rs` is listed twice: see files[1] `src/rag.rs`"],
    );
}

#[test]
fn unsafe_paths_are_refused_before_anything_else() {
    check_faults(
        |plan| add_file(plan, "../x", FileAction::Modify),
        &["`files[5]` `../x` has an empty, `.` or `..` part; write the plain path from the \
           repository's root"],
    );
    check_faults(
        |plan| add_file(plan, ".github/workflows/ci.yml", FileAction::Create),
        &[
            "`files[5]` `.github/workflows/ci.yml` is a workflow; Baton never changes workflows, so \
           leave it to a person and say so",
        ],
    );
    check_faults(
        |plan| add_file(plan, "CLAUDE.md", FileAction::Modify),
        &[
            "`files[5]` `CLAUDE.md` is an instruction file, which agents may not write; leave it to \
           a person and say so",
        ],
    );
}

#[test]
fn quoted_code_exists() {
    let example = |path: &str, from_line, to_line| {
        let path = path.to_owned();
        move |plan: &mut Plan| {
            plan.examples[0].path = path;
            plan.examples[0].from_line = from_line;
            plan.examples[0].to_line = to_line;
        }
    };
    check_faults(example("src/rag.rs", 120, 120), &[]);
    check_faults(example("README.md", 1, 9), &[]);
    check_faults(
        example("src/rag.rs", 100, 121),
        &["`examples[0]` `src/rag.rs` has only 120 lines at the base commit, the example ends at \
           121"],
    );
    check_faults(
        example("src/rag.rs", 9, 8),
        &["`examples[0]` `src/rag.rs` has the lines 9 to 8; count from 1, first before last"],
    );
    check_faults(
        example("rag.rs", 1, 2),
        &["`examples[0]` `rag.rs` does not exist at the base commit; did you mean `src/rag.rs`?"],
    );
    check_faults(
        example("README.md", 1, u32::MAX),
        &["`examples[0]` `README.md` is quoted over 4294967295 lines; name the at most 400 that \
           matter"],
    );
}

#[test]
fn tasks_are_complete() {
    check_faults(
        |plan| plan.tasks[0].acceptance = vec![" ".into()],
        &["`tasks[0].acceptance` (t1 “Add the `Cache` trait”) says nothing; name what must be \
           true when the task is done"],
    );
    check_faults(
        |plan| plan.tasks[0].verify = Verify::None("n/a".into()),
        &["`tasks[0].verify` (t1 “Add the `Cache` trait”) gives no reason; say why nothing can \
           check it"],
    );
    check_faults(
        |plan| plan.tasks[2].verify = Verify::Check(" ".into()),
        &["`tasks[2].verify` (t3 “Test hit, miss and expiry”) is empty; name a CI check or a \
           command, or say why there is none"],
    );
    check_faults(
        |plan| plan.tasks[2].id = "setup".into(),
        &["`tasks[2].id` (setup “Test hit, miss and expiry”) is not of the form t1, t2, t3, …"],
    );
    check_faults(
        |plan| plan.tasks[0].title.clear(),
        &["`tasks[0].title` (t1) says nothing; say what is done"],
    );
}

#[test]
fn the_task_graph_has_no_circle_and_no_loose_end() {
    check_faults(
        |plan| plan.tasks[0].blocked_by = vec!["t3".into()],
        &[
            "`tasks[0].blocked_by` is wrong: t1 and t3 wait for each other, so that none can start: \
           t1 → t3 → t1",
        ],
    );
    check_faults(
        |plan| plan.tasks[0].blocked_by = vec!["t7".into()],
        &["`tasks[0].blocked_by` is wrong: t1 waits for t7, which is not a task"],
    );
    check_faults(
        |plan| plan.tasks[1].id = "t1".into(),
        &[
            "`tasks[1].id` is wrong: two tasks have the id t1",
            "`tasks[2].blocked_by` is wrong: t3 waits for t2, which is not a task",
        ],
    );
}

#[test]
fn sections_have_content() {
    check_faults(
        |plan| {
            plan.architecture = "N/A".into();
            plan.specifications = "\n".into();
            plan.tasks.clear();
            plan.rollout.flags = "none".into();
            plan.rollout.gradual = String::new();
            plan.rollout.monitoring = "-".into();
        },
        &[
            "`architecture` says nothing; Architecture Overview needs content",
            "`specifications` says nothing; Technical Specifications need content",
            "`tasks` is empty; the Implementation Plan needs at least one task",
            "`rollout` says nothing; Rollout Strategy needs content: say how the change reaches \
             users and what to watch, or why it can go out at once",
        ],
    );
}

#[test]
fn nothing_stays_open() {
    check_faults(
        |plan| plan.edge_cases.push("Timeout: TBD".into()),
        &["`edge_cases[1]` leaves something open (“TBD”); decide it, or ask people with the tool \
           `ask` before you submit"],
    );
}

#[test]
fn sizes_are_bounded() {
    check_faults(
        |plan| plan.specifications = "x ".repeat(22_500),
        &["the plan has 46275 characters; at most 45000 can be read. Shorten it, or plan the \
           first part only and put the rest under out_of_scope"],
    );
    let mut plan = example();
    plan.tasks = (1..=41)
        .map(|i| crate::domain::plan::Task {
            id: format!("t{i}"),
            blocked_by: vec![],
            ..plan.tasks[0].clone()
        })
        .collect();
    let faults = check(&plan, &example_base()).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().starts_with("`tasks` has 41 tasks; a plan has at most 40"));
}
