//! Domain values to Markdown and terminal text.

pub mod help;
