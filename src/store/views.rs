//! What pages, comments and the health check read.

use serde_json::Value;

use crate::base::{InstallationId, IssueKey, Timestamp};
use crate::store::columns::Columns as _;
use crate::store::{Store, StoreError};

/// A line of an issue's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// The version the decision made.
    pub version: i64,
    /// The event's name.
    pub event: String,
    /// The stage before.
    pub from: String,
    /// The stage after.
    pub to: String,
    /// The decision's reasons.
    pub reasons: Value,
    /// When.
    pub at: Timestamp,
}

/// An issue in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueSummary {
    /// Which issue.
    pub issue: IssueKey,
    /// The repository's owner.
    pub owner: String,
    /// The repository's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its stage.
    pub stage: String,
    /// When it was last decided upon.
    pub updated: Timestamp,
}

/// A delivery in a list, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The row's id.
    pub id: String,
    /// The id it was delivered under.
    pub delivery_id: String,
    /// The event's name.
    pub event: String,
    /// The payload's action.
    pub action: Option<String>,
    /// The lane it stands in.
    pub lane: String,
    /// `pending`, `done`, `ignored`, `unparsed` or `failed`.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// When it arrived.
    pub received: Timestamp,
}

/// Counts for the health check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Rows that wait to be handled.
    pub inbox_pending: i64,
    /// When the oldest of them arrived.
    pub inbox_oldest: Option<Timestamp>,
    /// Rows that could not be understood.
    pub inbox_unparsed: i64,
    /// Rows whose handling failed for good.
    pub inbox_failed: i64,
    /// Effects that wait to be performed.
    pub effects_pending: i64,
    /// Effects that were given up.
    pub effects_given_up: i64,
    /// Runs that have not ended.
    pub runs_live: i64,
    /// Calls in flight.
    pub reservations_open: i64,
}

impl Store {
    /// The history of an issue, oldest first. Of a foreign installation's issue it is empty.
    ///
    /// # Errors
    /// The database's.
    pub async fn history(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT h.version AS version, h.event AS event, h.from_stage AS from_stage,
                    h.to_stage AS to_stage, h.reasons AS reasons, h.at_ms AS at_ms
             FROM history h JOIN issues i
               ON i.repository_id = h.repository_id AND i.number = h.number
             WHERE i.installation_id = $1 AND h.repository_id = $2 AND h.number = $3
             ORDER BY h.version, h.seq",
        )
        .bind(installation.0)
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|it| {
                Ok(HistoryRow {
                    version: it.int("version")?,
                    event: it.text("event")?,
                    from: it.text("from_stage")?,
                    to: it.text("to_stage")?,
                    reasons: it.json("reasons")?,
                    at: it.at("at_ms")?,
                })
            })
            .collect()
    }

    /// The issues of an installation, the last changed first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn issues(
        &self,
        installation: InstallationId,
        limit: i64,
    ) -> Result<Vec<IssueSummary>, StoreError> {
        let rows = sqlx::query(
            "SELECT i.repository_id AS repository_id, i.number AS number, i.title AS title,
                    i.stage AS stage, i.updated_ms AS updated_ms, r.owner AS owner, r.name AS name
             FROM issues i JOIN repositories r ON r.repository_id = i.repository_id
             WHERE i.installation_id = $1
             ORDER BY i.updated_ms DESC, i.repository_id, i.number LIMIT $2",
        )
        .bind(installation.0)
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|it| {
                Ok(IssueSummary {
                    issue: it.issue()?,
                    owner: it.text("owner")?,
                    name: it.text("name")?,
                    title: it.text("title")?,
                    stage: it.text("stage")?,
                    updated: it.at("updated_ms")?,
                })
            })
            .collect()
    }

    /// The last deliveries of the whole server, newest first (ids grow with time), at most `limit`:
    /// for its admins only.
    ///
    /// # Errors
    /// The database's.
    pub async fn deliveries(&self, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, delivery_id, event, action, lane, status, reason, received_ms FROM inbox
             ORDER BY id DESC LIMIT $1",
        )
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|it| {
                Ok(DeliveryRow {
                    id: it.text("id")?,
                    delivery_id: it.text("delivery_id")?,
                    event: it.text("event")?,
                    action: it.maybe_text("action")?,
                    lane: it.text("lane")?,
                    status: it.text("status")?,
                    reason: it.maybe_text("reason")?,
                    received: it.at("received_ms")?,
                })
            })
            .collect()
    }

    /// Counts for the health check.
    ///
    /// # Errors
    /// The database's: it is not healthy.
    pub async fn health(&self) -> Result<Health, StoreError> {
        // SQLite uses a partial index only where its condition is repeated word for word.
        let row = sqlx::query(
            "SELECT
                (SELECT COUNT(*) FROM inbox WHERE status = 'pending') AS inbox_pending,
                (SELECT MIN(received_ms) FROM inbox WHERE status = 'pending') AS inbox_oldest,
                (SELECT COUNT(*) FROM inbox WHERE status IN ('unparsed', 'failed')
                                              AND status = 'unparsed') AS inbox_unparsed,
                (SELECT COUNT(*) FROM inbox WHERE status IN ('unparsed', 'failed')
                                              AND status = 'failed') AS inbox_failed,
                (SELECT COUNT(*) FROM outbox WHERE status IN ('pending', 'given up')
                                               AND status = 'pending') AS effects_pending,
                (SELECT COUNT(*) FROM outbox WHERE status IN ('pending', 'given up')
                                               AND status = 'given up') AS effects_given_up,
                (SELECT COUNT(*) FROM runs WHERE status IN ('ready', 'waiting', 'backoff'))
                    AS runs_live,
                (SELECT COUNT(*) FROM reservations WHERE state = 'open') AS reservations_open",
        )
        .fetch_one(&mut *self.read().await?)
        .await?;
        Ok(Health {
            inbox_pending: row.int("inbox_pending")?,
            inbox_oldest: row.maybe_int("inbox_oldest")?.map(Timestamp),
            inbox_unparsed: row.int("inbox_unparsed")?,
            inbox_failed: row.int("inbox_failed")?,
            effects_pending: row.int("effects_pending")?,
            effects_given_up: row.int("effects_given_up")?,
            runs_live: row.int("runs_live")?,
            reservations_open: row.int("reservations_open")?,
        })
    }
}
