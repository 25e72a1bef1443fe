//! Tests of the domain that are too long for its files. They need no world: a binary of their own
//! is built and run in a fraction of the time of `it`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod workflow;
