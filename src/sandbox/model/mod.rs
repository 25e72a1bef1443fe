//! A model in a box: an Anthropic-compatible server on 127.0.0.1 that costs nothing and is strict.
//!
//! It answers `POST /v1/messages` (streamed or plain), `POST /v1/messages/count_tokens` and
//! `GET /v1/models`, refuses what the provider refuses, counts tokens and keeps a prompt cache, and
//! writes down every call, so that tests can compare Baton's ledger with the provider's books and
//! look for secrets in what was sent.
//!
//! What it says comes from two places. A **script** holds turns per model line; with an empty
//! script the **mode** decides: [`Mode::Script`] fails the call and remembers it, [`Mode::Planner`]
//! asks the deterministic planner of [`planner`], or the [`implementer`] where the request offers
//! `task_done`. Test-agent and review-agent have a script of their own; with that empty the
//! [`inspector`] reports, in both modes. All look at nothing but the request.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! # use std::sync::Arc;
//! # use baton::base::SystemClock;
//! use baton::sandbox::model::{Fault, Mode, ModelConfig, ModelServer, Turn, reads, says};
//!
//! let model = ModelServer::start(ModelConfig::new(Mode::Script, Arc::new(SystemClock))).await?;
//! model.opus().will([reads("src/lib.rs"), Turn::fault(Fault::Overloaded), says("Done.")]);
//! // … Baton talks to `model.base_url()` …
//! assert_eq!(model.problems(), Vec::<String>::new());
//! # Ok(()) }
//! ```

mod turn;
mod tokens;
mod rules;
mod reply;
mod state;
mod server;
pub mod planner;
pub mod implementer;
pub mod inspector;

pub use self::server::{Line, Mode, ModelConfig, ModelServer};
pub use self::state::{Call, Charge};
pub use self::tokens::Used;
pub use self::turn::{
    Ending, Fault, Part, Reply, Strike, Turn, asks, creates, deletes, edits, finds, greps, lists,
    moves, notes, reads, refuses, says, searches, submits, task_done,
};
