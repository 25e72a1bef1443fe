//! What can go wrong in the store: the database itself, a lost lease, a lost race.

use sqlx::migrate::MigrateError;

/// SQLite's code for a file that somebody else writes to, in the low byte of an extended code.
const SQLITE_BUSY: i64 = 5;
const PRIMARY_CODE: i64 = 0xff;

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
    /// An older database, and somebody who only looks: bringing it up to date is the service's.
    #[error(
        "the database was written by an older Baton (it has schema {found}, this one knows {known}): \
         start this version's `baton serve` once, which brings it up to date"
    )]
    OlderSchema {
        /// The schema version found.
        found: i64,
        /// The one this binary knows.
        known: i64,
    },
    /// Somebody looks where no Baton has kept anything.
    #[error("no Baton has kept anything in {place}")]
    Absent {
        /// The file, or words for the server: its address may hold a password.
        place: String,
    },
    /// The schema could not be brought up to date. A step that fails leaves nothing of itself.
    #[error(
        "the database could not be brought up to date: {0}. What is stored stays as it is; put \
         right what the message names, then start again"
    )]
    Migrate(#[source] MigrateError),
    /// Somebody else writes to the embedded database and does not come to an end.
    #[error(
        "another program is writing to the database file {path}, a shell perhaps, or a copy of it: \
         let it come to its end, then start again"
    )]
    Locked {
        /// The file.
        path: String,
    },
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

    /// Whether SQLite waited for somebody else's write for as long as it may.
    pub(super) fn is_busy(&self) -> bool {
        let error = match self {
            StoreError::Database(error)
            | StoreError::Migrate(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => error,
            StoreError::Migrate(_)
            | StoreError::NewerSchema { .. }
            | StoreError::OlderSchema { .. }
            | StoreError::Absent { .. }
            | StoreError::Locked { .. }
            | StoreError::Place { .. }
            | StoreError::Unreadable { .. }
            | StoreError::Closed
            | StoreError::Group(_) => return false,
        };
        let code = error.as_database_error().and_then(|it| it.code());
        let code = code.and_then(|it| it.parse::<i64>().ok());
        code.is_some_and(|it| it & PRIMARY_CODE == SQLITE_BUSY)
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
