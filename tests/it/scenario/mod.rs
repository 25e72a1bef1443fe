//! Whole stories: people act on GitHub, and the test reads what they see.

mod approval;
mod deliveries;
mod ends;
mod labels;
mod limits;
mod github_trouble;
mod modes;
mod planning;
mod provider;
mod questions;
mod repository;
mod rights;
mod secrets;
mod waiting;
mod words;
