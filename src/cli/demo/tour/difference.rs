//! Where two texts part, line by line.

/// Unchanged lines shown around a difference.
const AROUND: usize = 2;

/// The lines that only `expected` has, marked `-`, and those that only `found` has, marked `+`,
/// with a little of what stands around them.
pub(super) fn between(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let marked = aligned(&old, &new);
    let near = |at: usize| {
        let window = at.saturating_sub(AROUND)..marked.len().min(at + AROUND + 1);
        marked[window].iter().any(|it| it.0 != ' ')
    };
    let mut res = String::new();
    let mut skipped = false;
    for (at, (mark, line)) in marked.iter().enumerate() {
        if !near(at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) && !res.is_empty() {
            res.push_str("  …\n");
        }
        res.push_str(format!("{mark} {line}").trim_end());
        res.push('\n');
    }
    res
}

/// Both texts as one, by their longest common subsequence of lines.
fn aligned<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = match old[i] == new[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut res = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            res.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i][j + 1] <= common[i + 1][j]) {
            res.push(('-', old[i]));
            i += 1;
        } else {
            res.push(('+', new[j]));
            j += 1;
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        assert_eq!(between(old, new), expected);
    }

    #[test]
    fn only_what_differs_is_shown() {
        check("a\nb\nc", "a\nb\nc", "");
        check("a\nb\nc", "a\nx\nc", "  a\n- b\n+ x\n  c\n");
        check("a", "a\nb", "  a\n+ b\n");
        check("a\nb", "b", "- a\n  b\n");
        let long: Vec<String> = (0..20).map(|it| it.to_string()).collect();
        let (mut other, long) = (long.clone(), long.join("\n"));
        other[2] = "x".to_owned();
        other[17] = "y".to_owned();
        let expected = "  0\n  1\n- 2\n+ x\n  3\n  4\n  …\n  15\n  16\n- 17\n+ y\n  18\n  19\n";
        check(&long, &other.join("\n"), expected);
    }
}
