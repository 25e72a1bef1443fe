//! The way of one call.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::fault::{Fault, FaultedCall, Reply, ReplyBody};
use super::super::log::{CallRecord, Caller};
use super::super::world::{Token, World};
use super::access::{self, Identity};
use super::answer::{Answer, Body, Refusal};
use super::forbidden;
use super::limits::RateWindow;
use super::request::{Call, Request};
use super::table::{self, Found};
use crate::base::RepositoryId;

/// What goes back over the wire, and after how long.
#[derive(Debug)]
pub(crate) struct Served {
    /// `None` closes the connection without an answer.
    pub(crate) answer: Option<Answer>,
    pub(crate) delay: Duration,
}

/// Takes one call through the world.
pub(crate) fn serve(world: &mut World, call: &Call) -> Served {
    let nth = world.calls.len() + 1;
    let path = by_name(world, &call.path);
    let found = table::find(&call.method, path.as_deref().unwrap_or(&call.path));
    let template = found.as_ref().map(|it| it.route.template);
    let faulted = FaultedCall { nth, method: &call.method, path: &call.path, template };
    let fault = world.faults.meet(&faulted);
    let identity = access::identify(world, call.authorization.as_deref());
    let caller = identity.as_ref().map_or(Caller::Unknown, Identity::caller);
    let fault_name = fault.as_ref().map(Fault::name);
    let served = match fault {
        None => answered(take_effect(world, call, found, identity)),
        Some(Fault::Delay(delay)) => {
            Served { delay, ..answered(take_effect(world, call, found, identity)) }
        }
        Some(Fault::FailBefore(reply)) => answered(replied(world, reply)),
        Some(Fault::FailAfter(reply)) => {
            take_effect(world, call, found, identity);
            answered(replied(world, reply))
        }
        Some(Fault::CutBefore) => Served { answer: None, delay: Duration::ZERO },
        Some(Fault::CutAfter) => {
            take_effect(world, call, found, identity);
            Served { answer: None, delay: Duration::ZERO }
        }
    };
    // Asking for a token is a POST that changes nothing anybody sees.
    let is_write = call.method != "GET"
        && call.method != "HEAD"
        && template.is_none_or(|it| !it.ends_with("/access_tokens"));
    let body = is_write.then(|| serde_json::from_slice(&call.body).unwrap_or(Value::Null));
    let asked = body.as_ref().unwrap_or(&Value::Null);
    let forbidden = template.and_then(|it| forbidden::reason(&call.method, it, asked));
    world.calls.push(CallRecord {
        nth,
        at: world.now(),
        method: call.method.clone(),
        path: call.address(),
        template,
        caller,
        is_write,
        forbidden,
        body,
        status: served.answer.as_ref().map(|it| it.status),
        fault: fault_name,
    });
    let answer = served.answer.map(|it| with_request_id(it, nth));
    Served { answer, ..served }
}

fn answered(answer: Answer) -> Served {
    Served { answer: Some(answer), delay: Duration::ZERO }
}

/// Everything but faults: who, where, may they, do it, count it.
fn take_effect(
    world: &mut World,
    call: &Call,
    found: Option<Found>,
    identity: Result<Identity, Refusal>,
) -> Answer {
    let identity = match identity {
        Ok(identity) => identity,
        Err(refusal) => return refusal.into(),
    };
    let token = match &identity {
        Identity::Installation(token) => Some(token.clone()),
        Identity::Nobody | Identity::App => None,
    };
    let free = found.as_ref().is_some_and(|it| it.route.template == "/rate_limit");
    if let Some(token) = token.as_ref().filter(|_| !free)
        && window(world, token).remaining() == 0
    {
        let message =
            format!("API rate limit exceeded for installation ID {}.", token.installation);
        return with_limits(world, token, Refusal::new(403, message).into());
    }
    let answer = handle(world, call, found, &identity).unwrap_or_else(Answer::from);
    let answer = conditional(call, answer);
    let Some(token) = token else { return answer };
    // An unchanged answer to a conditional request costs nothing.
    if !free && answer.status != 304 {
        let mut window = window(world, &token);
        window.used += 1;
        world.rates.insert(token.installation, window);
    }
    with_limits(world, &token, answer)
}

fn handle(
    world: &mut World,
    call: &Call,
    found: Option<Found>,
    identity: &Identity,
) -> Result<Answer, Refusal> {
    let Found { route, params } = found.ok_or_else(Refusal::not_found)?;
    let reads = call.method == "GET";
    if let Some(id) = renamed(world, &params) {
        access::admit(world, route.needs, identity, Some(id), reads)?;
        return Err(Refusal::moved(&call.method, new_address(world, id, call)));
    }
    let repository = repository_of(world, &params)?;
    access::admit(world, route.needs, identity, repository, reads)?;
    let request = Request {
        method: call.method.clone(),
        params,
        query: call.query_pairs(),
        accept: call.accept.clone().unwrap_or_default(),
        raw: call.body.clone(),
        path: call.path.clone(),
        api_url: world.api_url.clone(),
        actor: world.app_actor(),
        token: match identity {
            Identity::Installation(token) => Some(token.clone()),
            Identity::Nobody | Identity::App => None,
        },
        repository,
    };
    (route.handler)(world, &request)
}

/// `/repositories/{id}/…` is another way to write `/repos/{owner}/{repo}/…`: redirects lead there.
fn by_name(world: &World, path: &str) -> Option<String> {
    let (id, rest) = path.strip_prefix("/repositories/")?.split_once('/')?;
    let repository = world.repositories.get(&RepositoryId(id.parse().ok()?))?;
    Some(format!("/repos/{}/{rest}", repository.full_name()))
}

/// The repository that had the path's name before it was renamed.
fn renamed(world: &World, params: &[(&'static str, String)]) -> Option<RepositoryId> {
    let param = |name| params.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    let (owner, name) = (param("owner")?, param("repo")?);
    match world.repository(owner, name) {
        Some(_) => None,
        None => world.renamed_from(owner, name),
    }
}

fn new_address(world: &World, id: RepositoryId, call: &Call) -> String {
    let address = call.address();
    let tail: String =
        address.trim_start_matches('/').splitn(4, '/').skip(3).map(|it| format!("/{it}")).collect();
    format!("{}/repositories/{id}{tail}", world.api_url)
}

/// The repository that the path names, by name or by number.
fn repository_of(
    world: &World,
    params: &[(&'static str, String)],
) -> Result<Option<RepositoryId>, Refusal> {
    let param = |name| params.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    let repository = match (param("owner"), param("repo"), param("repository_id")) {
        (Some(owner), Some(name), _) => world.repository(owner, name),
        (_, _, Some(id)) => {
            id.parse().ok().and_then(|it| world.repositories.get(&RepositoryId(it)))
        }
        _ => return Ok(None),
    };
    repository.map(|it| Some(it.id)).ok_or_else(Refusal::not_found)
}

fn window(world: &World, token: &Token) -> RateWindow {
    let now = world.now();
    world.rates.get(&token.installation).map_or(RateWindow::starting(now), |it| it.at(now))
}

fn with_limits(world: &mut World, token: &Token, mut answer: Answer) -> Answer {
    let window = window(world, token);
    world.rates.insert(token.installation, window);
    for (name, value) in window.headers() {
        answer = answer.with(name, value);
    }
    answer
}

fn with_request_id(answer: Answer, nth: usize) -> Answer {
    let id = format!("BA70:{nth:04X}:{:06X}:{:06X}:67400000", nth * 7, nth * 13);
    answer
        .with("x-github-request-id", id)
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-github-api-version-selected", "2022-11-28")
}

/// Every readable answer has an `etag`; a caller that knows it is told 304.
fn conditional(call: &Call, answer: Answer) -> Answer {
    let Body::Json(body) = &answer.body else { return answer };
    if call.method != "GET" || answer.status != 200 {
        return answer;
    }
    let tag = format!("W/\"{}\"", hex::encode(Sha256::digest(body.to_string())));
    if call.if_none_match.as_deref() == Some(tag.as_str()) {
        return Answer::new(304, Body::Empty).with("etag", tag);
    }
    answer.with("etag", tag)
}

/// A fault's reply. It carries the limits' headers of the busiest installation, because GitHub's
/// errors carry them too, and then its own, which win.
fn replied(world: &World, reply: Reply) -> Answer {
    let now = world.now();
    let window = world.rates.values().next().map_or(RateWindow::starting(now), |it| it.at(now));
    let mut answer = match reply.body {
        ReplyBody::Json(body) => Answer::new(reply.status, Body::Json(body)),
        ReplyBody::Html(page) => {
            Answer::new(reply.status, Body::Text(page, "text/html; charset=utf-8"))
        }
    };
    if matches!(answer.body, Body::Json(_)) {
        for (name, value) in window.headers() {
            answer = answer.with(name, value);
        }
    }
    for (name, value) in reply.headers {
        answer = answer.with(name, value);
    }
    answer
}
