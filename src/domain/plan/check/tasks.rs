//! The tasks of a plan: names, edges, files, acceptance, verification.

use std::collections::BTreeSet;

use crate::domain::plan::check::Fault;
use crate::domain::plan::graph::{GraphFault, TaskGraph};
use crate::domain::plan::{Plan, Task, Verify, words};

/// Longest title or phase: it is a cell of a table and a line of a checklist.
const TITLE_CHARS_MAX: usize = 120;

/// Longest command or check name that people still read on one line.
const VERIFY_CHARS_MAX: usize = 300;

pub(super) fn check(plan: &Plan, faults: &mut Vec<Fault>) {
    let planned: BTreeSet<&str> = plan.files.iter().map(|it| it.path.as_str()).collect();
    for (i, task) in plan.tasks.iter().enumerate() {
        let mut refuse = |field: &str, says: String| {
            faults
                .push(Fault::new(format!("tasks[{i}]{field}"), format!("({}) {says}", name(task))));
        };
        if !is_task_id(&task.id) {
            refuse(".id", "is not of the form t1, t2, t3, …".to_owned());
        }
        if let Some(says) = line_fault(&task.title) {
            refuse(".title", says);
        }
        if !task.phase.is_empty() && TITLE_CHARS_MAX < task.phase.chars().count() {
            refuse(".phase", format!("is longer than {TITLE_CHARS_MAX} characters"));
        }
        for file in task.files.iter().filter(|it| !planned.contains(it.as_str())) {
            let near = words::nearest(file, planned.iter().copied());
            let hint = near.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
            let file = words::cut(file, 120);
            let says = format!(
                "names `{file}`, which is not under the plan's files; add it there with its \
                 reason{hint}"
            );
            refuse(".files", says);
        }
        if !task.acceptance.iter().any(|it| words::has_content(it)) {
            let says = "says nothing; name what must be true when the task is done";
            refuse(".acceptance", says.to_owned());
        }
        if let Some(says) = verify_fault(&task.verify) {
            refuse(".verify", says);
        }
    }
    for fault in TaskGraph::of(&plan.tasks).err().into_iter().flatten() {
        let field = match fault {
            GraphFault::Duplicate { .. } => "id",
            GraphFault::Dangling { .. } | GraphFault::Cycle { .. } => "blocked_by",
        };
        let at = format!("tasks[{}].{field}", fault.row());
        faults.push(Fault::new(at, format!("is wrong: {fault}")));
    }
}

/// Whether `id` is `t` and a number from 1 to 999, without leading zero.
pub fn is_task_id(id: &str) -> bool {
    let digits = id.strip_prefix('t').unwrap_or_default();
    matches!(digits.len(), 1..=3)
        && digits.bytes().all(|it| it.is_ascii_digit())
        && !digits.starts_with('0')
}

fn name(task: &Task) -> String {
    if task.title.is_empty() {
        words::cut(&task.id, 10)
    } else {
        format!("{} “{}”", words::cut(&task.id, 10), words::cut(&task.title, 50))
    }
}

fn line_fault(title: &str) -> Option<String> {
    let n_chars = title.chars().count();
    if !words::has_content(title) {
        Some("says nothing; say what is done".to_owned())
    } else if TITLE_CHARS_MAX < n_chars {
        Some(format!("has {n_chars} characters; a title has at most {TITLE_CHARS_MAX}"))
    } else if title.contains(['\n', '\r']) {
        Some("has a line break; write one line".to_owned())
    } else {
        None
    }
}

fn verify_fault(verify: &Verify) -> Option<String> {
    match verify {
        Verify::Check(text) | Verify::Command(text) => {
            if text.trim().is_empty() {
                Some("is empty; name a CI check or a command, or say why there is none".to_owned())
            } else if text.trim().contains(['\n', '\r']) {
                Some("has a line break; write one command on one line".to_owned())
            } else if VERIFY_CHARS_MAX < text.chars().count() {
                Some(format!("is longer than {VERIFY_CHARS_MAX} characters; put it into a script"))
            } else {
                None
            }
        }
        Verify::None(why) if words::has_content(why) => None,
        Verify::None(_) => Some("gives no reason; say why nothing can check it".to_owned()),
    }
}
