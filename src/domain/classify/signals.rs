//! What the words of an issue say: levels and topics, each with the words it rests on.
//!
//! A topic counts once however often it is named. Words that are only what a small piece of work
//! is done to ("Fix typo in the architecture docs"), and words under a negation ("no schema
//! change"), say nothing.

use super::language::Tally;
use super::lexicon::{self, Hides, Lexeme, PHRASES, Phrase, Topic};
use super::text::{Gap, Page};
use super::title::{self, Only, TitleVerb};
use crate::domain::tier::Complexity;

/// How many words after "no" or "without" a negation reaches: "no new schema or migration".
const NEGATION_WORDS: usize = 4;

/// How far apart a database's name and the word "persistence" may stand to be beside each other.
const BESIDE_WORDS: usize = 3;

/// The longest body, in words, in which a trivial or simple word is about the work itself. In the
/// bug reports of the development data such words ("see my comment below") stood in issues that
/// took people *longer* than the rest: 6 of 23 over an hour, against 15 of 265.
const SMALL_BODY_WORDS_MAX: usize = 40;

/// Everything the words say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signals {
    /// The topics found, with the words as written.
    hits: Vec<(Topic, String)>,
    /// The levels found, with the words as written; one entry for each phrase.
    pub(super) levels: Vec<(Complexity, String)>,
    /// What the title says the work is *only* about.
    pub(super) only: Option<Only>,
    /// What the title tells the reader to do.
    pub(super) verb: Option<TitleVerb>,
    /// Whether the text is English.
    pub(super) english: bool,
}

impl Signals {
    /// Whether the text speaks of a topic.
    pub(super) fn has(&self, topic: Topic) -> bool {
        self.hits.iter().any(|it| it.0 == topic)
    }

    /// The words that spoke of a topic first, as written.
    pub(super) fn quote(&self, topic: Topic) -> Option<&str> {
        self.hits.iter().find(|it| it.0 == topic).map(|it| it.1.as_str())
    }

    fn note(&mut self, topics: &[Topic], quote: &str) {
        for topic in topics {
            if !self.has(*topic) {
                self.hits.push((*topic, quote.to_owned()));
            }
        }
    }
}

/// Reads the signals of a page.
pub(super) fn gather(page: &Page<'_>) -> Signals {
    let mut tally = Tally::default();
    let lexemes: Vec<Option<Lexeme>> = page
        .words
        .iter()
        .map(|word| {
            let known = lexicon::look_up(word.text);
            tally.add(word.text, known);
            known.lexeme
        })
        .collect();
    let english = tally.is_english();
    let signals = Signals { hits: Vec::new(), levels: Vec::new(), only: None, verb: None, english };
    let body_words = page.words.iter().filter(|it| !it.title).count();
    let small_body = body_words <= SMALL_BODY_WORDS_MAX;
    let mut matcher = Matcher { page, lexemes: &lexemes, signals, small_body, seen: 0, hidden: 0 };
    matcher.run();
    let mut signals = matcher.signals;
    if english {
        signals.verb = title::verb(page, &lexemes);
        signals.only = title::only(page, &lexemes);
    }
    signals
}

/// How a small-work phrase shades the rest of its clause.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shade {
    None,
    Levels,
    WaitingForPreposition,
    Everything,
}

struct Matcher<'p> {
    page: &'p Page<'p>,
    lexemes: &'p [Option<Lexeme>],
    signals: Signals,
    /// Whether the body is short enough for its small-work words to count.
    small_body: bool,
    /// The phrases already seen, by index: repetition adds nothing.
    seen: u128,
    /// The lexemes that were only objects in the title; they are no more in the body.
    hidden: u128,
}

const _: () = assert!(PHRASES.len() <= 128, "`Matcher::seen` has one bit for each phrase");

impl Matcher<'_> {
    fn run(&mut self) {
        let mut shade = Shade::None;
        let mut negated = 0_usize;
        let mut i = 0;
        while i < self.lexemes.len() {
            let word = self.page.words[i];
            shade = match (word.gap, shade) {
                (Gap::Break, _) => Shade::None,
                (Gap::Colon, Shade::WaitingForPreposition) => Shade::Everything,
                (_, shade) => shade,
            };
            negated = if word.gap == Gap::Joined { negated.saturating_sub(1) } else { 0 };
            let Some(lexeme) = self.lexemes[i] else {
                i += 1;
                continue;
            };
            if lexeme == Lexeme::Conjunction {
                shade = Shade::None;
            } else if lexeme == Lexeme::Negation {
                negated = NEGATION_WORDS;
            } else if lexeme == Lexeme::Preposition && shade == Shade::WaitingForPreposition {
                shade = Shade::Everything;
            }
            if lexeme == Lexeme::Database {
                self.note_new_store(i, shade);
            }
            let Some((index, last)) = self.longest_phrase(i, lexeme) else {
                i += 1;
                continue;
            };
            let phrase = &PHRASES[index];
            if negated == 0 && !self.stands_before_a_shortcut(last) {
                self.count(index, (i, last), lexeme, shade);
                if word.title && self.signals.english && shade == Shade::None {
                    shade = shade_of(phrase.hides);
                }
            }
            i = last + 1;
        }
    }

    /// The phrase that begins at `i` and takes the most words, and its last word.
    fn longest_phrase(&self, i: usize, lexeme: Lexeme) -> Option<(usize, usize)> {
        let begins = |it: &(usize, &Phrase)| it.1.words[0] == lexeme;
        let candidates = PHRASES.iter().enumerate().filter(begins);
        candidates
            .filter_map(|(index, phrase)| Some((index, self.last_word(i, phrase.words)?)))
            .max_by_key(|(index, last)| (*last, PHRASES[*index].words.len()))
    }

    fn last_word(&self, i: usize, words: &[Lexeme]) -> Option<usize> {
        let mut at = i;
        for wanted in &words[1..] {
            at = self.next_joined(at)?;
            if self.lexemes[at] == Some(Lexeme::Article) {
                at = self.next_joined(at)?;
            }
            if self.lexemes[at] != Some(*wanted) {
                return None;
            }
        }
        Some(at)
    }

    fn next_joined(&self, at: usize) -> Option<usize> {
        let next = self.page.words.get(at + 1)?;
        (next.gap == Gap::Joined).then_some(at + 1)
    }

    /// "Run QCHECK" asks for a check, not for running something.
    fn stands_before_a_shortcut(&self, last: usize) -> bool {
        let Some(next) = self.next_joined(last) else { return false };
        let next = match self.lexemes[next] {
            Some(Lexeme::Article) => self.next_joined(next).and_then(|it| self.lexemes[it]),
            other => other,
        };
        matches!(next, Some(Lexeme::Qplan | Lexeme::Qcode | Lexeme::Qcheck))
    }

    fn count(&mut self, index: usize, (first, last): (usize, usize), lexeme: Lexeme, shade: Shade) {
        let phrase = &PHRASES[index];
        let shortcut = matches!(lexeme, Lexeme::Qplan | Lexeme::Qcode | Lexeme::Qcheck);
        if !self.signals.english && !shortcut {
            return;
        }
        let is_object = match shade {
            Shade::Everything => true,
            Shade::Levels => phrase.level.is_some_and(|it| Complexity::Simple < it),
            Shade::None | Shade::WaitingForPreposition => false,
        };
        let bit = 1_u128 << (lexeme as u8);
        let in_title = self.page.words[first].title;
        if is_object && in_title {
            self.hidden |= bit;
        }
        // The same noun is an object in the body too, but only where it was hidden completely.
        let hidden = self.hidden & bit != 0;
        let all_hidden = shade == Shade::Everything || (hidden && !in_title);
        let small = phrase.level.is_none_or(|it| it <= Complexity::Simple);
        let stays = small && phrase.topics.iter().all(|it| SMALL_WORK.contains(it));
        if self.seen & (1 << index) != 0 || (all_hidden && !stays) {
            return;
        }
        self.seen |= 1 << index;
        let quote = self.page.quote(first, last);
        let speaks_of_the_work = in_title || self.small_body;
        if let Some(level) = phrase.level
            && !is_object
            && !hidden
            && (Complexity::Simple < level || speaks_of_the_work)
        {
            self.signals.levels.push((level, quote.clone()));
        }
        self.signals.note(phrase.topics, &quote);
    }

    /// A database's name counts only beside persistence: PostgreSQL alone changes no schema.
    fn note_new_store(&mut self, i: usize, shade: Shade) {
        if shade == Shade::Everything || !self.signals.english {
            return;
        }
        let joined =
            |a: usize, b: usize| (a + 1..=b).all(|k| self.page.words[k].gap == Gap::Joined);
        let is_near = |k: &usize| self.lexemes[*k] == Some(Lexeme::Persistence);
        let after = (i + 1..self.lexemes.len().min(i + 1 + BESIDE_WORDS)).find(is_near);
        let before = (i.saturating_sub(BESIDE_WORDS)..i).rev().find(is_near);
        let span = match (after.filter(|k| joined(i, *k)), before.filter(|k| joined(*k, i))) {
            (Some(k), _) => (i, k),
            (None, Some(k)) => (k, i),
            (None, None) => return,
        };
        let quote = self.page.quote(span.0, span.1);
        self.signals.note(&[Topic::NewStore, Topic::Schema], &quote);
    }
}

/// Topics that a small-work phrase does not hide from itself: "docs: fix typo".
const SMALL_WORK: &[Topic] = &[
    Topic::Docs,
    Topic::Formatting,
    Topic::Rename,
    Topic::Typo,
    Topic::Testing,
    Topic::Implementation,
];

fn shade_of(hides: Hides) -> Shade {
    match hides {
        Hides::Nothing => Shade::None,
        Hides::Levels => Shade::Levels,
        Hides::Everything => Shade::Everything,
        Hides::EverythingAfterPreposition => Shade::WaitingForPreposition,
    }
}
