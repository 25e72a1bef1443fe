//! Checks what the compiler cannot: the layering, what the pure layers may mention, where the
//! outside is touched, and the size of files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, and the layers it may name with `crate::`. A file directly under `src` is a layer of
/// its own.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("domain", &["base"]),
    ("render", &["base", "domain"]),
    ("settings", &["base", "domain"]),
    ("github", &["base", "domain"]),
    ("llm", &["base", "domain"]),
    ("scout", &["base", "domain"]),
    ("store", &["base", "domain"]),
    ("engine", &["base", "domain", "render", "github", "llm", "scout", "store"]),
    ("http", &["base", "domain", "render", "github", "store"]),
    ("sandbox", &["base"]),
    ("lib", &[]),
    ("main", &[]),
    ("app", ANY),
    ("cli", ANY),
];

const ANY: &[&str] = &[
    "base", "domain", "render", "settings", "github", "llm", "scout", "store", "engine", "http",
    "sandbox", "app",
];

const PURE: &[&str] = &["base", "domain", "render"];

/// What the pure layers may not mention, because each is a way to reach outside.
const IMPURE: &[&str] = &[
    "sqlx",
    "reqwest",
    "octocrab",
    "tokio",
    "axum",
    "async fn",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "rand::",
    "Instant",
    "SystemTime",
];

/// Words that belong to one place only.
const AT_HOME: &[(&str, &[&str])] = &[
    ("::now(", &["src/base/time.rs", "src/cli/forward_clock.rs"]),
    ("env::var", &["src/settings.rs"]),
    ("sqlx::", &["src/store/"]),
    ("octocrab", &["src/github/"]),
    ("Command::new(", &[]),
    ("cfg(test)", &[]),
];

const MAX_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;

#[test]
fn tidy() {
    let mut errors = Vec::new();
    for path in rust_files(Path::new("src")) {
        let text = fs::read_to_string(&path).unwrap();
        errors.extend(complaints(&path, &text));
    }
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

#[test]
fn every_layer_is_listed() {
    for entry in fs::read_dir("src").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(LAYERS.iter().any(|(layer, _)| *layer == name), "`{name}` is not a layer");
    }
}

#[track_caller]
fn check(path: &str, text: &str, expected: &[&str]) {
    assert_eq!(complaints(Path::new(path), text), expected);
}

#[test]
fn tidy_sees_what_it_should() {
    let route = "src/domain/route.rs";
    check(route, "use crate::base::Sha;\n", &[]);
    check(
        route,
        "use crate::engine::Engine;\n",
        &["src/domain/route.rs:1: `domain` may not use `engine`"],
    );
    check(
        "src/github/client.rs",
        "use crate::store::Store;\n",
        &["src/github/client.rs:1: `github` may not use `store`"],
    );
    check(
        "src/http/intake.rs",
        "use crate::engine::Engine;\n",
        &["src/http/intake.rs:1: `http` may not use `engine`"],
    );
    check(
        route,
        "use crate::{base, domain};\n",
        &["src/domain/route.rs:1: write one `use crate::x` per line"],
    );
    check(
        route,
        "let now = Instant::now();\n",
        &[
            "src/domain/route.rs:1: `domain` is pure, but mentions `Instant`",
            "src/domain/route.rs:1: `::now(` belongs to src/base/time.rs, src/cli/forward_clock.rs",
        ],
    );
    check(
        "src/engine/mod.rs",
        "sqlx::query(\"SELECT 1\");\n",
        &["src/engine/mod.rs:1: `sqlx::` belongs to src/store/"],
    );
    check(
        "src/engine/mod.rs",
        "#[cfg(test)]\nfn only_for_tests() {}\n",
        &["src/engine/mod.rs:1: test code stands in a last `mod tests` only"],
    );
    check("src/engine/mod.rs", "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n", &[]);
    check("src/engine/mod.rs", "#[cfg(test)]\nmod tests;\n", &[]);
    check("src/domain/plan/mod.rs", "#[cfg(test)]\npub(crate) mod tests;\n", &[]);
    check("src/sandbox/github/tests/client.rs", "use octocrab::Octocrab;\n", &[]);
    check(
        "src/domain/workflow/seen.rs",
        "match event {\n    _ => (),\n}\n",
        &["src/domain/workflow/seen.rs:2: every event is answered by name here, not by `_`"],
    );
    check("src/domain/route.rs", "// crate::engine and tokio in a comment are fine\n", &[]);
}

#[test]
fn tidy_sees_long_files_and_functions() {
    let long_file = "\n".repeat(MAX_LINES + 1);
    check("src/base/ids.rs", &long_file, &["src/base/ids.rs: 501 lines, the limit is 500"]);
    let body = "    let x = 1;\n".repeat(MAX_FUNCTION_LINES);
    let long_function = format!("fn long() {{\n{body}}}\n");
    check(
        "src/base/ids.rs",
        &long_function,
        &["src/base/ids.rs:1: a function of 72 lines, the limit is 70"],
    );
}

fn complaints(path: &Path, text: &str) -> Vec<String> {
    let mut res = Vec::new();
    let shown = path.display();
    let n_lines = text.lines().count();
    if MAX_LINES < n_lines {
        res.push(format!("{shown}: {n_lines} lines, the limit is {MAX_LINES}"));
    }
    let is_tests = path.with_extension("").iter().any(|it| it == "tests");
    let layer = path.iter().nth(1).and_then(|it| it.to_str()).unwrap_or_default();
    let layer = layer.trim_end_matches(".rs");
    let lines: Vec<&str> = text.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        let at = format!("{shown}:{}", i + 1);
        if line.trim() == "#[cfg(test)]" {
            let next = lines.get(i + 1).map(|it| it.trim_start_matches("pub(crate) "));
            let is_module = next.is_some_and(|it| it.starts_with("mod tests"));
            if is_module {
                break;
            }
            res.push(format!("{at}: test code stands in a last `mod tests` only"));
            continue;
        }
        let code = code_of(line);
        layering(&mut res, &at, layer, code);
        if PURE.contains(&layer) && !is_tests {
            for word in IMPURE.iter().filter(|it| code.contains(**it)) {
                res.push(format!("{at}: `{layer}` is pure, but mentions `{word}`"));
            }
        }
        for (word, homes) in AT_HOME {
            let at_home = homes.iter().any(|it| path.to_string_lossy().starts_with(it));
            if code.contains(word) && !at_home && !is_tests {
                res.push(format!("{at}: `{word}` belongs to {}", homes.join(", ")));
            }
        }
        if path.starts_with("src/domain/workflow") && code.trim_start().starts_with("_ =>") {
            res.push(format!("{at}: every event is answered by name here, not by `_`"));
        }
    }
    res.extend(long_functions(path, &lines));
    res
}

fn layering(res: &mut Vec<String>, at: &str, layer: &str, code: &str) {
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else { return };
    for (j, _) in code.match_indices("crate::") {
        let used: String = code[j + "crate::".len()..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if used.is_empty() {
            res.push(format!("{at}: write one `use crate::x` per line"));
        } else if used != layer && !allowed.contains(&used.as_str()) {
            res.push(format!("{at}: `{layer}` may not use `{used}`"));
        }
    }
}

/// The line without its comment and without what stands in string literals.
fn code_of(line: &str) -> &str {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').next().unwrap_or_default()
}

/// Functions are found by their indentation, which rustfmt guarantees.
fn long_functions(path: &Path, lines: &[&str]) -> Vec<String> {
    let mut res = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        let is_fn = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(super) fn "]
            .iter()
            .chain(&["pub(super) async fn ", "pub(crate) fn ", "const fn ", "pub const fn "])
            .any(|it| code.starts_with(it));
        if !is_fn || code.ends_with('}') || code.ends_with(';') {
            continue;
        }
        let end = format!("{indent}}}");
        let Some(length) = lines[i..].iter().position(|it| *it == end) else { continue };
        if MAX_FUNCTION_LINES < length + 1 {
            res.push(format!(
                "{}:{}: a function of {} lines, the limit is {MAX_FUNCTION_LINES}",
                path.display(),
                i + 1,
                length + 1
            ));
        }
    }
    res
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut res = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|it| it == "sample") {
            continue;
        }
        if path.is_dir() {
            res.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            res.push(path);
        }
    }
    res.sort();
    res
}
