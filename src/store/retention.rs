//! Deleting what is kept for a time only. Each call takes at most one batch and holds the writer for
//! one short transaction; it looks with a reader first, so that nothing is held while there is
//! nothing to delete.
//!
//! Of a delivery only the body goes. Its id and the hash of its body stay, so that it is still known
//! when it comes again.

use serde_json::Value;

use crate::base::{RunId, Timestamp};
use crate::store::columns::Columns as _;
use crate::store::{Store, StoreError};

/// The row of `retention` about the bodies of deliveries.
const BODIES: &str = "bodies";

/// An ended run whose transcript is past its time.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    /// Its id.
    pub id: RunId,
    /// What it began with, prompts among it.
    pub brief: Value,
}

impl Store {
    /// Empties the bodies of at most `most` deliveries that were handled before `before`, and says
    /// how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn empty_bodies(&self, before: Timestamp, most: i64) -> Result<u64, StoreError> {
        let from = self.emptied_up_to().await?;
        let any = sqlx::query(
            "SELECT id FROM inbox
             WHERE finished_ms >= $1 AND finished_ms < $2 AND body <> '' LIMIT 1",
        )
        .bind(from)
        .bind(before.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        if any.is_none() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let emptied = sqlx::query(
            "UPDATE inbox SET body = '', encoding = 'text'
             WHERE status <> 'pending' AND id IN (
                 SELECT id FROM inbox
                 WHERE finished_ms >= $1 AND finished_ms < $2 AND body <> ''
                 ORDER BY finished_ms LIMIT $3)
             RETURNING finished_ms",
        )
        .bind(from)
        .bind(before.0)
        .bind(most)
        .fetch_all(&mut *tx)
        .await?;
        let mut up_to = from;
        for row in &emptied {
            up_to = up_to.max(row.int("finished_ms")?);
        }
        sqlx::query(
            "INSERT INTO retention (what, up_to_ms) VALUES ($1, $2)
             ON CONFLICT (what) DO UPDATE SET up_to_ms = $2",
        )
        .bind(BODIES)
        .bind(up_to)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u64::try_from(emptied.len()).unwrap_or(u64::MAX))
    }

    /// Empties the payloads of at most `most` effects that ended before `before`, and says how many.
    /// The row itself stays: its key is known for ever.
    ///
    /// # Errors
    /// The database's.
    pub async fn empty_payloads(&self, before: Timestamp, most: i64) -> Result<u64, StoreError> {
        let any = sqlx::query(
            "SELECT effect_key FROM outbox
             WHERE status <> 'pending' AND payload <> '' AND finished_ms < $1 LIMIT 1",
        )
        .bind(before.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        if any.is_none() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let emptied = sqlx::query(
            "UPDATE outbox SET payload = '' WHERE effect_key IN (
                 SELECT effect_key FROM outbox
                 WHERE status <> 'pending' AND payload <> '' AND finished_ms < $1
                 ORDER BY finished_ms LIMIT $2)",
        )
        .bind(before.0)
        .bind(most)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(emptied)
    }

    /// When the last delivery ended whose body was emptied.
    async fn emptied_up_to(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT up_to_ms FROM retention WHERE what = $1")
            .bind(BODIES)
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.map_or(Ok(0), |it| it.int("up_to_ms"))
    }

    /// At most `most` runs that ended before `before` and whose transcripts nobody needs any more:
    /// neither a call in flight, nor an effect that waits, nor work on an issue that goes on.
    ///
    /// # Errors
    /// The database's.
    pub async fn past_runs(
        &self,
        before: Timestamp,
        most: i64,
    ) -> Result<Vec<PastRun>, StoreError> {
        let rows = sqlx::query(
            "SELECT run_id, brief FROM runs
             WHERE forgotten = 0 AND finished_ms < $1
               AND status IN ('finished', 'failed', 'stopped')
               AND NOT EXISTS (
                   SELECT 1 FROM reservations v
                   WHERE v.run_id = runs.run_id AND v.state = 'open')
               AND NOT EXISTS (
                   SELECT 1 FROM outbox o
                   WHERE o.repository_id = runs.repository_id AND o.number = runs.number
                     AND o.status = 'pending' AND o.payload LIKE '%\"' || runs.run_id || '\"%')
               AND NOT EXISTS (
                   SELECT 1 FROM issues i
                   WHERE i.repository_id = runs.repository_id AND i.number = runs.number
                     AND i.stage NOT IN ('Done', 'Stopped')
                     AND i.state LIKE '%\"' || runs.run_id || '\"%')
             ORDER BY finished_ms LIMIT $2",
        )
        .bind(before.0)
        .bind(most)
        .fetch_all(&mut *self.read().await?)
        .await?;
        let past = rows.iter();
        past.map(|it| Ok(PastRun { id: RunId(it.text("run_id")?), brief: it.json("brief")? }))
            .collect()
    }

    /// Deletes an ended run's transcript and what it was told, and keeps `brief` of what it began
    /// with. The run itself stays, with what it came to.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_transcript(&self, run: &RunId, brief: &Value) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let ended = sqlx::query(
            "UPDATE runs SET brief = $1, forgotten = 1
             WHERE run_id = $2 AND status IN ('finished', 'failed', 'stopped')",
        )
        .bind(brief.to_string())
        .bind(run.as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if ended != 1 {
            return Ok(());
        }
        for statement in [
            "DELETE FROM run_entries WHERE run_id = $1",
            "DELETE FROM run_inputs WHERE run_id = $1",
        ] {
            sqlx::query(statement).bind(run.as_str()).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Deletes at most `most` lines of the bill from before `before`, and as many reservations that
    /// ended; says how many rows. What stands against the limits does not change.
    ///
    /// # Errors
    /// The database's.
    pub async fn trim_ledger(&self, before: Timestamp, most: i64) -> Result<u64, StoreError> {
        let any = sqlx::query(
            "SELECT 1 FROM ledger WHERE at_ms < $1
             UNION ALL
             SELECT 1 FROM reservations WHERE created_ms < $1 AND state <> 'open'
             LIMIT 1",
        )
        .bind(before.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        if any.is_none() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let mut deleted = 0;
        for statement in [
            "DELETE FROM ledger WHERE entry_id IN (
                 SELECT entry_id FROM ledger WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)",
            "DELETE FROM reservation_scopes WHERE reservation_id IN (
                 SELECT reservation_id FROM reservations
                 WHERE created_ms < $1 AND state <> 'open'
                 ORDER BY created_ms, reservation_id LIMIT $2)",
            "DELETE FROM reservations WHERE reservation_id IN (
                 SELECT reservation_id FROM reservations
                 WHERE created_ms < $1 AND state <> 'open'
                 ORDER BY created_ms, reservation_id LIMIT $2)",
        ] {
            let done = sqlx::query(statement).bind(before.0).bind(most).execute(&mut *tx).await?;
            deleted += done.rows_affected();
        }
        tx.commit().await?;
        Ok(deleted)
    }
}
