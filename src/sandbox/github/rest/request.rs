//! A call as it came, and a request as a handler sees it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::world::{Actor, Token};
use super::answer::{Answer, Body, Refusal};
use crate::base::RepositoryId;

/// A call as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Still percent-encoded.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) accept: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// Path and query, for the log.
    pub(super) fn address(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    pub(super) fn query_pairs(&self) -> Vec<(String, String)> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs
            .filter(|it| !it.is_empty())
            .map(|it| it.split_once('=').unwrap_or((it, "")))
            .map(|(name, value)| {
                let plain = |text: &str| decode(&text.replace('+', " "));
                (plain(name), plain(value))
            })
            .collect()
    }
}

/// A request that passed the doors: somebody known, on a route, with the permission for it.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) params: Vec<(&'static str, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) accept: String,
    pub(super) raw: Vec<u8>,
    pub(super) path: String,
    pub(super) api_url: String,
    pub(super) actor: Actor,
    /// The caller's installation token; absent for the App itself.
    pub(super) token: Option<Token>,
    pub(super) repository: Option<RepositoryId>,
}

impl Request {
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|it| it.0 == name).map_or("", |it| &it.1)
    }

    /// A numeric parameter; anything else names nothing, so 404.
    pub(super) fn number(&self, name: &str) -> Result<i64, Refusal> {
        self.param(name).parse().map_err(|_| Refusal::not_found())
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// The repository of the path; routes without one do not ask.
    pub(super) fn repo(&self) -> Result<RepositoryId, Refusal> {
        self.repository.ok_or_else(Refusal::not_found)
    }

    /// The body as `T`. Broken JSON is 400; a field of the wrong type 422.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let empty = self.raw.iter().all(u8::is_ascii_whitespace);
        let text: &[u8] = if empty { b"{}" } else { &self.raw };
        let value: Value =
            serde_json::from_slice(text).map_err(|_| Refusal::new(400, "Problems parsing JSON"))?;
        if !value.is_object() && !value.is_array() {
            return Err(Refusal::new(400, "Body should be a JSON object"));
        }
        serde_json::from_value(value)
            .map_err(|error| Refusal::new(422, format!("Invalid request.\n\n{error}")))
    }

    pub(super) fn wants(&self, media: &str) -> bool {
        self.accept.contains(media)
    }

    /// One page of a list, with GitHub's `link` header. Pages have 30 items, at most 100.
    pub(super) fn page(&self, items: Vec<Value>) -> Answer {
        let positive = |name| self.query(name).and_then(|it| it.parse().ok()).filter(|it| 0 < *it);
        let size: usize = positive("per_page").unwrap_or(30).min(100);
        let page: usize = positive("page").unwrap_or(1);
        let last = items.len().div_ceil(size).max(1);
        let shown: Vec<Value> =
            items.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        let answer = Answer::new(200, Body::Json(Value::Array(shown)));
        let mut links = Vec::new();
        if 1 < page {
            links.push(self.link(page - 1, "prev"));
        }
        if page < last {
            links.push(self.link(page + 1, "next"));
            links.push(self.link(last, "last"));
        }
        if 1 < page {
            links.push(self.link(1, "first"));
        }
        if links.is_empty() { answer } else { answer.with("link", links.join(", ")) }
    }

    fn link(&self, page: usize, rel: &str) -> String {
        let kept = self.query.iter().filter(|it| it.0 != "page");
        let mut query: String =
            kept.map(|(name, value)| format!("{name}={}&", encode(value))).collect();
        query.push_str(&format!("page={page}"));
        format!("<{}{}?{query}>; rel=\"{rel}\"", self.api_url, self.path)
    }
}

/// Undoes percent-encoding; what is not an escape stays.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        match escaped.and_then(|it| hex::decode(it).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let escaped = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(escaped).collect()
}
