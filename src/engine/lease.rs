//! Leases: whoever works on something holds it, and says so again and again. After a crash nobody
//! does, and another worker takes over.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

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
        work: impl Future<Output = T> + Unpin,
    ) -> T {
        beside(RENEW_EVERY, || self.renew(held), work).await
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

/// Does `work` and renews again and again meanwhile, both side by side. The work is asked to go on
/// while a renewal waits, because what that waits for, a turn to write or a locked row, may be what
/// the work holds, or what it was handed just now. A renewal under way comes to its end.
async fn beside<T, Renewal: Future<Output = ()>>(
    every: Duration,
    renew: impl Fn() -> Renewal,
    work: impl Future<Output = T>,
) -> T {
    let through = CancellationToken::new();
    let work = async {
        let done = work.await;
        through.cancel();
        done
    };
    let beat = async {
        while through.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            renew().await;
        }
    };
    tokio::join!(work, beat).0
}

#[cfg(test)]
mod tests;
