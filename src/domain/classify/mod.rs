//! Facts to complexity, with reasons: total, deterministic, no model.
//!
//! The order is fixed: a level somebody stated wins; else the
//! scorer reads labels, words and files by the table in `scorer` and keeps above the
//! floors; without any signal the level is `simple`, and for a text that is not in English
//! `medium`, both with low confidence.
//!
//! ```
//! use baton::domain::classify::{IssueFacts, classify};
//! use baton::domain::tier::Complexity;
//!
//! let found = classify(&IssueFacts::from_text("Migrate the settings store to SQLite"));
//! assert_eq!(found.level, Complexity::Complex);
//! ```
//!
//! `text` takes the Markdown apart, `lexicon` knows the words, `signals` and `title` say
//! what they mean here, `scope` estimates files and schema changes, `prior` holds what was
//! measured about such calls.

mod facts;
mod reasons;
mod paths;
mod text;
mod language;
mod lexicon;
mod title;
mod signals;
mod scope;
mod prior;
mod scorer;

pub use self::facts::{ExplicitSource, IssueFacts, Tokens};
pub use self::prior::Prior;
pub use self::reasons::Reason;
pub use self::scope::Scope;
pub use self::text::CHARS_MAX;

pub(crate) use self::lexicon::Topic;
use self::signals::Signals;
pub(crate) use self::title::{Only, TitleVerb};
use crate::domain::hygiene::{Removed, strip_hidden, strip_invisible};
use crate::domain::tier::Complexity;

/// How sure a classification is, in words: numbers would pretend to know more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// There was nothing to go by.
    Low,
    /// Words, labels or counts said so. They are a modest prior.
    Medium,
    /// Somebody stated it.
    High,
}

impl Confidence {
    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// What a classification rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Somebody stated the level.
    Explicit,
    /// Labels, words, files, floors.
    Signals,
    /// Nothing at all.
    NoSignal,
    /// Nothing, because the text is not in English.
    Language,
}

/// What a piece of work was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// How hard it is.
    pub level: Complexity,
    /// How sure that is.
    pub confidence: Confidence,
    /// What it rests on.
    pub basis: Basis,
    /// Why, as a tree.
    pub reasons: Reason,
    /// How probable each level is, given this one.
    pub probabilities: Prior,
    /// How much it touches.
    pub scope: Scope,
    /// Whether the text was longer than [`CHARS_MAX`] and only its beginning was read.
    pub cut: bool,
    /// What stands in the text and nobody sees on the page. It counts nowhere, and people are told.
    pub hidden: Removed,
    /// What the work is only about, when it is light work of one kind.
    pub(crate) only: Option<Only>,
    /// Whether a label says `bug`.
    pub(crate) labelled_bug: bool,
    signals: Signals,
}

impl Classification {
    /// Whether the text speaks of a topic.
    pub(crate) fn has(&self, topic: Topic) -> bool {
        self.signals.has(topic)
    }

    /// The words that spoke of a topic first, as written.
    pub(crate) fn quote(&self, topic: Topic) -> Option<&str> {
        self.signals.quote(topic)
    }

    /// What the title tells the reader to do.
    pub(crate) fn verb(&self) -> Option<TitleVerb> {
        self.signals.verb
    }
}

/// Classifies a piece of work.
pub fn classify(facts: &IssueFacts) -> Classification {
    let page = text::Page::read(&facts.title, &facts.body);
    let signals = signals::gather(&page);
    let scope = scope::estimate(&page, &signals, facts.files);
    let only = signals.only.or_else(|| labelled_only(facts, &signals));
    let mut shown = strip_hidden(&facts.body);
    shown.removed.add(&strip_invisible(&facts.title).removed);
    let verdict = scorer::decide(facts, &shown.text, &signals, &scope, only);
    Classification {
        level: verdict.level,
        confidence: verdict.confidence,
        basis: verdict.basis,
        reasons: verdict.reasons,
        probabilities: Prior::of(verdict.level, verdict.basis),
        scope,
        cut: page.cut,
        hidden: shown.removed,
        only,
        labelled_bug: facts.labels.iter().any(|it| scorer::is_label(it, "bug")),
        signals,
    }
}

/// Work that its labels call documentation or tests, when no word says more.
fn labelled_only(facts: &IssueFacts, signals: &Signals) -> Option<Only> {
    let has = |names: &[&str]| {
        names.iter().any(|name| facts.labels.iter().any(|it| scorer::is_label(it, name)))
    };
    if signals.levels.iter().any(|it| Complexity::Simple < it.0) {
        return None;
    }
    match (has(&["docs", "documentation"]), has(&["tests", "test"])) {
        (true, false) => Some(Only::Docs),
        (false, true) => Some(Only::Tests),
        (true, true) | (false, false) => None,
    }
}

#[cfg(test)]
mod tests;
