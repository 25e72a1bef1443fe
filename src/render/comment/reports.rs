//! What test-agent and review-agent reported, for people.

use std::fmt::Write;

use crate::domain::report::{AcceptanceLine, Finding, Findings, Met};
use crate::domain::tier::Role;
use crate::render::comment::{capitalised, count};

/// The reports as Markdown, one paragraph for each role, what holds only counted. Their texts were
/// made harmless before they came here.
pub fn reports(reports: &[(Role, Findings)]) -> String {
    let shown = reports.iter().map(|(role, report)| {
        let mut text = format!("**{}**: {}", capitalised(role.name()), report.summary.trim());
        if let Some(sentence) = judged(&report.acceptance) {
            let _ = write!(text, " {sentence}");
        }
        let judged = |met: Met| report.acceptance.iter().filter(move |it| it.met == met);
        let unmet = judged(Met::No).map(|it| format!("- {} does not hold: {}", it.task, said(it)));
        let lines: Vec<String> = unmet.chain(report.findings.iter().map(finding)).collect();
        if !lines.is_empty() {
            let _ = write!(text, "\n\n{}", lines.join("\n"));
        }
        let to_try: Vec<String> =
            judged(Met::Unknown).map(|it| format!("- {}: {}", it.task, said(it))).collect();
        if !to_try.is_empty() {
            let lines = count(to_try.len(), "acceptance line", "acceptance lines");
            let _ = write!(
                text,
                "\n\n<details><summary>To be tried, because reading cannot settle it: {lines}</summary>\n\n{}\n\n\
                 </details>",
                to_try.join("\n")
            );
        }
        text
    });
    shown.collect::<Vec<_>>().join("\n\n")
}

/// How many lines hold; the others follow by name.
fn judged(lines: &[AcceptanceLine]) -> Option<String> {
    let holding = lines.iter().filter(|it| it.met == Met::Yes).count();
    let lines = count(lines.len(), "acceptance line", "acceptance lines");
    match holding {
        0 => None,
        _ => Some(format!("Shown to hold: {holding} of {lines}.")),
    }
}

fn said(it: &AcceptanceLine) -> String {
    format!("{} ({})", line(&it.line), line(&it.evidence))
}

fn finding(it: &Finding) -> String {
    let place = match (&it.path, it.line) {
        (Some(path), Some(number)) => format!(", {path}:{number}"),
        (Some(path), None) => format!(", {path}"),
        (None, _) => String::new(),
    };
    let (severity, kind) = (it.severity.name(), it.kind.name());
    format!("- {severity}, {kind}{place}: {} Remedy: {}", line(&it.problem), line(&it.remedy))
}

/// A text in one line of a list.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_holds_is_counted_and_what_does_not_is_said() {
        let report: Findings = serde_json::from_value(json!({
            "summary": "One line is not shown.",
            "acceptance": [
                { "task": "t1", "line": "It reads.", "met": "yes", "evidence": "a test" },
                { "task": "t2", "line": "It\nwrites.", "met": "no", "evidence": "nothing does" },
                { "task": "t2", "line": "It is fast.", "met": "unknown", "evidence": "time it" },
            ],
            "findings": [{ "severity": "minor", "kind": "tests", "path": "a.rs", "line": 7,
                "problem": "Weak.", "remedy": "Assert more." }],
        }))
        .unwrap();
        let (acceptance, findings) = (Vec::new(), Vec::new());
        let empty = Findings { summary: "Fine.".to_owned(), acceptance, findings };
        let text = reports(&[(Role::TestAgent, report), (Role::ReviewAgent, empty)]);
        insta::assert_snapshot!(text, @"
        **Test-agent**: One line is not shown. Shown to hold: 1 of 3 acceptance lines.

        - t2 does not hold: It writes. (nothing does)
        - minor, tests, a.rs:7: Weak. Remedy: Assert more.

        <details><summary>To be tried, because reading cannot settle it: 1 acceptance line</summary>

        - t2: It is fast. (time it)

        </details>

        **Review-agent**: Fine.
        ");
    }
}
