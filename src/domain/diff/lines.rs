//! Which lines were added and removed.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

/// Changed regions with more lines on both sides together are taken as replaced whole: comparing
/// takes time that grows with their square, and nobody reads such a difference line by line.
const COMPARED_LINES_MAX: usize = 10_000;

/// Whether a line was there before, is there now, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It stayed.
    Kept,
    /// It went.
    Removed,
    /// It came.
    Added,
}

impl Sign {
    /// The first character of its line in a unified diff.
    pub fn mark(self) -> char {
        match self {
            Sign::Kept => ' ',
            Sign::Removed => '-',
            Sign::Added => '+',
        }
    }
}

/// One line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffLine<'a> {
    /// What happened to it.
    pub sign: Sign,
    /// Its number, from 1: of a removed line in the old text, else in the new one.
    pub number: usize,
    /// The line without its line end.
    pub text: &'a str,
}

/// How many lines came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Lines that came.
    pub added: usize,
    /// Lines that went.
    pub removed: usize,
}

impl LineCounts {
    /// The counts of a difference.
    pub fn of(lines: &[DiffLine<'_>]) -> LineCounts {
        let count = |sign| lines.iter().filter(|it| it.sign == sign).count();
        LineCounts { added: count(Sign::Added), removed: count(Sign::Removed) }
    }

    /// Both together.
    pub fn plus(self, other: LineCounts) -> LineCounts {
        LineCounts { added: self.added + other.added, removed: self.removed + other.removed }
    }
}

/// All lines of both texts in reading order, removed before added where they stand together. A
/// last line that only gained or lost its line end counts as changed, as in git.
pub fn diff_lines<'a>(before: &'a str, after: &'a str) -> Vec<DiffLine<'a>> {
    let (old, new) = (split(before), split(after));
    let mut lines = Vec::with_capacity(new.len());
    for operation in operations(&old, &new) {
        lines.extend(lines_of(&operation, &old, &new));
    }
    lines
}

/// A text's lines with their line ends.
pub(super) fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line without its line end.
pub(super) fn bare(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// The lines of one operation.
pub(super) fn lines_of<'a>(
    operation: &DiffOp,
    old: &[&'a str],
    new: &[&'a str],
) -> Vec<DiffLine<'a>> {
    let (tag, before, after) = operation.as_tag_tuple();
    let side = |sign, texts: &[&'a str], range: std::ops::Range<usize>| {
        let start = range.start;
        let texts = texts.get(range).unwrap_or_default().iter().enumerate();
        let line = move |(i, text): (usize, &&'a str)| DiffLine {
            sign,
            number: start + i + 1,
            text: bare(text),
        };
        texts.map(line).collect::<Vec<_>>()
    };
    match tag {
        DiffTag::Equal => side(Sign::Kept, new, after),
        DiffTag::Delete => side(Sign::Removed, old, before),
        DiffTag::Insert => side(Sign::Added, new, after),
        DiffTag::Replace => {
            let mut lines = side(Sign::Removed, old, before);
            lines.extend(side(Sign::Added, new, after));
            lines
        }
    }
}

/// What turns `old` into `new`, in order.
pub(super) fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let start = old.iter().zip(new).take_while(same).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
    let (old_len, new_len) = (old_rest.len() - end, new_rest.len() - end);
    let is_large = COMPARED_LINES_MAX < old_len + new_len && old_len != 0 && new_len != 0;
    if !is_large {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let equal = |old_index, new_index, len| DiffOp::Equal { old_index, new_index, len };
    let mut all = vec![
        equal(0, 0, start),
        DiffOp::Replace { old_index: start, old_len, new_index: start, new_len },
        equal(start + old_len, start + new_len, end),
    ];
    all.retain(|it| !it.old_range().is_empty() || !it.new_range().is_empty());
    all
}
