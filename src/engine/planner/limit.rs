//! A run meets a limit on money: it is laid down at its present turn, with its transcript, and
//! people are asked. It is not over: with a higher limit the very call is made.

use crate::base::MicroUsd;
use crate::domain::budget::{OverLimit, Scope};
use crate::domain::session::{Entry, costly_without_progress};
use crate::domain::workflow::Report;
use crate::engine::Engine;
use crate::engine::money::MetLimit;
use crate::engine::planner::Live;
use crate::store::{ClaimError, ScopeLimit};

/// The limit that a call did not fit into.
pub(super) fn over(limit: &ScopeLimit, used: MicroUsd, asked: MicroUsd) -> OverLimit {
    let scope = Scope::ALL.into_iter().find(|it| limit.scope.starts_with(it.prefix()));
    // Every key is made by `Scope::key`.
    OverLimit { scope: scope.unwrap_or(Scope::Issue), limit: limit.limit, used, asked }
}

impl Engine {
    /// Lays the run down until somebody raises the limit, and tells the issue.
    pub(super) async fn park_at_limit(
        &self,
        live: &Live,
        met: &MetLimit,
    ) -> Result<(), ClaimError> {
        let run = &live.claimed.run;
        self.keep_met_limit(run.issue, met).await?;
        // The same turn may meet it again after a resume that came too early.
        let seq = usize::try_from(self.clock.now().0).unwrap_or(0);
        let told = self.report(run, seq, Report::OverLimit);
        self.store.park_held(&live.claimed, (&met.over.to_string(), &told)).await
    }

    /// Has the status comment say it when a call took the issue past four fifths of its limit.
    pub(super) async fn tell_if_near(
        &self,
        live: &Live,
        seq: usize,
        amount: MicroUsd,
    ) -> Result<(), ClaimError> {
        let run = &live.claimed.run;
        if self.is_newly_near(run.issue, amount).await? {
            self.store.tell(&self.report(run, seq, Report::NearLimit)).await?;
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Has the status comment say it, once, when a run costs far more than was estimated and has
    /// changed nothing since.
    pub(super) async fn tell_if_costly(
        &self,
        live: &Live,
        entries: &[Entry],
    ) -> Result<(), ClaimError> {
        let Some(estimate) = live.brief.estimate else { return Ok(()) };
        if costly_without_progress(&live.brief.session, entries, estimate).is_some() {
            // Told again it is the same fact, and known.
            self.store.tell(&self.report(&live.claimed.run, 0, Report::Costly)).await?;
            self.wake.notify_one();
        }
        Ok(())
    }
}
