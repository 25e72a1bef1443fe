//! Markdown by a model or a stranger that goes into a comment or a plan (testing case 56): it may
//! look like anything and do nothing.
//!
//! Outside code, what would act is put into a code span, where GitHub shows it and does not obey:
//! mentions, closing keywords with their reference, references into other repositories, addresses
//! of hosts that are not allowed, HTML tags, and words at the beginning of a line that some bot
//! would run. Images become the text of their address, a link to another host becomes its text
//! with the address beside it. Hidden text goes first ([`strip_hidden`]), so a forged marker of
//! ours does not survive either. Code blocks stay as they are.
//!
//! A code span is the one technique that needs no invisible character, survives being copied and
//! read in a terminal, and is understood by every reader of Markdown.
//!
//! Each pass edits what the parser finds live, until it finds nothing. A text that resists is
//! shown as one code block.

use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};
use regex::Regex;

use super::hidden::{Edit, apply, strip_hidden, strip_invisible};
use super::markdown;
use super::truncate::close_open;

/// Passes before a text counts as an attack. People's texts need two.
const PASSES: usize = 6;

/// Signs that end a sentence and not an address.
const TRAILING: [char; 12] = ['.', ',', ':', ';', '!', '?', ')', '\'', '"', '*', '_', '~'];

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the tests compile it")]
static LIVE_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?P<closing>(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)[\s:]*",
        r"(?:(?:[\w.-]+/[\w.-]+)?#\d+|GH-\d+|https?://[^\s<>|]*/(?:issues|pull)/\d+))",
        r"|(?P<elsewhere>[\w.-]+/[\w.-]+#\d+)",
        r"|(?P<address>(?:https?://|ftp://|www\.)[^\s<>|]*)",
        r"|(?P<mention>@[A-Za-z0-9_][A-Za-z0-9_/-]*)",
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the tests compile it")]
static LINE_COMMAND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(/[A-Za-z][\w-]*)(?:\s+[\w-]+|\s*$|[:,])").unwrap());

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the tests compile it")]
static CLOSING_AT_END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(close[sd]?|fix(?:e[sd])?|resolve[sd]?)[\s:(]*$").unwrap());

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the tests compile it")]
static REFERENCE_AHEAD: LazyLock<Regex> = LazyLock::new(|| {
    let reference = r"(?:#|GH-|[\w.-]+/[\w.-]+#|https?://\S*/(?:issues|pull)/)\d";
    Regex::new(&format!(r"(?i)^[\s:*_\[(<~>\\]{{0,40}}{reference}")).unwrap()
});

/// `text` as Markdown that does nothing. Links to `hosts` (such as `github.com`) and inside the
/// repository stay links.
pub fn defang(text: &str, hosts: &[&str]) -> String {
    let mut text = strip_hidden(text).text;
    for _ in 0..PASSES {
        let edits = live_parts(&text, hosts);
        if edits.is_empty() {
            return close_open(&text);
        }
        text = strip_hidden(&apply(&text, edits)).text;
    }
    let fence = "`".repeat(longest_ticks(&text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// Foreign text on one line, shown as it was written: nothing in it is Markdown, a table's cell
/// holds it, and it mentions nobody.
pub fn literal(text: &str) -> String {
    let text = strip_invisible(text).text;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::with_capacity(line.len());
    let leading_digits = line.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in line.char_indices() {
        let marks_block = (at == 0 && matches!(c, '-' | '+' | '='))
            || (at == leading_digits && matches!(c, '.' | ')'));
        if marks_block
            || matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' | '$'
            )
        {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    defang(&escaped, &[])
}

/// The edits that disarm `text`; none when nothing in it is live.
fn live_parts(text: &str, hosts: &[&str]) -> Vec<Edit> {
    let mut reader = Reader {
        text,
        hosts,
        edits: Vec::new(),
        ticks: Vec::new(),
        run: Run::default(),
        links: Vec::new(),
        unread: 0,
        tables: 0,
        line_start: true,
    };
    for (event, range) in markdown::events(text) {
        reader.read(&event, range);
    }
    reader.end_run();
    let Reader { mut edits, ticks, .. } = reader;
    // A lone backtick would pair with the first one that an edit brings in.
    if !edits.is_empty() {
        edits.extend(ticks.into_iter().map(|range| (range, "\\`".to_owned())));
    }
    edits
}

/// Text that stands together on the page, character by character with its place in the source:
/// GitHub looks for mentions and addresses in what is shown, after escapes and entities.
#[derive(Default)]
struct Run {
    shown: String,
    /// For each byte of `shown`, the source of its character.
    source: Vec<Range<usize>>,
    at_line_start: bool,
}

/// A link to a host that is not allowed.
struct OpenLink {
    address: String,
    inner_end: usize,
}

struct Reader<'a> {
    text: &'a str,
    hosts: &'a [&'a str],
    edits: Vec<Edit>,
    /// Backticks that are text.
    ticks: Vec<Range<usize>>,
    run: Run,
    /// The links around; `None` for one that may stay.
    links: Vec<Option<OpenLink>>,
    /// How many code blocks, images and autolinks are around: their text is not looked at.
    unread: usize,
    tables: usize,
    line_start: bool,
}

impl Reader<'_> {
    fn read(&mut self, event: &Event<'_>, range: Range<usize>) {
        if let Event::Text(shown) = event {
            if self.unread == 0 {
                self.push(shown, range.clone());
            }
            self.inner_end(range.end);
            return;
        }
        self.end_run();
        if let Event::Start(tag) = event {
            self.open(tag, range);
        } else if let Event::End(tag) = event {
            self.close(*tag, range.end);
        } else if let Event::InlineHtml(_) = event {
            let code = self.code(self.text.get(range.clone()).unwrap_or_default());
            self.replace(range.clone(), &code);
            self.inner_end(range.end);
        } else if let Event::Html(_) = event {
            self.html_line(range);
        } else {
            self.line_start = matches!(event, Event::SoftBreak | Event::HardBreak | Event::Rule);
            self.inner_end(range.end);
        }
    }

    fn open(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        if let Tag::Image { dest_url, .. } = tag {
            if self.unread == 0 {
                let code = self.code(&format!("image: {dest_url}"));
                self.replace(range, &code);
            }
            self.unread += 1;
        } else if let Tag::Link { link_type, dest_url, .. } = tag {
            let mail = matches!(link_type, LinkType::Email);
            let stays = self.unread != 0 || (!mail && is_allowed(dest_url, self.hosts));
            if matches!(link_type, LinkType::Autolink | LinkType::Email) {
                if !stays {
                    let code = self.code(dest_url);
                    self.replace(range, &code);
                }
                self.unread += 1;
            } else if stays {
                self.links.push(None);
            } else {
                self.edits.push((range.start..range.start + 1, String::new()));
                let address = dest_url.to_string();
                self.links.push(Some(OpenLink { address, inner_end: range.start + 1 }));
            }
        } else {
            self.unread += usize::from(matches!(tag, Tag::CodeBlock(_)));
            self.tables += usize::from(matches!(tag, Tag::Table(_)));
            let inline = matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough);
            self.line_start = !inline;
        }
    }

    fn close(&mut self, tag: TagEnd, end: usize) {
        let autolink_or_image = self.unread > 0 && matches!(tag, TagEnd::Image | TagEnd::Link);
        if autolink_or_image || matches!(tag, TagEnd::CodeBlock) {
            self.unread = self.unread.saturating_sub(1);
        } else if matches!(tag, TagEnd::Link)
            && let Some(Some(link)) = self.links.pop()
        {
            let beside = format!(" ({})", self.code(&link.address));
            self.edits.push((link.inner_end..end, beside));
        }
        self.tables = self.tables.saturating_sub(usize::from(matches!(tag, TagEnd::Table)));
        self.inner_end(end);
    }

    fn inner_end(&mut self, end: usize) {
        if let Some(Some(link)) = self.links.last_mut() {
            link.inner_end = link.inner_end.max(end);
        }
    }

    /// One line of an HTML block, as code on a line of its own.
    fn html_line(&mut self, range: Range<usize>) {
        let line = self.text.get(range.clone()).unwrap_or_default();
        let kept = line.trim();
        if !kept.is_empty() {
            let end = range.start + line.trim_end().len();
            let code = self.code(kept);
            self.replace(range.start..end, &code);
        }
    }

    fn push(&mut self, shown: &str, range: Range<usize>) {
        if self.run.shown.is_empty() {
            self.run.at_line_start = std::mem::take(&mut self.line_start);
        }
        let covered_to = self.run.source.last().map_or(0, |it| it.end);
        let before = range.start.checked_sub(1).filter(|it| covered_to <= *it);
        let escaped = before.filter(|&it| self.text.as_bytes().get(it) == Some(&b'\\'));
        let same = self.text.get(range.clone()) == Some(shown);
        for (at, c) in shown.char_indices() {
            let start = range.start + at;
            let mut source = if same { start..start + c.len_utf8() } else { range.clone() };
            if at == 0 {
                source.start = escaped.unwrap_or(source.start);
            }
            if c == '`' && self.text.get(source.clone()) == Some("`") {
                self.ticks.push(source.clone());
            }
            self.run.source.extend(std::iter::repeat_n(source, c.len_utf8()));
        }
        self.run.shown.push_str(shown);
    }

    /// Looks at what stands together, and starts anew.
    fn end_run(&mut self) {
        if self.run.shown.is_empty() {
            return;
        }
        let run = std::mem::take(&mut self.run);
        let mut live = self.live_in(&run.shown);
        if run.at_line_start {
            live.extend(line_command(&run.shown));
        }
        let end = run.source.last().map_or(0, |it| it.end);
        if let Some(found) = CLOSING_AT_END.captures(&run.shown).and_then(|it| it.get(1))
            && self.text.get(end..).is_some_and(|it| REFERENCE_AHEAD.is_match(beginning(it)))
        {
            live.push(found.range());
        }
        self.put_in_code(&run, live);
    }

    /// The stretches of shown text that GitHub would act on.
    fn live_in(&self, shown: &str) -> Vec<Range<usize>> {
        let mut live = Vec::new();
        let mut at = 0;
        while let Some(found) = LIVE_TEXT.captures_at(shown, at)
            && let Some(whole) = found.get(0)
        {
            let before = shown.get(..whole.start()).unwrap_or_default();
            let word_start =
                before.trim_end_matches(|it: char| it.is_ascii_alphanumeric() || it == '_').len();
            let mut range = whole.range();
            at = range.end;
            if found.name("mention").is_some() && word_start < range.start {
                // `ann@example.org` mentions nobody; what follows the sign is looked at again.
                at = range.start + 1;
                continue;
            }
            if found.name("address").is_some() {
                let address = whole.as_str().trim_end_matches(TRAILING);
                if is_allowed(address, self.hosts) {
                    continue;
                }
                range.end = range.start + address.len();
            }
            if found.name("closing").is_some() {
                // `hotfix #1` goes into code as a whole: half a word in code reads badly.
                range.start = word_start;
            }
            live.push(range);
        }
        live
    }

    fn put_in_code(&mut self, run: &Run, mut live: Vec<Range<usize>>) {
        live.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in live {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                Some(_) | None => merged.push(range),
            }
        }
        for shown in merged {
            let source =
                run.source.get(shown.clone()).and_then(|it| Some((it.first()?, it.last()?)));
            let Some((first, last)) = source else { continue };
            let source = first.start..last.end;
            let code = self.code(run.shown.get(shown).unwrap_or_default());
            self.replace(source, &code);
        }
    }

    /// Puts code in a place, apart from backticks and backslashes that would change it.
    fn replace(&mut self, source: Range<usize>, code: &str) {
        let before = self.text.get(..source.start).is_some_and(|it| it.ends_with(['`', '\\']));
        let after = self.text.get(source.end..).is_some_and(|it| it.starts_with('`'));
        let (left, right) = (if before { " " } else { "" }, if after { " " } else { "" });
        self.edits.push((source, format!("{left}{code}{right}")));
    }

    /// A code span that shows `content`.
    fn code(&self, content: &str) -> String {
        let mut line = content.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.tables > 0 {
            line = line.replace('|', "\\|");
        }
        let ticks = "`".repeat(longest_ticks(&line) + 1);
        let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
        format!("{ticks}{pad}{line}{pad}{ticks}")
    }
}

/// The word at the beginning of a line that a bot would run, with its first argument.
fn line_command(shown: &str) -> Option<Range<usize>> {
    let found = LINE_COMMAND.captures(shown)?;
    let (word, whole) = (found.get(1)?, found.get(0)?);
    let end = if whole.as_str().ends_with([':', ',']) { word.end() } else { whole.end() };
    Some(word.start()..shown.get(..end)?.trim_end().len())
}

/// As much of what follows as a reference can be found in.
fn beginning(text: &str) -> &str {
    text.char_indices().nth(300).and_then(|it| text.get(..it.0)).unwrap_or(text)
}

fn longest_ticks(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or(0)
}

/// Whether a link may stay: to one of `hosts`, or inside the repository.
fn is_allowed(address: &str, hosts: &[&str]) -> bool {
    let lower = address.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"))
    else {
        let path = lower.split(['/', '?', '#']).next().unwrap_or_default();
        let elsewhere =
            lower.starts_with("//") || lower.contains('\\') || lower.starts_with("www.");
        return !elsewhere && !path.contains([':', '&']);
    };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    hosts.iter().any(|it| it.eq_ignore_ascii_case(host))
}
