//! Domain values to Markdown and terminal text. Pure.

pub mod comment;
pub mod prompt;
