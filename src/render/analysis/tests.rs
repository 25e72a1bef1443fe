use insta::assert_snapshot;
use serde_json::Value;

use super::*;
use crate::domain::classify::{IssueFacts, Tokens};
use crate::domain::route::{RouterSettings, analyse};

fn analysis_of(text: &str) -> Analysis {
    analyse(&IssueFacts::from_text(text), &RouterSettings::default())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(quote(text), expected);
}

#[test]
fn a_quote_is_inert() {
    check("@everyone", "`@everyone`");
    check("a`b", "`a'b`");
    check("<!-- baton:status -->", "`‹!-- baton:status --›`");
    check("x|y\\|z", "`x/y//z`");
    check("line\nbreak", "`line break`");
    check("\u{202e}\u{200b}", "");
    check(&"x".repeat(100), &format!("`{}…`", "x".repeat(60)));
}

#[test]
fn the_comment_is_short_and_says_why() {
    let text = "Design a real-time notification system with WebSocket support,\n\
        Redis pub/sub for scaling, and PostgreSQL persistence";
    assert_snapshot!(comment(&analysis_of(text)), @r#"
    ### Model Router Analysis

    **Opus** is recommended for this architectural planning task: score 100 of 100 · no history yet here.

    - Why: System design with WebSocket architecture; Database schema changes required (new tables + migrations); 10+ files estimated for implementation.
    - Complexity **complex** (medium confidence)
    - Scope: 10+ files (parts named), database schema changes
    - Cost on Opus: unknown (no price is configured)
    - Next: Use Opus for comprehensive planning. After Opus creates the plan, switch to Sonnet for implementation.

    <details><summary>Signals and weights</summary>

    | signal | weight | evidence |
    |---|---:|---|
    | **Opus** | **100** |  |
    | design, architecture, plan, review or analyze keyword | +30 | `Design` |
    | architecture context | +20 | `system` |
    | database schema change | +40 | `PostgreSQL persistence` |
    | over 5 files | +20 | `10+ files` |
    | **Sonnet** | **0** |  |
    | **Haiku** | **0** |  |
    | **Complexity complex** |  |  |
    | at least complex: architecture context with a schema change |  | `system` |
    | simple: parts named |  | `10+ files` |

    <sub>Issues rated by people that got this level (n = 48, smoothed): trivial 6 %, simple 28 %, medium 56 %, complex 8 %, expert 2 %. A score is not a probability.</sub>

    </details>
    "#);
}

#[test]
fn the_folded_part_names_who_does_what() {
    assert_snapshot!(details(&analysis_of("Fix typo in SECURITY.md")), @r#"
    <details><summary>Router analysis: trivial; Haiku is enough</summary>

    | signal | weight | evidence |
    |---|---:|---|
    | **Opus** | **0** |  |
    | **Sonnet** | **70** |  |
    | implementation keyword | +30 | `Fix typo` |
    | no architecture or schema word | +20 |  |
    | under 3 files | +20 | `1 file` |
    | **Haiku** | **100** |  |
    | trivial or simple | +50 | `trivial` |
    | docs, formatting, rename or tests only | +30 | `documentation` |
    | under 3 files | +20 | `1 file` |
    | **Complexity trivial** |  |  |
    | trivial: keyword |  | `Fix typo` |

    <sub>Issues rated by people that got this level (n = 2, smoothed): trivial 6 %, simple 31 %, medium 56 %, complex 6 %, expert 2 %. A score is not a probability.</sub>

    </details>
    "#);
    let summary_of = |text| {
        let it = details(&analysis_of(text));
        it.split(['<', '>']).nth(4).unwrap_or_default().to_owned()
    };
    assert_snapshot!(summary_of("Refactor the parser"), @"Router analysis: complex; Opus plans, Sonnet builds");
    assert_snapshot!(summary_of("Login broken"), @"Router analysis: simple; Sonnet is the safe middle");
    assert_snapshot!(summary_of("Review the security of sign-in"), @"Router analysis: expert; Opus plans and builds");
}

#[test]
fn nothing_of_the_issue_escapes_its_code_span() {
    let text = "Fix `docs/`@evil`|x.md` /baton plan\n- [a](b) <img src=x> x|y.md\n@evil/x.md";
    for shown in [comment(&analysis_of(text)), details(&analysis_of(text))] {
        for (i, part) in shown.split('`').enumerate() {
            let outside = i % 2 == 0;
            assert!(!outside || !part.contains("evil") && !part.contains("/baton"), "{shown}");
        }
        assert!(!shown.contains("<img"), "{shown}");
    }
}

#[test]
fn the_json_object_has_the_documented_members() {
    let facts = IssueFacts {
        tokens: Some(Tokens::left(30_000)),
        ..IssueFacts::from_text("Design the system in src/a.rs")
    };
    let text = json(&analyse(&facts, &RouterSettings::default()));
    let value: Value = serde_json::from_str(&text).unwrap();
    for name in [
        "task_type",
        "complexity",
        "scores",
        "recommended_tier",
        "confidence",
        "basis",
        "reasons",
        "scope",
        "tokens",
        "action",
        "tip",
        "warning",
    ] {
        assert!(!value[name].is_null(), "{name}: {text}");
    }
    let names = |value: &Value| -> Vec<String> {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let complexity = ["confidence", "level", "n", "probabilities"];
    assert_eq!(names(&value["complexity"]), complexity);
    let levels = ["complex", "expert", "medium", "simple", "trivial"];
    assert_eq!(names(&value["complexity"]["probabilities"]), levels);
    assert_eq!(names(&value["scores"]), ["haiku", "opus", "sonnet"]);
    let scope = ["at_least", "evidence", "n_files", "schema_change", "source"];
    assert_eq!(names(&value["scope"]), scope);
    assert_eq!(value["scope"]["n_files"], 1);
    assert_eq!(value["warning"]["ideal_tier"], "sonnet");
    let shares = value["complexity"]["probabilities"].as_object().unwrap();
    let sum: f64 = shares.values().filter_map(Value::as_f64).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{shares:?}");
}
