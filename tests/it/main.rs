//! The integration tests, one binary.

mod demo_planner;
mod model_box;
mod store;
