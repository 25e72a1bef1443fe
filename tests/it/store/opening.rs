//! Opening, restarting, and the older binary on the newer database.

use baton::store::{
    ClaimError, ClaimedEffect, ClaimedRun, CommitError, DatabaseSettings, LaneLease, Received,
    Store, StoreError,
};

use super::runs::{claimed, run};
use super::{ACME, Db, at, claim, decide, delivery, effect, issue, on_both};

/// Worker `a` holds one of everything that can be held: a lane, an effect, a run.
async fn hold_everything(store: &Store) -> (LaneLease, ClaimedEffect, ClaimedRun) {
    decide(store, 1, 0, vec![effect("post", None, at(0))]).await;
    store.receive(delivery("waiting", 2, 0)).await.unwrap();
    store.start_run(&run("r1", 3)).await.unwrap();
    let lane = store.claim_lane(claim("a", at(0))).await.unwrap().unwrap();
    let effect = store.claim_effect(claim("a", at(0))).await.unwrap().unwrap();
    store.mark_sent(&effect, at(0)).await.unwrap();
    (lane, effect, claimed(store, "a", 0).await.unwrap())
}

/// Asserts that nobody can claim anything at `seconds`.
async fn check_held(store: &Store, seconds: i64) {
    assert!(store.claim_lane(claim("b", at(seconds))).await.unwrap().is_none());
    assert_eq!(store.claim_effect(claim("b", at(seconds))).await.unwrap(), None);
    assert!(claimed(store, "b", seconds).await.is_none());
}

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

    /// While somebody else has it open, nothing that is held comes free before its time.
    async fn a_start_beside_another_takes_nothing_over(db: &Db) {
        let other = db.open().await;
        let _held = hold_everything(&other).await;
        check_held(&db.open().await, 29).await;
        assert!(claimed(&other, "b", 30).await.is_some());
    }

    /// Whoever only looks reads beside the service, and can write nothing.
    async fn who_only_looks_reads_and_cannot_write(db: &Db) {
        let store = db.open().await;
        decide(&store, 1, 0, Vec::new()).await;
        let looking = Store::open_to_read(&db.settings).await.unwrap();
        let known = looking.issues_named(("ACME", "Api"), issue(1).number).await.unwrap();
        assert_eq!(known, [(ACME, issue(1))]);
        assert_eq!(looking.issues_named(("acme", "api"), issue(2).number).await.unwrap(), []);
        let error = looking.start_run(&run("r1", 1)).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains("read"), "{error}");
        assert!(looking.receive(delivery("late", 1, 0)).await.is_err());
        decide(&store, 1, 1, Vec::new()).await;
        assert_eq!(looking.load_issue(issue(1)).await.unwrap().unwrap().version, 2);
        looking.close().await;
        assert_eq!(store.load_run(&run("r1", 1).id).await.unwrap(), None);
    }

    /// Looking brings nothing up to date and creates nothing.
    async fn looking_changes_no_schema(db: &Db) {
        let looks = || async { Store::open_to_read(&db.settings).await.map(drop) };
        let absent = looks().await;
        assert!(matches!(absent, Err(StoreError::Absent { .. })), "{absent:?}");
        if let DatabaseSettings::Sqlite { path } = &db.settings {
            assert!(!path.exists());
        }
        db.open().await.close().await;
        let mut beside = db.connect().await;
        for (sql, older) in [
            ("DELETE FROM _sqlx_migrations WHERE version = 13", true),
            ("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
              SELECT 9000, description, success, checksum, execution_time FROM _sqlx_migrations
              WHERE version = 1", false),
        ] {
            sqlx::raw_sql(sql).execute(&mut beside).await.unwrap();
            let error = looks().await.unwrap_err();
            assert_eq!(matches!(error, StoreError::OlderSchema { found: 12, .. }), older, "{error}");
            assert_eq!(matches!(error, StoreError::NewerSchema { found: 9000, .. }), !older);
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

/// One process owns an embedded database: what a dead one held is free at the next start, and what
/// it still says is refused.
#[tokio::test]
async fn what_a_dead_process_held_is_free_on_sqlite() {
    let db = Db::sqlite();
    let store = db.open().await;
    let (lane, effect, run) = hold_everything(&store).await;
    let clone = store.clone();
    store.close().await;

    let store = db.open().await;
    assert_eq!(store.claim_lane(claim("b", at(0))).await.unwrap().unwrap().lane(), lane.lane());
    let again = store.claim_effect(claim("b", at(0))).await.unwrap().unwrap();
    assert_eq!((again.attempt, again.outcome_unknown), (2, true));
    assert_eq!(claimed(&store, "b", 0).await.unwrap().run.id, run.run.id);
    check_held(&store, 29).await;
    let late = store.renew_lane(&lane, at(99)).await;
    assert!(matches!(late, Err(CommitError::LostLease)), "{late:?}");
    let late = store.effect_done(&effect, &[], None, at(1)).await;
    assert!(matches!(late, Err(ClaimError::Stale)), "{late:?}");
    let late = store.renew_run(&run, at(99)).await;
    assert!(matches!(late, Err(ClaimError::Stale)), "{late:?}");
    drop(clone);
}

/// Processes on other machines cannot be seen: on PostgreSQL a lease ends by its time only.
#[tokio::test]
async fn what_a_dead_process_held_waits_for_its_time_on_postgres() {
    let Some(db) = Db::postgres().await else { return };
    let store = db.open().await;
    let _held = hold_everything(&store).await;
    store.close().await;

    let store = db.open().await;
    check_held(&store, 29).await;
    assert!(claimed(&store, "b", 30).await.is_some());
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
