//! Edits over a small repository: what they change, what they refuse, what they come to.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::base::{RepositoryId, Sha};
use crate::domain::diff::{ChangeKind, ChangeSet, FileChange};
use crate::domain::session::{Editing, Reading};
use crate::scout::{Snapshot, SnapshotBuilder, SnapshotLimits};

const CACHE: &str = "fn get() {\n    one();\n    two();\n}\n\nfn put() {\n    one();\n}\n";

fn base() -> (TempDir, Arc<Snapshot>) {
    let dir = tempfile::tempdir().unwrap();
    let sha = Sha("0123456789abcdef0123456789abcdef01234567".to_owned());
    let limits = SnapshotLimits::default();
    let mut builder = SnapshotBuilder::new(dir.path(), RepositoryId(1), &sha, limits).unwrap();
    for (path, bytes) in [
        ("src/cache.rs", CACHE.as_bytes()),
        ("src/windows.rs", b"fn a() {\r\n    b();\r\n}\r\n"),
        ("src/marked.rs", b"\xef\xbb\xbfusing x;\n"),
        ("src/latin.txt", b"caf\xe9\n"),
        ("docs/guide.md", b"# Guide\n"),
        ("logo.png", b"\x89PNG\0\0"),
        (".env", b"KEY=1\n"),
        ("legal/terms.md", b"secret\n"),
        (".batonignore", b"legal/\n"),
        ("CLAUDE.md", b"# Rules\n"),
    ] {
        builder.add(path, bytes).unwrap();
    }
    (dir, Arc::new(builder.finish().unwrap()))
}

fn create(path: &str, content: &str) -> Editing {
    Editing::Create { path: path.into(), content: content.into() }
}

fn swap(path: &str, old: &str, new: &str) -> Editing {
    Editing::Replace { path: path.into(), old: old.into(), new: new.into() }
}

fn delete(path: &str) -> Editing {
    Editing::Delete { path: path.into() }
}

fn shift(from: &str, to: &str) -> Editing {
    Editing::Move { from: from.into(), to: to.into() }
}

/// `kind path`, `moved from -> path`.
fn words(set: &ChangeSet) -> Vec<String> {
    let word = |it: &FileChange| match &it.kind {
        ChangeKind::Moved { from } => format!("moved {from} -> {}", it.path),
        ChangeKind::Created | ChangeKind::Modified | ChangeKind::Deleted => {
            format!("{} {}", it.kind.word(), it.path)
        }
    };
    set.files().iter().map(word).collect()
}

/// What some edits come to. After each one another workspace goes on.
#[track_caller]
fn check(edits: &[Editing], expected: &[&str]) {
    let (_dir, base) = base();
    let mut workspace = Workspace::new(Arc::clone(&base));
    for it in edits {
        workspace.edit(it).unwrap();
        let replayed = Workspace::with_edits(Arc::clone(&base), workspace.edits().clone());
        assert_eq!(replayed.change_set().unwrap(), workspace.change_set().unwrap());
        workspace = replayed;
    }
    assert_eq!(words(&workspace.change_set().unwrap()), expected, "{edits:?}");
}

#[test]
fn edits_come_to_a_change_set() {
    check(&[], &[]);
    check(&[create("src/new.rs", "fn a() {}\n")], &["created src/new.rs"]);
    check(&[swap("src/cache.rs", "two();", "three();")], &["modified src/cache.rs"]);
    check(&[delete("docs/guide.md")], &["deleted docs/guide.md"]);
    check(&[delete("logo.png")], &["deleted logo.png"]);
    check(&[shift("docs/guide.md", "docs/use.md")], &["moved docs/guide.md -> docs/use.md"]);
    let (there, back) = (swap("src/cache.rs", "two", "six"), swap("src/cache.rs", "six", "two"));
    check(&[there, back], &[]);
    check(&[create("a.rs", "x\n"), delete("a.rs")], &[]);
    check(&[create("a.rs", "x\n"), shift("a.rs", "b.rs")], &["created b.rs"]);
    check(&[create("a.rs", "x\n"), swap("a.rs", "x", "y")], &["created a.rs"]);
    check(&[delete("docs/guide.md"), create("docs/guide.md", "# Guide\n")], &[]);
    check(
        &[delete("docs/guide.md"), create("docs/guide.md", "new\n")],
        &["modified docs/guide.md"],
    );
}

#[test]
fn moves_are_followed_to_their_end() {
    let (guide, using) = ("docs/guide.md", "docs/use.md");
    check(&[shift(guide, using), shift(using, guide)], &[]);
    check(&[shift(guide, using), shift(using, "c.md")], &["moved docs/guide.md -> c.md"]);
    let edited = [shift(guide, using), swap(using, "Guide", "Use")];
    check(&edited, &["moved docs/guide.md -> docs/use.md"]);
    check(&[shift(guide, using), delete(using)], &["deleted docs/guide.md"]);
    let refilled = [shift(guide, using), create(guide, "new\n")];
    check(&refilled, &["modified docs/guide.md", "created docs/use.md"]);
    let over = [delete("src/cache.rs"), shift(guide, "src/cache.rs")];
    check(&over, &["deleted docs/guide.md", "modified src/cache.rs"]);
    let edited_first = [swap(guide, "Guide", "Use"), shift(guide, using)];
    check(&edited_first, &["moved docs/guide.md -> docs/use.md"]);
    let turned = [shift(guide, using), create(guide, "# Guide\n")];
    check(&turned, &["created docs/use.md"]);
}

#[test]
fn reading_tools_see_the_edits() {
    let (_dir, base) = base();
    let mut workspace = Workspace::new(Arc::clone(&base));
    let list = Reading::ListFiles { dir: Some("src".into()), glob: None };
    let grep = Reading::Grep { pattern: "two|quokka".into(), glob: None };
    let search = Reading::Search { query: "quokka marsupial".into() };
    let read = |path: &str| Reading::ReadFile { path: path.into(), from_line: None, to_line: None };
    assert_eq!(workspace.read(&search).unwrap(), "No file has any of: quokka, marsupial.\n");
    workspace.edit(&create("src/zoo/quokka.rs", "fn quokka() {}\n")).unwrap();
    workspace.edit(&swap("src/cache.rs", "two();", "marsupial();")).unwrap();
    workspace.edit(&delete("src/windows.rs")).unwrap();
    let listed = workspace.read(&list).unwrap();
    assert!(listed.contains("src/zoo/quokka.rs (15 B)") && !listed.contains("windows"), "{listed}");
    assert_eq!(workspace.read(&grep).unwrap(), "src/zoo/quokka.rs:1: fn quokka() {}\n");
    let found = workspace.read(&search).unwrap();
    assert!(found.starts_with("src/zoo/quokka.rs:1: fn quokka() {}\n"), "{found}");
    assert!(found.contains("src/cache.rs:3: marsupial();\n"), "{found}");
    assert_eq!(workspace.read(&read("src/zoo/quokka.rs")).unwrap(), "    1\tfn quokka() {}\n");
    assert!(workspace.read(&read("src/windows.rs")).is_err());
    assert_eq!(base.paths().len(), workspace.snapshot().paths().len(), "one came, one went");
    assert!(base.run(&read("src/windows.rs")).is_ok(), "the commit is as it was");
}

#[track_caller]
fn check_refused(editing: Editing, part: &str) {
    let (_dir, base) = base();
    let mut workspace = Workspace::new(base);
    let says = workspace.edit(&editing).unwrap_err().to_string();
    assert!(says.contains(part), "{editing:?}: {says}");
    assert!(workspace.edits().is_empty(), "a refused edit changes nothing");
}

#[test]
fn paths_that_agents_do_not_write_are_refused() {
    for path in
        ["../a.rs", "src/../a.rs", ".git/config", "src\\a.rs", "a\nb", "src/%2e%2e/a", "nul"]
    {
        check_refused(create(path, "x\n"), "`");
    }
    check_refused(create(".github/workflows/ci.yml", "x\n"), "never changes workflows");
    check_refused(create(".github/baton.yml", "x\n"), "instruction file");
    check_refused(swap("CLAUDE.md", "Rules", "Orders"), "instruction file");
    check_refused(delete("CLAUDE.md"), "instruction file");
    check_refused(shift("CLAUDE.md", "docs/old.md"), "instruction file");
    check_refused(shift("docs/guide.md", ".claude/guide.md"), "instruction file");
    check_refused(swap(".env", "KEY", "K"), "no model reads or writes");
    check_refused(create("deploy/x.pem", "x\n"), "no model reads or writes");
    check_refused(delete("legal/terms.md"), "no model reads or writes");
    check_refused(delete(".batonignore"), "Baton's own");
    check_refused(create("docs/prds/active/1-plan.md", "x\n"), "Baton's own");
}

#[test]
fn paths_that_are_taken_or_absent_are_refused() {
    check_refused(create("src/cache.rs", "x\n"), "exists already");
    check_refused(create("src/Cache.rs", "x\n"), "differs from `src/Cache.rs` in case only");
    check_refused(create("src", "x\n"), "is a folder");
    check_refused(create("docs/guide.md/more.md", "x\n"), "nothing can stand below it");
    check_refused(shift("src/cache.rs", "docs/guide.md"), "exists already");
    check_refused(delete("src/cash.rs"), "Near: `src/cache.rs`");
    check_refused(delete("src"), "is a folder");
    check_refused(swap("nowhere.rs", "a", "b"), "There is no file");
    check_refused(swap("logo.png", "a", "b"), "binary file");
    check_refused(shift("logo.png", "b.png"), "binary file");
    check_refused(swap("src/latin.txt", "caf", "tea"), "not UTF-8");
    let (_dir, base) = base();
    let mut workspace = Workspace::new(base);
    workspace.edit(&create("/src//new.rs", "x\n")).unwrap();
    assert_eq!(
        workspace.edits().paths().collect::<Vec<_>>(),
        ["src/new.rs"],
        "as reading reads it"
    );
}

#[test]
fn limits_are_told() {
    check_refused(create("a.txt", &"x".repeat(512 * 1_024 + 1)), "at most 512.0 KB");
    check_refused(create("a.txt", "a\0b"), "NUL");
    let (_dir, base) = base();
    let mut workspace = Workspace::new(base);
    for i in 0..200 {
        workspace.edit(&create(&format!("n/{i}.txt"), "x\n")).unwrap();
    }
    let says = workspace.edit(&create("n/last.txt", "x\n")).unwrap_err().to_string();
    assert!(says.contains("201th file"), "{says}");
    workspace.edit(&delete("n/0.txt")).unwrap();
    let large = "x".repeat(500 * 1_024);
    for i in 1..9 {
        workspace.edit(&swap(&format!("n/{i}.txt"), "x\n", &large)).unwrap();
    }
    let says = workspace.edit(&swap("n/9.txt", "x\n", &large)).unwrap_err().to_string();
    assert!(says.contains("All written files together"), "{says}");
}

#[track_caller]
fn check_replaced(path: &str, old: &str, new: &str, expected: &str) {
    let (_dir, base) = base();
    let mut workspace = Workspace::new(base);
    workspace.edit(&swap(path, old, new)).unwrap();
    let set = workspace.change_set().unwrap();
    assert_eq!(set.get(path).unwrap().after_text(), expected);
}

#[test]
fn text_is_replaced_exactly() {
    check_replaced("src/cache.rs", "    two();\n", "", &CACHE.replace("    two();\n", ""));
    let two = "    one();\n    two();\n";
    check_replaced("src/cache.rs", two, "    $0;\n", &CACHE.replace(two, "    $0;\n"));
    check_replaced(
        "src/windows.rs",
        "fn a() {\n    b();",
        "fn a() {\n    c();\n    d();",
        "fn a() {\r\n    c();\r\n    d();\r\n}\r\n",
    );
    check_replaced("src/marked.rs", "x;", "y;", "\u{feff}using y;\n");
    let (_dir, base) = base();
    let mut workspace = Workspace::new(base);
    let answer = workspace.edit(&swap("src/cache.rs", "two();", "two();\n    three();")).unwrap();
    let expected = "Replaced in `src/cache.rs`. It reads now:\n    1\tfn get() {\n    2\t    one();\n    \
                    3\t    two();\n    4\t    three();\n    5\t}\n    6\t\n";
    assert_eq!(answer, expected);
}

#[test]
fn text_that_does_not_stand_there_once_is_refused_with_help() {
    check_refused(
        swap("src/cache.rs", "one();", "x"),
        "stands 2 times in `src/cache.rs` (lines 2, 7)",
    );
    check_refused(swap("src/cache.rs", "", "x"), "`old` is empty");
    check_refused(swap("src/cache.rs", "two();", "two();"), "nothing would change");
    let near = "stands 0 times in `src/cache.rs`; it must stand there exactly once. Near it is:\n    \
                1\tfn get() {\n    2\t    one();\n    3\t    two();\n    4\t}\n    5\t\n";
    check_refused(swap("src/cache.rs", "\ttwo();", "x"), near);
    check_refused(swap("src/cache.rs", "twoo();", "x"), "    3\t    two();");
    check_refused(swap("src/cache.rs", "    3\t    two();", "x"), "Leave out the line numbers");
    check_refused(
        swap("src/cache.rs", "completely different words here", "x"),
        "No line is like it",
    );
    check_refused(swap("src/cache.rs", "key = [redacted: token]", "x"), "is masked");
    let (_dir, base) = base();
    let mut workspace = Workspace::new(base);
    workspace.edit(&create("a.txt", "aaa\n")).unwrap();
    let says = workspace.edit(&swap("a.txt", "aa", "b")).unwrap_err().to_string();
    assert!(says.contains("2 times"), "overlapping places count: {says}");
    workspace.edit(&create("b.txt", &"a".repeat(500_000))).unwrap();
    let says = workspace.edit(&swap("b.txt", &"a".repeat(250_000), "b")).unwrap_err().to_string();
    assert!(says.contains("stands at least 100 times"), "{says}");
}
