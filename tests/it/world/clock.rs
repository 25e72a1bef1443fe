//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use baton::base::{Clock, Millis, Timestamp};

/// Nine in the morning of a Friday on which all prices of the table hold.
const START: &str = "2026-11-20T09:00:00Z";

/// The time of a world, and for how long of it the machine has slept.
pub(crate) struct TestClock {
    now: AtomicI64,
    slept: AtomicI64,
}

impl TestClock {
    pub(crate) fn new() -> TestClock {
        let now = AtomicI64::new(Timestamp::parse_iso(START).unwrap().0);
        TestClock { now, slept: AtomicI64::new(0) }
    }

    pub(crate) fn advance(&self, by: Millis) {
        self.now.fetch_add(by.0, Ordering::SeqCst);
    }

    /// The machine sleeps: time passes on the clock, and none on its watch.
    pub(crate) fn sleeps(&self, through: Millis) {
        self.slept.fetch_add(through.0, Ordering::SeqCst);
        self.advance(through);
    }

    pub(crate) fn set(&self, to: Timestamp) {
        self.now.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn watch(&self) -> Millis {
        Millis(self.now().0 - self.slept.load(Ordering::SeqCst))
    }
}
