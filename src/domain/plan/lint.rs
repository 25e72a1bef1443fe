//! What is unwise in a plan, though it can be built: warnings for the people who approve it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::plan::{Dependency, Plan, Task, TaskKind, Verify, words};
use crate::domain::tier::Complexity;

/// Files from which one task is too much to verify as one.
const FILES_PER_TASK_MAX: usize = 10;

/// Something a person should look at before approving. Reads as one sentence without full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything unwise in the plan, the plan as a whole first.
pub fn lint(plan: &Plan) -> Vec<Warning> {
    let mut warnings = whole_plan(plan);
    for task in &plan.tasks {
        warnings.extend(one_task(task));
    }
    warnings.extend(same_titles(plan));
    warnings.extend(plan.dependencies.iter().filter_map(unpinned));
    warnings.into_iter().map(Warning).collect()
}

fn whole_plan(plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    let (n_files, n_tasks) = (plan.files.len(), plan.tasks.len());
    let has = |kind| plan.tasks.iter().any(|it| it.kind == kind);
    if n_tasks == 1 && FILES_PER_TASK_MAX < n_files {
        warnings.push(format!("{n_files} files but one task: too much to verify as one"));
    }
    if has(TaskKind::Implement) && !has(TaskKind::Test) {
        warnings.push("no test task, although product code changes".to_owned());
    }
    let by_tasks: BTreeSet<&str> =
        plan.tasks.iter().flat_map(|it| it.files.iter().map(String::as_str)).collect();
    let orphans: Vec<String> = plan
        .files
        .iter()
        .filter(|it| !by_tasks.contains(it.path.as_str()))
        .map(|it| format!("`{}`", it.path))
        .collect();
    if !orphans.is_empty() {
        warnings.push(format!("no task touches {}", some_of(&orphans)));
    }
    let is_migration = |path: &str| {
        let path = path.to_lowercase();
        ["migrat", "schema", ".sql", ".prisma", "models"].iter().any(|it| path.contains(it))
    };
    if !plan.database_changes.is_empty() && !plan.files.iter().any(|it| is_migration(&it.path)) {
        warnings.push("the database changes, but no migration or schema file is named".to_owned());
    }
    let rollout = [
        ("flags", &plan.rollout.flags),
        ("gradual", &plan.rollout.gradual),
        ("monitoring", &plan.rollout.monitoring),
    ];
    for (name, _) in rollout.iter().filter(|(_, text)| !words::has_content(text)) {
        warnings.push(format!("rollout: nothing is said about {name}"));
    }
    if plan.out_of_scope.is_empty() && plan.do_not.is_empty() {
        warnings.push("nothing is said to be out of scope or forbidden".to_owned());
    }
    warnings
}

fn one_task(task: &Task) -> Vec<String> {
    let mut warnings = Vec::new();
    let id = &task.id;
    let n_files = task.files.len();
    match task.kind {
        TaskKind::Implement | TaskKind::Test | TaskKind::Docs if n_files == 0 => {
            warnings.push(format!("task {id} names no file"));
        }
        TaskKind::Implement if matches!(task.verify, Verify::None(_)) => {
            warnings.push(format!("task {id} changes product code that nothing verifies"));
        }
        TaskKind::Implement | TaskKind::Test | TaskKind::Docs | TaskKind::Review => {}
    }
    let suggested = match n_files {
        21.. => Complexity::Complex,
        11.. => Complexity::Medium,
        4.. => Complexity::Simple,
        _ => Complexity::Trivial,
    };
    if task.complexity < suggested {
        let level = task.complexity;
        warnings.push(format!(
            "task {id} is called {level}, but its {n_files} files suggest {suggested}"
        ));
    }
    warnings
}

fn same_titles(plan: &Plan) -> Vec<String> {
    let mut by_title: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in &plan.tasks {
        by_title.entry(task.title.trim().to_lowercase()).or_default().push(task.id.clone());
    }
    let same = by_title.into_values().filter(|it| 1 < it.len());
    same.map(|ids| format!("tasks {} have the same title", ids.join(", "))).collect()
}

fn unpinned(dependency: &Dependency) -> Option<String> {
    let version = dependency.version.trim();
    let is_open = !version.bytes().any(|it| it.is_ascii_digit())
        || version.starts_with('>') && !version.contains('<');
    let name = &dependency.name;
    is_open.then(|| format!("dependency `{name}` is not pinned (“{}”)", words::cut(version, 30)))
}

fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::example;
    use crate::domain::plan::{FileAction, FileChange};

    #[track_caller]
    fn check(change: impl FnOnce(&mut Plan), expected: &[&str]) {
        let mut plan = example();
        change(&mut plan);
        let warnings: Vec<String> = lint(&plan).iter().map(ToString::to_string).collect();
        assert_eq!(warnings, expected);
    }

    #[test]
    fn the_example_has_no_warning() {
        check(|_| (), &[]);
    }

    #[test]
    fn tasks_without_files_or_proof_are_named() {
        check(
            |plan| plan.tasks[2].files.clear(),
            &["no task touches `tests/cache.rs`", "task t3 names no file"],
        );
        check(
            |plan| plan.tasks[0].verify = Verify::None("There is no suite.".into()),
            &["task t1 changes product code that nothing verifies"],
        );
        check(
            |plan| plan.tasks[2].kind = TaskKind::Docs,
            &["no test task, although product code changes"],
        );
        check(
            |plan| plan.tasks[1].title = plan.tasks[0].title.to_uppercase(),
            &["tasks t1, t2 have the same title"],
        );
    }

    #[test]
    fn one_task_with_many_files_is_too_much() {
        check(
            |plan| {
                let file = |i| FileChange {
                    path: format!("src/schema/f{i}.rs"),
                    action: FileAction::Create,
                    reason: "New.".into(),
                };
                plan.files = (0..12).map(file).collect();
                plan.tasks.truncate(1);
                plan.tasks[0].files = plan.files.iter().map(|it| it.path.clone()).collect();
            },
            &[
                "12 files but one task: too much to verify as one",
                "no test task, although product code changes",
                "task t1 is called simple, but its 12 files suggest medium",
            ],
        );
    }

    #[test]
    fn open_versions_and_silent_sections_are_named() {
        check(
            |plan| plan.dependencies[0].version = "latest".into(),
            &["dependency `redis` is not pinned (“latest”)"],
        );
        check(
            |plan| plan.dependencies[0].version = ">= 1.0".into(),
            &["dependency `redis` is not pinned (“>= 1.0”)"],
        );
        check(
            |plan| plan.rollout.monitoring = "none".into(),
            &["rollout: nothing is said about monitoring"],
        );
        check(
            |plan| {
                plan.do_not.clear();
                plan.out_of_scope.clear();
            },
            &["nothing is said to be out of scope or forbidden"],
        );
    }
}
