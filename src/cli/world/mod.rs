//! A whole world in one process: a GitHub in a box, a model in a box or the real one, and the
//! service as it is served, on a database in a folder that goes with it.
//!
//! Nothing in the service knows that it is played with: it is built from ordinary [`Settings`],
//! takes signed webhooks over HTTP and calls GitHub and the model over HTTP. A world is either
//! stepped ([`World::step`]) by whoever drives the story, or left to run ([`World::run`]).

mod bill;
mod clock;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::bill::Bill;
pub use self::clock::MovableClock;
use crate::app::{Service, StartError};
use crate::base::{Clock, Millis, Timestamp};
use crate::domain::bots::HeardBots;
use crate::domain::policy::{EscalateOn, KillSwitch, Mode};
use crate::engine::Engine;
use crate::http;
use crate::sandbox::git::{self, WorkFile};
use crate::sandbox::github::{self, Config, DeliveryMode, GitHub};
use crate::sandbox::model::{self, ModelConfig, ModelServer};
use crate::settings::{DatabaseSettings, GitHubSettings, ModelSettings, Settings};
use crate::store::StoreError;

/// What the model in a box takes for a key. It is no secret.
const BOX_KEY: &str = "no-key-needed";

/// Why a world does not come to be, or stops.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The GitHub in a box.
    #[error(transparent)]
    GitHub(#[from] github::StartError),
    /// The service.
    #[error(transparent)]
    Service(#[from] StartError),
    /// The service's database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A port or a folder.
    #[error("this machine gives no port or no folder: {0}")]
    Io(#[from] std::io::Error),
}

/// What a world begins with.
pub struct Setup {
    /// The time, for everybody in it.
    pub clock: Arc<MovableClock>,
    /// How webhooks leave: stepped for a story, immediate for a page.
    pub delivery: DeliveryMode,
    /// The repository's name; `acme` owns it.
    pub repository: String,
    /// Its first commit.
    pub files: Vec<WorkFile>,
    /// The real model; without it the model in a box plans.
    pub model: Option<ModelSettings>,
    /// How loud the service is.
    pub mode: Mode,
    /// Where people read the repository.
    pub web_url: String,
}

impl Setup {
    /// The bundled sample with the model in a box, on `clock`, stepped, in the default mode.
    pub fn sample(clock: Arc<MovableClock>) -> Setup {
        Setup {
            clock,
            delivery: DeliveryMode::Stepped,
            repository: git::SAMPLE_NAME.to_owned(),
            files: git::sample(),
            model: None,
            mode: Mode::default(),
            web_url: "https://github.test".to_owned(),
        }
    }
}

/// A world. It ends when dropped.
pub struct World {
    /// The GitHub in a box.
    pub github: GitHub,
    /// The model in a box, when it is the one that plans.
    pub model: Option<ModelServer>,
    /// The service's engine.
    pub engine: Engine,
    /// The time.
    pub clock: Arc<MovableClock>,
    tasks: Vec<JoinHandle<()>>,
    _data: tempfile::TempDir,
}

impl World {
    /// Starts everything but the engine, which [`World::step`] or [`World::run`] moves.
    ///
    /// # Errors
    /// See [`WorldError`].
    pub async fn start(setup: Setup) -> Result<World, WorldError> {
        let shared: Arc<dyn Clock> = setup.clock.clone();
        let github = GitHub::start(Config {
            clock: Arc::clone(&shared),
            jwt_clock: Arc::clone(&shared),
            delivery: setup.delivery,
            repository: setup.repository,
            files: setup.files,
            web_url: setup.web_url.clone(),
            ..Config::default()
        })
        .await?;
        let (model, provider) = match setup.model {
            Some(provider) => (None, provider),
            None => {
                let config = ModelConfig::new(model::Mode::Planner, Arc::clone(&shared));
                let model = ModelServer::start(config).await?;
                let base_url = model.base_url().to_owned();
                (Some(model), ModelSettings { api_key: SecretString::from(BOX_KEY), base_url })
            }
        };
        let data = tempfile::tempdir()?;
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            github: Some(GitHubSettings {
                app_id: github.app_id().unsigned_abs(),
                private_key: SecretString::from(github.private_key_pem()),
                webhook_secrets: vec![SecretString::from(github.webhook_secret())],
                api_url: github.api_url(),
            }),
            model: Some(provider),
            database: DatabaseSettings::Embedded,
            data_dir: data.path().to_owned(),
            mode: setup.mode,
            escalate_on: EscalateOn::default(),
            kill_switch: KillSwitch::Off,
            bots: HeardBots::default(),
            approve_by_review: false,
            log_level: "warn".to_owned(),
            accepts_unverified: false,
            start_on_approval: false,
            log_json: false,
        };
        let mut service = Service::build(&settings, shared).await?;
        service.engine.web_url = setup.web_url;
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let router = http::router(service.door);
        let door = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the service's door closed");
            }
        });
        github.move_hook_url(&format!("http://{address}/webhooks/github"));
        let (engine, clock) = (service.engine, setup.clock);
        Ok(World { github, model, engine, clock, tasks: vec![door], _data: data })
    }

    /// Lets the engine work in the background until the world ends.
    pub fn run(&mut self) {
        let engine = self.engine.clone();
        self.tasks.push(tokio::spawn(async move { engine.run().await }));
    }

    /// Delivers the webhooks that wait and does one piece of work; `false` when there was neither.
    ///
    /// # Errors
    /// The database's.
    pub async fn step(&self) -> Result<bool, StoreError> {
        let delivered = self.github.deliver_pending().await;
        Ok(self.engine.step().await? || 0 < delivered)
    }

    /// When the engine can go on: `None` when it waits for people only.
    ///
    /// # Errors
    /// The database's.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.engine.store.next_due(self.clock.now()).await
    }

    /// Lets `length` pass at once, and tells the engine.
    pub fn pass(&self, length: Millis) {
        self.clock.advance(length);
        self.engine.wake.notify_one();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.engine.stop.cancel();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
