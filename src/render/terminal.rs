//! The Model Router Analysis on a terminal: the box, and the explanation under `--explain`.
//!
//! The box is the one place where Baton prints emoji; its form is fixed. Text that comes from the
//! issue or the asker is printed without control characters, so that it cannot move the cursor.

use std::fmt::Write;

use crate::domain::classify::{Reason, Tokens};
use crate::domain::route::{Analysis, CostRange, Recommendation, thousands};
use crate::domain::tier::Complexity;

/// The rule above and below the report.
const RULE: &str = "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━";

/// The longest piece of foreign text on one line, in characters.
const FOREIGN_CHARS_MAX: usize = 80;

/// The report, with a line break at its end.
pub fn report(analysis: &Analysis) -> String {
    let it = &analysis.recommendation;
    let mut out = String::with_capacity(1024);
    line(&mut out, "🤖 Model Router Analysis");
    line(&mut out, RULE);
    line(&mut out, "");
    line(&mut out, &format!("📋 Task Type: {}", it.task_type.title()));
    line(&mut out, &format!("💡 Recommended Model: {}", it.tier.title()));
    line(&mut out, &format!("🎯 Confidence: {}%", it.score()));
    line(&mut out, "");
    line(&mut out, "📊 Reasoning:");
    it.bullets.iter().for_each(|bullet| line(&mut out, &format!("• {}", plain(bullet))));
    line(&mut out, "");
    session(&mut out, it);
    warning(&mut out, it);
    line(&mut out, &format!("⚡ Action: {}", it.action));
    line(&mut out, RULE);
    line(&mut out, "");
    line(&mut out, &format!("💡 Tip: {}", it.tip));
    out
}

/// How the report came about: complexity, probabilities, scope, cost, every weight with its
/// evidence.
pub fn explanation(analysis: &Analysis) -> String {
    let (found, it) = (&analysis.classification, &analysis.recommendation);
    let mut out = String::with_capacity(2048);
    line(
        &mut out,
        &format!("Complexity: {} (confidence {})", found.level, found.confidence.name()),
    );
    tree(&mut out, &found.reasons, 1);
    line(&mut out, "");
    probabilities(&mut out, analysis);
    line(&mut out, "");
    let files = found.scope.files_phrase().unwrap_or_else(|| "files unknown".to_owned());
    let schema =
        if found.scope.schema_change { "database schema changes" } else { "no schema change" };
    line(&mut out, &format!("Scope: {files}, {schema}"));
    if !found.scope.source.is_empty() {
        let evidence: Vec<String> = found.scope.evidence.iter().map(|it| plain(it)).collect();
        line(&mut out, &format!("  {}: {}", found.scope.source, evidence.join(", ")));
    }
    line(&mut out, "");
    line(&mut out, &format!("Decided by: {}", it.basis.name()));
    tree(&mut out, &it.reasons, 1);
    line(&mut out, "");
    match it.cost {
        Some(cost) => {
            line(&mut out, &format!("Cost on {}: {} to {}", it.tier.title(), cost.low, cost.high));
            line(&mut out, &format!("  {}", CostRange::BASIS));
        }
        None => line(&mut out, &format!("Cost on {}: unknown, no price given", it.tier.title())),
    }
    if found.cut {
        line(&mut out, "");
        line(&mut out, "The text was cut: only its first 20,000 characters were read.");
    }
    out
}

fn session(out: &mut String, it: &Recommendation) {
    if it.session.tokens.is_none() && it.session.model.is_none() {
        return;
    }
    line(out, "📈 Current Session:");
    if let Some(tokens) = it.session.tokens {
        line(out, &format!("• {}", tokens_phrase(tokens)));
    }
    if let Some(model) = &it.session.model {
        line(out, &format!("• Model: {}", plain(model)));
    }
    line(out, "");
}

fn tokens_phrase(tokens: Tokens) -> String {
    match (tokens.used, tokens.limit) {
        (Some(used), Some(limit)) => {
            format!("Tokens Used: {} / {}", thousands(used), thousands(limit))
        }
        _ => format!("Tokens Remaining: {}", thousands(tokens.remaining)),
    }
}

fn warning(out: &mut String, it: &Recommendation) {
    let Some(warning) = &it.warning else { return };
    line(out, "TOKEN BUDGET WARNING");
    line(out, &format!("• {}", warning.problem));
    warning.strategies.iter().for_each(|way| line(out, &format!("• {way}")));
    let ideal = warning.ideal.title();
    line(out, &format!("• Without the token limit: {ideal}, score {} of 100", warning.ideal_score));
    line(out, "");
}

fn probabilities(out: &mut String, analysis: &Analysis) {
    let prior = &analysis.classification.probabilities;
    if prior.n == 0 {
        line(out, "Probabilities: none; the level was stated, not estimated");
        return;
    }
    let each = Complexity::ALL.map(|level| format!("{level} {} %", percent(prior.of_level(level))));
    line(out, &format!("Probabilities: {}", each.join(", ")));
    let level = analysis.classification.level;
    line(
        out,
        &format!(
            "  measured on 362 issues rated by people, smoothed; n = {} called {level}",
            prior.n
        ),
    );
}

fn percent(permille: u16) -> u16 {
    (permille + 5) / 10
}

/// A reason and those below it, indented: weight, signal, evidence.
fn tree(out: &mut String, reason: &Reason, depth: usize) {
    let indent = "  ".repeat(depth);
    let weight = reason.weight.map_or_else(String::new, |it| format!("{it:>4}  "));
    let evidence: Vec<String> =
        reason.evidence.iter().map(|it| format!("“{}”", plain(it))).collect();
    let because =
        if evidence.is_empty() { String::new() } else { format!(": {}", evidence.join(", ")) };
    line(out, &format!("{indent}{weight}{}{because}", plain(&reason.signal)));
    reason.parts.iter().for_each(|part| tree(out, part, depth + 1));
}

fn line(out: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Foreign text on one line, without control characters and invisible ones, not too long.
fn plain(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let visible = visible.filter(|c| !is_invisible(*c));
    let mut res: String = visible.clone().take(FOREIGN_CHARS_MAX).collect();
    if FOREIGN_CHARS_MAX < visible.count() {
        res.push('…');
    }
    res
}

/// Characters that change how their neighbours look, or hide: zero-width, bidi, tags.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::classify::IssueFacts;
    use crate::domain::route::{RouterSettings, analyse};

    fn report_of(facts: &IssueFacts) -> String {
        report(&analyse(facts, &RouterSettings::default()))
    }

    fn seed() -> IssueFacts {
        let text = "Design a real-time notification system with WebSocket support,\n\
            Redis pub/sub for scaling, and PostgreSQL persistence";
        IssueFacts {
            tokens: Some(Tokens::of(20_000, 200_000)),
            current_model: Some("Sonnet 4.5".to_owned()),
            ..IssueFacts::from_text(text)
        }
    }

    #[test]
    fn the_example_report_comes_out_to_the_character() {
        let expected = "\
🤖 Model Router Analysis
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

📋 Task Type: Architectural Planning
💡 Recommended Model: Opus
🎯 Confidence: 100%

📊 Reasoning:
• System design with WebSocket architecture
• Database schema changes required (new tables + migrations)
• 10+ files estimated for implementation
• 180k tokens available for deep analysis

📈 Current Session:
• Tokens Used: 20k / 200k
• Model: Sonnet 4.5

⚡ Action: Switch to Opus for comprehensive planning
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

💡 Tip: After Opus creates the plan, switch back to Sonnet for implementation
";
        assert_eq!(report_of(&seed()), expected);
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor() {
        let facts =
            IssueFacts { current_model: Some("x\u{1b}[2J\ny\u{202e}".to_owned()), ..seed() };
        let report = report_of(&facts);
        assert!(report.contains("• Model: x [2J y\n"), "{report}");
        assert!(!report.contains('\u{1b}'));
    }
}
