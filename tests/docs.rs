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

use baton::render::help;

/// Every variable that `src/settings.rs` reads. A new one is added here and to the table in
/// `docs/SELF_HOSTING.md`.
const VARIABLES: [&str; 20] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "APP_ID",
    "BATON_BOTS",
    "BATON_CI_NONE",
    "BATON_DATA_DIR",
    "BATON_ESCALATE_ON",
    "BATON_IMPLEMENT_ON_APPROVAL",
    "BATON_MODE",
    "BATON_APPROVE_BY_REVIEW",
    "BATON_STOP",
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
    wanted = with_block(&wanted, "comment", &comment_of_the_tour());
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

/// The cases that `docs/TESTING.md` has to answer for.
const CASES: [&str; 92] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
    "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33",
    "34", "35", "36", "37", "38", "39", "40", "41", "42", "43", "44", "45", "46", "47", "48", "49",
    "50", "51", "52", "53", "54", "55", "56", "57", "58", "59", "60", "61", "62", "63", "64", "65",
    "66", "67", "68", "69", "70", "71", "72", "73", "74", "75", "76", "77", "78", "79", "80", "81",
    "82", "83", "84", "85", "86", "87", "88", "89", "90", "91", "92",
];

/// What stands in code spans of that table and is no test.
const NO_TESTS: [&str; 3] = ["[skip ci]", "baton/**", "crash::planning"];

#[test]
fn every_test_that_a_case_names_exists() {
    let page = fs::read_to_string("docs/TESTING.md").unwrap();
    let section = page.split("\n## Cases of the suite\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|it| it.strip_prefix("| "));
    let rows = rows.filter(|it| it.starts_with(|first: char| first.is_ascii_digit()));
    let mut cases = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [case, _, held] = cells[..] else { panic!("three cells: {row}") };
        cases.push(case);
        let named: Vec<&str> = held.split('`').skip(1).step_by(2).collect();
        assert!(held.contains("*not built*") || !named.is_empty(), "nothing holds case {case}");
        for test in named.into_iter().filter(|it| !NO_TESTS.contains(it)) {
            assert!(is_test(test), "case {case}: there is no test {test}");
        }
    }
    assert_eq!(cases, CASES);
}

/// Whether `module::function` names a test.
fn is_test(name: &str) -> bool {
    let (module, function) = name.rsplit_once("::").unwrap();
    let module = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let place = |root: &str, end: &str| fs::read_to_string(format!("{root}/{module}{end}"));
    ["tests/it", "tests", "src"].iter().any(|root| {
        let ends = [".rs", "/mod.rs", "/tests.rs", "/tests/mod.rs"];
        let sources = ends.iter().map(|end| place(root, end));
        sources.filter_map(Result::ok).any(|source| tests_of(&source).contains(function))
    })
}

/// The names of the tests of a file: functions below a test's attribute, and what stands in the
/// macros that make tests, a function in `on_both!` and a name at a line's start in `shards!`.
fn tests_of(source: &str) -> BTreeSet<&str> {
    let (mut found, mut is_marked, mut made_by) = (BTreeSet::new(), false, "");
    for line in source.lines() {
        let text = line.trim_start();
        match line {
            "on_both! {" | "shards! {" => made_by = line,
            "}" => made_by = "",
            _ => {}
        }
        let name = text.strip_prefix("async ").unwrap_or(text).strip_prefix("fn ");
        let name = name.and_then(|it| it.split(['(', '<']).next());
        let is_item = line.strip_prefix("    ").is_some_and(|it| !it.starts_with(' '));
        match name {
            Some(name) if is_marked || made_by == "on_both! {" && is_item => {
                found.insert(name);
            }
            None if made_by == "shards! {" => found.extend(text.split(' ').next()),
            Some(_) | None => {}
        }
        let goes_on = text.starts_with("#[") || text.starts_with("//");
        is_marked = text.starts_with("#[test]")
            || text.starts_with("#[tokio::test")
            || is_marked && goes_on;
    }
    found
}

#[test]
fn a_helper_is_no_test() {
    let source = "fn helper() {}\n\n#[test]\n#[ignore]\nfn held() {\n    fn inner() {}\n}\n\n\
                  on_both! {\n    async fn both(db: &Db) {\n        fn inner() {}\n    }\n}\n\n\
                  fn after() {}\n\nshards! {\n    shard_1 0\n}\n";
    let tests = tests_of(source);
    for name in ["held", "both", "shard_1"] {
        assert!(tests.contains(name), "{name}: {tests:?}");
    }
    for name in ["helper", "inner", "after"] {
        assert!(!tests.contains(name), "{name}: {tests:?}");
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

/// The comment that announces the tour's first plan, as a quotation, so that the README shows it
/// rendered. The story has it as the terminal shows it: wrapped, its headings bare, its folded
/// parts closed.
fn comment_of_the_tour() -> String {
    let story = fs::read_to_string("src/cli/demo/tour/story.txt").unwrap();
    let told = story.lines().skip_while(|it| *it != "    | Plan revision 1 is ready");
    let shown = told.map_while(|it| it.strip_prefix("    |")).map(str::trim_start);
    let mut lines: Vec<String> = Vec::new();
    for text in shown {
        let begins = text.is_empty() || text.starts_with("- ") || text.starts_with('▸');
        match lines.last_mut() {
            None => lines.push(format!("### {text}")),
            Some(last) if !begins && !last.is_empty() => {
                last.push(' ');
                last.push_str(text);
            }
            Some(_) if text.starts_with('▸') => lines.extend([String::new(), text.to_owned()]),
            Some(_) => lines.push(text.to_owned()),
        }
    }
    assert!(!lines.is_empty(), "the tour no longer announces a plan");
    lines.iter().map(|it| format!("> {it}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
