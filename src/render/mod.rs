//! Domain values to Markdown and terminal text. Pure.

pub mod analysis;
pub mod check;
pub mod comment;
pub mod handoff;
pub mod help;
pub mod inspection;
pub mod plan;
pub mod prompt;
pub mod review;
pub mod state_md;
pub mod terminal;
