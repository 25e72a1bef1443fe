//! Working until told to stop. One task per kind of work looks for it and hands each piece to a task
//! of its own; so an idle service asks the database four times in a while, not once per worker, and
//! a piece that panics takes nothing else with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::engine::{Engine, Task, Work};

/// How often work is looked for when nobody calls.
const POLL: Duration = Duration::from_millis(500);
/// The least time between two rounds of looking that are called for. Each delivery and each piece of
/// work that ends calls, and a round is four questions to the database; nobody notices this wait.
const BETWEEN_CALLS: Duration = Duration::from_millis(5);
/// How long the inbox is left alone at a time while the door is pressed. A delivery that waits a
/// moment to be handled loses nothing; one that waits to be taken may be given up by GitHub.
const GIVE_WAY: Duration = Duration::from_millis(100);
/// How long to wait after the database failed, before asking it again.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// How many pieces of one kind are worked on side by side. Each waits for others most of the time.
pub(super) const AT_ONCE: usize = 8;

impl Engine {
    /// Works until told to stop. What is under way then is finished if it is quick; a call to a
    /// model is waited for as long as the host allows, then left to its lease.
    pub async fn run(&self) {
        let mut tasks = JoinSet::new();
        let mut bells = Vec::new();
        for work in Work::ALL {
            let bell = Arc::new(Notify::new());
            bells.push(Arc::clone(&bell));
            tasks.spawn(self.clone().look_for(work, bell));
        }
        tasks.spawn(self.clone().keep_up());
        loop {
            tokio::select! {
                () = self.wake.notified() => {
                    bells.iter().for_each(|it| it.notify_one());
                    // A call that comes meanwhile is kept for the next round.
                    tokio::time::sleep(BETWEEN_CALLS).await;
                }
                ended = tasks.join_next() => match ended {
                    None => return,
                    Some(Ok(())) => {}
                    Some(Err(error)) => {
                        tracing::error!(%error, "the engine broke; stopping what is left of it");
                        self.stop.cancel();
                    }
                },
            }
        }
    }

    async fn look_for(self, work: Work, bell: Arc<Notify>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let under_way = TaskTracker::new();
        loop {
            let place = tokio::select! {
                () = self.stop.cancelled() => break,
                place = Arc::clone(&places).acquire_owned() => place,
            };
            // Only a closed semaphore has no place, and nobody closes this one.
            let Ok(place) = place else { break };
            if matches!(work, Work::Inbox) {
                self.store.give_way(GIVE_WAY).await;
            }
            let pause = match self.take(work).await {
                Ok(Some(task)) => {
                    let engine = self.clone();
                    under_way.spawn(async move {
                        engine.finish(task).await;
                        drop(place);
                        // What was done may have made work for the others.
                        engine.wake.notify_one();
                    });
                    continue;
                }
                Ok(None) => POLL,
                Err(error) => {
                    tracing::error!(%error, ?work, "the database failed; trying again");
                    AFTER_FAULT
                }
            };
            drop(place);
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        under_way.close();
        under_way.wait().await;
    }

    async fn finish(&self, task: Task) {
        if let Err(error) = self.carry_out(task).await {
            tracing::error!(%error, "the database failed; the work waits for its lease to end");
        }
    }
}
