//! Domain values to the texts people and models read. Pure.

pub mod plan;
pub mod state_md;
