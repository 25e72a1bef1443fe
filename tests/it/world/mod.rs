//! A whole world for one test: the real service on a real port and database, a GitHub and a model
//! in a box, and a clock that only the test moves. Nothing sleeps and nothing polls.

mod clock;
mod story;

use std::sync::Arc;

use baton::app::Service;
use baton::base::{Clock, IssueKey, IssueNumber, Millis, Timestamp};
use baton::domain::policy::Mode;
use baton::engine::Engine;
use baton::http;
use baton::sandbox::github::{Config, GitHub, Person, Role};
use baton::sandbox::model::{self, ModelConfig, ModelServer};
use baton::settings::{DatabaseSettings, GitHubSettings, ModelSettings, Settings};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::clock::TestClock;

/// What a test may ask of its world at the beginning.
pub struct Setup {
    pub mode: Mode,
    pub has_model: bool,
    pub config: Config,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { mode: Mode::Quiet, has_model: true, config: Config::default() }
    }
}

/// The world.
pub struct World {
    pub github: GitHub,
    pub model: ModelServer,
    pub engine: Engine,
    pub clock: Arc<TestClock>,
    settings: Settings,
    server: JoinHandle<()>,
    _data: tempfile::TempDir,
}

/// Delays up to this are waited for when a world settles: the pace of writes, the pause after
/// answers. Longer ones pass only when a test says so.
const SOON: Millis = Millis::seconds(30);
/// A world that has not settled after so many steps never will.
const STEPS_MAX: usize = 2_000;

impl World {
    /// A world in quiet mode, with a key for a model that does what the test scripts.
    pub async fn new() -> World {
        World::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> World {
        let clock = Arc::new(TestClock::new());
        let config = Config {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            jwt_clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..setup.config
        };
        let github = GitHub::start(config).await.unwrap();
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let model =
            ModelServer::start(ModelConfig::new(model::Mode::Script, shared)).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            github: Some(GitHubSettings {
                app_id: u64::try_from(github.app_id()).unwrap(),
                private_key: SecretString::from(github.private_key_pem()),
                webhook_secrets: vec![SecretString::from(github.webhook_secret())],
                api_url: github.api_url(),
            }),
            model: setup.has_model.then(|| ModelSettings {
                api_key: SecretString::from("sk-ant-canary-key"),
                base_url: model.base_url().to_owned(),
            }),
            database: DatabaseSettings::Embedded,
            data_dir: data.path().to_owned(),
            mode: setup.mode,
            log_level: "warn".to_owned(),
            log_json: false,
        };
        let (engine, server) = start(&settings, &clock, &github).await;
        World { github, model, engine, clock, settings, server, _data: data }
    }

    pub fn maintainer(&self, login: &str) -> Person {
        self.github.person(login, Role::Maintain)
    }

    /// Stops the service without warning and starts it anew on the same data.
    pub async fn restarts(&mut self) {
        self.server.abort();
        self.engine.store.close().await;
        let (engine, server) = start(&self.settings, &self.clock, &self.github).await;
        self.engine = engine;
        self.server = server;
    }

    /// Delivers webhooks and steps the engine until nothing is left to do, letting short delays
    /// pass.
    pub async fn settles(&self) {
        for _ in 0..STEPS_MAX {
            let delivered = self.github.deliver_pending().await;
            let stepped = self.engine.step().await.unwrap();
            if stepped || 0 < delivered {
                continue;
            }
            let now = self.clock.now();
            match self.engine.store.next_due(now).await.unwrap() {
                Some(due) if due <= now + SOON => self.clock.set(due.max(now + Millis(1))),
                Some(_) | None => return,
            }
        }
        panic!("the world did not settle");
    }

    /// Lets time pass, then settles.
    pub async fn passes(&self, length: Millis) {
        self.clock.advance(length);
        self.settles().await;
    }

    pub async fn opens(&self, by: &Person, title: &str, body: &str) -> IssueNumber {
        let number = by.opens(title, body).unwrap();
        self.settles().await;
        number
    }

    pub async fn says(&self, by: &Person, issue: IssueNumber, text: &str) {
        by.comments(issue, text).unwrap();
        self.settles().await;
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn key(&self, number: IssueNumber) -> IssueKey {
        IssueKey { repository: self.github.repo().id(), number }
    }

    /// The name of the stage an issue stands in.
    pub async fn stage(&self, number: IssueNumber) -> String {
        let row = self.engine.store.load_issue(self.key(number)).await.unwrap();
        row.map_or("unknown".to_owned(), |it| it.stage)
    }
}

async fn start(
    settings: &Settings,
    clock: &Arc<TestClock>,
    github: &GitHub,
) -> (Engine, JoinHandle<()>) {
    let shared: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let service = Service::build(settings, shared).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    github.move_hook_url(&format!("http://{address}/webhooks/github"));
    let router = http::router(service.door);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (service.engine, server)
}
