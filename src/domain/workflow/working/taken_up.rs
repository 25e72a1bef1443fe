//! Work that was laid down is taken up where it stood: what is built already is not built, and not
//! paid, a second time.

use super::{checking, retry};
use crate::domain::workflow::decision::{Decision, Draft};
use crate::domain::workflow::wish::Wish;
use crate::domain::workflow::work::{Doing, Work};

/// Takes up again what failed or was stopped. A commit whose checks were awaited is looked at again,
/// which costs nothing; anything else begins with a fresh run.
pub(in crate::domain::workflow) fn take_up(
    draft: Draft<'_>,
    (work, awaited): (&Work, Option<&Doing>),
    wish: &Wish<'_>,
) -> Decision {
    match awaited {
        Some(doing @ Doing::Checking { .. }) => checking::look_again(draft, work, doing, wish),
        Some(Doing::Building { .. } | Doing::Pushing { .. } | Doing::ByHand) | None => {
            retry(draft, work.clone(), wish)
        }
    }
}
