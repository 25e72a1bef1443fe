//! The files of a plan and the code it quotes, against the base commit.

use std::collections::BTreeMap;

use crate::domain::plan::check::Fault;
use crate::domain::plan::check::base::{Base, folders_of};
use crate::domain::plan::paths::{path_fault, shape_fault};
use crate::domain::plan::{CodeExample, FileAction, FileChange, Plan, words};

/// Longest stretch of code worth imitating; more is a file to read, not an example.
const EXAMPLE_LINES_MAX: u32 = 400;

pub(super) fn check(plan: &Plan, base: &Base, faults: &mut Vec<Fault>) {
    if plan.files.is_empty() {
        faults.push(Fault::new("files", "is empty; name every file the work touches"));
    }
    let mut seen: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for (i, file) in plan.files.iter().enumerate() {
        let at = format!("files[{i}]");
        if let Some(fault) = path_fault(&file.path) {
            let says = format!("`{}` {fault}", words::cut(&file.path, 120));
            faults.push(Fault::new(at, says));
            continue;
        }
        if let Some((first, path)) = seen.get(&file.path.to_lowercase()) {
            let how = if *path == file.path { "is listed twice" } else { "differs only by case" };
            let says = format!("`{}` {how}: see files[{first}] `{path}`", file.path);
            faults.push(Fault::new(at, says));
            continue;
        }
        seen.insert(file.path.to_lowercase(), (i, &file.path));
        if let Some(says) = action_fault(file, plan, base) {
            faults.push(Fault::new(at.clone(), format!("`{}` {says}", file.path)));
        }
        if !words::has_content(&file.reason) {
            let says = format!("`{}` has no reason; say what happens to it and why", file.path);
            faults.push(Fault::new(at, says));
        }
    }
    for (i, example) in plan.examples.iter().enumerate() {
        if let Some(says) = example_fault(example, base) {
            let says = format!("`{}` {says}", words::cut(&example.path, 120));
            faults.push(Fault::new(format!("examples[{i}]"), says));
        }
    }
}

fn action_fault(file: &FileChange, plan: &Plan, base: &Base) -> Option<String> {
    let path = file.path.as_str();
    match file.action {
        FileAction::Create => create_fault(path, plan, base),
        FileAction::Modify | FileAction::Delete if base.has_file(path) => None,
        FileAction::Modify => Some(format!("is marked modify but {}", absent(path, base))),
        FileAction::Delete => Some(format!("is marked delete but {}", absent(path, base))),
    }
}

fn create_fault(path: &str, plan: &Plan, base: &Base) -> Option<String> {
    if base.has_file(path) {
        return Some("is marked create but exists at the base commit; mark it modify".to_owned());
    }
    if base.has_folder(path) {
        return Some("is marked create but is a folder at the base commit; name a file".to_owned());
    }
    if let Some(there) = base.differs_by_case(path) {
        return Some(format!(
            "differs from `{there}` at the base commit only by case, and many machines cannot \
             hold both; use that spelling or another name"
        ));
    }
    let is_deleted = |it: &str| {
        plan.files.iter().any(|file| file.path == it && file.action == FileAction::Delete)
    };
    let is_planned = |it: &str| plan.files.iter().any(|file| file.path == it) && !is_deleted(it);
    let is_file = |it: &&str| is_planned(it) || (base.has_file(it) && !is_deleted(it));
    let file = folders_of(path).find(is_file)?;
    Some(format!("cannot stand inside `{file}`, which is a file"))
}

fn example_fault(example: &CodeExample, base: &Base) -> Option<String> {
    if let Some(fault) = shape_fault(&example.path) {
        return Some(fault.to_string());
    }
    if !base.has_file(&example.path) {
        return Some(absent(&example.path, base));
    }
    let (from, to) = (example.from_line, example.to_line);
    if from == 0 || to < from {
        return Some(format!("has the lines {from} to {to}; count from 1, first before last"));
    }
    match base.n_lines(&example.path) {
        Some(n) if n < to => {
            Some(format!("has only {n} lines at the base commit, the example ends at {to}"))
        }
        Some(_) | None if EXAMPLE_LINES_MAX <= to - from => Some(format!(
            "is quoted over {} lines; name the at most {EXAMPLE_LINES_MAX} that matter",
            u64::from(to - from) + 1
        )),
        Some(_) | None => None,
    }
}

fn absent(path: &str, base: &Base) -> String {
    let hint = match base.nearest(path) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; list the folder to see what is there".to_owned(),
    };
    format!("does not exist at the base commit{hint}")
}
