//! What was said in a run, entry by entry, and what people told it that it has not read yet.

use serde_json::Value;
use sqlx::AnyConnection;

use crate::base::{EffectKey, RunId, Timestamp};
use crate::store::columns::{Columns as _, storable};
use crate::store::runs::hold;
use crate::store::{ClaimError, ClaimedRun, Store, StoreError};

/// One entry of a transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place, from 0.
    pub seq: i64,
    /// What it says, in the agent loop's words.
    pub entry: Value,
    /// When it was kept.
    pub at: Timestamp,
}

/// Something a run was told and has not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The effect that told it.
    pub id: EffectKey,
    /// The text.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// The transcript of a run, in order.
    ///
    /// # Errors
    /// The database's.
    pub async fn entries(&self, run: &RunId) -> Result<Vec<Entry>, StoreError> {
        let rows =
            sqlx::query("SELECT seq, entry, at_ms FROM run_entries WHERE run_id = $1 ORDER BY seq")
                .bind(run.as_str())
                .fetch_all(&mut *self.read().await?)
                .await?;
        rows.iter()
            .map(|it| {
                Ok(Entry { seq: it.int("seq")?, entry: it.json("entry")?, at: it.at("at_ms")? })
            })
            .collect()
    }

    /// Appends an entry, and in the same transaction marks what it read of the inputs as read. It
    /// counts as a sign of life.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when the run was stopped or another worker has it;
    /// [`ClaimError::Conflict`] when the place is taken.
    pub async fn append_entry(
        &self,
        run: &ClaimedRun,
        entry: &Entry,
        read: &[Told],
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        hold(&mut tx, run).await?;
        let appended = sqlx::query(
            "INSERT INTO run_entries (run_id, seq, entry, at_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (run_id, seq) DO NOTHING",
        )
        .bind(run.run.id.as_str())
        .bind(entry.seq)
        .bind(entry.entry.to_string())
        .bind(entry.at.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if appended != 1 {
            return Err(ClaimError::Conflict(format!("entry {} of {}", entry.seq, run.run.id)));
        }
        for told in read {
            sqlx::query(
                "UPDATE run_inputs SET consumed_seq = $1 WHERE run_id = $2 AND input_id = $3",
            )
            .bind(entry.seq)
            .bind(run.run.id.as_str())
            .bind(told.id.as_str())
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query("UPDATE runs SET activity_ms = $1 WHERE run_id = $2 AND activity_ms < $1")
            .bind(entry.at.0)
            .bind(run.run.id.as_str())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Tells a run something, once per effect. A run that waits for people goes on waiting: it was
    /// put down with questions that the issue still shows. Tells whether the run is live: an ended
    /// one hears nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn tell_run(&self, run: &RunId, told: &Told) -> Result<bool, StoreError> {
        self.hear(run, told, false).await
    }

    /// Tells a run something, once per effect, and wakes it if it waited. Tells whether the run is
    /// live: an ended one hears nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn wake_run(&self, run: &RunId, told: &Told) -> Result<bool, StoreError> {
        self.hear(run, told, true).await
    }

    async fn hear(&self, run: &RunId, told: &Told, wakes: bool) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let live = hear(&mut tx, run, told, wakes).await?;
        tx.commit().await?;
        Ok(live)
    }

    /// What a run was told and has not read, oldest first. Pass what was used to
    /// [`Store::append_entry`].
    ///
    /// # Errors
    /// The database's.
    pub async fn pending_inputs(&self, run: &RunId) -> Result<Vec<Told>, StoreError> {
        let rows = sqlx::query(
            "SELECT input_id, told, at_ms FROM run_inputs
             WHERE run_id = $1 AND consumed_seq IS NULL ORDER BY at_ms, input_id",
        )
        .bind(run.as_str())
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|it| {
                Ok(Told {
                    id: EffectKey(it.text("input_id")?),
                    text: it.text("told")?,
                    at: it.at("at_ms")?,
                })
            })
            .collect()
    }
}

/// Whether people said something that the run has not read.
pub(super) async fn is_unheard(
    connection: &mut AnyConnection,
    run: &RunId,
) -> Result<bool, StoreError> {
    let unread = sqlx::query(
        "SELECT input_id FROM run_inputs WHERE run_id = $1 AND consumed_seq IS NULL LIMIT 1",
    )
    .bind(run.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(unread.is_some())
}

/// Lays a run down for whoever takes its next turn.
pub(super) async fn go_on(
    connection: &mut AnyConnection,
    run: &RunId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE runs SET status = 'ready', due_ms = $1, owner = NULL, leased_until_ms = 0
         WHERE run_id = $2",
    )
    .bind(now.0)
    .bind(run.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells a run something in this transaction, once per effect, and wakes it if that is wanted. Tells
/// whether the run is live.
pub(super) async fn hear(
    connection: &mut AnyConnection,
    run: &RunId,
    told: &Told,
    wakes: bool,
) -> Result<bool, StoreError> {
    let known = sqlx::query("SELECT input_id FROM run_inputs WHERE run_id = $1 AND input_id = $2")
        .bind(run.as_str())
        .bind(told.id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    if known.is_some() {
        return Ok(true);
    }
    let statement = if wakes {
        sqlx::query(
            "UPDATE runs SET due_ms = CASE WHEN status = 'waiting' THEN $2 ELSE due_ms END,
                             status = CASE WHEN status = 'waiting' THEN 'ready' ELSE status END
             WHERE run_id = $1 AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(run.as_str())
        .bind(told.at.0)
    } else {
        sqlx::query(
            "UPDATE runs SET status = status
             WHERE run_id = $1 AND status IN ('ready', 'waiting', 'backoff')",
        )
        .bind(run.as_str())
    };
    let live = statement.execute(&mut *connection).await?.rows_affected();
    if live != 1 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO run_inputs (run_id, input_id, told, at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (run_id, input_id) DO NOTHING",
    )
    .bind(run.as_str())
    .bind(told.id.as_str())
    .bind(storable(&told.text))
    .bind(told.at.0)
    .execute(&mut *connection)
    .await?;
    Ok(true)
}
