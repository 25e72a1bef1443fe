//! What differs between two texts, by lines, in hunks as `git diff` writes them.
//!
//! The shortest edit script is found greedily (E. Myers, "An O(ND) Difference Algorithm and Its
//! Variations", 1986). Texts that differ too much for that are shown as replaced whole, which is
//! still a right diff, only not the shortest.

/// Unchanged lines around a change, as git shows them.
const CONTEXT_LINES: usize = 3;

/// More changed lines than this are not searched for the shortest script: the search keeps a
/// table of their square.
const EDITS_MAX: usize = 1_500;

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// It stands in both.
    Kept,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// One line of a diff. Numbers count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What happened to it.
    pub kind: LineKind,
    /// Its number before, unless it is new.
    pub old: Option<usize>,
    /// Its number after, unless it is gone.
    pub new: Option<usize>,
    /// Its text, with its line break if it has one.
    pub text: String,
}

/// Changed lines that stand together, with the lines around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Its lines, removed ones before the added ones that replace them.
    pub lines: Vec<DiffLine>,
    /// How many lines of the old text stand before it.
    old_before: usize,
    /// How many lines of the new text stand before it.
    new_before: usize,
}

impl Hunk {
    /// `@@ -1,3 +1,4 @@`.
    pub fn header(&self) -> String {
        let old = self.lines.iter().filter(|it| it.old.is_some()).count();
        let new = self.lines.iter().filter(|it| it.new.is_some()).count();
        format!("@@ -{} +{} @@", range(self.old_before, old), range(self.new_before, new))
    }

    /// The header and the lines, without a line break at the end.
    pub fn text(&self) -> String {
        let mut text = self.header();
        for line in &self.lines {
            let sign = match line.kind {
                LineKind::Kept => ' ',
                LineKind::Added => '+',
                LineKind::Removed => '-',
            };
            text.push('\n');
            text.push(sign);
            text.push_str(line.text.trim_end_matches('\n'));
            if !line.text.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file");
            }
        }
        text
    }
}

/// The hunks between two texts; none when they are equal.
pub fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let lines = all_lines(before, after);
    let changed: Vec<usize> =
        (0..lines.len()).filter(|at| lines[*at].kind != LineKind::Kept).collect();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for at in changed {
        let from = at.saturating_sub(CONTEXT_LINES);
        let to = (at + CONTEXT_LINES + 1).min(lines.len());
        match spans.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            Some(_) | None => spans.push((from, to)),
        }
    }
    let hunk = |(from, to): (usize, usize)| Hunk {
        old_before: lines[..from].iter().filter(|it| it.old.is_some()).count(),
        new_before: lines[..from].iter().filter(|it| it.new.is_some()).count(),
        lines: lines[from..to].to_vec(),
    };
    spans.into_iter().map(hunk).collect()
}

/// Where a line of the old text stands in the new one; `None` when it is gone.
pub fn moved_line(before: &str, after: &str, line: usize) -> Option<usize> {
    all_lines(before, after).into_iter().find(|it| it.old == Some(line)).and_then(|it| it.new)
}

/// How many lines two texts share, in order.
pub(super) fn lines_kept(before: &str, after: &str) -> usize {
    all_lines(before, after).iter().filter(|it| it.kind == LineKind::Kept).count()
}

fn range(before: usize, count: usize) -> String {
    match count {
        0 => format!("{before},0"),
        1 => format!("{}", before + 1),
        _ => format!("{},{count}", before + 1),
    }
}

fn all_lines(before: &str, after: &str) -> Vec<DiffLine> {
    let a: Vec<&str> = before.split_inclusive('\n').collect();
    let b: Vec<&str> = after.split_inclusive('\n').collect();
    let mut lines = Vec::with_capacity(a.len() + b.len());
    let (mut old, mut new) = (0, 0);
    let end = std::iter::once((a.len(), b.len()));
    for (x, y) in kept(&a, &b).into_iter().chain(end) {
        while old < x {
            lines.push(line(LineKind::Removed, Some(old), None, a[old]));
            old += 1;
        }
        while new < y {
            lines.push(line(LineKind::Added, None, Some(new), b[new]));
            new += 1;
        }
        if x < a.len() && y < b.len() {
            lines.push(line(LineKind::Kept, Some(x), Some(y), a[x]));
            (old, new) = (x + 1, y + 1);
        }
    }
    lines
}

fn line(kind: LineKind, old: Option<usize>, new: Option<usize>, text: &str) -> DiffLine {
    DiffLine { kind, old: old.map(|it| it + 1), new: new.map(|it| it + 1), text: text.to_owned() }
}

/// The pairs of places that are the same line, ascending in both.
fn kept(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - head;
    let tails = a.iter().rev().zip(b.iter().rev());
    let tail = tails.take(rest).take_while(|(x, y)| x == y).count();
    let middle = shortest(&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|it| (it, it)).collect();
    pairs.extend(middle.into_iter().map(|(x, y)| (x + head, y + head)));
    pairs.extend((1..=tail).rev().map(|it| (a.len() - it, b.len() - it)));
    pairs
}

/// Myers' search. `rounds[d]` holds, for each diagonal of round `d`, the farthest place in `a`.
fn shortest(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let most = (a.len() + b.len()).min(EDITS_MAX);
    let (n, m) = (a.len() as isize, b.len() as isize);
    let middle = most as isize + 1;
    let mut farthest = vec![0_isize; 2 * most + 3];
    let at = |k: isize| (k + middle) as usize;
    let mut rounds: Vec<Vec<isize>> = Vec::new();
    for d in 0..=most as isize {
        for k in (-d..=d).step_by(2) {
            let down = k == -d || (k != d && farthest[at(k - 1)] < farthest[at(k + 1)]);
            let mut x = if down { farthest[at(k + 1)] } else { farthest[at(k - 1)] + 1 };
            while x < n && x - k < m && a[x as usize] == b[(x - k) as usize] {
                x += 1;
            }
            farthest[at(k)] = x;
            if n <= x && m <= x - k {
                return walk_back(&rounds, (n, m));
            }
        }
        rounds.push(farthest[at(-d - 1)..=at(d + 1)].to_vec());
    }
    Vec::new()
}

fn walk_back(rounds: &[Vec<isize>], end: (isize, isize)) -> Vec<(usize, usize)> {
    let (mut x, mut y) = end;
    let mut pairs = Vec::new();
    for (before, round) in rounds.iter().enumerate().rev() {
        let d = before as isize + 1;
        let k = x - y;
        let reached = |k: isize| round.get((k + d) as usize).copied().unwrap_or(-1);
        let down = k == -d || (k != d && reached(k - 1) < reached(k + 1));
        let from = if down { k + 1 } else { k - 1 };
        let (from_x, from_y) = (reached(from), reached(from) - from);
        while from_x < x && from_y < y {
            (x, y) = (x - 1, y - 1);
            pairs.push((x as usize, y as usize));
        }
        (x, y) = (from_x, from_y);
    }
    while 0 < x && 0 < y {
        (x, y) = (x - 1, y - 1);
        pairs.push((x as usize, y as usize));
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[&str]) {
        let found: Vec<String> = hunks(before, after).iter().map(Hunk::text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn hunks_read_as_git_writes_them() {
        check("a\n", "a\n", &[]);
        check("", "a\nb\n", &["@@ -0,0 +1,2 @@\n+a\n+b"]);
        check("a\n", "", &["@@ -1 +0,0 @@\n-a"]);
        check("a\nb\nc\n", "a\nx\nc\n", &["@@ -1,3 +1,3 @@\n a\n-b\n+x\n c"]);
        check("a\nb\nc\n", "b\nc\nd\n", &["@@ -1,3 +1,3 @@\n-a\n b\n c\n+d"]);
        check("a\n", "a", &["@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file"]);
    }

    #[test]
    fn distant_changes_are_two_hunks() {
        let before: String = (1..=20).map(|it| format!("{it}\n")).collect();
        let after = before.replace("2\n3\n", "2\nx\n").replace("19\n", "");
        let found = hunks(&before, &after);
        assert_eq!(found[0].header(), "@@ -1,6 +1,6 @@");
        assert_eq!(found[1].header(), "@@ -16,5 +16,4 @@");
        assert_eq!(moved_line(&before, &after, 20), Some(19));
        assert_eq!(moved_line(&before, &after, 3), None);
    }

    #[test]
    fn texts_without_a_common_line_are_replaced() {
        let text =
            |letter: &str| -> String { (0..2_000).map(|it| format!("{letter}{it}\n")).collect() };
        let found = hunks(&text("a"), &text("b"));
        assert_eq!(found[0].header(), "@@ -1,2000 +1,2000 @@");
    }

    /// Whatever the texts, keeping and adding gives the new one, keeping and removing the old one.
    #[test]
    fn a_diff_gives_both_texts_back() {
        let mut seed: u32 = 7;
        let mut text = || -> String {
            (0..12)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ["a\n", "b\n", "c\n", ""][(seed >> 24) as usize % 4]
                })
                .collect()
        };
        for _ in 0..300 {
            let (before, after) = (text(), text());
            let lines = all_lines(&before, &after);
            let side = |wanted: fn(&DiffLine) -> bool| -> String {
                lines.iter().filter(|it| wanted(it)).map(|it| it.text.as_str()).collect()
            };
            assert_eq!(side(|it| it.old.is_some()), before);
            assert_eq!(side(|it| it.new.is_some()), after);
        }
    }
}
