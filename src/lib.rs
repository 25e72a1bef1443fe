//! Baton carries a GitHub issue from "opened" to "done" with the cheapest model that can do each
//! step, and proves what it cost.
//!
//! A webhook is *written down, then decided, then done*: [`http`] stores it in the inbox,
//! [`engine`] loads the issue, asks the pure function [`domain::workflow::decide`] what follows,
//! commits state, history and effects in one transaction, and then performs the effects.
//!
//! Modules stand in reading order; a module uses only modules above it (`tests/tidy.rs` holds
//! this).

pub mod base;
pub mod domain;
pub mod render;
pub mod settings;
pub mod github;
pub mod llm;
pub mod scout;
pub mod store;
pub mod engine;
pub mod http;
pub mod sandbox;
pub mod app;
pub mod cli;
