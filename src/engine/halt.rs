//! The operator's kill switch. A process that is started with it tells every issue with a live run
//! so, which ends the run within that one decision; and it takes up no run itself, whoever started
//! it: a run it comes upon is told of in the same way, and laid down until it is stopped.

use crate::base::{InstallationId, IssueKey, Millis};
use crate::domain::policy::Policy;
use crate::engine::Engine;
use crate::engine::internal::Internal;
use crate::store::{ClaimError, ClaimedRun, NewInternal, Parking, RunStatus, StoreError};

/// How long a run that may not go on is left alone. It is stopped long before.
const LEFT_ALONE: Millis = Millis::minutes(1);

impl Engine {
    /// Tells the issues whose runs the switch stops.
    ///
    /// # Errors
    /// The database's.
    pub async fn halt(&self) -> Result<(), StoreError> {
        for run in self.store.live_runs().await? {
            if self.kill_switch.stops(run.installation) {
                self.store
                    .tell(&self.halted_news(run.id.as_str(), run.installation, run.issue))
                    .await?;
            }
        }
        Ok(())
    }

    /// What holds for an installation.
    pub(super) fn policy_for(&self, installation: InstallationId) -> Policy {
        Policy { halted: self.kill_switch.stops(installation), ..self.policy.clone() }
    }

    /// Lays a run down that may not go on, and tells its issue. A call that was in flight when its
    /// worker ended was booked before.
    pub(super) async fn lay_down_for_good(&self, claimed: &ClaimedRun) -> Result<(), ClaimError> {
        let run = &claimed.run;
        let parking = Parking {
            status: RunStatus::Ready,
            due: self.clock.now() + LEFT_ALONE,
            reason: None,
            internal: Some(self.halted_news(run.id.as_str(), run.installation, run.issue)),
            questions: Vec::new(),
        };
        self.store.park_run(claimed, &parking).await
    }

    /// One piece of news per run and moment.
    pub(super) fn halted_news(
        &self,
        run: &str,
        installation: InstallationId,
        issue: IssueKey,
    ) -> NewInternal {
        let now = self.clock.now();
        Internal::Halted.to_row(format!("run/{run}/halted/{}", now.0), installation, issue, now)
    }
}
