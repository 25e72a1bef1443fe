//! The client against a small server on a real port.

mod authentication;
mod ci;
mod files;
mod operations;
mod renamed;
mod reviews;
pub(super) mod server;
mod transport;
