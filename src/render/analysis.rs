//! The Model Router Analysis as Markdown for GitHub, and as one JSON object.
//!
//! In a comment about six lines stand open, the table of signals is folded. Whatever comes from the
//! issue stands in a code span without characters that could end it, so that nothing in it becomes
//! a mention, a command, HTML or an image.

use serde_json::{Map, Value, json};

use super::terminal::is_invisible;
use crate::domain::classify::{Basis, Classification, Reason};
use crate::domain::route::{Analysis, CostRange, Recommendation};
use crate::domain::tier::{Complexity, Role, Tier};

/// The longest piece of the issue that is quoted, in characters.
const QUOTE_CHARS_MAX: usize = 60;

/// The most pieces of evidence shown beside one signal; the others are counted.
const QUOTES_MAX: usize = 3;

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
        format!("- Complexity **{}** ({})", found.level, confidence(found)),
        format!("- Scope: {}", scope(found)),
        format!("- Cost on {}: {}", it.tier.title(), cost(it)),
        format!("- {}. {}.", it.action, it.tip),
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
    lines.push(String::new());
    lines.push("<details><summary>Signals and weights</summary>".to_owned());
    lines.push(String::new());
    lines.push(table(analysis));
    lines.push("</details>".to_owned());
    lines.join("\n") + "\n"
}

/// The analysis as a folded part of the status comment.
pub fn details(analysis: &Analysis) -> String {
    let summary = summary(&analysis.classification, &analysis.recommendation);
    format!(
        "<details><summary>Router analysis: {summary}</summary>\n\n{}</details>\n",
        table(analysis)
    )
}

/// The analysis as one JSON object.
pub fn json(analysis: &Analysis) -> Value {
    let (found, it) = (&analysis.classification, &analysis.recommendation);
    let mut res = json!({
        "task_type": it.task_type.title(),
        "complexity": {
            "level": found.level,
            "confidence": found.confidence.name(),
            "probabilities": probabilities(found),
            "n": found.probabilities.n,
        },
        "scores": { "opus": it.scores.opus, "sonnet": it.scores.sonnet, "haiku": it.scores.haiku },
        "recommended_tier": it.tier,
        "confidence": f64::from(it.score()) / 100.0,
        "basis": it.basis.name(),
        "reasons": {
            "summary": it.bullets,
            "scores": it.reasons.parts,
            "complexity": found.reasons,
        },
        "scope": {
            "n_files": found.scope.n_files,
            "at_least": found.scope.at_least,
            "schema_change": found.scope.schema_change,
            "source": found.scope.source,
            "evidence": found.scope.evidence,
        },
        "tokens": it.session.tokens,
        "current_model": it.session.model,
        "action": it.action,
        "tip": it.tip,
        "cost": it.cost.map(|it| json!({
            "low_micro_usd": it.low, "high_micro_usd": it.high, "basis": CostRange::BASIS,
        })),
        "cut": found.cut,
    });
    if let (Some(warning), Some(object)) = (&it.warning, res.as_object_mut()) {
        let warning = json!({
            "problem": warning.problem,
            "strategies": warning.strategies,
            "ideal_tier": warning.ideal,
            "ideal_score": warning.ideal_score,
        });
        object.insert("warning".to_owned(), warning);
    }
    res
}

fn probabilities(found: &Classification) -> Value {
    let each = Complexity::ALL.into_iter().map(|level| {
        let share = f64::from(found.probabilities.of_level(level)) / 1000.0;
        (level.name().to_owned(), json!(share))
    });
    Value::Object(each.collect::<Map<String, Value>>())
}

fn basis(it: &Recommendation) -> String {
    use crate::domain::route::RouteBasis;
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
        Basis::Parent => "inherited from the parent".to_owned(),
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
        None => "unknown, because no price is configured".to_owned(),
    }
}

/// "complex; Opus plans, Sonnet builds".
fn summary(found: &Classification, it: &Recommendation) -> String {
    let planner = Role::Planner.tier();
    let builder = found.level.tier();
    let who = match found.basis {
        Basis::NoSignal | Basis::Language => format!("{} is the safe middle", it.tier.title()),
        Basis::Explicit | Basis::Parent | Basis::Signals => {
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
