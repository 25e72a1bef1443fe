//! Domain values to text for people: Markdown for GitHub, lines for the terminal. Pure.

pub mod terminal;
pub mod analysis;
