//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use baton::base::{Clock, Millis, Timestamp};

/// Nine in the morning of a Friday on which all prices of the table hold.
const START: &str = "2026-11-20T09:00:00Z";

/// The time of a world.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> TestClock {
        TestClock(AtomicI64::new(Timestamp::parse_iso(START).unwrap().0))
    }

    pub(crate) fn advance(&self, by: Millis) {
        self.0.fetch_add(by.0, Ordering::SeqCst);
    }

    pub(crate) fn set(&self, to: Timestamp) {
        self.0.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
