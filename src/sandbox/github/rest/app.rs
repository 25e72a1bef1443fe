//! The App itself: who it is, where it is installed, its tokens, its deliveries.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::payload::permissions_json;
use super::super::webhook::{Delivery, DeliveryState};
use super::super::world::{Installation, Level, Permissions, Token, World};
use super::answer::{Answer, Body, Refusal};
use super::limits::{HOURLY_LIMIT, RateWindow};
use super::request::Request;
use crate::base::{InstallationId, Millis, RepositoryId};

/// How long an installation token lives.
const TOKEN_LIFE: Millis = Millis::hours(1);

pub(super) fn show(world: &mut World, _: &Request) -> Result<Answer, Refusal> {
    let mut app = world.app_json();
    app["installations_count"] = world.installations.len().into();
    Ok(Answer::ok(app))
}

pub(super) fn installations(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let all = world.installations.values().map(|it| world.installation_json(it)).collect();
    Ok(request.page(all))
}

pub(super) fn installation(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let installation = named(world, request)?;
    Ok(Answer::ok(world.installation_json(installation)))
}

pub(super) fn installation_of_repository(
    world: &mut World,
    request: &Request,
) -> Result<Answer, Refusal> {
    let installation = world.installation_of(request.repo()?).ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(world.installation_json(installation)))
}

#[derive(Deserialize)]
struct Narrowing {
    repositories: Option<Vec<String>>,
    repository_ids: Option<Vec<i64>>,
    permissions: Option<std::collections::BTreeMap<String, String>>,
}

/// Makes a token, narrowed as asked: more than the installation has is refused.
pub(super) fn create_token(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let narrowing: Narrowing = request.json()?;
    let installation = named(world, request)?;
    if installation.suspended.is_some() {
        return Err(Refusal::new(403, "This installation has been suspended"));
    }
    let id = installation.id;
    let repositories = narrowed_repositories(world, installation, &narrowing)?;
    let permissions = match narrowing.permissions {
        None => installation.permissions.clone(),
        Some(wanted) => narrowed_permissions(installation, &wanted)?,
    };
    let expires_at = world.now() + TOKEN_LIFE;
    let name = format!("ghs_{:036}", world.next_id());
    let lines: Option<Vec<Value>> = repositories
        .as_ref()
        .map(|ids| ids.iter().map(|it| world.repository_json(world.repo(*it))).collect());
    let mut body = json!({
        "token": name,
        "expires_at": expires_at.iso(),
        "permissions": permissions_json(&permissions),
        "repository_selection": "selected",
    });
    if let Some(lines) = lines {
        body["repositories"] = Value::Array(lines);
    }
    let token = Token { installation: id, repositories, permissions, expires_at };
    world.tokens.insert(name, token);
    Ok(Answer::new(201, Body::Json(body)))
}

/// The repositories that the caller's token reaches.
pub(super) fn repositories(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let token = request.token.as_ref().ok_or_else(Refusal::forbidden)?;
    let installed = world.installations.get(&token.installation).ok_or_else(Refusal::not_found)?;
    let reached = |id: &&RepositoryId| {
        token.repositories.as_ref().is_none_or(|narrowed| narrowed.contains(*id))
    };
    let all: Vec<Value> = installed
        .repositories
        .iter()
        .filter(reached)
        .map(|it| world.repository_json(world.repo(*it)))
        .collect();
    let total = all.len();
    let mut answer = request.page(all);
    if let Body::Json(page) = answer.body {
        answer.body = Body::Json(json!({
            "total_count": total,
            "repository_selection": "selected",
            "repositories": page,
        }));
    }
    Ok(answer)
}

/// Where the limits stand; asking is free.
pub(super) fn rate_limit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let now = world.now();
    let token = request.token.as_ref().ok_or_else(Refusal::forbidden)?;
    let known = world.rates.get(&token.installation).copied();
    let window = known.unwrap_or(RateWindow::starting(now)).at(now);
    let core = json!({
        "limit": HOURLY_LIMIT,
        "used": window.used,
        "remaining": window.remaining(),
        "reset": window.reset_seconds(),
        "resource": "core",
    });
    Ok(Answer::ok(json!({ "resources": { "core": core }, "rate": core })))
}

/// The delivery log, newest first. `cursor` is the id of the last delivery seen.
pub(super) fn deliveries(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = |name: &str| request.query(name).and_then(|it| it.parse::<i64>().ok());
    let size = number("per_page").unwrap_or(30).clamp(1, 100);
    let before = number("cursor").unwrap_or(i64::MAX);
    let older = world.hook.deliveries.iter().rev().filter(|it| it.id < before);
    let sent: Vec<&Delivery> = older.filter(|it| it.state != DeliveryState::Pending).collect();
    let size = usize::try_from(size).unwrap_or(30);
    let page: Vec<Value> = sent.iter().take(size).map(|it| delivery_json(it)).collect();
    let answer = Answer::ok(Value::Array(page));
    match sent.get(size.saturating_sub(1)).filter(|_| size < sent.len()) {
        Some(last) => {
            let url = format!("{}/app/hook/deliveries", request.api_url);
            let link = format!("<{url}?per_page={size}&cursor={}>; rel=\"next\"", last.id);
            Ok(answer.with("link", link))
        }
        None => Ok(answer),
    }
}

pub(super) fn delivery(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = request.number("delivery_id")?;
    let delivery = world.hook.delivery(id).ok_or_else(Refusal::not_found)?;
    let mut json = delivery_json(delivery);
    let payload: Value = serde_json::from_str(&delivery.body).unwrap_or(Value::Null);
    json["url"] = json!(world.hook.url);
    json["request"] = json!({ "headers": {}, "payload": payload });
    json["response"] = json!({ "headers": {}, "payload": "" });
    Ok(Answer::ok(json))
}

pub(super) fn redeliver(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    match world.hook.redeliver(request.number("delivery_id")?) {
        true => Ok(Answer::new(202, Body::Json(json!({})))),
        false => Err(Refusal::not_found()),
    }
}

fn delivery_json(delivery: &Delivery) -> Value {
    let last = delivery.attempts.last();
    let code = last.and_then(|it| it.status);
    let status = match code {
        Some(code) if (200..300).contains(&code) => "OK".to_owned(),
        Some(code) => format!("Invalid HTTP Response: {code}"),
        None => "failed to connect to host".to_owned(),
    };
    json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": last.map_or(delivery.at, |it| it.at).iso(),
        "redelivery": last.is_some_and(|it| it.redelivery),
        "duration": 0.1,
        "status": status,
        "status_code": code.unwrap_or(0),
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
    })
}

fn named<'a>(world: &'a World, request: &Request) -> Result<&'a Installation, Refusal> {
    let id = InstallationId(request.number("installation_id")?);
    world.installations.get(&id).ok_or_else(Refusal::not_found)
}

fn narrowed_repositories(
    world: &World,
    installation: &Installation,
    narrowing: &Narrowing,
) -> Result<Option<BTreeSet<RepositoryId>>, Refusal> {
    if narrowing.repositories.is_none() && narrowing.repository_ids.is_none() {
        return Ok(None);
    }
    let by_id = narrowing.repository_ids.iter().flatten().map(|it| Some(RepositoryId(*it)));
    let by_name = narrowing.repositories.iter().flatten().map(|name| {
        let here = |id: &&RepositoryId| world.repo(**id).name.eq_ignore_ascii_case(name);
        installation.repositories.iter().find(here).copied()
    });
    let ids: Option<BTreeSet<RepositoryId>> = by_id.chain(by_name).collect();
    match ids {
        Some(ids) if ids.is_subset(&installation.repositories) => Ok(Some(ids)),
        _ => Err(Refusal::new(
            422,
            "There is at least one repository that does not exist or is not accessible to the \
             parent installation.",
        )),
    }
}

fn narrowed_permissions(
    installation: &Installation,
    wanted: &std::collections::BTreeMap<String, String>,
) -> Result<Permissions, Refusal> {
    let mut narrowed = Permissions::new();
    for (name, level) in wanted {
        let level = Level::parse(level).ok_or_else(|| {
            Refusal::new(422, format!("`{level}` is not a level of the permission `{name}`."))
        })?;
        if installation.permissions.get(name).is_none_or(|it| *it < level) {
            return Err(Refusal::new(
                422,
                "The permissions requested are not granted to this installation.",
            ));
        }
        narrowed.insert(name.clone(), level);
    }
    // Every token may read metadata.
    narrowed.entry("metadata".into()).or_insert(Level::Read);
    Ok(narrowed)
}
