//! What the issue leaves open and the plan depends on. At most one question, and none for small
//! work: each one costs a person's time.

use serde_json::{Value, json};

use super::issue::{self, Kind};
use super::rank::Picked;
use super::topics::Topic;
use super::view::View;

/// The question to ask, as an item of the tool's `questions`; `None` when nothing is open.
pub(super) fn open_question(view: &View, picked: &Picked) -> Option<Value> {
    if matches!(view.issue.kind(), Kind::Docs | Kind::Test) {
        return None;
    }
    asked_in_the_text(view)
        .or_else(|| service(view, picked))
        .or_else(|| alternatives(view))
        .or_else(|| unnamed_number(view))
}

fn question(question: String, why: String, choices: [String; 2]) -> Value {
    json!({ "question": question, "why": why, "choices": choices })
}

/// The issue itself ends a sentence with a question mark.
fn asked_in_the_text(view: &View) -> Option<Value> {
    let sentences = issue::sentences(&view.issue.body);
    let asked =
        sentences.into_iter().find(|it| it.ends_with('?') && 12 < it.len() && it.len() < 200)?;
    let why = "The issue leaves this open, and the tasks differ with the answer.".to_owned();
    let words: Vec<&str> = asked.trim_end_matches('?').split(' ').collect();
    let or = words.iter().position(|it| *it == "or");
    let choices = match or {
        Some(at) if 0 < at && at + 1 < words.len() => {
            [words[at - 1].to_owned(), words[at + 1..].join(" ")]
        }
        Some(_) | None => ["Yes".to_owned(), "No, leave it out for now".to_owned()],
    };
    Some(question(asked, why, choices))
}

/// A service at run time whose absence the issue does not speak of.
fn service(view: &View, picked: &Picked) -> Option<Value> {
    let service = Topic::of(&view.issue)?.service?;
    let lower = view.issue.lower();
    let decided = [
        "required",
        "mandatory",
        "must be available",
        "fall back",
        "fallback",
        "unreachable",
        "is down",
    ];
    if decided.iter().any(|it| lower.contains(it)) {
        return None;
    }
    let place = picked.main().map_or_else(|| "the requests".to_owned(), |it| format!("`{it}`"));
    Some(question(
        format!("Is {service} optional?"),
        format!("It decides what {place} does when {service} cannot be reached."),
        [
            format!("Optional: without {service} everything works, only slower"),
            format!("Required: without {service} the service refuses to start"),
        ],
    ))
}

/// "JSON or CSV": a choice between two names that the issue does not take.
fn alternatives(view: &View) -> Option<Value> {
    let open = ["maybe", "perhaps", "either", "possibly", "tbd", "not sure", "could be"];
    let undecided = |it: &String| {
        let words = issue::words(it);
        open.iter().any(|word| words.join(" ").contains(word))
    };
    let sentence = issue::sentences(&view.issue.body).into_iter().find(undecided)?;
    let words: Vec<&str> = sentence
        .split_whitespace()
        .map(|it| it.trim_matches(|c: char| !c.is_alphanumeric()))
        .collect();
    let why = format!("The issue says: \"{sentence}\"");
    match words.iter().position(|it| *it == "or").filter(|at| 0 < *at && at + 1 < words.len()) {
        Some(at) => {
            let (one, other) = (words[at - 1].to_owned(), words[at + 1].to_owned());
            Some(question(format!("Shall it be {one} or {other}?"), why, [one, other]))
        }
        None => {
            let choices = ["Yes, include it".to_owned(), "No, leave it out for now".to_owned()];
            let short = sentence.trim_end_matches(['.', '!']);
            Some(question(format!("Does this belong to the work: \"{short}\"?"), why, choices))
        }
    }
}

/// A limit without its number.
fn unnamed_number(view: &View) -> Option<Value> {
    let limits = Topic::of(&view.issue).is_some_and(|it| it.stem == "rate_limit");
    if !limits || view.issue.lower().contains(|it: char| it.is_ascii_digit()) {
        return None;
    }
    Some(question(
        "How many requests a minute may one client make?".to_owned(),
        "The limit is a promise to callers, and the issue names no number.".to_owned(),
        ["60, with a burst of 20".to_owned(), "600, with a burst of 100".to_owned()],
    ))
}
