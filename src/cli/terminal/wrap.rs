//! Lines of a bounded width, without characters that command a terminal.

use std::fmt::Write;

/// `text` with each control character written out (`\x1b`), so that foreign text cannot move the
/// cursor, change colours or hide what follows. Line breaks stay; a tab becomes four blanks.
/// Characters that turn the writing direction are written out too: they reorder what is read.
pub(super) fn escaped(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => res.push('\n'),
            '\t' => res.push_str("    "),
            '\r' => {}
            _ if c.is_control() => {
                let _ = write!(res, "\\x{:02x}", u32::from(c));
            }
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(res, "\\u{{{:x}}}", u32::from(c));
            }
            _ => res.push(c),
        }
    }
    res
}

/// One line as lines of at most `width` characters, broken between words where there are any.
pub(crate) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_whitespace() {
        let gap = usize::from(!current.is_empty());
        if !current.is_empty() && width < length(&current) + gap + length(word) {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        let mut rest = word;
        while width < length(rest) {
            let cut = rest.char_indices().nth(width.max(1)).map_or(rest.len(), |it| it.0);
            lines.push(rest[..cut].to_owned());
            rest = &rest[cut..];
        }
        current.push_str(rest);
    }
    if !current.is_empty() || lines.is_empty() {
        lines.push(current);
    }
    lines
}

/// How many columns a text takes; a terminal gives wide characters two, which is not counted here.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let lines = wrapped(line, 10);
        assert_eq!(lines, expected);
        assert!(lines.iter().all(|it| length(it) <= 10));
    }

    #[test]
    fn lines_break_between_words() {
        check("", &[""]);
        check("one two", &["one two"]);
        check("one two three four", &["one two", "three four"]);
        check("  a   b  ", &["a b"]);
        check("abcdefghijklmno p", &["abcdefghij", "klmno p"]);
        check("a abcdefghijklmno", &["a", "abcdefghij", "klmno"]);
        check("äöüäöüäöüäöü", &["äöüäöüäöüä", "öü"]);
    }

    #[test]
    fn terminals_are_not_commanded() {
        assert_eq!(escaped("a\x1b[2Jb\u{7}\r\n\tc\u{9b}"), "a\\x1b[2Jb\\x07\n    c\\x9b");
        assert_eq!(escaped("\u{202e}abc"), "\\u{202e}abc");
    }
}
