//! Case 41: somebody else has the file of an embedded database: a shell that writes, a long reader,
//! a backup. Each is another connection to the file, with which Baton's own have nothing in common.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton::store::{DatabaseSettings, Store};
use sqlx::{AnyConnection, Connection as _};

use super::{NOTHING, Served, signed};
use crate::store::Db;

/// GitHub hangs up then (`github.md`, Webhooks).
const GITHUB_WAITS: Duration = Duration::from_secs(10);
/// Long enough to see that an answer does not come at once.
const A_MOMENT: Duration = Duration::from_millis(100);

impl Served {
    /// Somebody else, at the same file.
    async fn somebody(&self) -> AnyConnection {
        AnyConnection::connect(&self.database_url).await.unwrap()
    }

    async fn health(&self) -> (u16, serde_json::Value) {
        let told = reqwest::get(format!("http://{}/health", self.address)).await.unwrap();
        let status = told.status().as_u16();
        (status, serde_json::from_str(&told.text().await.unwrap()).unwrap())
    }

    /// The statuses of all that was written down, each once.
    async fn ends(&self) -> Vec<String> {
        self.rows().await.into_iter().map(|it| it.status).collect()
    }
}

async fn says(somebody: &mut AnyConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(somebody).await.unwrap();
}

/// What cannot be written down while somebody writes is answered before GitHub hangs up, as what
/// it is: not taken. Health and the engine live on, and when the file is free all of it is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_stays_locked_is_a_503_in_time() {
    let db = Db::sqlite();
    let served = Served::on(&db).await;
    assert_eq!(served.send(signed("before", "ping", NOTHING)).await.0, 202);
    let mut somebody = served.somebody().await;
    says(&mut somebody, "BEGIN IMMEDIATE").await;
    let engine = tokio::spawn({
        let engine = served.engine.clone();
        async move { engine.run().await }
    });
    #[expect(clippy::disallowed_methods, reason = "the test measures real time")]
    let start = Instant::now();
    let (status, sentence) = served.send(signed("while", "ping", NOTHING)).await;
    assert!(start.elapsed() < GITHUB_WAITS, "{:?}", start.elapsed());
    assert_eq!(status, 503);
    assert_eq!(sentence, "The delivery could not be written down; please deliver it again.\n");
    let (status, told) = served.health().await;
    assert_eq!((status, &told["inbox_pending"]), (200, &1.into()), "{told}");

    says(&mut somebody, "ROLLBACK").await;
    assert_eq!(served.send(signed("while", "ping", NOTHING)).await.0, 202);
    assert_eq!(served.send(signed("after", "ping", NOTHING)).await.0, 202);
    served.engine.stop.cancel();
    engine.await.unwrap();
    served.settles().await;
    assert_eq!(served.ends().await, ["ignored"; 3]);
}

/// What waits for the file is taken when it comes free, also what its sender no longer waits for:
/// that is known when it comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_free_was_waited_for() {
    const PATIENCE: Duration = Duration::from_secs(1);
    let db = Db::sqlite();
    let served = Served::with(&db, |door| door.patience.store = PATIENCE).await;
    let served = Arc::new(served);
    let mut somebody = served.somebody().await;
    says(&mut somebody, "BEGIN IMMEDIATE").await;
    let send = |id: &'static str| {
        let served = Arc::clone(&served);
        tokio::spawn(async move { served.send(signed(id, "ping", NOTHING)).await })
    };
    let given_up = [send("1"), send("2"), send("3")];
    for answer in given_up {
        assert_eq!(answer.await.unwrap().0, 503);
    }
    let mut waiting = send("4");
    assert!(tokio::time::timeout(A_MOMENT, &mut waiting).await.is_err(), "it did not wait");
    says(&mut somebody, "COMMIT").await;
    assert_eq!(waiting.await.unwrap(), (202, "Written down.\n".to_owned()));
    for id in ["1", "2", "3"] {
        assert_eq!(send(id).await.unwrap(), (202, "Already written down.\n".to_owned()));
    }
    served.settles().await;
    assert_eq!(served.ends().await, ["ignored"; 4]);
}

/// Somebody who reads for long sees what was there when they began, and holds nobody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_reader_holds_nobody_up() {
    let db = Db::sqlite();
    let served = Served::with(&db, |door| door.patience.store = A_MOMENT * 10).await;
    let mut somebody = served.somebody().await;
    says(&mut somebody, "BEGIN").await;
    let count = "SELECT COUNT(*) FROM inbox";
    let seen: i64 = sqlx::query_scalar(count).fetch_one(&mut somebody).await.unwrap();
    for n in 0..100 {
        // Bodies enough that the log is copied into the file while they look.
        let body = format!(r#"{{"zen":"{}"}}"#, "x".repeat(200_000));
        assert_eq!(served.send(signed(&n.to_string(), "ping", body)).await.0, 202);
    }
    served.settles().await;
    assert_eq!(served.ends().await, ["ignored"; 100]);
    let still: i64 = sqlx::query_scalar(count).fetch_one(&mut somebody).await.unwrap();
    assert_eq!((seen, still), (0, 0));
    says(&mut somebody, "COMMIT").await;
    let now: i64 = sqlx::query_scalar(count).fetch_one(&mut somebody).await.unwrap();
    assert_eq!(now, 100);
}

/// A backup that is made while deliveries come is whole: what was acknowledged before it began
/// stands in it, and Baton starts on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_service_is_whole() {
    let db = Db::sqlite();
    let served = Arc::new(Served::on(&db).await);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    for n in 0..50 {
        assert_eq!(served.send(signed(&n.to_string(), "ping", NOTHING)).await.0, 202);
    }
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let served = Arc::clone(&served);
            tokio::spawn(async move {
                for n in 0..50 {
                    let id = format!("{sender}-{n}");
                    assert_eq!(served.send(signed(&id, "ping", NOTHING)).await.0, 202);
                }
            })
        })
        .collect();
    let mut somebody = served.somebody().await;
    let into = "VACUUM INTO ?";
    sqlx::query(into).bind(copy.to_str().unwrap()).execute(&mut somebody).await.unwrap();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(served.rows().await.len(), 450);

    let store = Store::open(&DatabaseSettings::Sqlite { path: copy.clone() }).await.unwrap();
    let kept = store.deliveries(1_000).await.unwrap();
    store.close().await;
    for n in 0..50 {
        let id = n.to_string();
        assert!(kept.iter().any(|it| it.delivery_id.as_str() == id), "{id} is not in the backup");
    }
    let mut reader = Db::sqlite_at(copy).connect().await;
    let sound: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut reader).await.unwrap();
    assert_eq!(sound, "ok");
}

/// A start does not wait for ever either, and says what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_on_a_locked_file_says_so() {
    let db = Db::sqlite();
    db.open().await.close().await;
    let mut somebody = db.connect().await;
    says(&mut somebody, "BEGIN IMMEDIATE").await;
    let Err(error) = Store::open(&db.settings).await else { panic!("it opened") };
    let said = error.to_string();
    assert!(said.contains("another program is writing to the database file"), "{said}");
    assert!(said.contains("start again"), "{said}");
    says(&mut somebody, "ROLLBACK").await;
    db.open().await.close().await;
}
