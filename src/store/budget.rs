//! Money is set aside before each call to a model, in the transaction that checks every limit.
//!
//! A limit is one row per scope and period; setting aside is a conditional update of that row
//! (`booked + reserved + amount <= limit`). Two callers meet on the row, not on a sum, so that no
//! interleaving passes a limit. Rows are taken in one fixed order, narrowest scope first: callers
//! never wait for each other in a circle, and a refusal names the narrowest limit, which is the one
//! that people can raise.
//!
//! A reservation ends once: *settled* with what the call cost, or *assumed* at its own amount when
//! nobody knows what became of the call.

use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{MicroUsd, RunId, Timestamp};
use crate::domain::budget::Scope;
use crate::store::columns::Columns as _;
use crate::store::runs::hold;
use crate::store::{ClaimError, ClaimedRun, Store, StoreError};

/// A limit on one scope in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeLimit {
    /// What is limited: `run/<id>`, `issue/<key>`, `repository/<id>`, …
    pub scope: String,
    /// The UTC day or month it is limited in; empty for a limit without period.
    pub period: String,
    /// The most that may be booked and set aside together.
    pub limit: MicroUsd,
}

/// A limit that somebody gave a scope by word; it holds in place of the configured one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLimit {
    /// The scope's key, without a period.
    pub scope: String,
    /// Its limit.
    pub limit: MicroUsd,
}

/// How a scope without a period stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeBudget {
    /// What is booked.
    pub booked: MicroUsd,
    /// What is booked and set aside.
    pub used: MicroUsd,
    /// The limit that somebody gave it by word.
    pub own_limit: Option<MicroUsd>,
}

/// Money to be set aside for one call.
#[derive(Clone, Debug)]
pub struct NewReservation {
    /// A new id for each try of each turn.
    pub id: String,
    /// The limits that apply.
    pub limits: Vec<ScopeLimit>,
    /// The worst case of the call.
    pub amount: MicroUsd,
    /// The model that will be asked.
    pub model: String,
    /// The version of the price row the amount was computed with.
    pub price_version: String,
    /// How the amount came about (prompt tokens, `max_tokens`), for the record.
    pub details: Value,
    /// The time now.
    pub now: Timestamp,
}

/// Whether the call may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It may: the money is set aside.
    Yes,
    /// It may not; nothing was set aside anywhere.
    Refused {
        /// The limit that would be passed.
        limit: ScopeLimit,
        /// What is booked and set aside there already.
        used: MicroUsd,
    },
}

/// A reservation whose call has no known outcome yet.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenReservation {
    /// Its id.
    pub id: String,
    /// The run that made the call.
    pub run: RunId,
    /// The model that was asked.
    pub model: String,
    /// What is set aside.
    pub amount: MicroUsd,
    /// How the amount came about.
    pub details: Value,
    /// When it was set aside.
    pub created: Timestamp,
}

impl Store {
    /// Sets money aside under all limits at once, or under none.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when the run was stopped or another worker has it;
    /// [`ClaimError::Conflict`] when the id was used before or the amount is negative.
    pub async fn reserve(
        &self,
        run: &ClaimedRun,
        reservation: &NewReservation,
    ) -> Result<Reserved, ClaimError> {
        if reservation.amount < MicroUsd::ZERO {
            return Err(ClaimError::Conflict(format!("negative amount {}", reservation.amount)));
        }
        let mut tx = self.write().await?;
        hold(&mut tx, run).await?;
        insert_reservation(&mut tx, &run.run.id, reservation).await?;
        let mut limits = reservation.limits.clone();
        limits.sort_by_cached_key(|it| place(&it.scope, &it.period));
        limits.dedup_by(|b, a| a.scope == b.scope && a.period == b.period);
        for limit in limits {
            if !set_aside(&mut tx, &limit, reservation.amount).await? {
                let row = scope_row(&mut tx, &limit.scope, &limit.period).await?;
                let (used, limit) =
                    (row.used, ScopeLimit { limit: row.own_limit.unwrap_or(limit.limit), ..limit });
                return Ok(Reserved::Refused { limit, used });
            }
            sqlx::query(
                "INSERT INTO reservation_scopes (reservation_id, scope, period)
                 VALUES ($1, $2, $3)",
            )
            .bind(reservation.id.as_str())
            .bind(limit.scope.as_str())
            .bind(limit.period.as_str())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(Reserved::Yes)
    }

    /// How a scope without a period stands; one without a row has used nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn scope_budget(&self, scope: &str) -> Result<ScopeBudget, StoreError> {
        let row = sqlx::query(SCOPE_ROW)
            .bind(scope)
            .bind("")
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.as_ref().map_or(Ok(ScopeBudget::default()), scope_budget)
    }

    /// The calls of a run whose outcome nobody wrote down: after a crash, [`Store::assume`] each.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_reservations(&self, run: &RunId) -> Result<Vec<OpenReservation>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM reservations WHERE run_id = $1 AND state = 'open'
             ORDER BY created_ms, reservation_id",
        )
        .bind(run.as_str())
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(open_reservation).collect()
    }

    /// Open reservations of ended runs whose worker's lease is over as well: nobody will settle
    /// them.
    ///
    /// # Errors
    /// The database's.
    pub async fn abandoned_reservations(
        &self,
        now: Timestamp,
    ) -> Result<Vec<OpenReservation>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.* FROM reservations v JOIN runs r ON r.run_id = v.run_id
             WHERE v.state = 'open' AND r.status IN ('finished', 'failed', 'stopped')
               AND r.leased_until_ms <= $1
             ORDER BY v.created_ms, v.reservation_id",
        )
        .bind(now.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(open_reservation).collect()
    }
}

/// Where a scope's row stands in the order in which rows are taken. The text decides within a scope,
/// byte by byte: the database's own collation may differ.
pub(super) fn place(scope: &str, period: &str) -> (usize, String, String) {
    let of = Scope::ALL.iter().position(|it| scope.starts_with(it.prefix()));
    (of.unwrap_or(Scope::ALL.len()), scope.to_owned(), period.to_owned())
}

/// Ends an open reservation: what it set aside is released and `booked` stands in its place.
/// `None` when it is unknown or ended before; else its amount.
pub(super) async fn close_reservation(
    connection: &mut AnyConnection,
    id: &str,
    state: &'static str,
    booked: Option<MicroUsd>,
) -> Result<Option<MicroUsd>, StoreError> {
    let closed = sqlx::query(
        "UPDATE reservations SET state = $1 WHERE reservation_id = $2 AND state = 'open'
         RETURNING amount",
    )
    .bind(state)
    .bind(id)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = closed else { return Ok(None) };
    let amount = row.money("amount")?;
    let scopes =
        sqlx::query("SELECT scope, period FROM reservation_scopes WHERE reservation_id = $1")
            .bind(id)
            .fetch_all(&mut *connection)
            .await?;
    let mut keys = Vec::with_capacity(scopes.len());
    for row in scopes {
        keys.push((row.text("scope")?, row.text("period")?));
    }
    keys.sort_by_cached_key(|(scope, period)| place(scope, period));
    for (scope, period) in keys {
        sqlx::query(
            "UPDATE budgets SET reserved = reserved - $1, booked = booked + $2
             WHERE scope = $3 AND period = $4",
        )
        .bind(amount.0)
        .bind(booked.unwrap_or(amount).0)
        .bind(scope)
        .bind(period)
        .execute(&mut *connection)
        .await?;
    }
    Ok(Some(amount))
}

async fn insert_reservation(
    connection: &mut AnyConnection,
    run: &RunId,
    reservation: &NewReservation,
) -> Result<(), ClaimError> {
    let inserted = sqlx::query(
        "INSERT INTO reservations (reservation_id, run_id, model, price_version, amount, details,
                                   state, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)
         ON CONFLICT (reservation_id) DO NOTHING",
    )
    .bind(reservation.id.as_str())
    .bind(run.as_str())
    .bind(reservation.model.as_str())
    .bind(reservation.price_version.as_str())
    .bind(reservation.amount.0)
    .bind(reservation.details.to_string())
    .bind(reservation.now.0)
    .execute(connection)
    .await?
    .rows_affected();
    if inserted == 1 {
        Ok(())
    } else {
        Err(ClaimError::Conflict(format!("reservation {}", reservation.id)))
    }
}

/// The conditional update that is the limit. The row is made first, so that both databases take
/// the same path through it.
async fn set_aside(
    connection: &mut AnyConnection,
    limit: &ScopeLimit,
    amount: MicroUsd,
) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO budgets (scope, period, reserved, booked) VALUES ($1, $2, 0, 0)
         ON CONFLICT (scope, period) DO NOTHING",
    )
    .bind(limit.scope.as_str())
    .bind(limit.period.as_str())
    .execute(&mut *connection)
    .await?;
    let updated = sqlx::query(
        "UPDATE budgets SET reserved = reserved + $1
         WHERE scope = $2 AND period = $3
           AND booked + reserved <= COALESCE(own_limit, $4) - $1",
    )
    .bind(amount.0)
    .bind(limit.scope.as_str())
    .bind(limit.period.as_str())
    .bind(limit.limit.0)
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

const SCOPE_ROW: &str = "SELECT booked, booked + reserved AS used, own_limit FROM budgets
                         WHERE scope = $1 AND period = $2";

async fn scope_row(
    connection: &mut AnyConnection,
    scope: &str,
    period: &str,
) -> Result<ScopeBudget, StoreError> {
    let row = sqlx::query(SCOPE_ROW).bind(scope).bind(period).fetch_optional(connection).await?;
    row.as_ref().map_or(Ok(ScopeBudget::default()), scope_budget)
}

fn scope_budget(row: &AnyRow) -> Result<ScopeBudget, StoreError> {
    Ok(ScopeBudget {
        booked: row.money("booked")?,
        used: row.money("used")?,
        own_limit: row.maybe_int("own_limit")?.map(MicroUsd),
    })
}

/// Keeps a limit that somebody gave a scope by word.
pub(super) async fn write_own_limit(
    connection: &mut AnyConnection,
    own: &OwnLimit,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO budgets (scope, period, reserved, booked, own_limit) VALUES ($1, $2, 0, 0, $3)
         ON CONFLICT (scope, period) DO UPDATE SET own_limit = $3",
    )
    .bind(own.scope.as_str())
    .bind("")
    .bind(own.limit.0)
    .execute(connection)
    .await?;
    Ok(())
}

fn open_reservation(row: &AnyRow) -> Result<OpenReservation, StoreError> {
    Ok(OpenReservation {
        id: row.text("reservation_id")?,
        run: RunId(row.text("run_id")?),
        model: row.text("model")?,
        amount: row.money("amount")?,
        details: row.json("details")?,
        created: row.at("created_ms")?,
    })
}
