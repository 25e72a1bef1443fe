//! The imperative shell: *load → decide → commit → perform*. It is the only place where the domain
//! meets the world.
//!
//! - `handle`: an inbox row becomes events (`ingest`), facts are gathered (`facts`), the workflow
//!   decides, and one transaction keeps the outcome.
//! - `actor`: whose act an event is.
//! - `branches`: which branch an issue's work stands on; `lives`: what a reopened issue forgets.
//! - `halt`: the operator's kill switch; `leap`: a machine that slept.
//! - `ci`: what GitHub reports of a commit is judged, for the stage that waits for it.
//! - `perform`: an effect of the outbox is done on GitHub or in the store, under its key.
//! - `planner`: a run, planner or implementer, gets its next turn, stored before the one after it begins.
//! - `money`: what an issue costs and may cost.
//! - `handoffs`: which decision hands work over, and what came of it.
//! - `upkeep`: what nobody asks for: calls whose worker is gone are booked, caches stay small.
//! - [`Engine::step`] does one of these; [`Engine::run`] (`run`) goes on until it is told to stop.

mod actor;
mod bots;
mod branches;
mod ci;
mod edits;
mod facts;
mod feedback;
mod halt;
mod handle;
mod handoffs;
mod head;
mod held_answers;
mod included;
mod ingest;
mod installation;
mod internal;
mod leap;
mod lease;
mod money;
mod nameless;
mod news;
mod lives;
mod merges;
mod own_events;
mod paced;
mod pause;
mod perform;
mod plan_base;
mod plan_head;
mod presses;
mod pull_text;
mod planner;
mod related;
mod retention;
mod reviews;
mod pushes;
mod run;
mod said;
mod starts;
mod threads;
mod ticks;
mod unused;
mod upkeep;
mod view;
mod words;

pub use self::handoffs::{outcome_of, prompt_of};
pub use self::leap::Leaps;
pub use self::view::router_settings;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::base::Clock;
use crate::domain::bots::HeardBots;
use crate::domain::hygiene::Secrets;
use crate::domain::policy::{KillSwitch, Policy};
use crate::engine::lease::LEASE;
use crate::github::client::App;
use crate::llm::Model;
use crate::store::{Claim, ClaimedEffect, ClaimedRun, LaneLease, Store, StoreError};

/// How many timers fire at once.
const TIMERS_AT_ONCE: i64 = 100;

/// The handle under which the words stand why a run could not begin or be told something.
const TROUBLE: &str = "trouble";

/// The handle under which the last order to plan stands, for a retry.
const ASK: &str = "ask";

/// The handle under which the hash of a parked change and its run stand, apart by a blank.
const ASKS_YES: &str = "asks-yes";

/// The handle under which the words stand why an approval of the plan could not be dismissed.
const APPROVALS: &str = "approvals";

/// The handle under which the pull request stands that Baton has pushed code to.
const CODE_PUSHED: &str = "code-pushed";

/// The handle under which the commit stands that moved the plan to the completed ones.
const COMPLETED_AT: &str = "completed-at";

/// The handle under which the guard's findings about the newest changes stand, as JSON.
const GUARD_FINDINGS: &str = "guard-findings";

/// The handle under which STATE.md stands as the last run left it that was stopped or gave up, as
/// JSON.
const STATE_MD: &str = "state-md";

/// The handle under which the files stand, as JSON, that differed from the base when the branch was
/// looked at or written last.
const CHANGED_FILES: &str = "changed-files";

/// The handle under which the files stand, as JSON, that people changed under the newest run whose own
/// changes of them were not pushed.
const OVERTAKEN_FILES: &str = "overtaken-files";

/// The handle under which the files stand, as JSON, that Baton's own pushes changed.
const PUSHED_FILES: &str = "pushed-files";

/// The handle under which the paths stand that matter to security in what was built, as JSON.
const SECURITY_PATHS: &str = "security-paths";

/// The handle under which the texts stand that runs have read by people without write access.
const OUTSIDE_TEXTS: &str = "outside-texts";

/// The handle under which it stands whose words make a parked change wait.
const OUTSIDE: &str = "guard-outside";

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
    /// How the clock stood to its watch when somebody looked last.
    pub leaps: Leaps,
    /// What the server's settings allow every repository.
    pub policy: Policy,
    /// What the operator has stopped.
    pub kill_switch: KillSwitch,
    /// The bots that are heard.
    pub bots: HeardBots,
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
    /// How long a process that is asked to stop waits for a call to a model before it leaves the
    /// call's outcome unknown.
    pub call_grace: Duration,
    /// Told (`notify_one`) when something was written down. One task listens, so that no call is
    /// lost, and passes it on to all that look for work.
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

impl Work {
    const ALL: [Work; 4] = [Work::Timers, Work::Inbox, Work::Outbox, Work::Runs];
}

/// One piece of work that this worker has claimed.
enum Task {
    /// Timers became events; nothing is left to do for it.
    Fired,
    Lane(LaneLease),
    Effect(ClaimedEffect),
    Run(Box<ClaimedRun>),
}

impl Engine {
    /// Does one piece of work, if there is one: fires timers, handles one lane, performs one
    /// effect, or gives one run its next turns. Tests step the engine with this.
    ///
    /// # Errors
    /// The database's; GitHub's and the provider's faults are kept with the work and tried again.
    pub async fn step(&self) -> Result<bool, StoreError> {
        for work in Work::ALL {
            if let Some(task) = self.take(work).await? {
                self.carry_out(task).await?;
                return Ok(true);
            }
        }
        Ok(self.book_abandoned_calls().await?
            || self.look_at_handoffs().await?
            || self.forget_what_is_past().await?)
    }

    /// Claims the next piece of work of a kind.
    async fn take(&self, work: Work) -> Result<Option<Task>, StoreError> {
        self.leapt().await?;
        Ok(match work {
            Work::Timers => self.fire_timers().await?.then_some(Task::Fired),
            Work::Inbox => self.store.claim_lane(self.claim()).await?.map(Task::Lane),
            Work::Outbox => self.store.claim_effect(self.claim()).await?.map(Task::Effect),
            Work::Runs => {
                self.store.claim_run(self.claim()).await?.map(|it| Task::Run(Box::new(it)))
            }
        })
    }

    async fn carry_out(&self, task: Task) -> Result<(), StoreError> {
        match task {
            Task::Fired => Ok(()),
            Task::Lane(lease) => self.handle_lane(lease).await,
            Task::Effect(claimed) => self.perform_effect(&claimed).await,
            Task::Run(claimed) => self.advance_run(*claimed).await,
        }
    }

    /// Turns due timers into events.
    async fn fire_timers(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if !self.store.has_due_timers(now).await? {
            return Ok(false);
        }
        Ok(0 < self.store.fire_due_timers(now, TIMERS_AT_ONCE).await?)
    }

    fn claim(&self) -> Claim<'_> {
        Claim { worker: &self.worker, now: self.clock.now(), lease: LEASE }
    }
}
