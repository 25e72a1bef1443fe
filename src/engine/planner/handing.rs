//! The end of a run that is handed over: its note is its last word.

use crate::domain::session::{self, Entry};
use crate::domain::workflow::Report;
use crate::engine::Engine;
use crate::engine::planner::{Live, Turn};
use crate::store::{ClaimError, Parking, RunStatus};

impl Engine {
    /// Lays the run down if it has just said where it stands and is handed over: nothing more is
    /// paid for it. Otherwise it goes on.
    pub(super) async fn rests_after_note(
        &self,
        live: &Live,
        entries: &[Entry],
    ) -> Result<Option<Turn>, ClaimError> {
        let run = &live.claimed.run;
        if !session::has_just_noted(entries) || !self.is_handed_over(run.issue, &run.id).await? {
            return Ok(None);
        }
        let parking = Parking {
            status: RunStatus::Waiting,
            due: self.clock.now(),
            reason: Some("handed over".to_owned()),
            internal: Some(self.report(run, entries.len(), Report::Noted)),
            questions: Vec::new(),
        };
        self.store.park_run(&live.claimed, &parking).await?;
        Ok(Some(Turn::LaidDown))
    }
}
