//! Which files the issue is about.
//!
//! A path that the issue names counts most, then the files in which the searches found its words,
//! then words in the path; once files were read, words in their text. A word that stands in many
//! paths says little.

use std::collections::BTreeSet;

use super::issue::Kind;
use super::layout::{self, Language};
use super::symbols::{self, Symbol};
use super::view::View;

/// One of the issue's words in the path, or several hits: less is chance.
const RELATED_SCORE_MIN: i64 = 24;

/// The files that the work begins with.
#[derive(Clone, Debug, Default)]
pub(super) struct Picked {
    /// Product files, the likeliest first; at most three. For an issue about words, prose too.
    pub(super) sources: Vec<String>,
    /// The next likeliest: worth reading, not necessarily changed.
    pub(super) related: Vec<String>,
    /// Tests to learn the habits from.
    pub(super) tests: Vec<String>,
}

impl Picked {
    /// Ranks what is known.
    pub(super) fn of(view: &View) -> Picked {
        let about_words = view.issue.kind() == Kind::Docs;
        let stems: Vec<String> = view.issue.stems().take(12).map(str::to_lowercase).collect();
        let candidate = |it: &&String| {
            let code = Language::of(it) != Language::Other;
            layout::is_writable(it)
                && !layout::is_test(it)
                && (code || (about_words && layout::is_prose(it)))
        };
        let candidates: Vec<&String> = view.files.iter().filter(candidate).collect();
        let mut scored: Vec<(i64, &String)> =
            candidates.iter().map(|path| (score(view, path, &stems, &candidates), *path)).collect();
        scored.sort_by(|a, b| {
            b.0.cmp(&a.0).then_with(|| a.1.len().cmp(&b.1.len())).then_with(|| a.1.cmp(b.1))
        });
        let best = scored.first().map_or(0, |it| it.0);
        let near = scored.iter().filter(|it| best <= it.0 * 3 && 0 < it.0);
        let most = if about_words { 1 } else { 3 };
        let mut sources: Vec<String> = near.take(most).map(|it| it.1.clone()).collect();
        if sources.is_empty() {
            let readme = || view.files.iter().find(|it| is_readme(it)).cloned();
            sources.extend(entry(&candidates).or_else(readme));
        }
        let next = scored.iter().filter(|it| RELATED_SCORE_MIN <= it.0 && !sources.contains(it.1));
        let related = next.take(most - sources.len().min(most)).map(|it| it.1.clone()).collect();
        let tests = tests(&view.files, &sources);
        Picked { sources, related, tests }
    }

    /// What is worth reading before planning.
    pub(super) fn reading(&self) -> Vec<&str> {
        let product = self.sources.iter().chain(&self.related);
        product.chain(self.tests.iter().take(1)).map(String::as_str).collect()
    }

    /// The file that the work is mostly about.
    pub(super) fn main(&self) -> Option<&str> {
        self.sources.first().map(String::as_str)
    }
}

/// The definition in `path` that the issue's words point at; without any hint the longest one.
pub(super) fn telling_symbol(view: &View, path: &str) -> Option<Symbol> {
    let lines = view.texts.get(path)?;
    let stems: Vec<String> = view.issue.stems().take(12).map(str::to_lowercase).collect();
    let weigh = |symbol: &Symbol| {
        let name = symbol.name.to_lowercase();
        let named = stems.iter().filter(|it| name.contains(it.as_str())).count();
        let inside =
            lines.iter().filter(|(number, _)| (symbol.from_line..=symbol.to_line).contains(number));
        let text: String = inside.map(|(_, line)| line.to_lowercase()).collect();
        let spoken = stems.iter().filter(|it| text.contains(it.as_str())).count();
        (named * 3 + spoken, symbol.to_line - symbol.from_line)
    };
    let found = symbols::definitions(path, lines);
    found.into_iter().rev().max_by_key(weigh)
}

fn score(view: &View, path: &str, stems: &[String], all: &[&String]) -> i64 {
    let lower = path.to_lowercase();
    let issue = view.issue.lower();
    let mut score = 0;
    if issue.contains(&lower) {
        score += 400;
    } else if issue.contains(&layout::file_name(&lower).to_owned()) {
        score += 200;
    }
    for (place, stem) in stems.iter().enumerate() {
        let weight = if place < 4 { 60 } else { 25 };
        if lower.contains(stem.as_str()) {
            let others = all.iter().filter(|it| it.to_lowercase().contains(stem.as_str())).count();
            score += weight / i64::try_from(others.max(1)).unwrap_or(1) + 10;
        }
    }
    score += i64::from(view.hits.get(path).copied().unwrap_or(0).min(8)) * 12;
    let text = view.text(path).to_lowercase();
    score
        + i64::try_from(stems.iter().filter(|it| text.contains(it.as_str())).count()).unwrap_or(0)
            * 8
}

/// The file where a program begins: what a newcomer reads when nothing points anywhere.
fn entry(candidates: &[&String]) -> Option<String> {
    let names = ["main", "lib", "app", "index", "server", "cli", "__init__", "mod"];
    let place = |path: &&&String| {
        let name = names.iter().position(|it| *it == layout::stem(path)).unwrap_or(names.len());
        (name, path.matches('/').count())
    };
    candidates.iter().min_by_key(place).map(|it| (*it).clone())
}

/// The one file that a repository without code has to change.
fn is_readme(path: &str) -> bool {
    layout::is_prose(path) && layout::stem(path).eq_ignore_ascii_case("readme")
}

fn tests(files: &BTreeSet<String>, sources: &[String]) -> Vec<String> {
    let own = sources.iter().filter_map(|it| layout::test_file(files, it));
    let mut found: Vec<String> = own.filter(|it| files.contains(it)).collect();
    let language = sources.first().map_or(Language::Other, |it| Language::of(it));
    let alike = |it: &&String| {
        layout::is_test(it) && Language::of(it) == language && !layout::is_foreign(it)
    };
    found.extend(files.iter().find(alike).cloned());
    found.dedup();
    found
}
