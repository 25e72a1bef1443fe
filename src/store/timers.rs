//! Timers are rows: one per issue and kind, with the epoch they speak to. A due one becomes an
//! event in the issue's lane, in the transaction that removes it.

use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::base::{DeliveryId, Millis, Timestamp};
use crate::store::columns::Columns as _;
use crate::store::inbox::insert_internal;
use crate::store::{NewInternal, Store, StoreError};

/// What is known of a leap of the clock, by whoever noticed it.
#[derive(Clone, Copy, Debug)]
pub struct Leap<'a> {
    /// Who noticed it, as its leases name it.
    pub worker: &'a str,
    /// The kinds of timers that watch over runs.
    pub kinds: &'a [&'a str],
    /// The longest that any of these waits. What is due later was put off by another process that
    /// slept through the same leap.
    pub patience: Millis,
    /// What the clock showed when it was looked at last.
    pub since: Timestamp,
    /// By how much it went ahead of its watch since.
    pub length: Millis,
    /// What it shows now.
    pub now: Timestamp,
}

impl Store {
    /// Whether a timer is due: asked often, so it takes no writer.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_due_timers(&self, now: Timestamp) -> Result<bool, StoreError> {
        let due = sqlx::query("SELECT kind FROM timers WHERE due_ms <= $1 LIMIT 1")
            .bind(now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?;
        Ok(due.is_some())
    }

    /// Makes good, all or nothing, that the clock leapt: what was to be due after it was looked at
    /// last is put off, of those kinds of timers, and so are the last signs of life that live runs
    /// gave until then: so long nobody could give one. What the worker held before the leap it holds
    /// behind it, for it has not worked less than anybody else meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn make_good(&self, leap: &Leap<'_>) -> Result<(), StoreError> {
        let Leap { worker, kinds, patience, since, length, now } = *leap;
        let mut tx = self.write().await?;
        for kind in kinds {
            sqlx::query(
                "UPDATE timers SET due_ms = due_ms + $1
                 WHERE kind = $2 AND $3 < due_ms AND due_ms <= $4",
            )
            .bind(length.0)
            .bind(*kind)
            .bind(since.0)
            .bind((since + patience).0)
            .execute(&mut *tx)
            .await?;
        }
        // Signs of life after the leap stand by the clock as it is now.
        sqlx::query(
            "UPDATE runs SET activity_ms = activity_ms + $1 WHERE activity_ms <= $2
             AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(length.0)
        .bind(since.0)
        .execute(&mut *tx)
        .await?;
        for held in ["lanes", "outbox", "runs"] {
            // A lease that was renewed behind the leap, before it was noticed, is not over.
            sqlx::query(AssertSqlSafe(format!(
                "UPDATE {held} SET leased_until_ms = leased_until_ms + $1
                 WHERE owner = $2 AND $3 < leased_until_ms AND leased_until_ms <= $4"
            )))
            .bind(length.0)
            .bind(worker)
            .bind(since.0)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Turns due timers into events `timer` with the body `{"kind", "epoch", "due"}`, at most
    /// `limit`, and tells how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn fire_due_timers(&self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        // Looking takes no turn from the writer.
        let first = sqlx::query("SELECT epoch FROM timers WHERE due_ms <= $1 LIMIT 1")
            .bind(now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?;
        if first.is_none() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let due = sqlx::query(
            "SELECT repository_id, number, kind, installation_id, epoch, due_ms FROM timers
             WHERE due_ms <= $1 ORDER BY due_ms, repository_id, number, kind LIMIT $2",
        )
        .bind(now.0)
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        let mut fired = 0;
        for row in due {
            let (issue, kind, epoch) = (row.issue()?, row.text("kind")?, row.int("epoch")?);
            let due = row.at("due_ms")?;
            // Another worker may have fired it, or a decision moved it, since it was read.
            let removed = sqlx::query(
                "DELETE FROM timers WHERE repository_id = $1 AND number = $2 AND kind = $3
                 AND epoch = $4 AND due_ms = $5",
            )
            .bind(issue.repository.0)
            .bind(issue.number.0)
            .bind(kind.as_str())
            .bind(epoch)
            .bind(due.0)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if removed == 0 {
                continue;
            }
            let event = NewInternal {
                delivery_id: DeliveryId(format!("timer/{issue}/{kind}/{epoch}/{}", due.0)),
                installation: row.installation()?,
                issue,
                event: "timer".to_owned(),
                body: json!({ "kind": kind, "epoch": epoch, "due": due }),
                received: now,
            };
            insert_internal(&mut tx, &self.ids, &event).await?;
            fired += removed;
        }
        tx.commit().await?;
        Ok(fired)
    }
}
