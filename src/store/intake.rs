//! Group commit: deliveries that arrive together share one transaction and one flush to disk.
//!
//! One task owns the queue. It takes what is waiting (up to [`GROUP_MAX`] rows or
//! [`GROUP_BYTES_MAX`]), commits, and only then answers. If the group fails, each delivery is tried
//! alone, so that one row the database refuses does not take its neighbours with it.
//!
//! While groups are large the door is *pressed*: deliveries arrive faster than they are flushed, and
//! GitHub gives up on each after 10 s. What was taken before can wait a little then
//! ([`Store::give_way`]).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::store::inbox::{Received, RowToInsert};
use crate::store::insert::insert_rows;
use crate::store::open::Pools;
use crate::store::{Store, StoreError};

/// Rows per transaction: enough that the flush no longer dominates, few enough that a waiter's
/// answer stays well under GitHub's 10 s.
const GROUP_MAX: usize = 256;

/// Bytes per transaction; a single body may have 25 MB.
const GROUP_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Deliveries that may wait; beyond it the door itself waits, which bounds memory.
const QUEUE_MAX: usize = 512;

/// A group of so many means that the door is pressed: more than came together by chance.
const PRESSED_FROM: usize = 8;

/// Without a delivery for so long the door is not pressed any more.
const QUIET_AFTER: Duration = Duration::from_millis(20);

/// The way into the queue. The task ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Intake {
    queue: mpsc::Sender<Waiting>,
    pressed: watch::Receiver<bool>,
}

struct Waiting {
    row: RowToInsert,
    answer: oneshot::Sender<Result<Received, StoreError>>,
}

impl Intake {
    pub(super) fn start(pools: Pools) -> Intake {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let (tell, pressed) = watch::channel(false);
        tokio::spawn(work(pools, waiting, tell));
        Intake { queue, pressed }
    }

    pub(super) async fn insert(&self, row: RowToInsert) -> Result<Received, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting { row, answer }).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl Store {
    /// Waits while the door is pressed, for `patience` at most: nothing that waits here starves.
    pub async fn give_way(&self, patience: Duration) {
        let mut pressed = self.intake.pressed.clone();
        // Whether it got quiet or patience ran out, whoever waited goes on.
        timeout(patience, pressed.wait_for(|it| !it)).await.ok();
    }
}

async fn work(pools: Pools, mut queue: mpsc::Receiver<Waiting>, pressed: watch::Sender<bool>) {
    while let Some(first) = next(&mut queue, &pressed).await {
        let mut bytes = first.row.body.len();
        let mut group = vec![first];
        while group.len() < GROUP_MAX && bytes < GROUP_BYTES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            bytes += next.row.body.len();
            group.push(next);
        }
        tell(&pressed, PRESSED_FROM <= group.len());
        commit_group(&pools, group).await;
    }
}

/// The next delivery. `None`: nobody can send one any more.
async fn next(
    queue: &mut mpsc::Receiver<Waiting>,
    pressed: &watch::Sender<bool>,
) -> Option<Waiting> {
    if *pressed.borrow() {
        if let Ok(next) = timeout(QUIET_AFTER, queue.recv()).await {
            return next;
        }
        tell(pressed, false);
    }
    queue.recv().await
}

/// Wakes those who give way only when something changed.
fn tell(pressed: &watch::Sender<bool>, is: bool) {
    pressed.send_if_modified(|it| std::mem::replace(it, is) != is);
}

async fn commit_group(pools: &Pools, mut group: Vec<Waiting>) {
    // Two processes that insert the same rows lock them in the same order.
    group.sort_by(|a, b| {
        (&a.row.delivery_id, &a.row.body_sha256, &a.row.id).cmp(&(
            &b.row.delivery_id,
            &b.row.body_sha256,
            &b.row.id,
        ))
    });
    let result = insert_all(pools, &group).await;
    match result {
        Ok(received) => {
            for (waiting, received) in group.into_iter().zip(received) {
                answer(waiting, Ok(received));
            }
        }
        Err(error) if group.len() == 1 || !may_be_one_rows_fault(&error) => {
            let error = Arc::new(error);
            for waiting in group {
                answer(waiting, Err(StoreError::Group(Arc::clone(&error))));
            }
        }
        Err(_) => {
            for waiting in group {
                let alone = insert_all(pools, std::slice::from_ref(&waiting)).await;
                answer(waiting, alone.map(|it| it.into_iter().next().unwrap_or(Received::Known)));
            }
        }
    }
}

async fn insert_all(pools: &Pools, group: &[Waiting]) -> Result<Vec<Received>, StoreError> {
    let rows: Vec<&RowToInsert> = group.iter().map(|it| &it.row).collect();
    let mut tx = pools.write().await?;
    let received = insert_rows(&mut tx, &rows).await?;
    tx.commit().await?;
    Ok(received)
}

/// The database refused a statement, perhaps for one row's values; a lost connection would refuse
/// all, and trying each alone would only take longer to say so.
fn may_be_one_rows_fault(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(sqlx::Error::Database(_)))
}

/// A waiter that went away (its connection was cut) needs no answer: GitHub will redeliver, and the
/// row is known then.
fn answer(waiting: Waiting, result: Result<Received, StoreError>) {
    drop(waiting.answer.send(result));
}
