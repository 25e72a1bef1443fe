//! Replacing a text that stands in a file exactly once, and helping a model that did not copy it.

use crate::scout::output::{Refusal, clip};

/// Places that are named when a text is not found, or found too often.
const PLACES_SHOWN_MAX: usize = 5;

/// Places that are counted. Looking for one takes time that grows with the text looked for, and
/// in a long line of one letter it begins at every place.
const PLACES_COUNTED_MAX: usize = 100;

/// Near places that are shown with their lines.
const NEAR_SHOWN_MAX: usize = 3;

/// Lines shown of a place.
const LINES_SHOWN_MAX: usize = 12;

/// Lines shown before and after a place.
const LINES_AROUND: usize = 2;

/// Characters of a line that are shown.
const LINE_CHARS_MAX: usize = 240;

/// How alike a line must be to be shown as near, from 0 to 1.
const ALIKE_MIN: f64 = 0.6;

/// Characters of a line that are compared; comparing takes time that grows with their square.
const COMPARED_CHARS_MAX: usize = 200;

/// Lines of a file that are compared.
const COMPARED_LINES_MAX: usize = 5_000;

/// A text with a replacement made, and the place for the model to see.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) text: String,
    pub(super) answer: String,
}

/// Replaces `old` in the text of the file `path`. A file whose lines all end with CR LF keeps
/// them: models see and write lines that end with LF.
///
/// # Errors
/// [`Refusal`] when `old` is empty, is the same as `new`, or does not stand there exactly once.
pub(super) fn replace(path: &str, text: &str, old: &str, new: &str) -> Result<Replaced, Refusal> {
    if old.is_empty() {
        return Err(Refusal(
            "`old` is empty; give the text that goes, or lines beside which text comes.".to_owned(),
        ));
    }
    let is_crlf = text.contains("\r\n") && !text.replace("\r\n", "").contains('\n');
    let own_ends = |it: &str| {
        if is_crlf { it.replace("\r\n", "\n").replace('\n', "\r\n") } else { it.to_owned() }
    };
    let (old, new) = (own_ends(old), own_ends(new));
    if old == new {
        return Err(Refusal("`old` and `new` are the same: nothing would change.".to_owned()));
    }
    let places = places(text, &old);
    let [at] = places.as_slice() else {
        return Err(Refusal(match places.as_slice() {
            [] => not_found(path, text, &old),
            _ => too_often(path, text, &places),
        }));
    };
    let replaced = format!("{}{new}{}", &text[..*at], &text[at + old.len()..]);
    let first = line_at(&replaced, *at);
    let last = line_at(&replaced, at + new.trim_end_matches(['\n', '\r']).len());
    let answer = format!("Replaced in `{path}`. It reads now:\n{}", shown(&replaced, first, last));
    Ok(Replaced { text: replaced, answer })
}

/// Where `old` begins, overlapping places too: of two that overlap neither is meant more.
fn places(text: &str, old: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|it| it.find(old)) {
        let at = from + found;
        places.push(at);
        if PLACES_COUNTED_MAX <= places.len() {
            break;
        }
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
    }
    places
}

fn too_often(path: &str, text: &str, places: &[usize]) -> String {
    let lines: Vec<String> = places
        .iter()
        .take(PLACES_SHOWN_MAX)
        .map(|it| (line_at(text, *it) + 1).to_string())
        .collect();
    let more = if PLACES_SHOWN_MAX < places.len() { ", …" } else { "" };
    format!(
        "`old` stands {}{} times in `{path}` (lines {}{more}); it must stand there exactly once. \
         Add lines before or after the one you mean.",
        if places.len() < PLACES_COUNTED_MAX { "" } else { "at least " },
        places.len(),
        lines.join(", ")
    )
}

fn not_found(path: &str, text: &str, old: &str) -> String {
    let mut says = format!("`old` stands 0 times in `{path}`; it must stand there exactly once.");
    if old.contains("[redacted") {
        says.push_str(" What you see as `[redacted …]` is masked: choose lines without it.");
    }
    let looks_numbered = old.lines().all(|it| {
        let digits = it.trim_start().split('\t').next().unwrap_or_default();
        it.contains('\t') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    if looks_numbered {
        says.push_str(" Leave out the line numbers that `read_file` shows.");
    }
    let wanted: Vec<&str> = old.lines().collect();
    let near = near(text, &wanted);
    if near.is_empty() {
        says.push_str(" No line is like it: read the file again.");
        return says;
    }
    says.push_str(" Near it is:\n");
    let shown: Vec<String> =
        near.into_iter().map(|it| shown(text, it, it + wanted.len().saturating_sub(1))).collect();
    says.push_str(&shown.join("…\n"));
    says
}

/// Indices of lines that are like the first telling line of what was wanted, best first: those
/// that differ in white space only, then the most alike.
fn near(text: &str, wanted: &[&str]) -> Vec<usize> {
    let telling = wanted.iter().enumerate().find(|(_, it)| !it.trim().is_empty());
    let Some((offset, key)) = telling else { return Vec::new() };
    let cut = |it: &str| it.trim().chars().take(COMPARED_CHARS_MAX).collect::<String>();
    let key = cut(key);
    let mut alike: Vec<(f64, usize)> = text
        .lines()
        .take(COMPARED_LINES_MAX)
        .enumerate()
        .filter(|(_, it)| it.trim().len().abs_diff(key.len()) <= key.len())
        .map(|(i, it)| (strsim::normalized_levenshtein(&cut(it), &key), i.saturating_sub(offset)))
        .filter(|(score, _)| ALIKE_MIN <= *score)
        .collect();
    alike.sort_by(|(a, i), (b, j)| b.total_cmp(a).then_with(|| i.cmp(j)));
    alike.into_iter().take(NEAR_SHOWN_MAX).map(|(_, i)| i).collect()
}

/// Lines `first..=last`, counted from 0, with some around, numbered as `read_file` does.
fn shown(text: &str, first: usize, last: usize) -> String {
    let from = first.saturating_sub(LINES_AROUND);
    let lines = text.lines().enumerate().skip(from);
    let wanted = last.saturating_add(LINES_AROUND + 1) - from;
    let mut shown: String = lines
        .take(wanted.min(LINES_SHOWN_MAX))
        .map(|(i, it)| format!("{:>5}\t{}\n", i + 1, clip(it, LINE_CHARS_MAX)))
        .collect();
    if LINES_SHOWN_MAX < wanted {
        shown.push_str("(and more lines)\n");
    }
    shown
}

/// The line of a byte, from 0.
fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|it| **it == b'\n').count()
}
