//! A change of hands as one line of JSON, for whoever exports the record.

use serde::Serialize;

use crate::base::{IssueNumber, MicroUsd, Millis, RunId, Timestamp};

/// A change of hands with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoffEvent {
    #[serde(serialize_with = "iso")]
    time: Timestamp,
    issue: String,
    run: String,
    from: Hands,
    to: Hands,
    trigger: String,
    reason: String,
    context: Circumstances,
    /// Whether the successor began; `null` while it may.
    executed: Option<bool>,
    /// `activity`, `task`, `person` or `no`; `null` while more may come.
    recovered: Option<String>,
    /// Left out where nobody asked for it; `null` where the successor was never told anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Option<String>>,
}

/// Who worked, or who goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hands {
    /// What the run is for.
    pub role: String,
    /// Its rung.
    pub tier: String,
    /// The model that was asked for; a successor has none until it has begun.
    pub requested: Option<String>,
    /// The model that answered.
    pub actual: Option<String>,
}

/// What it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Circumstances {
    /// The task that changed hands; the specialists' look has none.
    pub task: Option<String>,
    /// For how long the run before had been silent, in whole minutes.
    pub idle_minutes: i64,
    /// What the issue had cost until then.
    pub cost_micro_usd: MicroUsd,
}

impl Circumstances {
    /// `task` changed hands after this silence and at this cost.
    pub fn new(task: Option<String>, idle: Millis, spent: MicroUsd) -> Circumstances {
        let idle_minutes = idle.0 / Millis::minutes(1).0;
        Circumstances { task, idle_minutes, cost_micro_usd: spent }
    }
}

impl HandoffEvent {
    /// What was decided `at` this time: `run` goes on in `issue`, named `(owner, name)` and number.
    pub fn new(
        at: Timestamp,
        ((owner, name), number): ((&str, &str), IssueNumber),
        run: &RunId,
        (from, to): (Hands, Hands),
        (trigger, reason): (String, String),
        context: Circumstances,
    ) -> HandoffEvent {
        HandoffEvent {
            time: at,
            issue: format!("{owner}/{name}#{number}"),
            run: run.to_string(),
            from,
            to,
            trigger,
            reason,
            context,
            executed: None,
            recovered: None,
            prompt: None,
        }
    }

    /// What came of it.
    #[must_use]
    pub fn came_to(self, executed: Option<bool>, recovered: Option<String>) -> HandoffEvent {
        HandoffEvent { executed, recovered, ..self }
    }

    /// What the successor was told.
    #[must_use]
    pub fn told(self, prompt: Option<String>) -> HandoffEvent {
        HandoffEvent { prompt: Some(prompt), ..self }
    }

    /// One line, without its break. What commands a terminal or turns the writing direction is
    /// escaped as JSON escapes it: the line reads back the same, and does nothing where it is shown.
    pub fn json_line(&self) -> String {
        let plain = serde_json::to_string(self).unwrap_or_default();
        let mut line = String::with_capacity(plain.len());
        for c in plain.chars() {
            match c {
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    line.push_str(&escape(c));
                }
                _ if c.is_control() => line.push_str(&escape(c)),
                _ => line.push(c),
            }
        }
        line
    }
}

/// All that is escaped here has four digits.
fn escape(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

fn iso<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.iso())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> HandoffEvent {
        let hands = |tier: &str, model: Option<&str>| Hands {
            role: "implementer".to_owned(),
            tier: tier.to_owned(),
            requested: model.map(str::to_owned),
            actual: model.map(str::to_owned),
        };
        HandoffEvent::new(
            Timestamp(1_700_000_000_000),
            (("acme", "api"), IssueNumber(7)),
            &RunId("r2".to_owned()),
            (hands("haiku", Some("model-h")), hands("sonnet", None)),
            ("stuck".to_owned(), "Haiku gave no sign of life for 10 min.".to_owned()),
            Circumstances::new(Some("t2".to_owned()), Millis::minutes(10), MicroUsd(1_234)),
        )
    }

    #[test]
    fn a_line_has_each_field_in_the_order_people_read() {
        insta::assert_snapshot!(event().json_line(), @r#"{"time":"2023-11-14T22:13:20Z","issue":"acme/api#7","run":"r2","from":{"role":"implementer","tier":"haiku","requested":"model-h","actual":"model-h"},"to":{"role":"implementer","tier":"sonnet","requested":null,"actual":null},"trigger":"stuck","reason":"Haiku gave no sign of life for 10 min.","context":{"task":"t2","idle_minutes":10,"cost_micro_usd":1234},"executed":null,"recovered":null}"#);
        let over = event().came_to(Some(true), Some("task".to_owned())).told(None).json_line();
        assert!(over.ends_with(r#""executed":true,"recovered":"task","prompt":null}"#), "{over}");
    }

    #[test]
    fn what_would_move_a_terminal_is_escaped_and_reads_back() {
        let text = "red \u{1b}[31m \u{9b}31m \u{7f} \u{202e}back\u{2066} caf\u{e9}\nend";
        let line = event().told(Some(text.to_owned())).json_line();
        assert!(line.contains("caf\u{e9}\\nend"), "{line}");
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}' || c == '\u{2066}'));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["prompt"], text);
    }
}
