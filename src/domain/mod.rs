//! Everything the product *decides*. Pure: no clock, no network, no database, no randomness.
//!
//! Modules stand in reading order: the words first, then the rules, then the machine.

pub mod tier;
pub mod permission;
pub mod conversation;
pub mod incoming;
pub mod reading;
pub mod hygiene;
pub mod classify;
pub mod route;
pub mod command;
pub mod policy;
pub mod plan;
pub mod tasks;
pub mod diff;
pub mod guard;
pub mod security;
pub mod verdict;
pub mod cost;
pub mod budget;
pub mod report;
pub mod handoff;
pub mod scorecard;
pub mod session;
pub mod workflow;
pub mod buttons;
pub mod references;
pub mod bots;
