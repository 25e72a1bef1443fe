use proptest::prelude::*;

use super::*;
use crate::domain::classify::{ExplicitSource, Tokens};

/// Seed 1's request.
const SEED: &str = "Design a real-time notification system with WebSocket support,\n\
    Redis pub/sub for scaling, and PostgreSQL persistence";

fn routed(facts: &IssueFacts) -> Recommendation {
    analyse(facts, &RouterSettings::default()).recommendation
}

fn with_tokens(text: &str, remaining: u64) -> IssueFacts {
    IssueFacts { tokens: Some(Tokens::left(remaining)), ..IssueFacts::from_text(text) }
}

#[track_caller]
fn check(facts: &IssueFacts, (opus, sonnet, haiku): (u8, u8, u8), tier: Tier, basis: RouteBasis) {
    let found = routed(facts);
    assert_eq!(found.scores, Scores { opus, sonnet, haiku }, "{facts:?}: {:#?}", found.reasons);
    assert_eq!((found.tier, found.basis), (tier, basis), "{facts:?}");
}

#[test]
fn the_worked_examples_come_out_as_written() {
    use RouteBasis::Score;
    check(&with_tokens(SEED, 180_000), (100, 0, 0), Tier::Opus, Score);
    check(&IssueFacts::from_text(SEED), (100, 0, 0), Tier::Opus, Score);
    let badge = "Implement the notification badge counter in the header component";
    check(&IssueFacts::from_text(badge), (0, 60, 0), Tier::Sonnet, Score);
    let qcheck = "Run QCHECK on the authentication refactor";
    check(&IssueFacts::from_text(qcheck), (80, 0, 0), Tier::Opus, Score);
    let typo = "Fix typo in SECURITY.md";
    check(&IssueFacts::from_text(typo), (0, 70, 100), Tier::Haiku, Score);
}

#[test]
fn rows_count_once_and_shortcuts_count() {
    let text = IssueFacts::from_text;
    use RouteBasis::{Complexity, Score};
    check(&text("QPLAN the export"), (50, 0, 0), Tier::Sonnet, Complexity);
    check(&text("QCODE the export"), (0, 40, 0), Tier::Sonnet, Complexity);
    check(&text("Update and QGIT"), (0, 90, 0), Tier::Sonnet, Score);
    check(&text("Design the design of a design"), (30, 0, 0), Tier::Sonnet, Complexity);
    check(&text("Add tests, run them, fix, test, fix"), (0, 80, 0), Tier::Sonnet, Score);
    check(&text("Fix → test → fix until green"), (0, 100, 0), Tier::Sonnet, Score);
    check(&text("Redesign the architecture"), (30, 0, 0), Tier::Opus, Complexity);
    let stuffed = "architecture design database ".repeat(200);
    check(&text(&stuffed), (30, 0, 0), Tier::Opus, Complexity);
}

#[test]
fn below_the_threshold_opus_loses_and_the_fallback_is_capped() {
    use RouteBasis::{Complexity, Explicit, Score};
    check(&with_tokens(SEED, 49_999), (60, 70, 0), Tier::Sonnet, Score);
    check(&with_tokens(SEED, 50_000), (100, 0, 0), Tier::Opus, Score);
    // Opus rows of 30 alone: 30 - 50 is cut to 0.
    check(&with_tokens("Redesign the architecture", 10), (0, 70, 0), Tier::Sonnet, Score);
    let strict = RouterSettings { confidence_threshold: 80, ..RouterSettings::default() };
    let capped = analyse(&with_tokens("Redesign the architecture", 10), &strict).recommendation;
    assert_eq!((capped.tier, capped.basis), (Tier::Sonnet, Complexity));
    let asked = IssueFacts { model_override: Some(Tier::Opus), ..with_tokens("Login broken", 10) };
    check(&asked, (0, 70, 0), Tier::Opus, Explicit);
}

#[test]
fn a_short_session_is_warned_of_and_told_the_ideal_tier() {
    let warning = routed(&with_tokens(SEED, 30_000)).warning.unwrap();
    assert_eq!((warning.ideal, warning.ideal_score), (Tier::Opus, 100));
    assert_eq!(warning.problem, "30k tokens left, below the 50k that Opus needs");
    assert_eq!(warning.strategies.len(), 3);
    assert_eq!(routed(&with_tokens(SEED, 50_000)).warning, None);
    assert_eq!(routed(&IssueFacts::from_text(SEED)).warning, None);
}

#[test]
fn a_tie_goes_to_the_cheaper_tier() {
    let scores = Scores { haiku: 70, sonnet: 70, opus: 70 };
    assert_eq!(scores.best(), Tier::Haiku);
    assert_eq!(Scores { haiku: 0, ..scores }.best(), Tier::Sonnet);
}

#[test]
fn without_a_score_the_complexity_decides() {
    use RouteBasis::Complexity;
    let stated = |level| IssueFacts {
        explicit: Some((level, ExplicitSource::Label)),
        ..IssueFacts::from_text("Login broken")
    };
    use crate::domain::tier::Complexity as Level;
    check(&stated(Level::Trivial), (0, 0, 50), Tier::Haiku, Complexity);
    check(&stated(Level::Medium), (0, 0, 0), Tier::Sonnet, Complexity);
    check(&stated(Level::Expert), (0, 0, 0), Tier::Opus, Complexity);
    check(&IssueFacts::from_text("Login broken"), (0, 0, 0), Tier::Sonnet, Complexity);
}

#[test]
fn the_task_type_is_the_first_that_holds() {
    use TaskType::{Debugging, Documentation, Implementation, Planning, Review, Testing};
    let is = |text: &str, expected: TaskType| {
        assert_eq!(routed(&IssueFacts::from_text(text)).task_type, expected, "{text}");
    };
    is("Review it with QPLAN", Planning);
    is("Please design the login page", Planning);
    is("feat: plan the export", Planning);
    is("Implement the design of the login page", Implementation);
    is("Analyze the deadlock", Review);
    is("Test the parser", Testing);
    is("Add unit tests for the parser", Testing);
    is("Document the parser", Documentation);
    is("docs: explain the parser", Documentation);
    is("Deadlock in the scheduler", Debugging);
    is("Crash on start", Implementation);
    let labelled = IssueFacts { labels: vec!["Bug".into()], ..IssueFacts::from_text("Crash") };
    assert_eq!(routed(&labelled).task_type, Debugging);
}

#[test]
fn the_action_knows_the_session() {
    let action = |model: Option<&str>| {
        let current_model = model.map(str::to_owned);
        let it = routed(&IssueFacts { current_model, ..IssueFacts::from_text(SEED) });
        (it.action, it.tip.contains("switch back to Sonnet"))
    };
    assert_eq!(action(None), ("Use Opus for comprehensive planning".to_owned(), false));
    assert_eq!(action(Some("claude-opus-5-5")).0, "Stay on Opus for comprehensive planning");
    let from_sonnet = action(Some("Sonnet 4.5"));
    assert_eq!(from_sonnet, ("Switch to Opus for comprehensive planning".to_owned(), true));
}

#[test]
fn a_cost_needs_a_price() {
    assert_eq!(routed(&IssueFacts::from_text(SEED)).cost, None);
    let price = TokenPrice { input: MicroUsd::dollars(4), output: MicroUsd::dollars(20) };
    let settings = RouterSettings { prices: [None, None, Some(price)], ..Default::default() };
    let cost = analyse(&IssueFacts::from_text(SEED), &settings).recommendation.cost.unwrap();
    assert_eq!((cost.low, cost.high), (MicroUsd(112_000), MicroUsd(280_000)));
}

#[test]
fn tokens_read_as_people_say_them() {
    let said = [0, 999, 1_000, 1_550, 180_000, 999_999, 2_000_000].map(thousands);
    assert_eq!(said, ["0", "999", "1k", "1.5k", "180k", "999.9k", "2M"]);
}

proptest! {
    #[test]
    fn any_text_is_scored_and_always_the_same(
        title in "\\PC{0,80}",
        body in any::<String>(),
        label in "\\PC{0,20}",
        files in any::<Option<u32>>(),
        remaining in any::<Option<u64>>(),
    ) {
        let tokens = remaining.map(Tokens::left);
        let facts = IssueFacts { title, body, labels: vec![label], files, tokens, ..IssueFacts::default() };
        let settings = RouterSettings::default();
        let first = analyse(&facts, &settings);
        for tier in Tier::ALL {
            prop_assert!(first.recommendation.scores.of(tier) <= 100);
        }
        prop_assert!(!first.recommendation.bullets.is_empty());
        prop_assert_eq!(first, analyse(&facts, &settings));
    }

    #[test]
    fn markdown_and_keywords_in_any_order_do_no_harm(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "`", "```", "~~~", "<!--", "-->", "[x](", ")", "](", "<a", ">", "\n", "- ", " ", "ß",
                "Fix typo", "design", "10+ files", "no", "schema", "QCHECK", "run", "PostgreSQL",
                "store", "docs:", "src/a.rs", "'", "’s", "1", "日本", "\u{200d}", "(", "|",
            ]),
            0..60,
        )
    ) {
        let facts = IssueFacts::from_text(&parts.concat());
        prop_assert_eq!(
            analyse(&facts, &RouterSettings::default()),
            analyse(&facts, &RouterSettings::default())
        );
    }
}
