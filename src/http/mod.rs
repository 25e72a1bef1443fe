//! The door: webhooks come in and are written down, nothing else happens here. The engine meets
//! what was written in the database.

mod health;
mod intake;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};

use crate::base::Clock;
use crate::store::Store;

/// Bodies over this size are rare, so few of them are read at once.
const LARGE_BODY_BYTES: usize = 1024 * 1024;
/// How many large bodies are read at once: with 25 MB each this bounds memory to 200 MB.
const LARGE_BODIES: usize = 8;
/// How long a sender may take for its body. GitHub itself gives up after ten seconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// Where deliveries are written down.
    pub store: Store,
    /// What tells the time of arrival.
    pub clock: Arc<dyn Clock>,
    /// The webhook secrets; none while no App is configured, and then the door is shut.
    pub secrets: Arc<Vec<SecretString>>,
    /// Told after each new delivery, so that the engine need not wait for its next look.
    pub wake: Arc<Notify>,
    large_bodies: Arc<Semaphore>,
}

impl Door {
    /// A door in front of `store`.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        secrets: Vec<SecretString>,
        wake: Arc<Notify>,
    ) -> Door {
        let large_bodies = Arc::new(Semaphore::new(LARGE_BODIES));
        Door { store, clock, secrets: Arc::new(secrets), wake, large_bodies }
    }
}

/// All routes of the service.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/webhooks/github", post(intake::receive))
        .route("/api/github/webhooks", post(intake::receive))
        .route("/health", get(health::health))
        .with_state(door)
}
