//! What an implementer is offered beside the reading tools: edits, notes, one question, and the
//! report that its task is done.

use serde_json::Value;

use super::tools::{self, ASK, Call, ask_tool, reading_tools, shown};
use super::{edit_tools, parse_edit};
use crate::domain::conversation::Tool;
use crate::domain::report::{
    NOTE, TASK_DONE, note_tool, parse_note, parse_task_done, task_done_tool,
};

/// Questions of one run: more than one means that the plan was not ready to be built.
const QUESTIONS_MAX: usize = 1;

/// The tools an implementer is offered, in the order that keeps the prompt's prefix stable.
pub fn implementer_tools() -> Vec<Tool> {
    let mut tools = reading_tools();
    tools.extend(edit_tools());
    tools.extend([note_tool(), ask(), task_done_tool()]);
    tools
}

fn ask() -> Tool {
    ask_tool(
        "Puts one question to the people of this issue and stops your work until they answer, \
         possibly for a day. Once in a run, and only for what neither the plan nor the repository \
         can tell and what changes the result. Offer two or more choices, the one you recommend \
         first: it holds if nobody answers.",
        QUESTIONS_MAX,
    )
}

/// Reads an implementer's call.
///
/// # Errors
/// A sentence for the model.
pub(super) fn parse(name: &str, input: &Value) -> Result<Call, String> {
    if let Some(reading) = tools::parse_reading(name, input) {
        return reading.map(Call::Read);
    }
    if let Some(editing) = parse_edit(name, input) {
        return editing.map(Call::Edit);
    }
    match name {
        NOTE => parse_note(input).map(|_| Call::Note),
        ASK => tools::parse_ask(input, QUESTIONS_MAX).map(Call::Ask),
        TASK_DONE => parse_task_done(input).map(|_| Call::Submit),
        unknown => Err(format!(
            "There is no tool `{}`. The tools are {}.",
            shown(unknown),
            names().join(", ")
        )),
    }
}

fn names() -> Vec<String> {
    implementer_tools().into_iter().map(|it| format!("`{}`", it.name)).collect()
}

#[cfg(test)]
mod tests;
