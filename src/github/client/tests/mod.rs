//! The client against a small server on a real port.

mod authentication;
mod operations;
mod renamed;
pub(super) mod server;
mod transport;
