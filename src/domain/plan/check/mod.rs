//! Whether a plan can be built: everything that is refused before a plan is accepted.
//!
//! A plan that passes touches only plain files inside the repository that are what it says they
//! are at the base commit, has a task graph without circles, and leaves nothing undecided. All
//! faults come back together, each a sentence that the planner can act on.
//!
//! What is merely unwise is [`crate::domain::plan::lint`]'s business.

mod base;
mod files;
mod tasks;

pub use self::base::Base;
pub use self::tasks::is_task_id;

use std::fmt;

use serde_json::Value;

use crate::domain::plan::{Plan, words};

/// Most tasks of a plan (`domain.md`, "Plan"): more is several plans.
pub const PLAN_TASKS_MAX: usize = 40;

/// Most files of a plan; more cannot be reviewed in one pull request.
const PLAN_FILES_MAX: usize = 200;

/// Longest text of a plan, so that the rendered file stays under the 60,000 characters that
/// Baton posts at most: titles stand three times in it, and escaping adds some.
const PLAN_CHARS_MAX: usize = 45_000;

/// Faults that are reported at once; more would bury the first.
const FAULTS_MAX: usize = 30;

/// Something that a planner has to change. Reads as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The JSON path of the value in the submitted plan; empty for the plan as a whole.
    pub at: String,
    /// What is wrong with it and what to do, as the end of a sentence that begins with `at`.
    pub says: String,
}

impl Fault {
    /// A fault of the value at a JSON path; an empty path is the plan as a whole.
    pub fn new(at: impl Into<String>, says: impl Into<String>) -> Fault {
        Fault { at: at.into(), says: says.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.as_str() {
            "" | "." => write!(f, "the plan {}", self.says),
            at => write!(f, "`{at}` {}", self.says),
        }
    }
}

/// Refuses a plan that cannot be built on the base commit, with every reason (at most 30).
pub fn check(plan: &Plan, base: &Base) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    check_size(plan, &mut faults);
    check_sections(plan, &mut faults);
    files::check(plan, base, &mut faults);
    tasks::check(plan, &mut faults);
    check_open_questions(plan, &mut faults);
    faults.truncate(FAULTS_MAX);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn check_size(plan: &Plan, faults: &mut Vec<Fault>) {
    let mut n_chars = 0;
    each_text(plan, |_, text| n_chars += text.chars().count());
    if PLAN_CHARS_MAX < n_chars {
        let says = format!(
            "has {n_chars} characters; at most {PLAN_CHARS_MAX} can be read. Shorten it, or plan \
             the first part only and put the rest under out_of_scope"
        );
        faults.push(Fault::new("", says));
    }
    if PLAN_FILES_MAX < plan.files.len() {
        let says = format!(
            "names {} files; a plan has at most {PLAN_FILES_MAX}. Plan the first part only",
            plan.files.len()
        );
        faults.push(Fault::new("files", says));
    }
    if PLAN_TASKS_MAX < plan.tasks.len() {
        let says = format!(
            "has {} tasks; a plan has at most {PLAN_TASKS_MAX}. Join small ones, or plan the \
             first part only",
            plan.tasks.len()
        );
        faults.push(Fault::new("tasks", says));
    }
}

/// The four sections that every plan needs have content, and so have the texts that people
/// approve from.
fn check_sections(plan: &Plan, faults: &mut Vec<Fault>) {
    let needed = [
        ("summary", plan.summary.as_str(), "say in two or three sentences what will be built"),
        ("architecture", &plan.architecture, "Architecture Overview needs content"),
        ("specifications", &plan.specifications, "Technical Specifications need content"),
        ("testing.strategy", &plan.testing.strategy, "say how the work is tested"),
    ];
    for (at, text, hint) in needed {
        if !words::has_content(text) {
            faults.push(Fault::new(at, format!("says nothing; {hint}")));
        }
    }
    if plan.tasks.is_empty() {
        faults
            .push(Fault::new("tasks", "is empty; the Implementation Plan needs at least one task"));
    }
    let rollout = [&plan.rollout.flags, &plan.rollout.gradual, &plan.rollout.monitoring];
    if !rollout.into_iter().any(|it| words::has_content(it)) {
        let says = "says nothing; Rollout Strategy needs content: say how the change reaches \
                    users and what to watch, or why it can go out at once";
        faults.push(Fault::new("rollout", says));
    }
    if !plan.success_criteria.iter().any(|it| words::has_content(it)) {
        let says = "says nothing; name at least one thing by which people will know it is done";
        faults.push(Fault::new("success_criteria", says));
    }
    for (i, decision) in plan.decisions.iter().enumerate() {
        if !words::has_content(&decision.decision) || !words::has_content(&decision.rationale) {
            let says = "needs a decision and its rationale; drop it if there was nothing to decide";
            faults.push(Fault::new(format!("decisions[{i}]"), says));
        }
    }
}

fn check_open_questions(plan: &Plan, faults: &mut Vec<Fault>) {
    each_text(plan, |at, text| {
        if let Some(sign) = words::open_question(text) {
            let says = format!(
                "leaves something open (“{sign}”); decide it, or ask people with the tool `ask` \
                 before you submit"
            );
            faults.push(Fault::new(at, says));
        }
    });
}

/// Calls `see` with the JSON path and the text of every string in the plan. The walk goes over
/// the plan's JSON, so that a field added later cannot be forgotten.
fn each_text(plan: &Plan, mut see: impl FnMut(&str, &str)) {
    fn walk(value: &Value, at: &str, see: &mut impl FnMut(&str, &str)) {
        match value {
            Value::String(text) => see(at, text),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    walk(item, &format!("{at}[{i}]"), see);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    walk(value, &at, see);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    // A plan is strings, lists and structs: it always has a JSON form.
    walk(&serde_json::to_value(plan).unwrap_or_default(), "", &mut see);
}

#[cfg(test)]
mod tests;
