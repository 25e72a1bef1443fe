//! What is known about calls of each level: P(actual level | the level the table gave), measured.
//!
//! Measured with `examples/measure_prior.rs` on 362 issues of SWE-bench Verified for which people
//! had rated the time a fix takes (development part, split by repository; none of them took over
//! four hours). The rating has no row for every level: under 15 minutes is read as trivial or
//! simple, up to an hour as medium, longer as complex or expert. How much of a band each of its
//! two levels gets comes from 55 tasks of another repository that carry all five names.
//!
//! The table's words say little about difficulty, and the numbers show it: they stay close to the
//! overall shares whatever the level. That is why they stand beside the level.

use super::Basis;
use crate::domain::tier::Complexity;

/// Rated issues by the level the table gave (row) and the time people said it takes (column):
/// under 15 minutes, under an hour, longer.
const RATED: [[u32; 3]; 5] = [[0, 2, 0], [120, 145, 21], [8, 11, 3], [15, 28, 5], [2, 2, 0]];

/// How many rated issues the overall shares weigh as, so that a row of four does not claim much.
const PRIOR_WEIGHT: u32 = 20;

/// How the outer bands are divided, from the tasks that name all five levels, each count plus one:
/// 4 trivial to 25 simple, 3 complex to 0 expert.
const TRIVIAL_TO_SIMPLE: (u32, u32) = (5, 26);
const COMPLEX_TO_EXPERT: (u32, u32) = (4, 1);

/// How probable each level is, and how much that rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prior {
    /// Thousandths for each level, in the order of [`Complexity::ALL`]; they add up to 1000.
    pub permille: [u16; 5],
    /// How many rated issues the table gave this level; 0 when the level was stated, not found.
    pub n: u32,
}

impl Prior {
    /// The prior of a level that was found on `basis`. A stated level is certain: it is a decision.
    pub(super) fn of(level: Complexity, basis: Basis) -> Prior {
        match basis {
            Basis::Explicit => {
                let permille = Complexity::ALL.map(|it| if it == level { 1000 } else { 0 });
                Prior { permille, n: 0 }
            }
            Basis::Signals | Basis::NoSignal | Basis::Language => measured(level),
        }
    }

    /// The thousandths of one level.
    pub fn of_level(&self, level: Complexity) -> u16 {
        Complexity::ALL.iter().zip(self.permille).find(|it| *it.0 == level).map_or(0, |it| it.1)
    }
}

fn measured(level: Complexity) -> Prior {
    let row = Complexity::ALL.iter().zip(RATED).find(|it| *it.0 == level).map_or([0; 3], |it| it.1);
    let total: u32 = RATED.iter().flatten().sum();
    let n: u32 = row.iter().sum();
    // Everything is a share of the same whole, so that integers are exact until the last step.
    let band = |k: usize| {
        let overall: u32 = RATED.iter().map(|it| it[k]).sum();
        row[k] * total + PRIOR_WEIGHT * overall
    };
    let whole = (n + PRIOR_WEIGHT) * total;
    // Rounded to the nearest thousandth; the middle band takes what rounding leaves over.
    let share = |count: u32, part: u32, of: u32| {
        let below = u64::from(whole) * u64::from(of);
        (u64::from(count) * u64::from(part) * 2000 + below) / (2 * below)
    };
    let divide =
        |k: usize, (a, b): (u32, u32)| (share(band(k), a, a + b), share(band(k), b, a + b));
    let (trivial, simple) = divide(0, TRIVIAL_TO_SIMPLE);
    let (complex, expert) = divide(2, COMPLEX_TO_EXPERT);
    let medium = 1000 - trivial - simple - complex - expert;
    let permille =
        [trivial, simple, medium, complex, expert].map(|it| u16::try_from(it).unwrap_or(0));
    Prior { permille, n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(level: Complexity, basis: Basis, expected: ([u16; 5], u32)) {
        let prior = Prior::of(level, basis);
        assert_eq!((prior.permille, prior.n), expected);
        assert_eq!(prior.permille.iter().sum::<u16>(), 1000);
    }

    #[test]
    fn a_found_level_is_as_probable_as_was_measured() {
        check(Complexity::Trivial, Basis::Signals, ([59, 305, 563, 58, 15], 2));
        check(Complexity::Simple, Basis::NoSignal, ([67, 351, 508, 59, 15], 286));
        check(Complexity::Medium, Basis::Language, ([61, 320, 509, 88, 22], 22));
        check(Complexity::Complex, Basis::Signals, ([55, 284, 564, 78, 19], 48));
        check(Complexity::Expert, Basis::Signals, ([67, 350, 517, 53, 13], 4));
    }

    #[test]
    fn a_stated_level_is_certain() {
        check(Complexity::Complex, Basis::Explicit, ([0, 0, 0, 1000, 0], 0));
    }
}
