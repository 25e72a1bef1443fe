//! The issue's words, and what kind of work they ask for.

use std::sync::LazyLock;

use regex::Regex;

use super::view::tagged;

/// What is to be planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Issue {
    /// The title.
    pub(super) title: String,
    /// The body, without hidden text and code.
    pub(super) body: String,
}

/// What kind of work an issue asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something new.
    Feature,
    /// Something is wrong.
    Fix,
    /// The same behaviour in another form.
    Refactor,
    /// Words only.
    Docs,
    /// Tests only.
    Test,
}

/// Words that say nothing about where in a repository the work is.
const STOP_WORDS: &str = " a about add added adding after again all allow also always an and any are \
    as at be because been before both bug but by can cannot change could create current currently \
    do does doing done each error every fail fails feature few file files fix fixed for from get \
    give goal had has have here how if implement in instead into is issue it its just keep like \
    make makes many may maybe more most must need needed needs never new no not now of on once one \
    only optional or other our out over please possible problem remove rename request result \
    results same see set should show shown so some still such support sure than that the their \
    them then there these they this those to too two under until up update use used user users \
    uses using want was way we well were what when where which while who why will with without \
    work works would wrong you your ";

static TITLE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r#"(?i)<title>\s*([^<]+?)\s*</title>"#,
        r#"(?im)^[\s#>*-]*(?:issue )?title(?:\*\*)?:(?:\*\*)?[ \t]*(.+?)[ \t]*$"#,
        r#"(?i)\btitle="([^"]+)""#,
        r#"(?im)^[\s#>*]*issue(?: [\w./-]*#?\d+)?(?:\*\*)?[ \t]*[:·–—-][ \t]*(.+?)[ \t]*$"#,
        r#"(?im)^#+[ \t]*(?:[\w./-]*#\d+)[ \t]*[:·–—-]?[ \t]*(.+?)[ \t]*$"#,
        r#"(?m)^#\d+[ \t]+(.+?)[ \t]*$"#,
        r#"(?m)^#[ \t]+(.+?)[ \t]*$"#,
        r#"(?m)^[ \t]*(\S.*?)[ \t]*$"#,
    ];
    patterns.iter().filter_map(|it| Regex::new(it).ok()).collect()
});

static NOISE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->|```.*?```|</?[a-zA-Z_-]+(?:\s[^<>]*)?>").ok());

impl Issue {
    /// Finds the issue in a run's first message: a title that is marked as one, else the first
    /// heading, else the first line; the body is what follows, to the next part of the prompt.
    pub(super) fn in_prompt(prompt: &str) -> Issue {
        let request = tagged(prompt, "request").unwrap_or_default();
        let mut issue = Issue::in_text(tagged(prompt, "issue").unwrap_or(prompt));
        if !request.is_empty() {
            issue.body = format!("{}\n- {request}", issue.body).trim().to_owned();
        }
        issue
    }

    fn in_text(prompt: &str) -> Issue {
        let found = TITLE.iter().find_map(|it| it.captures(prompt)).and_then(|it| it.get(1));
        let Some(title) = found else { return Issue::default() };
        let rest = &prompt[title.end()..];
        let cut = [
            "</issue",
            "</body",
            "\n## Comments",
            "\n# Comments",
            "\nComments:",
            "\n## What to do",
        ];
        let end = cut.iter().filter_map(|it| rest.find(it)).min().unwrap_or(rest.len());
        let noise = |text: &str| match NOISE.as_ref() {
            Some(noise) => noise.replace_all(text, " ").trim().to_owned(),
            None => text.trim().to_owned(),
        };
        let body = noise(&rest[..end]);
        let label = ["Body:", "Description:", "**Body:**"];
        let body = label.iter().find_map(|it| body.strip_prefix(it)).unwrap_or(&body).trim();
        let title = title.as_str().trim_matches(['"', '`', '*', ' ']).to_owned();
        Issue { title, body: body.to_owned() }
    }

    /// What kind of work it is, from the title's words; the body decides nothing, because every bug
    /// report mentions documentation and every feature mentions tests.
    pub(super) fn kind(&self) -> Kind {
        let words = words(&self.title);
        let has = |any: &[&str]| words.iter().any(|it| any.contains(&it.as_str()));
        let first = words.first().map(String::as_str).unwrap_or_default();
        if has(&["typo", "readme", "documentation", "docs", "changelog", "wording", "document"]) {
            return Kind::Docs;
        }
        if has(&["test", "tests", "coverage"])
            && matches!(first, "test" | "add" | "write" | "cover")
        {
            return Kind::Test;
        }
        let wrong = [
            "fix",
            "bug",
            "crash",
            "crashes",
            "fails",
            "wrong",
            "broken",
            "panic",
            "panics",
            "leak",
            "race",
            "deadlock",
            "hangs",
            "regression",
            "incorrect",
            "error",
            "errors",
        ];
        if has(&wrong) {
            return Kind::Fix;
        }
        let reshape = [
            "refactor", "rename", "migrate", "extract", "simplify", "move", "split", "upgrade",
            "bump", "rewrite", "remove", "delete", "drop", "replace", "clean",
        ];
        if has(&reshape) { Kind::Refactor } else { Kind::Feature }
    }

    /// The stems worth searching for, the title's first.
    pub(super) fn stems(&self) -> impl Iterator<Item = &str> {
        let telling =
            |it: &&str| 3 <= it.len() && !STOP_WORDS.contains(&format!(" {} ", it.to_lowercase()));
        let all = self.title.split(|it: char| !it.is_alphanumeric() && it != '_');
        let all = all.chain(self.body.split(|it: char| !it.is_alphanumeric() && it != '_'));
        let mut seen: Vec<String> = Vec::new();
        all.filter(telling).map(stem).filter(move |it| {
            let lower = it.to_lowercase();
            let new = !seen.contains(&lower);
            seen.push(lower);
            new
        })
    }

    /// The requirements: the body's list items, else its sentences; at most six. What is still
    /// open is none.
    pub(super) fn requirements(&self) -> Vec<String> {
        let items: Vec<String> = self.body.lines().filter_map(list_item).collect();
        let found = if items.is_empty() { sentences(&self.body) } else { items };
        found.into_iter().filter(|it| 8 <= it.len() && !is_open(it)).take(6).collect()
    }

    /// Title and body in lower case.
    pub(super) fn lower(&self) -> String {
        format!("{}\n{}", self.title, self.body).to_lowercase()
    }
}

/// Whether a sentence leaves something open, so that no plan may repeat it as decided.
pub(super) fn is_open(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let signs = ["tbd", "???", "open question", "to be decided", "the issue has no text"];
    lower.ends_with('?') || signs.iter().any(|it| lower.contains(it))
}

/// The words of a text in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.map(str::to_lowercase).collect()
}

/// The sentences of a text, without headings and list marks.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        let line = list_item(line).unwrap_or_else(|| line.to_owned());
        let mut start = 0;
        for (at, end) in line.char_indices().filter(|(_, it)| matches!(it, '.' | '!' | '?')) {
            let after = at + end.len_utf8();
            // A dot inside a word (`a.rs`, `1.5`) ends nothing.
            if line[after..].chars().next().is_none_or(char::is_whitespace) {
                sentences.push(line[start..after].trim().to_owned());
                start = after;
            }
        }
        sentences.push(line[start..].trim().to_owned());
    }
    sentences.retain(|it| !it.is_empty());
    sentences
}

fn list_item(line: &str) -> Option<String> {
    let line = line.trim();
    let item =
        ["- [ ] ", "- [x] ", "- ", "* ", "+ "].iter().find_map(|it| line.strip_prefix(it))?;
    Some(item.trim().trim_end_matches(';').to_owned())
}

/// A word without its English ending, so that "caching" finds `cache.rs`.
fn stem(word: &str) -> &str {
    let endings =
        ["ization", "ations", "ation", "ings", "ing", "ies", "ers", "ed", "es", "er", "e", "s"];
    let cut = endings.iter().find_map(|it| word.strip_suffix(it).filter(|rest| 4 <= rest.len()));
    cut.unwrap_or(word)
}
