//! x
use super::turn::Turn;
use serde_json::Value;
/// x
pub fn next_turn(_request: &Value) -> Turn {
    Turn::text("x")
}
