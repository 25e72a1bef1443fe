//! The box over HTTP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::implementer;
use super::inspector;
use super::planner;
use super::reply::Message;
use super::rules::{self, Refused};
use super::state::{Call, Charge, State};
use super::tokens;
use super::turn::{Ending, Fault, Reply, Strike, Turn};
use crate::base::{Clock, Millis};

/// The provider's limit of one request.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The API versions that are served.
const VERSIONS: [&str; 2] = ["2026-10-21", "2023-06-01"];

/// What is said when a script is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A clear 500, and the call is remembered as a failure.
    Script,
    /// What the deterministic planner makes of the request, or the implementer where a task is
    /// to be built.
    Planner,
}

/// How the box is set up.
#[derive(Clone)]
pub struct ModelConfig {
    /// What is said when a script is empty.
    pub mode: Mode,
    /// The time, for the prompt cache and the rate-limit headers.
    pub clock: Arc<dyn Clock>,
    /// The key that is accepted; without one, any key.
    pub api_key: Option<String>,
    /// `false`: an endpoint that ignores `stream` and always answers plain JSON, as some gateways.
    pub streams: bool,
    /// `false`: an endpoint without `count_tokens`, as most gateways.
    pub counts_tokens: bool,
}

impl ModelConfig {
    /// A box that behaves like the provider and takes any key.
    pub fn new(mode: Mode, clock: Arc<dyn Clock>) -> ModelConfig {
        ModelConfig { mode, clock, api_key: None, streams: true, counts_tokens: true }
    }
}

/// A model line and the model that stands for it today.
struct Offered {
    line: &'static str,
    id: &'static str,
    name: &'static str,
    /// Whether the model thinks before every answer.
    thinks: bool,
}

const OFFERED: [Offered; 3] = [
    Offered { line: "opus", id: "claude-opus-5-5", name: "Claude Opus 5.5", thinks: true },
    Offered { line: "sonnet", id: "claude-sonnet-5-5", name: "Claude Sonnet 5.5", thinks: true },
    Offered { line: "haiku", id: "claude-haiku-5-5", name: "Claude Haiku 5.5", thinks: false },
];

/// The script of those who look at what was built.
const INSPECTORS: &str = "inspectors";

/// The running box. Dropping it stops it.
pub struct ModelServer {
    address: SocketAddr,
    base_url: String,
    desk: Arc<Desk>,
    serving: Option<JoinHandle<io::Result<()>>>,
}

/// The script of one model line.
pub struct Line<'a> {
    server: &'a ModelServer,
    line: &'static str,
}

impl Line<'_> {
    /// Appends turns to the script.
    pub fn will(&self, turns: impl IntoIterator<Item = Turn>) {
        let mut state = self.server.desk.state();
        state.scripts.entry(self.line.to_owned()).or_default().extend(turns);
    }

    /// Takes back the turns that nobody has asked for yet.
    pub fn forgets(&self) {
        self.server.desk.state().scripts.remove(self.line);
    }

    /// How many turns nobody has asked for yet.
    pub fn unread(&self) -> usize {
        self.server.desk.state().scripts.get(self.line).map_or(0, |it| it.len())
    }
}

impl ModelServer {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(config: ModelConfig) -> io::Result<ModelServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let desk = Arc::new(Desk { config, state: Mutex::default(), stop: stop.clone() });
        let router = Router::new()
            .route("/v1/messages", post(messages))
            .route("/v1/messages/count_tokens", post(count_tokens))
            .route("/v1/models", get(models))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(desk.clone());
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        let serving = Some(tokio::spawn(served.into_future()));
        Ok(ModelServer { address, base_url: format!("http://{address}"), desk, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for a client, without `/v1`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What is said when a script is empty.
    pub fn mode(&self) -> Mode {
        self.desk.config.mode
    }

    /// The script of the strong line.
    pub fn opus(&self) -> Line<'_> {
        Line { server: self, line: "opus" }
    }

    /// The script of the middle line.
    pub fn sonnet(&self) -> Line<'_> {
        Line { server: self, line: "sonnet" }
    }

    /// The script of the cheap line.
    pub fn haiku(&self) -> Line<'_> {
        Line { server: self, line: "haiku" }
    }

    /// The script of test-agent and review-agent, whichever line they are on.
    pub fn inspectors(&self) -> Line<'_> {
        Line { server: self, line: INSPECTORS }
    }

    /// Lets the `k`-th call of `/v1/messages` (from 1) fail.
    pub fn strikes(&self, k: usize, strike: Strike) {
        self.desk.state().strikes.insert(k, strike);
    }

    /// Keeps the answer to the `k`-th call of `/v1/messages` (from 1) back until it is let go by
    /// `notify_one`. By then the model has worked and billed.
    pub fn keeps_back(&self, k: usize) -> Arc<Notify> {
        Arc::clone(self.desk.state().kept_back.entry(k).or_default())
    }

    /// Every call so far, refused ones included.
    pub fn calls(&self) -> Vec<Call> {
        self.desk.state().calls.clone()
    }

    /// The provider's books: what was billed, in order.
    pub fn books(&self) -> Vec<Charge> {
        self.desk.state().books.clone()
    }

    /// What is wrong at the end of a test: calls nobody scripted, turns nobody asked for, requests
    /// that the provider refuses. Empty when all is well.
    pub fn problems(&self) -> Vec<String> {
        self.desk.state().problems()
    }

    /// Stops accepting, ends calls that hang, and waits for the rest.
    pub async fn stop(mut self) {
        self.desk.stop.cancel();
        if let Some(serving) = self.serving.take() {
            // A server that failed to end is no reason to fail whoever stops it.
            let _ended = serving.await;
        }
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.desk.stop.cancel();
    }
}

/// What the handlers share.
struct Desk {
    config: ModelConfig,
    state: Mutex<State>,
    stop: CancellationToken,
}

/// What to answer; decided under the lock, sent outside it.
enum Outcome {
    Answer(Message, Option<Arc<Notify>>),
    Fault(Fault),
    Refused(Refused),
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks a request and writes it down.
    fn receive(&self, uri: &Uri, headers: &HeaderMap, bytes: &Bytes) -> (usize, Value, Checked) {
        let mut state = self.state();
        let body: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        let for_call = !uri.path().ends_with("/count_tokens");
        let checked = self.check(headers, &body, for_call, &state);
        let number = state.calls.len() + 1;
        state.calls.push(Call {
            request_id: request_id(number),
            path: uri.path().to_owned(),
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            body: body.clone(),
            status: None,
            refused: checked.as_ref().err().map(|it| it.message.clone()),
        });
        (number, body, checked)
    }

    fn check(&self, headers: &HeaderMap, body: &Value, for_call: bool, state: &State) -> Checked {
        let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
        let refused = |status, kind, message: String| Err(Refused { status, kind, message });
        let key = text("x-api-key").unwrap_or_default();
        let wrong = self.config.api_key.as_ref().is_some_and(|it| it != key);
        if key.is_empty() || wrong {
            return refused(401, "authentication_error", "invalid x-api-key".to_owned());
        }
        let version = text("anthropic-version").unwrap_or_default();
        if !VERSIONS.contains(&version) {
            let message = format!("anthropic-version: `{version}` is not a valid version");
            return refused(400, "invalid_request_error", message);
        }
        if body.is_null() {
            return refused(400, "invalid_request_error", "the body is not valid JSON".to_owned());
        }
        let id = body["model"].as_str().unwrap_or_default();
        let Some(offered) = OFFERED.iter().find(|it| it.id == id) else {
            return refused(404, "not_found_error", format!("model: {id}"));
        };
        rules::check(body, version, for_call, &state.memory)?;
        Ok(offered)
    }

    /// Decides what a call gets: a strike, the next turn of the script, or the mode's answer.
    fn decide(&self, number: usize, body: &Value, offered: &Offered) -> Outcome {
        let mut state = self.state();
        state.messages += 1;
        let k = state.messages;
        let strike = state.strikes.remove(&k);
        let kept_back = state.kept_back.remove(&k);
        if let Some(Strike::Before(fault)) = strike {
            return Outcome::Fault(fault);
        }
        let inspects = offers(body, "report_findings");
        let line = if inspects { INSPECTORS } else { offered.line };
        let scripted = state.scripts.get_mut(line).and_then(|script| match strike {
            Some(Strike::AfterBilled(_)) => script.front().cloned(),
            Some(Strike::Before(_)) | None => script.pop_front(),
        });
        let turn = match (scripted, self.config.mode) {
            (Some(turn), _) => turn,
            (None, _) if inspects => inspector::next_turn(body),
            (None, Mode::Planner) if offers(body, "task_done") => implementer::next_turn(body),
            (None, Mode::Planner) => planner::next_turn(body),
            (None, Mode::Script) => {
                let message = format!("nobody scripted call {number}, to {}", offered.line);
                state.unscripted.push(message.clone());
                return Outcome::Refused(Refused { status: 500, kind: "api_error", message });
            }
        };
        let (reply, fault) = match turn {
            Turn::Reply(reply) => (reply, None),
            Turn::Fault { fault, billed: None } => return Outcome::Fault(fault),
            Turn::Fault { fault, billed: Some(reply) } => (reply, Some(fault)),
        };
        let message = self.bill(&mut state, number, body, offered, reply);
        match (fault, strike) {
            (Some(fault), _) | (None, Some(Strike::AfterBilled(fault))) => Outcome::Fault(fault),
            (None, Some(Strike::Before(_)) | None) => Outcome::Answer(message, kept_back),
        }
    }

    fn bill(
        &self,
        state: &mut State,
        number: usize,
        body: &Value,
        offered: &Offered,
        reply: Reply,
    ) -> Message {
        let prompt = state.cache.charge(body, self.config.clock.now());
        let message = Message::new(reply, body, number, offered.thinks).with_prompt(prompt);
        let used = tokens::Used { output: message.output(), ..prompt };
        let model = offered.id.to_owned();
        state.books.push(Charge { request_id: request_id(number), model, used });
        state.memory.after_thinking.extend(message.tool_ids_after_thinking());
        state.memory.paused.extend(message.paused());
        message
    }

    /// The answer with the headers that every answer carries.
    fn respond(&self, number: usize, status: u16, kind: &str, body: Body) -> Response {
        let id = request_id(number);
        if let Some(call) = self.state().calls.iter_mut().find(|it| it.request_id == id) {
            call.status = Some(status);
        }
        let mut builder = Response::builder()
            .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .header("content-type", kind)
            .header("request-id", id);
        let reset = (self.config.clock.now() + Millis::minutes(1)).iso();
        for (what, limit) in [("requests", 4_000), ("input-tokens", 2_000_000)] {
            let name = |part: &str| format!("anthropic-ratelimit-{what}-{part}");
            builder = builder
                .header(name("limit"), limit)
                .header(name("remaining"), limit - 1)
                .header(name("reset"), &reset);
        }
        builder.body(body).unwrap_or_default()
    }

    /// Waits until an answer is let go, or the box stops.
    async fn keep_back(&self, kept_back: Option<Arc<Notify>>) {
        let Some(let_go) = kept_back else { return };
        tokio::select! {
            () = let_go.notified() => {}
            () = self.stop.cancelled() => {}
        }
    }

    fn refuse(&self, number: usize, refused: &Refused) -> Response {
        let error = json!({ "type": refused.kind, "message": refused.message });
        self.error(number, refused.status, error)
    }

    fn error(&self, number: usize, status: u16, error: Value) -> Response {
        let id = request_id(number);
        let body = json!({ "type": "error", "error": error, "request_id": id });
        self.respond(number, status, "application/json", Body::from(body.to_string()))
    }

    async fn fail(&self, number: usize, fault: Fault) -> Response {
        let error = |kind: &str, message: &str| json!({ "type": kind, "message": message });
        match fault {
            Fault::RateLimited(after) => {
                let body = error("rate_limit_error", "This request would exceed your rate limit");
                let mut response = self.error(number, 429, body);
                if let Some(seconds) = after {
                    response.headers_mut().insert("retry-after", seconds.into());
                }
                response
            }
            Fault::SpendLimit => {
                let mut body = error("rate_limit_error", "You have reached your spend limit");
                body["details"] = json!({ "error_code": "enforced_spend_limit_reached" });
                self.error(number, 429, body)
            }
            Fault::Overloaded => self.error(number, 529, error("overloaded_error", "Overloaded")),
            Fault::Internal => self.error(number, 500, error("api_error", "Internal server error")),
            Fault::GatewayTimeout => {
                self.error(number, 504, error("timeout_error", "The request timed out"))
            }
            Fault::TooLong => {
                let message = "prompt is too long: 1000001 tokens > 1000000 maximum";
                self.error(number, 400, error("invalid_request_error", message))
            }
            Fault::Hang => {
                self.stop.cancelled().await;
                self.error(number, 503, error("api_error", "the box is stopping"))
            }
            Fault::Disconnect => self.respond(number, 200, "text/event-stream", cut(Vec::new())),
        }
    }
}

/// Whether the request offers a tool.
fn offers(body: &Value, tool: &str) -> bool {
    body["tools"].as_array().into_iter().flatten().any(|it| it["name"] == tool)
}

type Checked = Result<&'static Offered, Refused>;

async fn messages(
    Shared(desk): Shared<Arc<Desk>>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let (number, body, checked) = desk.receive(&uri, &headers, &bytes);
    let outcome = match checked {
        Ok(offered) => desk.decide(number, &body, offered),
        Err(refused) => Outcome::Refused(refused),
    };
    let message = match outcome {
        Outcome::Answer(message, kept_back) => {
            desk.keep_back(kept_back).await;
            message
        }
        Outcome::Fault(fault) => return desk.fail(number, fault).await,
        Outcome::Refused(refused) => return desk.refuse(number, &refused),
    };
    let streamed = body["stream"] == true && desk.config.streams;
    let (kind, frames) = match streamed {
        true => ("text/event-stream; charset=utf-8", message.to_events()),
        false => ("application/json", vec![message.to_json()]),
    };
    let body = match message.ending() {
        Ending::CutAfter(bytes) => {
            let mut part = frames.concat().into_bytes();
            part.truncate(bytes);
            cut(part)
        }
        Ending::Whole | Ending::Uncounted | Ending::ErrorEvent => {
            Body::from_stream(stream::iter(frames.into_iter().map(io::Result::Ok)))
        }
    };
    desk.respond(number, 200, kind, body)
}

async fn count_tokens(
    Shared(desk): Shared<Arc<Desk>>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if !desk.config.counts_tokens {
        let missing = Response::builder().status(StatusCode::NOT_FOUND);
        return missing.body(Body::from("404 page not found")).unwrap_or_default();
    }
    let (number, body, checked) = desk.receive(&uri, &headers, &bytes);
    match checked {
        Ok(_) => {
            let counted = json!({ "input_tokens": tokens::prompt(&body) });
            desk.respond(number, 200, "application/json", Body::from(counted.to_string()))
        }
        Err(refused) => desk.refuse(number, &refused),
    }
}

async fn models() -> axum::Json<Value> {
    let data: Vec<Value> = OFFERED
        .iter()
        .map(|it| {
            json!({
                "type": "model", "id": it.id, "display_name": it.name, "line": it.line,
                "lifecycle": "active", "max_input_tokens": 1_000_000, "max_tokens": 128_000,
                "retires_at": null,
            })
        })
        .collect();
    axum::Json(json!({ "data": data, "has_more": false }))
}

/// A body that sends these bytes and then breaks the connection. In between it waits once, so that
/// the bytes are on their way before the break.
fn cut(bytes: Vec<u8>) -> Body {
    let part = stream::iter((!bytes.is_empty()).then(|| Ok(Bytes::from(bytes))));
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut by the script"))
    });
    Body::from_stream(part.chain(end))
}

fn request_id(number: usize) -> String {
    format!("req_box{number:06}")
}
