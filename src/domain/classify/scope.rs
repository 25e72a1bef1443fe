//! How much an issue will touch: a count of files, and whether a database schema changes. Never a
//! model.
//!
//! The count is taken from the first of these that says anything: what the issue says itself (a
//! number of files, a list of bullets that name components, paths), a count given by the caller
//! (the repository scout), the parts it names (a new store brings a migration and tables, and so
//! on). The last is a lower bound and printed as "10+ files".

use super::lexicon::{Lexeme, Topic, look_up};
use super::paths;
use super::signals::Signals;
use super::text::{Gap, Page};

/// No issue means more files than this; a larger number counts something else.
const STATED_MAX: u32 = 2_000;

/// A bullet longer than this explains; it does not name a component.
const BULLET_WORDS_MAX: usize = 8;

/// Naming more files than this says no more than naming this many.
const PATHS_MAX: usize = 200;

/// What a new system needs at the least: endpoints, types, tests.
const SYSTEM_FILES: u32 = 3;
/// A real-time transport: its server side and its client side.
const TRANSPORT_FILES: u32 = 2;
/// A cache or broker: its client.
const CACHE_FILES: u32 = 1;
/// A new persistent store: schema migration, two tables, migration file.
const STORE_FILES: u32 = 4;

/// The scope of a piece of work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// How many files, when anything says so.
    pub n_files: Option<u32>,
    /// Whether the count is a lower bound.
    pub at_least: bool,
    /// Where the count comes from, in words; empty when there is none.
    pub source: &'static str,
    /// The words, paths or parts it was counted from.
    pub evidence: Vec<String>,
    /// Whether a database schema changes.
    pub schema_change: bool,
    /// Whether a new persistent store is asked for.
    pub new_store: bool,
}

impl Scope {
    /// "10+ files", "1 file"; `None` when nothing is known. From ten on always with a plus, as the
    /// Model Router Analysis writes it.
    pub fn files_phrase(&self) -> Option<String> {
        let n = self.n_files?;
        Some(match (n, self.at_least) {
            (10.., _) => "10+ files".to_owned(),
            (1, false) => "1 file".to_owned(),
            (n, false) => format!("{n} files"),
            (n, true) => format!("{n}+ files"),
        })
    }

    /// Whether the work is known to stay under three files. A lower bound cannot say so.
    pub(crate) fn is_under_three(&self) -> bool {
        !self.at_least && self.n_files.is_some_and(|n| n < 3)
    }
}

/// Estimates the scope from a page, its signals and a count given by the caller.
pub(super) fn estimate(page: &Page<'_>, signals: &Signals, given: Option<u32>) -> Scope {
    let listed = [bullets(page), named_files(page)].into_iter().flatten();
    let counted = stated(page)
        .or_else(|| listed.max_by_key(|it| it.n_files))
        .or_else(|| {
            given.map(|n| Scope { n_files: Some(n), source: "counted", ..Scope::default() })
        })
        .or_else(|| named_parts(signals))
        .unwrap_or_default();
    Scope {
        schema_change: signals.has(Topic::Schema),
        new_store: signals.has(Topic::NewStore),
        ..counted
    }
}

/// "10+ files", "touches 12 files", "Files to modify: 10+".
fn stated(page: &Page<'_>) -> Option<Scope> {
    let words = &page.words;
    let is_files = |i: usize| {
        let text = words.get(i).map_or("", |it| it.text);
        text.eq_ignore_ascii_case("files") || text.eq_ignore_ascii_case("file")
    };
    let mut best: Option<(u32, bool, String)> = None;
    for (i, word) in words.iter().enumerate() {
        let Some(n) = number(word.text).filter(|n| (1..=STATED_MAX).contains(n)) else { continue };
        // One adjective may stand between: "12 source files".
        let noun = (i + 1..=i + 2).take_while(|k| joined(page, *k)).find(|k| is_files(*k));
        // Or the number answers a heading: "Files to modify: 10+".
        let headed = word.gap == Gap::Colon && (i.saturating_sub(3)..i).any(is_files);
        let last = match noun {
            Some(k) if !counts_something_else(page, i) => k,
            None if headed => i,
            _ => continue,
        };
        let before = |k: usize, it: &str| {
            i.checked_sub(k).is_some_and(|k| words[k].text.eq_ignore_ascii_case(it))
        };
        let over = before(1, "over") || (before(1, "than") && before(2, "more"));
        let n = if over { n.saturating_add(1) } else { n };
        if best.as_ref().is_none_or(|it| it.0 < n) {
            let at_least = word.plus || over || (before(1, "least") && before(2, "at"));
            best = Some((n, at_least, page.quote(i, last)));
        }
    }
    let (n, at_least, quote) = best?;
    let source = "the issue says so";
    Some(Scope { n_files: Some(n), at_least, source, evidence: vec![quote], ..Scope::default() })
}

/// Whether the number before "files" is about files that the program handles: "upload 300 files".
fn counts_something_else(page: &Page<'_>, i: usize) -> bool {
    const HANDLING: &[&str] = &[
        "with",
        "of",
        "upload",
        "uploads",
        "uploading",
        "download",
        "downloading",
        "open",
        "opening",
        "load",
        "loading",
        "import",
        "importing",
        "export",
        "select",
        "selecting",
        "process",
        "processing",
        "contains",
        "containing",
        "has",
        "have",
        "having",
        "scan",
        "per",
        "max",
        "maximum",
        "limit",
        "first",
        "last",
        "every",
        "delete",
        "deleting",
    ];
    let before = (i.saturating_sub(2)..i).filter(|k| (*k..i).all(|m| joined(page, m + 1)));
    before
        .into_iter()
        .any(|k| HANDLING.iter().any(|it| page.words[k].text.eq_ignore_ascii_case(it)))
}

fn joined(page: &Page<'_>, i: usize) -> bool {
    page.words.get(i).is_some_and(|it| it.gap == Gap::Joined)
}

fn number(word: &str) -> Option<u32> {
    const WORDS: &[&str] = &[
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    if word.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return word.parse().ok();
    }
    if word.eq_ignore_ascii_case("dozen") {
        return Some(12);
    }
    let index = WORDS.iter().position(|it| it.eq_ignore_ascii_case(word))?;
    u32::try_from(index + 1).ok()
}

/// A list of at least two bullets that name components: "WebSocket server setup", "API endpoints".
fn bullets(page: &Page<'_>) -> Option<Scope> {
    let names = |range: &std::ops::Range<usize>| {
        range.len() <= BULLET_WORDS_MAX
            && range.clone().any(|i| is_component(page.words[i].text))
            && range.clone().skip(1).all(|i| page.words[i].gap != Gap::Break)
    };
    let named: Vec<_> = page.bullets.iter().filter(|it| names(it)).collect();
    if named.len() < 2 {
        return None;
    }
    let evidence = named.iter().map(|it| page.quote(it.start, it.end - 1)).collect();
    let n_files = u32::try_from(named.len()).ok();
    Some(Scope { n_files, source: "components listed", evidence, ..Scope::default() })
}

fn is_component(word: &str) -> bool {
    const COMPONENTS: &[&str] = &[
        "server",
        "client",
        "handler",
        "controller",
        "page",
        "view",
        "form",
        "model",
        "hook",
        "router",
        "route",
        "routes",
        "middleware",
        "worker",
        "parser",
        "store",
        "dashboard",
        "widget",
        "dialog",
        "modal",
        "frontend",
        "backend",
        "types",
        "api",
        "cli",
        "job",
        "repository",
        "serializer",
        "adapter",
        "validator",
        "config",
        "module",
    ];
    let lexeme = look_up(word).lexeme;
    let known = matches!(
        lexeme,
        Some(
            Lexeme::Component
                | Lexeme::Service
                | Lexeme::Endpoint
                | Lexeme::Integration
                | Lexeme::Schema
                | Lexeme::Migration
                | Lexeme::Table
                | Lexeme::Test
                | Lexeme::Docs
                | Lexeme::Websocket
                | Lexeme::Redis
                | Lexeme::Queue
                | Lexeme::Cache
        )
    );
    known || COMPONENTS.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// The files the issue names, each once.
fn named_files(page: &Page<'_>) -> Option<Scope> {
    let own: Vec<&str> = page
        .paths
        .iter()
        .map(|it| it.text)
        .filter(|it| paths::is_own_file(it))
        .take(PATHS_MAX)
        .collect();
    // `main.rs` beside `src/main.rs` is the same file.
    let is_shadowed = |path: &str| {
        paths::file_name(path) == path
            && own.iter().any(|it| *it != path && paths::file_name(it) == path)
    };
    let mut distinct: Vec<&str> = Vec::new();
    for path in &own {
        if !distinct.contains(path) && !is_shadowed(path) {
            distinct.push(path);
        }
    }
    let n_files = u32::try_from(distinct.len()).ok().filter(|n| 0 < *n)?;
    let evidence = distinct.iter().take(8).map(|it| (*it).to_owned()).collect();
    Some(Scope { n_files: Some(n_files), source: "files named", evidence, ..Scope::default() })
}

/// What the parts named in the text bring with them.
fn named_parts(signals: &Signals) -> Option<Scope> {
    let designed =
        [Topic::Design, Topic::Architecture, Topic::Plan].iter().any(|it| signals.has(*it));
    let parts = [
        (Topic::ArchitectureContext, SYSTEM_FILES, "endpoints, types, tests"),
        (Topic::Transport, TRANSPORT_FILES, "transport: server and client"),
        (Topic::Cache, CACHE_FILES, "cache or broker"),
        (Topic::NewStore, STORE_FILES, "store: schema migration, two tables, migration file"),
    ];
    let found = parts.iter().filter(|(topic, _, _)| {
        signals.has(*topic) && (*topic != Topic::ArchitectureContext || designed)
    });
    let mut evidence = Vec::new();
    let mut n_files = 0_u32;
    for (topic, files, part) in found {
        n_files += files;
        evidence.push(format!("{}: {files} ({part})", signals.quote(*topic).unwrap_or_default()));
    }
    let source = "parts named";
    (0 < n_files).then(|| Scope {
        n_files: Some(n_files),
        at_least: true,
        source,
        evidence,
        ..Scope::default()
    })
}
