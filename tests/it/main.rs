//! The integration tests: one binary, one module per subject.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod crash;
mod demo_planner;
mod faults;
mod intake;
mod model_box;
mod origin;
mod playground;
mod process;
mod scenario;
mod start;
mod store;
mod tour;
mod workers;
mod world;
