//! The pace of writes to each installation: nothing while GitHub asked for silence, and content
//! writes one after the other.

use sqlx::AnyConnection;

use crate::base::{InstallationId, Timestamp};
use crate::store::columns::Columns as _;
use crate::store::{Store, StoreError};

impl Store {
    /// No effect of this installation is claimed before `until` (`retry-after`, a rate limit's
    /// reset). A shorter wait never replaces a longer one.
    ///
    /// # Errors
    /// The database's.
    pub async fn throttle(
        &self,
        installation: InstallationId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO installations (installation_id, blocked_until_ms) VALUES ($1, $2)
             ON CONFLICT (installation_id) DO UPDATE
                SET blocked_until_ms = excluded.blocked_until_ms
                WHERE installations.blocked_until_ms < excluded.blocked_until_ms",
        )
        .bind(installation.0)
        .bind(until.0)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Until when nothing of this installation is to be asked or written, if that is after `now`.
    ///
    /// # Errors
    /// The database's.
    pub async fn paused_until(
        &self,
        installation: InstallationId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT blocked_until_ms FROM installations
             WHERE installation_id = $1 AND blocked_until_ms > $2",
        )
        .bind(installation.0)
        .bind(now.0)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map(|it| it.at("blocked_until_ms")).transpose()
    }

    /// Content was just written: the installation's next content write is not claimed before
    /// `next_write`.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_write(
        &self,
        installation: InstallationId,
        next_write: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO installations (installation_id, next_write_ms) VALUES ($1, $2)
             ON CONFLICT (installation_id) DO UPDATE
                SET next_write_ms = excluded.next_write_ms
                WHERE installations.next_write_ms < excluded.next_write_ms",
        )
        .bind(installation.0)
        .bind(next_write.0)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

/// The row that claims of this installation's effects lock.
pub(super) async fn ensure_installation(
    connection: &mut AnyConnection,
    installation: InstallationId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO installations (installation_id) VALUES ($1)
         ON CONFLICT (installation_id) DO NOTHING",
    )
    .bind(installation.0)
    .execute(connection)
    .await?;
    Ok(())
}
