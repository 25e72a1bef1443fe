//! Octocrab, which carries every call and every download, put together from its parts.
//!
//! ```text
//! octocrab: API version, JSON, token ─▶ base: the API's address ─▶ octocrab's connector ─▶ reqwest
//! ```
//!
//! A relative address is one of the API's own: octocrab adds the token to it, and the base goes
//! before it. An absolute one belongs to somebody else: it stays as it is and gets no token.
//!
//! Octocrab's ready-made clients are not used, since they send a second `User-Agent` of their own
//! and put the path of the API's address (`/api/v3`) before the addresses of other hosts too. Its
//! App authentication is not, since it reads the machine's clock and mints tokens for every
//! permission the App has. Its models are not, since they fail on what a server leaves out.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use reqwest::{Client, Url};
use tower::util::MapRequestLayer;

use super::error::GitHubError;
use super::redirect::PublicAddresses;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest silence inside an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer whose body is still to come.
pub(super) type Answer = Response<BoxBody<Bytes, octocrab::Error>>;

/// Octocrab over a new pool of connections. It repeats nothing and follows nothing.
///
/// # Errors
///
/// A `user_agent` that is no header.
///
/// # Panics
///
/// Outside of a Tokio runtime, where octocrab cannot start the task that hands out its requests.
pub(super) fn connect(api: &Url, user_agent: &str) -> Result<Octocrab, reqwest::Error> {
    let client = Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // A proxy is a setting of the server, never something found in the environment.
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .dns_resolver(PublicAddresses::except(api.host_str().unwrap_or_default()))
        .build()?;
    let base = api.as_str().trim_end_matches('/').to_owned();
    let Ok(octocrab) = OctocrabBuilder::new_empty()
        .with_service(ReqwestConnector::new(client))
        .with_layer(&MapRequestLayer::new(move |request| based(&base, request)))
        .with_auth(AuthState::None)
        .build();
    Ok(octocrab)
}

/// Puts the API's address before a relative one. What is no address even then stays relative, and
/// reqwest refuses to send it.
fn based(base: &str, mut request: Request<OctoBody>) -> Request<OctoBody> {
    if request.uri().authority().is_none()
        && let Ok(absolute) = absolute(base, request.uri()).parse::<Uri>()
    {
        *request.uri_mut() = absolute;
    }
    request
}

/// The address of a path of the API. GitHub Enterprise Server has GraphQL beside its REST API:
/// `/api/graphql` and `/api/v3`.
fn absolute(base: &str, path: &Uri) -> String {
    match base.strip_suffix("/v3") {
        Some(beside) if path.path() == "/graphql" => format!("{beside}{path}"),
        _ => format!("{base}{path}"),
    }
}

/// The next part of a body; `None` at its end.
pub(super) async fn part(answer: &mut Answer) -> Result<Option<Bytes>, GitHubError> {
    while let Some(frame) = answer.body_mut().frame().await {
        // What is no data is a trailer, and says nothing.
        if let Ok(data) = frame.map_err(|error| network(&error))?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// A failure to connect happened before anything was sent; any later one leaves it open. Octocrab
/// wraps reqwest's errors, which alone tell the two apart.
pub(super) fn network(error: &octocrab::Error) -> GitHubError {
    let mut causes = successors(Some(error as &(dyn Error + 'static)), |&it| it.source());
    let cause = causes.find_map(|it| it.downcast_ref::<reqwest::Error>());
    let unsent = cause.is_some_and(|it| it.is_connect() || it.is_builder());
    GitHubError::Network { maybe_done: !unsent }
}
