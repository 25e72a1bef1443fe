//! The record of one delivery, and the queue.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;

use super::signature;
use crate::base::{InstallationId, RepositoryId, Timestamp};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// In the queue.
    Pending,
    /// Answered with 2xx.
    Delivered,
    /// Answered otherwise, or not at all. It can be redelivered.
    Failed,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The answer's status; `None` if there was no answer.
    pub status: Option<u16>,
    /// Whether the App or a person asked for it again.
    pub redelivery: bool,
}

/// One webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// GitHub's own id of it, as the delivery log counts.
    pub id: i64,
    /// `X-GitHub-Delivery`; a redelivery keeps it.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub event: &'static str,
    /// The body's `action`.
    pub action: Option<&'static str>,
    /// The repository it is about.
    pub repository: Option<RepositoryId>,
    /// The installation it is for.
    pub installation: Option<InstallationId>,
    /// When it happened.
    pub at: Timestamp,
    /// The body, byte for byte.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// All tries.
    pub attempts: Vec<Attempt>,
}

/// What goes wrong on the way of the next delivery that it fits.
///
/// GitHub promises neither order nor exactly one arrival (docs.github.com/webhooks, "Best
/// practices for using webhooks"); these make that happen on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryFault {
    /// It is lost on the way: the log says failed, nobody received it.
    Drop,
    /// It arrives twice under one delivery id.
    Duplicate,
    /// It arrives after the one behind it.
    Swap,
}

/// The App's webhook: where to, with what secret, and everything that was sent.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) id: i64,
    pub(crate) url: Option<String>,
    pub(crate) secret: String,
    pub(crate) deliveries: Vec<Delivery>,
    /// Ids of deliveries to post, with whether it is a redelivery.
    pub(crate) queue: VecDeque<(i64, bool)>,
    pub(crate) faults: Vec<(Option<String>, DeliveryFault)>,
    pub(crate) wake: Arc<Notify>,
}

/// One POST, ready to go.
pub(super) struct Parcel {
    pub(super) id: i64,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    pub(super) redelivery: bool,
    pub(super) fault: Option<DeliveryFault>,
}

impl Hook {
    pub(crate) fn new(id: i64, url: Option<String>, secret: String) -> Hook {
        Hook {
            id,
            url,
            secret,
            deliveries: Vec::new(),
            queue: VecDeque::new(),
            faults: Vec::new(),
            wake: Arc::new(Notify::new()),
        }
    }

    pub(crate) fn delivery(&self, id: i64) -> Option<&Delivery> {
        self.deliveries.iter().find(|it| it.id == id)
    }

    /// Queues a delivery again, as `POST /app/hook/deliveries/{id}/attempts` does.
    pub(crate) fn redeliver(&mut self, id: i64) -> bool {
        let known = self.delivery(id).is_some();
        if known {
            self.queue.push_back((id, true));
            self.wake.notify_one();
        }
        known
    }

    /// Takes the next parcel off the queue; nothing while no URL is set.
    pub(super) fn take(&mut self, app_id: i64) -> Option<Parcel> {
        let url = self.url.clone()?;
        let (id, redelivery) = self.queue.pop_front()?;
        let event = self.delivery(id)?.event;
        let fits =
            |it: &(Option<String>, DeliveryFault)| it.0.as_deref().is_none_or(|name| name == event);
        let fault = self.faults.iter().position(fits).map(|at| self.faults.remove(at).1);
        if fault == Some(DeliveryFault::Swap) && !self.queue.is_empty() {
            self.queue.insert(1, (id, redelivery));
            return self.take(app_id);
        }
        let delivery = self.delivery(id)?;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "*/*".to_owned()),
            ("user-agent", "GitHub-Hookshot/5a0d80c".to_owned()),
            ("x-github-delivery", delivery.guid.clone()),
            ("x-github-event", delivery.event.to_owned()),
            ("x-github-hook-id", self.id.to_string()),
            ("x-github-hook-installation-target-id", app_id.to_string()),
            ("x-github-hook-installation-target-type", "integration".to_owned()),
            ("x-hub-signature-256", signature(&self.secret, delivery.body.as_bytes())),
        ];
        Some(Parcel { id, url, headers, body: delivery.body.clone(), redelivery, fault })
    }

    pub(super) fn record(&mut self, id: i64, attempt: Attempt) {
        let Some(delivery) = self.deliveries.iter_mut().find(|it| it.id == id) else { return };
        let arrived = attempt.status.is_some_and(|it| (200..300).contains(&it));
        delivery.state = if arrived { DeliveryState::Delivered } else { DeliveryState::Failed };
        delivery.attempts.push(attempt);
    }
}
