//! What a run leaves to its successor: it is asked for a note, and where the work stands is kept
//! before it is stopped.

use crate::base::RunId;
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};

/// What a run is told that is handed over.
const NOTE_WANTED: &str = "You are handed over: this run ends in a moment, and a fresh one goes on with the task. If the \
     task is done, call `task_done` now. Otherwise call `note` now and nothing else: where you \
     stand, what you have edited, and what you would do next. Your edits end with this run, so \
     describe what has to be made again.";

impl Engine {
    pub(super) async fn ask_for_note(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
    ) -> Result<Done, NotDone> {
        let told = self.told(performance, NOTE_WANTED.to_owned());
        // It may have laid itself down until it is asked.
        self.heard(self.store.wake_run(run, &told).await?)
    }

    /// Keeps STATE.md as a run leaves that is stopped behind this.
    pub(super) async fn capture(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
    ) -> Result<Done, NotDone> {
        self.keep_state(performance.issue(), run).await?;
        Ok(Done::default())
    }
}
