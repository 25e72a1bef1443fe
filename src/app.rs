//! The composition root: settings become a store, a client of GitHub, a client of the model
//! provider, an engine and a door; and all of it starts and stops together.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::base::Clock;
use crate::domain::hygiene::Secrets;
use crate::domain::policy::Policy;
use crate::engine::{Engine, Leaps};
use crate::github::client::{self, AppConfig, BadApiUrl, KeyError, private_key};
use crate::http::{self, Door};
use crate::llm::{self, Anthropic, AnthropicSettings, Model};
use crate::settings::{DatabaseSettings, GitHubSettings, ModelSettings, Settings};
use crate::store::{self, Store, StoreError};

/// How long a call to a model is waited for when the process is asked to stop: hosts kill after 120
/// seconds (`github.md`, Fly.io).
const CALL_GRACE: Duration = Duration::from_secs(100);

/// Why the service cannot start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nothing to serve.
    #[error(
        "no GitHub App is configured: set APP_ID, PRIVATE_KEY (or PRIVATE_KEY_PATH) and \
         WEBHOOK_SECRET. To see Baton without any account, run `baton demo`"
    )]
    NoApp,
    /// The App's key does not read.
    #[error("PRIVATE_KEY cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The API's address does not read.
    #[error("GITHUB_API_URL cannot be used: {0}")]
    ApiUrl(#[from] BadApiUrl),
    /// The provider's settings do not fit.
    #[error("ANTHROPIC_BASE_URL or ANTHROPIC_API_KEY cannot be used: {0}")]
    Provider(#[from] llm::SettingsError),
    /// The data directory cannot be made.
    #[error("BATON_DATA_DIR {path}: {source}; name a folder this process may write")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The embedded database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database server cannot be used.
    #[error(
        "DATABASE_URL: {0}; check that the server runs, and that address, user, password and \
         database are right"
    )]
    Postgres(#[source] StoreError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; set HOST and PORT to a free address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The service, put together and not yet running.
pub struct Service {
    /// What decides and does.
    pub engine: Engine,
    /// What writes deliveries down.
    pub door: Door,
}

impl Service {
    /// Puts the service together from `settings`, on `clock`.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn build(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Service, StartError> {
        let github = settings.github.as_ref().ok_or(StartError::NoApp)?;
        std::fs::create_dir_all(&settings.data_dir)
            .map_err(|source| StartError::DataDir { path: settings.data_dir.clone(), source })?;
        let model = model(settings)?;
        let app = app(github, Arc::clone(&clock))?;
        let store = open(settings).await?;
        let policy = Policy {
            mode: settings.mode,
            planner_available: model.is_some(),
            approve_by_review: settings.approve_by_review,
            escalate_on: settings.escalate_on,
            accepts_unverified: settings.accepts_unverified,
            start_on_approval: settings.start_on_approval,
            ..Policy::default()
        };
        let wake = Arc::new(Notify::new());
        let engine = Engine {
            store: store.clone(),
            github: app.clone(),
            model,
            clock: Arc::clone(&clock),
            leaps: Leaps::of(clock.as_ref()),
            policy,
            kill_switch: settings.kill_switch.clone(),
            bots: settings.bots.clone(),
            secrets: Arc::new(secrets(settings)),
            snapshots: settings.data_dir.join("snapshots"),
            web_url: web_url(&github.api_url),
            worker: format!("{}-{}", std::process::id(), uuid::Uuid::now_v7()),
            wake: Arc::clone(&wake),
            stop: CancellationToken::new(),
            call_grace: CALL_GRACE,
        };
        engine.halt().await?;
        let door = Door::new(store, clock, github.webhook_secrets.clone(), wake, app);
        Ok(Service { engine, door })
    }

    /// Serves on `listener` and works until `stop` is cancelled; then takes no more deliveries,
    /// finishes what is quick and lays the rest down for the next start. If the engine breaks, the
    /// service stops as well: a door behind which nobody works would hide it.
    ///
    /// # Errors
    /// The listener's; that the engine broke.
    pub async fn run(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), std::io::Error> {
        let store = self.engine.store.clone();
        let engine_stop = self.engine.stop.clone();
        let engine = tokio::spawn(async move { self.engine.run().await });
        // Both stop at once: what the door still writes down is handled after the next start.
        let both_stop = engine_stop.child_token();
        let follow = tokio::spawn({
            let engine_stop = engine_stop.clone();
            let stop = stop.clone();
            async move {
                stop.cancelled().await;
                engine_stop.cancel();
            }
        });
        let served = http::serve(listener, self.door, both_stop).await;
        let broke = !stop.is_cancelled();
        engine_stop.cancel();
        follow.abort();
        if let Err(error) = engine.await {
            tracing::error!(%error, "the engine ended in a panic");
        }
        store.close().await;
        served?;
        if broke {
            return Err(std::io::Error::other("the engine broke; see the log"));
        }
        Ok(())
    }
}

/// Binds the address of the settings.
///
/// # Errors
/// [`StartError::Listen`].
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn app(settings: &GitHubSettings, clock: Arc<dyn Clock>) -> Result<client::App, StartError> {
    Ok(client::App::new(AppConfig {
        app_id: settings.app_id.to_string(),
        key: private_key(settings.private_key.expose_secret())?,
        api_url: settings.api_url.clone(),
        clock,
        user_agent: concat!("baton/", env!("CARGO_PKG_VERSION")).to_owned(),
    })?)
}

fn model(settings: &Settings) -> Result<Option<Arc<dyn Model>>, StartError> {
    let Some(settings) = &settings.model else { return Ok(None) };
    Ok(Some(Arc::new(provider(settings)?)))
}

/// The client of the model provider. Makes no call.
///
/// # Errors
/// What keeps every call from being made.
pub fn provider(settings: &ModelSettings) -> Result<Anthropic, llm::SettingsError> {
    let mut provider = AnthropicSettings::new(settings.base_url.clone(), settings.api_key.clone());
    provider.allow_plain_http = is_inside(&settings.base_url);
    Anthropic::new(provider)
}

/// The values that must leave in no text, whatever they look like.
fn secrets(settings: &Settings) -> Secrets {
    let mut values: Vec<&str> = Vec::new();
    if let Some(github) = &settings.github {
        values.push(github.private_key.expose_secret());
        values.extend(github.webhook_secrets.iter().map(ExposeSecret::expose_secret));
    }
    values.extend(settings.model.as_ref().map(|it| it.api_key.expose_secret()));
    if let DatabaseSettings::Postgres(url) = &settings.database {
        values.push(url.expose_secret());
    }
    Secrets::new(values)
}

async fn open(settings: &Settings) -> Result<Store, StartError> {
    let opened = Store::open(&database(&settings.database, &settings.data_dir)).await;
    opened.map_err(|error| match (&settings.database, error) {
        (DatabaseSettings::Postgres(_), error @ StoreError::Database(_)) => {
            StartError::Postgres(error)
        }
        (DatabaseSettings::Postgres(_) | DatabaseSettings::Embedded, error) => {
            StartError::Store(error)
        }
    })
}

/// The database of these settings, as the store is told of it.
pub(crate) fn database(database: &DatabaseSettings, data_dir: &Path) -> store::DatabaseSettings {
    match database {
        DatabaseSettings::Embedded => {
            store::DatabaseSettings::Sqlite { path: data_dir.join("baton.db") }
        }
        DatabaseSettings::Postgres(url) => {
            store::DatabaseSettings::Postgres { url: url.expose_secret().to_owned() }
        }
    }
}

/// Whether the address names a host of this machine or of a network of one's own, where plain HTTP
/// is how gateways and boxes are reached. To any other host the key would travel readable.
fn is_inside(base_url: &str) -> bool {
    let Ok(address) = base_url.parse::<::http::Uri>() else { return false };
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => {
            let own = [".internal", ".local", ".localhost", ".lan", ".home.arpa"];
            !host.is_empty() && (!host.contains('.') || own.iter().any(|it| host.ends_with(it)))
        }
    }
}

/// Where people read what the API serves.
fn web_url(api_url: &str) -> String {
    let api_url = api_url.trim_end_matches('/');
    if let Some(host) = api_url.strip_prefix("https://api.")
        && (host == "github.com" || host.ends_with(".ghe.com"))
    {
        return format!("https://{host}");
    }
    api_url.trim_end_matches("/api/v3").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base_url: &str, expected: bool) {
        assert_eq!(is_inside(base_url), expected, "{base_url}");
    }

    #[test]
    fn plain_http_stays_inside() {
        for inside in [
            "http://127.0.0.1:4010",
            "http://[::1]:4010",
            "http://10.0.0.7",
            "http://192.168.1.2/x",
            "http://model:8080",
            "http://localhost",
            "http://gateway.internal/anthropic",
        ] {
            check(inside, true);
        }
        for outside in
            ["http://api.anthropic.com", "http://8.8.8.8", "http://internal.example.com", "", "x y"]
        {
            check(outside, false);
        }
    }

    #[test]
    fn pages_stand_beside_their_api() {
        for (api, web) in [
            ("https://api.github.com", "https://github.com"),
            ("https://api.github.com/", "https://github.com"),
            ("https://api.acme.ghe.com", "https://acme.ghe.com"),
            ("https://git.acme.example/api/v3", "https://git.acme.example"),
            ("http://127.0.0.1:4001", "http://127.0.0.1:4001"),
        ] {
            assert_eq!(web_url(api), web);
        }
    }
}
