//! Rules about what runs by itself: on installing, building, opening a folder, entering it.
//!
//! These run on developers' machines, not only in CI, before anybody has read a line. So each
//! change to one is asked about even when the plan names the file.
//!
//! Makefiles, task files and scripts are not in this list: nothing runs them unasked, and CI runs
//! tests and product code of the same change just as well. A change to them that the plan does not
//! name is a finding of `size`, and what they read and download is looked at by `reads`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Found, Rule, added, place};
use crate::domain::diff::{ChangeKind, FileChange};

/// Scripts of `package.json` that package managers run unasked.
const LIFECYCLE: [&str; 13] = [
    "preinstall",
    "install",
    "postinstall",
    "preprepare",
    "prepare",
    "postprepare",
    "prepublish",
    "prepublishOnly",
    "prepack",
    "postpack",
    "dependencies",
    "preuninstall",
    "postuninstall",
];

/// Fields of `package.json` that set up hooks, or choose what package manager is fetched and run.
const HOOK_FIELDS: [&str; 8] = [
    "husky",
    "simple-git-hooks",
    "pre-commit",
    "pre-push",
    "gitHooks",
    "lint-staged",
    "packageManager",
    "devEngines",
];

/// Files that run by themselves, and what runs them.
const SELF_RUNNING: [(&str, &str); 17] = [
    ("build.rs", "cargo and editors run it on every build"),
    ("setup.py", "pip runs it on installing"),
    ("setup.cfg", "pip reads from it what to run on installing"),
    ("sitecustomize.py", "Python runs it at every start"),
    ("usercustomize.py", "Python runs it at every start"),
    ("extconf.rb", "gem runs it on installing"),
    ("binding.gyp", "npm builds it on installing"),
    (".envrc", "direnv runs it when somebody enters the folder"),
    ("mise.toml", "mise runs its hooks when somebody enters the folder"),
    (".mise.toml", "mise runs its hooks when somebody enters the folder"),
    (".pre-commit-config.yaml", "it names programs that git runs on every commit"),
    ("lefthook.yml", "it names programs that git runs on every commit"),
    (".overcommit.yml", "it names programs that git runs on every commit"),
    (".lintstagedrc", "it names programs that git runs on every commit"),
    ("gradlew", "builds run it before anything else"),
    ("mvnw", "builds run it before anything else"),
    (".lfsconfig", "git reads from it where to fetch files from"),
];

/// Configurations of package managers: where packages come from, and what runs beside them.
const PACKAGE_CONFIGURATIONS: [&str; 22] = [
    ".cargo/config",
    ".cargo/config.toml",
    ".pnpmfile.cjs",
    "pnpm-workspace.yaml",
    ".yarnrc",
    ".yarnrc.yml",
    "bunfig.toml",
    "pip.conf",
    "pip.ini",
    "uv.toml",
    ".condarc",
    "nuget.config",
    ".bundle/config",
    "gradle-wrapper.properties",
    "maven-wrapper.properties",
    "init.gradle",
    ".mvn/extensions.xml",
    ".mvn/jvm.config",
    ".mvn/maven.config",
    ".sbtopts",
    "auth.json",
    "rust-toolchain.toml",
];

/// Lines of build files that add a step which every build runs, in files that otherwise only
/// describe.
const STEPS: [(&str, &str); 5] = [
    ("cargo.toml", r#"^\s*(?:build|links)\s*=|^\s*proc-macro\s*=\s*true"#),
    ("pom.xml", r"(?:exec-maven-plugin|maven-antrun-plugin|gmaven|<extensions?>)"),
    (".gradle", r"\bexec\s*\{|\bcommandLine\b|ProcessBuilder|\.execute\(\)|Runtime\.getRuntime"),
    (".gradle.kts", r"\bexec\s*\{|\bcommandLine\b|ProcessBuilder|Runtime\.getRuntime"),
    (".gemspec", r"\bextensions\b|`|\bsystem\b|post_install"),
];

static STEP: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "fixed patterns, and the corpus compiles them")]
    STEPS.iter().map(|(end, it)| (*end, Regex::new(it).unwrap())).collect()
});

/// Looks for what would run unasked.
pub(super) fn look(change: &FileChange, found: &mut Found) {
    if change.kind == ChangeKind::Deleted {
        return;
    }
    let lower = change.path.to_lowercase();
    let name = place::name(&lower);
    if let Some((_, why)) = SELF_RUNNING.iter().find(|(it, _)| *it == name) {
        found.ask(Rule::Hook, None, format!("It runs by itself: {why}."));
    }
    if name.ends_with(".pth") {
        found.ask(Rule::Hook, None, "It runs by itself: Python runs it at every start.");
    }
    let ends = |it: &str| lower == it || lower.ends_with(&format!("/{it}"));
    if PACKAGE_CONFIGURATIONS.iter().any(|it| ends(it)) || in_yarn(&lower) {
        let says = "It tells a package manager where packages come from and what runs with them.";
        found.ask(Rule::Hook, None, says);
    }
    for (end, pattern) in STEP.iter().filter(|(end, _)| name.ends_with(end)) {
        for (number, _) in added(change).iter().filter(|(_, it)| pattern.is_match(it)) {
            let says = format!("The line adds a step that every build with this {end} runs.");
            found.ask(Rule::Hook, Some(*number), says);
        }
    }
    match name {
        "package.json" => package_json(change, found),
        "composer.json" => composer_json(change, found),
        "pyproject.toml" => pyproject(change, found),
        _ => {}
    }
}

fn in_yarn(lower: &str) -> bool {
    lower.starts_with(".yarn/") || lower.contains("/.yarn/")
}

fn package_json(change: &FileChange, found: &mut Found) {
    let Ok(after) = serde_json::from_str::<Value>(change.after_text()) else {
        let says = "It is not valid JSON, so it cannot be told what it runs on installing.";
        return found.ask(Rule::Hook, None, says);
    };
    let before: Value = serde_json::from_str(change.before_text()).unwrap_or_default();
    for name in LIFECYCLE {
        let script = &after["scripts"][name];
        if !script.is_null() && *script != before["scripts"][name] {
            let line = line_of(change, &format!("\"{name}\""));
            let says = format!("Package managers run the script `{name}` by themselves.");
            found.ask(Rule::Hook, line, says);
        }
    }
    for name in HOOK_FIELDS {
        if !after[name].is_null() && after[name] != before[name] {
            let line = line_of(change, &format!("\"{name}\""));
            let says = format!("`{name}` names programs that run without being called.");
            found.ask(Rule::Hook, line, says);
        }
    }
}

fn composer_json(change: &FileChange, found: &mut Found) {
    let after: Value = serde_json::from_str(change.after_text()).unwrap_or_default();
    let before: Value = serde_json::from_str(change.before_text()).unwrap_or_default();
    let none = serde_json::Map::new();
    for (name, script) in after["scripts"].as_object().unwrap_or(&none) {
        let runs_alone = name.starts_with("pre-") || name.starts_with("post-");
        if runs_alone && *script != before["scripts"][name] {
            let line = line_of(change, &format!("\"{name}\""));
            found.ask(Rule::Hook, line, "Composer runs this script by itself.");
        }
    }
}

/// The build back end and its hooks run when the package is installed from source.
fn pyproject(change: &FileChange, found: &mut Found) {
    let hooks = ["build-system", "build", "hooks", "cmdclass", "setuptools"];
    let mut section = String::new();
    let new: Vec<usize> = added(change).into_iter().map(|(number, _)| number).collect();
    for (number, line) in (1..).zip(change.after_text().lines()) {
        if line.trim_start().starts_with('[') {
            section = line.trim().trim_matches(['[', ']']).replace(['"', '\''], "");
        }
        let in_hooks = section == "build-system"
            || section.starts_with("tool.")
                && section.split('.').skip(1).any(|it| hooks.contains(&it));
        if in_hooks && !line.trim().is_empty() && new.contains(&number) {
            let says = "Installing the package from source runs what this section names.";
            found.ask(Rule::Hook, Some(number), says);
        }
    }
}

/// The first added line with `text`.
fn line_of(change: &FileChange, text: &str) -> Option<usize> {
    added(change).into_iter().find(|(_, line)| line.contains(text)).map(|(number, _)| number)
}
