//! The board and its operations.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Blocked, BoardTask, NotAGraph, Refused, TaskState};
use crate::domain::plan::graph::TaskGraph;
use crate::domain::plan::{Task, TaskKind};
use crate::domain::tier::Tier;

/// The tasks of one plan revision, in the order of the plan. Always a graph: what is stored is
/// judged again when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<BoardTask>", into = "Vec<BoardTask>")]
pub struct Board {
    pub(super) tasks: Vec<BoardTask>,
}

impl Board {
    /// A board on which every task is open. `tier_of` routes a task: by the policy's map of
    /// complexities, or by the tier that a person wrote into the plan.
    ///
    /// # Errors
    /// [`NotAGraph`] names every double id and dangling edge, or the first circle.
    pub fn of(tasks: &[Task], tier_of: impl Fn(&Task) -> Tier) -> Result<Board, NotAGraph> {
        let open = |task: &Task| BoardTask {
            task: task.clone(),
            state: TaskState::Open,
            tier: tier_of(task),
        };
        Board::try_from(tasks.iter().map(open).collect::<Vec<_>>())
    }

    /// All tasks, in the order of the plan.
    pub fn tasks(&self) -> &[BoardTask] {
        &self.tasks
    }

    /// The task of that id.
    pub fn get(&self, id: &str) -> Option<&BoardTask> {
        self.tasks.iter().find(|it| it.id() == id)
    }

    /// The task that is being worked on.
    pub fn active(&self) -> Option<&BoardTask> {
        self.tasks.iter().find(|it| it.state == TaskState::Active)
    }

    /// Tasks in that state, in the order of the plan.
    pub fn in_state(&self, state: TaskState) -> impl Iterator<Item = &BoardTask> {
        self.tasks.iter().filter(move |it| it.state == state)
    }

    /// The task to start next: open, nothing unfinished before it, not a `review` task; the
    /// earliest phase first, then the order of the plan. Phases stand in the order in which the
    /// plan first names them.
    pub fn next_ready(&self) -> Option<&BoardTask> {
        let is_ready = |it: &&BoardTask| {
            it.state == TaskState::Open && it.is_for_implementer() && self.waits_for(it).is_empty()
        };
        // Of equal phases the first wins, which is the order of the plan.
        self.tasks.iter().filter(is_ready).min_by_key(|it| self.phase_order(&it.task.phase))
    }

    /// Open tasks that cannot start yet, each with what it waits for. `review` tasks wait for the
    /// review and are not among them.
    pub fn blocked(&self) -> Vec<Blocked<'_>> {
        let open = self.in_state(TaskState::Open).filter(|it| it.is_for_implementer());
        let blocked = open.map(|task| Blocked { task, waits_for: self.waits_for(task) });
        blocked.filter(|it| !it.waits_for.is_empty()).collect()
    }

    /// Whether the implementation is complete: all `implement`, `test` and `docs` tasks are done
    /// or skipped.
    pub fn is_complete(&self) -> bool {
        self.tasks.iter().filter(|it| it.is_for_implementer()).all(|it| it.state.is_settled())
    }

    /// A run begins the task.
    ///
    /// # Errors
    /// Refused when it is not open, waits for others, is a `review` task, or another is active.
    pub fn start(&mut self, id: &str) -> Result<(), Refused> {
        let task = self.known(id)?;
        let id = || id.to_owned();
        match task.state {
            TaskState::Open => {}
            TaskState::Active => return Err(already(task)),
            TaskState::Done | TaskState::Skipped => return Err(settled(task)),
        }
        if !task.is_for_implementer() {
            return Err(Refused::ForReview { id: id() });
        }
        if let Some(active) = self.active() {
            return Err(Refused::Busy { id: id(), active: active.id().to_owned() });
        }
        let waits_for: Vec<String> = self.waits_for(task).into_iter().map(str::to_owned).collect();
        if !waits_for.is_empty() {
            return Err(Refused::Waits { id: id(), waits_for });
        }
        self.set(&id(), TaskState::Active);
        Ok(())
    }

    /// The task is done. A person may tick a task that was never started, or skipped, and one
    /// whose blockers are open: they say what is, and are believed.
    ///
    /// # Errors
    /// Refused when there is no such task or it is done already.
    pub fn done(&mut self, id: &str) -> Result<(), Refused> {
        let task = self.known(id)?;
        match task.state {
            TaskState::Open | TaskState::Active | TaskState::Skipped => {}
            TaskState::Done => return Err(already(task)),
        }
        self.set(id, TaskState::Done);
        Ok(())
    }

    /// A settled task is open again: a person took its tick away. What waits for it and is done
    /// stays done; what is active goes on.
    ///
    /// # Errors
    /// Refused when there is no such task or it is not settled.
    pub fn reopen(&mut self, id: &str) -> Result<(), Refused> {
        let task = self.known(id)?;
        match task.state {
            TaskState::Done | TaskState::Skipped => {}
            TaskState::Open => return Err(already(task)),
            TaskState::Active => return Err(nothing_to_take_back(task)),
        }
        self.set(id, TaskState::Open);
        Ok(())
    }

    /// A person decided that the task is not needed.
    ///
    /// # Errors
    /// Refused when it is settled, or when tasks that are neither done nor skipped wait for it:
    /// with the names of those.
    pub fn skip(&mut self, id: &str) -> Result<(), Refused> {
        let task = self.known(id)?;
        match task.state {
            TaskState::Open | TaskState::Active => {}
            TaskState::Skipped => return Err(already(task)),
            TaskState::Done => return Err(settled(task)),
        }
        let needs = |it: &&BoardTask| {
            !it.state.is_settled() && it.task.blocked_by.iter().any(|blocker| blocker == id)
        };
        let by: Vec<String> =
            self.tasks.iter().filter(needs).map(|it| it.id().to_owned()).collect();
        if !by.is_empty() {
            return Err(Refused::Needed { id: id.to_owned(), by });
        }
        self.set(id, TaskState::Skipped);
        Ok(())
    }

    /// A task stands as it did before: whether it may was asked then. An id that the plan no longer
    /// has changes nothing.
    pub fn set(&mut self, id: &str, state: TaskState) {
        if let Some(task) = self.tasks.iter_mut().find(|it| it.id() == id) {
            task.state = state;
        }
    }

    fn known(&self, id: &str) -> Result<&BoardTask, Refused> {
        self.get(id).ok_or_else(|| Refused::Unknown {
            id: id.chars().take(40).collect(),
            known: self.tasks.iter().map(|it| it.id().to_owned()).collect(),
        })
    }

    /// Ids of the unfinished tasks before `task`. A `review` task holds nobody up by itself,
    /// since it is looked at last; what it waits for does.
    fn waits_for(&self, task: &BoardTask) -> Vec<&str> {
        let mut unmet = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut ahead: Vec<&str> = task.task.blocked_by.iter().map(String::as_str).collect();
        while let Some(id) = ahead.pop() {
            let Some(blocker) = self.get(id).filter(|it| !it.state.is_settled()) else { continue };
            if !seen.insert(id) {
                continue;
            }
            match blocker.task.kind {
                TaskKind::Review => {
                    ahead.extend(blocker.task.blocked_by.iter().map(String::as_str))
                }
                TaskKind::Implement | TaskKind::Test | TaskKind::Docs => {
                    unmet.insert(id);
                }
            }
        }
        self.tasks.iter().map(BoardTask::id).filter(|it| unmet.contains(it)).collect()
    }

    fn phase_order(&self, phase: &str) -> usize {
        self.tasks.iter().position(|it| it.task.phase == phase).unwrap_or(usize::MAX)
    }
}

impl TryFrom<Vec<BoardTask>> for Board {
    type Error = NotAGraph;

    fn try_from(tasks: Vec<BoardTask>) -> Result<Board, NotAGraph> {
        let rows = tasks.iter().map(|it| (it.id(), it.task.blocked_by.as_slice()));
        TaskGraph::new(rows).map_err(NotAGraph)?;
        Ok(Board { tasks })
    }
}

impl From<Board> for Vec<BoardTask> {
    fn from(board: Board) -> Vec<BoardTask> {
        board.tasks
    }
}

fn already(task: &BoardTask) -> Refused {
    Refused::Already { id: task.id().to_owned(), state: task.state }
}

fn settled(task: &BoardTask) -> Refused {
    Refused::Settled { id: task.id().to_owned(), state: task.state }
}

fn nothing_to_take_back(task: &BoardTask) -> Refused {
    Refused::NothingToTakeBack { id: task.id().to_owned(), state: task.state }
}
