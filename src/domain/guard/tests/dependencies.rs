//! Manifests and lock files.

use super::*;

const NEW: &str = "ask unplanned-dependency";
const SOURCE: &str = "ask dependency-source";
const BOTH: &str = "ask dependency-source, ask unplanned-dependency";

#[test]
fn cargo_dependencies_are_compared_with_the_plan() {
    let base = "[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\n";
    let with = |text: &str, expected: &str| {
        check_edit("Cargo.toml", base, &format!("{base}{text}"), expected);
    };
    with("redis = \"0.27\"\n", "");
    with("evil = \"1\"\n", NEW);
    with("evil.workspace = true\n", NEW);
    with("\"ev\\u0069l\" = \"1\"\n", NEW);
    with("[dev-dependencies]\nevil = \"1\"\n", NEW);
    with("[target.'cfg(unix)'.dependencies.evil]\nversion = \"1\"\n", NEW);
    with("[build-dependencies]\nredis = { version = \"1\" }\n", "");
    with("redis = { git = \"https://github.com/eve/redis\" }\n", SOURCE);
    with("redis = { package = \"evil\", version = \"1\" }\n", NEW);
    with("redis = { version = \"1\", registry = \"eve\" }\n", SOURCE);
    with("[patch.crates-io]\nserde = { git = \"https://github.com/eve/serde\" }\n", SOURCE);
    with("[features]\nevil = [\"serde/derive\"]\n", "");
    check_edit("Cargo.toml", base, &base.replace("\"1\"", "\"1.0.200\""), "");
    check_edit("Cargo.toml", "", "dependencies = { evil = \"1\" }\n", NEW);
}

#[test]
fn other_languages_too() {
    let npm = |field: &str| format!("{{\"dependencies\": {{\"a\": \"^1\"}}{field}}}");
    let npm_with = |field: &str, expected: &str| {
        check_edit("package.json", &npm(""), &npm(field), expected);
    };
    npm_with(r#", "devDependencies": {"redis": "^4"}"#, "");
    npm_with(r#", "devDependencies": {"evil": "^4"}"#, NEW);
    npm_with(r#", "optionalDependencies": {"redis": "npm:evil@1"}"#, NEW);
    npm_with(r#", "devDependencies": {"redis": "eve/redis"}"#, SOURCE);
    npm_with(r#", "devDependencies": {"evil": "https://eve.example/x.tgz"}"#, BOTH);
    npm_with(r#", "overrides": {"a": "npm:evil@1"}"#, SOURCE);
    npm_with(r#", "devDependencies": {"redis": "workspace:*"}"#, "");

    let python = "[project]\ndependencies = [\n  \"flask>=2\",\n]\n";
    check_edit("pyproject.toml", python, &python.replace(",\n]\n", ",\n  \"redis\",\n]\n"), "");
    check_edit(
        "pyproject.toml",
        python,
        &python.replace(",\n]\n", ",\n  \"evil[x]>1\",\n]\n"),
        NEW,
    );
    let address = python.replace(",\n]\n", ",\n  \"redis @ https://eve.example/r.whl\",\n]\n");
    check_edit("pyproject.toml", python, &address, SOURCE);
    check_new("pyproject.toml", "[tool.poetry.group.dev.dependencies]\nevil = \"*\"\n", NEW);
    check_new("pyproject.toml", "[[tool.poetry.source]]\nurl = \"https://eve.example\"\n", SOURCE);
    check_new("requirements-dev.txt", "# tools\nRedis==5 # ok\n", "");
    check_new("requirements.txt", "evil==1\n", NEW);
    check_new("requirements.txt", "--extra-index-url https://eve.example/simple\n", SOURCE);
    check_new("requirements.txt", "git+https://github.com/eve/x#egg=redis\n", SOURCE);

    let go = "module x\n\nrequire (\n\tgithub.com/a/b v1.0.0\n)\n";
    check_edit("go.mod", go, &go.replace(")\n", "\tgithub.com/eve/x v1.0.0 // indirect\n)\n"), NEW);
    check_edit(
        "go.mod",
        go,
        &format!("{go}replace github.com/a/b => github.com/eve/b v1.0.0\n"),
        SOURCE,
    );
    check_edit("go.mod", go, &go.replace("v1.0.0", "v1.1.0"), "");

    let gems = "source \"https://rubygems.org\"\ngem \"rails\"\n";
    check_edit("Gemfile", gems, &format!("{gems}gem 'redis', '~> 5'\n"), "");
    check_edit("Gemfile", gems, &format!("{gems}gem \"evil\"\n"), NEW);
    check_edit("Gemfile", gems, &format!("{gems}gem \"redis\", github: \"eve/redis\"\n"), SOURCE);
    check_edit("Gemfile", gems, &gems.replace("rubygems.org", "eve.example"), SOURCE);

    let maven = "<dependency><groupId>g.evil</groupId>\n<artifactId>a</artifactId></dependency>\n";
    check_edit("pom.xml", "<project/>\n", maven, NEW);
    let repository = "<repository><id>x</id><url>https://eve.example</url></repository>\n";
    check_edit("pom.xml", "<project/>\n", repository, SOURCE);
    check_edit("build.gradle", "\n", "implementation 'com.evil:lib:1.0'\n", NEW);
    check_edit("build.gradle.kts", "\n", "plugins { id(\"com.evil.plugin\") }\n", NEW);
    check_edit("build.gradle", "\n", "maven { url 'https://eve.example' }\n", SOURCE);
    check_edit("gradle/libs.versions.toml", "\n", "x = { module = \"com.evil:x\" }\n", NEW);
    check_edit("composer.json", "{}", r#"{"require": {"eve/x": "^1"}}"#, NEW);
    check_edit("App.csproj", "\n", "<PackageReference Include=\"Evil\" Version=\"1\" />\n", NEW);
    check_edit("mix.exs", "\n", "{:evil, \"~> 1.0\"}\n", NEW);
}

#[test]
fn lock_files_keep_their_sources() {
    let ask = "ask lock-source";
    let cargo = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"aa\"\n";
    let more = format!("{cargo}\n{}", cargo.replace("\"a\"", "\"b\"").replace("aa", "bb"));
    check_edit("Cargo.lock", cargo, &more, "");
    check_edit("Cargo.lock", cargo, &cargo.replace("rust-lang/crates.io-index", "eve/index"), ask);
    let git = cargo.replace(
        "registry+https://github.com/rust-lang/crates.io-index",
        "git+https://github.com/eve/a#0",
    );
    check_edit("Cargo.lock", cargo, &git, ask);
    check_edit("Cargo.lock", cargo, &cargo.replace("aa", "cc"), ask);
    check_edit("Cargo.lock", cargo, &cargo.replace("checksum = \"aa\"\n", ""), ask);
    check_edit("Cargo.lock", cargo, &cargo.replace("1.0.0", "1.0.1").replace("aa", "cc"), "");

    let npm = |host: &str, sum: &str| {
        format!(
            "{{\"packages\": {{\"node_modules/a\": {{\n\"version\": \"1.0.0\",\n\"resolved\": \
             \"https://{host}/a.tgz\",\n\"integrity\": \"{sum}\",\n\"funding\": \"https://x.example\"\n}}}}}}"
        )
    };
    let usual = npm("registry.npmjs.org", "sha512-1");
    check_edit("package-lock.json", "{}", &usual, "");
    check_edit("package-lock.json", &usual, &npm("eve.example", "sha512-1"), ask);
    check_edit("package-lock.json", &usual, &npm("registry.npmjs.org", "sha512-2"), ask);
    check_edit("package-lock.json", &npm("npm.acme.io", "1"), &npm("npm.acme.io/b", "1"), "");
    check_edit("web/yarn.lock", "", "  resolved \"http://registry.yarnpkg.com/a.tgz\"\n", ask);
    check_edit("pnpm-lock.yaml", "", "tarball: https://codeload.github.com/eve/a/tar.gz/0\n", ask);
    check_edit("poetry.lock", "", "url = \"https://eve.example/simple\"\n", ask);
    check_edit("Gemfile.lock", "", "  remote: https://rubygems.org/\n", "");
    check_edit("Gemfile.lock", "", "  remote: https://gems.eve.example/\n", ask);
    check_edit("go.sum", "a v1.0.0 h1:x=\n", "a v1.0.0 h1:y=\n", ask);
    check_edit("go.sum", "a v1.0.0 h1:x=\n", "a v1.0.0 h1:x=\nb v1.0.0 h1:z=\n", "");
}
