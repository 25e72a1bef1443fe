//! The Model Router Analysis as Markdown for GitHub, and as one JSON object.
//!
//! In a comment about six lines stand open, the table of signals is folded. Whatever comes from the
//! issue stands in a code span without characters that could end it, so that nothing in it becomes
//! a mention, a command, HTML or an image.

use serde_json::{Map, Value, json};

use super::terminal::is_invisible;
use crate::domain::classify::{Basis, Classification, Reason};
use crate::domain::route::{Analysis, CostRange, Recommendation, RouteBasis};
use crate::domain::tier::{Complexity, Role, Tier};

/// The longest piece of the issue that is quoted, in characters.
const QUOTE_CHARS_MAX: usize = 60;

/// The most pieces of evidence shown beside one signal; the others are counted.
const QUOTES_MAX: usize = 3;

/// How often people chose otherwise here; nothing while nobody has.
pub fn overrides(chosen: i64, known: i64) -> String {
    match chosen {
        0 => String::new(),
        _ => format!("\nOverrides here: people chose otherwise on {chosen} of {known} issues.\n"),
    }
}

/// The analysis as the text of a comment.
pub fn comment(analysis: &Analysis) -> String {
    let (found, it) = (&analysis.classification, &analysis.recommendation);
    let mut lines = vec![
        "### Model Router Analysis".to_owned(),
        String::new(),
        format!(
            "**{}** is recommended for this {} task: {}.",
            it.tier.title(),
            it.task_type.title().to_lowercase(),
            basis(it),
        ),
        String::new(),
        format!("- Why: {}.", it.bullets.join("; ")),
        format!("- Complexity **{}** ({})", found.level, confidence(found)),
        format!("- Scope: {}", scope(found)),
        format!("- Cost on {}: {}", it.tier.title(), cost(it)),
        format!("- Next: {}. {}.", it.action, it.tip),
    ];
    if let Some(warning) = &it.warning {
        lines.push(format!(
            "- **Token budget warning:** {}. Without the token limit {} would fit (score {} of 100).",
            warning.problem,
            warning.ideal.title(),
            warning.ideal_score
        ));
        lines.extend(warning.strategies.iter().map(|way| format!("  - {way}")));
    }
    if found.cut {
        lines.push("- The text was cut: only its first 20,000 characters were read.".to_owned());
    }
    lines.extend(hidden(found).map(|it| format!("- {it}")));
    lines.push(String::new());
    lines.push("<details><summary>Signals and weights</summary>".to_owned());
    lines.push(String::new());
    lines.push(table(analysis) + "</details>");
    lines.join("\n") + "\n"
}

/// The analysis as a folded part of the status comment.
pub fn details(analysis: &Analysis) -> String {
    let found = &analysis.classification;
    let summary = summary(found, &analysis.recommendation);
    let hidden = hidden(found).map(|it| format!("{it}\n\n")).unwrap_or_default();
    format!(
        "<details><summary>Router analysis: {summary}</summary>\n\n{}{hidden}</details>\n",
        table(analysis)
    )
}

/// The analysis as one JSON object, indented, with a line break at its end.
pub fn json(analysis: &Analysis) -> String {
    let (found, it) = (&analysis.classification, &analysis.recommendation);
    let mut reasons: Vec<&Reason> = it.reasons.parts.iter().collect();
    reasons.push(&found.reasons);
    let cost =
        it.cost.map(|it| json!({ "low": it.low, "high": it.high, "basis": CostRange::BASIS }));
    let warning = it.warning.as_ref().map(|it| {
        json!({
            "problem": it.problem,
            "strategies": it.strategies,
            "ideal_tier": it.ideal,
            "ideal_score": it.ideal_score,
        })
    });
    let members = [
        ("task_type", json!(it.task_type.title())),
        ("complexity", complexity(found)),
        (
            "scores",
            json!({ "opus": it.scores.opus, "sonnet": it.scores.sonnet, "haiku": it.scores.haiku }),
        ),
        ("recommended_tier", json!(it.tier)),
        ("confidence", json!(f64::from(it.score()) / 100.0)),
        ("basis", json!(it.basis.name())),
        ("summary", json!(it.bullets)),
        ("reasons", json!(reasons)),
        ("scope", scope_object(found)),
        ("tokens", json!(it.session.tokens)),
        ("current_model", json!(it.session.model)),
        ("action", json!(it.action)),
        ("tip", json!(it.tip)),
        ("warning", json!(warning)),
        ("cost_micro_usd", json!(cost)),
        ("cut", json!(found.cut)),
        ("hidden", json!(found.hidden.note())),
    ];
    // Written member by member, because the order in which people read is not the alphabet.
    let members = members.map(|(name, value)| {
        let value = serde_json::to_string_pretty(&value).unwrap_or_default();
        format!("  \"{name}\": {}", value.replace('\n', "\n  "))
    });
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

fn complexity(found: &Classification) -> Value {
    let each = Complexity::ALL.into_iter().map(|level| {
        let share = f64::from(found.probabilities.of_level(level)) / 1000.0;
        (level.name().to_owned(), json!(share))
    });
    json!({
        "level": found.level,
        "confidence": found.confidence.name(),
        "probabilities": each.collect::<Map<String, Value>>(),
        "n": found.probabilities.n,
    })
}

fn scope_object(found: &Classification) -> Value {
    json!({
        "n_files": found.scope.n_files,
        "at_least": found.scope.at_least,
        "schema_change": found.scope.schema_change,
        "source": found.scope.source,
        "evidence": found.scope.evidence,
    })
}

/// What nobody sees of the text and no model reads, so that people go and look.
fn hidden(found: &Classification) -> Option<String> {
    let note = found.hidden.note()?.replacen('h', "H", 1);
    Some(format!("{note}. It stands in the issue and not on the page, and no model reads it."))
}

fn basis(it: &Recommendation) -> String {
    match it.basis {
        RouteBasis::Score => format!("score {} of 100 · no history yet here", it.score()),
        RouteBasis::Complexity => {
            format!("no score was high enough ({}), so the complexity decided", scores(it))
        }
        RouteBasis::Explicit => format!("somebody asked for it (score {} of 100)", it.score()),
    }
}

fn scores(it: &Recommendation) -> String {
    let each = Tier::ALL.into_iter().rev().map(|t| format!("{} {}", t.title(), it.scores.of(t)));
    each.collect::<Vec<_>>().join(", ")
}

fn confidence(found: &Classification) -> String {
    match found.basis {
        Basis::Explicit => "stated".to_owned(),
        Basis::NoSignal => "low confidence: nothing in the text says how hard it is".to_owned(),
        Basis::Language => "low confidence: the text is not in English".to_owned(),
        Basis::Signals => format!("{} confidence", found.confidence.name()),
    }
}

fn scope(found: &Classification) -> String {
    let files = match found.scope.files_phrase() {
        Some(phrase) => format!("{phrase} ({})", found.scope.source),
        None => "files not known yet".to_owned(),
    };
    let schema = if found.scope.schema_change { ", database schema changes" } else { "" };
    format!("{files}{schema}")
}

fn cost(it: &Recommendation) -> String {
    match it.cost {
        Some(cost) => format!("{} to {} ({})", cost.low, cost.high, CostRange::BASIS),
        None => "unknown (no price is configured)".to_owned(),
    }
}

/// "complex; Opus plans, Sonnet builds".
fn summary(found: &Classification, it: &Recommendation) -> String {
    let planner = Role::Planner.tier();
    let builder = found.level.tier();
    let who = match found.basis {
        Basis::NoSignal | Basis::Language => format!("{} is the safe middle", it.tier.title()),
        Basis::Explicit | Basis::Signals => {
            if found.level <= Complexity::Simple {
                format!("{} is enough", it.tier.title())
            } else if builder == planner {
                format!("{} plans and builds", planner.title())
            } else {
                format!("{} plans, {} builds", planner.title(), builder.title())
            }
        }
    };
    format!("{}; {who}", found.level)
}

/// signal | weight | evidence: a row for each score and each of its parts, then the complexity.
fn table(analysis: &Analysis) -> String {
    let (found, it) = (&analysis.classification, &analysis.recommendation);
    let mut res = String::from("| signal | weight | evidence |\n|---|---:|---|\n");
    for tier in &it.reasons.parts {
        let name = Reason { signal: format!("**{}**", tier.signal), ..tier.clone() };
        push_row(&mut res, &name, true);
        tier.parts.iter().for_each(|part| push_row(&mut res, part, false));
    }
    let level = Reason::new(format!("**Complexity {}**", found.level));
    push_row(&mut res, &level, true);
    if found.reasons.parts.is_empty() {
        push_row(&mut res, &found.reasons, false);
    }
    found.reasons.parts.iter().for_each(|part| push_row(&mut res, part, false));
    let each = Complexity::ALL
        .map(|level| format!("{level} {} %", (found.probabilities.of_level(level) + 5) / 10));
    res.push('\n');
    if 0 < found.probabilities.n {
        res.push_str(&format!(
            "<sub>Issues rated by people that got this level (n = {}, smoothed): {}. A score is not \
             a probability.</sub>\n\n",
            found.probabilities.n,
            each.join(", ")
        ));
    }
    res
}

fn push_row(out: &mut String, reason: &Reason, is_total: bool) {
    let weight = match reason.weight {
        Some(points) if is_total => format!("**{points}**"),
        Some(points) => format!("{points:+}"),
        None => String::new(),
    };
    let shown = reason.evidence.iter().take(QUOTES_MAX).map(|it| quote(it));
    let mut evidence = shown.collect::<Vec<_>>().join(", ");
    if QUOTES_MAX < reason.evidence.len() {
        evidence.push_str(&format!(" and {} more", reason.evidence.len() - QUOTES_MAX));
    }
    out.push_str(&format!("| {} | {weight} | {evidence} |\n", reason.signal));
}

/// Foreign text as a code span that it cannot leave, in a table cell that it cannot end.
pub fn quote(text: &str) -> String {
    let mut res = String::with_capacity(QUOTE_CHARS_MAX + 8);
    let shown = text.chars().filter(|c| !is_invisible(*c)).map(|c| match c {
        '`' => '\'',
        '|' | '\\' => '/',
        '<' => '‹',
        '>' => '›',
        c if c.is_control() => ' ',
        c => c,
    });
    res.extend(shown.clone().take(QUOTE_CHARS_MAX));
    if QUOTE_CHARS_MAX < shown.count() {
        res.push('…');
    }
    let res = res.trim();
    if res.is_empty() { String::new() } else { format!("`{res}`") }
}

#[cfg(test)]
mod tests;
