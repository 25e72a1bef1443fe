//! The adapter to GitHub. It authenticates, translates and calls; it decides nothing.
//!
//! * [`webhook`]: bytes and headers of a delivery → [`Incoming`](crate::domain::incoming::Incoming).
//!   Pure functions.
//! * [`client`]: the operations Baton needs, in Baton's types: [`client::ReadPort`] for what may be
//!   read, [`client::WritePort`] for the few things that may be written.
//!
//! Both read GitHub's JSON through `wire`, whose fields are never required and never fail on a
//! surprising type: GitHub adds fields and values without notice, and servers that speak its API
//! leave some out. Halves of characters, which no parser takes, are replaced. What Baton cannot do without is asked for by name, where it is needed.

mod branch;
mod lenient;
mod surrogates;
mod wire;
pub mod webhook;
pub mod client;

pub use self::branch::{BadBranch, BatonRef};
