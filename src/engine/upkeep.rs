//! What nobody asks for and still has to be done from time to time.

use std::time::Duration;

use crate::base::Millis;
use crate::engine::Engine;
use crate::scout;
use crate::store::StoreError;

/// How often.
const EVERY: Duration = Duration::from_secs(60);
/// How long others have the writer between two batches of what is deleted.
const BETWEEN_BATCHES: Duration = Duration::from_millis(100);
/// The longest a call to a model takes, and some more: only after it nobody can be waiting for the
/// answer any more.
const CALL_MOST: Millis = Millis::minutes(11);
/// How much the cached snapshots of repositories may take.
const SNAPSHOT_BYTES_MAX: u64 = 5_000_000_000;

impl Engine {
    /// Does it, again and again, until told to stop.
    pub(super) async fn keep_up(self) {
        loop {
            if let Err(error) = self.book_abandoned_calls().await {
                tracing::error!(%error, "abandoned calls could not be booked");
            }
            if let Err(error) = self.look_at_handoffs().await {
                tracing::error!(%error, "handoffs could not be looked at");
            }
            self.forget_all_that_is_past().await;
            self.prune_snapshots().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Books calls at what was set aside for them when their run has ended and their worker is
    /// gone: they may have been billed, and nobody will say what they cost. Tells whether there
    /// were any.
    pub(super) async fn book_abandoned_calls(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut booked = false;
        for open in self.store.abandoned_reservations(now).await? {
            if now - open.created < CALL_MOST {
                continue;
            }
            let why = "the run was stopped and its worker ended while the call was in flight";
            self.store.assume(&open.id, why, now).await?;
            booked = true;
        }
        Ok(booked)
    }

    /// Deletes what is past its time, batch by batch, and leaves the writer to others in between.
    async fn forget_all_that_is_past(&self) {
        while !self.stop.is_cancelled() {
            match self.forget_what_is_past().await {
                Ok(true) => tokio::time::sleep(BETWEEN_BATCHES).await,
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "what is past its time could not be deleted");
                    return;
                }
            }
        }
    }

    async fn prune_snapshots(&self) {
        let dir = self.snapshots.clone();
        let pruned = tokio::task::spawn_blocking(move || {
            if dir.exists() { scout::prune(&dir, SNAPSHOT_BYTES_MAX) } else { Ok(0) }
        });
        match pruned.await {
            Ok(Ok(0)) => {}
            Ok(Ok(removed)) => tracing::info!(removed, "old snapshots were removed"),
            Ok(Err(error)) => tracing::warn!(%error, "old snapshots could not be removed"),
            Err(error) => tracing::warn!(%error, "removing old snapshots broke"),
        }
    }
}
