//! STATE.md as a value: where an issue stands, for whoever goes on with it.

use crate::base::Timestamp;
use crate::domain::tasks::{Board, BoardTask, TaskState};

/// Everything a successor must know about the work on one issue, as the service knows it. What
/// the agent itself noted stands beside it (`report::Note`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkState {
    /// The issue's number or key.
    pub issue: String,
    /// The issue's title, as its author wrote it.
    pub title: String,
    /// When this was true.
    pub updated: Timestamp,
    /// Where the work stands, one sentence.
    pub position: String,
    /// The branch, when there is one.
    pub branch: Option<String>,
    /// Questions that were asked, with the answers that were given.
    pub decisions: Vec<(String, String)>,
    /// How the work is done, Markdown.
    pub approach: String,
    /// The tasks in their order.
    pub tasks: Vec<TaskLine>,
    /// Files changed so far.
    pub files_changed: Vec<String>,
    /// What the tests say, one sentence; empty when none ran.
    pub tests: String,
    /// What stands in the way.
    pub blockers: Vec<String>,
    /// What was done last.
    pub last_action: String,
    /// What is to be done next.
    pub next_step: String,
    /// What happened, oldest first.
    pub log: Vec<(Timestamp, String)>,
}

/// One task as STATE.md shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLine {
    /// `t1`, `t2`, …
    pub id: String,
    /// What is done, Markdown of one line.
    pub title: String,
    /// How far it is.
    pub progress: Progress,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Done, and its verification passed.
    Done,
    /// A person decided that it is not needed.
    Skipped,
    /// Being worked on.
    Active,
    /// Not begun.
    Remaining,
}

/// The lines of a board's tasks.
pub fn task_lines(board: &Board) -> Vec<TaskLine> {
    let line = |it: &BoardTask| TaskLine {
        id: it.id().to_owned(),
        title: it.task.title.clone(),
        progress: match it.state {
            TaskState::Open => Progress::Remaining,
            TaskState::Active => Progress::Active,
            TaskState::Done => Progress::Done,
            TaskState::Skipped => Progress::Skipped,
        },
    };
    board.tasks().iter().map(line).collect()
}
