//! What people paid outside Baton, at their word: rows of the ledger with the source `manual`, which
//! have neither run nor model.

use serde_json::{Value, json};
use sqlx::AnyConnection;

use crate::base::{CommentId, InstallationId, IssueKey, MicroUsd, Timestamp};
use crate::store::columns::{Columns as _, storable};
use crate::store::{Store, StoreError};

/// A cost that somebody enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredCost {
    /// The comment that says so: it books once.
    pub comment: CommentId,
    /// How much.
    pub amount: MicroUsd,
    /// Their login.
    pub by: String,
    /// What it was for.
    pub text: String,
    /// The limit it counts against, by its key.
    pub scope: String,
}

/// A cost that somebody entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredRow {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: MicroUsd,
    /// Their login.
    pub by: String,
    /// What it was for.
    pub text: String,
}

impl Store {
    /// What people entered for an issue, oldest first. Of a foreign installation's issue nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn entered_costs(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<EnteredRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT at_ms, amount, note FROM ledger
             WHERE installation_id = $1 AND repository_id = $2 AND number = $3
               AND source = 'manual'
             ORDER BY at_ms, entry_id",
        )
        .bind(installation.0)
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|it| {
                let note = it.maybe_json("note")?.unwrap_or_default();
                let said = |key: &str| note[key].as_str().unwrap_or_default().to_owned();
                Ok(EnteredRow {
                    at: it.at("at_ms")?,
                    amount: it.money("amount")?,
                    by: said("by"),
                    text: said("for"),
                })
            })
            .collect()
    }

    /// Whether a comment has booked a cost already.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_entered(
        &self,
        issue: IssueKey,
        comment: CommentId,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT entry_id FROM ledger WHERE entry_id = $1")
            .bind(entry_id(issue, comment))
            .fetch_optional(&mut *self.read().await?)
            .await?;
        Ok(row.is_some())
    }
}

/// Books a cost with the decision that took it, once per comment, and counts it against its limit.
pub(super) async fn write_entered(
    connection: &mut AnyConnection,
    (installation, issue): (InstallationId, IssueKey),
    cost: &EnteredCost,
    now: Timestamp,
) -> Result<(), StoreError> {
    let note: Value = json!({ "by": storable(&cost.by), "for": storable(&cost.text) });
    let booked = sqlx::query(
        "INSERT INTO ledger (entry_id, at_ms, installation_id, repository_id, number, run_id, role,
             tier, model_requested, input_tokens, output_tokens, cache_read_tokens,
             cache_write_5m_tokens, cache_write_1h_tokens, price_version, amount, reserved, source,
             state, over_reservation, note)
         VALUES ($1, $2, $3, $4, $5, '', '', '', '', 0, 0, 0, 0, 0, '', $6, 0, 'manual', 'settled',
             0, $7)
         ON CONFLICT (entry_id) DO NOTHING",
    )
    .bind(entry_id(issue, cost.comment))
    .bind(now.0)
    .bind(installation.0)
    .bind(issue.repository.0)
    .bind(issue.number.0)
    .bind(cost.amount.0)
    .bind(note.to_string())
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if booked == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO budgets (scope, period, reserved, booked) VALUES ($1, '', 0, $2)
         ON CONFLICT (scope, period) DO UPDATE SET booked = budgets.booked + $2",
    )
    .bind(cost.scope.as_str())
    .bind(cost.amount.0)
    .execute(connection)
    .await?;
    Ok(())
}

fn entry_id(issue: IssueKey, comment: CommentId) -> String {
    format!("manual/{issue}/{comment}")
}
