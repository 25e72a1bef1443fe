//! Opening, restarting, and the older binary on the newer database.

use baton::store::{DatabaseSettings, Received, Store, StoreError};

use super::{Db, delivery, on_both};

on_both! {
    /// What was acknowledged is there after a restart; a second start migrates nothing.
    async fn a_restart_finds_what_was_stored(db: &Db) {
        let store = db.open().await;
        assert_eq!(store.receive(delivery("a", 1, 0)).await.unwrap(), Received::New);
        store.close().await;
        let store = db.open().await;
        assert_eq!(store.receive(delivery("a", 1, 5)).await.unwrap(), Received::Known);
    }

    /// Case 43: an older binary on a newer schema refuses to start and says what to do.
    async fn a_newer_schema_is_refused(db: &Db) {
        db.open().await.close().await;
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9000, description, success, checksum, execution_time FROM _sqlx_migrations
             WHERE version = 1",
        )
        .execute(&mut db.connect().await)
        .await
        .unwrap();
        let Err(error) = Store::open(&db.settings).await else { panic!("it opened") };
        assert!(matches!(error, StoreError::NewerSchema { found: 9000, .. }), "{error}");
        assert!(error.to_string().contains("start the newer version"), "{error}");
    }

    /// Two processes that start at the same moment both come up.
    async fn concurrent_starts_migrate_once(db: &Db) {
        let starts = (0..4).map(|_| {
            let settings = db.settings.clone();
            tokio::spawn(async move { Store::open(&settings).await.map(drop) })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
    }

    /// After `close` a delivery is refused, never silently dropped.
    async fn a_closed_store_refuses(db: &Db) {
        let store = db.open().await;
        store.close().await;
        assert!(store.receive(delivery("late", 1, 0)).await.is_err());
        assert!(store.health().await.is_err());
    }
}

/// A folder that does not exist is named, with what to do.
#[tokio::test]
async fn a_missing_folder_is_named() {
    let path = "/nonexistent/baton.db".into();
    let Err(error) = Store::open(&DatabaseSettings::Sqlite { path }).await else {
        panic!("it opened")
    };
    assert!(error.to_string().contains("/nonexistent/baton.db"), "{error}");
    assert!(error.to_string().contains("check that the folder exists"), "{error}");
}

/// Readers do not wait for the writer. (`synchronous = FULL` belongs to the store's own connection
/// and cannot be seen from beside it.)
#[tokio::test]
async fn sqlite_keeps_a_write_ahead_log() {
    let db = Db::sqlite();
    let _store = db.open().await;
    let mut beside = db.connect().await;
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut beside).await.unwrap();
    assert_eq!(mode, "wal");
}
