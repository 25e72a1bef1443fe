//! What the Model Router Analysis says in words: one table for action and tip, one sentence for
//! each row of the scores. Nothing here is stored for a certain text; the example report follows
//! from these rows like any other.

use super::scores::{Kind, Row};
use super::{RouteBasis, RouterSettings};
use crate::domain::classify::{Basis, Classification, Only, TitleVerb, Topic};
use crate::domain::tier::Tier;

/// The kind of work that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskType {
    /// Design or plan.
    Planning,
    /// Review or analyze.
    Review,
    /// Write or run tests.
    Testing,
    /// Write documentation.
    Documentation,
    /// Find out what is wrong.
    Debugging,
    /// Everything else.
    Implementation,
}

impl TaskType {
    /// The name as the report shows it.
    pub fn title(self) -> &'static str {
        match self {
            TaskType::Planning => "Architectural Planning",
            TaskType::Review => "Review",
            TaskType::Testing => "Testing",
            TaskType::Documentation => "Documentation",
            TaskType::Debugging => "Debugging",
            TaskType::Implementation => "Implementation",
        }
    }
}

/// The first that holds: a shortcut, the title's verb or what its work is only about, debugging,
/// implementation.
pub(super) fn task_type(found: &Classification) -> TaskType {
    let shortcuts = [
        (Topic::Qplan, TaskType::Planning),
        (Topic::Qcheck, TaskType::Review),
        (Topic::Qcode, TaskType::Implementation),
    ];
    if let Some((_, task)) = shortcuts.iter().find(|it| found.has(it.0)) {
        return *task;
    }
    match found.verb() {
        Some(TitleVerb::Plan) => return TaskType::Planning,
        Some(TitleVerb::Review) => return TaskType::Review,
        Some(TitleVerb::Test) => return TaskType::Testing,
        Some(TitleVerb::Document) => return TaskType::Documentation,
        None => {}
    }
    match found.only {
        Some(Only::Docs) => return TaskType::Documentation,
        Some(Only::Tests) => return TaskType::Testing,
        Some(Only::Formatting | Only::Rename) | None => {}
    }
    if found.has(Topic::Debugging) || found.labelled_bug {
        return TaskType::Debugging;
    }
    TaskType::Implementation
}

/// What to do on a tier for a task, and what to do next. `{back}` is "back " when the asker's
/// session comes from the tier named after it.
struct Advice {
    purpose: &'static str,
    tip: &'static str,
    /// The tier the tip sends back to.
    next: Tier,
}

const fn advice_row(purpose: &'static str, tip: &'static str, next: Tier) -> Advice {
    Advice { purpose, tip, next }
}

/// The table: for each task, what Haiku, Sonnet and Opus are good for.
const fn advice_table(task: TaskType) -> [Advice; 3] {
    match task {
        TaskType::Planning => PLANNING,
        TaskType::Review => REVIEW,
        TaskType::Testing => TESTING,
        TaskType::Documentation => DOCUMENTATION,
        TaskType::Debugging => DEBUGGING,
        TaskType::Implementation => IMPLEMENTATION,
    }
}

const PLANNING: [Advice; 3] = [
    advice_row(
        "a short outline",
        "If questions stay open after the outline, switch {back}to Sonnet",
        Tier::Sonnet,
    ),
    advice_row(
        "a focused plan",
        "If the plan turns into architecture, switch {back}to Opus before building",
        Tier::Opus,
    ),
    advice_row(
        "comprehensive planning",
        "After Opus creates the plan, switch {back}to Sonnet for implementation",
        Tier::Sonnet,
    ),
];

const REVIEW: [Advice; 3] = [
    advice_row(
        "a quick check",
        "If the check raises doubts, switch {back}to Sonnet for the review",
        Tier::Sonnet,
    ),
    advice_row(
        "the review",
        "If it touches security or architecture, switch {back}to Opus for a second look",
        Tier::Opus,
    ),
    advice_row(
        "an in-depth review",
        "After the review, switch {back}to Sonnet to make the changes it asks for",
        Tier::Sonnet,
    ),
];

const TESTING: [Advice; 3] = [
    advice_row("the tests", "If a test fails twice, switch {back}to Sonnet", Tier::Sonnet),
    advice_row("the tests", "To run and report tests that exist, Haiku is enough", Tier::Haiku),
    advice_row(
        "the test strategy",
        "Once the strategy stands, switch {back}to Sonnet to write the tests",
        Tier::Sonnet,
    ),
];

const DOCUMENTATION: [Advice; 3] = [
    advice_row(
        "this documentation change",
        "If the text must explain how the code works, switch {back}to Sonnet",
        Tier::Sonnet,
    ),
    advice_row(
        "the documentation",
        "For small corrections afterwards, Haiku is enough",
        Tier::Haiku,
    ),
    advice_row(
        "documenting the design",
        "Once the structure stands, switch {back}to Sonnet to fill it in",
        Tier::Sonnet,
    ),
];

const DEBUGGING: [Advice; 3] = [
    advice_row(
        "this small fix",
        "If the tests stay red after two tries, switch {back}to Sonnet",
        Tier::Sonnet,
    ),
    advice_row(
        "fixing this bug",
        "If the cause is not found after two tries, switch {back}to Opus",
        Tier::Opus,
    ),
    advice_row(
        "finding the cause",
        "Once the cause is known, switch {back}to Sonnet for the fix and its test",
        Tier::Sonnet,
    ),
];

const IMPLEMENTATION: [Advice; 3] = [
    advice_row("this small change", "If it turns out larger, switch {back}to Sonnet", Tier::Sonnet),
    advice_row(
        "this implementation",
        "If it grows beyond 5 files or changes the schema, let Opus plan it first",
        Tier::Opus,
    ),
    advice_row(
        "this implementation",
        "Once the hard part is decided, switch {back}to Sonnet for the rest",
        Tier::Sonnet,
    ),
];

/// Action and tip.
pub(super) fn advice(task: TaskType, tier: Tier, current: Option<Tier>) -> (String, String) {
    let [haiku, sonnet, opus] = advice_table(task);
    let row = match tier {
        Tier::Haiku => haiku,
        Tier::Sonnet => sonnet,
        Tier::Opus => opus,
    };
    let verb = match current {
        None => "Use",
        Some(current) if current == tier => "Stay on",
        Some(_) => "Switch to",
    };
    let back = if current == Some(row.next) { "back " } else { "" };
    let action = format!("{verb} {} for {}", tier.title(), row.purpose);
    (action, row.tip.replace("{back}", back))
}

/// The reasons for the recommended tier, in sentences.
pub(super) fn bullets(
    rows: &[Row],
    tier: Tier,
    basis: RouteBasis,
    found: &Classification,
    settings: &RouterSettings,
) -> Vec<String> {
    let own = rows.iter().filter(|it| it.tier == tier && 0 < it.points);
    let sentences = own.filter_map(|it| sentence(it, rows, found, settings));
    let mut res = match basis {
        RouteBasis::Score => Vec::new(),
        RouteBasis::Explicit => vec![format!("{} was asked for", tier.title())],
        RouteBasis::Complexity => fallback(tier, found, settings),
    };
    res.extend(sentences);
    res
}

fn fallback(tier: Tier, found: &Classification, settings: &RouterSettings) -> Vec<String> {
    let why = match found.basis {
        Basis::NoSignal => "Nothing in the text says how hard it is".to_owned(),
        Basis::Language => "The text is not in English, so its words were not used".to_owned(),
        Basis::Explicit | Basis::Signals => {
            format!(
                "Complexity {}",
                found.reasons.parts.first().map_or_else(
                    || found.reasons.signal.clone(),
                    |it| match it.evidence.first() {
                        Some(quote) => format!("{} “{quote}”", it.signal),
                        None => it.signal.clone(),
                    },
                )
            )
        }
    };
    let threshold = settings.confidence_threshold;
    let decided = match found.basis {
        Basis::NoSignal | Basis::Language => format!("{} is the safe middle", tier.title()),
        Basis::Explicit | Basis::Signals => {
            format!("{} work goes to {}", found.level.name(), tier.title())
        }
    };
    vec![why, format!("No score reached {threshold} of 100, so {decided}")]
}

/// The sentence of a row; `None` when another row already says it.
fn sentence(
    row: &Row,
    rows: &[Row],
    found: &Classification,
    settings: &RouterSettings,
) -> Option<String> {
    let quote = &row.evidence;
    let has = |kind: Kind| rows.iter().any(|it| it.tier == row.tier && it.kind == kind);
    let said = match row.kind {
        Kind::DesignKeyword if has(Kind::ArchitectureContext) => design(found),
        Kind::DesignKeyword if has(Kind::Qcheck) && !found.has(Topic::Design) => return None,
        Kind::DesignKeyword => format!("{} work: “{quote}”", design_word(found)),
        Kind::ArchitectureContext if has(Kind::DesignKeyword) => return None,
        Kind::ArchitectureContext => format!("Architecture context: “{quote}”"),
        Kind::OverFiveFiles => format!("{quote} estimated for implementation"),
        Kind::SchemaChange if found.scope.new_store => {
            "Database schema changes required (new tables + migrations)".to_owned()
        }
        Kind::SchemaChange => "Database schema changes required".to_owned(),
        Kind::ComplexDebugging => format!("Complex debugging: “{quote}”"),
        Kind::TokensAbove => format!("{quote} tokens available for deep analysis"),
        Kind::TokensBelow => {
            let threshold = thousands(settings.opus_threshold_tokens);
            format!("{quote} tokens left, below the {threshold} that Opus needs")
        }
        Kind::Qplan | Kind::Qcheck | Kind::Qcode => {
            format!("Shortcut {}", quote.to_ascii_uppercase())
        }
        Kind::ImplementationKeyword => format!("Implementation work: “{quote}”"),
        Kind::ComponentWork => format!("Component-level work: “{quote}”"),
        Kind::NoArchitecture => "No architecture or schema involved".to_owned(),
        Kind::TestingKeyword => format!("Testing work: “{quote}”"),
        Kind::UnderThreeFiles => format!("Only {quote} to touch"),
        Kind::FixTestLoop => "A loop of fixing and testing".to_owned(),
        Kind::TokenEfficient if has(Kind::TokensBelow) => return None,
        Kind::TokenEfficient => "Saves tokens".to_owned(),
        Kind::SmallLevel => small_level(found),
        Kind::OnlyLight => format!("Nothing but {quote}"),
    };
    Some(said)
}

/// "System design with WebSocket architecture".
fn design(found: &Classification) -> String {
    let context = found.quote(Topic::ArchitectureContext).unwrap_or_default();
    let transport = found.quote(Topic::Transport);
    let with = transport.map_or_else(String::new, |it| format!(" with {it} architecture"));
    format!("{} {}{with}", capitalized(&singular(context)), design_word(found).to_lowercase())
}

fn design_word(found: &Classification) -> &'static str {
    let words = [
        (Topic::Design, "Design"),
        (Topic::Architecture, "Architecture"),
        (Topic::Plan, "Planning"),
        (Topic::Review, "Review"),
        (Topic::Analyze, "Analysis"),
    ];
    words.iter().find(|it| found.has(it.0)).map_or("Design", |it| it.1)
}

fn small_level(found: &Classification) -> String {
    let name = capitalized(found.level.name());
    match found.reasons.parts.first().and_then(|it| it.evidence.first()) {
        Some(quote) => format!("{name} work: “{quote}”"),
        None => format!("{name} work"),
    }
}

/// The warning when a session has too few tokens left, and what can be done.
pub(super) fn token_warning(remaining: u64, threshold: u64, ideal: Tier) -> (String, Vec<String>) {
    let problem = format!(
        "{} tokens left, below the {} that Opus needs",
        thousands(remaining),
        thousands(threshold)
    );
    let strategies = vec![
        "Focused run now: keep to one component, read only what it needs".to_owned(),
        format!("Fresh session: note the state, then start anew on {}", ideal.title()),
        "Smaller pieces: split the work and give each piece its own session".to_owned(),
    ];
    (problem, strategies)
}

/// Tokens as people say them: 180k, 1.5k, 2M, 999.
pub fn thousands(n: u64) -> String {
    let scaled = |unit: u64, letter: char| {
        let tenths = n / (unit / 10);
        match tenths % 10 {
            0 => format!("{}{letter}", tenths / 10),
            rest => format!("{}.{rest}{letter}", tenths / 10),
        }
    };
    match n {
        0..=999 => n.to_string(),
        1_000..=999_999 => scaled(1_000, 'k'),
        1_000_000.. => scaled(1_000_000, 'M'),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn singular(context: &str) -> String {
    let lower = context.to_lowercase();
    lower.strip_suffix('s').map_or(lower.clone(), str::to_owned)
}
