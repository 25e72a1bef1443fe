//! Rules about lock files: hosts that packages would come from, and contents that changed under
//! the same version. Nobody reads a lock file, so it is where a poisoned package hides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Found, Rule, added, place, quoted};
use crate::domain::diff::{ChangeKind, FileChange};

/// Lock files, by name in lower case.
const LOCKS: [&str; 25] = [
    "cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pipfile.lock",
    "pylock.toml",
    "gemfile.lock",
    "composer.lock",
    "go.sum",
    "go.work.sum",
    "gradle.lockfile",
    "buildscript-gradle.lockfile",
    "packages.lock.json",
    "mix.lock",
    "pubspec.lock",
    "podfile.lock",
    "package.resolved",
    "flake.lock",
    "deno.lock",
];

/// The registries that package managers use unless told otherwise.
const REGISTRIES: [&str; 14] = [
    "https://registry.npmjs.org",
    "https://registry.yarnpkg.com",
    "registry+https://github.com/rust-lang/crates.io-index",
    "https://static.crates.io",
    "sparse+https://index.crates.io",
    "https://pypi.org",
    "https://files.pythonhosted.org",
    "https://rubygems.org",
    "https://api.github.com",
    "https://repo.maven.apache.org",
    "https://repo1.maven.org",
    "https://repo.hex.pm",
    "https://pub.dev",
    "https://api.nuget.org",
];

/// An address: scheme, host, and the first two parts of the path, which tell a repository.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a fixed pattern, and the corpus compiles it")]
    Regex::new(
        r#"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^\s/@"']*@)?(?P<host>[^\s/:"'#?)>,]+)(?::\d+)?(?P<path>(?:/[^\s/"'#?)>,]+){0,2})"#,
    )
    .unwrap()
});

/// Hosts where anybody may put anything: there the repository counts, not the host alone.
const SHARED_HOSTS: [&str; 5] = [
    "github.com",
    "codeload.github.com",
    "gitlab.com",
    "bitbucket.org",
    "raw.githubusercontent.com",
];

/// Whether the file is a lock file.
pub(super) fn is_lock(path: &str) -> bool {
    LOCKS.contains(&&*place::name(path).to_lowercase())
}

/// Looks at what a lock file would fetch.
pub(super) fn look(change: &FileChange, found: &mut Found) {
    if !is_lock(&change.path) || change.kind == ChangeKind::Deleted {
        return;
    }
    let name = place::name(&change.path).to_lowercase();
    let known: BTreeSet<String> =
        change.before_text().lines().flat_map(|it| origins(&name, it)).collect();
    for (number, line) in added(change) {
        for origin in origins(&name, line) {
            let usual =
                REGISTRIES.iter().any(|it| origin == *it || origin.starts_with(&format!("{it}/")));
            if !usual && !known.contains(&origin) {
                let says =
                    format!("A package would come from {}, which is new here.", quoted(&origin));
                found.ask(Rule::LockSource, Some(number), says);
            }
        }
    }
    let (before, after) = (sums(&name, change.before_text()), sums(&name, change.after_text()));
    for (package, sum) in &before {
        if after.get(package).is_some_and(|it| it != sum) {
            let says =
                format!("The checksum of {} changed while its version did not.", quoted(package));
            found.ask(Rule::LockSource, None, says);
        }
    }
}

/// Where the packages of a line come from.
fn origins(name: &str, line: &str) -> Vec<String> {
    let is_npm = matches!(name, "package-lock.json" | "npm-shrinkwrap.json");
    let tells_more = ["funding", "homepage", "\"docs\"", "\"issues\"", "\"forum\"", "\"chat\""];
    if is_npm && !line.contains("\"resolved\"") || tells_more.iter().any(|it| line.contains(it)) {
        return Vec::new();
    }
    let origin = |it: regex::Captures<'_>| {
        let (scheme, host, path) = (&it["scheme"], &it["host"], &it["path"]);
        let is_shared = SHARED_HOSTS.contains(&host) || scheme.contains("git");
        let path = if is_shared { path.trim_end_matches(".git") } else { "" };
        format!("{scheme}://{host}{path}")
    };
    ADDRESS.captures_iter(line).map(origin).collect()
}

/// The checksum of each package with its version.
fn sums(name: &str, text: &str) -> BTreeMap<String, String> {
    match name {
        "go.sum" | "go.work.sum" => text.lines().filter_map(go_sum).collect(),
        "package-lock.json" | "npm-shrinkwrap.json" => npm_sums(text),
        "cargo.lock" => cargo_sums(text),
        _ => BTreeMap::new(),
    }
}

fn go_sum(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    let (module, version, sum) = (words.next()?, words.next()?, words.next()?);
    Some((format!("{module}@{version}"), sum.to_owned()))
}

fn npm_sums(text: &str) -> BTreeMap<String, String> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let packages = json["packages"].as_object().into_iter().flatten();
    let sum = |(path, it): (&String, &Value)| {
        let version = it["version"].as_str()?;
        let sum = it["integrity"].as_str().unwrap_or_default();
        Some((format!("{path}@{version}"), sum.to_owned()))
    };
    packages.filter_map(sum).collect()
}

fn cargo_sums(text: &str) -> BTreeMap<String, String> {
    let mut sums = BTreeMap::new();
    for block in text.split("[[package]]") {
        let value = |key: &str| {
            let line = block.lines().find_map(|it| it.strip_prefix(key));
            line.map(|it| it.trim_matches([' ', '=', '"']).to_owned())
        };
        let (Some(name), Some(version)) = (value("name"), value("version")) else { continue };
        sums.insert(format!("{name}@{version}"), value("checksum").unwrap_or_default());
    }
    sums
}
