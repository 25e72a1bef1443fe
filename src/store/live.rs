//! What is at work anywhere, for the operator's kill switch.

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
}
