//! A server that answers from a script and keeps what it was asked.

/// A key made for these tests. It protects nothing.
pub(in crate::github::client) const TEST_KEY: &str = "\
-----BEGIN RSA PRIVATE KEY-----\n\
MIIEowIBAAKCAQEAob4y0ov8lekQoXuUPPCmq5CUAPoBqBSrWMAulpiLlSnBcWjd\n\
9TgxnyQSoEmVmkLrLSOKqPU0W5p0SSuUdeRjpsn8Mnq68+p/9sh9tulc2jCrK675\n\
qLHSCnJUQmFB3xMsWiLZiS0vBJIBgHnLgODt2P9GLmZ5J4wU6Oc60diCWnMrkno1\n\
tpcP7fLaaAYNnyeOamcyvTKEsLNJimqU3DBlKrLInixQKqPEw7LsbVnc0mi0EN1I\n\
vEvVelCP1J4Z38n7cHbL7DS7rkZH9XuecLG2FuW0yao8YFIwhPi/lxrkVrXJINk3\n\
ZkJbZQM811L4V9HnjL5GNY0Fhs222L+8iJAAmQIDAQABAoIBAA21U5RhtfI0syqk\n\
kS9LDC09TzX3+nz254DZpPkxi58ET3dftnQqo5YD1ipMokfVRR5pxT5Frf7Xi+SJ\n\
s4b8aO/BbcUPftnedaMCYhlHFQ4PEurcZR+FlrI492g62vzfoKIxEvPb5wDBqSvs\n\
5rERH0eFdzrGh50w87K7qlIPwhiNSMRCBjpYXDC7zrG4bfGJyn2Ercxq2WQVgqd1\n\
g4AEJXd+Jeqgn79I6XZRjHvbDdx9EChVJEIaZgparPkJxZesy1q5wAC56QqknY3U\n\
oGE7eum+Nr66jxuYk6bxrNQur4vG1/jxwN3e0qBb5Lz5La/ATunxJL+LBWCtmZb0\n\
7lxHzbsCgYEA2JfxQt2qKYmK5JD/RYLaWOv+Fy3bsZdWYiyKHLr339c4ewLK83VY\n\
AxN9igD2h7/BpPY5bXsSie/bnlk2d/HqYtcvbanWIiaJ0usOymng3f44ughEW2II\n\
/21wZcfK5fZoV/4oQ6v4jef5irsHXZPmcDTig5hvetzzl9+oTvdu5IMCgYEAvyuJ\n\
dMz2F9Ft3O19Mv3rFa2kzRD64ukczm8hHFHQi5xcoEzvdaV66sQMmuLzGKAgIJ9i\n\
i2UM83oEJibSF29XimzvxBftAGvAx8uqvSCESLQ4Kwk8f6t0tg6Zb+p7KxWBaydb\n\
254YpjB7yLM9Zt9jkN1l4SORIssVQ3kCiQDFk7MCgYADe74XkzUPYfTn5CUW2xnj\n\
4De/667i1ko/XfQCrkcaRH3WDJ9y9uopcoDMXWOZn03f903JIveTXFYt38VufGeG\n\
m2tZ2idleTUyPTGJs9Y3+8SxyTxAM/1tDjeGi4YJ2MKo15+SJwviTF7JCmT97kkA\n\
ePlDoIn6cd9BDAnK61PPPQKBgBqOYbnn/wewACMAmrPKsi2AwbP6998touLKbT8R\n\
3naGcheSmHEvW7PhKB8cB8kT9WKSwY27q+DmwkzKd8Tpoq+IEoabDEFStqUKld1P\n\
9xBieKsBzXWuy7e+r3HskM+bXS8VeJ05iRMNCSUIQS9ZOOuW1eBAoJjEvV9yH/gI\n\
M2ohAoGBAIH36p57y1jSx/r0y44YQhj0ddpEP5nEdBYsFn0JGkFqiTyBM0bZWF9/\n\
vRjVsl3JPo+eF1zjObJbeMjU+d7kk2p1/mGwO9VH5aZ1acLuSBlN7rwuT1O+mpvR\n\
CS4FuaqBvRBB0BUirar1fJ8jrUXrlppsxXtKbcRIHJRBMJ6CLD7c\n\
-----END RSA PRIVATE KEY-----\n";

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

use crate::base::{Clock, InstallationId, Millis, RepositoryId, Timestamp};
use crate::github::client::{App, AppConfig, Target, private_key};

/// What the server was asked.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::github::client) struct Asked {
    pub(in crate::github::client) line: String,
    pub(in crate::github::client) token: Option<String>,
    pub(in crate::github::client) body: Value,
}

/// What it answers.
#[derive(Clone, Debug)]
pub(in crate::github::client) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    pub(in crate::github::client) fn new(status: u16, body: Value) -> Answer {
        Answer { status, headers: Vec::new(), body: body.to_string() }
    }

    pub(in crate::github::client) fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(in crate::github::client) fn text(mut self, body: &str) -> Answer {
        body.clone_into(&mut self.body);
        self
    }
}

/// A clock that stands until it is moved.
pub(in crate::github::client) struct StandingClock(AtomicI64);

impl Default for StandingClock {
    fn default() -> StandingClock {
        StandingClock(AtomicI64::new(1_795_262_400_000))
    }
}

impl StandingClock {
    pub(in crate::github::client) fn passes(&self, length: Millis) {
        self.0.fetch_add(length.0, Ordering::SeqCst);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

struct Script {
    /// Answers by request line; the last one of a line stays.
    answers: Vec<(String, VecDeque<Answer>)>,
    asked: Vec<Asked>,
    minted: u32,
}

/// The server and a client of it.
pub(in crate::github::client) struct Server {
    pub(in crate::github::client) app: App,
    pub(in crate::github::client) clock: Arc<StandingClock>,
    pub(in crate::github::client) url: String,
    script: Arc<Mutex<Script>>,
}

const MINT: &str = "/app/installations/5/access_tokens";

impl Server {
    /// Starts on a free port. Tokens are minted as `token-1`, `token-2`, … and live an hour.
    pub(in crate::github::client) async fn start() -> Server {
        Server::start_below("").await
    }

    /// Starts with the API below a path, as on GitHub Enterprise Server.
    pub(in crate::github::client) async fn start_below(base: &str) -> Server {
        let clock = Arc::new(StandingClock::default());
        let script = Script { answers: Vec::new(), asked: Vec::new(), minted: 0 };
        let script = Arc::new(Mutex::new(script));
        let state = (Arc::clone(&script), Arc::clone(&clock));
        let router = Router::new().fallback(answer).with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let app = app_at(&format!("{url}{base}"), Arc::clone(&clock));
        Server { app, clock, url, script }
    }

    /// Adds an answer to `line`, as in `GET /repos/acme/app`.
    pub(in crate::github::client) fn answers(&self, line: &str, answer: Answer) -> &Server {
        let mut script = self.script.lock().unwrap();
        match script.answers.iter_mut().find(|it| it.0 == line) {
            Some((_, answers)) => answers.push_back(answer),
            None => script.answers.push((line.to_owned(), VecDeque::from([answer]))),
        }
        self
    }

    /// All it was asked, and forgets it.
    pub(in crate::github::client) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    /// The request lines without those that mint tokens, and forgets them.
    pub(in crate::github::client) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|it| it.line).filter(|it| !it.ends_with(MINT)).collect()
    }

    pub(in crate::github::client) fn target(&self) -> Target {
        target()
    }
}

/// A client of the API at `url`.
pub(in crate::github::client) fn app_at(url: &str, clock: Arc<StandingClock>) -> App {
    let config = AppConfig {
        app_id: "77".to_owned(),
        key: private_key(TEST_KEY).unwrap(),
        api_url: url.to_owned(),
        clock,
        user_agent: "baton-test".to_owned(),
    };
    App::new(config).unwrap()
}

/// The repository of these tests.
pub(in crate::github::client) fn target() -> Target {
    Target {
        installation: InstallationId(5),
        repository: RepositoryId(42),
        owner: "acme".to_owned(),
        name: "app".to_owned(),
    }
}

async fn answer(
    State((script, clock)): State<(Arc<Mutex<Script>>, Arc<StandingClock>)>,
    request: Request,
) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let token = request.headers().get("authorization").map(|it| it.to_str().unwrap().to_owned());
    let agents = request.headers().get_all("user-agent").iter().count();
    assert_eq!(agents, 1, "one User-Agent");
    let body = to_bytes(request.into_body(), 1_000_000).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    // A slow moment, so that calls made at once really overlap.
    tokio::task::yield_now().await;
    let mut script = script.lock().unwrap();
    script.asked.push(Asked { line: line.clone(), token, body });
    let scripted = script.answers.iter_mut().find(|it| it.0 == line).map(|(_, answers)| {
        if 1 < answers.len() { answers.pop_front().unwrap() } else { answers[0].clone() }
    });
    let answer = scripted.unwrap_or_else(|| {
        if !line.ends_with(MINT) {
            return Answer::new(404, json!({ "message": "Not Found" }));
        }
        script.minted += 1;
        let expires_at = (clock.now() + Millis::hours(1)).iso();
        let token = format!("token-{}", script.minted);
        Answer::new(201, json!({ "token": token, "expires_at": expires_at }))
    });
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}
