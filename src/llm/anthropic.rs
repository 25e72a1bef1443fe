//! The Messages API over HTTP: where a call may go, how long it may take, what its failure means.
//!
//! - **Always streamed.** A plan is a long answer; streaming makes the idle limit meaningful, shows
//!   a cut as a cut, and says early what the prompt cost. An endpoint that ignores `stream` and
//!   answers plain JSON is read as well.
//! - **Only to the configured host.** Redirects are never followed, proxies of the environment are
//!   not used, and the base URL must be `https` unless it is this machine or the setting allows
//!   plain HTTP: the key and private code travel on this connection.
//! - **Bounded.** Ten minutes for the whole call, two minutes of silence, 32 MiB of answer.

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::error::{Advice, LlmError, Refusal};
use super::sse::Decoder;
use super::stream::{Assembly, BadStream, Progress};
use super::{Model, wire};
use crate::base::Millis;
use crate::domain::conversation::{Answer, Request, Usage};

/// The most bytes of one answer: the largest answer (128,000 tokens) has about half a megabyte, and
/// events wrap every few characters of it.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most bytes of an error that are read; a proxy's error page may be long.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// The most characters of a provider's sentence that are passed on.
const SENTENCE_CHARS_MAX: usize = 400;

/// Where the provider is and how to speak to it.
#[derive(Clone, Debug)]
pub struct AnthropicSettings {
    /// The URL before `/v1/messages`, `https://api.anthropic.com` for one. A path is kept.
    pub base_url: String,
    /// The key. It is sent to the base URL's host and nowhere else.
    pub api_key: SecretString,
    /// The `anthropic-version` header.
    pub version: String,
    /// Whether plain `http` to another machine is allowed (a gateway inside a private network).
    pub allow_plain_http: bool,
    /// How long connecting may take.
    pub connect_timeout: Millis,
    /// How long the connection may be silent.
    pub idle_timeout: Millis,
    /// How long the whole call may take.
    pub call_timeout: Millis,
}

impl AnthropicSettings {
    /// The provider's defaults with this key: ten minutes for a call (the limit that the provider's
    /// own clients use), two minutes of silence.
    pub fn new(base_url: impl Into<String>, api_key: SecretString) -> AnthropicSettings {
        AnthropicSettings {
            base_url: base_url.into(),
            api_key,
            version: "2026-10-21".to_owned(),
            allow_plain_http: false,
            connect_timeout: Millis::seconds(10),
            idle_timeout: Millis::seconds(120),
            call_timeout: Millis::minutes(10),
        }
    }
}

/// Settings with which no call can be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The base URL is none.
    #[error("the model provider's base URL `{0}` is not a URL; write https://host")]
    BadUrl(String),
    /// The base URL carries credentials, a query or a fragment.
    #[error("the model provider's base URL must be only scheme, host, port and path")]
    UrlParts,
    /// Plain HTTP to another machine.
    #[error(
        "the model provider at `{0}` is not https: the key would be readable on the way. Use \
         https; plain HTTP is for this machine and private networks"
    )]
    PlainHttp(String),
    /// The key or version cannot stand in a header.
    #[error("the model provider's {0} has characters that no header may carry, or is empty")]
    BadHeader(&'static str),
    /// The HTTP client cannot be built.
    #[error("no HTTP client for the model provider: {0}")]
    Client(String),
}

/// The client of the Anthropic Messages API and of what speaks like it.
#[derive(Debug)]
pub struct Anthropic {
    client: Client,
    messages: Url,
    count_tokens: Url,
    api_key: SecretString,
}

impl Anthropic {
    /// Checks the settings and builds the client. Makes no call.
    pub fn new(settings: AnthropicSettings) -> Result<Anthropic, SettingsError> {
        let base = base_url(&settings)?;
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", header("API key", settings.api_key.expose_secret(), true)?);
        headers.insert("anthropic-version", header("API version", &settings.version, false)?);
        let client = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(settings.connect_timeout.to_std())
            .read_timeout(settings.idle_timeout.to_std())
            .timeout(settings.call_timeout.to_std())
            .build()
            .map_err(|error| SettingsError::Client(error.to_string()))?;
        Ok(Anthropic {
            client,
            messages: endpoint(&base, "v1/messages")?,
            count_tokens: endpoint(&base, "v1/messages/count_tokens")?,
            api_key: settings.api_key,
        })
    }

    async fn post(&self, url: &Url, body: &Value) -> Result<Response, LlmError> {
        let sent = self.client.post(url.clone()).json(body).send().await;
        sent.map_err(|error| self.unsent(&error))
    }

    /// There was no answer at all. Only a connection that was never made cannot have been billed.
    fn unsent(&self, error: &reqwest::Error) -> LlmError {
        let arrived = !error.is_connect() && !error.is_builder();
        if error.is_timeout() && arrived {
            return LlmError::Timeout;
        }
        LlmError::Network { maybe_billed: arrived, message: self.sentence(&causes(error)) }
    }

    async fn refusal(&self, response: Response, model: &str) -> LlmError {
        let status = response.status().as_u16();
        let advice = advice(response.headers());
        let redirected = response.status().is_redirection();
        let body = read_at_most(response, ERROR_BYTES_MAX).await;
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let error = &body["error"];
        let message = match error["message"].as_str() {
            Some(sentence) => self.sentence(sentence),
            None if redirected => "it answered with a redirect, which Baton does not follow; set \
                                   the base URL to the final address"
                .to_owned(),
            None => format!("status {status} without an explanation"),
        };
        if redirected {
            return LlmError::BadRequest { message };
        }
        let kind = error["type"].as_str().unwrap_or_default();
        let code = error["details"]["error_code"].as_str().or_else(|| error["code"].as_str());
        let code = code.unwrap_or_default();
        Refusal { status, kind, code, message, advice, model }.into_error()
    }

    async fn streamed(&self, response: Response) -> Result<Value, LlmError> {
        let mut chunks = response.bytes_stream();
        let mut decoder = Decoder::default();
        let mut assembly = Assembly::default();
        let mut received = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(_) if assembly.complete() => break,
                Err(error) if error.is_timeout() && !assembly.begun() => {
                    return Err(LlmError::Timeout);
                }
                Err(error) => return Err(self.cut(&assembly, &causes(&error))),
            };
            received += chunk.len();
            if ANSWER_BYTES_MAX < received {
                return Err(self.cut(&assembly, "it is longer than Baton reads"));
            }
            let events = decoder.push(&chunk);
            for event in events.map_err(|bad| self.cut(&assembly, &bad.to_string()))? {
                match assembly.take(&event) {
                    Ok(Progress::Going) => {}
                    Ok(Progress::Done) => return Ok(assembly.into_message()),
                    Err(bad) => return Err(self.broken(&assembly, bad)),
                }
            }
        }
        if assembly.complete() {
            return Ok(assembly.into_message());
        }
        Err(self.cut(&assembly, "the connection closed before the end"))
    }

    fn cut(&self, assembly: &Assembly, message: &str) -> LlmError {
        LlmError::Cut { usage: assembly.usage(), message: self.sentence(message) }
    }

    /// An error event before the answer began is the same as the status it stands for.
    fn broken(&self, assembly: &Assembly, bad: BadStream) -> LlmError {
        match bad {
            BadStream::Reported { kind, message } if !assembly.begun() => {
                let message = self.sentence(&message);
                let status = status_of(&kind);
                let advice = Advice::default();
                Refusal { status, kind: &kind, code: "", message, advice, model: "" }.into_error()
            }
            bad @ (BadStream::Reported { .. } | BadStream::Unreadable(_)) => {
                self.cut(assembly, &bad.to_string())
            }
        }
    }

    async fn plain(&self, response: Response) -> Result<Value, LlmError> {
        let cut = |message: String| LlmError::Cut { usage: Usage::default(), message };
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| cut(self.sentence(&causes(&error))))?;
            body.extend_from_slice(&chunk);
            if ANSWER_BYTES_MAX < body.len() {
                return Err(cut("it is longer than Baton reads".to_owned()));
            }
        }
        serde_json::from_slice(&body).map_err(|bad| LlmError::Unreadable {
            usage: Usage::default(),
            message: format!("it is no JSON ({bad})"),
        })
    }

    /// What a foreign server said, fit to be shown: short, one line, without our key.
    fn sentence(&self, text: &str) -> String {
        let line = text.split_whitespace().collect::<Vec<&str>>().join(" ");
        let masked = line.replace(self.api_key.expose_secret(), "[key]");
        masked.chars().take(SENTENCE_CHARS_MAX).collect()
    }
}

#[async_trait]
impl Model for Anthropic {
    async fn complete(&self, request: &Request) -> Result<Answer, LlmError> {
        let response = self.post(&self.messages, &wire::call(request)).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response, &request.model).await);
        }
        let request_id = request_id(response.headers());
        let message = if is_event_stream(response.headers()) {
            self.streamed(response).await?
        } else {
            self.plain(response).await?
        };
        wire::answer(&message, request_id, &request.model).map_err(|bad| LlmError::Unreadable {
            usage: wire::usage(&message["usage"]),
            message: bad.to_string(),
        })
    }

    async fn count_tokens(&self, request: &Request) -> Result<u64, LlmError> {
        let body = wire::count(request);
        let response = self.post(&self.count_tokens, &body).await?;
        match response.status().as_u16() {
            // Gateways often have no such endpoint.
            404 | 405 | 501 => return Ok(wire::estimate(&body)),
            status if !(200..300).contains(&status) => {
                return Err(self.refusal(response, &request.model).await);
            }
            _ => {}
        }
        let counted = read_at_most(response, ERROR_BYTES_MAX).await;
        let counted: Value = serde_json::from_slice(&counted).unwrap_or(Value::Null);
        Ok(counted["input_tokens"].as_u64().unwrap_or_else(|| wire::estimate(&body)))
    }
}

fn base_url(settings: &AnthropicSettings) -> Result<Url, SettingsError> {
    let text = settings.base_url.trim();
    let bad = || SettingsError::BadUrl(text.to_owned());
    // Looked for in the text, before anything is parsed or printed: a password may be in it.
    if text.contains(['@', '?', '#']) {
        return Err(SettingsError::UrlParts);
    }
    let url = Url::parse(text).map_err(|_| bad())?;
    let host = url.host_str().ok_or_else(bad)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if settings.allow_plain_http || is_loopback(host) => Ok(url),
        "http" => Err(SettingsError::PlainHttp(host.to_owned())),
        _ => Err(bad()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `base` with `path` behind it. Some configurations end in `/v1` already; it is not doubled.
fn endpoint(base: &Url, path: &str) -> Result<Url, SettingsError> {
    let prefix = base.path().trim_end_matches('/');
    let prefix = prefix.strip_suffix("/v1").unwrap_or(prefix);
    let mut url = base.clone();
    url.set_path(&format!("{prefix}/{path}"));
    Ok(url)
}

fn header(name: &'static str, value: &str, sensitive: bool) -> Result<HeaderValue, SettingsError> {
    let value = value.trim();
    let mut header = HeaderValue::from_str(value).map_err(|_| SettingsError::BadHeader(name))?;
    header.set_sensitive(sensitive);
    if value.is_empty() { Err(SettingsError::BadHeader(name)) } else { Ok(header) }
}

fn advice(headers: &HeaderMap) -> Advice {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).map(str::trim);
    let should_retry = match text("x-should-retry") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) | None => None,
    };
    let whole = |text: &str| text.split('.').next().and_then(|it| it.parse::<u32>().ok());
    let millis = text("retry-after-ms").and_then(whole).map(|it| Millis(i64::from(it)));
    let seconds = text("retry-after").and_then(whole).map(|it| Millis::seconds(i64::from(it)));
    Advice { should_retry, after: millis.or(seconds) }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("request-id").or_else(|| headers.get("x-request-id"))?;
    header.to_str().ok().filter(|it| !it.is_empty()).map(str::to_owned)
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("text/event-stream")
}

/// The statuses of the provider's error types (its error reference).
fn status_of(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "overloaded_error" => 529,
        "timeout_error" => 504,
        _ => 500,
    }
}

/// The first bytes of a body; what comes after the limit or a cut is left out.
async fn read_at_most(response: Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        body.extend_from_slice(&chunk);
        if limit <= body.len() {
            body.truncate(limit);
            break;
        }
    }
    body
}

/// An HTTP error with its causes: the outer one alone says only "error sending request".
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
