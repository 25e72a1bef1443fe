//! Splits a title and a Markdown body into the words that may count as evidence.
//!
//! Fenced code, code spans, block quotes, HTML comments and tags, links, mentions, references,
//! identifiers (`models.Migration`) and paths (`SECURITY.md`) yield no words: people quote what
//! they do not ask for. Paths are kept apart, because they say something about the scope.

/// The most characters of a text that are read; the rest is cut, and the answer says so.
pub const CHARS_MAX: usize = 20_000;

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Blanks, hyphens, slashes: both may belong to one phrase.
    Joined,
    /// A colon: a prefix such as `docs:` ends here.
    Colon,
    /// The end of a clause, a line of its own, or the end of the title.
    Break,
}

/// One word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    /// The word as written.
    pub(super) text: &'a str,
    /// Where it begins in its part (title or body), in bytes.
    pub(super) start: usize,
    /// What stands before it.
    pub(super) gap: Gap,
    /// Whether it is in the title.
    pub(super) title: bool,
    /// Whether it is a number with a plus behind it, as in `10+`.
    pub(super) plus: bool,
}

/// A file named in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathMention<'a> {
    /// The path as written.
    pub(super) text: &'a str,
    /// Whether it is in the title.
    pub(super) title: bool,
}

/// A text, taken apart.
#[derive(Debug, Default)]
pub(super) struct Page<'a> {
    /// The title, as far as it was read.
    pub(super) title: &'a str,
    /// The body, as far as it was read.
    pub(super) body: &'a str,
    /// The words that count, in order.
    pub(super) words: Vec<Word<'a>>,
    /// The paths named, in order, with repetitions.
    pub(super) paths: Vec<PathMention<'a>>,
    /// The bullets of lists, as ranges of `words`.
    pub(super) bullets: Vec<std::ops::Range<usize>>,
    /// Whether the text was longer than [`CHARS_MAX`].
    pub(super) cut: bool,
}

impl<'a> Page<'a> {
    /// Takes a title and a body apart.
    pub(super) fn read(title: &'a str, body: &'a str) -> Page<'a> {
        let (title, rest) = first_chars(title, CHARS_MAX);
        let (body, left) = first_chars(body, rest.unwrap_or(0));
        let cut = rest.is_none() || left.is_none();
        let words = Vec::with_capacity((title.len() + body.len()) / 6 + 1);
        let page = Page { title, body, words, cut, ..Page::default() };
        let mut scanner = Scanner { page, part: title, ..Scanner::new(true) };
        title.lines().for_each(|line| scanner.inline(line));
        let mut scanner = Scanner { page: scanner.page, part: body, ..Scanner::new(false) };
        body.lines().for_each(|line| scanner.line(line));
        scanner.page
    }

    /// The text from word `first` to word `last`, both included: as written where only letters,
    /// blanks, hyphens and slashes stand between them, else word by word. So a quote never carries
    /// markup, a mention or a line break with it.
    pub(super) fn quote(&self, first: usize, last: usize) -> String {
        let (a, b) = (self.words[first], self.words[last]);
        let part = if a.title { self.title } else { self.body };
        let harmless = |c: char| c.is_alphanumeric() || " -/'’_+".contains(c);
        match part.get(a.start..b.start + b.text.len()) {
            Some(text) if text.chars().all(harmless) => text.to_owned(),
            _ => {
                let words: Vec<&str> = self.words[first..=last].iter().map(|it| it.text).collect();
                words.join(" ")
            }
        }
    }
}

/// The first `max` characters of a text, and how many more would have fitted; `None` when the text
/// is longer.
fn first_chars(text: &str, max: usize) -> (&str, Option<usize>) {
    if text.len() <= max {
        // Counting is only needed when it could matter; bytes are an upper bound of characters.
        return (text, Some(max - text.len()));
    }
    match text.char_indices().nth(max) {
        Some((end, _)) => (&text[..end], None),
        None => (text, Some(max.saturating_sub(text.chars().count()))),
    }
}

struct Scanner<'a> {
    page: Page<'a>,
    /// The title or the body; words remember their offset in it.
    part: &'a str,
    title: bool,
    gap: Gap,
    fence: Option<(u8, usize)>,
    in_comment: bool,
}

impl<'a> Scanner<'a> {
    fn new(title: bool) -> Scanner<'a> {
        let page = Page::default();
        Scanner { page, part: "", title, gap: Gap::Break, fence: None, in_comment: false }
    }

    /// One line of a body, with the block structure that matters here.
    fn line(&mut self, line: &'a str) {
        let rest = line.trim_start();
        if let Some((mark, length)) = self.fence {
            if length <= run_length(rest, mark) && rest.trim_end().bytes().all(|b| b == mark) {
                self.fence = None;
            }
            return;
        }
        if self.in_comment {
            return self.inline(rest);
        }
        for mark in [b'`', b'~'] {
            let length = run_length(rest, mark);
            // A backtick in the rest of the line means a code span, not a fence.
            if 3 <= length && !(mark == b'`' && rest[length..].contains('`')) {
                self.fence = Some((mark, length));
                self.gap = Gap::Break;
                return;
            }
        }
        if rest.is_empty() || rest.starts_with('>') {
            self.gap = Gap::Break;
            return;
        }
        let first = self.page.words.len();
        let (is_bullet, rest) = strip_block_marker(rest);
        if rest.len() < line.trim_start().len() {
            self.gap = Gap::Break;
        }
        self.inline(rest);
        if is_bullet && first < self.page.words.len() {
            self.page.bullets.push(first..self.page.words.len());
        }
    }

    /// The running text of one line.
    fn inline(&mut self, text: &'a str) {
        let bytes = text.as_bytes();
        let mut lacking = Lacking::default();
        let mut i = 0;
        while i < bytes.len() {
            if self.in_comment {
                let Some(n) = text[i..].find("-->") else { return };
                i += n + 3;
                self.in_comment = false;
                continue;
            }
            i = match bytes[i] {
                b'<' => self.angle(text, i, &mut lacking),
                b'`' => self.code(text, i, &mut lacking),
                b'[' => link_end(text, i, &mut lacking).unwrap_or(i + 1),
                b',' | b';' | b'(' | b')' | b'|' | b'!' | b'?' | b'{' | b'}' => {
                    self.gap = Gap::Break;
                    i + 1
                }
                b'"' | b'*' | b'~' | b']' | b'>' | b'\'' => i + 1,
                it if it.is_ascii_whitespace() => i + 1,
                _ => self.chunk(text, i),
            };
        }
    }

    /// An HTML comment or tag; returns where to go on.
    fn angle(&mut self, text: &str, i: usize, lacking: &mut Lacking) -> usize {
        if text[i..].starts_with("<!--") {
            self.in_comment = true;
            return i + 4;
        }
        let tag_like =
            text.as_bytes().get(i + 1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/');
        if tag_like && !lacking.angle {
            match text[i..].find('>') {
                Some(n) => return i + n + 1,
                None => lacking.angle = true,
            }
        }
        i + 1
    }

    /// A code span: no words, but maybe a path.
    fn code(&mut self, text: &'a str, i: usize, lacking: &mut Lacking) -> usize {
        let length = run_length(&text[i..], b'`');
        let inside = i + length;
        let bit = 1u32 << length.min(31);
        if lacking.code & bit != 0 {
            return inside;
        }
        let mut j = inside;
        while let Some(n) = text[j..].find('`') {
            let run = run_length(&text[j + n..], b'`');
            if run == length {
                self.path(text[inside..j + n].trim());
                return j + n + run;
            }
            j += n + run;
        }
        lacking.code |= bit;
        inside
    }

    /// A run of characters up to a blank or a delimiter: a path, a reference, or words.
    fn chunk(&mut self, text: &'a str, i: usize) -> usize {
        let is_link = text[i..].starts_with("http://") || text[i..].starts_with("https://");
        let ends = |b: &u8| match b {
            b')' | b'>' | b']' | b'"' | b'`' => true,
            b',' | b';' | b'(' | b'|' | b'{' | b'}' | b'<' | b'[' | b'*' | b'!' | b'?' => !is_link,
            it => it.is_ascii_whitespace(),
        };
        let length = text.as_bytes()[i..].iter().position(ends).unwrap_or(text.len() - i).max(1);
        // A chunk begins at a character and ends before an ASCII byte, so both are boundaries.
        let end = if text.is_char_boundary(i + length) { i + length } else { text.len() };
        let chunk = &text[i..end];
        let core = chunk.trim_end_matches(['.', ':', '\'', '_', '~', '…']);
        if !is_link && !is_reference(core) && !self.path(core) && !is_identifier(core) {
            self.words(core);
        }
        match chunk.as_bytes().last() {
            Some(b'.') => self.gap = Gap::Break,
            Some(b':') => self.gap = Gap::Colon,
            _ => {}
        }
        end
    }

    fn words(&mut self, core: &'a str) {
        let offset = core.as_ptr() as usize - self.part.as_ptr() as usize;
        let mut begin = None;
        for (i, c) in core.char_indices().chain([(core.len(), ' ')]) {
            let inside = c.is_alphanumeric() || c == '_' || (c == '\'' || c == '’');
            match (begin, inside) {
                (None, true) if c != '\'' && c != '’' => begin = Some(i),
                (Some(start), false) => {
                    let text = core[start..i].trim_end_matches(['\'', '’']);
                    self.push(text, offset + start, c == '+');
                    begin = None;
                }
                _ => {}
            }
            if matches!(c, '—' | '–' | '。' | '、' | '，' | '：') {
                self.gap = Gap::Break;
            }
        }
    }

    fn push(&mut self, text: &'a str, start: usize, plus: bool) {
        let plus = plus && text.bytes().all(|b| b.is_ascii_digit());
        self.page.words.push(Word { text, start, gap: self.gap, title: self.title, plus });
        self.gap = Gap::Joined;
    }

    fn path(&mut self, text: &'a str) -> bool {
        let found = super::paths::is_path(text);
        if found {
            self.page.paths.push(PathMention { text, title: self.title });
        }
        found
    }
}

/// What a search to the end of a line has not found, so that it is not searched again.
#[derive(Default)]
struct Lacking {
    angle: bool,
    link: bool,
    code: u32,
}

/// Strips the marker of a heading, a bullet or a numbered item; says whether it was a bullet.
fn strip_block_marker(line: &str) -> (bool, &str) {
    let after = |n: usize| line.get(n..).unwrap_or("").trim_start();
    match line.as_bytes() {
        [b'#', ..] => (false, line.trim_start_matches('#')),
        [b'-' | b'*' | b'+', b' ' | b'\t', ..] => {
            let item = after(2);
            let box_end = ["[ ] ", "[x] ", "[X] "].iter().find_map(|it| item.strip_prefix(it));
            (true, box_end.unwrap_or(item))
        }
        [b'0'..=b'9', b'.' | b')', b' ', ..] => (false, after(3)),
        [b'0'..=b'9', b'0'..=b'9', b'.' | b')', b' ', ..] => (false, after(4)),
        _ => (false, line),
    }
}

/// The end of `[text](target)` beginning at `i`, when it is a link.
fn link_end(text: &str, i: usize, lacking: &mut Lacking) -> Option<usize> {
    // A label holds no bracket, so the search ends at the next one.
    let middle = i + 1 + text[i + 1..].find(['[', ']'])?;
    if lacking.link || !text[middle..].starts_with("](") {
        return None;
    }
    let end = text[middle..].find(')').map(|n| middle + n + 1);
    lacking.link = end.is_none();
    end
}

fn is_reference(core: &str) -> bool {
    core.contains("://")
        || core.starts_with("www.")
        || core.starts_with(['@', '#'])
        || (core.contains('@') && core.contains('.'))
}

/// Whether a chunk is code that lost its code span: `models.Migration`, `a::b`, `key=value`.
fn is_identifier(core: &str) -> bool {
    let core = core.trim_start_matches('.');
    core.contains(['=', '\\', '$']) || core.contains('.') || core.contains("::")
}

fn run_length(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|b| *b == mark).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let page = Page::read("", body);
        let words: Vec<&str> = page.words.iter().map(|it| it.text).collect();
        assert_eq!(words.join(" "), expected, "{body:?}");
    }

    #[test]
    fn only_what_people_say_themselves_is_read() {
        check("Fix the *login* page", "Fix the login page");
        check("real-time pub/sub", "real time pub sub");
        check("a `security` b ``x ` y`` c", "a b c");
        check("an ` unmatched tick", "an unmatched tick");
        check("a\n```rust\nsecurity\n```\nb", "a b");
        check("a\n~~~~\nsecurity\n~~~\nsecurity\n~~~~\nb", "a b");
        check("a\n````\nnever closed", "a");
        check("> security\nb", "b");
        check("a <!-- security\n> still security\n--> b", "a b");
        check("a <b class=\"security\">c</b> 1 < 2", "a c 1 2");
        check("see [security](https://x.y/security) and https://x.y/security?a=b,c", "see and");
        check("[not a link] [ ] x", "not a link x");
        check("- [ ] one\n* two\n1. three\n12) four\n### five", "one two three four five");
        check("models.Migration a::security key=security snake_security", "snake_security");
        check("edit SECURITY.md, src/security and ./security/", "edit and");
        check("ping @security #12 me@security.org", "ping");
        check("don't ’quote’ it's", "don't quote it's");
        check("", "");
    }

    #[test]
    fn clauses_end_where_people_end_them() {
        let page = Page::read("docs: a, b", "c\nd\n\ne. f");
        let gaps: Vec<Gap> = page.words.iter().map(|it| it.gap).collect();
        use Gap::{Break, Colon, Joined};
        assert_eq!(gaps, [Break, Colon, Break, Break, Joined, Break, Break]);
    }

    #[test]
    fn a_quote_is_the_text_as_written() {
        let page = Page::read("Use Redis Pub/Sub now", "race\ncondition");
        assert_eq!(page.quote(1, 3), "Redis Pub/Sub");
        assert_eq!(page.quote(5, 6), "race condition");
        let page = Page::read("a memory `@evil` <b>leak", "");
        assert_eq!(page.quote(1, 2), "memory leak");
    }

    #[test]
    fn long_text_is_cut() {
        let long = "ä ".repeat(CHARS_MAX);
        let page = Page::read("title", &long);
        assert!(page.cut && page.words.len() <= CHARS_MAX);
        assert!(!Page::read("title", "short").cut);
        assert!(Page::read(&long, "more").cut);
    }
}
