//! The corpus of the diff guard: small changes, dangerous and harmless, with what is said of them.

mod dependencies;
mod entries;
mod harmless;
mod reads;
mod weakened;

use super::*;
use crate::domain::diff::{Content, FileMode};
use crate::domain::plan::tests::example;

/// The example plan, which also names these files: what is unplanned is tested on its own.
fn scope_of(files: &[FileChange]) -> PlanScope {
    let paths = files.iter().flat_map(|it| [it.path_before(), it.path.as_str()]);
    PlanScope::of(&example()).with_files(paths)
}

fn judge(files: &[FileChange], scope: &PlanScope) -> String {
    let verdict = guard(&ChangeSet::new(files.to_vec()).unwrap(), scope);
    let mut words: Vec<String> = Vec::new();
    for it in &verdict.findings {
        let word = format!("{} {}", it.severity.word(), it.rule.name());
        if !words.contains(&word) {
            words.push(word);
        }
        assert!(it.sentence.ends_with('.'), "{}", it.sentence);
    }
    words.sort();
    words.join(", ")
}

/// One change set and what is said of it: `severity rule`, sorted.
#[track_caller]
fn check(files: &[FileChange], expected: &str) {
    assert_eq!(judge(files, &scope_of(files)), expected, "{files:#?}");
}

/// One created file.
#[track_caller]
fn check_new(path: &str, text: &str, expected: &str) {
    check(&[FileChange::created(path, text)], expected);
}

/// One modified file.
#[track_caller]
fn check_edit(path: &str, before: &str, after: &str, expected: &str) {
    check(&[FileChange::modified(path, before, after)], expected);
}

fn binary() -> Content {
    Content::Binary { bytes: 100, sha256: "00".into() }
}

#[test]
fn findings_are_sorted_and_told_where() {
    let files = [
        FileChange::created("b/tests/x.rs", "fn a() {}\nlet all = std::env::vars();\n"),
        FileChange::created("a/link", "target").with_mode(FileMode::Symlink),
    ];
    let verdict = guard(&ChangeSet::new(files.to_vec()).unwrap(), &scope_of(&files));
    let shown: Vec<_> =
        verdict.findings.iter().map(|it| (it.path.as_str(), it.line, it.rule)).collect();
    let expected =
        [("a/link", None, Rule::Symlink), ("b/tests/x.rs", Some(2), Rule::EnvironmentRead)];
    assert_eq!(shown, expected);
    assert_eq!(verdict.severity(), Some(Severity::Refused));
    assert!(!verdict.is_clean());
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
}

#[test]
fn one_rule_does_not_bury_the_others() {
    let many = "let x = std::env::vars();\n".repeat(50);
    let files = [FileChange::created("tests/x.rs", &*many)];
    let verdict = guard(&ChangeSet::new(files.to_vec()).unwrap(), &scope_of(&files));
    assert_eq!(verdict.findings.len(), FINDINGS_PER_RULE_MAX);
}

#[test]
fn names_are_those_of_the_stored_form() {
    for rule in Rule::ALL {
        assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
    }
    assert_eq!(quoted("a`b](http://x)\n@team"), "`abhttp://x@team`");
}

#[test]
fn the_plan_bounds_files_and_lines() {
    let scope = PlanScope::of(&example());
    let said = |files: &[FileChange]| judge(files, &scope);
    let long: String = (0..3_000).map(|it| format!("let x{it} = {it};\n")).collect();
    let planned = FileChange::created("src/cache.rs", "fn cache() {}\n");
    assert_eq!(said(std::slice::from_ref(&planned)), "");
    let unplanned = "ask unplanned-file";
    assert_eq!(said(&[planned, FileChange::created("src/other.rs", "x\n")]), unplanned);
    assert_eq!(said(&[FileChange::modified("src/lib.rs", "a\n", "b\n")]), unplanned);
    assert_eq!(said(&[FileChange::deleted("src/rag.rs", "a\n")]), unplanned);
    assert_eq!(said(&[FileChange::deleted("src/lib.rs", "a\n")]), unplanned);
    assert_eq!(said(&[FileChange::moved("src/rag.rs", "src/b.rs", "a\n", "a\n")]), unplanned);
    assert_eq!(said(&[FileChange::moved("src/b.rs", "src/cache.rs", "a\n", "a\n")]), unplanned);
    assert_eq!(said(&[FileChange::created("src/cache.rs", &*long)]), "ask too-many-lines");
    let lock = FileChange::modified("Cargo.lock", "a\n", &*long);
    assert_eq!(said(std::slice::from_ref(&lock)), "", "a lock file goes with its manifest");
    let mut plan = example();
    plan.files.retain(|it| it.path != "Cargo.toml");
    let without = PlanScope::of(&plan);
    assert_eq!(judge(&[lock], &without), unplanned);
    plan.files[1].action = crate::domain::plan::FileAction::Delete;
    let deletes = PlanScope::of(&plan);
    let gone = FileChange::deleted("src/rag.rs", &*long);
    assert_eq!(judge(&[gone], &deletes), "", "planned deletions are no lines");
    let kept = FileChange::modified("src/rag.rs", "a\n", "b\n");
    assert_eq!(judge(&[kept], &deletes), unplanned);
}
