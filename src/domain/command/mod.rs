//! Comment text to commands.
//!
//! `/baton <command>` or `@<app-slug> <command>` at the beginning of a line of a comment, one per
//! line, anywhere in the comment, several in order. What a reader sees as a quotation, code, a
//! link, a folded `<details>` block or nothing at all is not a command (`find` says it in full).
//!
//! [`TABLE`] is the one table: name, usage, description, examples, where, right, whether it
//! spends. It is what parses, what renders the help and the README, and what decides who may.

mod answers;
mod find;
mod lookalike;
mod parse;
mod table;

use serde::{Deserialize, Serialize};

use crate::base::{CommentId, MicroUsd};
use crate::domain::permission::{Asker, Permit, Place, Refusal};
use crate::domain::tier::Tier;

pub use self::answers::{answers_in, free_answer};
pub use self::find::{Found, MAX_COMMANDS, Names, commands_added, commands_in};
pub use self::table::{DEFAULT_BARE, Spec, TABLE, nearest, spec};

/// One command somebody wrote, understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Command {
    /// Post the router analysis.
    Route {
        /// Tokens left in the asker's own session, when given.
        tokens: Option<u64>,
    },
    /// Start a planning run.
    Plan {
        /// Plan on this tier instead of the planner's own.
        model: Option<Tier>,
        /// A limit for this run, below the configured one.
        budget: Option<MicroUsd>,
        /// What else the planner should know.
        text: String,
        /// Comments by people without triage access that the planner shall read too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        include: Vec<CommentId>,
    },
    /// Answer open questions.
    Answer {
        /// The answers, in the order written.
        answers: Vec<Answer>,
    },
    /// Send the plan back.
    Revise {
        /// What should change.
        text: String,
        /// Comments by people without triage access that the planner shall read too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        include: Vec<CommentId>,
    },
    /// Approve the plan.
    Approve {
        /// The revision that is meant; without it, the newest one announced before the comment.
        revision: Option<u16>,
        /// Whether building begins at once.
        start: bool,
    },
    /// Begin to build the approved plan.
    Implement {
        /// Whether people build it with their own tools.
        manual: bool,
        /// Start on this tier instead of the first task's own.
        model: Option<Tier>,
        /// Whether it starts a plan that Baton called stale, as it is.
        anyway: bool,
    },
    /// Settle or reopen a task, like its box.
    Task {
        /// The task's id.
        id: String,
        /// What is said of it.
        act: TaskAct,
    },
    /// Give the active task to another model now.
    Handoff {
        /// Which.
        to: Rung,
        /// Why, in the words of whoever asks.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Have what a review asks for done.
    Fix {
        /// What else should be done.
        text: String,
    },
    /// Say yes to a change that was parked, by the first digits of its hash.
    Allow {
        /// Those digits.
        hash: String,
    },
    /// Set or raise what the issue may cost.
    Budget {
        /// To what, or by how much.
        change: BudgetChange,
    },
    /// Lay work down without ending it.
    Pause,
    /// Go on with what is paused.
    Resume,
    /// Let the test-agent look at what was built.
    Test,
    /// Let the review-agent look at what was built.
    Review,
    /// Take the approval back.
    Unapprove,
    /// Close the plan without building it.
    Reject,
    /// Refresh the status comment and link it.
    Status,
    /// Show what the issue has cost.
    Cost,
    /// Book what somebody paid for the issue outside Baton.
    CostAdd {
        /// How much.
        amount: MicroUsd,
        /// What it was for.
        text: String,
    },
    /// Stop whatever runs.
    Stop,
    /// Try again after a failure.
    Retry,
    /// Show the commands, or one.
    Help {
        /// The command to explain.
        command: Option<String>,
    },
}

/// How somebody changes what an issue may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetChange {
    /// Its limit is this.
    To(MicroUsd),
    /// Its limit grows by this.
    By(MicroUsd),
}

/// What somebody says of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskAct {
    /// It is done.
    Done,
    /// It is not done after all.
    Reopen,
    /// It is not needed.
    Skip,
}

/// The model that somebody wants a task to be given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The next stronger one.
    Up,
    /// The next cheaper one.
    Down,
    /// This one.
    To(Tier),
}

/// An answer to one numbered question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's number, from 1.
    pub question: u8,
    /// The letter of the choice taken, lower case, when a choice was taken.
    pub choice: Option<char>,
    /// The answer in words; empty when only a choice was given.
    pub text: String,
}

impl Command {
    /// The order to hand the active task over, without a word why.
    pub fn handoff(to: Rung) -> Command {
        Command::Handoff { to, reason: String::new() }
    }

    /// This command's row of the table. Every field is named here on purpose: a new field does
    /// not compile until somebody has looked at the row's usage and examples.
    pub fn spec(&self) -> &'static Spec {
        match self {
            Command::Route { tokens: _ } => &table::ROUTE,
            Command::Plan { model: _, budget: _, text: _, include: _ } => &table::PLAN,
            Command::Answer { answers: _ } => &table::ANSWER,
            Command::Revise { text: _, include: _ } => &table::REVISE,
            Command::Approve { revision: _, start: _ } => &table::APPROVE,
            Command::Implement { manual: _, model: _, anyway: _ } => &table::IMPLEMENT,
            Command::Task { id: _, act: _ } => &table::TASK,
            Command::Handoff { to: Rung::Up, reason: _ } => &table::ESCALATE,
            Command::Handoff { to: Rung::Down, reason: _ } => &table::DOWNGRADE,
            Command::Handoff { to: Rung::To(_), reason: _ } => &table::HANDOFF,
            Command::Fix { text: _ } => &table::FIX,
            Command::Allow { hash: _ } => &table::ALLOW,
            Command::Budget { change: _ } => &table::BUDGET,
            Command::Pause => &table::PAUSE,
            Command::Resume => &table::RESUME,
            Command::Test => &table::TEST,
            Command::Review => &table::REVIEW,
            Command::Unapprove => &table::UNAPPROVE,
            Command::Reject => &table::REJECT,
            Command::Status => &table::STATUS,
            Command::Cost => &table::COST,
            Command::CostAdd { amount: _, text: _ } => &table::COST_ADD,
            Command::Stop => &table::STOP,
            Command::Retry => &table::RETRY,
            Command::Help { command: _ } => &table::HELP,
        }
    }

    /// The name people write.
    pub fn name(&self) -> &'static str {
        self.spec().name
    }
}

/// Whether `asker` may give `command` at `place`, from the table's columns.
///
/// # Errors
///
/// The named [`Refusal`], place before right.
pub fn may(asker: Asker, command: &Command, place: Place) -> Result<Permit, Refusal> {
    command.spec().rule.permits(asker, place)
}

#[cfg(test)]
mod tests;
