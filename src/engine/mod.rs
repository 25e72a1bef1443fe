//! The imperative shell: *load → decide → commit → perform*. It is the only place where the domain
//! meets the world.
//!
//! - `handle`: an inbox row becomes events (`ingest`), facts are gathered (`facts`), the workflow
//!   decides, and one transaction keeps the outcome.
//! - `perform`: an effect of the outbox is done on GitHub or in the store, under its key.
//! - `planner`: a run gets its next turn, stored before the one after it begins.
//! - [`Engine::step`] does one of these; [`Engine::run`] goes on until it is told to stop.

mod facts;
mod handle;
mod ingest;
mod internal;
mod own_events;
mod perform;
mod planner;
mod view;

pub use self::view::router_settings;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::base::{Clock, Millis};
use crate::domain::hygiene::Secrets;
use crate::domain::policy::Policy;
use crate::github::client::App;
use crate::llm::Model;
use crate::store::{Claim, Store, StoreError};

/// A worker that is not heard of for this long has crashed, and its work may be taken over. Longer
/// than any single call to GitHub may take.
const LEASE: Millis = Millis::minutes(2);
/// How often the engine looks for work when nobody wakes it.
const POLL: Duration = Duration::from_millis(500);
/// How long to wait after the database failed, before asking it again.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// How many effects and lanes are worked on side by side. Both wait for GitHub most of the time.
const WORKERS: usize = 8;
/// How many timers fire at once.
const TIMERS_AT_ONCE: i64 = 100;

/// The handle under which the words stand why a run could not begin or be told something.
const TROUBLE: &str = "trouble";

/// What the engine works with.
#[derive(Clone)]
pub struct Engine {
    /// What happened, where each issue stands, what must be done.
    pub store: Store,
    /// The App on GitHub.
    pub github: App,
    /// The model provider, when there is a key.
    pub model: Option<Arc<dyn Model>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What the server's settings allow every repository.
    pub policy: Policy,
    /// The secrets of the settings, which leave in no text.
    pub secrets: Arc<Secrets>,
    /// Where snapshots of repositories are cached.
    pub snapshots: PathBuf,
    /// Where people read repositories: `https://github.com`.
    pub web_url: String,
    /// A name unique to this start of the process: leases carry it.
    pub worker: String,
    /// Cancelled when the process is asked to stop.
    pub stop: CancellationToken,
    /// Told when something was written down.
    pub wake: Arc<Notify>,
}

/// The kinds of work, in the order a single step looks for them.
#[derive(Clone, Copy, Debug)]
enum Work {
    Timers,
    Inbox,
    Outbox,
    Runs,
}

/// One bell for each kind of work. A ring wakes one worker that rests; if it finds work it rings
/// again, so that as many wake as there is work, and not all of them for nothing.
#[derive(Default)]
struct Bells {
    timers: Notify,
    inbox: Notify,
    outbox: Notify,
    runs: Notify,
}

impl Bells {
    fn of(&self, work: Work) -> &Notify {
        match work {
            Work::Timers => &self.timers,
            Work::Inbox => &self.inbox,
            Work::Outbox => &self.outbox,
            Work::Runs => &self.runs,
        }
    }

    /// Timers are left out: time makes them due, not work.
    fn ring(&self) {
        for work in [Work::Inbox, Work::Outbox, Work::Runs] {
            self.of(work).notify_one();
        }
    }
}

impl Engine {
    /// Does one piece of work, if there is one: fires timers, handles one lane, performs one
    /// effect, or gives one run its next turn. Tests step the engine with this.
    ///
    /// # Errors
    /// The database's; GitHub's and the provider's faults are kept with the work and tried again.
    pub async fn step(&self) -> Result<bool, StoreError> {
        for work in [Work::Timers, Work::Inbox, Work::Outbox, Work::Runs] {
            if self.work(work).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Works until told to stop. What is under way then is finished if it is quick; a call
    /// to a model is left to its lease, because it may outlive any grace.
    pub async fn run(&self) {
        let bells = Arc::new(Bells::default());
        let mut tasks = tokio::task::JoinSet::new();
        for i in 0..WORKERS {
            for work in [Work::Inbox, Work::Outbox, Work::Runs] {
                let engine = Engine { worker: format!("{}/{i}", self.worker), ..self.clone() };
                tasks.spawn(engine.keep_working(work, Arc::clone(&bells)));
            }
        }
        tasks.spawn(self.clone().keep_working(Work::Timers, Arc::clone(&bells)));
        tasks.spawn(self.clone().keep_ringing(bells));
        while tasks.join_next().await.is_some() {}
    }

    async fn keep_working(self, work: Work, bells: Arc<Bells>) {
        while !self.stop.is_cancelled() {
            match self.work(work).await {
                // What was done may have made work for the others, and there may be more of it.
                Ok(true) => bells.ring(),
                Ok(false) => {
                    tokio::select! {
                        () = self.stop.cancelled() => return,
                        () = bells.of(work).notified() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, ?work, "the database failed; trying again");
                    tokio::select! {
                        () = self.stop.cancelled() => return,
                        () = tokio::time::sleep(AFTER_FAULT) => {}
                    }
                }
            }
        }
    }

    /// Rings when something was written down, and now and then for what time alone made due.
    async fn keep_ringing(self, bells: Arc<Bells>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
            bells.timers.notify_one();
            bells.ring();
        }
    }

    async fn work(&self, work: Work) -> Result<bool, StoreError> {
        match work {
            Work::Timers => {
                let fired = self.store.fire_due_timers(self.clock.now(), TIMERS_AT_ONCE).await?;
                Ok(0 < fired)
            }
            Work::Inbox => self.handle_lane().await,
            Work::Outbox => self.perform_effect().await,
            Work::Runs => self.advance_run().await,
        }
    }

    fn claim(&self) -> Claim<'_> {
        Claim { worker: &self.worker, now: self.clock.now(), lease: LEASE }
    }
}
