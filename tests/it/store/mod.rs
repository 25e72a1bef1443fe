//! The store's contract, held on both databases from the same tests. SQLite always runs;
//! PostgreSQL runs when `BATON_TEST_POSTGRES_URL` is set (`tests/postgres.sh cargo test` starts one).

mod opening;
pub(crate) mod migrating;
mod intake;
mod decisions;
mod effects;
mod leap;
mod feedback;
mod pace;
mod plans;
mod retention;
mod runs;
mod handoffs;
mod entered;
mod money;
mod server;

use baton::base::{
    DeliveryId, InstallationId, IssueKey, IssueNumber, Millis, RepositoryId, Timestamp,
};
use baton::store::{
    Claim, Commit, DatabaseSettings, Hint, InboxRow, LaneLease, NewDelivery, NewEffect,
    NewInternal, NewIssueState, Outcome, Store,
};
use serde_json::json;
use sqlx::Connection as _;

pub(crate) use self::runs::run;
use self::server::Schema;
pub(crate) use self::server::on_postgres;

pub(crate) const ACME: InstallationId = InstallationId(7);
pub(crate) const STRANGER: InstallationId = InstallationId(8);
pub(crate) const API: RepositoryId = RepositoryId(42);
pub(crate) const LEASE: Millis = Millis::seconds(30);

/// A throw-away database.
pub(crate) struct Db {
    pub(crate) settings: DatabaseSettings,
    _kept: Kept,
}

/// What goes with the database.
#[expect(dead_code, reason = "it is only kept")]
enum Kept {
    Folder(tempfile::TempDir),
    Schema(Schema),
    Nothing,
}

impl Db {
    pub(crate) fn sqlite() -> Db {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::Sqlite { path: folder.path().join("a b%.db") };
        Db { settings, _kept: Kept::Folder(folder) }
    }

    /// A file that somebody else keeps.
    pub(crate) fn sqlite_at(path: std::path::PathBuf) -> Db {
        Db { settings: DatabaseSettings::Sqlite { path }, _kept: Kept::Nothing }
    }

    /// A schema of its own on the server of the environment; `None` without one. It may have to
    /// wait for other tests, so no test may hold two.
    pub(crate) async fn postgres() -> Option<Db> {
        let schema = Schema::create().await?;
        let settings = DatabaseSettings::Postgres { url: schema.url() };
        Some(Db { settings, _kept: Kept::Schema(schema) })
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.settings).await.unwrap()
    }

    /// A connection beside the store's, for looking at and breaking things.
    pub(crate) async fn connect(&self) -> sqlx::AnyConnection {
        sqlx::any::install_default_drivers();
        let url = match &self.settings {
            DatabaseSettings::Sqlite { path } => {
                format!("sqlite://{}", path.display()).replace('%', "%25").replace(' ', "%20")
            }
            DatabaseSettings::Postgres { url } => url.clone(),
        };
        sqlx::AnyConnection::connect(&url).await.unwrap()
    }
}

/// Each test runs on SQLite, and on PostgreSQL where there is one.
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($db:ident: &Db) $body:block)*) => {
        $(
            $(#[doc = $doc])*
            async fn $name($db: &$crate::store::Db) $body
        )*
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(&$crate::store::Db::sqlite()).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(db) = $crate::store::Db::postgres().await {
                        super::$name(&db).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use on_both;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp(1_700_000_000_000) + Millis::seconds(seconds)
}

pub(crate) fn issue(number: i64) -> IssueKey {
    IssueKey { repository: API, number: IssueNumber(number) }
}

pub(crate) fn claim(worker: &str, now: Timestamp) -> Claim<'_> {
    Claim { worker, now, lease: LEASE }
}

pub(crate) fn delivery(id: &str, number: i64, seconds: i64) -> NewDelivery {
    NewDelivery {
        delivery_id: DeliveryId::from(id),
        event: "issues".to_owned(),
        action: Some("opened".to_owned()),
        installation: Some(ACME),
        repository: Some(API),
        hint: Hint::Number(IssueNumber(number)),
        body: br#"{"action":"opened"}"#.to_vec(),
        received: at(seconds),
    }
}

pub(crate) fn internal(id: &str, number: i64, seconds: i64) -> NewInternal {
    NewInternal {
        delivery_id: DeliveryId::from(id),
        installation: ACME,
        issue: issue(number),
        event: "told".to_owned(),
        body: json!({ "id": id }),
        received: at(seconds),
    }
}

pub(crate) fn state(stage: &str) -> NewIssueState {
    NewIssueState {
        installation: ACME,
        owner: "acme".to_owned(),
        name: "api".to_owned(),
        life: 1,
        stage: stage.to_owned(),
        state: json!({ "stage": stage }).to_string(),
        snapshot: "{}".to_owned(),
        title: "Add caching".to_owned(),
    }
}

pub(crate) fn effect(kind: &str, slot: Option<&str>, due: Timestamp) -> NewEffect {
    NewEffect {
        kind: kind.to_owned(),
        slot: slot.map(str::to_owned),
        payload: json!({ "kind": kind }),
        due,
        content_write: false,
    }
}

pub(crate) fn decision(row: &InboxRow, number: i64, expected_version: i64) -> Commit<'_> {
    Commit {
        row,
        outcome: Outcome::Done,
        news: None,
        issue: issue(number),
        expected_version,
        state: state("Seen"),
        history: Vec::new(),
        effects: Vec::new(),
        timers: Vec::new(),
        links: Vec::new(),
        refusals_told: Vec::new(),
        forgotten: Vec::new(),
        handles: Vec::new(),
        answers: Vec::new(),
        limits: Vec::new(),
        entered: Vec::new(),
        feedback: Vec::new(),
        handoffs: Vec::new(),
        words: Vec::new(),
        internal: Vec::new(),
        now: at(0),
    }
}

/// Lets a delivery for the issue arrive, claims its lane and takes it.
pub(crate) async fn next_row(store: &Store, number: i64, id: &str) -> (LaneLease, InboxRow) {
    store.receive(delivery(id, number, 0)).await.unwrap();
    let lease = store.claim_lane(claim("setup", at(0))).await.unwrap().unwrap();
    let row = store.next_in_lane(&lease).await.unwrap().unwrap();
    (lease, row)
}

/// Decides upon one new delivery of the issue with these effects.
pub(crate) async fn decide(
    store: &Store,
    number: i64,
    expected_version: i64,
    effects: Vec<NewEffect>,
) {
    let (lease, row) = next_row(store, number, &format!("d{number}-{expected_version}")).await;
    let commit = Commit { effects, ..decision(&row, number, expected_version) };
    store.commit(&lease, commit).await.unwrap();
    store.release_lane(lease).await.unwrap();
}
