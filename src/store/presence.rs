//! Who works on an embedded database. Every process that has it open holds a shared lock on a file
//! beside it, which the system takes back when the process dies, however it dies. Whoever starts
//! and finds nobody there knows that every lease is a dead process's, and ends them all: after a
//! crash the work goes on at once instead of after the leases' time.
//!
//! PostgreSQL serves processes on other machines, of which nobody can know that: there a lease ends
//! by its time only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use sqlx::{AnyConnection, Connection as _};

use crate::store::StoreError;

/// That this process works on the database. It ends with the value, or with the process.
#[derive(Debug)]
pub(super) struct Presence(File);

impl Presence {
    /// Enters, and tells whether nobody else was there. Starts on one file must come one after the
    /// other: two that enter at once could each find the other.
    ///
    /// # Errors
    /// The file's.
    pub(super) fn enter(path: &Path) -> io::Result<(Presence, bool)> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let alone = match file.try_lock() {
            Ok(()) => {
                file.unlock()?;
                true
            }
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        file.lock_shared()?;
        Ok((Presence(file), alone))
    }

    /// Leaves, although clones of the store may still be around.
    pub(super) fn leave(&self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the next start will wait for leases that nobody holds");
        }
    }
}

/// Ends every lease. Each keeps its number, so that a late write is refused all the same once
/// somebody else has claimed the work.
pub(super) async fn end_leases(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let mut tx = connection.begin().await?;
    let lanes = "UPDATE lanes SET leased_until_ms = 0 WHERE leased_until_ms <> 0";
    let effects = "UPDATE outbox SET leased_until_ms = 0
                   WHERE status = 'pending' AND leased_until_ms <> 0";
    let runs = "UPDATE runs SET leased_until_ms = 0
                WHERE status IN ('ready', 'waiting', 'backoff') AND leased_until_ms <> 0";
    let mut ended = 0;
    for statement in [lanes, effects, runs] {
        ended += sqlx::query(statement).execute(&mut *tx).await?.rows_affected();
    }
    tx.commit().await?;
    if ended != 0 {
        tracing::info!(ended, "took over what a process that is gone worked on");
    }
    Ok(())
}
