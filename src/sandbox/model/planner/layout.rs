//! The habits of languages and build tools: which files are manifests, how a project is tested,
//! where tests and new files go.

use std::collections::BTreeSet;

use serde_json::Value;

use super::view::View;

/// A programming language, as far as its habits differ here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Script,
    Python,
    Go,
    Ruby,
    Java,
    Other,
}

/// Files that say how a project is built, tested and meant, in the order of reading.
const MANIFESTS: [&str; 14] = [
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "go.mod",
    "Makefile",
    "README.md",
    "tox.ini",
    "setup.cfg",
    "setup.py",
    "requirements.txt",
    "Gemfile",
    "pom.xml",
    "build.gradle",
    "composer.json",
];

/// Folders whose files are made by tools or belong to others.
const FOREIGN: [&str; 9] = [
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    ".git",
    "third_party",
    "__pycache__",
    ".venv",
];

impl Language {
    /// The language of a file, by its extension.
    pub(super) fn of(path: &str) -> Language {
        match extension(path) {
            "rs" => Language::Rust,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "vue" | "svelte" => Language::Script,
            "py" => Language::Python,
            "go" => Language::Go,
            "rb" => Language::Ruby,
            "java" | "kt" => Language::Java,
            _ => Language::Other,
        }
    }

    /// The manifests in which this language names its dependencies.
    pub(super) fn manifests(self) -> &'static [&'static str] {
        match self {
            Language::Rust => &["Cargo.toml"],
            Language::Script => &["package.json"],
            Language::Python => &["pyproject.toml", "requirements.txt", "setup.cfg", "setup.py"],
            Language::Go => &["go.mod"],
            Language::Ruby => &["Gemfile"],
            Language::Java => &["pom.xml", "build.gradle"],
            Language::Other => &[],
        }
    }
}

/// The manifests of a repository, the root's first, then those of its parts.
pub(super) fn manifests(files: &BTreeSet<String>) -> Vec<String> {
    let rank = |path: &&String| {
        let place = MANIFESTS.iter().position(|it| *it == file_name(path))?;
        (!is_foreign(path)).then_some((path.matches('/').count(), place))
    };
    let mut found: Vec<(usize, usize, &String)> =
        files.iter().filter_map(|it| rank(&it).map(|(depth, place)| (depth, place, it))).collect();
    found.sort();
    found.into_iter().map(|(_, _, path)| path.clone()).collect()
}

/// The nearest manifest of one of these names in the folder of `path` or above it.
pub(super) fn nearest(files: &BTreeSet<String>, path: &str, names: &[&str]) -> Option<String> {
    let mut folder = folder(path);
    loop {
        let here = names.iter().map(|name| join(folder, name));
        if let Some(found) = here.into_iter().find(|it| files.contains(it)) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
        folder = self::folder(folder);
    }
}

/// The command that tests the part of the repository where `path` stands, as its own manifests
/// name it; `None` where they name none.
pub(super) fn test_command(view: &View, path: &str) -> Option<String> {
    let language = Language::of(path);
    let fitting = nearest(&view.files, path, language.manifests());
    let rest = manifests(&view.files);
    let makefile = nearest(&view.files, path, &["Makefile"]);
    let candidates = fitting.into_iter().chain(makefile).chain(rest);
    candidates.into_iter().find_map(|manifest| command_of(view, &manifest))
}

fn command_of(view: &View, manifest: &str) -> Option<String> {
    let text = view.text(manifest);
    let (folder, read) = (folder(manifest), !text.is_empty());
    let at = |root: &str, there: String| if folder.is_empty() { root.to_owned() } else { there };
    match file_name(manifest) {
        "Cargo.toml" if text.contains("[workspace]") => {
            Some(at("cargo test --workspace", format!("cargo test --manifest-path {manifest}")))
        }
        "Cargo.toml" => Some(at("cargo test", format!("cargo test --manifest-path {manifest}"))),
        "package.json" if read => {
            let parsed: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            let script = parsed["scripts"]["test"].as_str()?;
            let tool = package_tool(view, folder);
            let there = match tool {
                "yarn" => format!("yarn --cwd {folder} test"),
                "pnpm" => format!("pnpm --dir {folder} test"),
                _ => format!("npm --prefix {folder} test"),
            };
            (!script.contains("no test specified")).then(|| at(&format!("{tool} test"), there))
        }
        "pyproject.toml" | "setup.cfg" | "setup.py" | "requirements.txt" => {
            let has_tests = view.files.iter().any(|it| is_test(it) && it.ends_with(".py"));
            let named = text.contains("pytest");
            (named || has_tests).then(|| at("pytest", format!("pytest {folder}")))
        }
        "tox.ini" => Some("tox".to_owned()),
        "go.mod" => Some(at("go test ./...", format!("go -C {folder} test ./..."))),
        "Makefile" => {
            let target = text.lines().any(|it| it.starts_with("test:") || it.starts_with("test "));
            target.then(|| at("make test", format!("make -C {folder} test")))
        }
        "Gemfile" => Some(
            if text.contains("rspec") { "bundle exec rspec" } else { "bundle exec rake test" }
                .to_owned(),
        ),
        "pom.xml" => Some("mvn test".to_owned()),
        "build.gradle" => Some("./gradlew test".to_owned()),
        _ => None,
    }
}

fn package_tool(view: &View, folder: &str) -> &'static str {
    let locked = |name: &str| view.files.contains(&join(folder, name)) || view.files.contains(name);
    match (locked("pnpm-lock.yaml"), locked("yarn.lock")) {
        (true, _) => "pnpm",
        (false, true) => "yarn",
        (false, false) => "npm",
    }
}

/// Where the tests of `path` stand or would stand; `None` where they stand in the file itself or
/// the habit is not known.
pub(super) fn test_file(files: &BTreeSet<String>, path: &str) -> Option<String> {
    let (stem, folder, extension) = (stem(path), folder(path), extension(path));
    let same = |it: &&String| is_test(it) && plain_test_stem(it) == stem.to_lowercase();
    if let Some(found) = files.iter().find(same) {
        return Some(found.clone());
    }
    match Language::of(path) {
        Language::Rust => {
            let own = files.iter().any(|it| it.starts_with("tests/") && it.ends_with(".rs"));
            let usable = !matches!(stem, "lib" | "main" | "mod");
            (own && usable).then(|| format!("tests/{stem}.rs"))
        }
        Language::Script => Some(script_test(files, stem, folder, extension)),
        Language::Python => {
            let root = files.iter().find(|it| is_test(it) && file_name(it).starts_with("test_"));
            let place = root.map_or("tests", |it| self::folder(it));
            Some(join(place, &format!("test_{stem}.py")))
        }
        Language::Go => Some(join(folder, &format!("{stem}_test.go"))),
        Language::Ruby => {
            let spec = files.iter().any(|it| it.starts_with("spec/"));
            Some(if spec { format!("spec/{stem}_spec.rb") } else { format!("test/{stem}_test.rb") })
        }
        Language::Java => {
            let tests = folder.replace("src/main", "src/test");
            Some(join(&tests, &format!("{stem}Test.{extension}")))
        }
        Language::Other => None,
    }
}

/// JavaScript has many habits; the one that the repository shows is taken.
fn script_test(files: &BTreeSet<String>, stem: &str, folder: &str, extension: &str) -> String {
    let shown = files.iter().find(|it| is_test(it) && Language::of(it) == Language::Script);
    let name = |it: &String| file_name(it).contains(".spec.");
    let infix = if shown.is_some_and(name) { "spec" } else { "test" };
    let plain = extension.replace(['x', 'j', 't'], "").is_empty() || extension != "vue";
    let extension = if plain { extension } else { "js" };
    let file = format!("{stem}.{infix}.{extension}");
    match shown {
        Some(shown) if shown.contains("__tests__/") => join(&join(folder, "__tests__"), &file),
        Some(shown) if matches!(shown.split('/').next(), Some("test" | "tests" | "spec")) => {
            let root = shown.split('/').next().unwrap_or("test");
            join(root, &file)
        }
        Some(_) | None => join(folder, &file),
    }
}

/// A file for something new beside `path`, named as its neighbours are.
pub(super) fn new_file(files: &BTreeSet<String>, path: &str, topic: &str) -> String {
    let words: Vec<&str> = topic.split('_').collect();
    let neighbours = files.iter().filter(|it| folder(it) == folder(path));
    let kebab = neighbours.filter(|it| stem(it).contains('-')).count() > 0;
    let extension = match extension(path) {
        "tsx" => "ts",
        "jsx" | "vue" | "svelte" => "js",
        other => other,
    };
    let capital = |it: &&str| {
        let mut letters = it.chars();
        letters.next().map(|first| format!("{}{}", first.to_uppercase(), letters.as_str()))
    };
    let name = match Language::of(path) {
        Language::Java => words.iter().filter_map(capital).collect(),
        Language::Script if kebab => words.join("-"),
        Language::Script => {
            let rest: String = words.iter().skip(1).filter_map(capital).collect();
            format!("{}{rest}", words.first().copied().unwrap_or_default())
        }
        Language::Rust | Language::Python | Language::Go | Language::Ruby | Language::Other => {
            words.join("_")
        }
    };
    join(folder(path), &format!("{name}.{extension}"))
}

/// The file that must name a new Rust module at `path`.
pub(super) fn module_parent(files: &BTreeSet<String>, path: &str) -> Option<String> {
    let folder = folder(path);
    let names = ["mod.rs", "lib.rs", "main.rs"].map(|name| join(folder, name));
    let beside = format!("{folder}.rs");
    names.into_iter().chain([beside]).find(|it| *it != path && files.contains(it))
}

/// Whether a file is a test by its name or folder.
pub(super) fn is_test(path: &str) -> bool {
    let name = file_name(path).to_lowercase();
    let folders = ["test", "tests", "spec", "__tests__", "e2e", "testdata"];
    path.split('/').rev().skip(1).any(|it| folders.contains(&it))
        || name.contains("_test.")
        || name.contains(".test.")
        || name.contains(".spec.")
        || name.contains("_spec.")
        || name.starts_with("test_")
        || name.ends_with("test.java")
}

/// Whether a file is prose.
pub(super) fn is_prose(path: &str) -> bool {
    matches!(extension(path), "md" | "rst" | "txt" | "adoc")
}

/// Whether a file belongs to others or is made by a tool.
pub(super) fn is_foreign(path: &str) -> bool {
    path.split('/').any(|it| FOREIGN.contains(&it))
        || path.contains(".min.")
        || path.ends_with(".lock")
}

/// Whether a file may be planned to change: no workflow, no file that instructs agents.
pub(super) fn is_writable(path: &str) -> bool {
    let instructs = |it: &str| {
        it.to_uppercase().starts_with("CLAUDE") || it.to_uppercase().starts_with("AGENTS")
    };
    let hidden = path.split('/').any(|it| it.starts_with('.'));
    !hidden && !path.split('/').any(instructs) && !is_foreign(path)
}

/// The file's name without folders.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The file's name without its last extension.
pub(super) fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The folder of a path; empty at the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn extension(path: &str) -> &str {
    file_name(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn plain_test_stem(path: &str) -> String {
    let name = file_name(path).to_lowercase();
    let name = name.split('.').next().unwrap_or_default();
    let bare = name.strip_prefix("test_").unwrap_or(name);
    let bare = bare.strip_suffix("_test").or_else(|| bare.strip_suffix("_spec")).unwrap_or(bare);
    bare.to_owned()
}
