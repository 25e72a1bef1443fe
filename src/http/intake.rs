//! `POST /webhooks/github`: verify the raw bytes, write them down, answer. 202 is a promise: the
//! delivery is on disk and will be handled.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::base::DeliveryId;
use crate::github::webhook;
use crate::http::{Door, LARGE_BODY_BYTES, SMALL_BODY_BYTES};
use crate::store::{Hint, NewDelivery, Received};

/// GitHub never sends more (`github.md`, Webhooks).
const BODY_BYTES_MAX: usize = 25 * 1024 * 1024;
/// How much of a refused body is read for the sender's sake.
const DISCARDED_BYTES_MAX: usize = 2 * BODY_BYTES_MAX;
/// A delivery id is a GUID; servers that send something else keep it short.
const HEADER_BYTES_MAX: usize = 200;

/// Why a delivery was turned away; the sender reads the sentence in its delivery log.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The body is larger than 25 MB, which GitHub never sends.")]
    TooLarge,
    #[error("The body did not arrive in time; GitHub itself gives up after 10 seconds.")]
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
            Refusal::NotStored => StatusCode::SERVICE_UNAVAILABLE,
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
    mut body: Body,
) -> Result<(StatusCode, &'static str), Refusal> {
    let taken = timeout(door.patience.body, take(&door, &headers, &mut body)).await;
    match taken.unwrap_or(Err(Refusal::TooSlow)) {
        Ok((delivery, place)) => {
            let answer = write_down(&door, delivery).await;
            drop(place);
            answer
        }
        Err(refusal) => {
            if !matches!(refusal, Refusal::TooSlow | Refusal::Broken) {
                // How it ends does not matter: the answer is the same.
                timeout(door.patience.body, discard(body)).await.ok();
            }
            Err(refusal)
        }
    }
}

/// What the request says, when it is a delivery of ours. Without a signature it is refused before the
/// body is read; what else is wrong with it only somebody who knows the secret is told.
async fn take(
    door: &Door,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<(NewDelivery, Place), Refusal> {
    let signature = text(headers, "x-hub-signature-256").ok_or(Refusal::BadSignature)?;
    let (body, place) = read(door, headers, body).await?;
    webhook::verify(&door.secrets, Some(signature), &body).map_err(|_| Refusal::BadSignature)?;
    let delivery_id = header(headers, "x-github-delivery", "X-GitHub-Delivery")?;
    let event = header(headers, "x-github-event", "X-GitHub-Event")?;
    let form = text(headers, "content-type")
        .is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    if form {
        return Err(Refusal::NotJson);
    }
    let envelope = webhook::envelope(event, &body);
    let delivery = NewDelivery {
        delivery_id: DeliveryId::from(delivery_id),
        event: event.to_owned(),
        action: envelope.action,
        installation: envelope.installation,
        repository: envelope.repository,
        hint: hint(envelope.hint),
        body,
        received: door.clock.now(),
    };
    Ok((delivery, place))
}

async fn write_down(
    door: &Door,
    delivery: NewDelivery,
) -> Result<(StatusCode, &'static str), Refusal> {
    match timeout(door.patience.store, door.store.receive(delivery)).await {
        Ok(Ok(Received::New)) => {
            door.wake.notify_one();
            Ok((StatusCode::ACCEPTED, "Written down.\n"))
        }
        Ok(Ok(Received::Known)) => Ok((StatusCode::ACCEPTED, "Already written down.\n")),
        Ok(Err(error)) => {
            tracing::error!(%error, "a delivery could not be written down");
            Err(Refusal::NotStored)
        }
        Err(_) => {
            tracing::error!("a delivery was not written down in time");
            Err(Refusal::NotStored)
        }
    }
}

fn hint(hint: webhook::Hint) -> Hint {
    match hint {
        webhook::Hint::Number(number) => Hint::Number(number),
        webhook::Hint::Branch(name) => Hint::Branch(name),
        webhook::Hint::Sha(sha) => Hint::Sha(sha),
        webhook::Hint::None => Hint::None,
    }
}

/// The places that a body has taken, held until it is on disk; small ones need none.
#[derive(Default)]
struct Place {
    middling: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Waits for what a body of `len` bytes needs. Tells how many bytes it may grow to with a place
    /// that was taken just now.
    async fn grow(&mut self, door: &Door, len: usize) -> Option<usize> {
        let mut most = None;
        if self.middling.is_none() && SMALL_BODY_BYTES < len {
            self.middling = Arc::clone(&door.middling_bodies).acquire_owned().await.ok();
            most = Some(LARGE_BODY_BYTES);
        }
        if self.large.is_none() && LARGE_BODY_BYTES < len {
            self.large = Arc::clone(&door.large_bodies).acquire_owned().await.ok();
            most = Some(BODY_BYTES_MAX);
        }
        most
    }
}

/// Reads the body within its bounds. A body that turns out larger than most waits for one of the
/// places for such, so that many of them at once cannot exhaust memory.
async fn read(
    door: &Door,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<(Vec<u8>, Place), Refusal> {
    let announced = text(headers, "content-length").and_then(|it| it.parse::<usize>().ok());
    if announced.is_some_and(|it| BODY_BYTES_MAX < it) {
        return Err(Refusal::TooLarge);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(SMALL_BODY_BYTES));
    let mut place = Place::default();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        let len = bytes.len() + data.len();
        if BODY_BYTES_MAX < len {
            return Err(Refusal::TooLarge);
        }
        if let Some(most) = place.grow(door, len).await {
            // Announced or not, it is growing: reserved at once it is not copied as it grows.
            let all = announced.map_or(most, |it| it.min(most));
            bytes.reserve_exact(all.max(len) - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok((bytes, place))
}

/// Reads on and keeps nothing: a sender that is still sending when the connection closes sees it
/// break, and never reads why it was refused.
async fn discard(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |it| it.len());
        if DISCARDED_BYTES_MAX < bytes {
            return;
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str, shown: &'static str) -> Result<&'a str, Refusal> {
    let value = text(headers, name).map(str::trim).filter(|it| !it.is_empty());
    value.filter(|it| it.len() <= HEADER_BYTES_MAX).ok_or(Refusal::BadHeader(shown))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
