//! The record of handoffs: written with the decision that hands over, completed later by whoever
//! looks what came of it.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{InstallationId, IssueKey, MicroUsd, Millis, RunId, Timestamp};
use crate::store::columns::{Columns as _, storable};
use crate::store::{Store, StoreError};

/// So many entries of a successor's conversation tell how it began.
const SIGNS_READ: i64 = 50;

/// One side of a handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffSide {
    /// The run.
    pub run: RunId,
    /// What it is for.
    pub role: String,
    /// Its rung.
    pub tier: String,
    /// The model asked for; a successor has none until it has begun.
    pub model: Option<String>,
    /// The model that answered.
    pub answered: Option<String>,
}

/// A change of hands as it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHandoff {
    /// The life of the issue.
    pub life: i64,
    /// Why, by the trigger's name.
    pub cause: String,
    /// Why, one sentence.
    pub reason: String,
    /// The task that changed hands; the specialists' look has none.
    pub task: Option<String>,
    /// For how long the run before had been silent.
    pub idle: Millis,
    /// What the issue had cost.
    pub spent: MicroUsd,
    /// Who worked.
    pub from: HandoffSide,
    /// Who goes on.
    pub to: HandoffSide,
}

/// What came of a handoff, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandoffOutcome {
    /// The model that the successor was started with.
    pub model: Option<String>,
    /// The model that answered it.
    pub answered: Option<String>,
    /// Whether it began.
    pub executed: Option<bool>,
    /// When.
    pub executed_at: Option<Timestamp>,
    /// `activity`, `task`, `person` or `no`.
    pub recovered: Option<String>,
    /// When.
    pub recovered_at: Option<Timestamp>,
    /// Whether nothing more can come of it.
    pub settled: bool,
}

/// A stored handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffRow {
    /// The issue.
    pub issue: IssueKey,
    /// The installation.
    pub installation: InstallationId,
    /// When it was decided.
    pub at: Timestamp,
    /// What was decided.
    pub decided: NewHandoff,
    /// What came of it.
    pub outcome: HandoffOutcome,
}

impl Store {
    /// The handoffs of an issue, oldest first. Of a foreign installation's issue there are none.
    ///
    /// # Errors
    /// The database's.
    pub async fn handoffs(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<HandoffRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM handoffs
             WHERE installation_id = $1 AND repository_id = $2 AND number = $3
             ORDER BY at_ms, to_run",
        )
        .bind(installation.0)
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(handoff_row).collect()
    }

    /// The handoffs of all issues behind this one, oldest first, at most `limit`: a page of what the
    /// operator exports.
    ///
    /// # Errors
    /// The database's.
    pub async fn handoffs_after(
        &self,
        last: Option<&HandoffRow>,
        limit: i64,
    ) -> Result<Vec<HandoffRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM handoffs WHERE $1 < at_ms OR ($1 = at_ms AND $2 < to_run)
             ORDER BY at_ms, to_run LIMIT $3",
        )
        .bind(last.map_or(i64::MIN, |it| it.at.0))
        .bind(last.map_or("", |it| it.decided.to.run.as_str()))
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(handoff_row).collect()
    }

    /// Handoffs of which more may come, of all issues, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_handoffs(&self, limit: i64) -> Result<Vec<HandoffRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM handoffs WHERE settled = 0 ORDER BY at_ms, to_run LIMIT $1")
                .bind(limit)
                .fetch_all(&mut *self.read().await?)
                .await?;
        rows.iter().map(handoff_row).collect()
    }

    /// Keeps what is known of a handoff now. What was settled stays as it is.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_handoff_outcome(
        &self,
        to_run: &RunId,
        outcome: &HandoffOutcome,
    ) -> Result<(), StoreError> {
        let executed = outcome.executed.map(|it| if it { "yes" } else { "no" });
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE handoffs SET to_model = $1, to_answered = $2, executed = $3, executed_ms = $4,
                                 recovered = $5, recovered_ms = $6, settled = $7
             WHERE to_run = $8 AND settled = 0",
        )
        .bind(outcome.model.as_deref())
        .bind(outcome.answered.as_deref().map(storable))
        .bind(executed)
        .bind(outcome.executed_at.map(|it| it.0))
        .bind(outcome.recovered.as_deref())
        .bind(outcome.recovered_at.map(|it| it.0))
        .bind(i64::from(outcome.settled))
        .bind(to_run.as_str())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The model that answered a run last, as far as the provider said.
    ///
    /// # Errors
    /// The database's.
    pub async fn answering_model(&self, run: &RunId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT model_answered FROM ledger WHERE run_id = $1 AND model_answered IS NOT NULL
             ORDER BY at_ms DESC, entry_id DESC LIMIT 1",
        )
        .bind(run.as_str())
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map_or(Ok(None), |it| it.maybe_text("model_answered"))
    }

    /// How a run's conversation began: for each of its first entries whether it is an answer of the
    /// model, and when it was kept.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_signs(&self, run: &RunId) -> Result<Vec<(bool, Timestamp)>, StoreError> {
        let rows = sqlx::query(
            "SELECT entry, at_ms FROM run_entries WHERE run_id = $1 ORDER BY seq LIMIT $2",
        )
        .bind(run.as_str())
        .bind(SIGNS_READ)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|it| Ok((it.json("entry")?["entry"] == "answered", it.at("at_ms")?)))
            .collect()
    }

    /// When one of these events first changed something in an issue after `since`.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_event(
        &self,
        issue: IssueKey,
        events: &[&str],
        since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let rows = sqlx::query(
            "SELECT event, reasons, at_ms FROM history
             WHERE repository_id = $1 AND number = $2 AND $3 <= at_ms ORDER BY version, seq",
        )
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .bind(since.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        for row in rows {
            let is_one = events.contains(&row.text("event")?.as_str());
            if is_one && row.json("reasons")?["verdict"] == "done" {
                return row.at("at_ms").map(Some);
            }
        }
        Ok(None)
    }
}

/// Writes a handoff with the decision that made it.
pub(super) async fn write_handoff(
    connection: &mut AnyConnection,
    (installation, issue): (InstallationId, IssueKey),
    handoff: &NewHandoff,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO handoffs (to_run, repository_id, number, installation_id, life, at_ms, cause,
                               reason, task, idle_ms, spent, from_run, from_role, from_tier,
                               from_model, from_answered, to_role, to_tier)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(handoff.to.run.as_str())
    .bind(issue.repository.0)
    .bind(issue.number.0)
    .bind(installation.0)
    .bind(handoff.life)
    .bind(now.0)
    .bind(handoff.cause.as_str())
    .bind(storable(&handoff.reason))
    .bind(handoff.task.as_deref().map(storable))
    .bind(handoff.idle.0)
    .bind(handoff.spent.0)
    .bind(handoff.from.run.as_str())
    .bind(handoff.from.role.as_str())
    .bind(handoff.from.tier.as_str())
    .bind(handoff.from.model.as_deref().unwrap_or_default())
    .bind(handoff.from.answered.as_deref().map(storable))
    .bind(handoff.to.role.as_str())
    .bind(handoff.to.tier.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

fn handoff_row(row: &AnyRow) -> Result<HandoffRow, StoreError> {
    let executed = row.maybe_text("executed")?;
    Ok(HandoffRow {
        issue: row.issue()?,
        installation: row.installation()?,
        at: row.at("at_ms")?,
        decided: NewHandoff {
            life: row.int("life")?,
            cause: row.text("cause")?,
            reason: row.text("reason")?,
            task: row.maybe_text("task")?,
            idle: Millis(row.int("idle_ms")?),
            spent: row.money("spent")?,
            from: HandoffSide {
                run: RunId(row.text("from_run")?),
                role: row.text("from_role")?,
                tier: row.text("from_tier")?,
                model: Some(row.text("from_model")?),
                answered: row.maybe_text("from_answered")?,
            },
            to: HandoffSide {
                run: RunId(row.text("to_run")?),
                role: row.text("to_role")?,
                tier: row.text("to_tier")?,
                model: row.maybe_text("to_model")?,
                answered: row.maybe_text("to_answered")?,
            },
        },
        outcome: HandoffOutcome {
            model: row.maybe_text("to_model")?,
            answered: row.maybe_text("to_answered")?,
            executed: executed.map(|it| it == "yes"),
            executed_at: row.maybe_int("executed_ms")?.map(Timestamp),
            recovered: row.maybe_text("recovered")?,
            recovered_at: row.maybe_int("recovered_ms")?.map(Timestamp),
            settled: row.int("settled")? == 1,
        },
    })
}
