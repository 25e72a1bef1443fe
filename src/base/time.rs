//! Time as a value. Only [`SystemClock`] asks the machine what time it is.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time in milliseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// `n` seconds.
    pub const fn seconds(n: i64) -> Millis {
        Millis(n * 1_000)
    }

    /// `n` minutes.
    pub const fn minutes(n: i64) -> Millis {
        Millis(n * 60_000)
    }

    /// `n` hours.
    pub const fn hours(n: i64) -> Millis {
        Millis::minutes(n * 60)
    }

    /// `n` days of 24 hours.
    pub const fn days(n: i64) -> Millis {
        Millis::hours(n * 24)
    }

    /// The same length for the runtime's timers; negative lengths are zero.
    pub fn to_std(self) -> Duration {
        Duration::from_millis(u64::try_from(self.0).unwrap_or(0))
    }
}

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// `2026-11-21`, for file names and front matter.
    pub fn date(self) -> String {
        self.civil().strftime("%Y-%m-%d").to_string()
    }

    /// `2026-11-21T14:02:00Z`, as GitHub writes instants.
    pub fn iso(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `14:02 UTC`, for lines of record in a comment.
    pub fn time_of_day(self) -> String {
        self.civil().strftime("%H:%M UTC").to_string()
    }

    /// `2026-11-21 14:02 UTC`, where the day may be another one.
    pub fn minute(self) -> String {
        self.civil().strftime("%Y-%m-%d %H:%M UTC").to_string()
    }

    /// Reads an instant as GitHub writes them (RFC 3339).
    pub fn parse_iso(text: &str) -> Option<Timestamp> {
        text.parse::<jiff::Timestamp>().ok().map(|it| Timestamp(it.as_millisecond()))
    }

    fn civil(self) -> jiff::civil::DateTime {
        jiff::Timestamp::from_millisecond(self.0)
            .unwrap_or_default()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .datetime()
    }
}

impl Add<Millis> for Timestamp {
    type Output = Timestamp;

    fn add(self, length: Millis) -> Timestamp {
        Timestamp(self.0.saturating_add(length.0))
    }
}

impl Sub for Timestamp {
    type Output = Millis;

    fn sub(self, earlier: Timestamp) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

/// Where the shell gets the time from, so that tests and the demo can move it.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// What a watch shows that nobody sets and that stands while the machine sleeps; only the
    /// difference of two looks means anything. A clock that nobody sets is its own watch.
    fn watch(&self) -> Millis {
        Millis(self.now().0)
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_back() {
        let noon = Timestamp::parse_iso("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(noon.iso(), "2026-11-21T12:00:00Z");
        assert_eq!((noon + Millis::minutes(2)).time_of_day(), "12:02 UTC");
        assert_eq!(noon.date(), "2026-11-21");
        assert_eq!((noon + Millis::days(1)) - noon, Millis::hours(24));
    }
}
