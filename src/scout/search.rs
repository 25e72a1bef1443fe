//! The tool `search`: words in, the best files with their most telling lines out.

use super::index::is_searched;
use super::output::{Lines, OUTPUT_BYTES_MAX, Refusal, clip};
use super::snapshot::Snapshot;
use super::symbols;
use super::words;

/// Files answered with.
const FILES_MAX: usize = 20;

/// Lines shown of one file.
const LINES_PER_FILE_MAX: usize = 3;

/// Characters of a line that are shown.
const LINE_CHARS_MAX: usize = 160;

/// The longest question read.
const QUERY_CHARS_MAX: usize = 1_000;

impl Snapshot {
    /// The files that fit a question best, best first, as `path:line: text`.
    ///
    /// # Errors
    /// [`Refusal`] for a question without a word that says something.
    pub fn search(&self, query: &str) -> Result<String, Refusal> {
        let query: String = query.chars().take(QUERY_CHARS_MAX).collect();
        let terms = words::query_terms(&query);
        if terms.is_empty() {
            return Err(Refusal(
                "The query has no word to search for. Write a few words that stand in the code, \
                 such as `session token refresh`."
                    .to_owned(),
            ));
        }
        let ranked = self.rank(&query);
        if self.is_halted() {
            return Err(Refusal(
                "The search was stopped: the time of one call was used up before this repository's \
                 files were ranked. Use `list_files`, or `grep` with a `glob`."
                    .to_owned(),
            ));
        }
        if ranked.is_empty() {
            return Ok(format!("No file has any of: {}.\n", terms.join(", ")));
        }
        let mut lines = Lines::new(OUTPUT_BYTES_MAX);
        let mut looked_into = 0;
        for (path, _) in ranked.iter().take(FILES_MAX) {
            if self.is_halted() {
                break;
            }
            looked_into += 1;
            let telling = self.telling_lines(path, &terms);
            if telling.is_empty() {
                lines.push(&format!("{path}: (by its path)"));
            }
            for (number, text) in telling {
                lines.push(&format!("{path}:{number}: {}", clip(text.trim(), LINE_CHARS_MAX)));
            }
        }
        lines.leave_out(ranked.len().saturating_sub(looked_into));
        Ok(lines.finish("files fit less", "use more specific words, or `grep`"))
    }

    /// The lines with the most of the terms, definitions before others, in the file's order.
    fn telling_lines(&self, path: &str, terms: &[String]) -> Vec<(usize, String)> {
        if !self.content(path).is_some_and(|it| is_searched(it.len())) {
            return Vec::new();
        }
        let Ok(text) = self.text(path) else { return Vec::new() };
        let mut best: Vec<(usize, usize, &str)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let hits = distinct_hits(line, terms);
            if hits == 0 {
                continue;
            }
            let defined = symbols::defined_in(line).map_or(0, |it| distinct_hits(it, terms));
            best.push((hits + 2 * defined, number + 1, line));
        }
        best.sort_by(|(a, m, _), (b, n, _)| b.cmp(a).then_with(|| m.cmp(n)));
        best.truncate(LINES_PER_FILE_MAX);
        best.sort_by_key(|(_, number, _)| *number);
        best.into_iter().map(|(_, number, line)| (number, line.to_owned())).collect()
    }
}

fn distinct_hits(text: &str, terms: &[String]) -> usize {
    let found: Vec<String> = words::terms(text).collect();
    terms.iter().filter(|it| found.contains(it)).count()
}
