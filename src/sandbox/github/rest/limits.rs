//! The hourly limit of an installation, as its headers tell it.

use crate::base::{Millis, Timestamp};

/// Requests an hour and installation
/// (`docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api`).
pub(crate) const HOURLY_LIMIT: i64 = 5_000;

/// One hour of one installation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateWindow {
    pub(super) reset: Timestamp,
    pub(super) used: i64,
}

impl RateWindow {
    pub(super) fn starting(now: Timestamp) -> RateWindow {
        RateWindow { reset: now + Millis::hours(1), used: 0 }
    }

    /// The window that holds now: this one, or a new one after its reset.
    pub(super) fn at(self, now: Timestamp) -> RateWindow {
        if self.reset <= now { RateWindow::starting(now) } else { self }
    }

    pub(super) fn remaining(self) -> i64 {
        (HOURLY_LIMIT - self.used).max(0)
    }

    pub(super) fn reset_seconds(self) -> i64 {
        self.reset.0.div_euclid(1_000)
    }

    pub(super) fn headers(self) -> [(&'static str, String); 5] {
        [
            ("x-ratelimit-limit", HOURLY_LIMIT.to_string()),
            ("x-ratelimit-remaining", self.remaining().to_string()),
            ("x-ratelimit-used", self.used.to_string()),
            ("x-ratelimit-reset", self.reset_seconds().to_string()),
            ("x-ratelimit-resource", "core".to_owned()),
        ]
    }
}
