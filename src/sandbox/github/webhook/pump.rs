//! Posting deliveries, one after another.

use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::super::world::World;
use super::delivery::Parcel;
use super::{Attempt, DeliveryFault};
use crate::base::Millis;

/// GitHub waits ten seconds for an answer (docs.github.com/webhooks, "Best practices").
const ANSWER_WAIT: Millis = Millis::seconds(10);

/// Posts everything that waits and says how many deliveries it took off the queue. What the
/// receiver does meanwhile may queue more; that is posted too.
pub(crate) async fn post_pending(world: &Mutex<World>, client: &reqwest::Client) -> usize {
    let mut posted = 0;
    loop {
        let parcel = {
            let mut world = super::super::lock(world);
            let app_id = world.app.id;
            world.hook.take(app_id)
        };
        let Some(parcel) = parcel else { return posted };
        let status = match parcel.fault {
            Some(DeliveryFault::Drop) => None,
            Some(DeliveryFault::Duplicate) => {
                post(client, &parcel).await;
                post(client, &parcel).await
            }
            // There was nothing behind it to change places with.
            Some(DeliveryFault::Swap) | None => post(client, &parcel).await,
        };
        let mut world = super::super::lock(world);
        let at = world.now();
        world.hook.record(parcel.id, Attempt { at, status, redelivery: parcel.redelivery });
        posted += 1;
    }
}

/// The background task of [`DeliveryMode::Immediate`](super::super::DeliveryMode::Immediate);
/// it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Pump(JoinHandle<()>);

impl Pump {
    pub(crate) fn start(world: Arc<Mutex<World>>, client: reqwest::Client) -> Pump {
        let wake = Arc::clone(&super::super::lock(&world).hook.wake);
        Pump(tokio::spawn(async move {
            loop {
                post_pending(&world, &client).await;
                wake.notified().await;
            }
        }))
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn post(client: &reqwest::Client, parcel: &Parcel) -> Option<u16> {
    let mut request = client.post(&parcel.url).timeout(ANSWER_WAIT.to_std());
    for (name, value) in &parcel.headers {
        request = request.header(*name, value);
    }
    request.body(parcel.body.clone()).send().await.ok().map(|it| it.status().as_u16())
}
