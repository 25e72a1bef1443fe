//! Domain values to text: comments, plan files, prompts, terminal output. Pure.

pub mod prompt;
