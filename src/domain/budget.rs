//! Being written.
use crate::base::MicroUsd;

/// The most one run may cost by default.
pub const RUN_LIMIT: MicroUsd = MicroUsd::dollars(2);
