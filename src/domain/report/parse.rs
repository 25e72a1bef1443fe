//! Reading reports: form first, then size and sense.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Finding, Findings, Note, TaskDone, schema};
use crate::domain::plan::paths::shape_fault;
use crate::domain::plan::{Fault, faults_of_form, has_content, is_task_id};

/// The most characters of one text: it stands in a comment or in STATE.md.
const TEXT_CHARS_MAX: usize = 1_500;

/// The most entries of one list.
const ENTRIES_MAX: usize = 30;

/// The most acceptance lines: forty tasks of a few lines each.
const ACCEPTANCE_MAX: usize = 200;

/// The most characters of a whole report: it must fit into a comment beside what else is there.
const REPORT_CHARS_MAX: usize = 30_000;

/// Faults that are told at once; more would bury the first.
const FAULTS_MAX: usize = 20;

/// Reads the arguments of `note`.
///
/// # Errors
/// Sentences for the model, one a line.
pub fn parse_note(input: &Value) -> Result<Note, String> {
    let note: Note = read(input, &schema::note())?;
    let mut faults = faults_of_size(input);
    require(&mut faults, "position", &note.position);
    require(&mut faults, "next_step", &note.next_step);
    told(note, faults)
}

/// Reads the arguments of `task_done`.
///
/// # Errors
/// Sentences for the model, one a line.
pub fn parse_task_done(input: &Value) -> Result<TaskDone, String> {
    let done: TaskDone = read(input, &schema::task_done())?;
    let mut faults = faults_of_size(input);
    require(&mut faults, "summary", &done.summary);
    require(&mut faults, "verified", &done.verified);
    told(done, faults)
}

/// Reads the arguments of `report_findings`.
///
/// # Errors
/// Sentences for the model, one a line.
pub fn parse_findings(input: &Value) -> Result<Findings, String> {
    let report: Findings = read(input, &schema::report_findings())?;
    let mut faults = faults_of_size(input);
    require(&mut faults, "summary", &report.summary);
    for (i, it) in report.acceptance.iter().enumerate() {
        if !is_task_id(&it.task) {
            let says = "is not the id of a task; ids are t1, t2, t3, …";
            faults.push(Fault::new(format!("acceptance[{i}].task"), says));
        }
        require(&mut faults, &format!("acceptance[{i}].line"), &it.line);
        require(&mut faults, &format!("acceptance[{i}].evidence"), &it.evidence);
    }
    for (i, it) in report.findings.iter().enumerate() {
        finding_faults(&mut faults, i, it);
    }
    told(report, faults)
}

fn finding_faults(faults: &mut Vec<Fault>, i: usize, it: &Finding) {
    require(faults, &format!("findings[{i}].problem"), &it.problem);
    require(faults, &format!("findings[{i}].remedy"), &it.remedy);
    match &it.path {
        Some(path) => {
            if let Some(fault) = shape_fault(path) {
                let shown: String = path.chars().take(80).collect();
                let says = format!("(`{}`) {fault}", shown.escape_debug());
                faults.push(Fault::new(format!("findings[{i}].path"), says));
            }
        }
        None if it.line.is_some() => {
            let says = "is a line of no file; give `path` too, or leave `line` out";
            faults.push(Fault::new(format!("findings[{i}].line"), says));
        }
        None => {}
    }
}

fn read<T: DeserializeOwned>(input: &Value, schema: &Value) -> Result<T, String> {
    let faults = faults_of_form(input, schema);
    if !faults.is_empty() {
        return Err(sentences(faults));
    }
    // The schema is as strict as the types, so this fails only if the two ever disagree.
    serde_path_to_error::deserialize(input).map_err(|error| {
        sentences(vec![Fault::new(error.path().to_string(), error.inner().to_string())])
    })
}

/// Texts and lists that are too long, wherever they stand.
fn faults_of_size(input: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let total = measure(input, "", &mut faults);
    if REPORT_CHARS_MAX < total {
        let says =
            format!("has {total} characters; at most {REPORT_CHARS_MAX} can be read. Say less");
        faults.push(Fault::new("", says));
    }
    faults
}

/// The characters of all texts in `value`.
fn measure(value: &Value, at: &str, faults: &mut Vec<Fault>) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => {
            let n_chars = text.chars().count();
            if TEXT_CHARS_MAX < n_chars {
                let says = format!("has {n_chars} characters; at most {TEXT_CHARS_MAX} are read");
                faults.push(Fault::new(at, says));
            }
            n_chars
        }
        Value::Array(items) => {
            let entries_max = if at == "acceptance" { ACCEPTANCE_MAX } else { ENTRIES_MAX };
            if entries_max < items.len() {
                let says = format!(
                    "has {} entries; at most {entries_max} are read. Keep those that matter most",
                    items.len()
                );
                faults.push(Fault::new(at, says));
            }
            let of = |(i, it): (usize, &Value)| measure(it, &format!("{at}[{i}]"), faults);
            items.iter().enumerate().map(of).sum()
        }
        Value::Object(fields) => {
            let of = |(name, it): (&String, &Value)| {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                measure(it, &at, faults)
            };
            fields.iter().map(of).sum()
        }
    }
}

fn require(faults: &mut Vec<Fault>, at: &str, text: &str) {
    if !has_content(text) {
        faults.push(Fault::new(at, "says nothing; write what someone else needs to know"));
    }
}

fn told<T>(value: T, faults: Vec<Fault>) -> Result<T, String> {
    if faults.is_empty() { Ok(value) } else { Err(sentences(faults)) }
}

fn sentences(mut faults: Vec<Fault>) -> String {
    faults.truncate(FAULTS_MAX);
    let sentence = |it: &Fault| match it.at.as_str() {
        "" | "." => format!("The report {}.", it.says.trim_end_matches('.')),
        at => format!("`{at}` {}.", it.says.trim_end_matches('.')),
    };
    faults.iter().map(sentence).collect::<Vec<_>>().join("\n")
}
