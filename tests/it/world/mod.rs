//! A whole world for one test: the real service on a real port and database, a GitHub and a model
//! in a box, and a clock that only the test moves. Nothing sleeps and nothing polls.
//!
//! ```text
//! let world = World::new().await;
//! let ann = world.maintainer("ann");
//! let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
//! world.opus().will([asks(["Is Redis optional?"]), submits(plan())]);
//! ann.says(issue, "/baton plan").await;
//! assert_snapshot!(world.story(issue), @"…");
//! ```
//!
//! A world that ends in disorder fails its test: see [`order`]. What a test expects to be out of
//! order it says with [`World::forgive`].
//!
//! The database is SQLite, or PostgreSQL where `BATON_TEST_POSTGRES_URL` names one
//! (`tests/postgres.sh cargo test --test it`).

pub(crate) mod canary;
mod clock;
pub(crate) mod forbidden;
pub(crate) mod order;
mod people;
mod plans;
mod story;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use baton::app::Service;
use baton::base::{Clock, IssueKey, IssueNumber, Millis, RunId};
use baton::domain::bots::HeardBots;
use baton::domain::policy::{EscalateOn, KillSwitch, Mode};
use baton::domain::workflow::{State, Work};
use baton::engine::Engine;
use baton::http;
use baton::sandbox::github::{Config, Delivery, GitHub, signature};
use baton::sandbox::model::{self, Line, ModelConfig, ModelServer};
use baton::settings::{DatabaseSettings, GitHubSettings, ModelSettings, Settings};
use baton::store::RunRow;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::store::Db;

pub(crate) use self::clock::TestClock;
pub(crate) use self::order::Disorder;
pub(crate) use self::people::Inhabitant;
pub(crate) use self::plans::{broken_plan, plan, plan_of};

/// What a test may ask of its world at the beginning.
pub(crate) struct Setup {
    pub(crate) mode: Mode,
    pub(crate) has_model: bool,
    pub(crate) approve_by_review: bool,
    pub(crate) escalate_on: EscalateOn,
    pub(crate) accepts_unverified: bool,
    pub(crate) start_on_approval: bool,
    pub(crate) config: Config,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            mode: Mode::Quiet,
            has_model: true,
            approve_by_review: false,
            escalate_on: EscalateOn::default(),
            accepts_unverified: false,
            start_on_approval: false,
            config: Config::default(),
        }
    }
}

/// The world.
pub(crate) struct World {
    pub(crate) github: GitHub,
    pub(crate) model: ModelServer,
    pub(crate) clock: Arc<TestClock>,
    settings: Settings,
    running: Mutex<Running>,
    forgiven: Mutex<BTreeSet<Disorder>>,
    db: Db,
    _data: tempfile::TempDir,
}

/// The service as it runs now.
struct Running {
    engine: Engine,
    server: JoinHandle<()>,
    /// Where webhooks go.
    door: String,
}

/// Delays up to this are waited for when a world settles: the pace of writes, the pause after
/// answers. Longer ones pass only when a test says so.
const SOON: Millis = Millis::seconds(30);
/// A world that has not settled after so many steps never will.
const STEPS_MAX: usize = 2_000;

impl World {
    /// A world in quiet mode, with a key for a model that does what the test scripts.
    pub(crate) async fn new() -> World {
        World::with(Setup::default()).await
    }

    pub(crate) async fn in_mode(mode: Mode) -> World {
        World::with(Setup { mode, ..Setup::default() }).await
    }

    pub(crate) async fn with(setup: Setup) -> World {
        canary::watch_logs();
        let clock = Arc::new(TestClock::new());
        let shared = || Arc::clone(&clock) as Arc<dyn Clock>;
        let mut config = Config {
            clock: shared(),
            jwt_clock: shared(),
            private_key_pem: canary::APP_KEY.get().cloned(),
            webhook_secret: canary::WEBHOOK_SECRET.to_owned(),
            ..setup.config
        };
        if !config.files.is_empty() {
            config.files.extend(canary::files());
        }
        let github = GitHub::start(config).await.unwrap();
        canary::APP_KEY.get_or_init(|| github.private_key_pem());
        let model = ModelConfig {
            api_key: Some(canary::API_KEY.to_owned()),
            ..ModelConfig::new(model::Mode::Script, shared())
        };
        let model = ModelServer::start(model).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let db = match Db::postgres().await {
            Some(db) => db,
            None => Db::sqlite_at(data.path().join("baton.db")),
        };
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            github: Some(GitHubSettings {
                app_id: u64::try_from(github.app_id()).unwrap(),
                private_key: SecretString::from(github.private_key_pem()),
                webhook_secrets: vec![SecretString::from(github.webhook_secret())],
                api_url: github.api_url(),
            }),
            model: setup.has_model.then(|| ModelSettings {
                api_key: SecretString::from(canary::API_KEY),
                base_url: model.base_url().to_owned(),
            }),
            database: match &db.settings {
                baton::store::DatabaseSettings::Sqlite { .. } => DatabaseSettings::Embedded,
                baton::store::DatabaseSettings::Postgres { url } => {
                    DatabaseSettings::Postgres(SecretString::from(url.clone()))
                }
            },
            data_dir: data.path().to_owned(),
            mode: setup.mode,
            escalate_on: setup.escalate_on,
            kill_switch: KillSwitch::Off,
            bots: HeardBots::default(),
            approve_by_review: setup.approve_by_review,
            log_level: "debug".to_owned(),
            accepts_unverified: setup.accepts_unverified,
            start_on_approval: setup.start_on_approval,
            log_json: false,
        };
        let running = Mutex::new(start(&settings, &clock, &github).await);
        let forgiven = Mutex::default();
        World { github, model, clock, settings, running, forgiven, db, _data: data }
    }

    /// A connection beside the service's, for changing what is stored behind its back.
    pub(crate) async fn database(&self) -> sqlx::AnyConnection {
        self.db.connect().await
    }

    /// `baton` with these arguments on this world's database, while the service has it open.
    pub(crate) fn baton(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_baton"));
        command.args(arguments).env_clear().env("BATON_DATA_DIR", &self.settings.data_dir);
        if let DatabaseSettings::Postgres(url) = &self.settings.database {
            command.env("DATABASE_URL", secrecy::ExposeSecret::expose_secret(url));
        }
        command.output().unwrap()
    }

    /// The script of the planner's model.
    pub(crate) fn opus(&self) -> Line<'_> {
        self.model.opus()
    }

    /// A second process on the same database, as two overlap while a new version is rolled out. No
    /// webhook reaches it; the test moves its engine.
    pub(crate) async fn another_worker(&self) -> Engine {
        let shared = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Service::build(&self.settings, shared).await.unwrap().engine
    }

    /// Stops the service without warning, as a crash does, and starts it anew on the same data.
    pub(crate) async fn restarts(&self) {
        self.restarts_with(KillSwitch::Off).await;
    }

    /// The same, with the operator's kill switch in this position.
    pub(crate) async fn restarts_with(&self, kill_switch: KillSwitch) {
        self.restarts_as(Settings { kill_switch, ..self.settings.clone() }).await;
    }

    /// The same, with these bots heard.
    pub(crate) async fn hears(&self, bots: &str) {
        let bots = HeardBots::parse(bots).unwrap();
        self.restarts_as(Settings { bots, ..self.settings.clone() }).await;
    }

    async fn restarts_as(&self, settings: Settings) {
        let old = {
            let running = self.running();
            running.server.abort();
            running.engine.clone()
        };
        old.store.close().await;
        let new = start(&settings, &self.clock, &self.github).await;
        *self.running() = new;
    }

    /// Goes on until `moment` has come, then crashes and starts anew. What was under way is lost.
    pub(crate) async fn crashes_when(&self, moment: impl Fn(&World) -> bool) {
        let reached = async {
            while !moment(self) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = reached => {}
            () = self.settles() => panic!("the moment to crash never came"),
        }
        self.restarts().await;
    }

    /// Posts the body of a delivery again, rightly signed, under another id, and settles.
    pub(crate) async fn replays(&self, delivery: &Delivery, id: &str) {
        let body = delivery.body.clone();
        let request = reqwest::Client::new()
            .post(self.running().door.clone())
            .header("content-type", "application/json")
            .header("x-github-event", delivery.event)
            .header("x-github-delivery", id)
            .header("x-hub-signature-256", signature(canary::WEBHOOK_SECRET, body.as_bytes()));
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        self.settles().await;
    }

    /// Delivers webhooks and steps the engine until nothing is left to do, letting short delays
    /// pass.
    pub(crate) async fn settles(&self) {
        for _ in 0..STEPS_MAX {
            let delivered = self.github.deliver_pending().await;
            let stepped = self.step().await;
            if stepped || 0 < delivered {
                continue;
            }
            let now = self.clock.now();
            match self.engine().store.next_due(now).await.unwrap() {
                Some(due) if due <= now + SOON => self.clock.set(due.max(now + Millis(1))),
                Some(_) | None => return,
            }
        }
        panic!("the world did not settle");
    }

    /// Delivers webhooks and steps the engine until nothing is due, at this very moment.
    pub(crate) async fn works_off(&self) {
        for _ in 0..STEPS_MAX {
            let delivered = self.github.deliver_pending().await;
            if !self.step().await && delivered == 0 {
                return;
            }
        }
        panic!("the world did not work off what is due");
    }

    /// Goes on until an issue has another live run than `before`, and no step further: nobody has
    /// taken it up yet.
    pub(crate) async fn comes_to_a_run(
        &self,
        number: IssueNumber,
        before: Option<&RunId>,
    ) -> RunRow {
        let store = self.engine().store;
        for _ in 0..STEPS_MAX {
            let delivered = self.github.deliver_pending().await;
            let live = store.live_run(self.key(number)).await.unwrap();
            if let Some(run) = live.filter(|it| Some(&it.id) != before) {
                return run;
            }
            if self.step().await || 0 < delivered {
                continue;
            }
            let now = self.clock.now();
            match store.next_due(now).await.unwrap() {
                Some(due) => self.clock.set(due.max(now + Millis(1))),
                None => break,
            }
        }
        panic!("no run was started");
    }

    /// One piece of the engine's work; false when there is none.
    pub(crate) async fn step(&self) -> bool {
        let engine = self.engine();
        engine.step().await.unwrap()
    }

    /// Lets time pass, then settles.
    pub(crate) async fn passes(&self, length: Millis) {
        self.clock.advance(length);
        self.settles().await;
    }

    /// Lets a long time pass as it does, one due moment after the other.
    pub(crate) async fn lives_through(&self, length: Millis) {
        let end = self.clock.now() + length;
        loop {
            self.settles().await;
            let now = self.clock.now();
            match self.engine().store.next_due(now).await.unwrap() {
                Some(due) if due <= end => self.clock.set(due.max(now + Millis(1))),
                Some(_) | None => break,
            }
        }
        self.clock.set(end.max(self.clock.now()));
        self.settles().await;
    }

    /// What the service says of its health.
    pub(crate) async fn health(&self) -> serde_json::Value {
        let door = self.running().door.clone();
        let health = door.replace("/webhooks/github", "/health");
        let told = reqwest::get(health).await.unwrap().text().await.unwrap();
        serde_json::from_str(&told).unwrap()
    }

    /// The name of the stage an issue stands in.
    pub(crate) async fn stage(&self, number: IssueNumber) -> String {
        let row = self.engine().store.load_issue(self.key(number)).await.unwrap();
        row.map_or("unknown".to_owned(), |it| it.stage)
    }

    /// What is known of the work on an issue's plan, if it is being built.
    pub(crate) async fn work(&self, number: IssueNumber) -> Option<Work> {
        self.state(number).await.stage.work().cloned()
    }

    /// How often an issue's work changed hands though no plan foresaw it.
    pub(crate) async fn unplanned(&self, number: IssueNumber) -> u8 {
        self.state(number).await.handoffs
    }

    pub(crate) async fn state(&self, number: IssueNumber) -> State {
        let row = self.engine().store.load_issue(self.key(number)).await.unwrap().unwrap();
        serde_json::from_str(&row.state).unwrap()
    }

    /// How the store knows an issue.
    pub(crate) fn key(&self, number: IssueNumber) -> IssueKey {
        IssueKey { repository: self.github.repo().id(), number }
    }

    /// The branch that Baton made.
    pub(crate) fn branch(&self) -> String {
        let mut branches = self.github.repo().branches().into_iter().map(|it| it.0);
        branches.find(|it| it.starts_with("baton/")).unwrap()
    }

    /// Lets the test end with this out of order.
    pub(crate) fn forgive(&self, disorder: Disorder) {
        self.forgiven.lock().unwrap().insert(disorder);
    }

    pub(crate) fn engine(&self) -> Engine {
        self.running().engine.clone()
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap()
    }
}

impl Drop for World {
    /// The world must be in order at the end. A test that has failed already shows its own failure.
    /// The door goes too, and with it the last of the service: its connections are others' now.
    fn drop(&mut self) {
        if let Ok(running) = self.running.get_mut() {
            running.server.abort();
        }
        if !std::thread::panicking() {
            order::check(self);
        }
    }
}

async fn start(settings: &Settings, clock: &Arc<TestClock>, github: &GitHub) -> Running {
    let shared: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let service = Service::build(settings, shared).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = format!("http://{address}/webhooks/github");
    github.move_hook_url(&door);
    let router = http::router(service.door);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Running { engine: service.engine, server, door }
}
