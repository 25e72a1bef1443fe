//! A failing CI log, cut down to what a model needs to mend it.
//!
//! Logs are long, repeat themselves, and are paid for in every later call of a run. What is kept:
//! the lines that report an error, with what stands around them, and the end. Colours, timestamps
//! and progress go; secrets are masked before anything is cut, so that no half of one stays.
//!
//! The log is foreign text: whoever puts the excerpt into a prompt marks it as data.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::hygiene::{Secrets, strip_invisible};

/// The most characters of an excerpt: about 2,500 tokens.
pub const EXCERPT_CHARS_MAX: usize = 8_000;

/// The most bytes of a log that are looked at, from its end: a job fails at its end.
const LOG_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// The most characters of one line; a minified file on one line says nothing more.
const LINE_CHARS_MAX: usize = 400;

/// Lines kept before an error: the test's name, the command.
const LINES_BEFORE: usize = 3;

/// Lines kept behind an error: the place, expected and actual values, the source shown.
const LINES_AFTER: usize = 12;

/// The most characters that the end of the log may take when errors stand above it.
const TAIL_CHARS_MAX: usize = 1_600;

/// Colours and cursor movements, titles, and other escape sequences of terminals.
const ANSI: &str = concat!(
    r"\x1b\[[0-?]*[ -/]*[@-~]",
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?",
    r"|\x1b[ -/]*[0-~]"
);

/// What a runner writes before every line.
const TIMESTAMP: &str =
    r"(?m)^\x{FEFF}?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?[ \t]?";

/// Lines that report an error, by the words of compilers and test runners.
const ERROR: &str = concat!(
    r"^\s*##\[error\]|^\s*(?:error|fatal|panic)(?:\[\w+\])?:|\berror(?: TS\d+)?:|\bError:|\bERROR\b",
    r"|panicked at|^failures:$|^---- .* ----$|\bFAILED\b|^\s*FAIL\b|^--- FAIL|^not ok\b|^E\s{2,}\S",
    r"|^Traceback |^\s*●\s|^\s*[✕✗✘×]\s|^_{4,}.*_{4,}$|\w(?:Error|Exception)(?::|$)|npm ERR!",
    r"|\bAssertion\b.*\bfailed\b|assertion failed|undefined reference|command not found",
    r"|Segmentation fault|exit(?:ed with)? code [1-9]|\[\s*FAILED\s*\]|^\s*\d+\) "
);

/// Lines that have such words and report none.
const NO_ERROR: &str = r"(?i)\b0 (?:errors?|failed|failures?)\b|\berrors?: 0\b|\bno errors?\b|^\s*(?:ok|✓|✔|PASS)\b|\.\.\. ok$";

#[expect(clippy::unwrap_used, reason = "the patterns are fixed, and every test compiles them")]
static PATTERNS: LazyLock<[Regex; 4]> =
    LazyLock::new(|| [ANSI, TIMESTAMP, ERROR, NO_ERROR].map(|it| Regex::new(it).unwrap()));

/// What matters of a CI log, in at most [`EXCERPT_CHARS_MAX`] characters: the first errors with
/// their surroundings, then the end. A short log is kept whole.
pub fn excerpt(log: &str, secrets: &Secrets) -> String {
    let text = clean(log, secrets);
    let lines: Vec<String> = job_lines(&text).into_iter().map(shortened).collect();
    let whole = lines.join("\n");
    if whole.chars().count() <= EXCERPT_CHARS_MAX {
        return whole;
    }
    let kept = kept(&lines);
    let mut res: Vec<String> = Vec::new();
    let mut next = 0;
    for (i, line) in lines.iter().enumerate().filter(|(i, _)| kept[*i]) {
        res.extend(gap(i - next));
        res.push(line.clone());
        next = i + 1;
    }
    res.extend(gap(lines.len() - next));
    res.join("\n")
}

/// The log without colours, timestamps, progress, invisible characters and secrets.
fn clean(log: &str, secrets: &Secrets) -> String {
    let [ansi, timestamp, ..] = &*PATTERNS;
    let mut start = log.len().saturating_sub(LOG_BYTES_MAX);
    while !log.is_char_boundary(start) {
        start += 1;
    }
    let unix = log.get(start..).unwrap_or_default().replace("\r\n", "\n");
    let plain = ansi.replace_all(&unix, "");
    // A progress bar returns to the line's beginning; what is written last is what is seen.
    let last = |line: &str| line.trim_end_matches('\r').rsplit('\r').next().map(str::to_owned);
    let plain: Vec<String> = plain.split('\n').filter_map(last).collect();
    let plain = plain.join("\n");
    let plain = timestamp.replace_all(&plain, "");
    secrets.redact(&strip_invisible(&plain).text)
}

/// The lines of the job without the runner's own: its groups, and the cleaning up after the step
/// that failed. Blank lines do not follow each other.
fn job_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let is_end = |it: &str| it.starts_with("##[error]Process completed with exit code");
    if let Some(last) = lines.iter().rposition(|it| is_end(it)) {
        lines.truncate(last + 1);
    } else if let Some(cleaning) = lines.iter().position(|it| *it == "Post job cleanup.") {
        lines.truncate(cleaning);
    }
    lines.retain(|it| !it.starts_with("##[endgroup]"));
    lines.dedup_by(|next, before| next.is_empty() && before.is_empty());
    while lines.last().is_some_and(|it| it.is_empty()) {
        lines.pop();
    }
    lines
}

fn shortened(line: &str) -> String {
    let line = line.strip_prefix("##[group]").unwrap_or(line);
    let line = match line.strip_prefix("##[error]") {
        Some(rest) => format!("Error: {rest}"),
        None => line.strip_prefix("##[command]").unwrap_or(line).to_owned(),
    };
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Which lines are kept: the end first, then one error with its surroundings after another, as
/// long as there is room. An error that was seen word for word is not shown twice.
fn kept(lines: &[String]) -> Vec<bool> {
    let [_, _, error, no_error] = &*PATTERNS;
    let is_error = |line: &str| {
        (error.is_match(line) && !no_error.is_match(line)) || line.starts_with("Error: ")
    };
    // Each kept line costs its break; each window may cost two lines that tell of a gap.
    let cost = |i: usize| lines[i].chars().count() + 1;
    const GAP_CHARS: usize = 2 * 40;
    let mut kept = vec![false; lines.len()];
    let mut seen = std::collections::BTreeSet::new();
    let errors: Vec<usize> = (0..lines.len())
        .filter(|i| is_error(&lines[*i]) && seen.insert(lines[*i].as_str()))
        .collect();
    let tail_chars_max = if errors.is_empty() { EXCERPT_CHARS_MAX } else { TAIL_CHARS_MAX };
    let mut room = tail_chars_max - GAP_CHARS;
    for i in (0..lines.len()).rev() {
        if room < cost(i) {
            break;
        }
        room -= cost(i);
        kept[i] = true;
    }
    let mut room = (EXCERPT_CHARS_MAX - tail_chars_max) + room;
    for at in errors {
        let window = at.saturating_sub(LINES_BEFORE)..(at + LINES_AFTER + 1).min(lines.len());
        let new: Vec<usize> = window.filter(|i| !kept[*i]).collect();
        let chars: usize = new.iter().map(|i| cost(*i)).sum::<usize>() + GAP_CHARS;
        if new.is_empty() {
            continue;
        }
        if room < chars {
            // The error itself may still fit without its surroundings.
            if !kept[at] && cost(at) + GAP_CHARS <= room {
                room -= cost(at) + GAP_CHARS;
                kept[at] = true;
            }
            continue;
        }
        room -= chars;
        new.into_iter().for_each(|i| kept[i] = true);
    }
    kept
}

fn gap(n_lines: usize) -> Option<String> {
    match n_lines {
        0 => None,
        1 => Some("… (1 line left out)".to_owned()),
        n => Some(format!("… ({n} lines left out)")),
    }
}

#[cfg(test)]
mod tests;
