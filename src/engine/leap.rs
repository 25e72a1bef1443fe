//! A machine that slept, or whose clock was set ahead: the time that passed on the clock is far more
//! than anybody had to work in. A model cannot have given a sign of life meanwhile, so its silence is
//! not counted: what watches over live runs is put off by the difference. Everything that people or
//! other machines are waited for goes by the clock, as theirs did.
//!
//! Nor is what this worker holds anybody's for the taking, itself included: it slept in the middle of
//! it and goes on. A run that it claimed again would pay for the call in flight once more.
//!
//! Every worker notices a leap for itself before it takes up anything. Where two processes on one
//! database sleep through the same night, what the first has put off the second leaves alone; a short
//! sleep may count twice, which calls nobody too early.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::base::{Clock, Millis, Timestamp};
use crate::domain::workflow::{TimerKind, WATCHED_MOST};
use crate::engine::Engine;
use crate::store::{Leap, StoreError};

/// The clock may gain this much on the watch between two looks: corrections of a clock that is a
/// little off are smaller, and no patience is so short that they would matter to it (`workflow.md`).
const LEAP_MOST: Millis = Millis::seconds(60);

/// What clock and watch showed when they were looked at last, shared by all that look for work.
#[derive(Clone)]
pub struct Leaps(Arc<Mutex<Looked>>);

#[derive(Clone, Copy)]
struct Looked {
    now: Timestamp,
    watch: Millis,
    /// By how much the clock has leapt since the process began.
    leapt: Millis,
}

impl Leaps {
    /// From now on.
    pub fn of(clock: &dyn Clock) -> Leaps {
        let looked = Looked { now: clock.now(), watch: clock.watch(), leapt: Millis(0) };
        Leaps(Arc::new(Mutex::new(looked)))
    }
}

impl Engine {
    /// Looks at clock and watch, puts off what watches over live runs if the clock has leapt, and
    /// tells by how much it has in all. Others wait meanwhile, so that nothing is taken up between
    /// the leap and its mending.
    pub(super) async fn leapt(&self) -> Result<Millis, StoreError> {
        let mut looked = self.leaps.0.lock().await;
        let (now, watch) = (self.clock.now(), self.clock.watch());
        let ahead = Millis((now - looked.now).0 - (watch.0 - looked.watch.0));
        let mut leapt = looked.leapt;
        if LEAP_MOST < ahead {
            tracing::warn!(seconds = ahead.0 / 1_000, "the clock leapt ahead; runs get that long");
            let kinds = TimerKind::ALL.into_iter().filter(|it| it.watches_a_run());
            let kinds: Vec<&str> = kinds.map(TimerKind::name).collect();
            let (worker, since) = (self.worker.as_str(), looked.now);
            let (patience, length) = (WATCHED_MOST, ahead);
            let leap = Leap { worker, kinds: &kinds, patience, since, length, now };
            self.store.make_good(&leap).await?;
            leapt.0 += ahead.0;
        }
        *looked = Looked { now, watch, leapt };
        Ok(leapt)
    }
}
