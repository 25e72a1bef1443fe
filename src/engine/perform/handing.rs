//! What a run leaves to its successor: it is asked for a note, and what it did is kept before it is
//! stopped.

use std::collections::BTreeSet;

use serde_json::json;

use crate::base::RunId;
use crate::domain::session::{Editing, Entry, edits_made};
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::planner::{Left, StoredBrief};
use crate::engine::{Engine, LEFT};
use crate::store::StoreError;

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

    /// Keeps what a run did that stands nowhere but in its own conversation. A second try finds the
    /// same, because a run whose stop is ordered behind this adds nothing that counts.
    pub(super) async fn capture(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
    ) -> Result<Done, NotDone> {
        let left = Left { run: run.clone(), edited: self.edited_by(run).await? };
        self.store.save_handle(performance.issue(), LEFT, &json!(left).to_string()).await?;
        Ok(Done::default())
    }

    /// The paths that a run edited; none where its parts were written by another version.
    async fn edited_by(&self, run: &RunId) -> Result<Vec<String>, StoreError> {
        let Some(row) = self.store.load_run(run).await? else { return Ok(Vec::new()) };
        let Ok(brief) = serde_json::from_value::<StoredBrief>(row.brief) else {
            return Ok(Vec::new());
        };
        let rows = self.store.entries(run).await?;
        let entries: Vec<Entry> =
            rows.into_iter().filter_map(|it| serde_json::from_value(it.entry).ok()).collect();
        let edits = edits_made(&brief.session, &entries);
        let paths: BTreeSet<String> = edits.iter().map(|it| path(it).to_owned()).collect();
        Ok(paths.into_iter().collect())
    }
}

/// Where an edit left its text, or took it away.
fn path(editing: &Editing) -> &str {
    match editing {
        Editing::Create { path, .. }
        | Editing::Replace { path, .. }
        | Editing::Delete { path }
        | Editing::Move { to: path, .. } => path,
    }
}
