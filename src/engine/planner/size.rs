//! A run that builds and whose next prompt would be nearly too large to be cheap is laid down before
//! that call: its task goes to a fresh conversation. A planner has no successor; its own limit tells
//! it to submit.

use crate::domain::cost;
use crate::domain::session::{self, Entry};
use crate::domain::tier::Role;
use crate::domain::workflow::Report;
use crate::engine::Engine;
use crate::engine::planner::Live;
use crate::store::{ClaimError, Parking, RunStatus};

impl Engine {
    /// Lays the run down if its conversation is outgrown; tells whether it did. A run that is asked
    /// for its note already has this call for it.
    pub(super) async fn rests_if_outgrown(
        &self,
        live: &Live,
        entries: &[Entry],
        (model, prompt_tokens): (&str, u64),
    ) -> Result<bool, ClaimError> {
        match live.brief.session.role {
            Role::Implementer => {}
            Role::Planner | Role::TestAgent | Role::ReviewAgent => return Ok(false),
        }
        let run = &live.claimed.run;
        let cheap = cost::cheap_prompt(model, self.clock.now());
        if !session::is_outgrown(entries, prompt_tokens, cheap)
            || self.is_handed_over(run.issue, &run.id).await?
        {
            return Ok(false);
        }
        let parking = Parking {
            status: RunStatus::Waiting,
            due: self.clock.now(),
            reason: Some(format!("its next prompt has {prompt_tokens} tokens")),
            internal: Some(self.report(run, entries.len(), Report::Outgrown)),
            questions: Vec::new(),
        };
        self.store.park_run(&live.claimed, &parking).await?;
        Ok(true)
    }
}
