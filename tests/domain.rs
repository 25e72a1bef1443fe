//! Tests of the domain that are too long for its files. They need no world: a binary of their own
//! is built and run in a fraction of the time of `it`.

mod workflow;
