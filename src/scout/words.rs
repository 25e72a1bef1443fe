//! Text to search terms: identifiers are split where programmers join words.

/// The longest term kept; longer ones are hashes and encoded data.
const TERM_CHARS_MAX: usize = 40;

/// Words too common in issues to say anything about code.
const STOP_WORDS: &[&str] = &[
    "a", "about", "add", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be",
    "been", "but", "by", "can", "could", "do", "doe", "for", "from", "get", "have", "how", "i",
    "if", "in", "into", "is", "it", "its", "make", "must", "need", "new", "no", "not", "now", "of",
    "on", "one", "only", "or", "our", "out", "please", "see", "should", "so", "some", "such",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "u",
    "up", "use", "using", "wa", "want", "we", "when", "where", "which", "while", "who", "why",
    "will", "with", "without", "would", "you", "your",
];

/// The terms of a text in order, lower case: `HTTPServer_port2` is `http`, `server`, `port`, `2`.
pub(super) fn terms(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).flat_map(split)
}

/// The terms of a question without its common words, each once, in order.
pub(super) fn query_terms(text: &str) -> Vec<String> {
    let mut unique = Vec::new();
    for term in terms(text) {
        let common = STOP_WORDS.binary_search(&term.as_str()).is_ok();
        if !common && 1 < term.chars().count() && !unique.contains(&term) {
            unique.push(term);
        }
    }
    unique
}

fn split(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for end in 1..=chars.len() {
        let boundary = end == chars.len() || {
            let (before, here) = (chars[end - 1], chars[end]);
            let after_is_lower = chars.get(end + 1).is_some_and(|it| it.is_lowercase());
            (before.is_lowercase() && here.is_uppercase())
                || (before.is_uppercase() && here.is_uppercase() && after_is_lower)
                || (before.is_numeric() != here.is_numeric())
        };
        if boundary && end - start <= TERM_CHARS_MAX {
            let part: String = chars[start..end].iter().collect();
            parts.push(singular(part.to_lowercase()));
        }
        if boundary {
            start = end;
        }
    }
    parts
}

/// `migrations` and `migration` are one term, `entries` and `entry` too.
fn singular(term: String) -> String {
    if term.len() < 4 || !term.is_ascii() || term.ends_with("ss") || term.ends_with("us") {
        return term;
    }
    match (term.strip_suffix("ies"), term.strip_suffix('s')) {
        (Some(stem), _) if 1 < stem.len() => format!("{stem}y"),
        (_, Some(stem)) => stem.to_owned(),
        _ => term,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(terms(text).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn identifiers_are_split() {
        check("HTTPServer_port2", &["http", "server", "port", "2"]);
        check("parseJSONBody", &["parse", "json", "body"]);
        check("snake_case-kebab.dot/path", &["snake", "case", "kebab", "dot", "path"]);
        check(
            "entries migrations class status as",
            &["entry", "migration", "class", "status", "as"],
        );
        check("größeÄndern", &["größe", "ändern"]);
        check("キャッシュ を追加", &["キャッシュ", "を追加"]);
        check(&"x".repeat(41), &[]);
        check("", &[]);
    }

    #[test]
    fn questions_lose_common_words() {
        assert!(STOP_WORDS.is_sorted());
        assert_eq!(query_terms("Where is the cache of the cache manager?"), ["cache", "manager"]);
    }
}
