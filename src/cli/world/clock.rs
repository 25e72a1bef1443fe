//! A clock that a playground moves: ten minutes of waiting take no time.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::base::{Clock, Millis, SystemClock, Timestamp};

/// A clock that stands still until it is moved, or runs with the machine's and can be moved ahead
/// of it.
#[derive(Debug)]
pub struct MovableClock {
    runs: bool,
    /// The time itself when the clock stands, else how far it is ahead of the machine's.
    millis: AtomicI64,
}

impl MovableClock {
    /// A clock that stands at `at`.
    pub fn standing(at: Timestamp) -> MovableClock {
        MovableClock { runs: false, millis: AtomicI64::new(at.0) }
    }

    /// A clock that runs with the machine's.
    pub fn running() -> MovableClock {
        MovableClock { runs: true, millis: AtomicI64::new(0) }
    }

    /// Lets `length` pass at once.
    pub fn advance(&self, length: Millis) {
        self.millis.fetch_add(length.0.max(0), Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let millis = Millis(self.millis.load(Ordering::SeqCst));
        match self.runs {
            true => SystemClock.now() + millis,
            false => Timestamp(millis.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_moves_forward_only_when_told() {
        let clock = MovableClock::standing(Timestamp(1_000));
        assert_eq!(clock.now(), Timestamp(1_000));
        clock.advance(Millis::seconds(2));
        clock.advance(Millis(-5));
        assert_eq!(clock.now(), Timestamp(3_000));

        let clock = MovableClock::running();
        let before = clock.now();
        clock.advance(Millis::days(1));
        assert!(before + Millis::days(1) <= clock.now());
    }
}
