//! The bill: one row per call, appended when its reservation ends, and the sums over it.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{InstallationId, IssueKey, MicroUsd, RunId, Timestamp};
use crate::domain::conversation::Usage;
use crate::store::budget::close_reservation;
use crate::store::columns::{Columns as _, storable};
use crate::store::{Store, StoreError};

/// What a call turned out to be.
#[derive(Clone, Debug)]
pub struct Actual {
    /// The model that answered.
    pub model_answered: String,
    /// What it used.
    pub usage: Usage,
    /// What that costs.
    pub amount: MicroUsd,
    /// The provider's id of the request, when it sent one.
    pub provider_request_id: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// How a call was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Booked at its cost.
    Booked {
        /// It cost more than was set aside: a fault in the estimate, to be alarmed.
        over: bool,
        /// The provider's request id stood in the ledger already. The call is booked without it;
        /// better twice than not at all.
        known_request: bool,
    },
    /// The reservation was settled or assumed before; nothing changed.
    AlreadyClosed,
}

/// The sum of some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostRow {
    /// What they were for.
    pub role: String,
    /// The tier that was asked for.
    pub tier: String,
    /// The model that was asked for.
    pub model_requested: String,
    /// The model that answered; none for calls whose outcome is only assumed.
    pub model_answered: Option<String>,
    /// How many.
    pub calls: i64,
    /// Their tokens.
    pub usage: Usage,
    /// Their cost.
    pub amount: MicroUsd,
    /// The part of it that is only assumed.
    pub assumed: MicroUsd,
    /// The versions of the price table used, least and greatest.
    pub price_versions: (String, String),
}

/// What stands against a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Spent.
    pub booked: MicroUsd,
    /// Set aside for calls in flight.
    pub reserved: MicroUsd,
}

/// What one session took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTokens {
    /// The run.
    pub run: RunId,
    /// What it was for.
    pub role: String,
    /// Tokens that were new to the model, its answers among them.
    pub fresh: u64,
    /// Tokens read from the cache.
    pub cached: u64,
}

impl Store {
    /// Books a call at what it cost and releases its reservation. Not bound to the run's claim: a
    /// call that was in flight when its run was stopped was paid for.
    ///
    /// # Errors
    /// The database's.
    pub async fn settle(&self, reservation: &str, actual: &Actual) -> Result<Settled, StoreError> {
        let mut tx = self.write().await?;
        let reserved =
            close_reservation(&mut tx, reservation, "settled", Some(actual.amount)).await?;
        let Some(reserved) = reserved else { return Ok(Settled::AlreadyClosed) };
        let known_request = is_known(&mut tx, actual.provider_request_id.as_deref()).await?;
        let over = reserved < actual.amount;
        let request_id = if known_request { None } else { actual.provider_request_id.as_deref() };
        let note = known_request.then(|| {
            format!(
                "request id {} was booked before",
                actual.provider_request_id.as_deref().unwrap_or_default()
            )
        });
        sqlx::query(BOOK)
            .bind(reservation)
            .bind(actual.at.0)
            .bind(storable(&actual.model_answered))
            .bind(tokens(actual.usage.input))
            .bind(tokens(actual.usage.output))
            .bind(tokens(actual.usage.cache_read))
            .bind(tokens(actual.usage.cache_write_5m))
            .bind(tokens(actual.usage.cache_write_1h))
            .bind(actual.amount.0)
            .bind(request_id)
            .bind("settled")
            .bind(i64::from(over))
            .bind(note)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Settled::Booked { over, known_request })
    }

    /// Books a call of unknown outcome at what was set aside for it, marked as assumed: it may have
    /// been billed.
    ///
    /// # Errors
    /// The database's.
    pub async fn assume(
        &self,
        reservation: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        let mut tx = self.write().await?;
        let reserved = close_reservation(&mut tx, reservation, "assumed", None).await?;
        let Some(reserved) = reserved else { return Ok(Settled::AlreadyClosed) };
        sqlx::query(BOOK)
            .bind(reservation)
            .bind(now.0)
            .bind(None::<&str>)
            .bind(0_i64)
            .bind(0_i64)
            .bind(0_i64)
            .bind(0_i64)
            .bind(0_i64)
            .bind(reserved.0)
            .bind(None::<&str>)
            .bind("assumed")
            .bind(0_i64)
            .bind(storable(why))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Settled::Booked { over: false, known_request: false })
    }

    /// Releases what was set aside for a call that was certainly not billed (it never left, or the
    /// provider refused it before the model).
    ///
    /// # Errors
    /// The database's.
    pub async fn release_reservation(&self, reservation: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        close_reservation(&mut tx, reservation, "settled", Some(MicroUsd::ZERO)).await?;
        Ok(tx.commit().await?)
    }

    /// What an issue's calls cost in all its lives, by role and model, dearest first. What people
    /// entered is not among it ([`Store::entered_costs`]): kinds are not added up silently.
    ///
    /// # Errors
    /// The database's.
    pub async fn cost_of_issue(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<CostRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT role, tier, model_requested, model_answered,
                    COUNT(*) AS calls,
                    CAST(SUM(input_tokens) AS BIGINT) AS input_tokens,
                    CAST(SUM(output_tokens) AS BIGINT) AS output_tokens,
                    CAST(SUM(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
                    CAST(SUM(cache_write_5m_tokens) AS BIGINT) AS cache_write_5m_tokens,
                    CAST(SUM(cache_write_1h_tokens) AS BIGINT) AS cache_write_1h_tokens,
                    CAST(SUM(amount) AS BIGINT) AS amount,
                    CAST(SUM(CASE WHEN state = 'assumed' THEN amount ELSE 0 END) AS BIGINT)
                        AS assumed,
                    MIN(price_version) AS first_price, MAX(price_version) AS last_price
             FROM ledger WHERE installation_id = $1 AND repository_id = $2 AND number = $3
               AND source <> 'manual'
             GROUP BY role, tier, model_requested, model_answered
             ORDER BY 11 DESC, role, model_requested, model_answered",
        )
        .bind(installation.0)
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(cost_row).collect()
    }

    /// The tokens of each session of an issue: those that were new to the model, and those that
    /// were read from the cache again.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens_of_runs(
        &self,
        installation: InstallationId,
        issue: IssueKey,
    ) -> Result<Vec<RunTokens>, StoreError> {
        let rows = sqlx::query(
            "SELECT run_id, role,
                    CAST(SUM(input_tokens + output_tokens + cache_write_5m_tokens
                             + cache_write_1h_tokens) AS BIGINT) AS fresh,
                    CAST(SUM(cache_read_tokens) AS BIGINT) AS cached
             FROM ledger WHERE installation_id = $1 AND repository_id = $2 AND number = $3
               AND source <> 'manual'
             GROUP BY run_id, role ORDER BY run_id",
        )
        .bind(installation.0)
        .bind(issue.repository.0)
        .bind(issue.number.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        let tokens = |it: i64| u64::try_from(it).unwrap_or(0);
        rows.iter()
            .map(|it| {
                Ok(RunTokens {
                    run: RunId(it.text("run_id")?),
                    role: it.text("role")?,
                    fresh: tokens(it.int("fresh")?),
                    cached: tokens(it.int("cached")?),
                })
            })
            .collect()
    }

    /// What a run cost so far, assumed calls included.
    ///
    /// # Errors
    /// The database's.
    pub async fn cost_of_run(&self, run: &RunId) -> Result<MicroUsd, StoreError> {
        let row = sqlx::query(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM ledger
             WHERE run_id = $1",
        )
        .bind(run.as_str())
        .fetch_one(&mut *self.read().await?)
        .await?;
        row.money("amount")
    }

    /// What stands against one limit in one period.
    ///
    /// # Errors
    /// The database's.
    pub async fn used(&self, scope: &str, period: &str) -> Result<Used, StoreError> {
        let row =
            sqlx::query("SELECT booked, reserved FROM budgets WHERE scope = $1 AND period = $2")
                .bind(scope)
                .bind(period)
                .fetch_optional(&mut *self.read().await?)
                .await?;
        let Some(row) = row else { return Ok(Used::default()) };
        Ok(Used { booked: row.money("booked")?, reserved: row.money("reserved")? })
    }
}

/// What a row has from its reservation and its run is copied, so that the bill stands alone.
const BOOK: &str = "
    INSERT INTO ledger (entry_id, at_ms, installation_id, repository_id, number, run_id, role, tier,
        model_requested, model_answered, input_tokens, output_tokens, cache_read_tokens,
        cache_write_5m_tokens, cache_write_1h_tokens, price_version, amount, reserved,
        provider_request_id, source, state, over_reservation, note)
    SELECT v.reservation_id, $2, r.installation_id, r.repository_id, r.number, r.run_id, r.role,
        r.tier, v.model, $3, $4, $5, $6, $7, $8, v.price_version, $9, v.amount, $10, 'api', $11,
        $12, $13
    FROM reservations v JOIN runs r ON r.run_id = v.run_id WHERE v.reservation_id = $1";

async fn is_known(
    connection: &mut AnyConnection,
    request_id: Option<&str>,
) -> Result<bool, StoreError> {
    let Some(request_id) = request_id else { return Ok(false) };
    let row = sqlx::query("SELECT entry_id FROM ledger WHERE provider_request_id = $1")
        .bind(request_id)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

fn tokens(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn cost_row(row: &AnyRow) -> Result<CostRow, StoreError> {
    let count = |column| Ok::<u64, StoreError>(u64::try_from(row.int(column)?).unwrap_or(0));
    Ok(CostRow {
        role: row.text("role")?,
        tier: row.text("tier")?,
        model_requested: row.text("model_requested")?,
        model_answered: row.maybe_text("model_answered")?,
        calls: row.int("calls")?,
        usage: Usage {
            input: count("input_tokens")?,
            output: count("output_tokens")?,
            cache_read: count("cache_read_tokens")?,
            cache_write_5m: count("cache_write_5m_tokens")?,
            cache_write_1h: count("cache_write_1h_tokens")?,
        },
        amount: row.money("amount")?,
        assumed: row.money("assumed")?,
        price_versions: (row.text("first_price")?, row.text("last_price")?),
    })
}
