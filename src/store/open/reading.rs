//! Opening a database only to look at it, beside whoever works on it: nothing is created, brought
//! up to date or taken over, and nothing can be written.

use std::path::Path;
use std::sync::Arc;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Error};
use tokio::sync::Semaphore;

use super::{
    ACQUIRE_TIMEOUT, BUSY_TIMEOUT_PRAGMA, DatabaseSettings, Pools, Store, migrator, sqlite_url,
    unusable,
};
use crate::store::StoreError;
use crate::store::intake::Intake;
use crate::store::readers::Readers;

/// Whoever looks reads one thing after the other.
const CONNECTIONS_MAX: u32 = 1;

/// What makes each connection to PostgreSQL refuse to write.
const POSTGRES_READ_ONLY: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

impl Store {
    /// Opens a database that is there, for reading alone.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where no Baton has kept anything; [`StoreError::NewerSchema`] and
    /// [`StoreError::OlderSchema`] where another version did. Nothing is changed in any case.
    pub async fn open_to_read(settings: &DatabaseSettings) -> Result<Store, StoreError> {
        sqlx::any::install_default_drivers();
        let (pool, place) = match settings {
            DatabaseSettings::Sqlite { path } => sqlite(path).await?,
            // Its address holds a password, so it is not repeated.
            DatabaseSettings::Postgres { url } => {
                (connect(url, POSTGRES_READ_ONLY).await?, "the PostgreSQL database".to_owned())
            }
        };
        check_schema(&pool, place).await?;
        let pools = Pools { writer: pool.clone(), begin: None };
        Ok(Store {
            readers: Arc::new(Readers::Pool(pool)),
            turns: Arc::new(Semaphore::new(1)),
            presence: None,
            ids: Arc::default(),
            intake: Intake::start(pools.clone()),
            pools,
        })
    }
}

async fn sqlite(path: &Path) -> Result<(AnyPool, String), StoreError> {
    let path = std::path::absolute(path).map_err(|source| unusable(path, source))?;
    let place = path.display().to_string();
    if !path.is_file() {
        return Err(StoreError::Absent { place });
    }
    Ok((connect(&sqlite_url(&path, "ro"), BUSY_TIMEOUT_PRAGMA).await?, place))
}

async fn connect(url: &str, first: &'static str) -> Result<AnyPool, StoreError> {
    let options: AnyConnectOptions = url.parse()?;
    let pool = AnyPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(first).execute(connection).await.map(drop) })
        });
    Ok(pool.connect_with(options).await?)
}

/// Reads the schema's version without touching it: an older one would need migrating, and that is
/// for the service to do.
async fn check_schema(pool: &AnyPool, place: String) -> Result<(), StoreError> {
    let newest = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    let found: i64 = match sqlx::query_scalar(newest).fetch_one(pool).await {
        // The table is not there, or the file is something else.
        Err(Error::Database(_)) => return Err(StoreError::Absent { place }),
        found => found?,
    };
    let known = migrator().iter().map(|it| it.version).max().unwrap_or(0);
    match found {
        0 => Err(StoreError::Absent { place }),
        _ if known < found => Err(StoreError::NewerSchema { found, known }),
        _ if found < known => Err(StoreError::OlderSchema { found, known }),
        _ => Ok(()),
    }
}
