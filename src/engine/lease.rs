//! Leases: whoever works on something holds it, and says so again and again. After a crash nobody
//! does, and another worker takes over.

use std::time::Duration;

use crate::base::Millis;
use crate::engine::Engine;
use crate::store::{ClaimedEffect, ClaimedRun, LaneLease};

/// A worker that is not heard of for this long has crashed, and its work may be taken over. Short,
/// because people wait for it; a worker that was only slow finds its next write refused.
pub(super) const LEASE: Millis = Millis::seconds(45);
/// How often a worker is heard of.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// What is held.
#[derive(Clone, Copy)]
pub(super) enum Held<'a> {
    Lane(&'a LaneLease),
    Effect(&'a ClaimedEffect),
    Run(&'a ClaimedRun),
}

impl Engine {
    /// Does `work` and renews the lease on what it works on meanwhile. A renewal that fails stops
    /// nothing: the next write under the lease will be refused. The work comes boxed, because it
    /// holds a whole conversation with GitHub or a model.
    pub(super) async fn while_holding<T>(
        &self,
        held: Held<'_>,
        mut work: impl Future<Output = T> + Unpin,
    ) -> T {
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(RENEW_EVERY) => self.renew(held).await,
            }
        }
    }

    async fn renew(&self, held: Held<'_>) {
        let until = self.clock.now() + LEASE;
        let renewed = match held {
            Held::Lane(lease) => {
                self.store.renew_lane(lease, until).await.map_err(|it| it.to_string())
            }
            Held::Effect(claimed) => {
                self.store.renew_effect(claimed, until).await.map_err(|it| it.to_string())
            }
            Held::Run(claimed) => {
                self.store.renew_run(claimed, until).await.map_err(|it| it.to_string())
            }
        };
        if let Err(error) = renewed {
            tracing::debug!(error, "a lease could not be renewed");
        }
    }
}
