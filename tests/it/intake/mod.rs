//! The webhook door, over real connections and a real database: what is refused, what is written
//! down, and what becomes of it (`testing.md`, cases 1 to 7 and 10).
//!
//! The service is the product's own, put together from settings as `baton serve` does it. Its
//! GitHub knows nobody and answers 404 to everything.

mod bodies;
mod connections;
mod locked;
mod meaning;
mod once;
mod signatures;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use baton::app::Service;
use baton::base::{Clock, Millis, Timestamp};
use baton::engine::Engine;
use baton::http::{Door, serve};
use baton::settings::{self, Checks, Outside, Variables};
use baton::store::{DatabaseSettings, DeliveryRow, Store};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sqlx::Connection as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::store::{Db, at};

/// A key made for these tests. It protects nothing.
pub(crate) const APP_KEY: &str = include_str!("../app-key.pem");
pub(crate) const SECRET: &str = "It's a Secret to Everybody";
/// The smallest body that is a JSON object.
pub(crate) const NOTHING: &[u8] = b"{}";

/// The service, listening.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<StandingClock>,
    database_url: String,
    client: reqwest::Client,
    stop: CancellationToken,
}

impl Served {
    pub(crate) async fn on(db: &Db) -> Served {
        Served::with(db, |_| {}).await
    }

    /// The service on an empty database beside `db`, with its door changed by `change`.
    pub(crate) async fn with(db: &Db, change: impl FnOnce(&mut Door)) -> Served {
        let github = listening_404().await;
        let mut variables = vec![
            ("APP_ID", "7".to_owned()),
            ("PRIVATE_KEY", APP_KEY.to_owned()),
            ("WEBHOOK_SECRET", SECRET.to_owned()),
            ("GITHUB_API_URL", format!("http://{github}")),
        ];
        let database_url = match &db.settings {
            DatabaseSettings::Sqlite { path } => {
                let folder = path.parent().unwrap().display().to_string();
                let url = format!("sqlite://{folder}/baton.db");
                variables.push(("BATON_DATA_DIR", folder));
                url
            }
            DatabaseSettings::Postgres { url } => {
                let folder = std::env::temp_dir().join("baton-tests").display().to_string();
                variables.push(("BATON_DATA_DIR", folder));
                variables.push(("DATABASE_URL", url.clone()));
                url.clone()
            }
        };
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Some(value)));
        let checks = Checks { key: &|_| Ok(()), api_url: &|_| Ok(()), model: &|_| Ok(()) };
        let outside = Outside { read_file: &|_| Err("no file".to_owned()), checks: &checks };
        let settings = settings::read(&Variables(variables.collect()), &outside);
        let clock = Arc::new(StandingClock(AtomicI64::new(at(0).0)));
        let service =
            Service::build(&settings.unwrap(), Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
        let Service { engine, mut door } = service;
        change(&mut door);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let store = door.store.clone();
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, door, stop.clone()));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Served { address, store, engine, clock, database_url, client, stop }
    }

    /// Sends one delivery and gives the status and the sentence of the answer.
    pub(crate) async fn send(&self, posting: Posting) -> (u16, String) {
        let response = posting.request(&self.client, self.address).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// All that is written down, newest first.
    pub(crate) async fn rows(&self) -> Vec<DeliveryRow> {
        self.store.deliveries(10_000).await.unwrap()
    }

    /// Steps the engine until nothing is left to do now.
    pub(crate) async fn settles(&self) {
        while self.engine.step().await.unwrap() {}
    }

    /// The status and reason of the only delivery with this id, once the engine is done with it.
    pub(crate) async fn end_of(&self, id: &str) -> (String, String) {
        self.settles().await;
        let rows = self.rows().await;
        let mut rows = rows.into_iter().filter(|it| it.delivery_id.as_str() == id);
        let row = rows.next().unwrap();
        assert!(rows.next().is_none(), "{id} stands there twice");
        (row.status, row.reason.unwrap_or_default())
    }

    /// Runs a statement beside the service.
    pub(crate) async fn sql(&self, statement: &'static str) {
        let mut beside = sqlx::AnyConnection::connect(&self.database_url).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut beside).await.unwrap();
        beside.close().await.unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A GitHub where the App is installed and that knows nobody.
pub(crate) async fn listening_404() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let nobody = async || (StatusCode::NOT_FOUND, r#"{"message":"Not Found"}"#);
    let token = async || {
        let token = r#"{"token":"ghs_x","expires_at":"2099-01-01T00:00:00Z"}"#;
        (StatusCode::CREATED, token)
    };
    let tokens = "/app/installations/{id}/access_tokens";
    let router = Router::new().route(tokens, axum::routing::post(token)).fallback(nobody);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// One request as a server would send it.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// A delivery as GitHub signs it.
pub(crate) fn signed(id: &str, event: &str, body: impl Into<Vec<u8>>) -> Posting {
    let body = body.into();
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-github-delivery", id.to_owned()),
        ("x-github-event", event.to_owned()),
        ("x-hub-signature-256", format!("sha256={}", hmac(SECRET, &body))),
    ];
    Posting { path: "/webhooks/github", headers, body }
}

/// The hexadecimal HMAC-SHA256 of `body`.
pub(crate) fn hmac(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

impl Posting {
    pub(crate) fn without(mut self, header: &str) -> Posting {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    pub(crate) fn with(self, header: &'static str, value: &str) -> Posting {
        let mut posting = self.without(header);
        posting.headers.push((header, value.to_owned()));
        posting
    }

    pub(crate) fn to(self, path: &'static str) -> Posting {
        Posting { path, ..self }
    }

    /// Sends it and gives the status of the answer.
    pub(crate) async fn send_to(
        self,
        client: &reqwest::Client,
        address: SocketAddr,
    ) -> Result<u16, reqwest::Error> {
        let response = self.request(client, address).send().await?;
        let status = response.status().as_u16();
        // The status is the promise. The rest is read so that the connection can be used again.
        response.bytes().await.ok();
        Ok(status)
    }

    fn request(self, client: &reqwest::Client, address: SocketAddr) -> reqwest::RequestBuilder {
        let mut request = client.post(format!("http://{address}{}", self.path));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(self.body)
    }

    /// Another body under the same headers.
    pub(crate) fn carrying(self, body: impl Into<Vec<u8>>) -> Posting {
        Posting { body: body.into(), ..self }
    }
}

/// A clock that stands until it is moved.
pub(crate) struct StandingClock(AtomicI64);

impl StandingClock {
    pub(crate) fn passes(&self, time: Millis) {
        self.0.fetch_add(time.0, Ordering::Relaxed);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
