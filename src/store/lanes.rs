//! A lane is what is handled in order: an issue, else a repository, else an installation. Whoever
//! holds its lease handles its rows; every commit proves the lease by its fence.

use std::fmt;
use std::str::FromStr as _;

use sqlx::AnyConnection;

use crate::base::{InstallationId, IssueKey, RepositoryId, Timestamp};
use crate::store::columns::{Columns as _, storable};
use crate::store::inbox::inbox_row;
use crate::store::{Claim, CommitError, Hint, InboxRow, Store, StoreError};

/// How often a claim that lost to faster workers looks again before it lets the next poll do it.
const CLAIM_TRIES_MAX: usize = 16;

/// What is handled in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// One issue, with its pull request and branch.
    Issue(IssueKey),
    /// What concerns a repository as a whole.
    Repository(RepositoryId),
    /// What concerns an installation as a whole.
    Installation(InstallationId),
    /// Deliveries that name none of these.
    Other,
}

impl Lane {
    /// The lane of a delivery whose hint is not linked to another.
    pub(super) fn by_default(
        installation: Option<InstallationId>,
        repository: Option<RepositoryId>,
        hint: &Hint,
    ) -> Lane {
        match (repository, hint) {
            (Some(repository), Hint::Number(number)) => {
                Lane::Issue(IssueKey { repository, number: *number })
            }
            (Some(repository), Hint::Branch(_) | Hint::Sha(_) | Hint::None) => {
                Lane::Repository(repository)
            }
            (None, _) => installation.map_or(Lane::Other, Lane::Installation),
        }
    }

    pub(super) fn from_column(text: &str) -> Result<Lane, StoreError> {
        let bad = || StoreError::unreadable("lane", text);
        let Some((kind, id)) = text.split_once('/') else {
            return if text == "other" { Ok(Lane::Other) } else { Err(bad()) };
        };
        match kind {
            "issue" => IssueKey::from_str(id).map(Lane::Issue).map_err(|_| bad()),
            "repository" => {
                id.parse().map(|it| Lane::Repository(RepositoryId(it))).map_err(|_| bad())
            }
            "installation" => {
                id.parse().map(|it| Lane::Installation(InstallationId(it))).map_err(|_| bad())
            }
            _ => Err(bad()),
        }
    }
}

/// `issue/<repository>/<number>`, `repository/<id>`, `installation/<id>` or `other`.
impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lane::Issue(key) => write!(f, "issue/{key}"),
            Lane::Repository(id) => write!(f, "repository/{id}"),
            Lane::Installation(id) => write!(f, "installation/{id}"),
            Lane::Other => f.write_str("other"),
        }
    }
}

/// The right to handle a lane. Only a claim makes one.
#[derive(Debug)]
pub struct LaneLease {
    lane: Lane,
    owner: String,
    fence: i64,
}

impl LaneLease {
    /// The lane.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Locks the lane for this transaction and refuses a stale lease.
    pub(super) async fn check(&self, connection: &mut AnyConnection) -> Result<(), CommitError> {
        let held = sqlx::query(
            "UPDATE lanes SET due_ms = 0 WHERE lane = $1 AND owner = $2 AND fence = $3",
        )
        .bind(self.lane.to_string())
        .bind(self.owner.as_str())
        .bind(self.fence)
        .execute(connection)
        .await?
        .rows_affected();
        if held == 1 { Ok(()) } else { Err(CommitError::LostLease) }
    }
}

impl Store {
    /// Claims the free lane whose oldest waiting row is the oldest of all.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim_lane(&self, claim: Claim<'_>) -> Result<Option<LaneLease>, StoreError> {
        for _ in 0..CLAIM_TRIES_MAX {
            // Looking takes no turn from the writer; the claim itself proves that the lane is free.
            let Some(lane) = self.oldest_free_lane(claim.now).await? else { return Ok(None) };
            let mut tx = self.write().await?;
            let claimed = sqlx::query(
                "INSERT INTO lanes (lane, owner, fence, leased_until_ms) VALUES ($1, $2, 1, $3)
                 ON CONFLICT (lane) DO UPDATE
                    SET owner = excluded.owner, fence = lanes.fence + 1,
                        leased_until_ms = excluded.leased_until_ms
                    WHERE lanes.leased_until_ms <= $4 AND lanes.due_ms <= $4
                 RETURNING fence",
            )
            .bind(lane.as_str())
            .bind(claim.worker)
            .bind(claim.until())
            .bind(claim.now.0)
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit().await?;
            if let Some(row) = claimed {
                let lane = Lane::from_column(&lane)?;
                let owner = claim.worker.to_owned();
                return Ok(Some(LaneLease { lane, owner, fence: row.int("fence")? }));
            }
        }
        Ok(None)
    }

    /// The oldest waiting row of the lane.
    ///
    /// # Errors
    /// The database's.
    pub async fn next_in_lane(&self, lease: &LaneLease) -> Result<Option<InboxRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM inbox WHERE lane = $1 AND status = 'pending'
             ORDER BY received_ms, id LIMIT 1",
        )
        .bind(lease.lane.to_string())
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.as_ref().map(inbox_row).transpose()
    }

    /// The bodies of waiting deliveries of this kind in the lane.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting_in_lane(
        &self,
        lease: &LaneLease,
        event: &str,
        action: &str,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM inbox
             WHERE lane = $1 AND status = 'pending' AND event = $2 AND action = $3",
        )
        .bind(lease.lane.to_string())
        .bind(event)
        .bind(action)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(|it| Ok(inbox_row(it)?.body)).collect()
    }

    /// The bodies of the `most` deliveries in the lane that came before `row` and tell of comments as
    /// it does, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn comments_before(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        most: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM inbox
             WHERE lane = $1 AND id < $2 AND event = $3
               AND event IN ('issue_comment', 'pull_request_review_comment')
             ORDER BY id DESC LIMIT $4",
        )
        .bind(lease.lane.to_string())
        .bind(row.id.as_str())
        .bind(row.event.as_str())
        .bind(most)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(|it| Ok(inbox_row(it)?.body)).collect()
    }

    /// Holds the lane until `until`.
    ///
    /// # Errors
    /// [`CommitError::LostLease`] when another worker has it.
    pub async fn renew_lane(&self, lease: &LaneLease, until: Timestamp) -> Result<(), CommitError> {
        let mut tx = self.write().await?;
        lease.check(&mut tx).await?;
        set_lease(&mut tx, lease, until, Timestamp(0)).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the lane back. A lease that was lost meanwhile is nothing to give back.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_lane(&self, lease: LaneLease) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        set_lease(&mut tx, &lease, Timestamp(0), Timestamp(0)).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the lane back because its oldest row cannot be handled now (GitHub does not answer,
    /// for one). Nobody claims the lane before `until`; the row remembers the try and the error.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_off(
        &self,
        lease: LaneLease,
        row: &InboxRow,
        until: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        self.give_back(lease, row, until, (error, 1)).await
    }

    /// The same for a row that waits out a pause of GitHub: that is no try.
    ///
    /// # Errors
    /// The database's.
    pub async fn wait_out(
        &self,
        lease: LaneLease,
        row: &InboxRow,
        until: Timestamp,
        why: &str,
    ) -> Result<(), StoreError> {
        self.give_back(lease, row, until, (why, 0)).await
    }

    async fn give_back(
        &self,
        lease: LaneLease,
        row: &InboxRow,
        until: Timestamp,
        (why, tries): (&str, i64),
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if set_lease(&mut tx, &lease, Timestamp(0), until).await? {
            sqlx::query(
                "UPDATE inbox SET attempts = attempts + $3, reason = $1
                 WHERE id = $2 AND status = 'pending'",
            )
            .bind(storable(why))
            .bind(row.id.as_str())
            .bind(tries)
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Moves a waiting row to the lane it turned out to belong to, where it keeps its time.
    ///
    /// # Errors
    /// [`CommitError::LostLease`], or [`CommitError::LostRace`] when the row is not waiting here.
    pub async fn relane(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        to: Lane,
    ) -> Result<(), CommitError> {
        let mut tx = self.write().await?;
        lease.check(&mut tx).await?;
        let moved = sqlx::query(
            "UPDATE inbox SET lane = $1 WHERE id = $2 AND lane = $3 AND status = 'pending'",
        )
        .bind(to.to_string())
        .bind(row.id.as_str())
        .bind(lease.lane.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if moved != 1 {
            return Err(CommitError::LostRace);
        }
        Ok(tx.commit().await?)
    }

    async fn oldest_free_lane(&self, now: Timestamp) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT i.lane AS lane FROM inbox i LEFT JOIN lanes l ON l.lane = i.lane
             WHERE i.status = 'pending'
               AND COALESCE(l.leased_until_ms, 0) <= $1 AND COALESCE(l.due_ms, 0) <= $1
             ORDER BY i.received_ms, i.id LIMIT 1",
        )
        .bind(now.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map(|it| it.text("lane")).transpose()
    }
}

async fn set_lease(
    connection: &mut AnyConnection,
    lease: &LaneLease,
    until: Timestamp,
    due: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(
        "UPDATE lanes SET leased_until_ms = $1, due_ms = $2
         WHERE lane = $3 AND owner = $4 AND fence = $5",
    )
    .bind(until.0)
    .bind(due.0)
    .bind(lease.lane.to_string())
    .bind(lease.owner.as_str())
    .bind(lease.fence)
    .execute(connection)
    .await?;
    Ok(set.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{IssueNumber, Sha};

    #[track_caller]
    fn check(repository: Option<i64>, hint: Hint, expected: &str) {
        let lane = Lane::by_default(Some(InstallationId(1)), repository.map(RepositoryId), &hint);
        assert_eq!(lane.to_string(), expected);
        assert_eq!(Lane::from_column(expected).unwrap(), lane);
    }

    #[test]
    fn a_delivery_waits_where_it_belongs() {
        check(Some(42), Hint::Number(IssueNumber(7)), "issue/42/7");
        check(Some(42), Hint::Branch("main".to_owned()), "repository/42");
        check(Some(42), Hint::Sha(Sha::from("c0ffee")), "repository/42");
        check(Some(42), Hint::None, "repository/42");
        check(None, Hint::Number(IssueNumber(7)), "installation/1");
        assert_eq!(Lane::by_default(None, None, &Hint::None).to_string(), "other");
        for bad in ["", "issue", "issue/1", "repository/x", "others", "team/1"] {
            assert!(Lane::from_column(bad).is_err(), "{bad}");
        }
    }
}
