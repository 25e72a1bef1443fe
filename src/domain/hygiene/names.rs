//! Titles, commit subjects and branch names from foreign text (trust rule 4): other people's
//! workflows paste them into shells, and GitHub reads orders out of them.

use std::sync::LazyLock;

use regex::Regex;

use super::strip_invisible;

/// A subject that fits on one line of every list.
const TITLE_CHARS_MAX: usize = 100;

/// The end of `^baton/[0-9]+-[a-z0-9-]{0,40}$`.
const SLUG_CHARS_MAX: usize = 40;

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the tests compile it")]
static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    // With or without a repository before the number; a colon or brackets may stand between.
    Regex::new(r"(?i)(close[sd]?|fix(?:e[sd])?|resolve[sd]?)([\s:(]+)([\w./-]*)#(\d)").unwrap()
});

#[expect(clippy::unwrap_used, reason = "the pattern is fixed, and the tests compile it")]
static OTHER_CHARS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^\w .,:#()/-]+").unwrap());

/// A pull request's title or a commit's subject: letters of any script, digits, blanks and
/// `.,:#()/_-`, on one line, at most 100 characters. What GitHub would obey is taken apart: a
/// mention and `[skip ci]` lose their signs, a closing keyword its `#`, a trailer its colon, an
/// address its `://`. May come out empty; the caller has a fallback.
pub fn title_text(text: &str) -> String {
    // Ten times what fits, so that a hostile title costs no more work than an honest one.
    let text: String = text.chars().take(10 * TITLE_CHARS_MAX).collect();
    let text = strip_invisible(&text).text.replace("://", " ");
    // Once more: a joiner whose emoji went has nothing left to join.
    let plain = strip_invisible(&OTHER_CHARS.replace_all(&text, " ")).text;
    let mut title = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    // Taking `#` away can let the next reference follow the keyword: `fix #1 #2`.
    while CLOSING.is_match(&title) {
        title = CLOSING.replace_all(&title, "$1$2$3$4").into_owned();
    }
    let edge = |it: char| it.is_whitespace() || "-/.,:#".contains(it);
    let mut title = title.trim_matches(edge).to_owned();
    while let Some(at) = trailer_colon(&title) {
        title.remove(at);
    }
    shorten(title.trim_matches(edge), TITLE_CHARS_MAX, ' ').trim_end_matches(edge).to_owned()
}

/// Where the colon of `Co-authored-by: x` or `skip-checks: true` stands: at the end of a commit's
/// message such a line is an order.
fn trailer_colon(title: &str) -> Option<usize> {
    let (token, _) = title.split_once(':')?;
    (token.contains('-') && !token.contains(' ')).then_some(token.len())
}

/// The last part of a branch's name: `a` to `z`, digits and hyphens, at most 40. Letters with
/// accents lose them; other scripts are left out, so it may come out empty (the branch is then
/// named by its issue's number alone).
pub fn branch_slug(text: &str) -> String {
    let mut slug = String::new();
    // Four times what fits: enough to fill it from any title, and no more work than that.
    for c in text.chars().take(4 * SLUG_CHARS_MAX) {
        match ascii(c) {
            Some(letters) => slug.push_str(letters),
            None if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            None if matches!(c, '\'' | '’') => {}
            None if slug.ends_with('-') => {}
            None => slug.push('-'),
        }
    }
    shorten(slug.trim_matches('-'), SLUG_CHARS_MAX, '-').trim_matches('-').to_owned()
}

/// At most `chars_max`, cut between words where that keeps at least half.
fn shorten(text: &str, chars_max: usize, between: char) -> String {
    let Some((end, _)) = text.char_indices().nth(chars_max) else { return text.to_owned() };
    let cut = text.get(..end).unwrap_or_default();
    let next_starts_word = text.get(end..).is_some_and(|it| it.starts_with(between));
    let at_word = cut.rsplit_once(between).map(|it| it.0).filter(|it| chars_max / 2 <= it.len());
    match at_word {
        Some(words) if !next_starts_word => words.to_owned(),
        Some(_) | None => cut.to_owned(),
    }
}

/// The ASCII letters that stand for a Latin letter with a mark.
fn ascii(c: char) -> Option<&'static str> {
    Some(match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => "a",
        'Æ' | 'æ' => "ae",
        'Ç' | 'ç' | 'Ć'..='č' => "c",
        'Ď'..='đ' | 'Ð' | 'ð' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => "e",
        'Ĝ'..='ģ' => "g",
        'Ĥ'..='ħ' => "h",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => "i",
        'Ĵ' | 'ĵ' => "j",
        'Ķ'..='ĸ' => "k",
        'Ĺ'..='ł' => "l",
        'Ñ' | 'ñ' | 'Ń'..='ŋ' => "n",
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => "o",
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' => "s",
        'ß' => "ss",
        'Ţ'..='ŧ' => "t",
        'Þ' | 'þ' => "th",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => "u",
        'Ŵ' | 'ŵ' => "w",
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => "y",
        'Ź'..='ž' => "z",
        _ => return None,
    })
}
