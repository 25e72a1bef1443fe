//! From signals, labels, counts and estimates to a level: the complexity table, read from the top,
//! and the floors under it.

use super::facts::{ExplicitSource, IssueFacts};
use super::lexicon::Topic;
use super::reasons::Reason;
use super::scope::Scope;
use super::signals::Signals;
use super::title::Only;
use super::{Basis, Confidence};
use crate::domain::tier::Complexity;

use Complexity::{Complex, Expert, Medium, Simple, Trivial};

/// The labels of the complexity table. They compare without regard to case, `_`, `-` and blanks.
const LABELS: &[(Complexity, &[&str])] = &[
    (Trivial, &["trivial", "docs", "documentation"]),
    (Simple, &["simple", "tests", "test", "chore"]),
    (Medium, &["feature", "enhancement", "bug"]),
    (Complex, &["refactor", "migration"]),
    (Expert, &["architecture", "security", "performance"]),
];

/// Prefixes under which repositories keep the labels above: `type: bug`, `kind/feature`.
const LABEL_PREFIXES: &[&str] = &["type", "kind", "category"];

/// A level, and why.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) level: Complexity,
    pub(super) confidence: Confidence,
    pub(super) basis: Basis,
    pub(super) reasons: Reason,
}

/// Decides the level. The order is: stated, scored, and without any signal the default. `shown` is
/// what people see of the body.
pub(super) fn decide(
    facts: &IssueFacts,
    shown: &str,
    signals: &Signals,
    scope: &Scope,
    only: Option<Only>,
) -> Verdict {
    if let Some((level, source)) = facts.explicit.or_else(|| stated(facts, shown)) {
        let reasons = Reason::new(format!("{level}: set by {}", source.words()));
        return Verdict { level, confidence: Confidence::High, basis: Basis::Explicit, reasons };
    }
    let mut found = label_levels(&facts.labels);
    found.extend(word_levels(signals, only));
    found.extend(scope.n_files.and_then(|n| Some((files_level(n)?, files_reason(scope)))));
    let scored = found.iter().map(|it| it.0).max();
    let floor = floors(signals, scope).into_iter().max_by_key(|it| it.0);
    match (scored, floor) {
        (None, None) => unsaid(signals.english),
        (scored, floor) => {
            let scored = scored.unwrap_or(Trivial);
            let level = floor.as_ref().map_or(scored, |it| it.0.max(scored));
            verdict(level, found, floor.filter(|it| scored < it.0), signals.english)
        }
    }
}

/// The level that the issue states by itself: the `Complexity` field of an issue form, which GitHub
/// writes as a heading with the answer below it, else the label `difficulty:<level>`.
fn stated(facts: &IssueFacts, shown: &str) -> Option<(Complexity, ExplicitSource)> {
    let lines = shown.lines().map(str::trim).filter(|it| !it.is_empty());
    let mut is_field = false;
    let answers = lines.filter(|line| {
        let is_answer = is_field;
        is_field =
            line.strip_prefix("### ").is_some_and(|it| it.eq_ignore_ascii_case("complexity"));
        is_answer
    });
    // What the form asks stands below what people wrote into its fields.
    let form = answers.filter_map(level_named).last().map(|it| (it, ExplicitSource::Form));
    form.or_else(|| {
        let marks = facts.labels.iter().filter_map(|it| it.split_once(':'));
        let mut levels = marks
            .filter(|it| it.0.trim().eq_ignore_ascii_case("difficulty"))
            .filter_map(|it| level_named(it.1.trim()));
        levels.next().map(|it| (it, ExplicitSource::Difficulty))
    })
}

fn level_named(name: &str) -> Option<Complexity> {
    Complexity::ALL.into_iter().find(|it| it.to_string().eq_ignore_ascii_case(name))
}

fn verdict(
    level: Complexity,
    mut found: Vec<(Complexity, Reason)>,
    floor: Option<(Complexity, Reason)>,
    english: bool,
) -> Verdict {
    // The strongest reason first; a stable sort keeps the order of the text within a level.
    found.sort_by_key(|it| std::cmp::Reverse(it.0));
    let mut parts: Vec<Reason> = floor
        .into_iter()
        .map(|(level, reason)| Reason {
            signal: format!("at least {level}: {}", reason.signal),
            ..reason
        })
        .collect();
    parts.extend(
        found.into_iter().map(|(level, reason)| Reason {
            signal: format!("{level}: {}", reason.signal),
            ..reason
        }),
    );
    let confidence = if english { Confidence::Medium } else { Confidence::Low };
    if !english {
        parts.push(Reason::new("language: the text is not in English, so its words say nothing"));
    }
    let reasons = Reason::new(format!("{level}: the highest of what was found")).made_of(parts);
    Verdict { level, confidence, basis: Basis::Signals, reasons }
}

fn unsaid(english: bool) -> Verdict {
    let (level, basis, words) = if english {
        (Simple, Basis::NoSignal, "simple: nothing in the text says how hard it is")
    } else {
        (
            Medium,
            Basis::Language,
            "medium: language; the text is not in English, so its words say nothing",
        )
    };
    Verdict { level, confidence: Confidence::Low, basis, reasons: Reason::new(words) }
}

fn word_levels(signals: &Signals, only: Option<Only>) -> Vec<(Complexity, Reason)> {
    let levels = signals.levels.iter().map(|(level, quote)| {
        // "fix typo" is simple in code; a typo in documentation is what the trivial row means.
        let typo_in_docs = *level == Simple
            && only == Some(Only::Docs)
            && signals.quote(Topic::Typo) == Some(quote.as_str());
        let level = if typo_in_docs { Trivial } else { *level };
        (level, Reason::new("keyword").because(quote.as_str()))
    });
    levels.collect()
}

fn label_levels(labels: &[String]) -> Vec<(Complexity, Reason)> {
    let level_of = |label: &String| {
        LABELS
            .iter()
            .find(|(_, names)| names.iter().any(|name| is_label(label, name)))
            .map(|(level, _)| (*level, Reason::new("label").because(label.as_str())))
    };
    labels.iter().filter_map(level_of).collect()
}

/// Whether a label is `name`, whatever its case, its separators and its prefix.
pub(super) fn is_label(label: &str, name: &str) -> bool {
    let same = |a: &str, b: &str| {
        let letters = |it: &str| -> Vec<u8> {
            it.bytes().filter(|b| !b"_- ".contains(b)).map(|b| b.to_ascii_lowercase()).collect()
        };
        a.len() <= 64 && letters(a) == letters(b)
    };
    let bare = label
        .split_once([':', '/'])
        .filter(|(prefix, _)| LABEL_PREFIXES.iter().any(|it| same(prefix, it)))
        .map_or(label, |it| it.1);
    same(bare, name)
}

fn files_level(n: u32) -> Option<Complexity> {
    match n {
        21.. => Some(Complex),
        11..=20 => Some(Medium),
        4..=10 => Some(Simple),
        0..=3 => None,
    }
}

fn files_reason(scope: &Scope) -> Reason {
    Reason::new(scope.source).because(scope.files_phrase().unwrap_or_default())
}

/// What the level may not fall below, whatever the words say.
fn floors(signals: &Signals, scope: &Scope) -> Vec<(Complexity, Reason)> {
    let quoted = |what: &str, topic: Topic| {
        Reason::new(what).because(signals.quote(topic).unwrap_or_default())
    };
    let mut res = Vec::new();
    if scope.schema_change {
        res.push((Medium, quoted("database schema change", Topic::Schema)));
    }
    if signals.has(Topic::Debugging) {
        res.push((Complex, quoted("complex debugging", Topic::Debugging)));
    }
    let many = scope.n_files.is_some_and(|n| 6 <= n);
    if signals.has(Topic::ArchitectureContext) && (scope.schema_change || many) {
        let what = if scope.schema_change {
            "architecture context with a schema change"
        } else {
            "architecture context over six or more files"
        };
        res.push((Complex, quoted(what, Topic::ArchitectureContext)));
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(label: &str, expected: Option<Complexity>) {
        let found = label_levels(&[label.to_owned()]);
        assert_eq!(found.first().map(|it| it.0), expected, "{label}");
    }

    #[test]
    fn labels_compare_without_case_and_separators() {
        check("BUG", Some(Medium));
        check("Documentation", Some(Trivial));
        check("type: bug", Some(Medium));
        check("kind/Feature", Some(Medium));
        check("Type: Re_factor", Some(Complex));
        check("area: security", None);
        check("bugs bunny", None);
        check("complexity: expert", None);
        check("", None);
    }

    #[test]
    fn files_have_their_rows() {
        let files: Vec<_> = [0, 3, 4, 10, 11, 20, 21].map(files_level).to_vec();
        assert_eq!(
            files,
            [None, None, Some(Simple), Some(Simple), Some(Medium), Some(Medium), Some(Complex)]
        );
    }
}
