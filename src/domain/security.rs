//! Which paths matter to security: what is changed there is reviewed by the strongest model
//! (`domain.md`, Handoff: security concern).
//!
//! Whole words of a path count, never a part of one: `src/token.rs` and `AuthService.ts` do,
//! `tokenizer.rs` and `author.rs` do not. Documents and pictures decide nothing, so `SECURITY.md` is
//! no such path.

use serde::{Deserialize, Serialize};

/// The words, in lower case. One more costs a dearer review now and then; one that is missing costs
/// a careful look where it was needed.
const WORDS: [&str; 41] = [
    "acl",
    "auth",
    "authenticate",
    "authentication",
    "authn",
    "authorization",
    "authorize",
    "authz",
    "cert",
    "certificate",
    "certificates",
    "certs",
    "cors",
    "credential",
    "credentials",
    "crypto",
    "cryptography",
    "csrf",
    "decrypt",
    "encrypt",
    "encryption",
    "jwt",
    "login",
    "oauth",
    "oidc",
    "passwd",
    "password",
    "passwords",
    "permission",
    "permissions",
    "rbac",
    "saml",
    "secret",
    "secrets",
    "security",
    "session",
    "sessions",
    "sso",
    "tls",
    "token",
    "tokens",
];

/// Endings of files that are read by people only.
const READ_BY_PEOPLE: [&str; 12] =
    ["adoc", "gif", "ico", "jpeg", "jpg", "md", "mdx", "png", "rst", "svg", "txt", "webp"];

/// Where it was seen that the work touches security.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityConcern {
    /// In the plan, so that people knew it when they approved.
    Planned,
    /// Only in what was built.
    Built,
}

/// Whether a path matters to security.
pub fn is_security_path(path: &str) -> bool {
    let ending = path.rsplit('/').next().and_then(|it| it.rsplit_once('.')).map(|it| it.1);
    let for_people = ending.map(str::to_lowercase);
    if for_people.is_some_and(|it| READ_BY_PEOPLE.contains(&it.as_str())) {
        return false;
    }
    words(path).any(|it| WORDS.contains(&it.as_str()))
}

/// Those of `paths` that matter to security, each once and in order of the alphabet.
pub fn security_paths<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> =
        paths.into_iter().filter(|it| is_security_path(it)).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

/// The words of a path in lower case. They end at whatever is no letter or digit and where a capital
/// begins another (`authService`, `JWTToken`); digits behind a word are no part of it (`oauth2`).
fn words(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split(|it: char| !it.is_alphanumeric()).flat_map(humps).map(|it| {
        let word = it.trim_end_matches(|it: char| it.is_ascii_digit());
        word.to_lowercase()
    })
}

/// The parts of one word at its capitals; a row of capitals is one part, but for its last where that
/// begins a word: `JWT` and `Token`. `OAuth` stays in one piece.
fn humps(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let mut parts = Vec::new();
    let mut begun = 0;
    for n in 1..letters.len() {
        let (before, (at, here)) = (letters[n - 1].1, letters[n]);
        let ends_a_row = before.is_uppercase()
            && letters.get(n + 1).is_some_and(|it| it.1.is_lowercase())
            && begun + 1 < n;
        if here.is_uppercase() && (!before.is_uppercase() || ends_a_row) {
            parts.push(&word[letters[begun].0..at]);
            begun = n;
        }
    }
    parts.extend(letters.get(begun).map(|it| &word[it.0..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: bool) {
        assert_eq!(is_security_path(path), expected, "{path}");
    }

    #[test]
    fn a_folder_or_a_file_that_is_named_so_counts() {
        for path in [
            "src/auth.rs",
            "src/auth/mod.rs",
            "lib/session_store.rb",
            "app/Http/LoginController.php",
            "web/AuthService.ts",
            "web/JWTToken.java",
            "pkg/oauth2/client.go",
            "pkg/OAuth/client.go",
            "config/secrets.yml",
            "src/password-reset.ts",
            "src/Security/Voter.php",
            "tests/permissions_test.py",
            "AUTH.toml",
        ] {
            check(path, true);
        }
    }

    #[test]
    fn a_part_of_a_word_does_not_count() {
        for path in [
            "src/author.rs",
            "src/authors/list.rs",
            "src/tokenizer.rs",
            "src/blogin.rs",
            "src/secretary.rs",
            "src/obsession.rs",
            "src/crypt.rs",
            "GitHubAuthor.ts",
            "src/rag.rs",
            "",
            "/",
            ".",
        ] {
            check(path, false);
        }
    }

    #[test]
    fn what_only_people_read_decides_nothing() {
        for path in ["SECURITY.md", "docs/auth.MD", "assets/login.png", "docs/auth/tokens.rst"] {
            check(path, false);
        }
        check("docs/auth/generate.py", true);
        check("security.md/real.rs", true);
    }

    #[test]
    fn paths_are_named_once_and_in_order() {
        let paths = ["src/token.rs", "src/auth.rs", "src/rag.rs", "src/token.rs"];
        assert_eq!(security_paths(paths), ["src/auth.rs", "src/token.rs"]);
    }

    #[test]
    fn the_words_stand_in_order() {
        assert!(WORDS.is_sorted() && READ_BY_PEOPLE.is_sorted());
    }

    #[test]
    fn words_end_at_capitals_and_digits() {
        let read = |text| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(read("JWTToken"), "jwt token");
        assert_eq!(read("OAuth2Client"), "oauth client");
        assert_eq!(read("aB/éÀb.c_d"), "a b é àb c d");
    }
}
