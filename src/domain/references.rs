//! Which issues the title and the body of a pull request name, as GitHub reads them: `#12`,
//! `acme/helpdesk#12`, `GH-12` and the issue's address, and with one of GitHub's keywords before it
//! in the body (`Closes #12`) that the merge closes it.
//!
//! What stands in code, in a quotation or in an HTML comment is nobody's reference: templates keep
//! their examples there.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::base::IssueNumber;
use crate::domain::hygiene::markdown;

/// So many different issues of one pull request are looked at: more is a list, not work on them.
pub const NAMED_MAX: usize = 8;

/// GitHub's keywords.
const KEYWORDS: [&str; 9] =
    ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// An issue that a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its number.
    pub number: IssueNumber,
    /// Whether a keyword says that the merge closes it.
    pub closes: bool,
}

/// The issues of `repository` (`owner/name`) that a pull request names, each once, in their order.
pub fn named_in(title: &str, body: &str, repository: &str) -> Vec<Reference> {
    let mut named: Vec<Reference> = Vec::new();
    let in_title = found(&plain(title), repository);
    // GitHub closes nothing because of a title.
    let in_title = in_title.into_iter().map(|it| Reference { closes: false, ..it });
    for it in in_title.chain(found(&plain(body), repository)) {
        if let Some(known) = named.iter_mut().find(|known| known.number == it.number) {
            known.closes |= it.closes;
        } else if named.len() < NAMED_MAX {
            named.push(it);
        }
    }
    named
}

/// The running words of a text, without code, quotations and markup.
fn plain(text: &str) -> String {
    let mut words = String::new();
    let mut aside: usize = 0;
    for (event, _) in markdown::events(text) {
        if let Event::Start(Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::HtmlBlock) = event {
            aside += 1;
        } else if let Event::End(end) = event {
            let was_aside = [TagEnd::CodeBlock, TagEnd::HtmlBlock].contains(&end)
                || matches!(end, TagEnd::BlockQuote(_));
            aside = aside.saturating_sub(usize::from(was_aside));
            words.push(' ');
        } else if let Event::Text(text) = &event {
            if aside == 0 {
                words.push_str(text);
            }
        } else if let Event::Code(_) | Event::InlineHtml(_) = event {
            // A stretch of code ends a word and a sentence: `Closes` `#12` closes nothing.
            words.push_str(" \u{0} ");
        } else if let Event::SoftBreak | Event::HardBreak = event {
            words.push(' ');
        }
    }
    words
}

fn found(words: &str, repository: &str) -> Vec<Reference> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let before = |at: usize| at.checked_sub(1).and_then(|it| words.get(it)).copied();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let mut is_first = true;
        // Only the first of `#12,#13` stands behind the keyword.
        for piece in word.split([',', ';']) {
            if let Some(number) = number_in(piece, repository) {
                let closes = is_first && before(at).is_some_and(is_keyword);
                found.push(Reference { number, closes });
            }
            is_first = false;
        }
    }
    found
}

fn is_keyword(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '[', '*', '_']).trim_end_matches(':');
    KEYWORDS.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// The number of the issue that a single word names.
fn number_in(word: &str, repository: &str) -> Option<IssueNumber> {
    let word = word.trim_start_matches(['(', '[', '"', '\'']);
    let rest = match word.strip_prefix('#') {
        Some(rest) => rest,
        None => after(word, "GH-")
            .or_else(|| after(word, repository)?.strip_prefix('#'))
            .or_else(|| of_address(word, repository))?,
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = rest.split_at_checked(digits)?;
    let goes_on = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
    if digits.starts_with('0') || rest.starts_with(goes_on) {
        return None;
    }
    digits.parse().ok().map(IssueNumber)
}

/// What follows the address of the repository's issues, on whatever server it stands.
fn of_address<'a>(word: &'a str, repository: &str) -> Option<&'a str> {
    let address = after(word, "https://").or_else(|| after(word, "http://"))?;
    let (_, path) = address.split_once('/')?;
    after(after(path, repository)?, "/issues/")
}

/// `text` without `prefix`, whatever the case of its letters.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are named, with `!` where the merge closes them.
    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(shown(&named_in("", body, "acme/helpdesk")), expected, "{body}");
    }

    fn shown(named: &[Reference]) -> String {
        let shown =
            named.iter().map(|it| format!("{}{}", it.number, if it.closes { "!" } else { "" }));
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn issues_are_named_as_on_github() {
        check("Part of #12.", "12");
        check("(#12), [#13] and GH-14; gh-15", "12 13 14 15");
        check("Acme/helpdesk#12 and acme/other#13", "12");
        check("See https://github.test/acme/helpdesk/issues/12#issuecomment-3.", "12");
        check("<https://github.test/Acme/Helpdesk/issues/12>", "12");
        check("https://github.test/acme/helpdesk/pull/12", "");
        check("https://github.test/acme/other/issues/12", "");
        check("[the issue #12](https://example.test)", "12");
        check("#12 and #12 again", "12");
        check("#1 #2 #3 #4 #5 #6 #7 #8 #9", "1 2 3 4 5 6 7 8");
        for nothing in ["# 12", "#12a", "a#12", "#012", "#", "12", "GH-", "#99999999999999999999"] {
            check(nothing, "");
        }
    }

    #[test]
    fn keywords_close() {
        check("Closes #12", "12!");
        check("FIXES: #12, #13", "12! 13");
        check("- **resolved** #12", "12!");
        check("closes acme/helpdesk#12", "12!");
        check("fix https://github.test/acme/helpdesk/issues/12", "12!");
        check("Part of #12. Closes #12.", "12!");
        check("Closes\n#12", "12!");
        check("encloses #12, closes the door on #13", "12 13");
        assert_eq!(shown(&named_in("Fixes #12", "see #13", "acme/helpdesk")), "12 13");
    }

    #[test]
    fn code_quotations_and_comments_name_nothing() {
        check("`#12`", "");
        check("```\nCloses #12\n```", "");
        check("    Closes #12", "");
        check("> Closes #12\n\nand #13", "13");
        check("<!-- Closes #12 -->\n\n#13", "13");
        check("before <!-- Closes #12 --> after #13", "13");
        check("Closes `x` #12", "12");
    }
}
