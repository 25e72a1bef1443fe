//! The end of a run that is handed over: its note is its last word, and its successor reads what it
//! left.

use serde::{Deserialize, Serialize};

use crate::base::{IssueKey, RunId};
use crate::domain::session::{self, Entry};
use crate::domain::workflow::Report;
use crate::engine::planner::{Live, Turn};
use crate::engine::{Engine, LEFT};
use crate::store::{ClaimError, Parking, RunRow, RunStatus, StoreError};

/// How many edited paths a successor is told by name.
const EDITED_SHOWN: usize = 20;

/// What a run did that its stop takes away.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Left {
    /// The run.
    pub(in crate::engine) run: RunId,
    /// The paths that it edited and did not hand in.
    pub(in crate::engine) edited: Vec<String>,
}

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

    /// What the run before left undone, in one sentence; nothing when that was kept of another run.
    pub(super) async fn left_by(
        &self,
        issue: IssueKey,
        before: Option<&RunRow>,
    ) -> Result<Option<String>, StoreError> {
        let left = self.store.handle(issue, LEFT).await?;
        let left = left.and_then(|it| serde_json::from_str::<Left>(&it).ok());
        let left = left.filter(|it| before.is_some_and(|run| run.id == it.run));
        Ok(left.filter(|it| !it.edited.is_empty()).map(|it| sentence(&it.edited)))
    }
}

fn sentence(edited: &[String]) -> String {
    let shown: Vec<&str> = edited.iter().take(EDITED_SHOWN).map(String::as_str).collect();
    let more = edited.len().saturating_sub(EDITED_SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!(
        "The run before edited {}{more} and was stopped before it handed that in; the branch does \
         not hold those edits.",
        shown.join(", ")
    )
}
