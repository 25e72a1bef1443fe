//! The sandbox is tried as a client would: over HTTP, with webhooks received on a port.

mod access;
mod bed;
mod checks;
mod ci;
mod client;
mod compare;
mod conversation;
mod faults;
mod fields;
mod git;
mod graphql;
mod moves;
mod merges;
mod published;
mod pushes;
mod reviews;
mod webhooks;

use self::bed::Bed;
