//! The rows that score a tier. A row counts once; the sum is cut to 0…100.

use super::{RouterSettings, Scores};
use crate::domain::classify::{Basis, Classification, IssueFacts, Only, Reason, Topic};
use crate::domain::tier::Tier;

use super::is_small;

/// A reason for or against a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    DesignKeyword,
    ArchitectureContext,
    OverFiveFiles,
    SchemaChange,
    ComplexDebugging,
    TokensAbove,
    TokensBelow,
    Qplan,
    Qcheck,
    Qcode,
    ImplementationKeyword,
    ComponentWork,
    NoArchitecture,
    TestingKeyword,
    UnderThreeFiles,
    FixTestLoop,
    TokenEfficient,
    SmallLevel,
    OnlyLight,
}

impl Kind {
    /// What the row is called in the table of signals.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::DesignKeyword => "design, architecture, plan, review or analyze keyword",
            Kind::ArchitectureContext => "architecture context",
            Kind::OverFiveFiles => "over 5 files",
            Kind::SchemaChange => "database schema change",
            Kind::ComplexDebugging => "complex debugging",
            Kind::TokensAbove => "tokens remaining above the threshold",
            Kind::TokensBelow => "tokens remaining below the threshold",
            Kind::Qplan => "shortcut QPLAN",
            Kind::Qcheck => "shortcut QCHECK",
            Kind::Qcode => "shortcut QCODE or QGIT",
            Kind::ImplementationKeyword => "implementation keyword",
            Kind::ComponentWork => "component-level work",
            Kind::NoArchitecture => "no architecture or schema word",
            Kind::TestingKeyword => "testing keyword",
            Kind::UnderThreeFiles => "under 3 files",
            Kind::FixTestLoop => "fix, test, fix loop",
            Kind::TokenEfficient => "token-efficient mode",
            Kind::SmallLevel => "trivial or simple",
            Kind::OnlyLight => "docs, formatting, rename or tests only",
        }
    }
}

/// A row that counts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) tier: Tier,
    pub(super) kind: Kind,
    pub(super) points: i32,
    /// What it rests on: words of the issue, or a number in words.
    pub(super) evidence: String,
}

/// The rows that count, in the order in which people read them.
pub(super) fn rows(
    facts: &IssueFacts,
    found: &Classification,
    settings: &RouterSettings,
) -> Vec<Row> {
    let mut rows = Rows(Vec::with_capacity(8));
    opus(&mut rows, found);
    sonnet(&mut rows, found);
    haiku(&mut rows, found);
    tokens(&mut rows, facts, settings);
    rows.0
}

/// The scores that the rows add up to.
pub(super) fn sum(rows: &[Row]) -> Scores {
    let of = |tier: Tier| {
        let points: i32 = rows.iter().filter(|it| it.tier == tier).map(|it| it.points).sum();
        u8::try_from(points.clamp(0, 100)).unwrap_or(0)
    };
    Scores { haiku: of(Tier::Haiku), sonnet: of(Tier::Sonnet), opus: of(Tier::Opus) }
}

/// The rows as a tree: strongest tier first, as the analysis shows them.
pub(super) fn tree(rows: &[Row], scores: Scores) -> Reason {
    let branch = |tier: Tier| {
        let own = rows.iter().filter(|it| it.tier == tier);
        let parts = own.map(|it| {
            Reason::new(it.kind.name()).weighing(it.points).because(it.evidence.as_str())
        });
        Reason::new(tier.title()).weighing(i32::from(scores.of(tier))).made_of(parts.collect())
    };
    let tiers = Tier::ALL.into_iter().rev().map(branch).collect();
    Reason::new("scores, in points of 100").made_of(tiers)
}

struct Rows(Vec<Row>);

impl Rows {
    fn add(&mut self, tier: Tier, kind: Kind, points: i32, evidence: impl Into<String>) {
        self.0.push(Row { tier, kind, points, evidence: evidence.into() });
    }

    /// Adds a row when the text speaks of a topic.
    fn spoken(&mut self, found: &Classification, tier: Tier, row: (Kind, i32), topic: Topic) {
        if let Some(quote) = found.quote(topic) {
            self.add(tier, row.0, row.1, quote);
        }
    }
}

/// The keywords of the first opus row, in the order of the table.
const DESIGN_TOPICS: [Topic; 5] =
    [Topic::Design, Topic::Architecture, Topic::Plan, Topic::Review, Topic::Analyze];

fn opus(rows: &mut Rows, found: &Classification) {
    if let Some(quote) = DESIGN_TOPICS.iter().find_map(|it| found.quote(*it)) {
        rows.add(Tier::Opus, Kind::DesignKeyword, 30, quote);
    }
    let context = (Kind::ArchitectureContext, 20);
    rows.spoken(found, Tier::Opus, context, Topic::ArchitectureContext);
    if found.scope.schema_change {
        let quote = found.quote(Topic::NewStore).or(found.quote(Topic::Schema));
        rows.add(Tier::Opus, Kind::SchemaChange, 40, quote.unwrap_or_default());
    }
    rows.spoken(found, Tier::Opus, (Kind::ComplexDebugging, 30), Topic::Debugging);
    if found.scope.n_files.is_some_and(|n| 5 < n) {
        let phrase = found.scope.files_phrase().unwrap_or_default();
        rows.add(Tier::Opus, Kind::OverFiveFiles, 20, phrase);
    }
    rows.spoken(found, Tier::Opus, (Kind::Qplan, 50), Topic::Qplan);
    rows.spoken(found, Tier::Opus, (Kind::Qcheck, 50), Topic::Qcheck);
}

fn sonnet(rows: &mut Rows, found: &Classification) {
    let tier = Tier::Sonnet;
    if found.has(Topic::Implementation) {
        rows.spoken(found, tier, (Kind::ImplementationKeyword, 30), Topic::Implementation);
        rows.spoken(found, tier, (Kind::ComponentWork, 10), Topic::Component);
        let words = [Topic::Architecture, Topic::ArchitectureContext, Topic::Schema];
        if !words.iter().any(|it| found.has(*it)) {
            rows.add(tier, Kind::NoArchitecture, 20, "");
        }
    }
    rows.spoken(found, tier, (Kind::TestingKeyword, 30), Topic::Testing);
    if found.scope.is_under_three() {
        let phrase = found.scope.files_phrase().unwrap_or_default();
        rows.add(tier, Kind::UnderThreeFiles, 20, phrase);
    }
    rows.spoken(found, tier, (Kind::FixTestLoop, 20), Topic::FixTestLoop);
    rows.spoken(found, tier, (Kind::Qcode, 40), Topic::Qcode);
}

fn haiku(rows: &mut Rows, found: &Classification) {
    let tier = Tier::Haiku;
    let has_signal = match found.basis {
        Basis::Explicit | Basis::Signals => true,
        Basis::NoSignal | Basis::Language => false,
    };
    if is_small(found.level) && has_signal {
        rows.add(tier, Kind::SmallLevel, 50, found.level.name());
    }
    if let Some(only) = found.only {
        rows.add(tier, Kind::OnlyLight, 30, only.words());
    }
    if found.scope.is_under_three() {
        let phrase = found.scope.files_phrase().unwrap_or_default();
        rows.add(tier, Kind::UnderThreeFiles, 20, phrase);
    }
}

/// Token rows count only when tokens are given: an issue has no session.
fn tokens(rows: &mut Rows, facts: &IssueFacts, settings: &RouterSettings) {
    let remaining = facts.tokens.map(|it| it.remaining);
    let threshold = settings.opus_threshold_tokens;
    let left = remaining.map(super::wording::thousands).unwrap_or_default();
    let below = remaining.is_some_and(|n| n < threshold);
    if remaining.is_some_and(|n| threshold < n) {
        rows.add(Tier::Opus, Kind::TokensAbove, 20, left.as_str());
    }
    if below {
        rows.add(Tier::Opus, Kind::TokensBelow, -50, left.as_str());
        rows.add(Tier::Sonnet, Kind::TokensBelow, 30, left.as_str());
    }
    if below || facts.token_efficient {
        rows.add(Tier::Sonnet, Kind::TokenEfficient, 40, left);
    }
}

/// The kinds of light work, so that a new one is not forgotten in [`Kind::OnlyLight`]'s name.
const _: fn(Only) = |only| match only {
    Only::Docs | Only::Formatting | Only::Rename | Only::Tests => {}
};
