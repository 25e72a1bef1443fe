//! Case 43: the real binary is killed again and again while it brings an older database up to date.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use baton::store::DatabaseSettings;
use sqlx::Connection as _;

use super::{GRACE, settles};
use crate::intake::listening_404;
use crate::process::{Baton, command};
use crate::store::Db;
use crate::store::migrating::{older, schema};

/// How often the database is looked at. Asking is the only way to know.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long a step may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

/// Starts it, and kills it as soon as one more step is done than before. Gives how far it came.
async fn killed_at_the_next_step(
    db: &Db,
    (data, github): (&Path, SocketAddr),
    variables: &[(&str, &str)],
) -> i64 {
    let mut beside = db.connect().await;
    let before = schema(&mut beside).await;
    let mut started = command(data, github);
    started.envs(variables.iter().copied()).stderr(Stdio::null());
    let mut started = started.spawn().unwrap();
    let step = async {
        while schema(&mut beside).await <= before {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let came = tokio::time::timeout(STEP, step).await;
    started.kill().unwrap();
    started.wait().unwrap();
    came.expect("it did not migrate");
    let came = schema(&mut beside).await;
    beside.close().await.unwrap();
    came
}

/// What was handled long ago, so much of it that a new index takes its time.
const HANDLED: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
    INSERT INTO inbox (id, delivery_id, body_sha256, source, event, lane, encoding, received_ms,
                       status, body)
    SELECT 'old-' || n, 'old-' || n, 'x', 'github', 'ping', 'installation/7', 'text', 0,
           'ignored', '{}' FROM numbers";

/// Tells the story on a database of its own. Gives how often the process was killed in the middle.
async fn told() -> usize {
    let folder = tempfile::tempdir().unwrap();
    let github = listening_404().await;
    let db = match Db::postgres().await {
        Some(db) => db,
        None => Db::sqlite_at(folder.path().join("baton.db")),
    };
    older(&db, 1).await;
    let mut beside = db.connect().await;
    sqlx::raw_sql(HANDLED).execute(&mut beside).await.unwrap();
    beside.close().await.unwrap();
    let variables = match &db.settings {
        DatabaseSettings::Postgres { url } => vec![("DATABASE_URL", url.as_str())],
        DatabaseSettings::Sqlite { .. } => Vec::new(),
    };
    let mut kills = 0;
    while killed_at_the_next_step(&db, (folder.path(), github), &variables).await < 11 {
        kills += 1;
    }

    let baton = Baton::serve(folder.path(), github, &variables).await;
    settles(&baton).await;
    let (status, log) = baton.terminate(GRACE).await;
    assert!(status.success(), "{log}");
    let store = db.open().await;
    let rows = store.deliveries(100_000).await.unwrap();
    store.close().await;
    assert_eq!(rows.len(), 20_001);
    assert_eq!(rows.iter().filter(|it| it.status == "ignored").count(), 20_001);
    kills
}

/// However often that happens, the steps that are done are done once, and what waited since before
/// is worked on in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_while_it_migrates_loses_nothing() {
    // A busy machine may look when all steps are done already.
    for _ in 0..5 {
        if 0 < told().await {
            return;
        }
    }
    panic!("it was never killed in the middle");
}
