//! Whole stories: people act on GitHub, and the test reads what they see.

mod approval;
mod building;
mod by_hand;
mod ci;
mod deliveries;
mod ends;
mod github_trouble;
mod inspecting;
mod labels;
mod limits;
mod modes;
mod planning;
mod provider;
mod questions;
mod repository;
mod rights;
mod secrets;
mod waiting;
mod whole;
mod words;
