//! Opening the database: pools, pragmas, migrations.
//!
//! SQLite has one writer connection (`BEGIN IMMEDIATE`, so that a transaction never has to be
//! upgraded and refused) and a pool of readers; WAL with `synchronous=FULL`, because what is
//! answered 202 must survive a power cut. Its migrations run under a file lock, as the migrator's
//! own lock does nothing there; under the same lock the leases of dead processes end (`presence`).
//! PostgreSQL has one pool. Whoever only looks (`reading`) takes part in none of this.

mod reading;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, SqlSafeStr as _, Transaction};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::base::{Millis, Timestamp};
use crate::store::StoreError;
use crate::store::inbox::Ids;
use crate::store::intake::Intake;
use crate::store::presence::{Presence, end_leases};
use crate::store::readers::{Reader, Readers};

/// How long SQLite waits for another process (a backup, a shell) that holds the file.
const BUSY_TIMEOUT_PRAGMA: &str = "PRAGMA busy_timeout = 5000";

/// The log is copied into the file after 4,000 pages (16 MB) rather than 1,000: a page of an index
/// that many deliveries touch is then copied once for all of them, and the file is flushed less often.
const WRITER_PRAGMAS: [&str; 3] =
    ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 4000"];

/// How long a request waits for a connection before it fails: under GitHub's 10 s, so that intake
/// answers 503 instead of being cut off.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a writer waits for its turn. Far longer than any queue is: one that waits so long waits
/// for what will not come, and says so rather than hold up its worker for ever.
const TURN_TIMEOUT: Duration = Duration::from_secs(60);

/// Readers beside the one SQLite writer.
const SQLITE_READERS: usize = 4;

/// Connections of one process to PostgreSQL, whose default limit is 100 for all processes.
const POSTGRES_CONNECTIONS_MAX: u32 = 10;

/// Where the data lives.
#[derive(Clone, Debug)]
pub enum DatabaseSettings {
    /// One file on this machine; its folder must exist.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A server, for many processes.
    Postgres {
        /// `postgres://user:password@host/database`.
        url: String,
    },
}

/// Who claims work, when, and for how long the claim holds if nothing more is heard.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// A name unique to this worker and this start of the process.
    pub worker: &'a str,
    /// The time now.
    pub now: Timestamp,
    /// After this the claim may be taken over.
    pub lease: Millis,
}

impl Claim<'_> {
    pub(super) fn until(&self) -> i64 {
        (self.now + self.lease).0
    }
}

/// The database. Cheap to clone; all clones share the pools.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    readers: Arc<Readers>,
    turns: Arc<Semaphore>,
    /// On SQLite.
    presence: Option<Arc<Presence>>,
    pub(super) ids: Arc<Ids>,
    pub(super) intake: Intake,
}

/// The connections, and how a transaction begins on them.
#[derive(Clone)]
pub(super) struct Pools {
    writer: AnyPool,
    begin: Option<&'static str>,
}

impl Pools {
    /// Begins a transaction that may write.
    ///
    /// A full disk makes SQLite roll back by itself; the driver still counts that transaction as
    /// open and refuses every later one on the connection. Such a connection is replaced.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let Some(statement) = self.begin else { return Ok(self.writer.begin().await?) };
        match self.writer.begin_with(statement).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                // Its last words do not matter: the pool has let go of it.
                self.writer.acquire().await?.close().await.ok();
                Ok(self.writer.begin_with(statement).await?)
            }
            begun => Ok(begun?),
        }
    }
}

impl Store {
    /// Opens the database, creates it when it is missing, and brings its schema up to date. An
    /// embedded one that nobody else has open keeps no leases.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] when a newer Baton wrote it; nothing is changed then.
    pub async fn open(settings: &DatabaseSettings) -> Result<Store, StoreError> {
        // A second call answers "already installed", which is what is wanted.
        sqlx::any::install_default_drivers();
        let (pools, readers, presence) = match settings {
            DatabaseSettings::Sqlite { path } => {
                let (pools, readers, presence) = open_sqlite(path).await?;
                (pools, readers, Some(Arc::new(presence)))
            }
            DatabaseSettings::Postgres { url } => {
                let pools = open_postgres(url).await?;
                let readers = Readers::Pool(pools.writer.clone());
                (pools, readers, None)
            }
        };
        let intake = Intake::start(pools.clone());
        // PostgreSQL has many writers at once.
        let turns = Arc::new(Semaphore::new(if pools.begin.is_some() { 1 } else { 8 }));
        let readers = Arc::new(readers);
        Ok(Store { pools, readers, turns, presence, ids: Arc::default(), intake })
    }

    /// Waits for running statements and closes all connections. Later calls fail.
    pub async fn close(&self) {
        self.pools.writer.close().await;
        self.readers.close().await;
        if let Some(presence) = &self.presence {
            presence.leave();
        }
    }

    /// Begins a transaction that may write.
    ///
    /// Writers queue here before they queue for the connection, so that a delivery, which does not
    /// queue here, waits for two of them at most.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let _turn = turn(&self.turns, TURN_TIMEOUT).await?;
        self.pools.write().await
    }

    /// A connection for reading.
    pub(super) async fn read(&self) -> Result<Reader<'_>, StoreError> {
        self.readers.get().await
    }
}

/// A turn to write, waited for no longer than `patience`.
async fn turn(turns: &Semaphore, patience: Duration) -> Result<SemaphorePermit<'_>, StoreError> {
    let turn = tokio::time::timeout(patience, turns.acquire()).await;
    turn.map_err(|_| StoreError::Database(sqlx::Error::PoolTimedOut))?
        .map_err(|_| StoreError::Closed)
}

async fn open_sqlite(path: &Path) -> Result<(Pools, Readers, Presence), StoreError> {
    let path = &std::path::absolute(path).map_err(|source| unusable(path, source))?;
    enter_sqlite(path).await.map_err(|error| {
        if error.is_busy() {
            StoreError::Locked { path: path.display().to_string() }
        } else {
            error
        }
    })
}

async fn enter_sqlite(path: &Path) -> Result<(Pools, Readers, Presence), StoreError> {
    let options: AnyConnectOptions = sqlite_url(path, "rwc").parse()?;
    let lock = lock_beside(path).await?;
    let writer = sqlite_pool(1, &WRITER_PRAGMAS).connect_with(options.clone()).await?;
    migrate(&writer).await?;
    let (presence, alone) =
        Presence::enter(&beside(path, ".open")).map_err(|source| unusable(path, source))?;
    if alone {
        end_leases(&mut *writer.acquire().await?).await?;
    }
    drop(lock);
    let pool = sqlite_pool(1, &["PRAGMA query_only = ON"]).connect_with(options).await?;
    let readers = Readers::keep(&pool, SQLITE_READERS, ACQUIRE_TIMEOUT).await?;
    Ok((Pools { writer, begin: Some("BEGIN IMMEDIATE") }, readers, presence))
}

fn sqlite_pool(connections_max: u32, pragmas: &'static [&'static str]) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(BUSY_TIMEOUT_PRAGMA).execute(&mut *connection).await?;
                for pragma in pragmas {
                    sqlx::raw_sql(*pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
}

async fn open_postgres(url: &str) -> Result<Pools, StoreError> {
    let options: AnyConnectOptions = url.parse()?;
    let pool = AnyPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    migrate(&pool).await?;
    Ok(Pools { writer: pool, begin: None })
}

/// Two processes that start on one file migrate one after the other. The lock goes with the file
/// handle.
async fn lock_beside(path: &Path) -> Result<std::fs::File, StoreError> {
    let lock = beside(path, ".lock");
    let locked = tokio::task::spawn_blocking(move || {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&lock)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(|_| StoreError::Closed)?.map_err(|source| unusable(path, source))
}

/// The file of this name beside the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn unusable(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Place { path: path.display().to_string(), source }
}

/// The path inside a URL, with the characters that would end it written as escapes; `mode` says
/// whether the file may be created and written (`rwc`) or only read (`ro`).
fn sqlite_url(path: &Path, mode: &str) -> String {
    let mut url = String::from("sqlite://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(char::from(*byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=");
    url.push_str(mode);
    url
}

async fn migrate(pool: &AnyPool) -> Result<(), StoreError> {
    let migrator = migrator();
    let known = migrator.iter().map(|it| it.version).max().unwrap_or(0);
    migrator.run(pool).await.map_err(|error| {
        if let MigrateError::VersionMissing(found) = error {
            StoreError::NewerSchema { found, known }
        } else {
            StoreError::Migrate(error)
        }
    })
}

/// The files of `migrations/`, embedded. A new one is added here; an applied one never changes.
fn migrator() -> Migrator {
    let files = [
        (1, "inbox", include_str!("../../migrations/0001_inbox.sql")),
        (2, "issues", include_str!("../../migrations/0002_issues.sql")),
        (3, "runs", include_str!("../../migrations/0003_runs.sql")),
        (4, "ledger", include_str!("../../migrations/0004_ledger.sql")),
        (5, "results", include_str!("../../migrations/0005_results.sql")),
        (6, "backlog", include_str!("../../migrations/0006_backlog.sql")),
        (7, "holds", include_str!("../../migrations/0007_holds.sql")),
        (8, "handoffs", include_str!("../../migrations/0008_handoffs.sql")),
        (9, "feedback", include_str!("../../migrations/0009_feedback.sql")),
        (10, "aside", include_str!("../../migrations/0010_aside.sql")),
        (11, "news", include_str!("../../migrations/0011_news.sql")),
        (12, "retention", include_str!("../../migrations/0012_retention.sql")),
        (13, "payloads", include_str!("../../migrations/0013_payloads.sql")),
    ];
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(files.into_iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(sqlite_url(Path::new(path), "rwc"), expected);
    }

    #[test]
    fn a_path_stays_whole_inside_a_url() {
        check("/data/baton.db", "sqlite:///data/baton.db?mode=rwc");
        check("/a b/c?d#e%.db", "sqlite:///a%20b/c%3Fd%23e%25.db?mode=rwc");
        check("/dä/b.db", "sqlite:///d%C3%A4/b.db?mode=rwc");
    }

    #[tokio::test]
    async fn nobody_waits_for_a_turn_for_ever() {
        let turns = Semaphore::new(1);
        let patience = Duration::from_millis(10);
        let first = turn(&turns, patience).await.unwrap();
        let second = turn(&turns, patience).await;
        assert!(matches!(second, Err(StoreError::Database(sqlx::Error::PoolTimedOut))));
        drop(first);
        assert!(turn(&turns, patience).await.is_ok());
    }

    /// What was answered 202 must survive a power cut, and a backup that holds the file.
    #[tokio::test]
    async fn every_commit_is_flushed_and_a_held_file_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        sqlx::any::install_default_drivers();
        let path = folder.path().join("baton.db");
        let (pools, readers, _here) = open_sqlite(&path).await.unwrap();
        let mut writer = pools.writer.acquire().await.unwrap();
        let mut reader = readers.get().await.unwrap();
        let asked = [("synchronous", 2), ("busy_timeout", 5_000), ("query_only", 0)];
        for (pragma, expected) in asked {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
            let is: i64 = sqlx::query_scalar(sql).fetch_one(&mut *writer).await.unwrap();
            assert_eq!(is, expected, "{pragma}");
        }
        for (pragma, expected) in [("busy_timeout", 5_000), ("query_only", 1)] {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
            let is: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reader).await.unwrap();
            assert_eq!(is, expected, "{pragma}");
        }
    }
}
