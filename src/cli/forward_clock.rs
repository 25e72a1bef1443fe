//! The clock of the service: the machine's, as long as nobody sets that back.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::base::{Clock, Millis, Timestamp};

/// A clock that never goes back while the process runs. Somebody who sets the machine's clock back
/// an hour would else hold up for an hour whatever waits for a moment: the next write, the next
/// try, a lease. It goes on at nine tenths of its pace until the machine has caught up.
#[derive(Debug)]
pub(super) struct ForwardClock<C> {
    clock: C,
    /// The newest time that was told, and when by a watch that nobody sets.
    newest: Mutex<(Timestamp, Instant)>,
}

impl<C: Clock> ForwardClock<C> {
    /// One that follows `clock`.
    pub(super) fn new(clock: C) -> ForwardClock<C> {
        let newest = Mutex::new((clock.now(), watch()));
        ForwardClock { clock, newest }
    }
}

impl<C: Clock> Clock for ForwardClock<C> {
    fn now(&self) -> Timestamp {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, at) = *newest;
        let elapsed = i64::try_from((watch() - at).as_millis()).unwrap_or(i64::MAX);
        let least = told + Millis(elapsed / 10 * 9);
        let now = self.clock.now().max(least);
        // Short steps would be lost to rounding.
        if told < now {
            *newest = (now, watch());
        }
        now
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
fn watch() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Set(AtomicI64);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_clock_that_is_set_back_goes_on() {
        let clock = ForwardClock::new(Set::default());
        let set = |to: Millis| clock.clock.0.store(to.0, Ordering::Relaxed);
        set(Millis::hours(5));
        assert_eq!(clock.now(), Timestamp(0) + Millis::hours(5));
        set(Millis::hours(4));
        let (back, later) = (clock.now(), clock.now());
        assert!(Timestamp(0) + Millis::hours(5) <= back && back <= later);
        assert!(later < Timestamp(0) + Millis::hours(5) + Millis::minutes(1));
        set(Millis::hours(6));
        assert_eq!(clock.now(), Timestamp(0) + Millis::hours(6), "ahead it follows at once");
    }
}
