//! What building a plan would cost, as a range that says what it rests on. Without a history of
//! the repository it rests on assumptions that stand here to be read.

use crate::base::{MicroUsd, Timestamp};
use crate::domain::conversation::Usage;
use crate::domain::cost::{cheap_prompt, models_of, price};
use crate::domain::plan::Plan;
use crate::domain::tier::Complexity;

/// Tokens that a task of a level takes at least and at most: prompt tokens not cached, prompt
/// tokens read from the cache, answer tokens. Seed 2 counts 75,000 tokens for a feature of several
/// files, read again from the cache in each turn.
fn tokens(level: Complexity) -> [Usage; 2] {
    let usage = |input, cache_read, output| Usage { input, cache_read, output, ..Usage::default() };
    match level {
        Complexity::Trivial => [usage(6_000, 10_000, 500), usage(15_000, 60_000, 2_000)],
        Complexity::Simple => [usage(10_000, 40_000, 1_500), usage(25_000, 200_000, 5_000)],
        Complexity::Medium => [usage(20_000, 150_000, 4_000), usage(50_000, 700_000, 14_000)],
        Complexity::Complex => [usage(30_000, 300_000, 8_000), usage(80_000, 1_500_000, 30_000)],
        Complexity::Expert => [usage(40_000, 400_000, 10_000), usage(100_000, 2_000_000, 40_000)],
    }
}

/// The most that one task of a level would cost on `model`, at the list prices of `now`: what is
/// dearer was not foreseen. `None` when its price is unknown.
pub fn estimate_task(level: Complexity, model: &str, now: Timestamp) -> Option<MicroUsd> {
    let [_, most] = tokens(level);
    price_of_run(&most, model, now)
}

/// What a run of so many tokens costs: they are those of many requests, none of them so large that
/// it is dear by its size.
fn price_of_run(tokens: &Usage, model: &str, now: Timestamp) -> Option<MicroUsd> {
    let requests = tokens.prompt() / cheap_prompt(model, now) + 1;
    let one = Usage {
        input: tokens.input / requests,
        cache_read: tokens.cache_read / requests,
        output: tokens.output / requests,
        ..Usage::default()
    };
    let amount = price(model, now, &one).amount()?;
    Some(MicroUsd(amount.0.saturating_mul(i64::try_from(requests).unwrap_or(i64::MAX))))
}

/// The least and the most that the plan's tasks would cost on the tiers they go to, at the list
/// prices of `now`, and what that rests on. `None` when a price is unknown.
pub fn estimate(plan: &Plan, now: Timestamp) -> Option<(MicroUsd, MicroUsd, String)> {
    let mut total = [MicroUsd::ZERO; 2];
    for task in &plan.tasks {
        let model = models_of(task.tier()).first()?;
        for (sum, usage) in total.iter_mut().zip(tokens(task.complexity)) {
            *sum += price_of_run(&usage, model, now)?;
        }
    }
    let n = plan.tasks.len();
    let tasks = if n == 1 { "1 task".to_owned() } else { format!("{n} tasks") };
    let basis = format!("list price for {tasks} on the tiers above; no history here yet");
    Some((total[0], total[1], basis))
}
