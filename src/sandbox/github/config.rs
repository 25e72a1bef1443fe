//! What a sandbox GitHub begins with.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{Clock, SystemClock};
use crate::sandbox::git::{self, WorkFile};

/// How webhooks leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// Only when [`GitHub::deliver_pending`](super::GitHub::deliver_pending) is called: tests step.
    Stepped,
    /// At once, by a background task, one after another: the demo.
    Immediate,
}

/// The beginning of a sandbox GitHub. Start from [`Config::default`] and change fields.
#[derive(Clone)]
pub struct Config {
    /// Where it gets the time from; tests move it.
    pub clock: Arc<dyn Clock>,
    /// What the times in the App's JSON Web Tokens are judged by. GitHub clients stamp these with
    /// the machine's time, so this stays the machine's clock also where a test moves `clock`.
    pub jwt_clock: Arc<dyn Clock>,
    /// The App's numeric id.
    pub app_id: i64,
    /// The App's slug: it acts as `<slug>[bot]`.
    pub app_slug: String,
    /// The App's RSA private key as PEM (PKCS#1 or PKCS#8); one is made when absent.
    pub private_key_pem: Option<String>,
    /// What webhooks are signed with.
    pub webhook_secret: String,
    /// Where webhooks go; may be set later. Until then they wait in the queue.
    pub hook_url: Option<String>,
    /// How webhooks leave.
    pub delivery: DeliveryMode,
    /// Where pages would be: every `html_url` begins with it.
    pub web_url: String,
    /// Where the git repositories stand; a folder that goes with the sandbox when absent. Commits
    /// and branches that stand there already are kept; issues live in memory only.
    pub data_dir: Option<PathBuf>,
    /// The organisation that owns the repository and installed the App.
    pub organization: String,
    /// The repository's name.
    pub repository: String,
    /// Whether strangers cannot read it.
    pub private: bool,
    /// The default branch.
    pub default_branch: String,
    /// The files of the first commit; an empty list makes a repository without commits.
    pub files: Vec<WorkFile>,
}

impl Default for Config {
    /// `acme/helpdesk`, public, with the bundled sample, on the machine's clock, deliveries
    /// stepped.
    fn default() -> Config {
        Config {
            clock: Arc::new(SystemClock),
            jwt_clock: Arc::new(SystemClock),
            app_id: 4_711,
            app_slug: "baton".into(),
            private_key_pem: None,
            webhook_secret: "sandbox webhook secret".into(),
            hook_url: None,
            delivery: DeliveryMode::Stepped,
            web_url: "https://github.test".into(),
            data_dir: None,
            organization: "acme".into(),
            repository: git::SAMPLE_NAME.into(),
            private: false,
            default_branch: "main".into(),
            files: git::sample(),
        }
    }
}
