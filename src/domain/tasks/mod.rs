//! The tasks of a plan that is being worked on: what is ready, what waits, what is done.
//!
//! A [`Board`] is made from a plan's tasks and holds the state of each. It lives in the database;
//! plan file, status comment and pull request are views of it, and a tick in any of them is an
//! event that asks for one of its operations. Every operation either changes the board or answers
//! with a [`Refused`] that names why.
//!
//! ```text
//! Open ──start──▶ Active ──done──▶ Done
//!  ▲ ▲──put back────┘               │
//!  └──────────reopen────────────────┤
//!  └──────────reopen──── Skipped ◀──skip (from Open or Active)
//! ```
//!
//! [`boxes`] reads the tick boxes of a Markdown body and tells what a person's edit toggled.

mod board;
pub mod boxes;
mod merge;

pub use self::board::Board;
pub use self::merge::Merged;

use serde::{Deserialize, Serialize};

use crate::domain::plan::graph::GraphFault;
use crate::domain::plan::{Task, TaskKind};
use crate::domain::tier::Tier;

/// How far a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Not begun, or begun and put back.
    #[default]
    Open,
    /// Being worked on. At most one task of a board is.
    Active,
    /// Done: its verification passed, or a person ticked it.
    Done,
    /// A person decided that it is not needed.
    Skipped,
}

impl TaskState {
    /// The lower-case name, for rows and history.
    pub fn name(self) -> &'static str {
        match self {
            TaskState::Open => "open",
            TaskState::Active => "active",
            TaskState::Done => "done",
            TaskState::Skipped => "skipped",
        }
    }

    /// Whether nothing is left to do: tasks that wait for this one may start.
    pub fn is_settled(self) -> bool {
        match self {
            TaskState::Done | TaskState::Skipped => true,
            TaskState::Open | TaskState::Active => false,
        }
    }
}

/// One task and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardTask {
    /// The task as the plan says it.
    pub task: Task,
    /// How far it is.
    pub state: TaskState,
    /// The tier that the task was routed to by its complexity, or by a person's word in the plan.
    pub tier: Tier,
}

impl BoardTask {
    /// The task's id, `t1`, `t2`, …
    pub fn id(&self) -> &str {
        &self.task.id
    }

    /// Whether the implementer does it. A `review` task is an acceptance line for the
    /// review-agent (`domain.md`, "Plan").
    pub fn is_for_implementer(&self) -> bool {
        match self.task.kind {
            TaskKind::Implement | TaskKind::Test | TaskKind::Docs => true,
            TaskKind::Review => false,
        }
    }
}

/// A task that cannot start yet, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked<'a> {
    /// The task.
    pub task: &'a BoardTask,
    /// Ids of the unfinished tasks it waits for, in the order of the plan.
    pub waits_for: Vec<&'a str>,
}

/// Why an operation was not done. Reads as one sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum Refused {
    /// There is no such task in this revision of the plan.
    #[error("There is no task {id}; the tasks are {}.", .known.join(", "))]
    Unknown {
        /// What was named.
        id: String,
        /// The ids there are.
        known: Vec<String>,
    },
    /// The task is in that state already.
    #[error("{id} is {} already.", .state.name())]
    Already {
        /// The task.
        id: String,
        /// Its state.
        state: TaskState,
    },
    /// Settled tasks must be reopened first, so that nobody undoes a tick by accident.
    #[error("{id} is {}; reopen it first.", .state.name())]
    Settled {
        /// The task.
        id: String,
        /// Its state.
        state: TaskState,
    },
    /// Only a settled task can be reopened, and only an active one put back.
    #[error("{id} is {}, so there is nothing to take back.", .state.name())]
    NothingToTakeBack {
        /// The task.
        id: String,
        /// Its state.
        state: TaskState,
    },
    /// The task waits for others.
    #[error("{id} waits for {}.", .waits_for.join(", "))]
    Waits {
        /// The task.
        id: String,
        /// What it waits for.
        waits_for: Vec<String>,
    },
    /// Another task is being worked on.
    #[error("{id} cannot start while {active} is being worked on.")]
    Busy {
        /// The task.
        id: String,
        /// The one that is active.
        active: String,
    },
    /// Tasks that are still to be done wait for this one.
    #[error(
        "{id} cannot be skipped: {} {} it. Skip {} first, or do {id}.",
        .by.join(", "),
        if .by.len() == 1 { "needs" } else { "need" },
        if .by.len() == 1 { "that" } else { "those" }
    )]
    Needed {
        /// The task.
        id: String,
        /// Who needs it.
        by: Vec<String>,
    },
    /// A `review` task is looked at by the review-agent and by people, never started.
    #[error("{id} is a review task: it is an acceptance line for the review, not work to start.")]
    ForReview {
        /// The task.
        id: String,
    },
}

/// Tasks that are not a graph: two of one name, an edge that leads nowhere, or a circle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct NotAGraph(
    /// Everything that is wrong, each by name.
    pub Vec<GraphFault>,
);

#[cfg(test)]
mod tests;
