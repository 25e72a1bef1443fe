//! The client for model providers: one trait, [`Model`], and [`Anthropic`] behind it.
//!
//! It is thin on purpose. Usage and cache tokens are the product, and they are returned as the
//! provider counted them. It never retries: the engine persists backoff, so that a wait survives a
//! restart and every try is booked. What it adds to an HTTP call is the answer to two questions
//! about a failure: is it worth trying again ([`LlmError::retryable`]), and may it have cost money
//! ([`LlmError::may_have_been_billed`])?
//!
//! ```text
//! Request --wire--> JSON --anthropic--> bytes --sse--> events --stream--> JSON --wire--> Answer
//! ```
//!
//! - `anthropic`: the HTTP call; where it may go and how long it may take.
//! - `wire`: our conversation to and from the Messages API, with the cache breakpoints.
//! - `sse`: bytes to server-sent events.
//! - `stream`: events to the message they describe.
//! - `error`: what can go wrong, and what follows from it.

mod error;
mod sse;
mod wire;
mod stream;
mod anthropic;

use async_trait::async_trait;

use crate::domain::conversation::{Answer, Request};

pub use self::anthropic::{Anthropic, AnthropicSettings, SettingsError};
pub use self::error::{Advice, LlmError};

/// A provider of models, as the agent loop sees it.
#[async_trait]
pub trait Model: Send + Sync {
    /// Makes one call. Dropping the future abandons the call; whether it was billed is then
    /// unknown, as after a timeout.
    async fn complete(&self, request: &Request) -> Result<Answer, LlmError>;

    /// How many prompt tokens the request would have: the provider's count, or an upper bound where
    /// the provider has no such endpoint. Costs nothing.
    async fn count_tokens(&self, request: &Request) -> Result<u64, LlmError>;
}
