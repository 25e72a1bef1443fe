//! The integration tests, one binary.

mod model_box;
