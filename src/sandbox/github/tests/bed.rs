//! A sandbox on a clock that stands still, a client with a token, and a door for webhooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::super::*;
use crate::base::{Clock, Millis, Timestamp};

#[derive(Debug)]
pub(super) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// One webhook as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    pub(super) raw: String,
    pub(super) body: Value,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// `issues.opened`, `push`, …
    pub(super) fn name(&self) -> String {
        match self.body["action"].as_str() {
            Some(action) => format!("{}.{action}", self.header("x-github-event")),
            None => self.header("x-github-event").to_owned(),
        }
    }
}

pub(super) struct Bed {
    pub(super) github: GitHub,
    pub(super) clock: Arc<TestClock>,
    pub(super) token: String,
    client: reqwest::Client,
    received: Arc<Mutex<(Vec<Received>, StatusCode)>>,
}

impl Bed {
    pub(super) async fn new() -> Bed {
        Bed::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Bed {
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_262_400_000)));
        let clocks: [Arc<dyn Clock>; 2] = [clock.clone(), clock.clone()];
        let [of_world, of_jwt] = clocks;
        let mut config = Config { clock: of_world, jwt_clock: of_jwt, ..Config::default() };
        change(&mut config);
        let github = GitHub::start(config).await.unwrap();
        let mut bed = Bed {
            github,
            clock,
            token: String::new(),
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            received: Arc::new(Mutex::new((Vec::new(), StatusCode::ACCEPTED))),
        };
        let url = bed.open_door().await;
        bed.github.move_hook_url(&url);
        bed.token = bed.new_token(json!({})).await;
        bed
    }

    pub(super) fn passes(&self, length: Millis) {
        self.clock.0.fetch_add(length.0, Ordering::SeqCst);
    }

    /// A JSON Web Token of the App, `iat` and `exp` relative to now in seconds.
    pub(super) fn jwt(&self, iat: i64, exp: i64) -> String {
        let now = self.clock.now().0 / 1_000;
        let claims =
            json!({ "iat": now + iat, "exp": now + exp, "iss": self.github.app_id().to_string() });
        let key = EncodingKey::from_rsa_pem(self.github.private_key_pem().as_bytes()).unwrap();
        encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
    }

    pub(super) async fn new_token(&self, narrowing: Value) -> String {
        let id = self.github.installation_id().unwrap();
        let path = format!("/app/installations/{id}/access_tokens");
        let jwt = self.jwt(-60, 540);
        let (status, body) = self.call_as(&jwt, "POST", &path, Some(narrowing)).await;
        assert_eq!(status, 201, "{body}");
        body["token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}{path}", self.github.api_url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }

    pub(super) async fn call_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let response = self.send(token, method, path, body).await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A call with the full installation token below `/repos/acme/helpdesk`.
    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let path = format!("/repos/acme/helpdesk{path}");
        let body = (method != "GET" && method != "DELETE").then_some(body);
        self.call_as(&self.token, method, &path, body).await
    }

    /// A GraphQL operation with the full installation token.
    pub(super) async fn graphql(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        self.call_as(&self.token, "POST", "/graphql", Some(body)).await.1
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    /// Delivers what waits and takes what arrived.
    pub(super) async fn webhooks(&self) -> Vec<Received> {
        self.github.deliver_pending().await;
        std::mem::take(&mut self.received.lock().await.0)
    }

    pub(super) async fn door_answers(&self, status: StatusCode) {
        self.received.lock().await.1 = status;
    }

    async fn open_door(&self) -> String {
        let received = Arc::clone(&self.received);
        let door = axum::Router::new().fallback(move |headers: HeaderMap, raw: String| {
            let received = Arc::clone(&received);
            async move {
                let mut received = received.lock().await;
                let body = serde_json::from_str(&raw).unwrap();
                received.0.push(Received { headers, raw, body });
                received.1
            }
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/webhooks/github", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, door).await });
        url
    }
}
