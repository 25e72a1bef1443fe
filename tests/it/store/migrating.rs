//! Case 43: a database of an older Baton is brought up to date without losing anything, also where
//! that breaks off in the middle.

use std::fs::File;
use std::path::Path;

use baton::store::{DatabaseSettings, Store, StoreError};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, Row as _};

use super::{Db, claim, on_both};

/// Something that an older Baton had written down and not handled.
const WAITING: &str = "INSERT INTO inbox (id, delivery_id, body_sha256, source, event, lane,
                                          encoding, received_ms, status, body)
                       VALUES ('1', 'waiting', 'x', 'github', 'ping', 'installation/7',
                               'text', 1, 'pending', '{}')";
/// It stands in the way of the third statement of 0011.
const IN_THE_WAY: &str = "CREATE INDEX inbox_news ON inbox (event)";

/// Makes the database that of a Baton that knew the migrations up to `last`, with something in it.
pub(crate) async fn older(db: &Db, last: i64) {
    if let DatabaseSettings::Sqlite { path } = &db.settings {
        File::create(path).unwrap();
    }
    let mut connection = db.connect().await;
    let all = Migrator::new(Path::new("migrations")).await.unwrap();
    all.run_to(last, &mut connection).await.unwrap();
    says(&mut connection, WAITING).await.unwrap();
}

/// The newest migration that is done; 0 where nothing is.
pub(crate) async fn schema(connection: &mut AnyConnection) -> i64 {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    sqlx::query(sql).fetch_one(connection).await.map_or(0, |it| it.get(0))
}

async fn says(connection: &mut AnyConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}

/// Why it does not open.
async fn refusal(db: &Db) -> StoreError {
    let Err(error) = Store::open(&db.settings).await else { panic!("it opened") };
    error
}

/// What waited can be worked on.
async fn check_waiting(db: &Db) {
    let store = db.open().await;
    let lane = store.claim_lane(claim("w", super::at(0))).await.unwrap().unwrap();
    let row = store.next_in_lane(&lane).await.unwrap().unwrap();
    assert_eq!(row.delivery_id.as_str(), "waiting");
    store.close().await;
}

on_both! {
    /// What the first version of all wrote down is worked on by this one.
    async fn an_older_database_is_brought_up_to_date(db: &Db) {
        older(db, 1).await;
        check_waiting(db).await;
    }

    /// Of a step that fails nothing is kept, those before it are; the error names the step, and once
    /// nothing is in its way the next start makes it.
    async fn a_migration_that_breaks_off_is_made_by_the_next_start(db: &Db) {
        older(db, 8).await;
        let mut beside = db.connect().await;
        says(&mut beside, IN_THE_WAY).await.unwrap();
        let error = refusal(db).await.to_string();
        assert!(error.contains("migration 11: "), "{error}");
        assert!(error.contains("inbox_news"), "{error}");
        assert!(error.contains("What is stored stays as it is"), "{error}");
        assert!(error.contains("start again"), "{error}");
        assert_eq!(schema(&mut beside).await, 10);
        assert!(says(&mut beside, "SELECT news FROM inbox").await.is_err(), "a half was kept");

        says(&mut beside, "DROP INDEX inbox_news").await.unwrap();
        check_waiting(db).await;
        assert_eq!(schema(&mut beside).await, 13);
        says(&mut beside, "SELECT news FROM inbox").await.unwrap();
    }

    /// A step that somebody marked as half done is not guessed at.
    async fn a_step_that_is_marked_as_half_done_is_refused(db: &Db) {
        older(db, 11).await;
        let mut beside = db.connect().await;
        let mark = "UPDATE _sqlx_migrations SET success = false WHERE version = 11";
        says(&mut beside, mark).await.unwrap();
        let error = refusal(db).await.to_string();
        assert!(error.contains("migration 11 is partially applied"), "{error}");
        let mend = "UPDATE _sqlx_migrations SET success = true WHERE version = 11";
        says(&mut beside, mend).await.unwrap();
        check_waiting(db).await;
    }
}
