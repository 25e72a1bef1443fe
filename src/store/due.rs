//! When the next thing may happen: what the engine sleeps towards, and what a test steps to.

use crate::base::Timestamp;
use crate::store::columns::Columns as _;
use crate::store::outbox::held_up;
use crate::store::{Store, StoreError};

impl Store {
    /// The earliest time at which something can be claimed or fired. At or before now: there is
    /// work. `None`: nothing will happen until the world speaks.
    ///
    /// # Errors
    /// The database's.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut earliest: Option<Timestamp> = None;
        for query in [
            sqlx::query(LANES),
            sqlx::query(EFFECTS).bind(now.0),
            sqlx::query(TIMERS),
            sqlx::query(RUNS),
        ] {
            let row = query.fetch_one(&mut *self.read().await?).await?;
            if let Some(due) = row.maybe_int("due")?.map(Timestamp) {
                earliest = Some(earliest.map_or(due, |it| it.min(due)));
            }
        }
        Ok(earliest)
    }

    /// Whether nothing can be claimed or fired at `now`.
    ///
    /// # Errors
    /// The database's.
    pub async fn idle(&self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.next_due(now).await?.is_none_or(|due| now < due))
    }
}

/// A waiting row can be handled when its lane is neither leased nor put off.
const LANES: &str = "
    SELECT CAST(MIN(CASE WHEN COALESCE(l.leased_until_ms, 0) >= COALESCE(l.due_ms, 0)
                         THEN COALESCE(l.leased_until_ms, 0)
                         ELSE l.due_ms END) AS BIGINT) AS due
    FROM inbox i LEFT JOIN lanes l ON l.lane = i.lane WHERE i.status = 'pending'";

/// An effect that nothing holds up now can be claimed at the latest of its due time, the end of its
/// lease, the times its installation is paced to, and the end of the installation's write in flight.
const EFFECTS: &str = concat!(
    "SELECT CAST(MIN(CASE WHEN own >= pace AND own >= flight THEN own
                         WHEN pace >= flight THEN pace ELSE flight END) AS BIGINT) AS due
    FROM (
        SELECT CASE WHEN o.due_ms >= o.leased_until_ms THEN o.due_ms
                    ELSE o.leased_until_ms END AS own,
               CASE WHEN o.content_write = 1 AND i.next_write_ms > i.blocked_until_ms
                    THEN i.next_write_ms ELSE i.blocked_until_ms END AS pace,
               CASE WHEN o.content_write = 0 THEN 0
                    ELSE (SELECT MAX(w.leased_until_ms) FROM outbox w
                          WHERE w.installation_id = o.installation_id AND w.content_write = 1
                            AND w.status = 'pending') END AS flight
        FROM outbox o JOIN installations i ON i.installation_id = o.installation_id
        WHERE o.status = 'pending' AND NOT ",
    held_up!(),
    ") AS effects"
);

const TIMERS: &str = "SELECT CAST(MIN(due_ms) AS BIGINT) AS due FROM timers";

const RUNS: &str = "
    SELECT CAST(MIN(CASE WHEN due_ms >= leased_until_ms THEN due_ms
                         ELSE leased_until_ms END) AS BIGINT) AS due
    FROM runs WHERE status IN ('ready', 'backoff') AND held = 0";
