//! The App itself: who it is, and how it gets a token for one repository.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::call::{Call, Name};
use super::error::{GitHubError, header, http_date, message};
use super::port::{Port, ReadPort, Target, WritePort};
use super::tokens::{Purpose, Token, TokenKey, Tokens};
use super::transport::{BadApiUrl, Reply, Transport};
use crate::base::{Clock, InstallationId, Millis, Timestamp};
use crate::github::lenient::{List, Number, Object, Text};
use crate::github::wire::instant;

/// The App's own token is backdated by this much against small differences of the clocks.
const JWT_BACKDATED: Millis = Millis::minutes(1);

/// GitHub allows ten minutes from `iat`; one is kept in hand.
const JWT_LIFE: Millis = Millis::minutes(9);

/// What the client is made from.
pub struct AppConfig {
    /// The App's id (or its client id, which GitHub accepts in its place).
    pub app_id: String,
    /// The App's key, from [`private_key`](super::private_key).
    pub key: EncodingKey,
    /// Where the API is: `https://api.github.com`, `https://HOST/api/v3`, `http://127.0.0.1:PORT`.
    pub api_url: String,
    /// The time, for tokens and limits.
    pub clock: Arc<dyn Clock>,
    /// The `User-Agent`, which GitHub requires.
    pub user_agent: String,
}

/// A registered GitHub App. Cheap to clone; tokens and connections are shared.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    app_id: String,
    key: EncodingKey,
    transport: Transport,
    tokens: Tokens,
    serial: AtomicU64,
    /// How far GitHub's clock is ahead of ours, in milliseconds, once a refused token showed it.
    skew_ms: AtomicI64,
    identity: OnceCell<Identity>,
    /// Whether GitHub refused the App's own credentials when they were used last.
    refused: AtomicBool,
    /// Whether this server was seen to know `GET /git/ref/…`: then its "not found" is believed.
    knows_ref: AtomicBool,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("app_id", &self.0.app_id).finish_non_exhaustive()
    }
}

/// How GitHub took the last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It answered, and knows the App.
    Fine,
    /// No answer came.
    Unreachable,
    /// It does not accept the App's id and key. Then nothing can be said on any issue, and only the
    /// operator can put it right.
    Refused,
}

/// Who the App is at GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The App's numeric id, if the server tells it. It is not the bot's user id.
    pub id: Option<i64>,
    /// The App's name in addresses.
    pub slug: Option<String>,
    /// The login its comments carry: `<slug>[bot]`. Some servers answer as the account's owner, so
    /// this is a hint; the author of the first comment is the truth.
    pub bot_login: Option<String>,
}

impl App {
    /// Makes a client; nothing is sent.
    ///
    /// # Errors
    ///
    /// [`BadApiUrl`] if `api_url` is not an http(s) address.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime: octocrab starts a task in it.
    pub fn new(config: AppConfig) -> Result<App, BadApiUrl> {
        Ok(App(Arc::new(Inner {
            app_id: config.app_id,
            key: config.key,
            transport: Transport::new(&config.api_url, &config.user_agent, config.clock)?,
            tokens: Tokens::default(),
            serial: AtomicU64::new(1),
            skew_ms: AtomicI64::new(0),
            identity: OnceCell::new(),
            refused: AtomicBool::new(false),
            knows_ref: AtomicBool::new(false),
        })))
    }

    /// A view of one repository that can only read.
    pub fn reader(&self, target: Target) -> ReadPort {
        ReadPort { port: Port::new(self.clone(), target, Purpose::Read) }
    }

    /// The few things Baton may write in one repository.
    pub fn writer(&self, target: Target) -> WritePort {
        WritePort { port: Port::new(self.clone(), target, Purpose::Write) }
    }

    /// Who the App is. Asked once; a server that does not know `/app` leaves everything `None`.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unauthorized`] if id and key do not fit; whatever else a call can meet.
    pub async fn identity(&self) -> Result<Identity, GitHubError> {
        self.0.identity.get_or_try_init(|| self.ask_identity()).await.cloned()
    }

    async fn ask_identity(&self) -> Result<Identity, GitHubError> {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Answer {
            id: Number,
            slug: Text,
        }

        let call = Call::get("/app");
        let reply = self.call_as_app(&call, &call.path(&Name::default())).await?;
        if matches!(reply.status, 404 | 405 | 501) {
            tracing::warn!(
                address = %self.0.transport.api,
                status = reply.status,
                "GITHUB_API_URL: this address does not know GET /app. If it is a GitHub Enterprise \
                 Server, write https://HOST/api/v3; if it is another server that leaves this call \
                 out, nothing needs to be done"
            );
            return Ok(Identity { id: None, slug: None, bot_login: None });
        }
        let answer: Answer = self.0.transport.parse(&call, &reply)?;
        let slug = answer.slug.0;
        let bot_login = slug.as_ref().map(|it| format!("{it}[bot]"));
        Ok(Identity { id: answer.id.0, slug, bot_login })
    }

    /// How GitHub took the last call.
    pub fn standing(&self) -> Standing {
        if self.0.transport.is_unreached() {
            Standing::Unreachable
        } else if self.0.refused.load(Ordering::Relaxed) {
            Standing::Refused
        } else {
            Standing::Fine
        }
    }

    pub(super) fn knows_ref(&self) -> bool {
        self.0.knows_ref.load(Ordering::Relaxed)
    }

    pub(super) fn note_that_it_knows_ref(&self) {
        self.0.knows_ref.store(true, Ordering::Relaxed);
    }

    /// The installation that covers a repository, for deliveries that leave it out.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if the App is not installed there.
    pub async fn installation_of(
        &self,
        owner: &str,
        repo: &str,
    ) -> Result<InstallationId, GitHubError> {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Answer {
            id: Number,
        }

        let call = Call::get("/repos/{owner}/{repo}/installation");
        let name = Name { owner: owner.to_owned(), repo: repo.to_owned() };
        let reply = self.call_as_app(&call, &call.path(&name)).await?;
        let answer: Answer = self.0.transport.parse(&call, &reply)?;
        let id =
            answer.id.0.ok_or_else(|| GitHubError::unexpected("an installation without id"))?;
        Ok(InstallationId(id))
    }

    /// The App's installation if it has one and no more, for servers that do not say which one
    /// covers a repository. One that is told to be another account's than `owner`'s is not it.
    ///
    /// # Errors
    ///
    /// [`GitHubError::NotFound`] if the server does not list installations.
    pub async fn only_installation(
        &self,
        owner: &str,
    ) -> Result<Option<InstallationId>, GitHubError> {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Listed {
            id: Number,
            account: Object<Account>,
        }
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Account {
            login: Text,
        }

        let call = Call::get("/app/installations").query("per_page", 2);
        let reply = self.call_as_app(&call, &call.path(&Name::default())).await?;
        let listed: List<Listed> = self.0.transport.parse_any(&call, &reply)?;
        let [only] = &listed.0[..] else { return Ok(None) };
        let login = only.account.0.as_ref().and_then(|it| it.login.0.as_deref());
        let is_theirs = login.is_none_or(|it| it.eq_ignore_ascii_case(owner));
        Ok(only.id.0.filter(|_| is_theirs).map(InstallationId))
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// The token for `key`: the kept one, or a new one. Whoever comes while one is minted waits and
    /// shares it. A token whose serial is `refused` is not given again.
    pub(super) async fn token(
        &self,
        key: TokenKey,
        refused: Option<u64>,
    ) -> Result<Token, GitHubError> {
        let now = self.0.transport.now();
        let slot = self.0.tokens.slot(key, now);
        let mut held = slot.lock().await;
        if let Some(token) = &*held
            && token.is_good(self.0.transport.now())
            && Some(token.serial) != refused
        {
            return Ok(token.clone());
        }
        let token = self.mint(key).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Mints a token for one repository and purpose.
    ///
    /// GitHub itself narrows what it is asked to, and refuses when the App lacks a permission or the
    /// repository: then this fails. Other servers that refuse a narrowed request are asked for what
    /// they have.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Forbidden`] if there is no such token, never [`GitHubError::NotFound`], which
    /// would say that the thing the token is for does not exist.
    async fn mint(&self, key: TokenKey) -> Result<Token, GitHubError> {
        let call = Call::post("/app/installations/{installation}/access_tokens", Value::Null);
        let call = call.with("installation", key.installation);
        let path = call.path(&Name::default());
        let one_repository = json!([key.repository]);
        let bodies = [
            json!({
                "repository_ids": one_repository,
                "permissions": key.purpose.permissions(),
            }),
            json!({ "repository_ids": one_repository }),
            json!({}),
        ];
        let mut refusal = String::new();
        for (index, body) in bodies.into_iter().enumerate() {
            let call = call.clone().with_body(body);
            let reply = self.call_as_app(&call, &path).await?;
            if matches!(reply.status, 404 | 422) {
                refusal = message(&reply);
                if self.narrows(&reply) {
                    break;
                }
                continue;
            }
            if index != 0 {
                tracing::warn!(
                    installation = key.installation.0,
                    "this server refuses a token for one repository and purpose; \
                     going on with a wider one"
                );
            }
            return self.read_token(&call, &reply);
        }
        let why = "no token: the App is not installed here any more, or lacks a permission";
        Err(GitHubError::Forbidden(format!("{why} ({refusal})")))
    }

    /// Whether the server is GitHub's own software, which is known to narrow tokens. A GitHub
    /// Enterprise Server names its version in each answer.
    fn narrows(&self, reply: &Reply) -> bool {
        let host = self.0.transport.api.host_str().unwrap_or_default();
        let is_enterprise = header(&reply.headers, "x-github-enterprise-version").is_some();
        host == "api.github.com" || host.ends_with(".ghe.com") || is_enterprise
    }

    fn read_token(&self, call: &Call, reply: &Reply) -> Result<Token, GitHubError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Answer {
            token: Text,
            expires_at: Text,
        }

        let answer: Answer = self.0.transport.parse(call, reply)?;
        let secret = answer.token.0.filter(|it| !it.is_empty()).map(SecretString::from);
        let secret = secret.ok_or_else(|| GitHubError::unexpected("no token came"))?;
        let serial = self.0.serial.fetch_add(1, Ordering::Relaxed);
        Ok(Token::new(secret, instant(&answer.expires_at), self.0.transport.now(), serial))
    }

    /// Calls as the App, and remembers whether it was recognised.
    async fn call_as_app(&self, call: &Call, path: &str) -> Result<Reply, GitHubError> {
        let reply = self.call_with_jwt(call, path).await?;
        let refused = reply.status == 401;
        if self.0.refused.swap(refused, Ordering::Relaxed) != refused {
            match refused {
                true => tracing::error!(error = %GitHubError::Unauthorized, "all work waits"),
                false => tracing::info!("GitHub accepts the App's credentials again"),
            }
        }
        Ok(reply)
    }

    /// Calls as the App. If the App's token is refused because the clocks differ, which the answer's
    /// `Date` shows, the difference is remembered and the call made once more.
    async fn call_with_jwt(&self, call: &Call, path: &str) -> Result<Reply, GitHubError> {
        let transport = &self.0.transport;
        let reply = transport.send(call, path, &self.jwt()?).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let date = header(&reply.headers, "date").and_then(http_date);
        let Some(date) = date else { return Ok(reply) };
        let skew = (date - transport.now()).0;
        let known = self.0.skew_ms.load(Ordering::Relaxed);
        if (skew - known).abs() < 30_000 {
            return Ok(reply);
        }
        tracing::warn!(skew_ms = skew, "this machine's clock differs from GitHub's; set it");
        self.0.skew_ms.store(skew, Ordering::Relaxed);
        transport.send(call, path, &self.jwt()?).await
    }

    fn jwt(&self) -> Result<SecretString, GitHubError> {
        let skew = Millis(self.0.skew_ms.load(Ordering::Relaxed));
        let issued = Timestamp((self.0.transport.now() + skew).0 - JWT_BACKDATED.0);
        let claims = json!({
            "iat": issued.0 / 1_000,
            "exp": (issued + JWT_LIFE).0 / 1_000,
            "iss": self.0.app_id,
        });
        let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.0.key);
        let token = token.map_err(|_| GitHubError::unexpected("the App's key does not sign"))?;
        Ok(SecretString::from(token))
    }
}

/// An answer of which only the existence counts.
pub(super) type Anything = Object<crate::github::wire::Empty>;
