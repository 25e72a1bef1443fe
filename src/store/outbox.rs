//! What must be done. An effect is claimed with a lease, marked as sent just before the outside is
//! called, and then done, tried again, or given up; each of these is fenced by (owner, attempt).
//!
//! **Order.** Effects of one issue are claimed in the order (version, position). Two exceptions: an
//! effect with a slot that nobody has begun and that is not due yet (a status comment that waits
//! for its ten seconds) holds nobody up; and one that stood aside (a reaction that GitHub did not
//! take, and that is tried again) holds up only what is of its own slot.
//!
//! **Unknown outcome.** If the process dies between [`Store::mark_sent`] and the answer, the next
//! claim says `outcome_unknown`: look for the effect's key outside before doing it again.

use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::base::{EffectKey, InstallationId, IssueKey, Timestamp};
use crate::store::columns::{Columns as _, storable};
use crate::store::inbox::insert_internal;
use crate::store::issues::put_handle;
use crate::store::{Claim, ClaimError, NewInternal, Store, StoreError};

/// How often a claim that lost to faster workers looks again before it lets the next poll do it.
const CLAIM_TRIES_MAX: usize = 16;

/// An effect this worker may perform.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedEffect {
    /// Its key.
    pub key: EffectKey,
    /// The issue it follows from.
    pub issue: IssueKey,
    /// The installation it acts in.
    pub installation: InstallationId,
    /// Its name.
    pub kind: String,
    /// What it needs.
    pub payload: Value,
    /// Which try this is, from 1.
    pub attempt: i64,
    /// The last try may have taken effect: look it up before doing it again.
    pub outcome_unknown: bool,
    /// Whether it creates content on GitHub.
    pub content_write: bool,
    owner: String,
}

/// Why and when an effect is tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Not before this.
    pub due: Timestamp,
    /// What went wrong, for people.
    pub error: String,
    /// Whether the try may have taken effect nevertheless (a timeout, a 5xx).
    pub outcome_unknown: bool,
    /// Whether nothing depends on it, so that what follows goes on without it from now on.
    pub aside: bool,
}

/// Whether an earlier effect of its issue holds up the row `o` at `$1`. What waits behind one of its
/// own slot that stood aside stands aside with it.
macro_rules! held_up {
    () => {
        "EXISTS (
            SELECT 1 FROM outbox e
            WHERE e.repository_id = o.repository_id AND e.number = o.number
              AND e.status = 'pending'
              AND (e.version < o.version OR (e.version = o.version AND e.position < o.position))
              AND NOT (e.slot IS NOT NULL AND e.attempt = 0 AND e.due_ms > $1)
              AND NOT ((e.slot IS NULL OR o.slot IS NULL OR e.slot <> o.slot)
                       AND (e.aside = 1 OR EXISTS (
                            SELECT 1 FROM outbox f
                            WHERE f.repository_id = e.repository_id AND f.number = e.number
                              AND f.status = 'pending' AND f.aside = 1 AND f.slot = e.slot))))"
    };
}
pub(super) use held_up;

/// What makes the row `o` claimable at `$1`, beside its installation's pace.
macro_rules! claimable {
    () => {
        concat!(
            "o.status = 'pending' AND o.due_ms <= $1 AND o.leased_until_ms <= $1
             AND NOT ",
            held_up!(),
            " AND EXISTS (
                SELECT 1 FROM installations i
                WHERE i.installation_id = o.installation_id AND i.blocked_until_ms <= $1
                  AND (o.content_write = 0 OR i.next_write_ms <= $1))
             AND (o.content_write = 0 OR NOT EXISTS (
                SELECT 1 FROM outbox w
                WHERE w.installation_id = o.installation_id AND w.content_write = 1
                  AND w.status = 'pending' AND w.leased_until_ms > $1))"
        )
    };
}

impl Store {
    /// Claims the effect that has waited longest.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim_effect(
        &self,
        claim: Claim<'_>,
    ) -> Result<Option<ClaimedEffect>, StoreError> {
        // Looking takes no turn from the writer.
        let mut reader = self.read().await?;
        if next_claimable(&mut reader, claim.now).await?.is_none() {
            return Ok(None);
        }
        drop(reader);
        for _ in 0..CLAIM_TRIES_MAX {
            let mut tx = self.write().await?;
            let Some((key, installation)) = next_claimable(&mut tx, claim.now).await? else {
                return Ok(None);
            };
            lock_installation(&mut tx, installation).await?;
            let claimed = sqlx::query(concat!(
                "UPDATE outbox AS o SET owner = $2, attempt = attempt + 1, leased_until_ms = $3
                 WHERE o.effect_key = $4 AND ",
                claimable!(),
                " RETURNING effect_key, repository_id, number, installation_id, kind, payload,
                            attempt, sent_ms, content_write, owner"
            ))
            .bind(claim.now.0)
            .bind(claim.worker)
            .bind(claim.until())
            .bind(key)
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit().await?;
            if let Some(row) = claimed {
                return claimed_effect(&row).map(Some);
            }
        }
        Ok(None)
    }

    /// Holds the effect until `until`.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when another worker has it.
    pub async fn renew_effect(
        &self,
        effect: &ClaimedEffect,
        until: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        let held = sqlx::query(
            "UPDATE outbox SET leased_until_ms = $1
             WHERE effect_key = $2 AND owner = $3 AND attempt = $4 AND status = 'pending'",
        )
        .bind(until.0)
        .bind(effect.key.as_str())
        .bind(effect.owner.as_str())
        .bind(effect.attempt)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if held != 1 {
            return Err(ClaimError::Stale);
        }
        Ok(tx.commit().await?)
    }

    /// Remembers that the outside is about to be called. Call it before every call that creates
    /// something.
    ///
    /// # Errors
    /// [`ClaimError::Stale`]: do not call the outside.
    pub async fn mark_sent(
        &self,
        effect: &ClaimedEffect,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        let marked = sqlx::query(
            "UPDATE outbox SET sent_ms = $1
             WHERE effect_key = $2 AND owner = $3 AND attempt = $4 AND status = 'pending'",
        )
        .bind(now.0)
        .bind(effect.key.as_str())
        .bind(effect.owner.as_str())
        .bind(effect.attempt)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if marked != 1 {
            return Err(ClaimError::Stale);
        }
        Ok(tx.commit().await?)
    }

    /// It is done: keeps the ids of what was made and, where a stage waits for it, tells the issue.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when another worker has the effect.
    pub async fn effect_done(
        &self,
        effect: &ClaimedEffect,
        handles: &[(&str, &str)],
        internal: Option<&NewInternal>,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        end_effect(&mut tx, effect, "done", None, now).await?;
        for (kind, value) in handles {
            put_handle(&mut tx, effect.issue, kind, value).await?;
        }
        if let Some(event) = internal {
            insert_internal(&mut tx, &self.ids, event).await?;
        }
        Ok(tx.commit().await?)
    }

    /// It did not work and will be tried again.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when another worker has the effect.
    pub async fn effect_retry(
        &self,
        effect: &ClaimedEffect,
        retry: &Retry,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        let put_off = sqlx::query(
            "UPDATE outbox SET due_ms = $1, error = $2, leased_until_ms = 0, owner = NULL,
                               sent_ms = CASE WHEN $3 = 1 THEN COALESCE(sent_ms, $1) END,
                               aside = CASE WHEN $7 = 1 THEN 1 ELSE aside END
             WHERE effect_key = $4 AND owner = $5 AND attempt = $6 AND status = 'pending'",
        )
        .bind(retry.due.0)
        .bind(storable(&retry.error))
        .bind(i64::from(retry.outcome_unknown))
        .bind(effect.key.as_str())
        .bind(effect.owner.as_str())
        .bind(effect.attempt)
        .bind(i64::from(retry.aside))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if put_off != 1 {
            return Err(ClaimError::Stale);
        }
        Ok(tx.commit().await?)
    }

    /// It will never work: later effects of the same decision are dropped, and the issue is told.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when another worker has the effect.
    pub async fn effect_given_up(
        &self,
        effect: &ClaimedEffect,
        error: &str,
        internal: &NewInternal,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        end_effect(&mut tx, effect, "given up", Some(error), now).await?;
        sqlx::query(
            "UPDATE outbox SET status = 'dropped', error = 'an earlier effect was given up',
                               finished_ms = $1
             WHERE repository_id = $2 AND number = $3 AND status = 'pending'
               AND version = (SELECT version FROM outbox WHERE effect_key = $4)
               AND position > (SELECT position FROM outbox WHERE effect_key = $4)",
        )
        .bind(now.0)
        .bind(effect.issue.repository.0)
        .bind(effect.issue.number.0)
        .bind(effect.key.as_str())
        .execute(&mut *tx)
        .await?;
        insert_internal(&mut tx, &self.ids, internal).await?;
        Ok(tx.commit().await?)
    }

    /// It will never work, and nothing depends on it: later effects of its decision go on.
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when another worker has the effect.
    pub async fn effect_given_up_alone(
        &self,
        effect: &ClaimedEffect,
        error: &str,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        end_effect(&mut tx, effect, "given up", Some(error), now).await?;
        Ok(tx.commit().await?)
    }

    /// It is no longer wanted (the issue is gone, the text is the same as before).
    ///
    /// # Errors
    /// [`ClaimError::Stale`] when another worker has the effect.
    pub async fn effect_dropped(
        &self,
        effect: &ClaimedEffect,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let mut tx = self.write().await?;
        end_effect(&mut tx, effect, "dropped", Some(reason), now).await?;
        Ok(tx.commit().await?)
    }
}

async fn next_claimable(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<Option<(String, InstallationId)>, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT o.effect_key AS effect_key, o.installation_id AS installation_id FROM outbox o
         WHERE ",
        claimable!(),
        " ORDER BY o.due_ms, o.created_ms, o.version, o.position, o.effect_key LIMIT 1"
    ))
    .bind(now.0)
    .fetch_optional(connection)
    .await?;
    row.map(|it| Ok((it.text("effect_key")?, it.installation()?))).transpose()
}

/// Claims of one installation's effects happen one after the other, so that the second of two
/// sees the first's lease.
async fn lock_installation(
    connection: &mut AnyConnection,
    installation: InstallationId,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE installations SET next_write_ms = next_write_ms WHERE installation_id = $1",
    )
    .bind(installation.0)
    .execute(connection)
    .await?;
    Ok(())
}

async fn end_effect(
    connection: &mut AnyConnection,
    effect: &ClaimedEffect,
    status: &'static str,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), ClaimError> {
    let ended = sqlx::query(
        "UPDATE outbox SET status = $1, error = $2, finished_ms = $3, leased_until_ms = 0
         WHERE effect_key = $4 AND owner = $5 AND attempt = $6 AND status = 'pending'",
    )
    .bind(status)
    .bind(error.map(storable))
    .bind(now.0)
    .bind(effect.key.as_str())
    .bind(effect.owner.as_str())
    .bind(effect.attempt)
    .execute(connection)
    .await?
    .rows_affected();
    if ended == 1 { Ok(()) } else { Err(ClaimError::Stale) }
}

fn claimed_effect(row: &AnyRow) -> Result<ClaimedEffect, StoreError> {
    Ok(ClaimedEffect {
        key: EffectKey(row.text("effect_key")?),
        issue: row.issue()?,
        installation: row.installation()?,
        kind: row.text("kind")?,
        payload: row.json("payload")?,
        attempt: row.int("attempt")?,
        outcome_unknown: row.maybe_int("sent_ms")?.is_some(),
        content_write: row.flag("content_write")?,
        owner: row.text("owner")?,
    })
}
