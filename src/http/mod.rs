//! The door: webhooks come in and are written down, nothing else happens here. The engine meets
//! what was written in the database.

mod health;
mod intake;
mod serve;

pub use self::serve::serve;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};

use crate::base::Clock;
use crate::github::client::App;
use crate::store::Store;

/// Up to this size, which few deliveries pass, a body needs no place: all connections together hold
/// 48 MiB of such bodies.
const SMALL_BODY_BYTES: usize = 64 * 1024;
/// How many bodies are held at once from there on until they are on disk. Whoever may open a
/// connection may send one, signed or not, so their sum must fit a small machine.
const MIDDLING_BODIES: usize = 64;
/// Bodies over this size are rare, so few of them are read at once.
const LARGE_BODY_BYTES: usize = 1024 * 1024;
/// How many large bodies are held at once, from their second megabyte until they are on disk.
const LARGE_BODIES: usize = 4;

/// How long the door waits for others. The defaults fit GitHub, which gives up after ten seconds.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a request's head; a connection that asks nothing for so long is closed, too.
    pub head: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For the database. Past it the sender reads 503 instead of nothing, and the row, should it
    /// still be written, is known when the delivery comes again.
    pub store: Duration,
    /// For the last requests when the service stops.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            head: Duration::from_secs(20),
            body: Duration::from_secs(10),
            store: Duration::from_secs(9),
            stop: Duration::from_secs(10),
        }
    }
}

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// Where deliveries are written down.
    pub store: Store,
    /// What tells the time of arrival.
    pub clock: Arc<dyn Clock>,
    /// The webhook secrets: what is signed with none of them is refused.
    pub secrets: Arc<Vec<SecretString>>,
    /// Told after each new delivery, so that the engine need not wait for its next look.
    pub wake: Arc<Notify>,
    /// The App on GitHub, of which health tells whether GitHub knows it.
    pub github: App,
    /// How long it waits.
    pub patience: Patience,
    middling_bodies: Arc<Semaphore>,
    large_bodies: Arc<Semaphore>,
}

impl Door {
    /// A door in front of `store`.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        secrets: Vec<SecretString>,
        wake: Arc<Notify>,
        github: App,
    ) -> Door {
        Door {
            store,
            clock,
            secrets: Arc::new(secrets),
            wake,
            github,
            patience: Patience::default(),
            middling_bodies: Arc::new(Semaphore::new(MIDDLING_BODIES)),
            large_bodies: Arc::new(Semaphore::new(LARGE_BODIES)),
        }
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
