//! Entries, hooks, secrets and hidden text.

use super::*;

#[test]
fn paths_that_are_never_written() {
    let new = |path: &str, expected: &str| check_new(path, "x\n", expected);
    new("../outside.rs", "refused unsafe-path");
    new("/etc/passwd", "refused unsafe-path");
    new("src/.git/config", "refused unsafe-path");
    new("a\nb.rs", "refused unsafe-path");
    new("src%2f..%2fx.rs", "refused unsafe-path");
    new("src/aux.rs", "refused unsafe-path");
    new(".github/workflows/ci.yml", "refused workflow");
    new(".GitHub/Workflows/release.yaml", "refused workflow");
    new(".github/dependabot.yml", "refused instruction-file");
    new("CLAUDE.md", "refused instruction-file");
    new("docs/AGENTS.md", "refused instruction-file");
    new(".claude/settings.json", "refused instruction-file");
    new(".mcp.json", "refused instruction-file");
    new(".husky/pre-commit", "refused instruction-file");
    new(".vscode/tasks.json", "refused instruction-file");
    new(".devcontainer/devcontainer.json", "refused instruction-file");
    new(".gitmodules", "refused instruction-file");
    new(".gitattributes", "refused instruction-file");
    new("deploy/prod.tfstate", "refused secret-file");
    new(".env.local", "refused secret-file");
    new(".env.example", "ask secret-file");
    new("docs/prds/active/12-plan.md", "refused baton-file");
    new("docs/prds/completed/12-state.md", "refused baton-file");
    new(".beads/issues.jsonl", "refused baton-file");
    check(
        &[FileChange::moved("CLAUDE.md", "docs/old.md", "x\n", "x\n")],
        "refused instruction-file",
    );
    check(
        &[FileChange::deleted(".github/workflows/ci.yml", "x\n")],
        "ask unplanned-file, refused workflow",
    );
}

#[test]
fn entries_that_are_no_text_files() {
    let link = FileChange::created("src/link", "/etc/passwd").with_mode(FileMode::Symlink);
    check(&[link], "refused symlink");
    let submodule = FileChange::modified("vendor/x", "1\n", "2\n").with_mode(FileMode::Submodule);
    check(&[submodule], "refused submodule");
    check(&[FileChange::created("assets/logo.png", binary())], "refused binary");
    check(&[FileChange::modified("data/model", "text", binary())], "refused binary");
    check(&[FileChange::deleted("assets/logo.png", binary())], "ask unplanned-file");
}

#[test]
fn other_ci_systems_are_asked_about() {
    for path in [
        ".gitlab-ci.yml",
        ".circleci/config.yml",
        "Jenkinsfile",
        "azure-pipelines.yml",
        ".buildkite/pipeline.yml",
        "tools/setup/action.yml",
        "fly.toml",
    ] {
        check_new(path, "x: 1\n", "ask ci-file");
    }
}

#[test]
fn what_runs_by_itself_is_asked_about() {
    let npm = |scripts: &str| format!("{{\n  \"scripts\": {{ {scripts} }}\n}}\n");
    let test = r#""test": "vitest""#;
    for script in ["preinstall", "install", "postinstall", "prepare", "prepublishOnly"] {
        let hooked = npm(&format!("{test}, \"{script}\": \"node setup.js\""));
        check_edit("package.json", &npm(test), &hooked, "ask hook");
    }
    let (one, other) = (npm(r#""prepare": "husky""#), npm(r#""prepare": "node x.js""#));
    check_edit("web/package.json", &one, &other, "ask hook");
    check_edit("package.json", "{}", r#"{"packageManager": "pnpm@9.0.0+sha512.0"}"#, "ask hook");
    check_edit("package.json", "{}", "{ not json", "ask hook");
    check_edit("composer.json", "{}", r#"{"scripts": {"post-install-cmd": "x"}}"#, "ask hook");
    check_new("build.rs", "fn main() {}\n", "ask hook");
    check_new("setup.py", "from setuptools import setup\nsetup()\n", "ask hook");
    check_new("native/binding.gyp", "{}\n", "ask hook");
    check_new("src/site.pth", "import x\n", "ask hook");
    check_new(".envrc", "use flake\n", "ask hook, refused secret-file");
    check_new(".pre-commit-config.yaml", "repos: []\n", "ask hook");
    check_new(".cargo/config.toml", "[build]\nrustc-wrapper = \"x\"\n", "ask hook");
    check_new(".yarnrc.yml", "yarnPath: .yarn/releases/x.cjs\n", "ask hook");
    check_new("gradle/wrapper/gradle-wrapper.properties", "distributionUrl=x\n", "ask hook");
    check_edit("Cargo.toml", "[package]\n", "[package]\nbuild = \"make.rs\"\n", "ask hook");
    check_edit("app/build.gradle", "x\n", "x\nexec { commandLine 'sh' }\n", "ask hook");
    let plugin = "<plugin><artifactId>exec-maven-plugin</artifactId></plugin>\n";
    check_edit("pom.xml", "<project/>\n", plugin, "ask hook");
    let backend = "[build-system]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
    check_edit("pyproject.toml", "[project]\nname = \"x\"\n", backend, "ask hook");
}

#[test]
fn secrets_are_never_pushed() {
    let key = format!("const KEY: &str = \"gh{}\";\n", "p_abcdefghijklmnopqrstuvwxyz0123456789");
    check_new("src/a.rs", &key, "refused secret");
    let private = format!("-----BEGIN RSA {} KEY-----\nMIIE\n", "PRIVATE");
    check_new("docs/a.md", &private, "refused secret");
    let provider = format!("sk-{}-api03-abcdefghijkl\n", "ant");
    check_new("README.md", &provider, "refused secret");
    check_new("src/a.rs", "// Authorization: Bearer abcdefghijklmnop1234\n", "ask secret");
    check_new("src/a.rs", "\"postgres://admin:hunter2@db.acme.io/x\"\n", "ask secret");
    check_edit("src/a.rs", &key, &format!("mod b;\n{key}"), "");
}

#[test]
fn hidden_text_is_never_pushed_unseen() {
    check_new("src/a.rs", "if admin {\u{202e} } // \u{2066}\n", "refused hidden-text");
    check_new("docs/a.md", "hi\u{e0041}\u{e0042}\n", "refused hidden-text");
    check_new("src/a.rs", "let ad\u{200b}min = 1;\n", "ask hidden-text");
    check_new("src/a.rs", "\u{1b}[31m\n", "ask hidden-text");
    check_edit("src/a.rs", "a\u{202e}\nb\n", "a\u{202e}\nc\n", "");
}
