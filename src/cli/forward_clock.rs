//! The clock of the service: the machine's, as long as nobody sets that back. Ahead it is followed;
//! what that must not do to runs is the engine's to mend, by the watch beside it.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::base::{Clock, Millis, Timestamp};

/// A clock that never goes back while the process runs. Somebody who sets the machine's clock back
/// an hour would else hold up for an hour whatever waits for a moment: the next write, the next
/// try, a lease. It goes on at nine tenths of its pace until the machine has caught up.
#[derive(Debug)]
pub(super) struct ForwardClock<C> {
    clock: C,
    began: Instant,
    /// The newest time that was told, and when by a watch that nobody sets.
    newest: Mutex<(Timestamp, Instant)>,
}

impl<C: Clock> ForwardClock<C> {
    /// One that follows `clock`.
    pub(super) fn new(clock: C) -> ForwardClock<C> {
        let began = instant();
        let newest = Mutex::new((clock.now(), began));
        ForwardClock { clock, began, newest }
    }
}

impl<C: Clock> Clock for ForwardClock<C> {
    fn now(&self) -> Timestamp {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, at) = *newest;
        let least = told + Millis(since(at).0 / 10 * 9);
        let now = self.clock.now().max(least);
        // Short steps would be lost to rounding.
        if told < now {
            *newest = (now, instant());
        }
        now
    }

    fn watch(&self) -> Millis {
        since(self.began)
    }
}

fn since(at: Instant) -> Millis {
    Millis(i64::try_from((instant() - at).as_millis()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
fn instant() -> Instant {
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
        assert!(clock.watch() < Millis::minutes(1), "nobody sets the watch");
    }
}
