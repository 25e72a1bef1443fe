//! Counts how often each level of the table meets each human rating, for
//! `src/domain/classify/prior.rs`.
//!
//! ```text
//! cargo run --example measure_prior -- difficulty.jsonl beads.jsonl
//! ```
//!
//! Reads JSON lines with `text`, optionally `title` and `labels`, and a human `label`: 0 to 3
//! (under 15 minutes, under an hour, under four hours, longer) or the name of a level. Prints one
//! row of counts for each level that the table gave.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Context;
use baton::domain::classify::{IssueFacts, classify};
use baton::domain::tier::Complexity;
use serde_json::Value;

fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let mut counts: BTreeMap<Complexity, BTreeMap<String, u32>> = BTreeMap::new();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).with_context(|| format!("in {path}"))?;
            let label =
                row["label"].as_str().map_or_else(|| row["label"].to_string(), str::to_owned);
            let level = classify(&facts(&row)).level;
            *counts.entry(level).or_default().entry(label).or_default() += 1;
        }
        writeln!(out, "{path}")?;
        for (level, labels) in counts {
            writeln!(out, "  {level}: {labels:?}")?;
        }
    }
    Ok(())
}

fn facts(row: &Value) -> IssueFacts {
    let text = row["text"].as_str().unwrap_or_default();
    match row["title"].as_str() {
        Some(title) => {
            IssueFacts { title: title.to_owned(), body: text.to_owned(), ..IssueFacts::default() }
        }
        None => IssueFacts::from_text(text),
    }
}
