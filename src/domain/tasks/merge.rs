//! A new revision of the plan: what was done stays done where the task is still the same.

use super::{Board, NotAGraph, TaskState};
use crate::domain::plan::Task;
use crate::domain::tier::Tier;

/// A board after a new revision, and what that did to the tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The board of the new revision.
    pub board: Board,
    /// Ids whose text changed, so that what was done or begun is open again.
    pub reset: Vec<String>,
    /// Ids that the old revision did not have.
    pub added: Vec<String>,
    /// Ids that the new revision no longer has.
    pub dropped: Vec<String>,
}

impl Board {
    /// The board of a new revision of the plan. A task keeps its state when its id and its
    /// text are the same: title, kind, files, acceptance, verification. Phase, edges and complexity
    /// may change without undoing what was done.
    ///
    /// # Errors
    /// [`NotAGraph`] when the new tasks are none; the old board is unchanged then.
    pub fn merged(
        &self,
        tasks: &[Task],
        tier_of: impl Fn(&Task) -> Tier,
    ) -> Result<Merged, NotAGraph> {
        let mut board = Board::of(tasks, tier_of)?;
        let (mut reset, mut added) = (Vec::new(), Vec::new());
        for new in &mut board.tasks {
            let Some(old) = self.get(new.id()) else {
                added.push(new.id().to_owned());
                continue;
            };
            if is_same_work(&old.task, &new.task) {
                new.state = old.state;
            } else if old.state != TaskState::Open {
                reset.push(new.id().to_owned());
            }
        }
        let gone = self.tasks.iter().map(|it| it.id()).filter(|it| board.get(it).is_none());
        let dropped = gone.map(str::to_owned).collect();
        Ok(Merged { board, reset, added, dropped })
    }
}

fn is_same_work(old: &Task, new: &Task) -> bool {
    let Task { title, kind, files, acceptance, verify, .. } = old;
    (title, kind, files, acceptance, verify)
        == (&new.title, &new.kind, &new.files, &new.acceptance, &new.verify)
}
