//! Comment text to commands, and the one table of commands.

use serde::{Deserialize, Serialize};

use crate::base::MicroUsd;
use crate::domain::tier::Tier;

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
    },
    /// Refresh the status comment and link it.
    Status,
    /// Show what the issue has cost.
    Cost,
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
    /// TEMP
    pub fn name(&self) -> &'static str {
        match self {
            Command::Route { .. } => "route",
            Command::Plan { .. } => "plan",
            Command::Answer { .. } => "answer",
            Command::Revise { .. } => "revise",
            Command::Status => "status",
            Command::Cost => "cost",
            Command::Stop => "stop",
            Command::Retry => "retry",
            Command::Help { .. } => "help",
        }
    }
}
