//! Whole stories: people act on GitHub, and the test reads what they see.

mod approval;
mod budget;
mod building;
mod building_fails;
mod by_hand;
mod ci;
mod deliveries;
mod ends;
mod github_trouble;
mod inspecting;
mod labels;
mod limits;
mod merged_plan;
mod modes;
mod planning;
mod provider;
mod questions;
mod races;
mod repository;
mod reviews;
mod rights;
mod secrets;
mod trespass;
mod waiting;
mod whole;
mod words;
