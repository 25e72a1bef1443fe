//! `POST /webhooks/github`: verify the raw bytes, write them down, answer. 202 is a promise: the
//! delivery is on disk and will be handled.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::base::DeliveryId;
use crate::github::webhook;
use crate::http::{BODY_TIMEOUT, Door, LARGE_BODY_BYTES};
use crate::store::{Hint, NewDelivery, Received};

/// GitHub never sends more (`github.md`, Webhooks).
const BODY_BYTES_MAX: usize = 25 * 1024 * 1024;
/// A delivery id is a GUID; servers that send something else keep it short.
const HEADER_BYTES_MAX: usize = 200;

/// Why a delivery was turned away; the sender reads the sentence in its delivery log.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("No App is configured here yet: set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET.")]
    NotConfigured,
    #[error("The body is larger than 25 MB, which GitHub never sends.")]
    TooLarge,
    #[error("The body did not arrive within 10 seconds.")]
    TooSlow,
    #[error("The body broke off before its end.")]
    Broken,
    #[error(
        "The signature does not match: X-Hub-Signature-256 must be made over these bytes with \
         the webhook secret set here."
    )]
    BadSignature,
    #[error("The header {0} is missing or longer than 200 bytes.")]
    BadHeader(&'static str),
    #[error("Set the webhook's content type to application/json.")]
    NotJson,
    #[error("The delivery could not be written down; please deliver it again.")]
    NotStored,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Refusal::NotConfigured | Refusal::NotStored => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::BadSignature => StatusCode::UNAUTHORIZED,
            Refusal::Broken | Refusal::BadHeader(_) | Refusal::NotJson => StatusCode::BAD_REQUEST,
        };
        (status, format!("{self}\n")).into_response()
    }
}

/// Takes one webhook.
pub(super) async fn receive(
    State(door): State<Door>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, &'static str), Refusal> {
    if door.secrets.is_empty() {
        return Err(Refusal::NotConfigured);
    }
    let body = timeout(BODY_TIMEOUT, read(&door, &headers, body))
        .await
        .map_err(|_| Refusal::TooSlow)??;
    let signature = text(&headers, "x-hub-signature-256");
    webhook::verify(&door.secrets, signature, &body).map_err(|_| Refusal::BadSignature)?;
    let delivery = delivery(&door, &headers, body)?;
    match door.store.receive(delivery).await {
        Ok(Received::New) => {
            door.wake.notify_one();
            Ok((StatusCode::ACCEPTED, "Written down.\n"))
        }
        Ok(Received::Known) => Ok((StatusCode::ACCEPTED, "Already written down.\n")),
        Err(error) => {
            tracing::error!(%error, "a delivery could not be written down");
            Err(Refusal::NotStored)
        }
    }
}

fn delivery(door: &Door, headers: &HeaderMap, body: Vec<u8>) -> Result<NewDelivery, Refusal> {
    let delivery_id = header(headers, "x-github-delivery", "X-GitHub-Delivery")?;
    let event = header(headers, "x-github-event", "X-GitHub-Event")?;
    let form = text(headers, "content-type")
        .is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    if form {
        return Err(Refusal::NotJson);
    }
    let envelope = webhook::envelope(event, &body);
    Ok(NewDelivery {
        delivery_id: DeliveryId::from(delivery_id),
        event: event.to_owned(),
        action: envelope.action,
        installation: envelope.installation,
        repository: envelope.repository,
        hint: hint(envelope.hint),
        body,
        received: door.clock.now(),
    })
}

fn hint(hint: webhook::Hint) -> Hint {
    match hint {
        webhook::Hint::Number(number) => Hint::Number(number),
        webhook::Hint::Branch(name) => Hint::Branch(name),
        webhook::Hint::None => Hint::None,
    }
}

/// Reads the body within its bounds. A body that turns out large waits for one of the few places
/// for large ones, so that many of them at once cannot exhaust memory.
async fn read(door: &Door, headers: &HeaderMap, mut body: Body) -> Result<Vec<u8>, Refusal> {
    let announced = text(headers, "content-length").and_then(|it| it.parse::<usize>().ok());
    if announced.is_some_and(|it| BODY_BYTES_MAX < it) {
        return Err(Refusal::TooLarge);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(LARGE_BODY_BYTES));
    let mut place = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        if BODY_BYTES_MAX < bytes.len() + data.len() {
            return Err(Refusal::TooLarge);
        }
        if place.is_none() && LARGE_BODY_BYTES < bytes.len() + data.len() {
            place = door.large_bodies.acquire().await.ok();
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn header<'a>(headers: &'a HeaderMap, name: &str, shown: &'static str) -> Result<&'a str, Refusal> {
    let value = text(headers, name).map(str::trim).filter(|it| !it.is_empty());
    value.filter(|it| it.len() <= HEADER_BYTES_MAX).ok_or(Refusal::BadHeader(shown))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
