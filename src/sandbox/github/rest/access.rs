//! Who calls, and what they may.

use super::super::log::Caller;
use super::super::world::{Level, Token, World};
use super::answer::Refusal;
use crate::base::{Millis, RepositoryId};

/// A JSON Web Token may live at most ten minutes (`docs.github.com/apps`, "Generating a JSON Web
/// Token for a GitHub App").
const TOKEN_LIFE_MAX: Millis = Millis::minutes(10);

/// GitHub's clock and the client's may differ by this much before `iat` is "in the future".
const CLOCK_SKEW: Millis = Millis::seconds(5);

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// The App's JSON Web Token.
    App,
    /// Any installation token.
    Installation,
    /// An installation token that reaches the repository with one of these permissions.
    Permission(&'static [(&'static str, Level)]),
}

/// Somebody at the door.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    Nobody,
    App,
    Installation(Token),
}

impl Identity {
    pub(super) fn caller(&self) -> Caller {
        match self {
            Identity::Nobody => Caller::Unknown,
            Identity::App => Caller::App,
            Identity::Installation(_) => Caller::Installation,
        }
    }
}

/// Reads `Authorization`. Credentials that are wrong are refused even where none are needed.
pub(super) fn identify(world: &World, authorization: Option<&str>) -> Result<Identity, Refusal> {
    let Some(header) = authorization else { return Ok(Identity::Nobody) };
    let (scheme, credential) = header.split_once(' ').unwrap_or(("", header));
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    if !known {
        return Err(bad_credentials());
    }
    if credential.matches('.').count() == 2 {
        return check_jwt(world, credential.trim()).map(|()| Identity::App);
    }
    let token = world.tokens.get(credential.trim()).ok_or_else(bad_credentials)?;
    if token.expires_at <= world.now() {
        return Err(bad_credentials());
    }
    let installation = world.installations.get(&token.installation);
    match installation.ok_or_else(bad_credentials)?.suspended {
        Some(_) => Err(Refusal::new(403, "This installation has been suspended")),
        None => Ok(Identity::Installation(token.clone())),
    }
}

/// Whether the identity is what the route asks for. A repository that the token does not reach
/// is 404 when private and read-only when public.
pub(super) fn admit(
    world: &World,
    needs: Needs,
    identity: &Identity,
    repository: Option<RepositoryId>,
    reads: bool,
) -> Result<(), Refusal> {
    let token = match (needs, identity) {
        (Needs::Nothing, _) | (Needs::App, Identity::App) => return Ok(()),
        (Needs::Installation, Identity::Installation(_)) => return Ok(()),
        (Needs::App, Identity::Nobody | Identity::Installation(_)) => {
            return Err(Refusal::new(401, "A JSON web token could not be decoded"));
        }
        (_, Identity::Nobody) => return Err(Refusal::new(401, "Requires authentication")),
        (_, Identity::App) => {
            return Err(Refusal::new(403, "This endpoint is not accessible with a JSON web token"));
        }
        (Needs::Permission(_), Identity::Installation(token)) => token,
    };
    if let Some(id) = repository
        && !reaches(world, token, id)
    {
        return match (world.repo(id).private, reads) {
            (true, _) => Err(Refusal::not_found()),
            (false, true) => Ok(()),
            (false, false) => Err(Refusal::forbidden()),
        };
    }
    let Needs::Permission(any) = needs else { return Ok(()) };
    let granted = world.installations.get(&token.installation).map(|it| &it.permissions);
    let has = |(name, level): &(&str, Level)| {
        let of_token = token.permissions.get(*name);
        let of_installation = granted.and_then(|it| it.get(*name));
        of_token.min(of_installation).is_some_and(|it| level <= it)
    };
    if any.iter().any(has) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn reaches(world: &World, token: &Token, repository: RepositoryId) -> bool {
    let installed = world
        .installations
        .get(&token.installation)
        .is_some_and(|it| it.repositories.contains(&repository));
    installed && token.repositories.as_ref().is_none_or(|it| it.contains(&repository))
}

fn check_jwt(world: &World, token: &str) -> Result<(), Refusal> {
    let claims = world
        .app
        .key
        .verify(token)
        .ok_or_else(|| Refusal::new(401, "A JSON web token could not be decoded"))?;
    let now = world.jwt_clock.now();
    let at = |seconds: i64| crate::base::Timestamp(seconds.saturating_mul(1_000));
    let issuer = claims.iss.map(|it| it.to_string().trim_matches('"').to_owned());
    if issuer != Some(world.app.id.to_string()) {
        return Err(Refusal::new(404, "Integration not found"));
    }
    match claims.iat.map(at) {
        Some(iat) if iat <= now + CLOCK_SKEW => {}
        _ => {
            return Err(Refusal::new(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the \
                 assertion was issued",
            ));
        }
    }
    match claims.exp.map(at) {
        Some(exp) if now + TOKEN_LIFE_MAX + CLOCK_SKEW < exp => {
            Err(Refusal::new(401, "'Expiration time' claim ('exp') is too far in the future"))
        }
        Some(exp) if now < exp => Ok(()),
        _ => Err(Refusal::new(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future \
             time at which the assertion expires",
        )),
    }
}

fn bad_credentials() -> Refusal {
    Refusal::new(401, "Bad credentials")
}
