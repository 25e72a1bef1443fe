//! Starting: the App, the organisation, the repository, the installation, the server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use super::config::{Config, DeliveryMode};
use super::key::AppKey;
use super::server::Server;
use super::webhook::{Hook, Pump};
use super::world::{AccountKind, Actor, App, Ids, Repository, World};
use super::{GitHub, lock};
use crate::base::{RepositoryId, UserId};
use crate::sandbox::git::{self, GitError, Signature, WorkFile};

/// Ids begin here: larger than any issue number, so that the two are never confused unseen.
const FIRST_ID: i64 = 1_000;

/// A listing of a tree stops here (`docs.github.com/rest/git/trees`, "Get a tree").
const LISTED_ENTRIES_MAX: usize = 100_000;

/// Why a sandbox GitHub does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine could not make a key.
    #[error("no RSA key could be made on this machine")]
    KeyNotMade,
    /// The key that was given is none.
    #[error("the App's private key is not an RSA key in PEM (PKCS#1 or PKCS#8)")]
    KeyNotRead,
    /// No port, or no folder.
    #[error("the sandbox GitHub cannot start: {0}")]
    Io(#[from] std::io::Error),
    /// The repository could not be written.
    #[error(transparent)]
    Git(#[from] GitError),
    /// No HTTP client for webhooks.
    #[error("webhooks cannot be sent: {0}")]
    Client(#[from] reqwest::Error),
}

impl GitHub {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config) -> Result<GitHub, StartError> {
        let (folder, held) = match &config.data_dir {
            Some(folder) => (folder.clone(), None),
            None => {
                let held = tempfile::tempdir()?;
                (held.path().to_owned(), Some(held))
            }
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let api_url = format!("http://{}", listener.local_addr()?);
        let mut world = empty_world(&config, api_url, &folder)?;
        let owner = world.app.owner;
        let repository = world.add_repository(&config.repository, config.private, &config)?;
        world.install(owner, &[repository], Actor::person(owner));
        // What happened before the App could listen is no news to it.
        world.hook.queue.clear();
        world.hook.deliveries.clear();
        if world.hook.url.is_some() {
            world.emit_ping();
        }
        let client = reqwest::Client::builder().no_proxy().build()?;
        let world = Arc::new(Mutex::new(world));
        let pump = match config.delivery {
            DeliveryMode::Immediate => Some(Pump::start(Arc::clone(&world), client.clone())),
            DeliveryMode::Stepped => None,
        };
        let server = Server::start(listener, Arc::clone(&world));
        Ok(GitHub { world, client, repository, server, _pump: pump, _data: held })
    }

    /// Adds a repository to the organisation, with these files as its first commit. The App is not
    /// installed on it until somebody selects it.
    ///
    /// # Errors
    /// When the repository cannot be written.
    pub fn add_repository(
        &self,
        name: &str,
        private: bool,
        files: Vec<WorkFile>,
    ) -> Result<RepositoryId, GitError> {
        let mut world = lock(&self.world);
        let main = world.repo(self.repository);
        let config = Config {
            files,
            organization: main.owner.clone(),
            default_branch: main.default_branch.clone(),
            ..Config::default()
        };
        world.add_repository(name, private, &config)
    }
}

fn empty_world(config: &Config, api_url: String, folder: &Path) -> Result<World, StartError> {
    let key = match &config.private_key_pem {
        Some(pem) => AppKey::read(pem)?,
        None => AppKey::generate()?,
    };
    let mut ids = Ids(FIRST_ID);
    let now = config.clock.now();
    let hook = Hook::new(ids.next(), config.hook_url.clone(), config.webhook_secret.clone());
    let mut world = World {
        clock: Arc::clone(&config.clock),
        jwt_clock: Arc::clone(&config.jwt_clock),
        api_url,
        web_url: config.web_url.trim_end_matches('/').to_owned(),
        data_dir: folder.to_owned(),
        app: App {
            id: config.app_id,
            slug: config.app_slug.clone(),
            owner: UserId(0),
            bot: UserId(0),
            key,
            created_at: now,
        },
        other_apps: BTreeMap::new(),
        accounts: BTreeMap::new(),
        repositories: BTreeMap::new(),
        installations: BTreeMap::new(),
        tokens: BTreeMap::new(),
        rates: BTreeMap::new(),
        hook,
        faults: Default::default(),
        graphql_off: false,
        listed_entries_max: LISTED_ENTRIES_MAX,
        old_names: Vec::new(),
        calls: Vec::new(),
        ids,
    };
    world.app.owner = world.ensure_account(&config.organization, AccountKind::Organization);
    world.app.bot = world.ensure_account(&format!("{}[bot]", config.app_slug), AccountKind::Bot);
    Ok(world)
}

impl World {
    pub(super) fn add_repository(
        &mut self,
        name: &str,
        private: bool,
        config: &Config,
    ) -> Result<RepositoryId, GitError> {
        let id = RepositoryId(self.next_id());
        let now = self.now();
        // A renamed repository keeps the folder of its old name, and shares it with nobody.
        let full_name = format!("{}/{name}", config.organization);
        let folder = match self.old_names.iter().any(|it| it.0 == full_name) {
            true => format!("{name}-{id}.git"),
            false => format!("{name}.git"),
        };
        let folder = self.data_dir.join(&config.organization).join(folder);
        let git = git::Repository::open(&folder, &config.default_branch)?;
        if !config.files.is_empty() && git.branch(&config.default_branch).is_none() {
            let author = Signature {
                name: config.organization.clone(),
                email: format!("{}@users.noreply.github.test", config.organization),
                at: now,
            };
            let branch = &config.default_branch;
            git.import(branch, config.files.clone(), &author, "Initial commit")?;
        }
        let repository = Repository {
            id,
            owner: config.organization.clone(),
            name: name.to_owned(),
            private,
            default_branch: config.default_branch.clone(),
            git,
            created_at: now,
            pushed_at: now,
            roles: BTreeMap::new(),
            labels: Vec::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            reviews: Vec::new(),
            review_comments: BTreeMap::new(),
            checks: Default::default(),
            statuses: Vec::new(),
            workflows: Default::default(),
            ci: Default::default(),
            rules: BTreeMap::new(),
            issues_close_first: false,
            transferred: BTreeMap::new(),
            custom_roles: BTreeMap::new(),
            drafts_allowed: true,
            last_number: 0,
        };
        self.repositories.insert(id, repository);
        Ok(id)
    }
}
