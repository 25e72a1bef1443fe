use super::*;
use crate::domain::classify::Tokens;

#[track_caller]
fn check(text: &str, (opus, sonnet, haiku): (u8, u8, u8), tier: Tier) {
    let found = analyse(&IssueFacts::from_text(text), &RouterSettings::default());
    assert_eq!(found.recommendation.scores, Scores { opus, sonnet, haiku }, "{text}: {found:#?}");
    assert_eq!(found.recommendation.tier, tier, "{text}");
}

#[test]
fn the_worked_examples_come_out_as_written() {
    check(
        "Implement the notification badge counter in the header component",
        (0, 60, 0),
        Tier::Sonnet,
    );
    check("Run QCHECK on the authentication refactor", (80, 0, 0), Tier::Opus);
    check("Fix typo in SECURITY.md", (0, 70, 100), Tier::Haiku);
    let seed = "Design a real-time notification system with WebSocket support,\nRedis pub/sub for scaling, and PostgreSQL persistence";
    check(seed, (100, 0, 0), Tier::Opus);
}
