//! The process's settings, read once from the environment. Every fault is found at once, so that
//! nobody repairs them one start at a time, and no value of a secret is ever printed.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;

use crate::domain::bots::HeardBots;
use crate::domain::policy::{EscalateOn, KillSwitch, Mode};

/// Everything the process is told from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `HOST` and `PORT`: where the service listens. Default `127.0.0.1:8080`; a container sets
    /// `HOST=0.0.0.0`.
    pub listen: SocketAddr,
    /// The GitHub App, when one is configured.
    pub github: Option<GitHubSettings>,
    /// The model provider, when there is a key.
    pub model: Option<ModelSettings>,
    /// Where state is kept.
    pub database: DatabaseSettings,
    /// `BATON_DATA_DIR`: the embedded database and cached snapshots. Default `./baton-data`.
    pub data_dir: PathBuf,
    /// `BATON_MODE`: `quiet` (default), `observe` or `suggest`.
    pub mode: Mode,
    /// `BATON_ESCALATE_ON`: `2_consecutive` (default) or `any_failure`: at which red verdict of a
    /// task a stronger model takes over.
    pub escalate_on: EscalateOn,
    /// `BATON_STOP`: `all`, or the numbers of installations with commas between them: nothing
    /// starts there, and what is at work ends. Default: nothing is stopped.
    pub kill_switch: KillSwitch,
    /// `BATON_BOTS`: `id:right` with commas between them, the bots that are heard and how far.
    /// Default: none.
    pub bots: HeardBots,
    /// `BATON_APPROVE_BY_REVIEW`: `1` lets a review that approves the pull request of a plan approve
    /// the plan; `0` (default) does not.
    pub approve_by_review: bool,
    /// `BATON_CI_NONE`: `accept` lets a commit count on which no check spoke within five minutes;
    /// `ask` (default) calls a person.
    pub accepts_unverified: bool,
    /// `BATON_IMPLEMENT_ON_APPROVAL`: `auto` lets an approval begin the work at once. Default
    /// `manual`: approving records, and starting is a word of its own, because it spends.
    pub start_on_approval: bool,
    /// `LOG_LEVEL`: a tracing filter such as `info` or `baton=debug`. Default `info`.
    pub log_level: String,
    /// `LOG_FORMAT`: `text` (default) or `json`.
    pub log_json: bool,
}

/// The GitHub App.
#[derive(Clone, Debug)]
pub struct GitHubSettings {
    /// `APP_ID`.
    pub app_id: u64,
    /// `PRIVATE_KEY` (raw PEM, PEM with `\n` written out, or base64 of either) or the content of
    /// the file at `PRIVATE_KEY_PATH`.
    pub private_key: SecretString,
    /// `WEBHOOK_SECRET`; several, separated by commas, while one is being replaced.
    pub webhook_secrets: Vec<SecretString>,
    /// `GITHUB_API_URL`: default `https://api.github.com`; `https://HOST/api/v3` on GHES.
    pub api_url: String,
}

/// The model provider.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// `ANTHROPIC_API_KEY`.
    pub api_key: SecretString,
    /// `ANTHROPIC_BASE_URL`: default `https://api.anthropic.com`.
    pub base_url: String,
}

/// Where state is kept.
#[derive(Clone, Debug)]
pub enum DatabaseSettings {
    /// The embedded database in `BATON_DATA_DIR`.
    Embedded,
    /// `DATABASE_URL`: `postgres://…`.
    Postgres(SecretString),
}

/// Every variable that is read.
const NAMES: [&str; 20] = [
    "BATON_MODE",
    "BATON_ESCALATE_ON",
    "BATON_STOP",
    "BATON_BOTS",
    "BATON_APPROVE_BY_REVIEW",
    "BATON_IMPLEMENT_ON_APPROVAL",
    "BATON_CI_NONE",
    "LOG_FORMAT",
    "BATON_DATA_DIR",
    "LOG_LEVEL",
    "HOST",
    "PORT",
    "GITHUB_API_URL",
    "APP_ID",
    "WEBHOOK_SECRET",
    "PRIVATE_KEY",
    "PRIVATE_KEY_PATH",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "DATABASE_URL",
];

/// All that is wrong with the settings.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of the settings cannot be used:\n{}", .0.len(), .0.join("\n"))]
pub struct BadSettings(pub Vec<String>);

/// Reads the environment of this process. `checks` say what is wrong with values whose meaning is
/// known where they are used.
///
/// # Errors
/// All faults at once, each with the variable's name and what to write.
pub fn from_environment(checks: &Checks<'_>) -> Result<Settings, BadSettings> {
    let read_file = |path: &str| std::fs::read_to_string(path).map_err(|it| it.to_string());
    read(&environment(), &Outside { read_file: &read_file, checks })
}

/// Reads only the model provider's settings: what a demo needs, whatever else is set.
///
/// # Errors
/// What is wrong with `ANTHROPIC_BASE_URL`.
pub fn model_from_environment() -> Result<Option<ModelSettings>, BadSettings> {
    let mut faults = Vec::new();
    let model = model(&environment(), &mut faults);
    if faults.is_empty() { Ok(model) } else { Err(BadSettings(faults)) }
}

/// Where state is kept, for whoever only looks at it: nothing else has to be set.
pub struct Place {
    /// Where state is kept.
    pub database: DatabaseSettings,
    /// `BATON_DATA_DIR`.
    pub data_dir: PathBuf,
}

/// Reads only where state is kept.
///
/// # Errors
/// What is wrong with `DATABASE_URL`.
pub fn place_from_environment() -> Result<Place, BadSettings> {
    let (variables, mut faults) = (environment(), Vec::new());
    let database = database(&variables, &mut faults);
    let data_dir = data_dir(&variables);
    if faults.is_empty() { Ok(Place { database, data_dir }) } else { Err(BadSettings(faults)) }
}

/// Environment variables by name. A value that is not text is kept as `None`.
pub struct Variables(pub BTreeMap<String, Option<String>>);

impl Variables {
    /// The value, unless it is missing or blank: an empty variable is how many hosts say "unset".
    fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(NAMES.contains(&name), "{name} is not in the list of what is read");
        let value = self.0.get(name)?.as_deref()?;
        Some(value.trim()).filter(|it| !it.is_empty())
    }
}

/// Everything the process was started with. Another program's variable may be any bytes, and does
/// not keep Baton from starting.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn environment() -> Variables {
    let named = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.into_string().ok()))
    });
    Variables(named.collect())
}

/// What reading settings needs from elsewhere.
pub struct Outside<'a> {
    /// The content of the file that `PRIVATE_KEY_PATH` names, or why there is none.
    pub read_file: &'a dyn Fn(&str) -> Result<String, String>,
    /// What is wrong with values.
    pub checks: &'a Checks<'a>,
}

/// What is wrong with a value, if anything is, as its user knows it. None repeats a secret.
pub struct Checks<'a> {
    /// The App's private key.
    pub key: &'a dyn Fn(&str) -> Result<(), String>,
    /// The address of GitHub's API.
    pub api_url: &'a dyn Fn(&str) -> Result<(), String>,
    /// The model provider's address and key.
    pub model: &'a dyn Fn(&ModelSettings) -> Result<(), String>,
}

/// Reads settings from `variables`.
///
/// # Errors
/// All faults at once, each with the variable's name and what to write.
pub fn read(variables: &Variables, outside: &Outside<'_>) -> Result<Settings, BadSettings> {
    let mut faults = Vec::new();
    for name in NAMES.iter().filter(|it| variables.0.get(**it).is_some_and(Option::is_none)) {
        faults.push(format!("- {name}: its bytes are not text; write it in UTF-8"));
    }
    let listen = listen(variables, &mut faults);
    let github = github(variables, outside, &mut faults);
    let model = model(variables, &mut faults);
    if let Some(model) = &model
        && let Err(why) = (outside.checks.model)(model)
    {
        faults.push(format!("- ANTHROPIC_BASE_URL or ANTHROPIC_API_KEY: {why}"));
    }
    let database = database(variables, &mut faults);
    let mode = (variables.get("BATON_MODE"), "BATON_MODE: write quiet, observe or suggest");
    let mode = parsed(mode, Mode::parse, &mut faults);
    let escalate_on = variables.get("BATON_ESCALATE_ON");
    let escalate_on = (escalate_on, "BATON_ESCALATE_ON: write 2_consecutive or any_failure");
    let escalate_on = parsed(escalate_on, EscalateOn::parse, &mut faults);
    let stop = "BATON_STOP: write all, or the numbers of installations with commas between them";
    let stop = (variables.get("BATON_STOP"), stop);
    let kill_switch = parsed(stop, KillSwitch::parse, &mut faults);
    let bots =
        "BATON_BOTS: write numeric user ids, each once and with triage or write, as 7:triage";
    let bots = (variables.get("BATON_BOTS"), bots);
    let bots = parsed(bots, HeardBots::parse, &mut faults);
    // Of two words the first is the default.
    let mut is_second = |name, value: Option<&str>, first, second| {
        let word = value.unwrap_or(first);
        if word != first && word != second {
            faults.push(format!("- {name}: write {first} or {second}"));
        }
        word == second
    };
    let by_review = variables.get("BATON_APPROVE_BY_REVIEW");
    let approve_by_review = is_second("BATON_APPROVE_BY_REVIEW", by_review, "0", "1");
    let without_ci = variables.get("BATON_CI_NONE");
    let accepts_unverified = is_second("BATON_CI_NONE", without_ci, "ask", "accept");
    let on_approval = variables.get("BATON_IMPLEMENT_ON_APPROVAL");
    let start_on_approval = is_second("BATON_IMPLEMENT_ON_APPROVAL", on_approval, "manual", "auto");
    let log_json = is_second("LOG_FORMAT", variables.get("LOG_FORMAT"), "text", "json");
    if !faults.is_empty() {
        return Err(BadSettings(faults));
    }
    Ok(Settings {
        listen,
        github,
        model,
        database,
        data_dir: data_dir(variables),
        mode,
        escalate_on,
        kill_switch,
        bots,
        approve_by_review,
        accepts_unverified,
        start_on_approval,
        log_level: variables.get("LOG_LEVEL").unwrap_or("info").to_owned(),
        log_json,
    })
}

/// A value that is unset, or that its own type can read; otherwise `fault` says what to write.
fn parsed<T: Default>(
    (value, fault): (Option<&str>, &str),
    parse: impl FnOnce(&str) -> Option<T>,
    faults: &mut Vec<String>,
) -> T {
    let value = value.map_or_else(|| Some(T::default()), parse);
    if value.is_none() {
        faults.push(format!("- {fault}"));
    }
    value.unwrap_or_default()
}

fn listen(variables: &Variables, faults: &mut Vec<String>) -> SocketAddr {
    let host = match variables.get("HOST") {
        None => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some("localhost") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some(text) => text.parse().ok(),
    };
    if host.is_none() {
        faults.push("- HOST: write an IP address such as 0.0.0.0 or 127.0.0.1".to_owned());
    }
    let port = variables.get("PORT").map_or(Some(8080), |it| it.parse().ok());
    if port.is_none() {
        faults.push("- PORT: write a number from 0 to 65535".to_owned());
    }
    let host = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(host, port.unwrap_or_default())
}

fn github(
    variables: &Variables,
    outside: &Outside<'_>,
    faults: &mut Vec<String>,
) -> Option<GitHubSettings> {
    let api_url = variables.get("GITHUB_API_URL").unwrap_or("https://api.github.com");
    let api_url = url(api_url, "GITHUB_API_URL", faults);
    if let Some(api_url) = &api_url
        && let Err(why) = (outside.checks.api_url)(api_url)
    {
        faults.push(format!("- GITHUB_API_URL: {why}"));
    }
    let app_id = variables.get("APP_ID");
    let secret = variables.get("WEBHOOK_SECRET");
    let key = variables.get("PRIVATE_KEY");
    let key_path = variables.get("PRIVATE_KEY_PATH");
    if app_id.is_none() && secret.is_none() && key.is_none() && key_path.is_none() {
        return None;
    }
    let number = app_id.and_then(|it| it.parse::<u64>().ok());
    match (app_id, number) {
        (None, _) => faults.push("- APP_ID: missing; it stands on the App's settings page".into()),
        (Some(_), None) => faults.push("- APP_ID: write the App's number, digits only".into()),
        (Some(_), Some(_)) => {}
    }
    let webhook_secrets = secret.map(secrets).unwrap_or_default();
    if webhook_secrets.is_empty() {
        faults.push(
            "- WEBHOOK_SECRET: missing; without it nobody could tell GitHub's webhooks from \
             forged ones. Set the same value here and on the App's settings page"
                .to_owned(),
        );
    }
    let private_key = match (key, key_path) {
        (Some(key), _) => Some((key.to_owned(), "PRIVATE_KEY")),
        (None, Some(path)) => match (outside.read_file)(path) {
            Ok(text) => Some((text, "PRIVATE_KEY_PATH")),
            Err(why) => {
                faults.push(format!(
                    "- PRIVATE_KEY_PATH: the file cannot be read ({why}); write the path of the \
                     App's key file as this process sees it, and let its user read that file"
                ));
                None
            }
        },
        (None, None) => {
            faults.push(
                "- PRIVATE_KEY or PRIVATE_KEY_PATH: missing; generate a private key on the App's \
                 settings page"
                    .to_owned(),
            );
            None
        }
    };
    if let Some((key, name)) = &private_key
        && let Err(why) = (outside.checks.key)(key)
    {
        faults.push(format!("- {name}: {why}"));
    }
    Some(GitHubSettings {
        app_id: number?,
        private_key: SecretString::from(private_key?.0),
        webhook_secrets,
        api_url: api_url?,
    })
}

/// The secrets in `text`: several with commas between them while one replaces another, or one that
/// has a comma in it, which cannot be told apart.
fn secrets(text: &str) -> Vec<SecretString> {
    let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let mut secrets: Vec<&str> = parts.collect();
    if !secrets.is_empty() && text.contains(',') {
        secrets.push(text);
    }
    secrets.into_iter().map(SecretString::from).collect()
}

fn model(variables: &Variables, faults: &mut Vec<String>) -> Option<ModelSettings> {
    let base = variables.get("ANTHROPIC_BASE_URL").unwrap_or("https://api.anthropic.com");
    let base_url = url(base, "ANTHROPIC_BASE_URL", faults)?;
    let api_key = SecretString::from(variables.get("ANTHROPIC_API_KEY")?);
    Some(ModelSettings { api_key, base_url })
}

fn data_dir(variables: &Variables) -> PathBuf {
    PathBuf::from(variables.get("BATON_DATA_DIR").unwrap_or("baton-data"))
}

fn database(variables: &Variables, faults: &mut Vec<String>) -> DatabaseSettings {
    match variables.get("DATABASE_URL") {
        None => DatabaseSettings::Embedded,
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            DatabaseSettings::Postgres(SecretString::from(url))
        }
        Some(_) => {
            faults.push(
                "- DATABASE_URL: write postgres://…, or leave it out and set BATON_DATA_DIR for \
                 the embedded SQLite database"
                    .to_owned(),
            );
            DatabaseSettings::Embedded
        }
    }
}

/// A base URL without its trailing slash. What is refused is never repeated: it may hold a password.
fn url(text: &str, name: &str, faults: &mut Vec<String>) -> Option<String> {
    let is_http = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = !text.contains(['@', '?', '#']);
    let fine = text.parse::<http::Uri>().is_ok_and(|it| it.host().is_some());
    if is_http && is_plain && fine {
        return Some(text.trim_end_matches('/').to_owned());
    }
    faults.push(format!(
        "- {name}: write an address that begins with https:// (or http://), without a user, a \
         password, `?` or `#`"
    ));
    None
}

#[cfg(test)]
mod tests;
