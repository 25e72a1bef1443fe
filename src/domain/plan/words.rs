//! Small judgements about texts that checks, lint and sentences share.

/// The candidate that `word` was probably meant to be, if one is near enough to be worth naming.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // 0.7 keeps one wrong folder or a typo and drops names that merely share letters.
    const SIMILARITY_MIN: f64 = 0.7;
    let lower = word.to_lowercase();
    let scored = candidates.into_iter().map(|it| (strsim::jaro(&lower, &it.to_lowercase()), it));
    let best = scored.fold(None, |best: Option<(f64, &str)>, it| match best {
        Some(best) if it.0 <= best.0 => Some(best),
        Some(_) | None => Some(it),
    });
    best.filter(|(similarity, _)| SIMILARITY_MIN <= *similarity).map(|(_, it)| it)
}

/// `text` on one line, cut after `chars_max` characters with `…`.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Whether `text` says anything: more than blanks, marks and words that stand for nothing.
pub(in crate::domain) fn has_content(text: &str) -> bool {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let said = words.join(" ");
    let is_placeholder = matches!(
        said.as_str(),
        "" | "n a"
            | "na"
            | "none"
            | "nothing"
            | "todo"
            | "tbd"
            | "see above"
            | "not applicable"
            | "not needed"
            | "no"
            | "same"
            | "as above"
            | "unknown"
            | "to be decided"
    );
    !is_placeholder
}

/// The sign of an undecided matter in `text`: `TBD`, `???` or "open question:"; `None` when it is
/// decided. What stands in a code span is quoted and does not count.
pub(super) fn open_question(text: &str) -> Option<&'static str> {
    // Even pieces stand outside the backticks.
    let outside: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
    let mut words = outside.split(|it: char| !it.is_alphanumeric());
    if words.any(|it| it == "tbd") {
        return Some("TBD");
    }
    if outside.contains("???") {
        return Some("???");
    }
    let asks = ["open question:", "open questions:", "to be decided", "to be determined"];
    asks.into_iter().find(|it| outside.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(open_question(text), expected, "{text:?}");
    }

    #[test]
    fn open_questions_are_found_outside_code() {
        check("The TTL is TBD.", Some("TBD"));
        check("tbd", Some("TBD"));
        check("Name???", Some("???"));
        check("Open questions: which database", Some("open questions:"));
        check("Replace `???` in the parser", None);
        check("The stbdev is computed", None);
        check("Why? Because.", None);
        check("Answer the open question of issue 3", None);
    }

    #[test]
    fn placeholders_say_nothing() {
        for empty in ["", " - ", "N/A", "**None.**", "TODO", "_see above_", "…"] {
            assert!(!has_content(empty), "{empty:?}");
        }
        for full in ["No flag: the change is internal.", "一次发布", "None of the tables changes"]
        {
            assert!(has_content(full), "{full:?}");
        }
    }

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let paths = ["Cargo.toml", "src/lib/foo.rs", "src/bar.rs"];
        assert_eq!(nearest("src/foo.rs", paths), Some("src/lib/foo.rs"));
        assert_eq!(nearest("cargo.toml", paths), Some("Cargo.toml"));
        assert_eq!(nearest("docs/zzz.md", paths), None);
        assert_eq!(cut("a  b\nc", 3), "a b…");
    }
}
