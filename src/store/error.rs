//! What can go wrong in the store: the database itself, a lost lease, a lost race.

use sqlx::migrate::MigrateError;

/// The database failed, or holds what this version cannot read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An older binary on a newer database.
    #[error(
        "the database was written by a newer Baton (it has schema {found}, this one knows {known}): \
         start the newer version, or restore the backup from before the upgrade"
    )]
    NewerSchema {
        /// The schema version found.
        found: i64,
        /// The newest one this binary knows.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migrate(#[source] MigrateError),
    /// The database's place on disk cannot be used.
    #[error(
        "cannot use the database file {path}: {source}; check that the folder exists and is writable"
    )]
    Place {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored value does not read back.
    #[error("stored {what} cannot be read: {value}")]
    Unreadable {
        /// Which value.
        what: &'static str,
        /// Its text, cut.
        value: String,
    },
    /// The store was closed while the request waited.
    #[error("the store is shutting down")]
    Closed,
    /// A whole group of deliveries failed together; each of them is told the same.
    #[error("database: {0}")]
    Group(std::sync::Arc<StoreError>),
}

impl StoreError {
    /// A stored value that does not read back; its text is cut.
    pub fn unreadable(what: &'static str, value: &str) -> StoreError {
        StoreError::Unreadable { what, value: value.chars().take(200).collect() }
    }
}

/// Why a decision was not committed. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another worker holds the lane now; leave the row to it.
    #[error("another worker has taken over this lane")]
    LostLease,
    /// The issue or the row changed since it was loaded; load again and decide again.
    #[error("the issue changed since it was loaded")]
    LostRace,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a worker's write about its effect or run was refused.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another worker has claimed it since, or it was stopped or dropped: end quietly.
    #[error("this worker no longer holds the claim")]
    Stale,
    /// The write contradicts what is stored (a used sequence number, a known reservation).
    #[error("already stored: {0}")]
    Conflict(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> CommitError {
        CommitError::Store(error.into())
    }
}

impl From<sqlx::Error> for ClaimError {
    fn from(error: sqlx::Error) -> ClaimError {
        ClaimError::Store(error.into())
    }
}
