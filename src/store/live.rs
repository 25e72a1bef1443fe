//! What is at work anywhere: for the operator's kill switch, and for runs that wait for a place.

use crate::base::Timestamp;
use crate::store::columns::Columns as _;
use crate::store::runs::{RunRow, run_row};
use crate::store::{Store, StoreError};

impl Store {
    /// All runs that have not ended, of every issue.
    ///
    /// # Errors
    /// The database's.
    pub async fn live_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM runs WHERE status IN ('ready', 'waiting', 'backoff') ORDER BY run_id",
        )
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(run_row).collect()
    }

    /// How many runs are worked on at this moment, of every issue and by every process.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs_at_work(&self, now: Timestamp) -> Result<usize, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS at_work FROM runs WHERE status = 'ready' AND $1 < leased_until_ms",
        )
        .bind(now.0)
        .fetch_one(&mut *self.read().await?)
        .await?;
        Ok(usize::try_from(row.int("at_work")?).unwrap_or(0))
    }
}
