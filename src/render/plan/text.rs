//! Foreign text that stays in its place.
//!
//! A model's text is Markdown, and good Markdown is worth keeping: lists, tables, code. But it
//! must not end our sections, open its own, hide or load anything (`testing.md` case 56), and what
//! it means to our reader must be what it means to GitHub. So [`prose`] looks at the text through
//! a CommonMark parser and changes the few bytes that would do such a thing; [`inline`] does the
//! same for one line. What then still mentions, closes or leads away goes into code ([`defang`]).
//! Both leave letters of every script alone, and both change nothing that they have already
//! changed.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

use crate::domain::hygiene::defang;

/// The deepest heading that Baton's own files use is `###`; a model's headings begin below it.
const HEADING_MARK: &str = "####";

/// Rounds after which a text that still changes is shown as plain text. Real texts need two.
const ROUNDS_MAX: usize = 8;

/// A CommonMark parser with the extensions GitHub has and Baton's files use.
pub(super) fn parser(text: &str) -> Parser<'_> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    Parser::new_ext(text, options)
}

/// Foreign Markdown of several blocks: headings demoted below ours, setext headings made
/// paragraphs, HTML comments removed, HTML shown instead of obeyed, images made links, an open
/// code fence closed.
pub fn prose(text: &str) -> String {
    let mut current = tidy(text);
    for _ in 0..ROUNDS_MAX {
        let edits = prose_edits(&current);
        let next = match edits.is_empty() {
            // In its place at last: what is left may look like anything and do nothing.
            true => tidy(&defang(&current, &[])),
            false => tidy(&apply(&current, edits)),
        };
        if next == current {
            return current;
        }
        current = next;
    }
    let fence = "`".repeat(longest_backtick_run(&current).max(2) + 1);
    format!("{fence}\n{current}\n{fence}")
}

/// Foreign Markdown on one line that stays one line, wherever a line may stand: in a heading, a
/// list, a table's cell.
pub fn inline(text: &str) -> String {
    let mut current = one_line(text);
    for _ in 0..ROUNDS_MAX {
        let mut next = escape_start(&one_line(&escape_line(&current)));
        if next == current {
            next = one_line(&defang(&current, &[]));
        }
        if next == current {
            return current;
        }
        current = next;
    }
    code(&current)
}

/// `text` as a code span, whatever backticks it has.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        // Two backticks would be an open fence of two; a blank is the shortest code span.
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest_backtick_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The text of the code span at the beginning of `source`, and what follows it.
pub(super) fn read_code(source: &str) -> Option<(String, &str)> {
    let n_ticks = source.bytes().take_while(|it| *it == b'`').count();
    let (inside, rest) = code_span(source, n_ticks)?;
    if inside.trim().is_empty() {
        return Some((String::new(), rest));
    }
    let is_padded = inside.starts_with(' ') && inside.ends_with(' ');
    let inside = if is_padded { &inside[1..inside.len() - 1] } else { inside };
    Some((inside.to_owned(), rest))
}

/// `text` without its comments, but for the marks of tasks: GitHub shows none of them, so nobody
/// approves what they say. Lines keep their numbers.
pub(super) fn without_comments(text: &str) -> String {
    let mut res = text.to_owned();
    for (event, range) in parser(text).into_offset_iter() {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only HTML holds comments")]
        match event {
            Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock) => {
                for comment in comments(&text[range.clone()]) {
                    let at = range.start + comment.start..range.start + comment.end;
                    let blank = |it: char| if it == '\n' { it } else { ' ' };
                    let blanks: String = text[at.clone()].chars().map(blank).collect();
                    // As long as what it stands for, so that later places still hold.
                    let short = at.len() - blanks.len();
                    res.replace_range(at, &format!("{}{blanks}", " ".repeat(short)));
                }
            }
            _ => {}
        }
    }
    res
}

/// Where comments stand in HTML that are no task's mark.
fn comments(html: &str) -> Vec<Range<usize>> {
    let mut res = Vec::new();
    let mut from = 0;
    while let Some(start) = html[from..].find("<!--").map(|it| from + it) {
        let inside = start + "<!--".len();
        let end = html[inside..].find("-->").map_or(html.len(), |it| inside + it + "-->".len());
        if !html[inside..end].trim_start().starts_with("baton:task=") {
            res.push(start..end);
        }
        from = end;
    }
    res
}

/// LF, no control characters but tabs, no blank lines around.
fn tidy(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String =
        unix.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\t')).collect();
    let kept = kept.trim_end();
    let first = kept.lines().take_while(|it| it.trim().is_empty()).map(|it| it.len() + 1).sum();
    kept.get(first..).unwrap_or_default().to_owned()
}

/// `text` without line breaks, control characters and repeated blanks.
pub(super) fn one_line(text: &str) -> String {
    let blank = |it: char| it.is_control() || it.is_whitespace();
    text.split(blank).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

fn apply(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut res = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        // Of two edits of the same bytes the first is made; the next round sees the other.
        if at <= range.start {
            res.push_str(&text[at..range.start]);
            res.push_str(&new);
            at = range.end;
        }
    }
    res.push_str(&text[at..]);
    res
}

fn prose_edits(text: &str) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut quoted: Vec<Range<usize>> = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in parser(text).into_offset_iter() {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only code and headings matter")]
        match event {
            Event::Code(_) => quoted.push(range),
            Event::Start(Tag::CodeBlock(kind)) => {
                if let CodeBlockKind::Fenced(_) = kind
                    && depth == 0
                    && let Some(fence) = open_fence(&text[range.clone()])
                {
                    edits.push((text.len()..text.len(), format!("\n{fence}")));
                }
                quoted.push(range);
                depth += 1;
            }
            Event::Start(tag) => {
                if let Tag::Heading { level, .. } = tag
                    && level < HeadingLevel::H4
                {
                    edits.extend(heading_edit(text, range));
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    edits.extend(mark_edits(text, &quoted));
    edits
}

/// Demotes a heading: `#` marks get longer, an underline goes.
fn heading_edit(text: &str, range: Range<usize>) -> Option<(Range<usize>, String)> {
    let heading = &text[range.clone()];
    // Markdown knows no other blanks there: behind one of Unicode's a mark is a letter like others.
    let start = range.start + heading.len() - heading.trim_start_matches([' ', '\t', '\n']).len();
    let n_marks = text[start..].bytes().take_while(|it| *it == b'#').count();
    let is_atx = matches!(n_marks, 1..=6)
        && text[start + n_marks..].chars().next().is_none_or(|it| matches!(it, ' ' | '\t' | '\n'));
    if is_atx {
        return Some((start..start + n_marks, HEADING_MARK.to_owned()));
    }
    let end = range.start + heading.trim_end().len();
    let underline = text[..end].trim_end_matches(['=', '-']).len();
    (underline < end).then(|| (underline..end, String::new()))
}

/// The fence that an open fenced code block needs at its end.
pub(super) fn open_fence(block: &str) -> Option<String> {
    let mut lines = block.lines();
    let first = lines.next().unwrap_or_default().trim_start();
    let mark = first.chars().next().filter(|it| matches!(it, '`' | '~'))?;
    let fence: String = first.chars().take_while(|it| *it == mark).collect();
    let last = lines.next_back().unwrap_or_default().trim();
    let is_closed = fence.len() <= last.len() && last.chars().all(|it| it == mark);
    (!is_closed).then_some(fence)
}

/// Removes comments, shows HTML as text and makes images links, outside of code.
fn mark_edits(text: &str, quoted: &[Range<usize>]) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut after = 0;
    for (at, mark) in text.match_indices(['<', '!']) {
        let in_code = quoted.iter().any(|it| it.contains(&at));
        if at < after || in_code || is_escaped(text, at) {
            continue;
        }
        let rest = &text[at + 1..];
        if mark == "!" {
            if rest.starts_with('[') {
                let start = text[..at].trim_end_matches('!').len();
                edits.push((start..at + 1, String::new()));
            }
            continue;
        }
        let comment = rest.strip_prefix("!--").and_then(|it| it.find("-->"));
        let end = comment.map(|it| at + "<!--".len() + it + "-->".len());
        match end {
            Some(end) if !quoted.iter().any(|it| it.start < end && at < it.end) => {
                edits.push((at..end, String::new()));
                after = end;
            }
            Some(_) | None if is_tag(rest) => edits.push((at..at, "\\".to_owned())),
            Some(_) | None => {}
        }
    }
    edits
}

/// Whether what follows a `<` makes HTML of it; an autolink is none.
fn is_tag(rest: &str) -> bool {
    let is_link = ["http://", "https://", "mailto:"].iter().any(|it| rest.starts_with(it));
    !is_link
        && rest.starts_with(|it: char| it.is_ascii_alphabetic() || matches!(it, '/' | '!' | '?'))
}

fn is_escaped(text: &str, at: usize) -> bool {
    let n_backslashes = text[..at].bytes().rev().take_while(|it| *it == b'\\').count();
    n_backslashes % 2 == 1
}

/// One pass over a line: code spans stay, lone backticks, HTML and images lose their meaning.
fn escape_line(line: &str) -> String {
    let mut res = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        match next {
            '\\' if after.starts_with(|it: char| it.is_ascii_punctuation()) => {
                res.push_str(&rest[..2]);
                rest = &rest[2..];
            }
            '`' => {
                let n_ticks = rest.bytes().take_while(|it| *it == b'`').count();
                match code_span(rest, n_ticks) {
                    Some((_, tail)) => {
                        res.push_str(&rest[..rest.len() - tail.len()]);
                        rest = tail;
                    }
                    None => {
                        res.push_str(&"\\`".repeat(n_ticks));
                        rest = &rest[n_ticks..];
                    }
                }
            }
            '<' => match after.strip_prefix("!--").and_then(|it| it.split_once("-->")) {
                Some((_, tail)) => rest = tail,
                None => {
                    res.push_str(if is_tag(after) { "\\<" } else { "<" });
                    rest = after;
                }
            },
            '!' if after.trim_start_matches('!').starts_with('[') => {
                rest = after.trim_start_matches('!');
            }
            _ => {
                res.push(next);
                rest = after;
            }
        }
    }
    res
}

/// Takes from a line's beginning what would make a block of it.
fn escape_start(line: &str) -> String {
    let first = line.chars().next().unwrap_or(' ');
    let second = line.chars().nth(1).unwrap_or(' ');
    let is_only = |mark: char| line.chars().all(|it| it == mark || it == ' ');
    let is_block = match first {
        '#' | '>' | '=' => true,
        '-' | '+' => second == ' ' || second == first,
        '*' => second == ' ' || is_only('*'),
        '_' => is_only('_'),
        '~' => line.starts_with("~~~"),
        '[' => line.contains("]:") || matches!(line.get(..3), Some("[ ]" | "[x]" | "[X]")),
        _ => false,
    };
    if is_block && !line.is_empty() {
        return format!("\\{line}");
    }
    let n_digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = line.split_at(n_digits);
    let mut chars = rest.chars();
    let is_numbered = matches!(n_digits, 1..=9)
        && matches!(chars.next(), Some('.' | ')'))
        && matches!(chars.next(), None | Some(' '));
    if is_numbered { format!("{digits}\\{rest}") } else { line.to_owned() }
}

/// The inside of the code span that `n_ticks` backticks open at the beginning of `source`, and
/// what follows it.
fn code_span(source: &str, n_ticks: usize) -> Option<(&str, &str)> {
    if n_ticks == 0 {
        return None;
    }
    let mut at = n_ticks;
    loop {
        at += source[at..].find('`')?;
        let n_closing = source[at..].bytes().take_while(|it| *it == b'`').count();
        if n_closing == n_ticks {
            return Some((&source[n_ticks..at], &source[at + n_closing..]));
        }
        at += n_closing;
    }
}

fn longest_backtick_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(inline(text), expected);
        assert_eq!(inline(expected), expected, "once is enough");
    }

    #[track_caller]
    fn check_prose(text: &str, expected: &str) {
        assert_eq!(prose(text), expected);
        assert_eq!(prose(expected), expected, "once is enough");
    }

    #[test]
    fn comments_go_and_lines_stay() {
        let check = |text: &str, expected: &str| assert_eq!(without_comments(text), expected);
        check("a <!-- b --> c", "a            c");
        check("a\n\n<!--\n\n- é\n\n-->\n\nb", "a\n\n     \n\n   \n\n   \n\nb");
        check("- [ ] <!-- baton:task=t1 -->c", "- [ ] <!-- baton:task=t1 -->c");
        check("`<!-- a -->`\n\n```\n<!-- b -->\n```", "`<!-- a -->`\n\n```\n<!-- b -->\n```");
        check("a \\<!-- b -->", "a \\<!-- b -->");
    }

    #[test]
    fn a_line_stays_a_line() {
        check("  Add the\n `Cache`\ttrait ", "Add the `Cache` trait");
        check("Vec<String> and `Vec<String>`", "Vec\\<String> and `Vec<String>`");
        check("a <!-- baton:task=t9 --> b", "a b");
        check("a <!-- open", "a \\<!-- open");
        check("<!<!-- x -->-- y -->", "\\<!-- y -->");
        check("![alt](https://evil/x.png?q)", "alt (`https://evil/x.png?q`)");
        check("!<!-- -->[a](b)", "[a](b)");
        check("a ` b", "a \\` b");
        check("``a ` b``", "``a ` b``");
        check("<https://example.com>", "`https://example.com`");
        check("a < b and 1 <2", "a < b and 1 <2");
        check("`<!-- shown -->`", "`<!-- shown -->`");
    }

    #[test]
    fn a_line_opens_no_block() {
        check("# a", "\\# a");
        check("- [ ] a", "\\- [ ] a");
        check("[x] a", "\\[x] a");
        check("[a]: javascript:x", "\\[a]: javascript:x");
        check("[docs](x) first", "[docs](x) first");
        check("1. a", "1\\. a");
        check("2026) a", "2026\\) a");
        check("3.5 is a number", "3.5 is a number");
        check("---", "\\---");
        check("**bold** start", "**bold** start");
        check("> a", "\\> a");
        check("", "");
    }

    #[test]
    fn headings_of_models_stand_below_ours() {
        check_prose("\u{2028}# \n- ", "\u{2028}#");
        check_prose("# a\n\n## b ##\n\n#### c", "#### a\n\n#### b ##\n\n#### c");
        check_prose("Title\n=====\ntext", "Title\n\ntext");
        check_prose("> Quoted\n> ---\n> more", "> Quoted\n> \n> more");
        check_prose("- # in a list", "- #### in a list");
        check_prose("```sh\n# a comment\n```", "```sh\n# a comment\n```");
    }

    #[test]
    fn html_is_shown_and_comments_are_gone() {
        check_prose("a <!-- baton:task=t1 -->b", "a b");
        check_prose("<!--\n\nhidden\n\n-->\nshown", "shown");
        check_prose("<details open>\ntext\n</details>", "\\<details open>\ntext\n\\</details>");
        check_prose("<!-- never closed\n# x", "\\<!-- never closed\n#### x");
        check_prose("`<b>` and <b>", "`<b>` and \\<b>");
        check_prose("![x](https://evil/?q=1)", "x (`https://evil/?q=1`)");
        check_prose("Wow!![x](y)", "Wow[x](y)");
    }

    #[test]
    fn open_fences_are_closed() {
        check_prose("```rust\nfn a() {}", "```rust\nfn a() {}\n```");
        check_prose("~~~~\n~~~", "~~~~\n~~~\n~~~~");
        check_prose("```", "```\n```");
        check_prose("- a\n  ```\n  open", "- a\n  ```\n  open\n  ```");
    }

    #[test]
    fn nobody_is_called_and_nothing_is_closed() {
        check("Ask @ann, see acme/web#3", "Ask `@ann`, see `acme/web#3`");
        check("Fixes #12 and #13", "`Fixes #12` and #13");
        check("see https://evil.example/?q=1", "see `https://evil.example/?q=1`");
        check(
            "[docs](docs/rag.md) and [x](https://evil)",
            "[docs](docs/rag.md) and x (`https://evil`)",
        );
        check("`@ann` stays", "`@ann` stays");
        check_prose("cc @acme/team\n\nCloses #1", "cc `@acme/team`\n\n`Closes #1`");
        check_prose("```\n@ann\n```", "```\n@ann\n```");
        check_prose("/approve", "`/approve`");
    }

    #[test]
    fn eight_scripts_survive() {
        let text = "Zażółć Ελληνικά Кириллица עברית العربية हिन्दी ไทย 日本語 한국어 👩‍👩‍👧 می‌خواهم";
        check(text, text);
        check_prose(text, text);
    }

    #[test]
    fn code_spans_read_back() {
        for text in ["", "a", "`", "``", "`a", "a`", "a ` b `` c", "src/[id].ts", "a|b", "\\"] {
            let rest = format!("{} rest", code(text));
            assert_eq!(read_code(&rest), Some((text.to_owned(), " rest")), "{text}");
        }
        assert_eq!(read_code("a"), None);
        assert_eq!(read_code("`a"), None);
    }
}
