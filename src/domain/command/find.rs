//! Finds the lines of a comment that speak to Baton.
//!
//! A line speaks to Baton when it *begins* with `/baton`, `@<slug>` or a listed bare form, blanks
//! and case aside, and when a reader of the rendered comment sees it as the writer's own words.
//! So these are not commands: block quotes (with the lines that Markdown draws into them), code
//! spans and blocks, HTML comments and tags, links and their titles, tables, struck-out text, the
//! contents of `<details>`, `<blockquote>`, `<pre>` and the like (folded away or quoted), and
//! what a mail program appends: the quoted mail below "On … wrote:" or "Original Message", the
//! signature below `-- `, GitHub's own footer.
//!
//! ```text
//! Looks good to me.            prose
//! /baton revise                a command, with the two lines below it as its text
//! - keep the public API
//! - split task 3
//! > /baton stop                somebody else's words
//! ```
//!
//! A command whose row says so takes the lines below it, up to the next line that speaks to Baton
//! or the end of the writer's own words.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::lookalike::skeleton;
use super::table::{self, nearest};
use super::{Command, parse};
use crate::domain::hygiene::html::{self, Kind};
use crate::domain::hygiene::markdown;

/// At most so many commands of one comment are looked at: more is a mistake or an attack.
pub const MAX_COMMANDS: usize = 10;

/// What Baton is called in this repository.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The App's slug, as in `@slug`; empty when it is not known yet.
    pub slug: &'a str,
    /// The commands that also have a bare form, such as `/route`.
    pub bare: &'a [&'a str],
}

/// One line that speaks to Baton. `line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A command.
    Command {
        /// What was asked.
        command: Command,
        /// Where it stands.
        line: usize,
    },
    /// Our prefix, and a word that is no command.
    Unknown {
        /// The word: at most 32 letters, digits and hyphens, so that it can be shown in code.
        word: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
        /// Where it stands.
        line: usize,
    },
    /// A command with something wrong after its name.
    Malformed {
        /// The command.
        name: &'static str,
        /// What is wrong and what to write, one sentence in Markdown, nothing of theirs quoted raw.
        sentence: String,
        /// Where it stands.
        line: usize,
    },
    /// Looks like a command, but letters of another script or invisible characters are in it.
    Lookalike {
        /// Where it stands.
        line: usize,
    },
    /// More than [`MAX_COMMANDS`]; the ones from here on are not run.
    TooMany {
        /// Where the first one left out stands.
        line: usize,
    },
}

impl Found {
    /// Where it stands, from 1.
    pub fn line(&self) -> usize {
        match self {
            Found::Command { line, .. }
            | Found::Unknown { line, .. }
            | Found::Malformed { line, .. }
            | Found::Lookalike { line }
            | Found::TooMany { line } => *line,
        }
    }

    /// Whether `self` stood in the comment already, as `earlier`. A spending command is the same
    /// one whatever became of its text: mending a typo below `revise` must not pay twice.
    fn is_as(&self, earlier: &Found) -> bool {
        match (self, earlier) {
            (Found::Command { command: new, .. }, Found::Command { command: old, .. }) => {
                let spends_again = new.spec().spends
                    && !matches!(new, Command::Answer { .. })
                    && new.name() == old.name();
                spends_again || new == old
            }
            (Found::Unknown { word: new, .. }, Found::Unknown { word: old, .. }) => new == old,
            (
                Found::Malformed { name: new, sentence: new_text, .. },
                Found::Malformed { name: old, sentence: old_text, .. },
            ) => new == old && new_text == old_text,
            (Found::Lookalike { .. }, Found::Lookalike { .. })
            | (Found::TooMany { .. }, Found::TooMany { .. }) => true,
            (
                Found::Command { .. }
                | Found::Unknown { .. }
                | Found::Malformed { .. }
                | Found::Lookalike { .. }
                | Found::TooMany { .. },
                _,
            ) => false,
        }
    }
}

/// The lines of `text` that speak to Baton, in order.
pub fn commands_in(text: &str, names: &Names<'_>) -> Vec<Found> {
    let own = text.get(..end_of_own_words(text)).unwrap_or(text);
    let candidates = candidates(own, names);
    if candidates.is_empty() {
        return Vec::new();
    }
    // The whole comment is rendered, also what a mail program put below: it may end a code span.
    let visible = visible(text);
    let seen: Vec<Candidate> =
        candidates.into_iter().filter(|it| is_visible(&visible, it.start)).collect();
    let mut found = Vec::new();
    for (index, candidate) in seen.iter().enumerate() {
        if found.len() == MAX_COMMANDS {
            found.push(Found::TooMany { line: candidate.line });
            break;
        }
        let next = seen.get(index + 1).map_or(own.len(), |it| it.line_start);
        found.push(understand(own, candidate, next));
    }
    found
}

/// What an edit added: `before` is the text that was last read, `None` when nothing of this
/// comment was ever read (a new comment, or one whose earlier text nobody knows and of which
/// therefore nothing has run). What stood there before does not run again, wherever it moved.
pub fn commands_added(before: Option<&str>, after: &str, names: &Names<'_>) -> Vec<Found> {
    let mut earlier = before.map_or_else(Vec::new, |text| commands_in(text, names));
    let mut added = commands_in(after, names);
    added.retain(|it| match earlier.iter().position(|old| it.is_as(old)) {
        Some(at) => {
            earlier.remove(at);
            false
        }
        None => true,
    });
    added
}

/// A line that may speak to Baton, before anybody asked whether a reader sees it.
struct Candidate {
    /// Where the line starts.
    line_start: usize,
    /// Where its first visible character stands.
    start: usize,
    /// Its number, from 1.
    line: usize,
    /// Where the words after the prefix start; `None` for a look-alike.
    rest: Option<usize>,
}

fn candidates(text: &str, names: &Names<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let line = raw.trim_start();
        let start = line_start + raw.len() - line.len();
        let rest = after_prefix(line, names).map(|it| start + line.len() - it.len());
        if rest.is_some() || is_lookalike(line, names) {
            found.push(Candidate { line_start, start, line: index + 1, rest });
        }
        line_start += raw.len();
    }
    found
}

/// What follows `/baton` or `@slug`, or the line without its slash for a listed bare form.
fn after_prefix<'a>(line: &'a str, names: &Names<'_>) -> Option<&'a str> {
    if let Some(rest) = strip(line, "/baton") {
        return ends_word(rest).then(|| rest.trim_start_matches([':', ',']));
    }
    if let Some(rest) = line.strip_prefix('@').filter(|_| !names.slug.is_empty()) {
        let rest = strip(rest, names.slug)?;
        let rest = strip(rest, "[bot]").unwrap_or(rest);
        return ends_word(rest).then(|| rest.trim_start_matches([':', ',']));
    }
    let bare = line.strip_prefix('/')?;
    let listed = |it: &&&str| {
        strip(bare, it).is_some_and(|rest| rest.trim_start() != rest || rest.is_empty())
    };
    names.bare.iter().find(listed).filter(|it| table::spec(it).is_some()).map(|_| bare)
}

/// `text` without `prefix`, whatever the case of its ASCII letters.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

/// Whether a prefix ends here: `/batons` and `@slug/team` are other people's words.
fn ends_word(rest: &str) -> bool {
    rest.chars().next().is_none_or(|it| it.is_whitespace() || matches!(it, ':' | ','))
}

/// Whether the line looks as if it began with our prefix. Lines of plain ASCII never do.
fn is_lookalike(line: &str, names: &Names<'_>) -> bool {
    let head: String = line.chars().take(names.slug.len() + 24).collect();
    if head.is_ascii() {
        return false;
    }
    let prefix_only = Names { slug: names.slug, bare: &[] };
    after_prefix(skeleton(&head).trim_start(), &prefix_only).is_some()
}

fn understand(text: &str, candidate: &Candidate, next: usize) -> Found {
    let line = candidate.line;
    let Some(rest_start) = candidate.rest else { return Found::Lookalike { line } };
    let region = text.get(rest_start..next).unwrap_or_default();
    let first = region.lines().next().unwrap_or_default().trim_start();
    let word = first.split_whitespace().next().unwrap_or_default();
    if word.is_empty() {
        // Our name alone is a question: what can you do?
        return Found::Command { command: Command::Help { command: None }, line };
    }
    let name = word.trim_end_matches(['.', ',', ':', ';', '!', '?']);
    let Some(spec) = table::spec(name) else {
        if !name.is_ascii() && table::spec(&skeleton(name)).is_some() {
            return Found::Lookalike { line };
        }
        let shown = |it: &char| it.is_alphanumeric() || *it == '-';
        let word: String = name.chars().filter(shown).take(32).collect();
        return Found::Unknown { nearest: nearest(name), word, line };
    };
    let indent = region.len() - region.trim_start().len();
    let after = region.get(indent + word.len()..).unwrap_or_default();
    let words = if spec.takes_lines { after } else { after.lines().next().unwrap_or_default() };
    match parse::command(spec, words) {
        Ok(command) => Found::Command { command, line },
        Err(sentence) => Found::Malformed { name: spec.name, sentence, line },
    }
}

/// Elements whose contents are quoted, shown as code, struck out or folded away.
const SET_ASIDE: [&str; 12] = [
    "details",
    "blockquote",
    "pre",
    "code",
    "kbd",
    "samp",
    "tt",
    "q",
    "del",
    "s",
    "strike",
    "table",
];

/// The stretches of `text` that a reader sees as the writer's own running words.
fn visible(text: &str) -> Vec<Range<usize>> {
    let mut visible = Vec::new();
    let mut quoted: usize = 0;
    let mut set_aside: Vec<String> = Vec::new();
    for (event, range) in markdown::events(text) {
        if let Event::Start(tag) = &event {
            quoted += usize::from(is_quoting(tag));
        } else if let Event::End(tag) = &event {
            quoted = quoted.saturating_sub(usize::from(is_quoting_end(*tag)));
        } else if let Event::Html(markup) | Event::InlineHtml(markup) = &event {
            step_aside(markup, &mut set_aside);
        } else if let Event::Text(_) = &event
            && quoted == 0
            && set_aside.is_empty()
        {
            visible.push(range);
        }
    }
    visible
}

/// Follows the elements of [`SET_ASIDE`] in and out.
fn step_aside(markup: &str, inside: &mut Vec<String>) {
    for piece in html::scan(markup) {
        match piece.kind {
            Kind::Open { name, attributes } => {
                let hidden = html::is_hidden(&name, &attributes);
                let listed = SET_ASIDE.contains(&name.as_str());
                // A depth that nobody writes by hand is not followed further.
                if (listed || hidden) && !html::is_void(&name) && inside.len() < 100 {
                    inside.push(name);
                }
            }
            Kind::Close { name } => {
                if let Some(at) = inside.iter().rposition(|it| *it == name) {
                    inside.truncate(at);
                }
            }
            Kind::Comment | Kind::OpenComment | Kind::OpenTag => {}
        }
    }
}

fn is_quoting(tag: &Tag<'_>) -> bool {
    is_quoting_end(tag.to_end())
}

fn is_quoting_end(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::Table
            | TagEnd::Strikethrough
    )
}

/// Whether the byte at `at` lies in one of the sorted stretches.
fn is_visible(visible: &[Range<usize>], at: usize) -> bool {
    let after = visible.partition_point(|it| it.start <= at);
    after.checked_sub(1).and_then(|it| visible.get(it)).is_some_and(|it| it.contains(&at))
}

/// Where the writer's own words end and what a mail program appended begins.
pub(super) fn end_of_own_words(text: &str) -> usize {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(raw) = lines.next() {
        let line = raw.trim_end_matches(['\r', '\n']);
        let next = lines.peek().map_or("", |it| it.trim());
        let whole = raw.len() + lines.peek().map_or(0, |it| it.len());
        let quotes_below = || is_unmarked(text.get(start + raw.len()..).unwrap_or_default());
        let wrapped = || is_unmarked(text.get(start + whole..).unwrap_or_default());
        if line == "-- "
            || is_original_message(line)
            || is_github_footer(line)
            || (is_attribution(line.trim()) && quotes_below())
            || (is_attribution(&joined(line, next)) && wrapped())
        {
            return start;
        }
        start += raw.len();
    }
    text.len()
}

/// An attribution that the mail program wrapped, as one line.
fn joined(line: &str, next: &str) -> String {
    if next.ends_with(':') { format!("{} {next}", line.trim()) } else { String::new() }
}

/// Whether the mail quoted below an attribution carries no `>` of its own, so that nothing but
/// the attribution says that it is quoted. With `>` the block quotes speak for themselves, and
/// what is written between them is the writer's.
fn is_unmarked(below: &str) -> bool {
    let first = below.lines().map(str::trim).find(|it| !it.is_empty());
    first.is_some_and(|it| !it.starts_with('>'))
}

/// "On Fri, 20 Nov 2026, Ann wrote:" in the languages mail programs most often speak.
fn is_attribution(line: &str) -> bool {
    // A date has digits; "On reflection Ann wrote:" has not, and is prose.
    let framed = |begin: &str, word: &str| {
        line.starts_with(begin)
            && line.ends_with(':')
            && line.contains(word)
            && line.contains(|it: char| it.is_ascii_digit())
    };
    framed("On ", "wrote")
        || framed("Am ", "schrieb")
        || framed("Le ", "a écrit")
        || framed("El ", "escribió")
        || framed("Il ", "ha scritto")
        || framed("Op ", "schreef")
        || framed("Em ", "escreveu")
}

fn is_original_message(line: &str) -> bool {
    let inner = line.trim().trim_matches('-').trim();
    line.trim().starts_with("-----")
        && (inner.eq_ignore_ascii_case("original message")
            || inner.eq_ignore_ascii_case("forwarded message")
            || inner.eq_ignore_ascii_case("ursprüngliche nachricht"))
}

fn is_github_footer(line: &str) -> bool {
    line.trim_start().starts_with("Reply to this email directly")
        || line.trim_start().starts_with("You are receiving this because")
}
