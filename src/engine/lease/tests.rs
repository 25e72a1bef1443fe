//! Work and its heartbeat meet in the database, on SQLite and, where `BATON_TEST_POSTGRES_URL` names
//! one, on PostgreSQL.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::*;
use crate::base::{DeliveryId, InstallationId, IssueNumber, RepositoryId, Timestamp};
use crate::store::{Claim, DatabaseSettings, Hint, NewDelivery, Store};

const EVERY: Duration = Duration::from_millis(20);
/// Long enough for some ticks.
const LOCKED_FOR: Duration = Duration::from_millis(300);
/// Shorter than it takes to fail for want of a connection, so that only what flows passes.
const FLOWS_WITHIN: Duration = Duration::from_secs(5);

/// Somebody else keeps the lane's row locked while it is worked on; the work writes all the while,
/// and so does the heartbeat.
async fn check(settings: &DatabaseSettings, url: &str, lock: &'static str) {
    let store = Store::open(settings).await.unwrap();
    let lease = claimed_lane(&store).await;
    let mut other = AnyConnection::connect(url).await.unwrap();
    let renewed = AtomicU32::new(0);
    let renew = async || {
        store.renew_lane(&lease, Timestamp(2_000)).await.unwrap();
        renewed.fetch_add(1, Ordering::Relaxed);
    };
    let work = async {
        for _ in 0..3 {
            sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
            // By itself, whatever becomes of the work.
            let unlocked = tokio::spawn(async move {
                tokio::time::sleep(LOCKED_FOR).await;
                sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
                other
            });
            store.renew_lane(&lease, Timestamp(1_000)).await.unwrap();
            other = unlocked.await.unwrap();
        }
        "done"
    };
    let done = tokio::time::timeout(FLOWS_WITHIN, beside(EVERY, &renew, Box::pin(work))).await;
    assert_eq!(done, Ok("done"), "the work and its heartbeat wait for each other");
    assert!(0 < renewed.load(Ordering::Relaxed));
    store.close().await;
}

async fn claimed_lane(store: &Store) -> LaneLease {
    let delivery = NewDelivery {
        delivery_id: DeliveryId::from("a"),
        event: "issues".to_owned(),
        action: None,
        installation: Some(InstallationId(7)),
        repository: Some(RepositoryId(42)),
        hint: Hint::Number(IssueNumber(1)),
        body: b"{}".to_vec(),
        received: Timestamp(1),
    };
    store.receive(delivery).await.unwrap();
    let claim = Claim { worker: "a", now: Timestamp(1), lease: LEASE };
    store.claim_lane(claim).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_never_waits_for_the_work_it_keeps_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baton.db");
    let url = format!("sqlite://{}", path.display());
    check(&DatabaseSettings::Sqlite { path }, &url, "BEGIN IMMEDIATE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_never_waits_for_the_work_it_keeps_on_postgres() {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings to ask")]
    let Ok(server) = std::env::var("BATON_TEST_POSTGRES_URL") else { return };
    sqlx::any::install_default_drivers();
    let schema = format!("lease{}", std::process::id());
    let mut admin = AnyConnection::connect(&server).await.unwrap();
    let drop = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
    let create = format!("{drop}; CREATE SCHEMA {schema}");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    let joint = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{joint}options[search_path]={schema}");
    let settings = DatabaseSettings::Postgres { url: url.clone() };
    check(&settings, &url, "BEGIN; SELECT * FROM lanes FOR UPDATE").await;
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut admin).await.unwrap();
}

#[tokio::test]
async fn a_renewal_under_way_comes_to_its_end() {
    let ended = AtomicU32::new(0);
    let begun = tokio::sync::Notify::new();
    let renew = async || {
        begun.notify_one();
        tokio::time::sleep(EVERY).await;
        ended.fetch_add(1, Ordering::Relaxed);
    };
    beside(Duration::from_millis(1), &renew, begun.notified()).await;
    assert_eq!(ended.load(Ordering::Relaxed), 1);
}
