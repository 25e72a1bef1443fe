//! Runs of every role: a run is claimed, given its next turns one by one, and laid
//! down again when it asks, waits or ends. Each turn is stored before the next begins, so that a
//! crash pays at most for the call in flight a second time.
//!
//! - `brief`, `comments`: what a planner begins with; `task`: what an implementer does; `inspect`: what test-
//!   and review-agent do.
//! - `snapshot`, `tools`: the files, and what the tools do with them. An implementer's edits are
//!   made once more from its transcript by whoever goes on with it.
//! - `call`, `patience`, `limit`, `size`: one call of a model, waiting for others, and for more
//!   money; a conversation that is too large to go on.
//! - `outcome`, `finished`, `handing`: how a turn ends a run: a plan, a finished task, a failure, a
//!   last note.

mod brief;
mod built;
mod call;
mod comments;
mod finished;
mod handing;
mod inspect;
mod left;
mod limit;
mod outcome;
mod patience;
mod size;
mod snapshot;
mod task;
mod tools;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{MicroUsd, Millis, Sha, Timestamp};
use crate::domain::reading::Reading;
use crate::domain::session::{self, Brief, Entry, Step};
use crate::domain::tier::Role;
use crate::engine::Engine;
use crate::engine::lease::Held;
use crate::scout::{Edits, Snapshot};
use crate::store::{self, ClaimError, ClaimedRun, Parking, RunStatus, StoreError};

pub(super) use self::brief::{Order, as_read, clean, text_hash};
pub(super) use self::built::{changed_between, changed_of, is_untouched};
pub(super) use self::comments::are_there;
pub(super) use self::finished::{TaskResult, revision_of};
pub(super) use self::inspect::FINDINGS_TITLE;
pub(super) use self::patience::Patience;
pub(super) use self::snapshot::Trouble;

/// A gap in a run's transcript longer than this was nobody's work, and is not the run's time.
const GAP: Millis = Millis::minutes(1);

/// What a run begins with, as stored: the session's brief and what the engine needs beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredBrief {
    pub(super) session: Brief,
    /// The commit the plan is made on; of an implementer the head of the branch as it began.
    pub(super) base_sha: Sha,
    /// The most the run may cost.
    pub(super) money: MicroUsd,
    /// What a task was expected to cost at the most; of other runs nothing is known.
    #[serde(default)]
    pub(super) estimate: Option<MicroUsd>,
    /// What was asked, so that a retry can ask it again.
    pub(super) ask: crate::domain::workflow::Ask,
    /// Hash of the text as the run reads it.
    pub(super) text_hash: String,
    /// What a planner reads of the issue and its comments; of other runs nothing is told.
    #[serde(default)]
    pub(super) reading: Option<Reading>,
}

impl StoredBrief {
    /// What is left of it once the run's transcript is deleted: nothing that the model was told.
    pub(super) fn without_prompts(mut self) -> StoredBrief {
        self.session.system.clear();
        self.session.tools.clear();
        self.session.opening.clear();
        self
    }

    /// Whether the run's transcript and prompts are gone.
    pub(super) fn is_forgotten(&self) -> bool {
        self.session.opening.is_empty()
    }
}

/// What one turn came to.
enum Turn {
    /// There is more to do at once.
    GoOn,
    /// The run was laid down or has ended.
    LaidDown,
}

/// A claimed run with what its turns need.
struct Live {
    claimed: ClaimedRun,
    brief: StoredBrief,
    snapshot: Arc<Snapshot>,
    /// What the run has changed so far.
    edits: Edits,
    /// By how much the clock had leapt when this turn began.
    leapt: Millis,
}

impl Engine {
    /// Gives a run turns until it is laid down.
    pub(super) async fn advance_run(&self, claimed: ClaimedRun) -> Result<(), StoreError> {
        let run = claimed.run.id.clone();
        let turns = Box::pin(self.take_turns(claimed.clone()));
        match self.while_holding(Held::Run(&claimed), turns).await {
            // Stale: the run was stopped, or another worker has it; what this one did is recorded.
            Ok(()) | Err(ClaimError::Stale) => Ok(()),
            Err(ClaimError::Conflict(what)) => {
                tracing::error!(%run, what, "a run's turn was stored before; leaving it");
                Ok(())
            }
            Err(ClaimError::Store(error)) => Err(error),
        }
    }

    async fn take_turns(&self, claimed: ClaimedRun) -> Result<(), ClaimError> {
        let Ok(brief) = serde_json::from_value::<StoredBrief>(claimed.run.brief.clone()) else {
            let why = "its brief was written by another version".to_owned();
            return self.give_up(&claimed, outcome::unreadable(why)).await;
        };
        self.assume_lost_calls(&claimed).await?;
        if self.kill_switch.stops(claimed.run.installation) {
            return self.lay_down_for_good(&claimed).await;
        }
        let snapshot = match self.snapshot(&claimed.run, &brief.base_sha).await {
            Ok(snapshot) => {
                self.calm_down(&claimed.run, Patience::Repository).await?;
                Arc::new(snapshot)
            }
            Err(trouble) => return self.after_snapshot_trouble(&claimed, trouble).await,
        };
        let mut live = Live { claimed, brief, snapshot, edits: Edits::default(), leapt: Millis(0) };
        live.edits = self.edits_again(&live).await?;
        while let Turn::GoOn = self.turn(&mut live).await? {
            if self.stop.is_cancelled() || self.store.is_held(&live.claimed.run.id).await? {
                return self.lay_down(&live.claimed).await;
            }
        }
        Ok(())
    }

    /// Lays a run down for the next worker, because this process is stopping, or for when it is let
    /// go on.
    async fn lay_down(&self, claimed: &ClaimedRun) -> Result<(), ClaimError> {
        self.lay_down_until(claimed, self.clock.now()).await
    }

    async fn lay_down_until(&self, claimed: &ClaimedRun, due: Timestamp) -> Result<(), ClaimError> {
        let parking = Parking {
            status: RunStatus::Ready,
            due,
            reason: None,
            internal: None,
            questions: Vec::new(),
        };
        self.store.park_run(claimed, &parking).await
    }

    /// Calls whose outcome nobody wrote down were in flight when a worker crashed: they may have
    /// been billed, so they stay booked at what was set aside for them.
    async fn assume_lost_calls(&self, claimed: &ClaimedRun) -> Result<(), ClaimError> {
        for open in self.store.open_reservations(&claimed.run.id).await? {
            let why = "the process ended while the call was in flight";
            self.store.assume(&open.id, why, self.clock.now()).await?;
        }
        Ok(())
    }

    async fn turn(&self, live: &mut Live) -> Result<Turn, ClaimError> {
        live.leapt = self.leapt().await?;
        let Some(entries) = self.transcript(live).await? else {
            let why = "its transcript was written by another version".to_owned();
            self.give_up(&live.claimed, outcome::unreadable(why)).await?;
            return Ok(Turn::LaidDown);
        };
        let now = self.clock.now();
        match session::next(&live.brief.session, &entries, now) {
            Step::Call(request) => match self.rests_after_note(live, &entries).await? {
                Some(turn) => Ok(turn),
                None => self.call(live, &entries, request).await,
            },
            Step::RunTools(calls) => {
                let Some((results, edits)) = self.run_tools(live, calls).await? else {
                    // Nothing of it is stored: whoever goes on with the run reads again.
                    self.lay_down(&live.claimed).await?;
                    return Ok(Turn::LaidDown);
                };
                let at = self.clock.now();
                self.append_awake(live, entries.len(), &Entry::ToolsRan { results, at }).await?;
                live.edits = edits;
                Ok(Turn::GoOn)
            }
            Step::Ask(questions) => {
                self.ask(live, &entries, &questions).await?;
                Ok(Turn::LaidDown)
            }
            Step::Submit { call_id, input } => match live.brief.session.role {
                Role::Planner => self.submitted(live, entries.len(), call_id, input).await,
                Role::Implementer => self.says_done(live, entries.len(), call_id).await,
                Role::TestAgent | Role::ReviewAgent => {
                    self.reports(live, entries.len(), (call_id, &input)).await
                }
            },
            Step::End(ending) => {
                self.ended(live, &entries, ending).await?;
                Ok(Turn::LaidDown)
            }
        }
    }

    /// What the run had changed when it was laid down: its successful edits, made once more.
    async fn edits_again(&self, live: &Live) -> Result<Edits, ClaimError> {
        match live.brief.session.role {
            Role::Planner | Role::TestAgent | Role::ReviewAgent => return Ok(Edits::default()),
            Role::Implementer => {}
        }
        let stored = self.store.entries(&live.claimed.run.id).await?;
        let read = |it: store::Entry| serde_json::from_value::<Entry>(it.entry).ok();
        let entries: Vec<Entry> = stored.into_iter().filter_map(read).collect();
        let editings = session::edits_made(&live.brief.session, &entries);
        Ok(tools::make_again(live, editings).await)
    }

    /// The stored transcript, with what people said since and, after a pause, a mark that the time
    /// in between was not the run's. `None` when it does not read.
    async fn transcript(&self, live: &Live) -> Result<Option<Vec<Entry>>, ClaimError> {
        let stored = self.store.entries(&live.claimed.run.id).await?;
        let mut entries = Vec::with_capacity(stored.len() + 1);
        for row in stored {
            let Ok(entry) = serde_json::from_value::<Entry>(row.entry) else { return Ok(None) };
            entries.push(entry);
        }
        let told = self.store.pending_inputs(&live.claimed.run.id).await?;
        let now = self.clock.now();
        if !told.is_empty() {
            let texts: Vec<&str> = told.iter().map(|it| it.text.as_str()).collect();
            let entry = Entry::Told { text: texts.join("\n\n"), at: now };
            self.append_reading(live, entries.len(), &entry, &told).await?;
            entries.push(entry);
        } else if GAP < now - entries.last().map_or(live.brief.session.started_at, Entry::at) {
            let entry = Entry::Resumed { at: now };
            self.append(live, entries.len(), &entry).await?;
            entries.push(entry);
        }
        Ok(Some(entries))
    }

    /// Appends what took its time to come. A machine that slept meanwhile has not worked so long.
    async fn append_awake(&self, live: &Live, seq: usize, entry: &Entry) -> Result<(), ClaimError> {
        if self.leapt().await? <= live.leapt {
            return self.append(live, seq, entry).await;
        }
        self.append(live, seq, &Entry::Resumed { at: entry.at() }).await?;
        self.append(live, seq + 1, entry).await
    }

    async fn append(&self, live: &Live, seq: usize, entry: &Entry) -> Result<(), ClaimError> {
        self.append_reading(live, seq, entry, &[]).await
    }

    async fn append_reading(
        &self,
        live: &Live,
        seq: usize,
        entry: &Entry,
        read: &[store::Told],
    ) -> Result<(), ClaimError> {
        let row = store::Entry {
            seq: i64::try_from(seq).unwrap_or(i64::MAX),
            entry: json!(entry),
            at: entry.at(),
        };
        self.store.append_entry(&live.claimed, &row, read).await
    }
}
