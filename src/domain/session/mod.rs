//! The loop of a run, of whichever role, as a pure function of its transcript.
//!
//! The engine keeps a [`Brief`] and a list of [`Entry`]s per run and asks [`next`] what follows;
//! it does that one [`Step`], appends what came of it as an entry, stores it, and asks again. A
//! crash loses at most the step in flight: [`request`] rebuilds the very conversation from what
//! is stored, and an earlier conversation is always a prefix of a later one, so that the
//! provider's cache holds.
//!
//! ```text
//! Step::Call      -> the model's answer             -> Entry::Answered
//! Step::RunTools  -> what the files said            -> Entry::ToolsRan
//! Step::Ask       -> parked; people's words         -> Entry::Told
//! Step::Submit    -> faults, or accepted            -> Entry::ToolsRan
//! Step::End       -> the run is over
//! ```
//!
//! What people say while a call is in flight is appended *after* that call's answer. After a
//! pause that was nobody's work (budget, provider, restart) append [`Entry::Resumed`]: the time
//! before it, like the time before [`Entry::Told`], is not the run's.
//!
//! An implementer's edits live in its transcript: [`edits_made`] over the commit it began on is
//! what it has changed, so that a crash loses none.

mod costly;
mod edit_tools;
mod implementer;
mod inspector;
mod limits;
mod made;
mod request;
mod size;
mod step;
mod tools;
mod transcript;
mod words;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::{Millis, Timestamp};
use crate::domain::conversation::{Answer, Request, Tool};
use crate::domain::report::{Findings, TaskDone};
use crate::domain::tier::Role;

pub use self::costly::costly_without_progress;
pub use self::edit_tools::{Editing, edit_tools, parse_edit};
pub use self::implementer::implementer_tools;
pub use self::inspector::inspector_tools;
pub use self::made::{edits_made, has_just_noted, last_note};
pub use self::request::request;
pub use self::size::is_outgrown;
pub use self::step::next;
pub use self::tools::{Question, Reading, planner_tools};

#[cfg(test)]
mod tests;

/// Everything a run begins with. Stored once and never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// The model id to ask for.
    pub model: String,
    /// What the run is for.
    pub role: Role,
    /// The stable prefix of the prompt: rules, then the repository's instructions.
    pub system: Vec<String>,
    /// The tools on offer, in a stable order; see [`planner_tools`], [`implementer_tools`]
    /// and [`inspector_tools`].
    pub tools: Vec<Tool>,
    /// The first user message.
    pub opening: String,
    /// What the run may use.
    pub limits: Limits,
    /// When it began.
    pub started_at: Timestamp,
}

/// What one run may use. Money is reserved elsewhere, before each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Answers of the model. Two more follow answered questions, one more a plan or task that was
    /// refused, when these come at the end: else what was just paid for would be lost.
    pub turns: u32,
    /// How large the conversation may grow while exploring, in tokens: prompt (cached or not) and
    /// answer of the last call, as the provider counted them. At that size the model is told to
    /// submit, reading tools answer no more, and two answers remain.
    pub tokens: u64,
    /// The most tokens of one answer.
    pub max_tokens: u32,
    /// The run's own time: waiting for people and [`Entry::Resumed`] gaps do not count.
    pub wall: Millis,
}

impl Limits {
    /// A specialist's that only reads: 20 turns, as each of them reads several places at once;
    /// otherwise an implementer's.
    pub fn inspector() -> Limits {
        Limits { turns: 20, ..Limits::implementer() }
    }

    /// An implementer's: 40 turns a task and answers of 8,000 tokens (`domain.md`); 100,000
    /// tokens, the size at which a fresh conversation is cheaper; an hour.
    pub fn implementer() -> Limits {
        Limits { turns: 40, tokens: 100_000, max_tokens: 8_000, wall: Millis::hours(1) }
    }
}

impl Default for Limits {
    /// The planner's: 12 turns and 60,000 tokens, answers of 16,000; 30 minutes, the time after
    /// which a silent planner calls a person anyway.
    fn default() -> Limits {
        Limits { turns: 12, tokens: 60_000, max_tokens: 16_000, wall: Millis::minutes(30) }
    }
}

/// One thing that happened in a run. Only ever appended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// The model answered a [`Step::Call`].
    Answered {
        /// What it said.
        answer: Answer,
        /// When the answer was complete.
        at: Timestamp,
    },
    /// Tools ran, or a plan was checked.
    ToolsRan {
        /// One outcome for each call of the step.
        results: Vec<ToolOutcome>,
        /// When.
        at: Timestamp,
    },
    /// People said something: answers to questions, or what to revise. The engine writes the
    /// text (who said it, to which question); it joins the next user message.
    Told {
        /// The text.
        text: String,
        /// When the run was told and so goes on.
        at: Timestamp,
    },
    /// The run goes on after a pause that is not its own time.
    Resumed {
        /// When.
        at: Timestamp,
    },
}

impl Entry {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Entry::Answered { at, .. }
            | Entry::ToolsRan { at, .. }
            | Entry::Told { at, .. }
            | Entry::Resumed { at } => *at,
        }
    }
}

/// What one tool call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOutcome {
    /// The call.
    pub id: String,
    /// The tool's text, secrets already masked; for a refused plan its faults.
    pub content: String,
    /// Whether the tool refused.
    pub is_error: bool,
}

/// One tool call to run, its arguments understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id of the call.
    pub id: String,
    /// What to do.
    pub action: Action,
}

/// What a tool call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reads the files as they are now.
    Read(Reading),
    /// Changes a file. Only an implementer's.
    Edit(Editing),
    /// Keeps a note, which stands in the transcript already: see [`last_note`].
    Note,
}

/// What the engine does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Call the model, then append [`Entry::Answered`].
    Call(Request),
    /// Run these in this order, then append one [`Entry::ToolsRan`] with an outcome for each.
    RunTools(Vec<ToolCall>),
    /// Put these to people and park; then append [`Entry::Told`].
    Ask(Vec<Question>),
    /// Check this plan, that this task is done, or this report, then append [`Entry::ToolsRan`] with one
    /// outcome: refused (`is_error`, its faults) or accepted.
    Submit {
        /// The call to answer.
        call_id: String,
        /// The plan, unchecked; of an implementer its `report::TaskDone`, of an inspector its
        /// `report::Findings`, well formed.
        input: Value,
    },
    /// The run is over.
    End(Ending),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// Its plan was accepted.
    Submitted {
        /// The plan as submitted.
        plan: Value,
    },
    /// Its task is done.
    Done {
        /// What it says about it.
        report: TaskDone,
    },
    /// It looked at what was built.
    Inspected {
        /// What it found.
        report: Findings,
    },
    /// Three plans or reports were refused, or three times the task was not done.
    PlanRefused {
        /// The faults of the last one.
        faults: String,
    },
    /// The model did the same again and again.
    NoProgress {
        /// The tool it kept calling.
        tool: String,
    },
    /// All turns were used.
    TurnLimit {
        /// How many.
        turns: u32,
    },
    /// The conversation reached its size and nothing was submitted.
    TokenLimit {
        /// Its size, in tokens.
        tokens: u64,
    },
    /// The time was used.
    TimeLimit {
        /// How much.
        used: Millis,
    },
    /// The model refused.
    Refused,
    /// The conversation no longer fits the model.
    ContextExceeded,
    /// Two answers in a row were longer than allowed and cut.
    CutTwice,
    /// Two answers in a row called no tool.
    NoToolCall,
}

impl Ending {
    /// A short name for logs and history.
    pub fn name(&self) -> &'static str {
        match self {
            Ending::Submitted { .. } => "submitted",
            Ending::Done { .. } => "done",
            Ending::Inspected { .. } => "inspected",
            Ending::PlanRefused { .. } => "plan refused",
            Ending::NoProgress { .. } => "no progress",
            Ending::TurnLimit { .. } => "turn limit",
            Ending::TokenLimit { .. } => "token limit",
            Ending::TimeLimit { .. } => "time limit",
            Ending::Refused => "refused",
            Ending::ContextExceeded => "context exceeded",
            Ending::CutTwice => "cut twice",
            Ending::NoToolCall => "no tool call",
        }
    }
}
