//! The tool `grep`: a regular expression over all visible text files.

use std::io;

use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::sinks::Bytes;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder};

use super::files::FILE_BYTES_MAX;
use super::glob::Glob;
use super::output::{Lines, OUTPUT_BYTES_MAX, Refusal};
use super::snapshot::Snapshot;

/// The longest pattern read.
const PATTERN_CHARS_MAX: usize = 500;

/// The most bytes a compiled pattern may take, so that `(x{1000}){1000}` is refused.
const COMPILED_BYTES_MAX: usize = 1_024 * 1_024;

/// Characters of a matching line that are shown, around the match.
const LINE_CHARS_MAX: usize = 240;

/// Matching lines shown of one file; the others are counted.
const FILE_MATCHES_MAX: usize = 20;

/// So many bytes are searched before it is looked whether somebody asked to stop. The slowest
/// patterns that are taken go over them in a tenth of a second; a longer line is searched in pieces.
const PIECE_BYTES: usize = 64 * 1_024;

/// Where counting ends: beyond that the pattern must be narrower anyway.
const MATCHES_MAX: usize = 2_000;

impl Snapshot {
    /// Lines that match, as `path:line: text`. Without a capital letter in the pattern case does
    /// not matter.
    ///
    /// # Errors
    /// [`Refusal`] for a bad pattern or glob.
    pub fn grep(&self, pattern: &str, glob: Option<&str>) -> Result<String, Refusal> {
        let matcher = matcher(pattern)?;
        let glob = glob.filter(|it| !it.trim().is_empty()).map(Glob::new).transpose()?;
        let mut searcher = SearcherBuilder::new()
            .binary_detection(BinaryDetection::quit(0))
            .line_number(true)
            .build();
        let mut found =
            Found { lines: Lines::new(OUTPUT_BYTES_MAX), matches: 0, too_large: 0, stopped: None };
        for (path, content) in self.files() {
            if self.is_halted() {
                found.stopped.get_or_insert_with(|| path.clone());
                break;
            }
            if glob.as_ref().is_some_and(|it| !it.matches(path)) {
                continue;
            }
            if FILE_BYTES_MAX < content.len() {
                found.too_large += 1;
                continue;
            }
            // A file that cannot be read is one without a match; `read_file` would say why.
            let Ok(bytes) = self.bytes(content) else { continue };
            let whole = found.file(path, &bytes, (&matcher, &mut searcher), || self.is_halted());
            if !whole {
                found.stopped = Some(path.clone());
            }
            if MATCHES_MAX <= found.matches {
                break;
            }
        }
        Ok(found.finish())
    }
}

struct Found {
    lines: Lines,
    matches: usize,
    too_large: usize,
    /// Where somebody asked to stop.
    stopped: Option<String>,
}

impl Found {
    /// Searches a file; false when it was stopped before its end.
    fn file(
        &mut self,
        path: &str,
        bytes: &[u8],
        (matcher, searcher): (&RegexMatcher, &mut Searcher),
        is_halted: impl Fn() -> bool,
    ) -> bool {
        let (mut here, mut lines_before, mut whole) = (0, 0, true);
        for piece in pieces(bytes) {
            if is_halted() {
                whole = false;
                break;
            }
            let sink = Bytes(|number, line| {
                here += 1;
                self.matches += 1;
                if here <= FILE_MATCHES_MAX {
                    let text = around(line, matcher);
                    self.lines.push(&format!("{path}:{}: {text}", lines_before + number));
                }
                Ok::<bool, io::Error>(self.matches < MATCHES_MAX)
            });
            // Searching a slice in memory cannot fail, and our sink does not.
            drop(searcher.search_slice(matcher, piece, sink));
            if piece.contains(&0) || MATCHES_MAX <= self.matches {
                break;
            }
            lines_before += piece.iter().filter(|it| **it == b'\n').count() as u64;
        }
        if FILE_MATCHES_MAX < here {
            let more = here - FILE_MATCHES_MAX;
            self.lines.push(&format!("{path}: ({more} more matching lines in this file)"));
        }
        whole
    }

    fn finish(self) -> String {
        let mut text = if self.matches == 0 {
            let within = if self.stopped.is_some() { " in what was searched" } else { "" };
            format!("No line matches{within}.\n")
        } else {
            self.lines.finish("lines", "narrow with `glob` or a longer pattern")
        };
        if let Some(path) = self.stopped {
            text.push_str(&format!(
                "(stopped at `{path}`: the time of one call was used up, and the files from there \
                 on were not searched; narrow with `glob` or use a simpler pattern)\n"
            ));
        }
        if MATCHES_MAX <= self.matches {
            text.push_str(&format!("(counting stopped at {MATCHES_MAX} matching lines)\n"));
        }
        if 0 < self.too_large {
            text.push_str(&format!("({} files over 1 MB were not searched)\n", self.too_large));
        }
        text
    }
}

/// The bytes in pieces that end with a line where one ends in time.
fn pieces(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let most = rest.get(..PIECE_BYTES).unwrap_or(rest);
        let end = most.iter().rposition(|it| *it == b'\n').map_or(most.len(), |it| it + 1);
        // The last piece needs no line break at its end.
        let end = if most.len() == rest.len() { rest.len() } else { end };
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn matcher(pattern: &str) -> Result<RegexMatcher, Refusal> {
    if pattern.is_empty() {
        return Err(Refusal("The pattern is empty. Use `list_files` to see files.".to_owned()));
    }
    if PATTERN_CHARS_MAX < pattern.chars().count() {
        return Err(Refusal(format!(
            "The pattern is longer than {PATTERN_CHARS_MAX} characters; search for less."
        )));
    }
    RegexMatcherBuilder::new()
        .case_smart(true)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(8 * COMPILED_BYTES_MAX)
        .nest_limit(50)
        .line_terminator(Some(b'\n'))
        .build(pattern)
        .map_err(|error| {
            let why = error.to_string();
            let last = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Refusal(format!(
                "The pattern is not a regular expression that can be used: {last}. Patterns are \
                 Rust regular expressions on single lines, without look-around and \
                 back-references; write `\\(` for a literal `(`."
            ))
        })
}

/// The part of a line around its first match, without blanks at its ends.
fn around(line: &[u8], matcher: &RegexMatcher) -> String {
    let start = match matcher.find(line) {
        Ok(Some(found)) => String::from_utf8_lossy(&line[..found.start()]).chars().count(),
        Ok(None) | Err(_) => 0,
    };
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    let chars = text.chars().count();
    if chars <= LINE_CHARS_MAX {
        return text.trim_start().to_owned();
    }
    let from = start.saturating_sub(LINE_CHARS_MAX / 4);
    let part: String = text.chars().skip(from).take(LINE_CHARS_MAX).collect();
    let before = if 0 < from { "… " } else { "" };
    let after = if from + LINE_CHARS_MAX < chars { " …" } else { "" };
    format!("{before}{}{after}", part.trim())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_file_is_left_between_two_pieces() {
        let line = format!("{}needle\n", "x".repeat(1_000));
        let text = line.repeat(3 * PIECE_BYTES / line.len());
        let (looks, matcher) = (Cell::new(0), matcher("needle").unwrap());
        let mut searcher = SearcherBuilder::new().line_number(true).build();
        let mut found = Found { lines: Lines::new(99), matches: 0, too_large: 0, stopped: None };
        let whole = found.file("a.txt", text.as_bytes(), (&matcher, &mut searcher), || {
            looks.set(looks.get() + 1);
            looks.get() == 2
        });
        // The first piece ends with the last line that fits.
        assert_eq!((whole, looks.get(), found.matches), (false, 2, PIECE_BYTES / line.len()));
        assert!(found.file("a.txt", text.as_bytes(), (&matcher, &mut searcher), || false));
    }
}
