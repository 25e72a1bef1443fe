//! Cutting Markdown so that the rest still stands: GitHub refuses bodies over 65,536 characters,
//! and half a code block or `<details>` would swallow whatever follows.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Tag};

use super::html::{self, Kind};
use super::markdown;

/// No comment or body is longer (GitHub's limit is 65,536; the rest is room for our own frame).
pub const BODY_CHARS_MAX: usize = 60_000;

/// `text`, or its beginning with "… cut: 1,234 more characters." behind it, in at most
/// `chars_max` characters. The cut falls between lines where it can, never inside a code span, a
/// link or a tag, and what was open is closed.
pub fn truncate_markdown(text: &str, chars_max: usize) -> String {
    let chars = text.chars().count();
    if chars <= chars_max {
        return text.to_owned();
    }
    // What is cut and what must be closed is known only after cutting, so the room for it is
    // found by trying: each try leaves as much more room as was missing.
    let mut room: usize = 60;
    for _ in 0..6 {
        let kept_chars = chars_max.saturating_sub(room);
        let kept = cut(text, kept_chars);
        let left_out = chars - kept.chars().count();
        let whole =
            format!("{}{}\n\n… cut: {left_out} more characters.", kept, closing(text, kept.len()));
        let length = whole.chars().count();
        if length <= chars_max {
            return whole;
        }
        room += length - chars_max;
    }
    text.chars().take(chars_max).collect()
}

/// Closes what `text` leaves open, so that something may follow it: a fence or `<details>`.
pub(super) fn close_open(text: &str) -> String {
    format!("{text}{}", closing(text, text.len()))
}

/// At most `chars_max` characters from the beginning of `text`.
fn cut(text: &str, chars_max: usize) -> &str {
    let hard = text.char_indices().nth(chars_max).map_or(text.len(), |it| it.0);
    let head = text.get(..hard).unwrap_or_default();
    let line = head.rfind('\n').filter(|it| hard / 2 <= *it);
    let mut end = line.unwrap_or(hard);
    for (event, range) in markdown::events(text) {
        if end <= range.start {
            break;
        }
        if is_whole(&event, text, &range) && range.start < end && end < range.end {
            end = range.start;
            break;
        }
    }
    text.get(..end).unwrap_or_default().trim_end()
}

/// Parts that are cut before, never through.
fn is_whole(event: &Event<'_>, text: &str, range: &Range<usize>) -> bool {
    let comment = || text.get(range.clone()).is_some_and(|it| it.starts_with("<!--"));
    matches!(event, Event::Code(_) | Event::InlineHtml(_))
        || matches!(event, Event::Start(Tag::Link { .. } | Tag::Image { .. }))
        || (matches!(event, Event::Start(Tag::HtmlBlock)) && comment())
}

/// What must follow the first `end` bytes of `text` to close what is open there.
fn closing(text: &str, end: usize) -> String {
    let mut fence = String::new();
    let mut open: Vec<String> = Vec::new();
    for (event, range) in markdown::events(text) {
        if end <= range.start {
            break;
        }
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) = &event {
            let block = text.get(range.start..range.end.min(end)).unwrap_or_default();
            let cut_inside = end < range.end || !ends_with_fence(block);
            if cut_inside && end <= range.end {
                let line_ends = text.get(..end).is_some_and(|it| it.ends_with('\n'));
                let newline = if line_ends { "" } else { "\n" };
                fence = format!("{newline}{}", closing_fence(text, range.start));
            }
        } else if let Event::Html(markup) | Event::InlineHtml(markup) = &event
            && range.end <= end
        {
            follow(markup, &mut open);
        }
    }
    let elements: String = open.iter().rev().map(|it| format!("\n\n</{it}>")).collect();
    fence + &elements
}

fn follow(markup: &str, open: &mut Vec<String>) {
    const KEPT_OPEN: [&str; 5] = ["details", "sub", "sup", "table", "blockquote"];
    for piece in html::scan(markup) {
        match piece.kind {
            Kind::Open { name, .. } if KEPT_OPEN.contains(&name.as_str()) && open.len() < 100 => {
                open.push(name);
            }
            Kind::Close { name } => {
                if let Some(at) = open.iter().rposition(|it| *it == name) {
                    open.truncate(at);
                }
            }
            Kind::Open { .. } | Kind::Comment | Kind::OpenComment | Kind::OpenTag => {}
        }
    }
}

/// The sign of a fence and how often it stands there.
fn fence_of(line: &str) -> Option<(char, usize)> {
    let sign = line.chars().next().filter(|it| matches!(it, '`' | '~'))?;
    let length = line.chars().take_while(|it| *it == sign).count();
    (3 <= length).then_some((sign, length))
}

/// Whether a fenced block's last line closes it.
fn ends_with_fence(block: &str) -> bool {
    let mut lines = block.trim_end().lines();
    let Some((sign, length)) = lines.next().and_then(fence_of) else { return false };
    let last = lines.next_back().map_or("", |it| it.trim_start_matches([' ', '>', '\t']));
    last.chars().all(|it| it == sign) && length <= last.chars().count()
}

/// The line that closes the fence at `start`, inside the same quotation or list item.
fn closing_fence(text: &str, start: usize) -> String {
    let line_start = text.get(..start).and_then(|it| it.rfind('\n')).map_or(0, |it| it + 1);
    let before = text.get(line_start..start).unwrap_or_default();
    let indent: String = before.chars().map(|it| if it == '>' { '>' } else { ' ' }).collect();
    let line = text.get(start..).and_then(|it| it.lines().next()).unwrap_or_default();
    let (sign, length) = fence_of(line).unwrap_or(('`', 3));
    format!("{indent}{}", sign.to_string().repeat(length))
}
