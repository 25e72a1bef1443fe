//! What a title asks for: its leading verb, and whether the work is only documentation, formatting,
//! a rename or tests.

use super::lexicon::Lexeme;
use super::paths;
use super::text::{Gap, Page};

/// Work that is of one light kind and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Only {
    /// Documentation and comments.
    Docs,
    /// Formatting.
    Formatting,
    /// A rename.
    Rename,
    /// Tests.
    Tests,
}

impl Only {
    /// How it reads before "only".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Only::Docs => "documentation",
            Only::Formatting => "formatting",
            Only::Rename => "a rename",
            Only::Tests => "tests",
        }
    }
}

/// The verbs that decide what kind of task it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TitleVerb {
    /// Design, plan.
    Plan,
    /// Review, analyze.
    Review,
    /// Test.
    Test,
    /// Document.
    Document,
}

const VERBS: &[(Lexeme, TitleVerb)] = &[
    (Lexeme::Design, TitleVerb::Plan),
    (Lexeme::Redesign, TitleVerb::Plan),
    (Lexeme::Plan, TitleVerb::Plan),
    (Lexeme::Architecture, TitleVerb::Plan),
    (Lexeme::Review, TitleVerb::Review),
    (Lexeme::Analyze, TitleVerb::Review),
    (Lexeme::Test, TitleVerb::Test),
    (Lexeme::Document, TitleVerb::Document),
];

/// Titles that begin with one of these are about nothing else.
const LEADING: &[(Lexeme, Only)] = &[
    (Lexeme::Document, Only::Docs),
    (Lexeme::Test, Only::Tests),
    (Lexeme::Rename, Only::Rename),
    (Lexeme::Formatting, Only::Formatting),
];

/// Prefixes such as `docs:`.
const PREFIXES: &[(Lexeme, Only)] =
    &[(Lexeme::Docs, Only::Docs), (Lexeme::Readme, Only::Docs), (Lexeme::Test, Only::Tests)];

/// What the object of "add", "write", "update" or "fix" says, by its last word.
const OBJECTS: &[(Lexeme, Only)] = &[
    (Lexeme::Docs, Only::Docs),
    (Lexeme::Readme, Only::Docs),
    (Lexeme::Comment, Only::Docs),
    (Lexeme::Formatting, Only::Formatting),
    (Lexeme::Test, Only::Tests),
];

fn find(table: &[(Lexeme, Only)], lexeme: Option<Lexeme>) -> Option<Only> {
    table.iter().find(|it| Some(it.0) == lexeme).map(|it| it.1)
}

/// The verb the title begins with, past "please", "we should" and a prefix such as `feat:`.
pub(super) fn verb(page: &Page<'_>, lexemes: &[Option<Lexeme>]) -> Option<TitleVerb> {
    let lexeme = lexemes[lead(page, lexemes)?]?;
    VERBS.iter().find(|it| it.0 == lexeme).map(|it| it.1)
}

/// What the title's work is only about, when it says so.
pub(super) fn only(page: &Page<'_>, lexemes: &[Option<Lexeme>]) -> Option<Only> {
    let first = lead(page, lexemes)?;
    if asks_twice(page, lexemes, first) {
        return None;
    }
    let has_prefix = page.words.get(1).is_some_and(|it| it.title && it.gap == Gap::Colon);
    if let Some(only) = find(PREFIXES, lexemes[0]).filter(|_| has_prefix) {
        return Some(only);
    }
    let verb = lexemes[first]?;
    if matches!(verb, Lexeme::Add | Lexeme::Write | Lexeme::Update | Lexeme::Fix) {
        return object(page, lexemes, first, verb);
    }
    let typo_in_docs = verb == Lexeme::Typo && names_docs(page, lexemes);
    find(LEADING, Some(verb)).or(typo_in_docs.then_some(Only::Docs))
}

/// The kind of the object of a light verb: "add unit tests for the parser" → tests.
fn object(
    page: &Page<'_>,
    lexemes: &[Option<Lexeme>],
    verb_at: usize,
    verb: Lexeme,
) -> Option<Only> {
    let ends = |i: &usize| {
        let word = page.words[*i];
        let little = matches!(
            lexemes[*i],
            Some(Lexeme::Preposition | Lexeme::Conjunction | Lexeme::Of | Lexeme::Under)
        );
        !word.title || word.gap != Gap::Joined || little
    };
    let end = (verb_at + 1..lexemes.len()).find(ends).unwrap_or(lexemes.len());
    if end == verb_at + 1 {
        return names_only_documents(page).then_some(Only::Docs);
    }
    let last = lexemes[end - 1]?;
    if last == Lexeme::Typo {
        return names_docs(page, lexemes).then_some(Only::Docs);
    }
    // To fix a test is to find out what is wrong; a comment is added, other things happen to it.
    let is_other_work = last == Lexeme::Test && verb == Lexeme::Fix
        || last == Lexeme::Comment && verb != Lexeme::Add;
    find(OBJECTS, Some(last)).filter(|_| !is_other_work)
}

/// The first word of the title that says what to do.
fn lead(page: &Page<'_>, lexemes: &[Option<Lexeme>]) -> Option<usize> {
    let in_title = page.words.iter().take_while(|it| it.title).count();
    let after_prefix = (1..in_title.min(4)).find(|i| page.words[*i].gap == Gap::Colon).unwrap_or(0);
    let skipped = |i: &usize| !matches!(lexemes[*i], Some(Lexeme::Filler | Lexeme::Article));
    (after_prefix..in_title).find(skipped)
}

/// Whether a later clause of the title asks for something else.
fn asks_twice(page: &Page<'_>, lexemes: &[Option<Lexeme>], first: usize) -> bool {
    let asks = |lexeme: Option<Lexeme>| {
        matches!(
            lexeme,
            Some(
                Lexeme::Implement
                    | Lexeme::Fix
                    | Lexeme::Add
                    | Lexeme::Refactor
                    | Lexeme::Migrate
                    | Lexeme::Rewrite
                    | Lexeme::Overhaul
                    | Lexeme::Design
                    | Lexeme::Redesign
                    | Lexeme::Deploy
            )
        )
    };
    let rest = first + 1..lexemes.len();
    rest.take_while(|i| page.words[*i].title).any(|i| {
        let begins = page.words[i].gap == Gap::Break || lexemes[i - 1] == Some(Lexeme::Conjunction);
        begins && asks(lexemes[i])
    })
}

fn names_docs(page: &Page<'_>, lexemes: &[Option<Lexeme>]) -> bool {
    let named = |i: usize| matches!(lexemes[i], Some(Lexeme::Docs | Lexeme::Readme));
    (0..lexemes.len()).take_while(|i| page.words[*i].title).any(named) || names_only_documents(page)
}

fn names_only_documents(page: &Page<'_>) -> bool {
    let mut named = page.paths.iter().filter(|it| it.title).peekable();
    named.peek().is_some() && named.all(|it| paths::is_document(it.text))
}
