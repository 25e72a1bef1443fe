//! The tools by which agents report: what the model is told, and the JSON Schema of what they
//! take.
//!
//! Written by hand, because descriptions are instructions; a test holds them equal to the types.

use serde_json::{Value, json};

use super::{NOTE, REPORT_FINDINGS, TASK_DONE};
use crate::domain::conversation::Tool;

/// The tool `note`.
pub fn note_tool() -> Tool {
    let description = "Keeps where your work stands, for whoever goes on with it if you are \
        stopped: another model in a fresh conversation that sees this note and the branch, \
        without the edits that you have not yet handed in with `task_done`. Call it after every \
        step that you would not want to do twice, and when you are asked to. The newest note \
        counts, so say everything each time. Costs no turn when called together with other tools. \
        Each text has at most 1,500 characters, each list at most 30 entries.";
    tool(NOTE, description, note())
}

/// The tool `task_done`.
pub fn task_done_tool() -> Tool {
    let description = "Says that your task is done, and ends your run once it is taken. Your edits \
        are then committed and the repository's CI runs; if it fails, a fresh run goes on with the \
        log and your newest note. Refused when no file changed. Call it alone, and only when every \
        acceptance line of the task holds as far as reading can show.";
    tool(TASK_DONE, description, task_done())
}

/// The tool `report_findings`.
pub fn report_findings_tool() -> Tool {
    let description = "Hands over your report and ends your run. Faults of form come back as an \
        error. Call it alone, once you have looked at everything you were asked to look at; an \
        empty list of findings is a good report when nothing should change. Each text has at most \
        1,500 characters, the findings at most 30 entries, the whole at most 30,000 characters.";
    tool(REPORT_FINDINGS, description, report_findings())
}

fn tool(name: &str, description: &str, input_schema: Value) -> Tool {
    Tool { name: name.to_owned(), description: description.to_owned(), input_schema }
}

pub(super) fn note() -> Value {
    object(
        json!({
            "position": text("Where the work stands, in one or two sentences."),
            "next_step": text("The very next thing to do, exact enough to begin with."),
            "approach": text("How you solve the task, where the plan left that open."),
            "done": texts("What you have edited so far, with paths, exact enough to be made again."),
            "remaining": texts("What of the task remains."),
            "blockers": texts("What stands in the way, and what you tried."),
            "decisions": list("What you decided because the plan left it open.", object(json!({
                "question": text("What was open."),
                "answer": text("What you decided, and why."),
            }), &["question", "answer"])),
        }),
        &["position", "next_step"],
    )
}

pub(super) fn task_done() -> Value {
    object(
        json!({
            "summary": text("What you changed and why, in a few sentences, with the paths. People \
                read it, and it becomes the commit's description. At most 1,500 characters."),
            "verified": text("For each acceptance line in a few words what meets it: the test, or \
                path and line. At most 1,500 characters in all. Say plainly what you could not \
                check."),
        }),
        &["summary", "verified"],
    )
}

pub(super) fn report_findings() -> Value {
    object(
        json!({
            "summary": text("The result, in one or two sentences that a maintainer can act on."),
            "acceptance": list("Every acceptance line that you were given, judged.", object(json!({
                "task": text("The task's id: t1, t2, …"),
                "line": text("The acceptance line, as the plan says it."),
                "met": choice("yes: it holds. no: it does not. unknown: it cannot be told by \
                    reading; a person must look.", &["yes", "no", "unknown"]),
                "evidence": text("What shows it: a CI check, a test, a place in the code."),
            }), &["task", "line", "met", "evidence"])),
            "findings": list("What should change, worst first; [] when nothing should.",
                object(json!({
                    "severity": choice("blocker: must not be merged. major: mend it before a \
                        merge. minor: may stay.", &["blocker", "major", "minor"]),
                    "kind": choice("What it is about.", &["acceptance", "plan", "architecture",
                        "correctness", "security", "tests"]),
                    "path": text("The file, from the repository's root. Leave out when it is about \
                        no single file."),
                    "line": json!({"type": "integer", "minimum": 1, "description":
                        "The line in that file after the change, from 1."}),
                    "problem": text("What is wrong, and what happens because of it."),
                    "remedy": text("What to do, exact enough to be done by another model."),
                }), &["severity", "kind", "problem", "remedy"])),
        }),
        &["summary", "acceptance", "findings"],
    )
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn texts(description: &str) -> Value {
    list(description, json!({"type": "string"}))
}

fn list(description: &str, items: Value) -> Value {
    json!({"type": "array", "description": description, "items": items})
}

fn choice(description: &str, names: &[&str]) -> Value {
    json!({"type": "string", "enum": names, "description": description})
}
