//! What must pass without a word. A guard that cries at everyday work is soon not read.

use super::*;

#[track_caller]
fn fine(path: &str, before: &str, after: &str) {
    if before.is_empty() {
        check_new(path, after, "");
    } else {
        check_edit(path, before, after, "");
    }
}

#[test]
fn product_code_and_documents() {
    fine("src/cache.rs", "", "pub fn get(key: &str) -> Option<String> {\n    None\n}\n");
    fine("src/settings.rs", "", "let url = std::env::var(\"ACME_URL\");\n");
    fine("src/http.rs", "", "reqwest::get(url).await?;\n");
    fine("src/http.ts", "", "await fetch(process.env.API_URL + '/x');\n");
    fine("src/latest.rs", "", "assert!(x > 0);\n");
    fine("src/assert.rs", "assert!(a);\nassert!(b);\n", "assert!(a);\n");
    fine("docs/setup.md", "", "Run `curl https://sh.example | sh` and set `NPM_TOKEN`.\n");
    fine("docs/setup.md", "", "`DATABASE_URL=postgres://user:password@localhost:5432/app`\n");
    fine("docs/testing.md", "", "Mark slow tests with `#[ignore]`.\n");
    fine("README.md", "old\n", "Ключ лежит в файле. 設定を変更する。 مرحبا بالعالم\n");
    fine(
        "docs/flags.md",
        "",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} ❤\u{fe0f} 👩\u{200d}💻\n",
    );
    fine("src/app.cs", "", "\u{feff}using System;\n");
    fine("src/aws.md", "", "AKIAIOSFODNN7EXAMPLE\n");
    fine("src/git/config.rs", "", "pub struct Config;\n");
    fine("src/agents/mod.rs", "", "pub mod planner;\n");
    fine("data/people.csv", "", "name,age\nann,30\n");
    fine("migrations/0002_cache.sql", "", "CREATE TABLE cache_misses (key TEXT);\n");
}

#[test]
fn tests_that_test() {
    let rust = "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}\n";
    fine("tests/cache.rs", "", rust);
    fine("tests/cache.rs", rust, &format!("{rust}\n{}", rust.replace("adds", "adds_more")));
    fine(
        "tests/cache.rs",
        rust,
        &rust.replace("assert_eq!(add(1, 2), 3)", "assert_eq!(add(2, 2), 4, \"more\")"),
    );
    fine("tests/cache.rs", rust, &rust.replace("    assert", "\tassert"));
    fine(
        "tests/cache.rs",
        "",
        "let dir = env!(\"CARGO_MANIFEST_DIR\");\nlet tmp = std::env::temp_dir();\n",
    );
    fine("tests/cache.rs", "", "let url = std::env::var(\"REDIS_URL\").ok();\n");
    fine(
        "tests/api.rs",
        "",
        "let body = reqwest::get(server.url()).await;\nassert!(body.is_ok());\n",
    );
    fine(
        "tests/test_a.py",
        "",
        "monkeypatch.setenv('ACME_URL', 'x')\nos.environ['ACME_URL'] = 'x'\n",
    );
    fine(
        "web/a.test.ts",
        "",
        "process.env.API_URL = 'http://localhost';\nexpect(await fetch('/x')).toBeDefined();\n",
    );
    fine(
        "web/a.test.ts",
        "",
        "if (process.env.CI) retry(2);\nit('skips blanks', () => { expect(skip(' ')).toBe(''); });\n",
    );
    let named = "url = os.environ['DATABASE_URL']\n";
    fine("tests/test_a.py", named, &format!("{named}other = os.environ['DATABASE_URL']\n"));
    let skipped = "#[test]\n#[ignore]\nfn slow() {\n    assert!(true_story());\n}\n";
    fine("tests/slow.rs", skipped, &skipped.replace("slow()", "very_slow()"));
    fine("tests/slow.rs", skipped, &skipped.replace("#[ignore]\n", ""));
    let files = [
        FileChange::modified("tests/a.rs", &*format!("{rust}{rust}"), rust),
        FileChange::modified("tests/b.rs", "use x;\n", &*format!("use x;\n{rust}")),
    ];
    check(&files, "");
    check(&[FileChange::moved("tests/a.rs", "tests/unit/a.rs", rust, rust)], "");
    fine("tests/fixtures/env.json", "", "{\"process\": \"process.env\"}\n");
}

#[test]
fn builds_that_build() {
    fine(
        "Makefile",
        "build:\n\tcargo build\n",
        "build:\n\tcargo build --locked\nclean:\n\trm -rf target || true\n",
    );
    fine("scripts/check.sh", "", "#!/bin/sh\nset -eu\ncargo test --all \"$@\"\nenv FOO=1 make\n");
    fine("scripts/fetch.sh", "", "curl -sSfO https://files.example/data.csv\n");
    fine("Dockerfile", "FROM rust:1\n", "FROM rust:1\nENV PORT=8080\nRUN cargo build --release\n");
    fine(
        "package.json",
        "{\"scripts\": {\"test\": \"vitest\"}}",
        "{\"scripts\": {\"test\": \"vitest run\", \"lint\": \"eslint .\"}}",
    );
    let hooked = "{\"scripts\": {\"prepare\": \"husky\"}, \"version\": \"1.0.0\"}";
    fine("package.json", hooked, &hooked.replace("1.0.0", "1.0.1"));
    fine(
        "Cargo.toml",
        "[package]\nversion = \"1.0.0\"\n",
        "[package]\nversion = \"1.1.0\"\n\n[features]\nfast = []\n",
    );
    fine("pyproject.toml", "[tool.ruff]\nline-length = 80\n", "[tool.ruff]\nline-length = 100\n");
    fine(
        "vite.config.ts",
        "",
        "export default { build: { sourcemap: process.env.NODE_ENV !== 'production' } };\n",
    );
    fine("build.gradle", "version '1'\n", "version '2'\n");
}
