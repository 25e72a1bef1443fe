//! What the box remembers: the scripts, the strikes, every call and the provider's books.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;

use super::rules::Memory;
use super::tokens::{Cache, Used};
use super::turn::{Strike, Turn};

/// One call as it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The `request-id` that the answer carried.
    pub request_id: String,
    /// The path, `/v1/messages` for one.
    pub path: String,
    /// The model asked for.
    pub model: String,
    /// The body; `null` when it was no JSON.
    pub body: Value,
    /// The status that was answered; `None` for a call that was never answered.
    pub status: Option<u16>,
    /// Why it was refused, if it was.
    pub refused: Option<String>,
}

/// One line of the provider's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The `request-id` of the call.
    pub request_id: String,
    /// The model that worked.
    pub model: String,
    /// What it used.
    pub used: Used,
}

/// Everything behind the lock.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) scripts: HashMap<String, VecDeque<Turn>>,
    pub(super) strikes: HashMap<usize, Strike>,
    /// Answers that wait to be let go, by the number of their call.
    pub(super) kept_back: HashMap<usize, Arc<Notify>>,
    pub(super) calls: Vec<Call>,
    pub(super) books: Vec<Charge>,
    pub(super) unscripted: Vec<String>,
    pub(super) cache: Cache,
    pub(super) memory: Memory,
    /// Calls of `/v1/messages` so far: what strikes count.
    pub(super) messages: usize,
}

impl State {
    /// What is wrong at the end of a test: calls nobody scripted, turns nobody asked for, requests
    /// that the provider would have refused.
    pub(super) fn problems(&self) -> Vec<String> {
        let refused = self.calls.iter().filter_map(|call| {
            let why = call.refused.as_ref()?;
            Some(format!("{} was refused: {why}", call.path))
        });
        let mut lines: Vec<&String> = self.scripts.keys().collect();
        lines.sort();
        let unread = lines.into_iter().flat_map(|line| {
            let turns = self.scripts[line].iter();
            turns.map(move |turn| format!("{line} was never asked for: {}", turn.describe()))
        });
        self.unscripted.iter().cloned().chain(refused).chain(unread).collect()
    }
}
