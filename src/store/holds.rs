//! Runs that are laid down until somebody lets them go on. A held run keeps its status and its
//! transcript; nobody claims it, and whoever works on it lays it down after the present turn.

use crate::base::{RunId, Timestamp};
use crate::store::columns::Columns as _;
use crate::store::inbox::insert_internal;
use crate::store::runs::hold;
use crate::store::{ClaimError, ClaimedRun, NewInternal, Store, StoreError};

impl Store {
    /// Holds a live run. Of an ended or unknown one it changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn hold_run(&self, run: &RunId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE runs SET held = 1
             WHERE run_id = $1 AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(run.as_str())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Lets a held run go on: at once if nothing else keeps it waiting. Tells whether it is live.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_run(&self, run: &RunId, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let live = sqlx::query(
            "UPDATE runs SET held = 0, due_ms = CASE WHEN due_ms < $2 THEN $2 ELSE due_ms END
             WHERE run_id = $1 AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(run.as_str())
        .bind(now.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(live == 1)
    }

    /// Whether somebody holds the run.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_held(&self, run: &RunId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT held FROM runs WHERE run_id = $1")
            .bind(run.as_str())
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.map_or(Ok(false), |it| Ok(it.int("held")? == 1))
    }

    /// Lays the run down as held at its present turn, and tells the issue.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when it was stopped or another worker has it.
    pub async fn park_held(
        &self,
        run: &ClaimedRun,
        (reason, told): (&str, &NewInternal),
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        hold(&mut tx, run).await?;
        sqlx::query(
            "UPDATE runs SET held = 1, reason = $1, owner = NULL, leased_until_ms = 0
             WHERE run_id = $2",
        )
        .bind(reason)
        .bind(run.run.id.as_str())
        .execute(&mut *tx)
        .await?;
        insert_internal(&mut tx, &self.ids, told).await?;
        Ok(tx.commit().await?)
    }
}
