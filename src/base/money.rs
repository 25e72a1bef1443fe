//! Money as an integer number of micro-dollars. There is no floating point in a bill.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Millionths of a US dollar.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: MicroUsd = MicroUsd(0);

    /// Whole dollars.
    pub const fn dollars(dollars: i64) -> MicroUsd {
        MicroUsd(dollars.saturating_mul(1_000_000))
    }

    /// What is left of `self` after `spent`; never below zero.
    pub fn less(self, spent: MicroUsd) -> MicroUsd {
        MicroUsd(self.0.saturating_sub(spent.0).max(0))
    }

    /// Reads `5`, `5.25` or `$5.25`; at most six decimals.
    pub fn parse(text: &str) -> Option<MicroUsd> {
        let text = text.strip_prefix('$').unwrap_or(text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || 6 < fraction.len() {
            return None;
        }
        let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
        whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros).map(MicroUsd)
    }
}

/// Two decimals; four below ten cents, so that a cheap run does not read as free.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        if micros == 0 || 100_000 <= micros {
            let cents = micros.saturating_add(5_000) / 10_000;
            write!(f, "{sign}${}.{:02}", cents / 100, cents % 100)
        } else {
            let tenths_of_cents = micros.div_ceil(100);
            write!(f, "{sign}$0.{tenths_of_cents:04}")
        }
    }
}

impl Add for MicroUsd {
    type Output = MicroUsd;

    fn add(self, other: MicroUsd) -> MicroUsd {
        MicroUsd(self.0.saturating_add(other.0))
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: MicroUsd) {
        *self = *self + other;
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = MicroUsd>>(items: I) -> MicroUsd {
        items.fold(MicroUsd::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(micros: i64, expected: &str) {
        assert_eq!(MicroUsd(micros).to_string(), expected);
    }

    #[test]
    fn amounts_read_like_a_bill() {
        check(0, "$0.00");
        check(840_000, "$0.84");
        check(12_345_678, "$12.35");
        check(99_990, "$0.1000");
        check(1, "$0.0001");
        check(-5_000_000, "-$5.00");
    }

    #[test]
    fn amounts_are_parsed_without_floats() {
        assert_eq!(MicroUsd::parse("5"), Some(MicroUsd::dollars(5)));
        assert_eq!(MicroUsd::parse("$0.25"), Some(MicroUsd(250_000)));
        for bad in ["", "$", "-1", "1e3", "1.", ".5", "1.0000001", "nan"] {
            assert_eq!(MicroUsd::parse(bad), None, "{bad}");
        }
    }
}
