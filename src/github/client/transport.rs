//! One HTTP exchange with the API: limits of time and size, the log line, the JSON. Nothing is
//! repeated and nothing is followed here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use http::{Method, Request};
use octocrab::{OctoBody, Octocrab};
use reqwest::Url;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::call::Call;
use super::connection::{Answer, connect, network, part};
use super::error::{GitHubError, classify, header};
use super::redirect::below;
use crate::base::{Clock, Timestamp};
use crate::github::lenient::Object;
use crate::github::surrogates::mended;

/// What GitHub recommends to ask for.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.github+json");

/// A blob of 20 MB in base64 fits, and so does the largest tree GitHub sends (7 MB).
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// GitHub itself gives up after 10 s; a slow GitHub Enterprise Server gets a little more.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// An address that is not one of an API. It is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not the address of a GitHub API: use https://api.github.com, \
     https://HOST/api/v3 for GitHub Enterprise Server, or http://127.0.0.1:PORT"
)]
pub struct BadApiUrl;

/// Reads the address of an API.
///
/// # Errors
///
/// [`BadApiUrl`] if it is none.
pub fn address_of_api(text: &str) -> Result<Url, BadApiUrl> {
    let api = Url::parse(text.trim().trim_end_matches('/')).map_err(|_| BadApiUrl)?;
    let has_credentials = !api.username().is_empty() || api.password().is_some();
    let has_more = api.query().is_some() || api.fragment().is_some();
    let is_web = ["http", "https"].contains(&api.scheme()) && api.host_str().is_some();
    if !is_web || has_credentials || has_more { Err(BadApiUrl) } else { Ok(api) }
}

/// An answer, whatever its status. Not to be printed: one of them brings a token.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 307 | 308)
    }
}

/// The way to the API, and its address.
pub(super) struct Transport {
    pub(super) api: Url,
    pub(super) clock: Arc<dyn Clock>,
    octocrab: Octocrab,
    /// Whether the last call came to no answer.
    unreached: AtomicBool,
}

impl Transport {
    pub(super) fn new(
        api_url: &str,
        user_agent: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Transport, BadApiUrl> {
        let api = address_of_api(api_url)?;
        let octocrab = connect(&api, user_agent).map_err(|_| BadApiUrl)?;
        Ok(Transport { api, clock, octocrab, unreached: AtomicBool::new(false) })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether the last call came to no answer.
    pub(super) fn is_unreached(&self) -> bool {
        self.unreached.load(Ordering::Relaxed)
    }

    /// The address of a path below the API's own.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Unprocessable`] for a path that would lead somewhere else: in an address a
    /// segment of one or two dots climbs, however it is encoded, and so it cannot name anything.
    pub(super) fn address(&self, path: &str) -> Result<Url, GitHubError> {
        let address = format!("{}{path}", self.api.as_str().trim_end_matches('/'));
        let address = Url::parse(&address).ok();
        let address = address.filter(|it| below(&self.api, it).as_deref() == Some(path));
        address.ok_or_else(|| GitHubError::Unprocessable {
            message: "a name of dots cannot be a part of an address".to_owned(),
        })
    }

    /// Sends `call` to `path` and reads the answer.
    ///
    /// # Errors
    ///
    /// Only [`GitHubError::Network`], what [`Transport::address`] says, and, for an answer that is
    /// too long, [`GitHubError::Unexpected`]: every status is an answer.
    pub(super) async fn send(
        &self,
        call: &Call,
        path: &str,
        token: &SecretString,
    ) -> Result<Reply, GitHubError> {
        let started = self.now();
        self.address(path)?;
        let octocrab = self.authorized(token)?;
        let request = request(&octocrab, &call.method, path, call.body.as_ref())?;
        let exchange = async {
            let answer = octocrab.execute(request).await;
            read(answer.map_err(|error| network(&error))?).await
        };
        let outcome = tokio::time::timeout(CALL_TIMEOUT, exchange).await;
        let outcome = outcome.unwrap_or(Err(GitHubError::Network { maybe_done: true }));
        let unreached = matches!(outcome, Err(GitHubError::Network { .. }));
        self.unreached.store(unreached, Ordering::Relaxed);
        tracing::debug!(
            method = %call.method,
            path = call.template,
            status = outcome.as_ref().ok().map(|it| it.status),
            duration_ms = (self.now() - started).0,
            "called GitHub"
        );
        outcome
    }

    /// Begins a download. The token goes along only to addresses of the API itself.
    pub(super) async fn open(
        &self,
        address: &Url,
        token: &SecretString,
    ) -> Result<Answer, GitHubError> {
        let answer = match below(&self.api, address) {
            Some(path) => {
                let octocrab = self.authorized(token)?;
                octocrab.execute(request(&octocrab, &Method::GET, &path, None)?).await
            }
            None => {
                let request = request(&self.octocrab, &Method::GET, address.as_str(), None)?;
                self.octocrab.execute(request).await
            }
        };
        answer.map_err(|error| network(&error))
    }

    fn authorized(&self, token: &SecretString) -> Result<Octocrab, GitHubError> {
        let octocrab = self.octocrab.user_access_token(token.clone());
        octocrab.map_err(|_| GitHubError::unexpected("the token cannot be used"))
    }

    /// The answer as `T`, or the error its status stands for.
    pub(super) fn parse<T: DeserializeOwned>(
        &self,
        call: &Call,
        reply: &Reply,
    ) -> Result<T, GitHubError> {
        let Object(value) = self.parse_any(call, reply)?;
        value.ok_or_else(|| GitHubError::unexpected(format!("{}: no object", call.template)))
    }

    /// Like [`Transport::parse`], for answers that are lists.
    pub(super) fn parse_any<T: DeserializeOwned>(
        &self,
        call: &Call,
        reply: &Reply,
    ) -> Result<T, GitHubError> {
        if !reply.is_success() {
            return Err(classify(reply, self.now()));
        }
        let read = |body: &[u8]| {
            let mut json = serde_json::Deserializer::from_slice(body);
            serde_path_to_error::deserialize(&mut json)
        };
        let read = read(&reply.body).or_else(|error| match mended(&reply.body) {
            Some(body) => read(&body),
            None => Err(error),
        });
        read.map_err(|error| {
            let kind = header(&reply.headers, "content-type").unwrap_or("no content type");
            let (template, status, path) = (call.template, reply.status, error.path());
            let what = format!("{template} answered {status} with bad JSON at {path} ({kind})");
            GitHubError::unexpected(what)
        })
    }
}

pub(super) fn is_loopback(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|it| it.is_loopback())
}

fn request(
    octocrab: &Octocrab,
    method: &Method,
    address: &str,
    body: Option<&Value>,
) -> Result<Request<OctoBody>, GitHubError> {
    let request = Request::builder().method(method).uri(address).header(ACCEPT, MEDIA_TYPE);
    let request = octocrab.build_request(request, body);
    request.map_err(|_| GitHubError::unexpected("the address is none"))
}

/// Reads an answer to its end.
pub(super) async fn read(mut answer: Answer) -> Result<Reply, GitHubError> {
    let mut body = BytesMut::new();
    while let Some(part) = part(&mut answer).await? {
        if ANSWER_BYTES_MAX < body.len() + part.len() {
            return Err(GitHubError::unexpected("the answer is longer than 32 MiB"));
        }
        body.extend_from_slice(&part);
    }
    let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
    Ok(Reply { status, headers, body: body.freeze() })
}
