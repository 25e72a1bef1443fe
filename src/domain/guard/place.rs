//! What a file is for, told by its path: tests, builds, CI.

/// Files that CI systems besides GitHub Actions read, by their whole path in lower case.
const CI_PATHS: [&str; 26] = [
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    ".travis.yml",
    ".travis.yaml",
    ".appveyor.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    "bitbucket-pipelines.yml",
    "jenkinsfile",
    ".drone.yml",
    ".drone.yaml",
    ".drone.star",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    ".cirrus.yml",
    ".cirrus.star",
    "codemagic.yaml",
    "bitrise.yml",
    "wercker.yml",
    "buildspec.yml",
    "cloudbuild.yaml",
    "cloudbuild.yml",
    "netlify.toml",
    "vercel.json",
    "fly.toml",
];

/// Folders that belong to CI systems.
const CI_FOLDERS: [&str; 12] = [
    ".circleci",
    ".gitlab",
    ".buildkite",
    ".woodpecker",
    ".drone",
    ".semaphore",
    ".teamcity",
    ".tekton",
    ".gitea",
    ".forgejo",
    ".azure-pipelines",
    ".jenkins",
];

/// Ends of names of files that hold data and prose, even inside a folder of tests.
const DATA_ENDS: [&str; 22] = [
    ".md", ".txt", ".rst", ".adoc", ".json", ".jsonl", ".yml", ".yaml", ".toml", ".xml", ".csv",
    ".tsv", ".html", ".css", ".svg", ".snap", ".sql", ".ini", ".lock", ".golden", ".out", ".diff",
];

/// Folders of tests.
const TEST_FOLDERS: [&str; 10] = [
    "tests",
    "test",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "testing",
    "itest",
    "unittest",
];

/// Names of files that builds and their tools run.
const BUILD_NAMES: [&str; 35] = [
    "makefile",
    "gnumakefile",
    "justfile",
    ".justfile",
    "taskfile.yml",
    "taskfile.yaml",
    "rakefile",
    "build.rs",
    "setup.py",
    "noxfile.py",
    "tox.ini",
    "conftest.py",
    "fabfile.py",
    "tasks.py",
    "cmakelists.txt",
    "configure",
    "configure.ac",
    "build.sbt",
    "pom.xml",
    "package.json",
    "package.swift",
    "mix.exs",
    "meson.build",
    "build.bazel",
    "workspace",
    "build.zig",
    "flake.nix",
    "default.nix",
    "gemfile",
    "extconf.rb",
    "binding.gyp",
    "procfile",
    "containerfile",
    "gradlew",
    "mvnw",
];

/// How names of build configurations begin.
const BUILD_STARTS: [&str; 18] = [
    "dockerfile",
    "docker-compose",
    "compose.y",
    "webpack.config.",
    "vite.config.",
    "vitest.config.",
    "vitest.setup.",
    "jest.config.",
    "jest.setup.",
    "rollup.config.",
    "babel.config.",
    "next.config.",
    "playwright.config.",
    "cypress.config.",
    "karma.conf",
    "gulpfile.",
    "gruntfile.",
    "esbuild.",
];

/// Ends of names of scripts and build files.
const BUILD_ENDS: [&str; 13] = [
    ".sh",
    ".bash",
    ".zsh",
    ".fish",
    ".ps1",
    ".bat",
    ".cmd",
    ".mk",
    ".cmake",
    ".gradle",
    ".gradle.kts",
    ".gemspec",
    ".bazel",
];

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a CI system besides GitHub Actions reads the file. A composite action's `action.yml`
/// counts: workflows run it.
pub(super) fn is_ci(path: &str) -> bool {
    let path = path.to_lowercase();
    CI_PATHS.contains(&&*path)
        || path.split('/').any(|it| CI_FOLDERS.contains(&it))
        || matches!(name(&path), "action.yml" | "action.yaml")
        || name(&path).starts_with("jenkinsfile")
}

/// Whether the file holds code of tests.
pub(super) fn is_test(path: &str) -> bool {
    let lower = path.to_lowercase();
    let file = name(&lower);
    if DATA_ENDS.iter().any(|it| file.ends_with(it)) {
        return false;
    }
    let (stem, end) = file.split_once('.').unwrap_or((file, ""));
    let folders = lower.strip_suffix(file).unwrap_or_default();
    // `FooTest.java` needs its capital: `latest.rs` is no test.
    let camel = name(path).split('.').next().unwrap_or_default();
    let is_camel = ["Test", "Tests", "TestCase", "Spec", "IT"].iter().any(|it| camel.ends_with(it));
    folders.split('/').any(|it| TEST_FOLDERS.contains(&it))
        || matches!(stem, "tests" | "test" | "conftest")
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem.ends_with("_spec")
        || end.starts_with("test.")
        || end.starts_with("spec.")
        || end.starts_with("cy.")
        || is_camel && camel.starts_with(|it: char| it.is_uppercase())
}

/// Whether a build, a package manager or a person runs the file as it stands.
pub(super) fn is_build(path: &str) -> bool {
    let lower = path.to_lowercase();
    let file = name(&lower);
    let folders = lower.strip_suffix(file).unwrap_or_default();
    BUILD_NAMES.contains(&file)
        || BUILD_STARTS.iter().any(|it| file.starts_with(it))
        || BUILD_ENDS.iter().any(|it| file.ends_with(it))
        || folders.split('/').any(|it| matches!(it, "scripts" | "script" | "ci" | ".ci" | "hack"))
            && !DATA_ENDS.iter().any(|it| file.ends_with(it))
}

/// Whether the shell's rules for `$NAME` hold in the file.
pub(super) fn is_shell(path: &str) -> bool {
    let lower = path.to_lowercase();
    let file = name(&lower);
    let ends = [".sh", ".bash", ".zsh", ".mk", ".fish"];
    ends.iter().any(|it| file.ends_with(it))
        || ["makefile", "gnumakefile", "justfile", "dockerfile", "containerfile", "configure"]
            .iter()
            .any(|it| file.starts_with(it))
        || !file.contains('.') && is_build(path)
}

/// The line from which a file's lines are tests: 1 in a file of tests, the place of
/// `#[cfg(test)]` in Rust code that carries its tests; `None` when there are none.
pub(super) fn tests_from(path: &str, text: &str) -> Option<usize> {
    if is_test(path) {
        return Some(1);
    }
    if !path.ends_with(".rs") {
        return None;
    }
    let at = text.lines().position(|it| it.trim_start().starts_with("#[cfg(test)]"))?;
    Some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: (bool, bool, bool)) {
        assert_eq!((is_test(path), is_build(path), is_ci(path)), expected, "{path}");
    }

    #[test]
    fn paths_tell_what_a_file_is_for() {
        let (test, build, ci, none) = (
            (true, false, false),
            (false, true, false),
            (false, false, true),
            (false, false, false),
        );
        for path in [
            "tests/cache.rs",
            "src/cache/tests.rs",
            "pkg/cache_test.go",
            "app/test_models.py",
            "web/button.test.tsx",
            "web/button.spec.ts",
            "spec/models/user_spec.rb",
            "src/main/CacheTest.java",
            "src/CacheIT.java",
            "e2e/login.ts",
        ] {
            check(path, test);
        }
        for path in [
            "Makefile",
            "build.rs",
            "Dockerfile.dev",
            "deploy/run.sh",
            "scripts/release.py",
            "vite.config.ts",
            "app/build.gradle.kts",
            "package.json",
        ] {
            check(path, build);
        }
        check("tests/conftest.py", (true, true, false));
        for path in
            [".gitlab-ci.yml", ".circleci/config.yml", "ci/Jenkinsfile.prod", "a/action.yml"]
        {
            assert!(is_ci(path), "{path}");
        }
        check(".travis.yml", ci);
        for path in [
            "src/latest.rs",
            "src/contest/mod.rs",
            "src/audit.rs",
            "docs/testing.md",
            "tests/fixtures/a.json",
            "scripts/README.md",
            "src/UNIT.md",
            "src/rebuild.rs",
        ] {
            check(path, none);
        }
    }

    #[test]
    fn rust_tests_begin_at_their_attribute() {
        assert_eq!(tests_from("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {}\n"), Some(2));
        assert_eq!(tests_from("src/a.rs", "fn a() {}\n"), None);
        assert_eq!(tests_from("tests/a.rs", ""), Some(1));
        assert_eq!(tests_from("src/a.py", "#[cfg(test)]"), None);
    }
}
