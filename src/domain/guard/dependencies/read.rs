//! Reading the manifests of each language.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::toml::{self, Entry};
use super::{Declared, Manifest};

/// Tables of Cargo manifests whose keys are dependencies.
const CARGO_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Fields of `package.json` whose keys are dependencies.
const NPM_FIELDS: [&str; 5] = [
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "bundledDependencies",
];

/// A Python requirement's name at its beginning.
static PEP_508: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)"));

/// One pattern for each manifest that is code or XML: group `name` (or `group` and `name`), or
/// group `source`.
static PATTERNS: LazyLock<Vec<(Manifest, Regex)>> = LazyLock::new(|| {
    [
        (Manifest::Ruby, r#"(?m)^\s*gem[ (]\s*["'](?P<name>[^"']+)["']"#),
        (Manifest::Ruby, r#"add_(?:runtime_|development_)?dependency[ (]\s*["'](?P<name>[^"']+)["']"#),
        (Manifest::Ruby, r#"\b(?:git|github|gist|path|bitbucket|source)(?::|\s*=>|\s+)\s*["'](?P<source>[^"']+)["']"#),
        (Manifest::Maven, r"(?s)<groupId>\s*(?P<group>[^<\s]+)\s*</groupId>\s*(?:<!--.*?-->\s*)*<artifactId>\s*(?P<name>[^<\s]+)\s*</artifactId>"),
        (Manifest::Maven, r"(?s)<(?:pluginRepository|repository)>.*?<url>\s*(?P<source>[^<\s]+)"),
        (Manifest::Gradle, r#"["'](?P<group>[A-Za-z0-9_.-]+\.[A-Za-z0-9_.-]+|junit):(?P<name>[A-Za-z0-9_.-]+)(?::[^"'\s]*)?["']"#),
        (Manifest::Gradle, r#"group\s*[:=]\s*["'](?P<group>[^"']+)["']\s*,\s*name\s*[:=]\s*["'](?P<name>[^"']+)["']"#),
        (Manifest::Gradle, r#"\bid\s*[( ]\s*["'](?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)["']"#),
        (Manifest::Gradle, r#"\b(?:url|uri)\s*[=( ]\s*(?:uri\s*\(\s*)?["'](?P<source>[a-z]+:[^"']+)["']"#),
        (Manifest::Gradle, r"\b(?P<source>mavenLocal)\(\)"),
        (Manifest::DotNet, r#"(?i)<(?:Package(?:Reference|Version)|package)\s[^>]*?(?:Include|id)\s*=\s*"(?P<name>[^"]+)""#),
        (Manifest::DotNet, r"(?i)<Restore(?:Additional\w*)?Sources>\s*(?P<source>[^<]+)"),
        (Manifest::Elixir, r"\{\s*:(?P<name>\w+)\s*,"),
        (Manifest::Elixir, r#"\b(?:git|github|path|url):\s*"(?P<source>[^"]+)""#),
        (Manifest::Swift, r#"\.package\([^)]*?(?:url|path):\s*"(?P<name>[^"]+)""#),
    ]
    .into_iter()
    .map(|(manifest, it)| (manifest, pattern(it)))
    .collect()
});

/// What a manifest's text declares. A text that cannot be read declares nothing here; what cannot
/// be read cannot be installed either.
pub(super) fn declared(manifest: Manifest, text: &str) -> Vec<Declared> {
    match manifest {
        Manifest::Cargo => toml::flatten(text).iter().filter_map(cargo).collect(),
        Manifest::Npm => npm(text),
        Manifest::Python => toml::flatten(text).iter().flat_map(python).collect(),
        Manifest::Requirements => {
            (1..).zip(text.lines()).filter_map(|(line, it)| requirement(it, line)).collect()
        }
        Manifest::Go => go(text),
        Manifest::Composer => composer(text),
        Manifest::Ruby
        | Manifest::Maven
        | Manifest::Gradle
        | Manifest::DotNet
        | Manifest::Elixir
        | Manifest::Swift => by_pattern(manifest, text),
    }
}

fn cargo(entry: &Entry) -> Option<Declared> {
    let Entry { keys, value, line } = entry;
    let first = keys.first().map(String::as_str).unwrap_or_default();
    if matches!(first, "patch" | "replace" | "source" | "registries" | "registry") {
        let source = Some(if value.starts_with('{') { keys.join(".") } else { unquoted(value) });
        return Some(Declared { name: String::new(), source, line: *line });
    }
    let at = keys.iter().rposition(|it| CARGO_TABLES.contains(&it.as_str()))?;
    let name = keys.get(at + 1)?.clone();
    let field = keys.get(at + 2).map(String::as_str);
    let here = |name: String, source| Some(Declared { name, source, line: *line });
    match field {
        None => here(name, None),
        // The real name of a renamed dependency, which `cargo add` would ask for.
        Some("package") => here(unquoted(value), None),
        Some("git" | "registry" | "registry-index") => here(name, Some(unquoted(value))),
        Some("path") if unquoted(value).starts_with('/') => here(name, Some(unquoted(value))),
        Some(_) => here(name, None),
    }
}

fn python(entry: &Entry) -> Vec<Declared> {
    let Entry { keys, value, line } = entry;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let source = |it: String| vec![Declared { name: String::new(), source: Some(it), line: *line }];
    let list = || {
        let strings = entry.strings();
        strings.iter().filter_map(|it| requirement(it, *line)).collect::<Vec<_>>()
    };
    match keys.as_slice() {
        ["project", "dependencies"] | ["build-system", "requires"] => list(),
        ["project", "optional-dependencies", _] | ["dependency-groups", _] => list(),
        [
            "tool",
            "uv",
            "dev-dependencies" | "constraint-dependencies" | "override-dependencies",
        ] => list(),
        ["tool", "pdm", "dev-dependencies", _] | ["tool", "hatch", "envs", _, "dependencies"] => {
            list()
        }
        ["tool", "poetry", "source", "url"]
        | ["tool", "uv", "index", "url"]
        | ["tool", "uv", "index-url" | "extra-index-url" | "find-links"]
        | ["tool", "pdm", "source", "url"]
        | ["source", "url"] => source(unquoted(value)),
        ["tool", "uv", "sources", name, field @ ("git" | "url" | "index")] => {
            let source = Some(format!("{field}:{}", unquoted(value)));
            vec![Declared { name: (*name).to_owned(), source, line: *line }]
        }
        ["tool", "poetry", "dependencies" | "dev-dependencies", rest @ ..]
        | ["tool", "poetry", "group", _, "dependencies", rest @ ..] => keyed(rest, value, *line),
        ["packages" | "dev-packages", rest @ ..] => keyed(rest, value, *line),
        _ => Vec::new(),
    }
}

/// A dependency that is a key: its name, then perhaps a field of its table.
fn keyed(rest: &[&str], value: &str, line: usize) -> Vec<Declared> {
    match rest {
        ["python"] | [] => Vec::new(),
        [name, "git" | "url" | "source" | "index"] => {
            vec![Declared { name: (*name).to_owned(), source: Some(unquoted(value)), line }]
        }
        [name, ..] => vec![Declared { name: (*name).to_owned(), source: None, line }],
    }
}

fn requirement(text: &str, line: usize) -> Option<Declared> {
    let text = text.split(" #").next().unwrap_or_default().trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    if text.starts_with('-') {
        let option = text.split(['=', ' ']).next().unwrap_or_default();
        let value = text[option.len()..].trim_start_matches(['=', ' ']).trim();
        let is_source = matches!(
            option,
            "-i" | "--index-url" | "--extra-index-url" | "-f" | "--find-links" | "--trusted-host"
        ) || matches!(option, "-e" | "--editable") && value.contains("://");
        return is_source.then(|| Declared {
            name: String::new(),
            source: Some(value.to_owned()),
            line,
        });
    }
    let has_address = text.contains("://") || text.contains(" @ ");
    let egg = text.split_once("#egg=").map(|(_, it)| it);
    let named = PEP_508.captures(egg.unwrap_or(text)).and_then(|it| it.get(1));
    let name = named.map(|it| it.as_str().to_owned()).unwrap_or_default();
    let address = text.split_once('@').map_or(text, |(_, it)| it.trim());
    let source = has_address.then(|| if egg.is_some() { text } else { address }.to_owned());
    Some(Declared { name, source, line })
}

fn npm(text: &str) -> Vec<Declared> {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut declared = Vec::new();
    for field in NPM_FIELDS {
        for (name, version) in json[field].as_object().into_iter().flatten() {
            let version = version.as_str().unwrap_or_default();
            let line = line_of(text, &format!("\"{name}\""));
            let alias = version.strip_prefix("npm:");
            let real = alias.map(|it| it.rsplit_once('@').map_or(it, |(name, _)| name));
            let real = real.filter(|it| !it.is_empty()).unwrap_or(name);
            let is_local = ["workspace:", "link:", "file:", "catalog:", "portal:"];
            let is_plain = alias.is_some()
                || is_local.iter().any(|it| version.starts_with(it)) && !version.contains("..")
                || !version.contains([':', '/']);
            let source = (!is_plain).then(|| version.to_owned());
            declared.push(Declared { name: real.to_owned(), source, line });
        }
    }
    let forced =
        ["overrides", "resolutions", "pnpm", "publishConfig", "catalog", "patchedDependencies"];
    for field in forced.into_iter().filter(|it| !json[*it].is_null()) {
        let source = Some(format!("{field}: {}", json[field]));
        let line = line_of(text, &format!("\"{field}\""));
        declared.push(Declared { name: String::new(), source, line });
    }
    declared
}

fn composer(text: &str) -> Vec<Declared> {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut declared = Vec::new();
    for field in ["require", "require-dev"] {
        for name in json[field].as_object().into_iter().flat_map(|it| it.keys()) {
            let line = line_of(text, &format!("\"{name}\""));
            declared.push(Declared { name: name.clone(), source: None, line });
        }
    }
    if !json["repositories"].is_null() {
        let source = Some(format!("repositories: {}", json["repositories"]));
        let line = line_of(text, "\"repositories\"");
        declared.push(Declared { name: String::new(), source, line });
    }
    declared
}

fn go(text: &str) -> Vec<Declared> {
    let mut declared = Vec::new();
    let mut block = String::new();
    for (line, whole) in (1..).zip(text.lines()) {
        let code = whole.split("//").next().unwrap_or_default().trim();
        let mut words: Vec<&str> = code.split_whitespace().collect();
        if words.as_slice() == [")"] {
            block.clear();
            continue;
        }
        if let [verb, "("] = words.as_slice() {
            block = (*verb).to_owned();
            continue;
        }
        let verb = if block.is_empty() && !words.is_empty() { words.remove(0) } else { &block };
        let first = words.first().map(|it| it.trim_matches('"').to_owned());
        match (verb, first) {
            ("require" | "tool", Some(name)) => {
                declared.push(Declared { name, source: None, line })
            }
            ("replace", Some(name)) => {
                let target =
                    words.iter().position(|it| *it == "=>").and_then(|it| words.get(it + 1));
                let source = target.map(|it| (*it).to_owned());
                declared.push(Declared { name, source, line });
            }
            _ => {}
        }
    }
    declared
}

fn by_pattern(manifest: Manifest, text: &str) -> Vec<Declared> {
    let mut declared = Vec::new();
    for (_, pattern) in PATTERNS.iter().filter(|(it, _)| *it == manifest) {
        for found in pattern.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            // A pattern may begin with the line end before it.
            let start = whole.start() + whole.as_str().len() - whole.as_str().trim_start().len();
            let line = text[..start].matches('\n').count() + 1;
            let group = |name| found.name(name).map(|it| it.as_str().trim().to_owned());
            let name = match (group("group"), group("name")) {
                (Some(group), Some(name)) => format!("{group}:{name}"),
                (_, name) => name.unwrap_or_default(),
            };
            declared.push(Declared { name, source: group("source"), line });
        }
    }
    declared
}

fn unquoted(value: &str) -> String {
    value.trim_matches(['"', '\'', ' ']).to_owned()
}

/// The line of the first place with `text`; 1 when there is none.
fn line_of(text: &str, part: &str) -> usize {
    text.find(part).map_or(1, |it| text[..it].matches('\n').count() + 1)
}

#[expect(clippy::unwrap_used, reason = "fixed patterns, and the corpus compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}
