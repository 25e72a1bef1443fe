//! Definitions in the text of a file: functions and types by their line patterns.

use std::sync::LazyLock;

use regex::Regex;

use super::layout::Language;
use super::view::NumberedLine;

/// The most lines of one example.
const EXAMPLE_LINES_MAX: u32 = 40;

/// A definition and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    /// Its name.
    pub(super) name: String,
    /// First line, from 1.
    pub(super) from_line: u32,
    /// Last line, included.
    pub(super) to_line: u32,
}

const SCRIPT: &str = r"^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\s*\*?|class)\s+(\w+)|^\s*(?:export\s+)?const\s+(\w+)\s*=\s*(?:async\s*)?(?:\([^)]*\)|\w+)\s*=>";
const RUST: &str = r#"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:const\s+|async\s+|unsafe\s+|extern\s+"C"\s+)*(?:fn|struct|enum|trait)\s+(\w+)"#;
const OTHER: &str = r"^\s*(?:function|def|fn|func|class|sub|module)\s+(\w+)";

static PATTERNS: LazyLock<Vec<(Language, Regex)>> = LazyLock::new(|| {
    let patterns = [
        (Language::Rust, RUST),
        (Language::Script, SCRIPT),
        (Language::Python, r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)"),
        (Language::Go, r"^(?:func\s+(?:\([^)]*\)\s*)?|type\s+)(\w+)"),
        (Language::Ruby, r"^\s*(?:def|class|module)\s+([\w.?!]+)"),
        (
            Language::Java,
            r"^\s*(?:(?:public|private|protected|static|final|abstract|override|suspend)\s+)+[\w<>\[\], ]*?\b(\w+)\s*(?:\(|\{|extends|implements)",
        ),
        (Language::Other, OTHER),
    ];
    let compiled = patterns.into_iter().map(|(language, it)| (language, Regex::new(it).ok()));
    compiled.filter_map(|(language, it)| it.map(|it| (language, it))).collect()
});

/// The definitions in these lines of the file at `path`, in order. Each ends before the next one of
/// the same or lesser depth, at the end of what was read, or after 40 lines.
pub(super) fn definitions(path: &str, lines: &[NumberedLine]) -> Vec<Symbol> {
    let language = Language::of(path);
    let Some((_, pattern)) = PATTERNS.iter().find(|(it, _)| *it == language) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        let Some(captures) = pattern.captures(line) else { continue };
        let Some(name) = captures.get(1).or_else(|| captures.get(2)) else { continue };
        let to_line = end_of(&lines[at..], *number, depth(line));
        found.push(Symbol { name: name.as_str().to_owned(), from_line: *number, to_line });
    }
    found
}

/// The last line of the block that begins with the first of `lines`: the line that closes it at the
/// same depth (a brace, `end`), or the last one before something else begins there.
fn end_of(lines: &[NumberedLine], from_line: u32, depth_of_head: usize) -> u32 {
    let mut last = from_line;
    for (number, line) in lines.iter().skip(1) {
        let trimmed = line.trim();
        if from_line + EXAMPLE_LINES_MAX <= *number {
            return last;
        }
        if trimmed.is_empty() {
            continue;
        }
        if depth(line) <= depth_of_head {
            let closes = trimmed.starts_with(['}', ')', ']']) || trimmed == "end";
            if closes {
                last = *number;
            }
            // `) -> T {` and `):` close the parameters, not the block.
            if closes && trimmed.ends_with(['{', ':']) {
                continue;
            }
            if !trimmed.starts_with("where") {
                return last;
            }
        }
        last = *number;
    }
    last
}

fn depth(line: &str) -> usize {
    line.chars().take_while(|it| it.is_whitespace()).map(|it| if it == '\t' { 4 } else { 1 }).sum()
}
