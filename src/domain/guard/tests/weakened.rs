//! Tests that go or check less.

use super::*;
use crate::domain::plan::FileAction;

const WEAKER: &str = "ask weakened-test";

const RUST: &str =
    "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n    assert!(add(1, 0) > 0);\n}\n";

#[test]
fn skipped_tests_are_asked_about() {
    let (js, py) = (
        "it('works', () => {\n  expect(x).toBe(1);\n});\n",
        "def test_a():\n    assert a() == 1\n",
    );
    check_edit("tests/a.rs", RUST, &RUST.replace("#[test]", "#[test]\n#[ignore]"), WEAKER);
    check_edit("tests/a.rs", RUST, &RUST.replace("#[test]", "#[cfg(any())]\n#[test]"), WEAKER);
    check_edit("a.test.js", js, &js.replace("it(", "it.skip("), WEAKER);
    check_edit("a.test.js", js, &js.replace("it(", "xit("), WEAKER);
    check_edit("a.test.js", js, &js.replace("it(", "it.only("), WEAKER);
    check_edit("tests/test_a.py", py, &format!("@pytest.mark.skip\n{py}"), WEAKER);
    check_edit("tests/test_a.py", py, &format!("@pytest.mark.xfail(strict=False)\n{py}"), WEAKER);
    let go = "func TestA(t *testing.T) {\n\tt.Fatal(\"x\")\n}\n";
    check_edit("a_test.go", go, &go.replace("\tt.F", "\tt.Skip(\"later\")\n\tt.F"), WEAKER);
    let java = "@Test\nvoid a() { assertEquals(1, a()); }\n";
    check_edit("src/test/ATest.java", java, &format!("@Disabled\n{java}"), WEAKER);
}

#[test]
fn lost_assertions_are_asked_about() {
    check_edit("tests/a.rs", RUST, &RUST.replace("    assert!(add(1, 0) > 0);\n", ""), WEAKER);
    check_edit(
        "tests/a.rs",
        RUST,
        &RUST.replace("assert!(add(1, 0) > 0)", "let _ = add(1, 0)"),
        WEAKER,
    );
    check_edit("tests/a.rs", RUST, "", WEAKER);
    check_edit("tests/a.rs", RUST, &RUST.replace("add(1, 0) > 0", "true"), WEAKER);
    let product = format!("fn add() {{}}\n\n#[cfg(test)]\nmod tests {{\n{RUST}}}\n");
    check_edit("src/a.rs", &product, &product.replace("    assert!(add(1, 0) > 0);\n", ""), WEAKER);
    let js = "it('works', () => {\n  expect(f()).toBe(1);\n});\n";
    check_edit(
        "web/a.test.ts",
        js,
        &js.replace("expect(f()).toBe(1)", "expect(true).toBe(true)"),
        WEAKER,
    );
    let two = format!("{js}{}", js.replace("works", "fails"));
    check_edit("web/a.test.ts", &two, js, WEAKER);
}

#[test]
fn deleted_tests_are_asked_about() {
    let gone = FileChange::deleted("tests/a.rs", RUST);
    check(std::slice::from_ref(&gone), "ask deleted-test, ask unplanned-file");
    let mut plan = example();
    plan.files[0].path = "tests/a.rs".into();
    plan.files[0].action = FileAction::Delete;
    assert_eq!(judge(std::slice::from_ref(&gone), &PlanScope::of(&plan)), "", "the plan says so");
    let elsewhere = FileChange::created("tests/b.rs", RUST);
    check(&[gone, elsewhere], "ask unplanned-file");
    check(&[FileChange::moved("tests/a.rs", "attic/a.rs", RUST, RUST)], "ask deleted-test");
}

#[test]
fn runners_that_look_away_are_asked_about() {
    let npm =
        |script: &str| format!("{{\n  \"scripts\": {{\n    \"test\": \"{script}\"\n  }}\n}}\n");
    check_edit("package.json", &npm("vitest run"), &npm("vitest run || true"), WEAKER);
    check_edit("package.json", &npm("vitest run"), &npm("exit 0"), WEAKER);
    check_edit("package.json", &npm("vitest run"), &npm("vitest --passWithNoTests"), WEAKER);
    check_edit(
        "Makefile",
        "test:\n\tpytest\n",
        "test:\n\tpytest --deselect tests/test_a.py\n",
        WEAKER,
    );
    check_edit("Makefile", "test:\n\tcargo test\n", "test:\n\tcargo test || true\n", WEAKER);
    check_edit("pytest.ini", "[pytest]\n", "[pytest]\naddopts = --ignore=tests/slow\n", WEAKER);
    check_edit("jest.config.js", "\n", "testPathIgnorePatterns: ['a'],\n", WEAKER);
    check_edit("codecov.yml", "\n", "  fail_under: 0\n", WEAKER);
}
