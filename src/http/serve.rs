//! Connections: taken, bounded, and let go.
//!
//! Anybody can open a connection, so each has a bound that costs the honest nothing: how many there
//! are at once, how long a request's head may take, and how long the last ones may take when the
//! service stops.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::{Door, router};

/// Connections at once; the next one waits in the system's queue. Under the usual limit of 1,024
/// open files, so that the database and the calls to GitHub always find one.
const CONNECTIONS_MAX: usize = 768;
/// How long to wait before the next try when the system has no more files for connections.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// Serves the door on `listener` until `stop` is cancelled. Then nothing new is taken, requests
/// under way are answered, and whoever has not sent a whole request within the door's patience is
/// cut off.
///
/// # Errors
/// None today: a listener that refuses one connection is asked for the next.
pub async fn serve(
    listener: TcpListener,
    door: Door,
    stop: CancellationToken,
) -> Result<(), std::io::Error> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let patience = door.patience;
    let service = TowerToHyperService::new(router(door));
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            taken = take(&listener, &places) => taken,
        };
        let Some((stream, place)) = taken else { break };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.head)
            .serve_connection(TokioIo::new(stream), service.clone());
        let (stop, cut) = (stop.clone(), cut.clone());
        connections.spawn(async move {
            let _place = place;
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection.as_mut() => ended,
                        () = cut.cancelled() => return,
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.close();
    if timeout(patience.stop, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections are cut off");
        cut.cancel();
        connections.wait().await;
    }
    Ok(())
}

/// The next connection, when there is a place for it. `None` once there are no places any more,
/// which only a closed semaphore means.
async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and must not wait for more of them to fill a packet.
                stream.set_nodelay(true).ok();
                return Some((stream, place));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                sleep(AFTER_REFUSAL).await;
            }
        }
    }
}
