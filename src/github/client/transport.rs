//! One HTTP exchange with the API: headers, limits of time and size, the log line. Nothing is
//! repeated and nothing is followed here.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::call::Call;
use super::error::{GitHubError, classify, header};
use super::redirect::PublicAddresses;
use crate::base::{Clock, DeliveryId, Timestamp};
use crate::github::lenient::Object;

/// The version of the REST API whose documentation this client follows.
const API_VERSION: &str = "2022-11-28";

/// A blob of 20 MB in base64 fits, and so does the largest tree GitHub sends (7 MB).
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// GitHub itself gives up after 10 s; a slow GitHub Enterprise Server gets a little more.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// An address that is not one of an API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the address of a GitHub API: use https://api.github.com, \
     https://HOST/api/v3 for GitHub Enterprise Server, or http://127.0.0.1:PORT"
)]
pub struct BadApiUrl(String);

/// An answer, whatever its status.
#[derive(Clone, Debug)]
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

/// The connection pool and the address of the API.
pub(super) struct Transport {
    pub(super) api: Url,
    pub(super) clock: Arc<dyn Clock>,
    client: Client,
}

impl Transport {
    pub(super) fn new(
        api_url: &str,
        user_agent: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Transport, BadApiUrl> {
        let bad = || BadApiUrl(api_url.chars().take(200).collect());
        let api = Url::parse(api_url.trim().trim_end_matches('/')).map_err(|_| bad())?;
        let has_credentials = !api.username().is_empty() || api.password().is_some();
        if !["http", "https"].contains(&api.scheme()) || has_credentials {
            return Err(bad());
        }
        let host = api.host_str().ok_or_else(bad)?;
        let builder = Client::builder()
            .user_agent(user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy is a setting of the server, never something found in the environment.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(CALL_TIMEOUT)
            .dns_resolver(PublicAddresses::except(host));
        let client = builder.build().map_err(|_| bad())?;
        Ok(Transport { api, clock, client })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The address of a path below the API's own.
    pub(super) fn address(&self, path: &str) -> Result<Url, GitHubError> {
        let address = format!("{}{path}", self.api.as_str().trim_end_matches('/'));
        Url::parse(&address).map_err(|_| GitHubError::unexpected("the path is no address"))
    }

    /// Sends `call` to `path` and reads the answer.
    ///
    /// # Errors
    ///
    /// Only [`GitHubError::Network`] and, for an answer that is too long,
    /// [`GitHubError::Unexpected`]: every status is an answer.
    pub(super) async fn send(
        &self,
        call: &Call,
        path: &str,
        token: &SecretString,
        delivery: Option<&DeliveryId>,
    ) -> Result<Reply, GitHubError> {
        let started = self.now();
        let address = self.address(path)?;
        let mut request = self
            .client
            .request(call.method.clone(), address)
            .header(ACCEPT, HeaderValue::from_static("application/vnd.github+json"))
            .header("x-github-api-version", HeaderValue::from_static(API_VERSION))
            .header(AUTHORIZATION, bearer(token)?)
            .timeout(CALL_TIMEOUT);
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let outcome = match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => Err(network(&error)),
        };
        tracing::debug!(
            method = %call.method,
            path = call.template,
            status = outcome.as_ref().ok().map(|it| it.status),
            duration_ms = (self.now() - started).0,
            delivery = delivery.map(DeliveryId::as_str),
            "called GitHub"
        );
        outcome
    }

    /// Begins a download. The token goes along only if there is one.
    pub(super) async fn open(
        &self,
        address: Url,
        token: Option<&SecretString>,
    ) -> Result<Response, GitHubError> {
        let mut request = self.client.get(address);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, bearer(token)?);
        }
        request.send().await.map_err(|error| network(&error))
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
        let mut json = serde_json::Deserializer::from_slice(&reply.body);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
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

fn bearer(token: &SecretString) -> Result<HeaderValue, GitHubError> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
    let mut value = value.map_err(|_| GitHubError::unexpected("the token is no header value"))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut response: Response) -> Result<Reply, GitHubError> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(|error| network(&error))? {
        if ANSWER_BYTES_MAX < body.len() + part.len() {
            return Err(GitHubError::unexpected("the answer is longer than 32 MiB"));
        }
        body.extend_from_slice(&part);
    }
    Ok(Reply { status, headers, body: body.freeze() })
}

/// A failure to connect happened before anything was sent; any later one leaves it open.
pub(super) fn network(error: &reqwest::Error) -> GitHubError {
    GitHubError::Network { maybe_done: !error.is_connect() && !error.is_builder() }
}
