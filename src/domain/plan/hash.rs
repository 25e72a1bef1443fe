//! The content hash of a plan file: what an approval is bound to.
//!
//! SHA-256 of the text after the front matter, with LF line ends, blanks at the ends of lines and
//! of the text cut, and `[x]` read as `[ ]` on lines that carry a `baton:task` marker. So a tick,
//! an editor's line ends and Baton's own bookkeeping never make a revision; any other difference
//! does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::plan::checklist::BoxLine;

/// Digits shown to people; enough to tell revisions of one plan apart at a glance.
const SHOWN_DIGITS: usize = 12;

/// The content hash of a plan file, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(String);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a content hash: that has 64 lower-case hexadecimal digits")]
pub struct BadHash(String);

impl ContentHash {
    /// The hash of a plan file's text.
    pub fn of(markdown: &str) -> ContentHash {
        let unix = markdown.replace("\r\n", "\n").replace('\r', "\n");
        let (_, body) = split_front_matter(&unix);
        let lines: Vec<String> = body.split('\n').map(normal_line).collect();
        let normal = lines.join("\n");
        ContentHash(hex::encode(Sha256::digest(normal.trim_end_matches('\n'))))
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 12 digits that people see.
    pub fn short(&self) -> &str {
        &self.0[..SHOWN_DIGITS]
    }
}

/// Shows the 12 digits that people see.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl FromStr for ContentHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<ContentHash, BadHash> {
        ContentHash::try_from(text.to_owned())
    }
}

impl TryFrom<String> for ContentHash {
    type Error = BadHash;

    fn try_from(text: String) -> Result<ContentHash, BadHash> {
        let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(ContentHash(text))
        } else {
            Err(BadHash(text))
        }
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> String {
        hash.0
    }
}

/// The lines between the two `---` at the very beginning, and the text after them. The text must
/// have LF line ends. Without a closed front matter everything is text.
pub fn split_front_matter(text: &str) -> (Option<&str>, &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = 0;
    let mut inside = None;
    for line in text.split_inclusive('\n') {
        let is_rule = line.trim_end_matches(['\n', ' ', '\t']) == "---";
        match inside {
            None if is_rule => inside = Some(line.len()),
            None => break,
            Some(start) if is_rule => return (Some(&text[start..at]), &text[at + line.len()..]),
            Some(_) => {}
        }
        at += line.len();
    }
    (None, text)
}

fn normal_line(line: &str) -> String {
    let line = line.trim_end_matches([' ', '\t']);
    match BoxLine::read(line) {
        Some(it) if it.ticked && it.task.is_some() => {
            format!("{} {}", &line[..it.mark_at], &line[it.mark_at + 1..])
        }
        Some(_) | None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "---\nissue: 1\ncost: $0.84\n---\n# Plan\n\nDo it.\n\n\
                        - [ ] <!-- baton:task=t1 -->a\n- [ ] not a task\n";

    #[track_caller]
    fn check(edited: &str, expected_same: bool) {
        assert_ne!(edited, PLAN, "the case must change something");
        let is_same = ContentHash::of(edited) == ContentHash::of(PLAN);
        assert_eq!(is_same, expected_same, "{edited:?}");
    }

    #[test]
    fn the_hash_is_sha256_of_the_text_after_the_front_matter() {
        let hash = ContentHash::of("---\nissue: 1\n---\nabc \r\n");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.as_str(), expected, "SHA-256 of `abc`");
        assert_eq!(hash.to_string(), "ba7816bf8f01");
        assert_eq!(expected.parse(), Ok(hash));
        assert!("BA7816".parse::<ContentHash>().is_err());
    }

    #[test]
    fn ticks_line_ends_trailing_blanks_and_front_matter_do_not_count() {
        check(&PLAN.replace("[ ] <!--", "[x] <!--"), true);
        check(&PLAN.replace("[ ] <!--", "[X] <!--"), true);
        check(&PLAN.replace('\n', "\r\n"), true);
        check(&PLAN.replace('\n', " \t\n"), true);
        check(&format!("{PLAN}\n\n"), true);
        check(PLAN.trim_end(), true);
        check(&PLAN.replace("$0.84", "$99"), true);
        check(&format!("\u{feff}{PLAN}"), true);
        check(PLAN.trim_start_matches("---\nissue: 1\ncost: $0.84\n---\n"), true);
    }

    #[test]
    fn everything_else_counts() {
        check(&PLAN.replace("[ ] not", "[x] not"), false);
        check(&PLAN.replace("Do it.", "Do it!"), false);
        check(&PLAN.replace("Do it.", " Do it."), false);
        check(&PLAN.replace("Do it.", "Do  it."), false);
        check(&PLAN.replace("Do it.", "Do it.\u{a0}"), false);
        check(&PLAN.replace("task=t1", "task=t2"), false);
        check(&PLAN.replace("\n\nDo", "\nDo"), false);
        check(&PLAN.replace("$0.84\n---", "$0.84"), false);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// A visible character put anywhere into the text makes another revision.
        #[test]
        fn a_character_more_is_another_plan(at in 0usize..60, it in "[a-z!|#]") {
            let start = PLAN.find("# Plan").unwrap();
            let at = start + at % (PLAN.len() - start);
            let edited = format!("{}{it}{}", &PLAN[..at], &PLAN[at..]);
            proptest::prop_assert_ne!(ContentHash::of(&edited), ContentHash::of(PLAN));
        }
    }
}
