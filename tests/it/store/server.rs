//! The PostgreSQL of the environment, shared by all tests of this process: each has a schema of its
//! own, removed at its end, and only so many have one at a time that the server's connections
//! suffice however many tests run side by side.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A store opens at most 10 connections, and a test looks at it by one more: this many take 176 of
/// the 200 that `tests/postgres.sh` allows. The rest is for what closes.
const SCHEMAS_MAX: usize = 16;

static PLACES: Semaphore = Semaphore::const_new(SCHEMAS_MAX);

/// Whether the tests run on PostgreSQL.
pub(crate) fn on_postgres() -> bool {
    server().is_some()
}

/// The server of the environment.
fn server() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings to ask")]
    std::env::var("BATON_TEST_POSTGRES_URL").ok()
}

/// A schema on the server.
pub(super) struct Schema {
    server: String,
    name: String,
    _place: SemaphorePermit<'static>,
}

impl Schema {
    /// A new one, once there is a place for it; `None` without a server.
    pub(super) async fn create() -> Option<Schema> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        let place = PLACES.acquire().await.unwrap();
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        sqlx::any::install_default_drivers();
        execute(&server, format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"))
            .await
            .unwrap();
        Some(Schema { server, name, _place: place })
    }

    /// Where its tables are.
    pub(super) fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}options[search_path]={}", self.server, self.name)
    }
}

async fn execute(server: &str, sql: String) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

impl Drop for Schema {
    /// On a thread of its own: a drop cannot wait for futures. A schema that somebody still has a
    /// lock in stays; it goes with the server.
    fn drop(&mut self) {
        let sql = format!("SET lock_timeout = '1s'; DROP SCHEMA {} CASCADE", self.name);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(execute(&self.server, sql)).ok();
            });
        });
    }
}
