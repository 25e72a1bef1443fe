//! What tokens cost. Each request is priced on its own (a long-context threshold looks at one
//! request), in integers, rounded up to the micro-dollar once per request; sums are sums of priced
//! requests. A model without a row has the price *unknown*, never $0, and is not called under a
//! money limit.
//!
//! Before a call its worst case is reserved ([`reserve`], [`fit`]); after it, [`price`] settles.

mod estimate;
mod table;

use std::fmt;

use crate::base::{MicroUsd, Timestamp};
use crate::domain::conversation::Usage;
use crate::domain::tier::Tier;

pub use self::estimate::{estimate, estimate_task};
pub use self::table::{BadTable, PriceTable, Rates, Row, TABLE_AGE_MAX};

/// `max_tokens` is not shrunk below this to fit a limit: an answer that short is a cut answer.
pub const MAX_TOKENS_MIN: u32 = 4_096;

/// Tokens added to every counted prompt when reserving: the count is an estimate of the provider.
const PROMPT_MARGIN_TOKENS: u128 = 1_000;

/// One million: tokens per price, and the unit of multipliers.
const MILLION: u128 = 1_000_000;

/// Up to where a prompt is cheap for a model that has no such line of its own: the size at which a
/// fresh conversation is cheaper (`domain.md`, Handoff).
const CHEAP_TOKENS: u64 = 100_000;

/// Up to how many tokens a prompt of `model` is cheap at `at`.
pub fn cheap_prompt(model: &str, at: Timestamp) -> u64 {
    let row = PriceTable::embedded().row(model, at);
    row.and_then(|it| it.long.as_ref()).map_or(CHEAP_TOKENS, |it| it.0.min(CHEAP_TOKENS))
}

/// What one request cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    /// Priced with a row.
    Known {
        /// The amount, rounded up.
        amount: MicroUsd,
        /// The row's version, for the ledger.
        version: String,
    },
    /// There is no row for this model at that time.
    Unknown,
}

impl Price {
    /// The amount, when it is known.
    pub fn amount(&self) -> Option<MicroUsd> {
        match self {
            Price::Known { amount, .. } => Some(*amount),
            Price::Unknown => None,
        }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Price::Known { amount, .. } => amount.fmt(f),
            Price::Unknown => f.write_str("unknown"),
        }
    }
}

/// Terms of a request that multiply its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Inference pinned to the US.
    pub us: bool,
    /// The fast mode.
    pub fast: bool,
}

/// Which prompt cache a request writes to: it decides the dearest price a prompt token can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheWrites {
    /// None.
    None,
    /// The five-minute cache.
    FiveMinutes,
    /// The one-hour cache, alone or beside the other.
    OneHour,
}

/// A request that is about to be made, at its largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The model asked for.
    pub model: &'a str,
    /// When.
    pub at: Timestamp,
    /// The prompt's tokens as counted before the call.
    pub prompt_tokens: u64,
    /// The most tokens the answer may have.
    pub max_tokens: u32,
    /// Which cache it writes to.
    pub cache: CacheWrites,
    /// What multiplies its price.
    pub terms: Terms,
}

/// How a request fits into what is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It may be made with this `max_tokens`, and this much is reserved.
    Fits {
        /// The answer's limit, at most the one asked for.
        max_tokens: u32,
        /// The worst case at that limit.
        reserved: MicroUsd,
    },
    /// Even the shortest useful answer might pass the limit.
    TooDear {
        /// What the shortest one would reserve.
        needed: MicroUsd,
    },
    /// The price is unknown; under a money limit the model is not called.
    Unknown,
}

/// What a request to `model` that used `usage` at `at` cost, under standard terms.
pub fn price(model: &str, at: Timestamp, usage: &Usage) -> Price {
    price_under(model, at, usage, Terms::default())
}

/// What it cost under `terms`. Terms that the row has no multiplier for make it unknown.
pub fn price_under(model: &str, at: Timestamp, usage: &Usage, terms: Terms) -> Price {
    PriceTable::embedded().row(model, at).map_or(Price::Unknown, |row| row.price(usage, terms))
}

/// What the same tokens cost by the row of a ledger entry.
pub fn price_again(version: &str, usage: &Usage, terms: Terms) -> Price {
    PriceTable::embedded().version(version).map_or(Price::Unknown, |row| row.price(usage, terms))
}

/// The most that `ask` can cost: (counted prompt × 1.05 + 1,000) at the dearest prompt price of
/// this request, and `max_tokens` at the output price, in the band that the enlarged prompt falls
/// into. `None` when the price is unknown.
pub fn reserve(ask: &Ask<'_>) -> Option<MicroUsd> {
    let row = PriceTable::embedded().row(ask.model, ask.at)?;
    let prompt = (u128::from(ask.prompt_tokens) * 105).div_ceil(100) + PROMPT_MARGIN_TOKENS;
    let rates = row.band(prompt);
    let mut dearest = rates.input.max(rates.cache_read);
    dearest = match ask.cache {
        CacheWrites::None => dearest,
        CacheWrites::FiveMinutes => dearest.max(rates.cache_write_5m),
        CacheWrites::OneHour => dearest.max(rates.cache_write_5m).max(rates.cache_write_1h),
    };
    let parts = [(prompt, dearest), (u128::from(ask.max_tokens), rates.output)];
    row.multiplied(total(&parts), ask.terms)
}

/// Shrinks `ask.max_tokens`, to not less than [`MAX_TOKENS_MIN`], until the worst case fits into
/// `left`.
pub fn fit(ask: &Ask<'_>, left: MicroUsd) -> Fit {
    let Some(whole) = reserve(ask) else { return Fit::Unknown };
    if whole <= left {
        return Fit::Fits { max_tokens: ask.max_tokens, reserved: whole };
    }
    let reserved_at = |max_tokens: u32| reserve(&Ask { max_tokens, ..*ask }).unwrap_or(whole);
    let (mut fits, mut too_dear) = (ask.max_tokens.min(MAX_TOKENS_MIN), ask.max_tokens);
    let needed = reserved_at(fits);
    if left < needed {
        return Fit::TooDear { needed };
    }
    // The worst case grows with max_tokens, so halving finds the largest that fits.
    while 1 < too_dear - fits {
        let middle = fits + (too_dear - fits) / 2;
        if reserved_at(middle) <= left { fits = middle } else { too_dear = middle }
    }
    Fit::Fits { max_tokens: fits, reserved: reserved_at(fits) }
}

/// The prices that hold for a short prompt to `model` at `at`, per million tokens.
pub fn rates(model: &str, at: Timestamp) -> Option<Rates> {
    PriceTable::embedded().row(model, at).map(|row| row.rates)
}

/// The version of the price row that holds for `model` at `at`.
pub fn version(model: &str, at: Timestamp) -> Option<String> {
    PriceTable::embedded().row(model, at).map(|row| row.version.clone())
}

/// The models that play on a tier, first choice first. Which one answered is stored beside which
/// one was asked for; a change is never silent.
pub fn models_of(tier: Tier) -> &'static [&'static str] {
    match tier {
        Tier::Opus => &["claude-opus-5-5", "claude-opus-5"],
        Tier::Sonnet => &["claude-sonnet-5-5", "claude-sonnet-5"],
        Tier::Haiku => &["claude-haiku-5-5", "claude-haiku-4-5"],
    }
}

impl Row {
    /// What `usage` costs by this row.
    pub fn price(&self, usage: &Usage, terms: Terms) -> Price {
        let Usage { input, output, cache_read, cache_write_5m, cache_write_1h } = *usage;
        let prompt = [input, cache_read, cache_write_5m, cache_write_1h];
        let rates = self.band(prompt.into_iter().map(u128::from).sum());
        let parts = [
            (u128::from(input), rates.input),
            (u128::from(output), rates.output),
            (u128::from(cache_read), rates.cache_read),
            (u128::from(cache_write_5m), rates.cache_write_5m),
            (u128::from(cache_write_1h), rates.cache_write_1h),
        ];
        match self.multiplied(total(&parts), terms) {
            Some(amount) => Price::Known { amount, version: self.version.clone() },
            None => Price::Unknown,
        }
    }

    /// The prices for a prompt of this many tokens.
    fn band(&self, prompt_tokens: u128) -> Rates {
        match self.long {
            Some((over, rates)) if u128::from(over) < prompt_tokens => rates,
            Some(_) | None => self.rates,
        }
    }

    /// Millionths of micro-dollars to micro-dollars, rounded up, under `terms`.
    fn multiplied(&self, total: u128, terms: Terms) -> Option<MicroUsd> {
        let factor = |wanted: bool, it: Option<MicroUsd>| {
            if wanted { it.map(|it| u128::from(it.0.unsigned_abs())) } else { Some(MILLION) }
        };
        let total = total.saturating_mul(factor(terms.us, self.us)?);
        let total = total.saturating_mul(factor(terms.fast, self.fast)?);
        let micros = total.div_ceil(MILLION * MILLION * MILLION);
        Some(MicroUsd(i64::try_from(micros).unwrap_or(i64::MAX)))
    }
}

/// Tokens times prices per million tokens: millionths of micro-dollars.
fn total(parts: &[(u128, MicroUsd)]) -> u128 {
    parts.iter().map(|(tokens, rate)| tokens * u128::from(rate.0.unsigned_abs())).sum()
}

#[cfg(test)]
mod tests;
