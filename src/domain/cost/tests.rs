use proptest::prelude::*;

use super::*;

fn at(instant: &str) -> Timestamp {
    Timestamp::parse_iso(instant).unwrap()
}

fn today() -> Timestamp {
    at("2026-11-21T12:00:00Z")
}

/// Input, output, cache read, cache write 5 min, cache write 1 h.
fn usage(tokens: [u64; 5]) -> Usage {
    let [input, output, cache_read, cache_write_5m, cache_write_1h] = tokens;
    Usage { input, output, cache_read, cache_write_5m, cache_write_1h }
}

#[track_caller]
fn check(model: &str, tokens: [u64; 5], micros: i64) {
    assert_eq!(price(model, today(), &usage(tokens)).amount(), Some(MicroUsd(micros)));
}

/// Each figure was worked out by hand from the price list.
#[test]
fn requests_are_priced() {
    // 10,000 × $4 + 2,000 × $20 = 40,000 + 40,000.
    check("claude-opus-5-5", [10_000, 2_000, 0, 0, 0], 80_000);
    // 1,000 × 4 + 500 × 20 + 20,000 × 0.2 + 4,000 × 5 + 3,000 × 8 = 4,000 + 10,000 + 4,000 + 20,000 + 24,000.
    check("claude-opus-5-5", [1_000, 500, 20_000, 4_000, 3_000], 62_000);
    check("claude-sonnet-5-5", [1_000_000, 100_000, 0, 0, 0], 3_000_000);
    // One haiku token costs a tenth of a micro-dollar, and is rounded up once per request.
    check("claude-haiku-5-5", [1, 0, 0, 0, 0], 1);
    check("claude-haiku-5-5", [11, 1, 0, 0, 0], 2);
    check("claude-opus-5-5", [0; 5], 0);
    check("claude-haiku-4-5", [1_000, 1_000, 0, 0, 0], 6_000);
    check("claude-opus-5-5-20260922", [1_000, 0, 0, 0, 0], 4_000);
}

/// The whole request is dearer one token above the line, its answer included.
#[test]
fn a_prompt_is_cheap_up_to_the_models_own_line_or_100_000_tokens() {
    for model in ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "nobody-knows"] {
        assert_eq!(cheap_prompt(model, today()), 100_000, "{model}");
    }
}

#[test]
fn haiku_has_a_line_at_100_000_prompt_tokens() {
    // 100,000 × 0.1 + 1,000 × 0.5.
    check("claude-haiku-5-5", [100_000, 1_000, 0, 0, 0], 10_500);
    // 100,001 × 0.5 + 1,000 × 2.5 = 50,000.5 + 2,500, rounded up.
    check("claude-haiku-5-5", [100_001, 1_000, 0, 0, 0], 52_501);
    // Cache tokens count: 40,000 × 0.1 + 50,000 × 0.01 + 10,000 × 0.125 = 4,000 + 500 + 1,250.
    check("claude-haiku-5-5", [40_000, 0, 50_000, 10_000, 0], 5_750);
    // 40,000 × 0.5 + 50,000 × 0.05 + 10,000 × 0.625 + 1 × 1 = 20,000 + 2,500 + 6,250 + 1.
    check("claude-haiku-5-5", [40_000, 0, 50_000, 10_000, 1], 28_751);
    // The answer does not count toward the line.
    check("claude-haiku-5-5", [100_000, 100_000, 0, 0, 0], 60_000);
    check("claude-opus-5-5", [100_001, 0, 0, 0, 0], 400_004);
}

#[test]
fn sonnet_cache_reads_were_cut_on_a_day() {
    let read = usage([0, 0, 100_000, 0, 0]);
    let before = price("claude-sonnet-5-5", at("2026-10-06T23:59:59Z"), &read);
    let after = price("claude-sonnet-5-5", at("2026-10-07T00:00:00Z"), &read);
    let known = |micros, version: &str| Price::Known {
        amount: MicroUsd(micros),
        version: version.to_owned(),
    };
    assert_eq!(before, known(20_000, "claude-sonnet-5-5@2026-09-28"));
    assert_eq!(after, known(10_000, "claude-sonnet-5-5@2026-10-07"));
    let again = price_again("claude-sonnet-5-5@2026-09-28", &read, Terms::default());
    assert_eq!(again, before);
}

#[test]
fn unknown_is_unknown_and_never_nothing() {
    let some = usage([10, 10, 0, 0, 0]);
    for model in ["gpt-x", "", "claude-opus-5-5-preview", "opus"] {
        assert_eq!(price(model, today(), &some), Price::Unknown, "{model}");
    }
    let early = at("2026-09-21T23:59:59Z");
    assert_eq!(price("claude-opus-5-5", early, &some), Price::Unknown);
    assert_eq!(Price::Unknown.to_string(), "unknown");
    let fast = Terms { fast: true, us: false };
    assert_eq!(price_under("claude-sonnet-5-5", today(), &some, fast), Price::Unknown);
}

#[test]
fn terms_multiply() {
    let tokens = usage([10_000, 2_000, 0, 0, 0]);
    let under = |us, fast| {
        price_under("claude-opus-5-5", today(), &tokens, Terms { us, fast }).amount().map(|it| it.0)
    };
    assert_eq!(under(true, false), Some(88_000));
    assert_eq!(under(false, true), Some(160_000));
    assert_eq!(under(true, true), Some(176_000));
}

fn ask(model: &str, prompt_tokens: u64, max_tokens: u32) -> Ask<'_> {
    Ask {
        model,
        at: today(),
        prompt_tokens,
        max_tokens,
        cache: CacheWrites::FiveMinutes,
        terms: Terms::default(),
    }
}

#[test]
fn the_worst_case_is_reserved() {
    // (20,000 × 1.05 + 1,000) × $5 + 16,000 × $20 = 110,000 + 320,000.
    let opus = ask("claude-opus-5-5", 20_000, 16_000);
    assert_eq!(reserve(&opus), Some(MicroUsd(430_000)));
    let hour = Ask { cache: CacheWrites::OneHour, ..opus };
    assert_eq!(reserve(&hour), Some(MicroUsd(496_000)));
    let none = Ask { cache: CacheWrites::None, ..opus };
    assert_eq!(reserve(&none), Some(MicroUsd(408_000)));
    // 94,285 × 1.05 rounds up to 99,000; with the margin 100,000: still below the line.
    // 100,000 × 0.125 + 4,096 × 0.5 = 12,500 + 2,048.
    assert_eq!(reserve(&ask("claude-haiku-5-5", 94_285, 4_096)), Some(MicroUsd(14_548)));
    // One more and the enlarged prompt is over it: 100,001 × 0.625 + 4,096 × 2.5, rounded up.
    assert_eq!(reserve(&ask("claude-haiku-5-5", 94_286, 4_096)), Some(MicroUsd(72_741)));
    assert_eq!(reserve(&ask("gpt-x", 1, 1)), None);
}

#[test]
fn max_tokens_shrink_to_fit() {
    let opus = ask("claude-opus-5-5", 20_000, 16_000);
    let fits = |max_tokens, micros| Fit::Fits { max_tokens, reserved: MicroUsd(micros) };
    assert_eq!(fit(&opus, MicroUsd(430_000)), fits(16_000, 430_000));
    assert_eq!(fit(&opus, MicroUsd(429_999)), fits(15_999, 429_980));
    assert_eq!(fit(&opus, MicroUsd(210_000)), fits(5_000, 210_000));
    // 110,000 + 4,096 × 20.
    assert_eq!(fit(&opus, MicroUsd(191_920)), fits(4_096, 191_920));
    assert_eq!(fit(&opus, MicroUsd(191_919)), Fit::TooDear { needed: MicroUsd(191_920) });
    let short = Ask { max_tokens: 1_000, ..opus };
    assert_eq!(fit(&short, MicroUsd(129_999)), Fit::TooDear { needed: MicroUsd(130_000) });
    assert_eq!(fit(&ask("gpt-x", 1, 1), MicroUsd::dollars(5)), Fit::Unknown);
}

#[test]
fn the_table_reads_and_ages() {
    let table = PriceTable::embedded();
    assert_eq!(table.note(today()), "list price, table of 2026-11-21");
    assert!(!table.is_old(at("2027-01-05T00:00:00Z")));
    assert!(table.is_old(at("2027-01-05T00:00:01Z")));
    for tier in Tier::ALL {
        for model in models_of(tier) {
            assert!(table.row(model, today()).is_some(), "{model} has no price");
            assert_eq!(table.tier_of(model), Some(tier), "{model}");
        }
    }
    assert!(PriceTable::parse("{}").is_err());
    let bad = r#"{"unit": "", "sources": "", "retrieved": "yesterday", "rows": []}"#;
    assert_eq!(
        PriceTable::parse(bad).unwrap_err().to_string(),
        "the price table has `yesterday` where a price or a day should be"
    );
}

proptest! {
    /// What is reserved is never less than what the call can cost.
    #[test]
    fn a_reservation_covers_the_call(
        prompt in 0u64..400_000, cached in 0u64..=100, written in 0u64..=100,
        output in 0u32..20_000, model in prop::sample::select(vec![
            "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"]),
    ) {
        let cache_read = prompt * cached / 100;
        let cache_write_5m = (prompt - cache_read) * written / 100;
        let input = prompt - cache_read - cache_write_5m;
        let cost = price(model, today(), &usage([input, u64::from(output), cache_read, cache_write_5m, 0]));
        let reserved = reserve(&ask(model, prompt, output)).unwrap();
        prop_assert!(cost.amount().unwrap() <= reserved);
    }

    #[test]
    fn no_tokens_overflow(tokens in any::<[u64; 5]>()) {
        prop_assert!(price("claude-opus-5-5", today(), &usage(tokens)).amount().is_some());
    }
}
