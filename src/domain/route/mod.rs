//! Facts and complexity to a recommended tier: the Model Router Analysis.
//!
//! Each tier has a score from 0 to 100, a sum of rows (`scores`) that each count once. An
//! explicit model wins; else the highest score, if it reaches the threshold; else the tier of the
//! complexity. Ties go to the cheaper tier. A score is a score and not a probability.
//!
//! What people read, task type, reasons, action and tip, comes from the one template table in
//! `wording`.

mod scores;
mod wording;

pub use self::wording::TaskType;
pub use self::wording::thousands;

use crate::base::MicroUsd;
use crate::domain::classify::{Basis, Classification, IssueFacts, Reason, classify};
use crate::domain::tier::{Complexity, Tier};

/// What the router can be told. [`RouterSettings::default`] holds the documented defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterSettings {
    /// The least score, in points of 100, that decides by itself.
    pub confidence_threshold: u8,
    /// The tokens that must be left in a session for Opus to be worth it.
    pub opus_threshold_tokens: u64,
    /// List prices by tier, in the order of [`Tier::ALL`]; an unknown one stays `None`.
    pub prices: [Option<TokenPrice>; 3],
}

impl Default for RouterSettings {
    fn default() -> RouterSettings {
        RouterSettings {
            confidence_threshold: 60,
            opus_threshold_tokens: 50_000,
            prices: [None; 3],
        }
    }
}

/// The list price of a model, for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPrice {
    /// A million prompt tokens.
    pub input: MicroUsd,
    /// A million answer tokens.
    pub output: MicroUsd,
}

/// The score of each tier, in points of 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// For Haiku.
    pub haiku: u8,
    /// For Sonnet.
    pub sonnet: u8,
    /// For Opus.
    pub opus: u8,
}

impl Scores {
    /// The score of one tier.
    pub fn of(self, tier: Tier) -> u8 {
        match tier {
            Tier::Haiku => self.haiku,
            Tier::Sonnet => self.sonnet,
            Tier::Opus => self.opus,
        }
    }

    /// The tier with the highest score; the cheaper one of equals.
    fn best(self) -> Tier {
        let ahead = |best: Tier, it: Tier| if self.of(best) < self.of(it) { it } else { best };
        Tier::ALL.into_iter().fold(Tier::Haiku, ahead)
    }
}

/// What decided the tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteBasis {
    /// A score reached the threshold.
    Score,
    /// No score did; the complexity decided.
    Complexity,
    /// Somebody asked for this tier.
    Explicit,
}

impl RouteBasis {
    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            RouteBasis::Score => "score",
            RouteBasis::Complexity => "complexity",
            RouteBasis::Explicit => "explicit",
        }
    }
}

/// The session of the asker, shown back to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Its tokens, when given.
    pub tokens: Option<crate::domain::classify::Tokens>,
    /// Its model, as they name it. Foreign text: escape it before showing it.
    pub model: Option<String>,
}

/// What is said when the session has too few tokens left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenWarning {
    /// What is the matter.
    pub problem: String,
    /// What can be done about it, best first.
    pub strategies: Vec<String>,
    /// The tier that fits when tokens are left out of the account.
    pub ideal: Tier,
    /// Its score without token rows.
    pub ideal_score: u8,
}

/// What planning this on the recommended tier may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostRange {
    /// The lower end.
    pub low: MicroUsd,
    /// The upper end.
    pub high: MicroUsd,
}

impl CostRange {
    /// What the range rests on.
    pub const BASIS: &'static str =
        "20k to 50k tokens at list price, a tenth of them output; no finished runs here yet";
}

/// Which tier should do the work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// The kind of work.
    pub task_type: TaskType,
    /// The tier.
    pub tier: Tier,
    /// The scores.
    pub scores: Scores,
    /// What decided.
    pub basis: RouteBasis,
    /// Why, as a tree: one branch for each tier, its rows below it.
    pub reasons: Reason,
    /// The reasons of the recommended tier in sentences, for people.
    pub bullets: Vec<String>,
    /// What to do.
    pub action: String,
    /// What to do after that.
    pub tip: String,
    /// The warning, when tokens run short.
    pub warning: Option<TokenWarning>,
    /// The cost, when the price is known.
    pub cost: Option<CostRange>,
    /// The asker's session.
    pub session: Session,
}

impl Recommendation {
    /// The score of the recommended tier, in points of 100.
    pub fn score(&self) -> u8 {
        self.scores.of(self.tier)
    }
}

/// Everything the router says about a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// How hard it is.
    pub classification: Classification,
    /// Who should do it.
    pub recommendation: Recommendation,
}

/// Classifies and routes in one step.
pub fn analyse(facts: &IssueFacts, settings: &RouterSettings) -> Analysis {
    let classification = classify(facts);
    let recommendation = route(facts, &classification, settings);
    Analysis { classification, recommendation }
}

/// Recommends a tier.
pub fn route(
    facts: &IssueFacts,
    classification: &Classification,
    settings: &RouterSettings,
) -> Recommendation {
    let rows = scores::rows(facts, classification, settings);
    let scores = scores::sum(&rows);
    let short = is_short(facts, settings);
    let (tier, basis) = choose(facts, classification, settings, scores, short);
    let task_type = wording::task_type(classification);
    let bullets = wording::bullets(&rows, tier, basis, classification, settings);
    let current = facts.current_model.as_deref().and_then(named_tier);
    let (action, tip) = wording::advice(task_type, tier, current);
    Recommendation {
        task_type,
        tier,
        scores,
        basis,
        reasons: scores::tree(&rows, scores),
        bullets,
        action,
        tip,
        warning: short.then(|| warning(facts, classification, settings)).flatten(),
        cost: cost(settings, tier),
        session: Session { tokens: facts.tokens, model: facts.current_model.clone() },
    }
}

/// Whether tokens are given and fewer than Opus needs.
fn is_short(facts: &IssueFacts, settings: &RouterSettings) -> bool {
    facts.tokens.is_some_and(|it| it.remaining < settings.opus_threshold_tokens)
}

fn choose(
    facts: &IssueFacts,
    classification: &Classification,
    settings: &RouterSettings,
    scores: Scores,
    short: bool,
) -> (Tier, RouteBasis) {
    if let Some(tier) = facts.model_override {
        return (tier, RouteBasis::Explicit);
    }
    let best = scores.best();
    if settings.confidence_threshold <= scores.of(best) {
        return (best, RouteBasis::Score);
    }
    let tier = match classification.basis {
        // Nothing is known: the middle is the safe place.
        Basis::NoSignal | Basis::Language => Tier::Sonnet,
        Basis::Explicit | Basis::Signals => classification.level.tier(),
    };
    (if short { tier.min(Tier::Sonnet) } else { tier }, RouteBasis::Complexity)
}

/// The warning and the tier that would fit if tokens were no matter.
fn warning(
    facts: &IssueFacts,
    classification: &Classification,
    settings: &RouterSettings,
) -> Option<TokenWarning> {
    let remaining = facts.tokens?.remaining;
    let without_tokens = IssueFacts {
        tokens: None,
        model_override: None,
        title: String::new(),
        body: String::new(),
        ..facts.clone()
    };
    let scores = scores::sum(&scores::rows(&without_tokens, classification, settings));
    let (ideal, _) = choose(&without_tokens, classification, settings, scores, false);
    let (problem, strategies) =
        wording::token_warning(remaining, settings.opus_threshold_tokens, ideal);
    Some(TokenWarning { problem, strategies, ideal, ideal_score: scores.of(ideal) })
}

/// Planning takes 20k to 50k tokens (the handoff workflow's own figures); of an agent's tokens
/// about a tenth are output.
fn cost(settings: &RouterSettings, tier: Tier) -> Option<CostRange> {
    let index = Tier::ALL.iter().position(|it| *it == tier)?;
    let price = (*settings.prices.get(index)?)?;
    let of = |tokens: i64| {
        let input = price.input.0.saturating_mul(tokens - tokens / 10);
        MicroUsd(input.saturating_add(price.output.0.saturating_mul(tokens / 10)) / 1_000_000)
    };
    Some(CostRange { low: of(20_000), high: of(50_000) })
}

/// The tier that a model's name tells: `Sonnet 4.5`, `claude-opus-5-5`.
fn named_tier(model: &str) -> Option<Tier> {
    let lower = model.to_ascii_lowercase();
    Tier::ALL.into_iter().find(|it| lower.contains(it.name()))
}

/// Whether a level asks for no plan of its own.
pub(crate) fn is_small(level: Complexity) -> bool {
    level <= Complexity::Simple
}

#[cfg(test)]
mod tests;
