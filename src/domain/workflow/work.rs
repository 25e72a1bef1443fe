//! The work on an approved plan: which tasks are settled, which one is being built, on which rung,
//! and how often that went up. How often the issue's work changed hands in all stands in its state.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::{IssueNumber, RunId, Sha, UserId};
use crate::domain::command::TaskAct;
use crate::domain::plan::Task;
use crate::domain::tasks::{Board, Refused, TaskState};
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::state::PlanRef;

/// The id under which what inspectors found is built like a task. No plan has it: ids of tasks are
/// a `t` and a number.
pub const FINDINGS: &str = "findings";

/// So often what people ask for in a review is built by itself before they do it by hand
/// (`product.md`, Review by people).
pub const REVIEW_ROUNDS_MAX: u8 = 3;

/// How the ids of such tasks begin.
const REVIEW: &str = "review-";

/// The id under which what a review asks for is built like a task, by its round from 1.
pub fn review_task(round: u8) -> String {
    format!("{REVIEW}{round}")
}

/// Whether a task is what a review asks for.
pub fn is_review_task(id: &str) -> bool {
    id.starts_with(REVIEW)
}

/// Whether a task is one of the plan's, with a box that somebody can tick.
pub(super) fn is_of_plan(id: &str) -> bool {
    id != FINDINGS && !is_review_task(id)
}

/// What is known of the work between two events. Tasks stand by id; the plan itself is a fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    /// The approved plan.
    pub plan: PlanRef,
    /// Who approved it.
    pub approved: UserId,
    /// Whether people build it with their own tools.
    pub by_hand: bool,
    /// Whether they do because they pushed so often that Baton made way.
    #[serde(default)]
    pub made_way: bool,
    /// The pull request of people's own that their work goes on in.
    #[serde(default)]
    pub adopted: Option<IssueNumber>,
    /// Tasks that are done.
    pub done: BTreeSet<String>,
    /// Tasks that somebody decided to leave.
    pub skipped: BTreeSet<String>,
    /// The task that is being built.
    pub task: Option<String>,
    /// The rung its run is on.
    pub tier: Tier,
    /// Whether a run of that task was overtaken by people, who pushed to the same files.
    #[serde(default)]
    pub overtaken: bool,
    /// Red verdicts of that task in a row.
    pub reds: u8,
    /// How often that task was handed to a stronger model by itself.
    pub escalations: u8,
    /// How often findings were built.
    #[serde(default)]
    pub rounds: u8,
    /// How often what a review asks for was built.
    #[serde(default)]
    pub fixes: u8,
    /// Whether they asked Baton for what a review wants: that one is built by a run all the same.
    #[serde(default)]
    pub lent: bool,
    /// Whether a review asked for changes and people are offered to have them built.
    #[serde(default)]
    pub fix_offered: bool,
    /// Whether the newest commit that counts was taken though its checks have not passed.
    #[serde(default)]
    pub unchecked: bool,
    /// Whether people pushed while nothing went on: their commit is judged first, and what goes on
    /// then stands above it and is not settled by its checks.
    #[serde(default)]
    pub beneath: bool,
    /// Whether people were told that it is ready for them.
    #[serde(default)]
    pub told_ready: bool,
}

/// The specialists that look at what was built, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inspector {
    /// Reads CI, tests and acceptance lines.
    TestAgent,
    /// Reviews the difference against the plan.
    ReviewAgent,
}

impl Inspector {
    /// Both, in their order.
    pub const ALL: [Inspector; 2] = [Inspector::TestAgent, Inspector::ReviewAgent];

    /// The role that its run plays.
    pub fn role(self) -> Role {
        match self {
            Inspector::TestAgent => Role::TestAgent,
            Inspector::ReviewAgent => Role::ReviewAgent,
        }
    }

    /// Who looks after it; nobody after the last.
    pub fn next(self) -> Option<Inspector> {
        match self {
            Inspector::TestAgent => Some(Inspector::ReviewAgent),
            Inspector::ReviewAgent => None,
        }
    }
}

/// Where work goes on after a look that finds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// With the next look, and in the end with people: the way that all work goes.
    #[default]
    OnItsWay,
    /// It was ready, and somebody asked for this one look.
    Ready,
    /// People build it, and somebody asked for this one look meanwhile.
    ByHand,
}

/// What is going on with the active task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "doing", rename_all = "snake_case")]
pub enum Doing {
    /// A run builds it.
    Building {
        /// The live run.
        run: RunId,
    },
    /// The run's changes are on their way to the branch.
    Pushing {
        /// The run that ended.
        run: RunId,
    },
    /// The CI of the branch's head is awaited.
    Checking {
        /// The head.
        sha: Sha,
        /// Whether a person pushed it: then its failure is not the run's.
        theirs: bool,
    },
    /// People build; their ticks and pushes are awaited.
    ByHand,
}

impl Work {
    /// The work on a plan that was just approved, with nothing done.
    pub(super) fn new(plan: PlanRef, approved: UserId, by_hand: bool) -> Work {
        Work {
            plan,
            approved,
            by_hand,
            made_way: false,
            adopted: None,
            done: BTreeSet::new(),
            skipped: BTreeSet::new(),
            task: None,
            tier: Tier::Haiku,
            overtaken: false,
            reds: 0,
            escalations: 0,
            rounds: 0,
            fixes: 0,
            lent: false,
            fix_offered: false,
            unchecked: false,
            beneath: false,
            told_ready: false,
        }
    }

    /// The board of the plan's tasks as they stand. Empty when the plan is not known or is no
    /// graph, which its checks do not let through.
    pub fn board(&self, tasks: &[Task]) -> Board {
        let mut board = Board::of(tasks, Task::tier).unwrap_or_default();
        for id in &self.done {
            board.set(id, TaskState::Done);
        }
        for id in &self.skipped {
            board.set(id, TaskState::Skipped);
        }
        board
    }

    /// Whether the active task is Baton's to build. Beside a pull request of people's own none is.
    pub(super) fn is_batons(&self) -> bool {
        let is_asked_for = || self.task.as_ref().is_some_and(|it| is_review_task(it));
        !self.by_hand || self.lent && self.adopted.is_none() && is_asked_for()
    }

    /// Whether a task is done or left.
    pub(super) fn is_settled(&self, id: &str) -> bool {
        self.done.contains(id) || self.skipped.contains(id)
    }

    /// Settles or reopens a task at a person's word.
    pub(super) fn set(&mut self, tasks: &[Task], id: &str, act: TaskAct) -> Result<(), Refused> {
        let mut board = self.board(tasks);
        match act {
            TaskAct::Done => {
                board.done(id)?;
                self.skipped.remove(id);
                self.done.insert(id.to_owned());
            }
            TaskAct::Reopen => {
                board.reopen(id)?;
                self.done.remove(id);
                self.skipped.remove(id);
            }
            TaskAct::Skip => {
                board.skip(id)?;
                self.skipped.insert(id.to_owned());
            }
        }
        Ok(())
    }

    /// Takes up the next task that is ready; `None` when there is none.
    pub(super) fn take_next(&mut self, tasks: &[Task]) -> Option<String> {
        let board = self.board(tasks);
        let next = board.next_ready()?;
        let (id, tier) = (next.id().to_owned(), next.tier);
        self.task = Some(id.clone());
        self.tier = tier;
        self.reds = 0;
        self.escalations = 0;
        self.overtaken = false;
        Some(id)
    }

    /// Somebody has settled the active task. Where its checks failed, it counts at their word.
    pub(super) fn settled_by_word(&mut self) {
        self.unchecked |= 0 < self.reds;
        self.task = None;
    }

    /// The active task is done.
    pub(super) fn task_is_done(&mut self) {
        // What was found or asked for is no task of the plan, and stands nowhere as done.
        if let Some(task) = self.task.take().filter(|it| is_of_plan(it)) {
            self.skipped.remove(&task);
            self.done.insert(task);
        }
        self.lent = false;
        self.reds = 0;
        self.escalations = 0;
        self.overtaken = false;
    }
}
