//! Definitions found line by line with a few regular expressions: good enough to rank by, for
//! most languages, without a parser for each.

use std::sync::LazyLock;

use regex::Regex;

/// Lines longer than this define nothing that a person wrote.
const LINE_BYTES_MAX: usize = 400;

/// One expression per family; the first group is the name.
const FAMILIES: &[&str] = &[
    // A keyword, then the name: Rust, Python, Go, Ruby, PHP, Swift, Kotlin, TypeScript, C#, …
    r"^\s*(?:(?:export|default|declare|pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|sealed|data|open|override|async|unsafe|const|extern|virtual|partial|inline|suspend)\s+)*(?:fn|func|fun|function\*?|def|class|struct|enum|trait|interface|type|module|mod|namespace|protocol|record|object|defmodule|defp|union)\s+(?:self\.)?([\p{Alphabetic}_$][\w$]*)",
    // Go methods: the receiver stands before the name.
    r"^func\s+\([^)]*\)\s*(\w+)",
    // Rust: what an `impl` is for.
    r"^\s*(?:unsafe\s+)?impl(?:<[^>]*>)?\s+(?:[\w:<>, ]+\s+for\s+)?([\w]+)",
    r"^\s*macro_rules!\s+(\w+)",
    // Constants and functions kept in variables.
    r"^\s*(?:export\s+)?(?:const|let|var|val|static|final)\s+(?:mut\s+)?([\p{Alphabetic}_$][\w$]*)\s*(?::[^=]*)?=",
    // Python and Ruby constants, shell functions.
    r"^([A-Z][A-Z0-9_]{2,})\s*=",
    r"^(\w+)\s*\(\)\s*\{",
    // Methods with a return type before the name: Java, C, C++, C#.
    r"^\s*(?:[\w<>\[\],:&*~]+\s+)+\*?([A-Za-z_]\w*)\s*\([^;]*\)\s*(?:const\s*|throws\s+[\w., ]+\s*)?\{\s*$",
    // Tables and their like.
    r#"(?i)^\s*create\s+(?:or\s+replace\s+)?(?:unique\s+)?(?:table|index|view|function|type|procedure|trigger)\s+(?:if\s+not\s+exists\s+)?["`\[]?([\w.]+)"#,
    // Headings of documents.
    r"^#{1,4}\s+(\S.*)$",
];

/// Words that look like a method's name and are not.
const NOT_NAMES: &[&str] = &["catch", "else", "for", "if", "match", "return", "switch", "while"];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "constant patterns, compiled by a test")]
    FAMILIES.iter().map(|it| Regex::new(it).unwrap()).collect()
});

/// The name a line defines, if it defines one.
pub(super) fn defined_in(line: &str) -> Option<&str> {
    if line.len() < 4 || LINE_BYTES_MAX < line.len() {
        return None;
    }
    let name = PATTERNS.iter().find_map(|it| it.captures(line)?.get(1))?.as_str();
    if NOT_NAMES.contains(&name) { None } else { Some(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&str>) {
        assert_eq!(defined_in(line), expected, "{line}");
    }

    #[test]
    fn definitions_of_many_languages_are_found() {
        check("pub(crate) async fn next_step(&self) {", Some("next_step"));
        check("impl<'a> Display for RateLimit<'a> {", Some("RateLimit"));
        check("impl Store {", Some("Store"));
        check("macro_rules! id {", Some("id"));
        check("    def handle_request(self):", Some("handle_request"));
        check("class RedisCache(Protocol):", Some("RedisCache"));
        check("func (s *Server) Serve(ctx context.Context) error {", Some("Serve"));
        check("export default function renderPage() {", Some("renderPage"));
        check("export const useCache = (key: string) => {", Some("useCache"));
        check("  public static List<String> findAll(int limit) {", Some("findAll"));
        check("int main(int argc, char **argv) {", Some("main"));
        check("CREATE TABLE IF NOT EXISTS notifications (", Some("notifications"));
        check("MAX_RETRIES = 3", Some("MAX_RETRIES"));
        check("deploy() {", Some("deploy"));
        check("## Rate limits", Some("Rate limits"));
        check("    } else if (x) {", None);
        check("    return find(x);", None);
        check("    let", None);
        check("", None);
    }
}
