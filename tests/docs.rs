//! Holds what people read to what the code says: the README's examples are the code's own output,
//! and every setting, verb and linked file is where the documents say.
//!
//! After a change that is meant, `BATON_BLESS=1 cargo test --test docs` writes the README's blocks
//! anew; read the difference before you commit it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use baton::base::{IssueNumber, MicroUsd, Timestamp};
use baton::domain::classify::{IssueFacts, classify};
use baton::domain::cost;
use baton::domain::plan::place::{BranchName, plan_path};
use baton::domain::plan::{Plan, complexity_of, lint};
use baton::domain::tier::Tier;
use baton::render::comment::{PlanNews, plan_ready};
use baton::render::help;

/// Every variable that `src/settings.rs` reads. A new one is added here and to the table in
/// `docs/SELF_HOSTING.md`.
const VARIABLES: [&str; 14] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "APP_ID",
    "BATON_DATA_DIR",
    "BATON_MODE",
    "DATABASE_URL",
    "GITHUB_API_URL",
    "HOST",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "PORT",
    "PRIVATE_KEY",
    "PRIVATE_KEY_PATH",
    "WEBHOOK_SECRET",
];

/// The README's example of `baton route`, as it is typed.
const ROUTE: [&str; 8] = [
    "route",
    "Design a real-time notification system with WebSocket support, Redis pub/sub for scaling, \
     and PostgreSQL persistence",
    "--tokens-used",
    "20000",
    "--tokens-limit",
    "200000",
    "--current-model",
    "Sonnet 4.5",
];

#[test]
fn the_readme_shows_what_the_code_says() {
    let readme = fs::read_to_string("README.md").unwrap();
    let mut wanted = with_block(&readme, "commands", &help::readme_table());
    wanted = with_block(&wanted, "route", &route_example());
    wanted = with_block(&wanted, "comment", &quoted(&plan_ready(&plan_news())));
    if wanted != readme && blessed() {
        fs::write("README.md", &wanted).unwrap();
        return;
    }
    for (at, (have, want)) in readme.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(have, want, "README.md, line {}: BATON_BLESS=1 writes it anew", at + 1);
    }
    assert_eq!(readme, wanted, "README.md: BATON_BLESS=1 writes it anew");
}

#[test]
fn every_setting_is_documented() {
    let source = fs::read_to_string("src/settings.rs").unwrap();
    let product = source.split("#[cfg(test)]").next().unwrap();
    let read: BTreeSet<&str> =
        product.split(".get(\"").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert_eq!(read, BTreeSet::from(VARIABLES), "what settings.rs reads, and the list above");
    let page = fs::read_to_string("docs/SELF_HOSTING.md").unwrap();
    let help = baton(&["serve", "--help"]);
    for name in VARIABLES {
        assert!(page.contains(&format!("\n| `{name}` |")), "no row for {name} in SELF_HOSTING.md");
        assert!(help.contains(name), "`baton serve --help` does not name {name}");
    }
}

#[test]
fn every_verb_is_documented() {
    let help = baton(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let verbs = list.lines().filter(|it| it.starts_with("  ") && !it.starts_with("   "));
    let verbs: Vec<&str> = verbs.filter_map(|it| it.split_whitespace().next()).collect();
    assert!(verbs.contains(&"serve"), "{help}");
    let page = fs::read_to_string("docs/SELF_HOSTING.md").unwrap();
    for verb in verbs {
        assert!(page.contains(&format!("\n| `baton {verb}")), "no row for `baton {verb}`");
    }
}

#[test]
fn what_the_readme_links_is_there() {
    let readme = fs::read_to_string("README.md").unwrap();
    let targets = readme.split("](").skip(1).filter_map(|it| it.split([')', '#']).next());
    let files: Vec<&str> = targets.filter(|it| !it.is_empty() && !it.starts_with("http")).collect();
    assert!(files.contains(&"docs/picture.svg"), "{files:?}");
    for file in files {
        assert!(Path::new(file).exists(), "README.md links {file}, which is not there");
    }
}

/// `text` with what stands between the markers of `name` replaced.
fn with_block(text: &str, name: &str, content: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("no {open}"));
    let (_, after) = rest.split_once(&close).unwrap_or_else(|| panic!("no {close}"));
    format!("{before}{open}\n{}\n\n{close}{after}", content.trim_end())
}

#[expect(clippy::disallowed_methods, reason = "only a person who runs the tests sets it")]
fn blessed() -> bool {
    std::env::var_os("BATON_BLESS").is_some()
}

/// What the binary prints.
fn baton(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_baton")).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn route_example() -> String {
    let typed: Vec<String> = ROUTE
        .iter()
        .map(|it| if it.contains(' ') { format!("\"{it}\"") } else { (*it).to_owned() })
        .collect();
    let shown = typed.join(" ").replace(" --tokens-used", " \\\n    --tokens-used");
    format!("```console\n$ baton {shown}\n{}```", baton(&ROUTE))
}

/// A comment as a quotation, so that the README shows it rendered.
fn quoted(text: &str) -> String {
    let lines = text.trim_end().lines();
    lines.map(|it| format!("> {it}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The news of a plan for an issue as people write them: level, range, tasks and warnings follow
/// from the plan by the rules of the product.
fn plan_news() -> PlanNews {
    let plan: Plan = serde_json::from_value(example_plan()).unwrap();
    let issue = IssueNumber(123);
    let title = "Add Redis caching to the query path";
    let found = classify(&IssueFacts { title: title.to_owned(), ..IssueFacts::default() });
    let (level, why) = complexity_of(&plan);
    let path = plan_path(&issue.to_string());
    let count = |tier| plan.tasks.iter().filter(|it| it.complexity.tier() == tier).count();
    PlanNews {
        issue,
        revision: 1,
        hash: "3f1c09a2b7de".to_owned(),
        summary: plan.summary.clone(),
        plan_url: format!("https://example.com/acme/api/blob/8c1f2e0/{path}"),
        path,
        branch: BranchName::new(issue, title).as_str().to_owned(),
        pull_request: Some(IssueNumber(124)),
        files: plan.files.len(),
        tasks: Tier::ALL.map(|it| (it, count(it))).into_iter().filter(|it| 0 < it.1).collect(),
        level: (found.level, level, why.join(", ")),
        spent: MicroUsd(412_300),
        // 21 November 2026.
        estimate: cost::estimate(&plan, Timestamp(1_795_219_200_000)),
        warnings: lint(&plan).into_iter().map(|it| it.0).collect(),
    }
}

fn example_plan() -> serde_json::Value {
    let file = |path: &str, action: &str, reason: &str| serde_json::json!({ "path": path, "action": action, "reason": reason });
    let task = |id: &str, kind: &str, level: &str, title: &str, files: &[&str]| {
        serde_json::json!({
            "id": id, "kind": kind, "complexity": level, "title": title, "files": files,
            "acceptance": ["It does what its title says."],
            "verify": { "command": "cargo test" },
        })
    };
    serde_json::json!({
        "summary": "Cache query results in Redis for five minutes, behind a trait, so that \
                    installations without Redis run as before. A write to a document drops its \
                    cached answers.",
        "architecture": "`Rag` asks a `Cache` first and falls back to the index.",
        "specifications": "`trait Cache { fn get(&self, key: &str) -> Option<String>; }`",
        "files": [
            file("src/cache.rs", "create", "The trait, and its form for Redis."),
            file("src/rag.rs", "modify", "Reads through the cache."),
            file("src/config.rs", "modify", "Reads `REDIS_URL`."),
            file("Cargo.toml", "modify", "Adds the client."),
            file("tests/cache.rs", "create", "Hit, miss, expiry, no Redis."),
            file("README.md", "modify", "Says how to turn it on."),
        ],
        "dependencies": [{ "name": "redis", "version": "1.0", "why": "The client." }],
        "tasks": [
            task("t1", "implement", "medium", "Cache behind a trait",
                 &["src/cache.rs", "Cargo.toml"]),
            task("t2", "implement", "medium", "Read through it, drop on write",
                 &["src/rag.rs", "src/config.rs"]),
            task("t3", "test", "simple", "Hit, miss, expiry, no Redis", &["tests/cache.rs"]),
            task("t4", "docs", "trivial", "How to turn it on", &["README.md"]),
        ],
        "out_of_scope": ["A cache in memory."],
        "testing": { "strategy": "Table tests on the trait." },
        "rollout": { "flags": "`REDIS_URL`", "gradual": "One service.", "monitoring": "Hit rate." },
        "success_criteria": ["A repeated query does not reach the index."],
    })
}
