//! Rules about tests that go, or that check less than before. A red test is made green in the
//! product; a test that must change is a person's decision.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Found, PlanScope, Rule, added, place};
use crate::domain::diff::{ChangeKind, ChangeSet, FileChange, Sign};
use crate::domain::plan::FileAction;

/// A line that checks something.
const ASSERTION: &str = r#"(?x)
    \b(?:debug_)?assert\w*!?\s*\( | \bassert\s | (?:^|[^.\w])expect\w*\s*\( | \.should\b | \bshould_
  | \brequire\.\w+\s*\( | \bassert\.\w+\s*\( | \bt\.(?:Error|Fatal)f?\s*\( | \.to(?:Be|Equal|Have|Match|Throw|Contain)\w*\s*\(
  | \bXCTAssert | \bAssertions?\. | \w*snapshot!\s*\( | \braises\s*\( | \bcheck\w*\s*\( | \bEXPECT_\w+\s*\( | \bASSERT_\w+\s*\(
  | \bverify\s*\( | \brefute\b
"#;

/// A line that begins a test.
const TEST: &str = r#"(?x)
    \#\[\s*(?:\w+::)*test\b | \#\[rstest | \b(?:it|test|specify|scenario)(?:\.\w+)*\s*\(\s*["'`]
  | ^\s*(?:async\s+)?def\s+test\w*\s*\( | ^func\s+Test\w+\s*\( | @(?:Parameterized|Repeated)?Test\b
  | \[(?:Fact|Theory|Test|TestMethod|TestCase)\b | ^\s*(?:it|test|specify|scenario)\s+["'] | \bTEST(?:_F|_P)?\s*\(
  | \bfunction\s+test\w+\s*\( | \bfunc\s+test\w+\s*\(
"#;

/// A line that keeps tests from running, or all others.
const SKIP: &str = r#"(?x)
    \#\[\s*ignore\b | \#\[cfg_attr\([^\]]*\bignore\b | \#\[cfg\(\s*(?:any\(\)|not\(test\)|FALSE)
  | \b(?:it|test|describe|context|suite)\.(?:skip|skipIf|todo|only|fixme|fails|failing)\b
  | (?:^|[^.\w])x(?:it|describe|test|context|specify)\s*[(\s]["'`] | (?:^|[^.\w])f(?:it|describe)\s*\(\s*["'`]
  | @?\bpytest\.mark\.(?:skip|skipif|xfail)\b | \bpytest\.(?:skip|xfail|importorskip)\s*\(
  | @(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b | \bself\.skipTest\s*\( | \braise\s+(?:unittest\.)?SkipTest
  | \b[tb]\.Skip(?:Now|f)?\s*\( | @(?:Ignore|Disabled)(?:\b|\() | \[Ignore\b | \bSkip\s*=\s*" | @tag\s+:skip\b
  | \bGTEST_SKIP\b | \bDISABLED_\w+ | \bmarkTest(?:Skipped|Incomplete)\s*\( | \bXCTSkip | \bthis\.skip\s*\(\s*\)
  | ^\s*pending\b | ^//go:build\s+(?:ignore|never)
"#;

/// An assertion that always holds.
const TAUTOLOGY: &str = r#"(?x)
    \bassert!?\s*\(\s*(?:true|True|1)\s*[,)] | \bassert\s+(?:True|true|1)\s*(?:$|[,\#;])
  | \bassertTrue\s*\(\s*(?:true|True|1)\s*[,)] | \bexpect\s*\(\s*(?:true|1)\s*\)\s*\.to(?:Be|Equal|BeTruthy)
  | \bassert(?:_eq!|Equals?|Equal)\s*\(\s*(?:1\s*,\s*1|true\s*,\s*true|True\s*,\s*True)\s*\) | \bassert\.ok\s*\(\s*true\b
"#;

/// A setting of a test runner that runs fewer tests or fails less.
const RUNNER: &str = r#"(?x)
    \b(?:test|module)PathIgnorePatterns\b | --deselect\b | --ignore(?:-glob)?[= ] | \bcollect_ignore\b | \bnorecursedirs\b
  | \bpassWithNoTests\b | --passWithNoTests | \btestFailureIgnore\b | \bignoreFailures\b | <skipTests> | -DskipTests
  | \bmaven\.test\.skip | \bcontinue-on-error\s*:\s*true | \bfail_under\b | \bcoverageThreshold\b
  | \b(?:test|check|lint|verify|pytest|jest)\b .* (?: \|\|\s*(?:true|:|exit\s+0) | ;\s*(?:true|exit\s+0)\s*"?,?\s*$ )
  | "test"\s*:\s*"(?:true|exit\s+0|:|echo\b[^&|]*)"
"#;

/// Files in which test runners are set up, besides build files.
const RUNNER_FILES: [&str; 9] = [
    "pytest.ini",
    "pyproject.toml",
    "setup.cfg",
    ".mocharc.json",
    ".mocharc.yml",
    "phpunit.xml",
    ".coveragerc",
    "codecov.yml",
    ".nycrc",
];

static ASSERTIONS: LazyLock<Regex> = LazyLock::new(|| pattern(ASSERTION));
static TESTS: LazyLock<Regex> = LazyLock::new(|| pattern(TEST));
static SKIPS: LazyLock<Regex> = LazyLock::new(|| pattern(SKIP));
static TAUTOLOGIES: LazyLock<Regex> = LazyLock::new(|| pattern(TAUTOLOGY));
static RUNNERS: LazyLock<Regex> = LazyLock::new(|| pattern(RUNNER));

/// Looks at what a change takes from the tests. The whole set is needed because a test that is
/// moved to another file is not lost.
pub(super) fn look(change: &FileChange, set: &ChangeSet, scope: &PlanScope, found: &mut Found) {
    look_at_runner(change, found);
    let before_from = place::tests_from(change.path_before(), change.before_text());
    let after_from = place::tests_from(&change.path, change.after_text());
    if change.kind == ChangeKind::Deleted {
        let is_planned = scope.action(&change.path) == Some(FileAction::Delete);
        if place::is_test(&change.path) && !is_planned && holds_more_than(change, set) {
            let says = "It is a file of tests, and the plan does not delete it.";
            found.ask(Rule::DeletedTest, None, says);
        }
        return;
    }
    if place::is_test(change.path_before()) && !place::is_test(&change.path) {
        let says = "Tests are moved to a place where no runner looks for them.";
        found.ask(Rule::DeletedTest, None, says);
    }
    if let Some(from) = after_from {
        for (number, line) in added(change).into_iter().filter(|(number, _)| from <= *number) {
            if SKIPS.is_match(line) && !was_there(change, line) {
                let says = "The line keeps tests from running.";
                found.ask(Rule::WeakenedTest, Some(number), says);
            }
            if TAUTOLOGIES.is_match(line) && !was_there(change, line) {
                let says = "The line checks something that always holds.";
                found.ask(Rule::WeakenedTest, Some(number), says);
            }
        }
    }
    if let Some(from) = before_from {
        look_for_losses(change, set, from, found);
    }
}

/// Whether a deleted file of tests holds a test or assertion that is nowhere else added.
fn holds_more_than(change: &FileChange, set: &ChangeSet) -> bool {
    [&ASSERTIONS, &TESTS].into_iter().any(|it| 0 < lost(change, set, it, 1).0)
}

fn look_for_losses(change: &FileChange, set: &ChangeSet, from: usize, found: &mut Found) {
    let kinds = [(&ASSERTIONS, "assertion", "assertions"), (&TESTS, "test", "tests")];
    for (pattern, one, several) in kinds {
        let (lost, gained, first) = lost(change, set, pattern, from);
        if gained < lost {
            let n = lost - gained;
            let what = if n == 1 { one } else { several };
            let says = format!("The change takes {n} {what} away from here.");
            found.ask(Rule::WeakenedTest, first, says);
        }
    }
}

/// How many lines of a kind went from here and are nowhere else in the set, how many others came
/// here, and the old number of the first that went.
fn lost(
    change: &FileChange,
    set: &ChangeSet,
    pattern: &Regex,
    from: usize,
) -> (usize, usize, Option<usize>) {
    let mut elsewhere: BTreeMap<&str, usize> = BTreeMap::new();
    let others = set.files().iter().filter(|it| it.path != change.path);
    for other in others.filter(|it| place::tests_from(&it.path, it.after_text()).is_some()) {
        for line in other.lines().iter().filter(|it| it.sign == Sign::Added) {
            *elsewhere.entry(line.text.trim()).or_default() += 1;
        }
    }
    let (mut lost, mut gained, mut first) = (0, 0, None);
    for line in change.lines().iter().filter(|it| pattern.is_match(it.text)) {
        match line.sign {
            Sign::Kept => {}
            Sign::Added => gained += 1,
            Sign::Removed if line.number < from => {}
            Sign::Removed => match elsewhere.get_mut(line.text.trim()).filter(|it| 0 < **it) {
                Some(left) => *left -= 1,
                None => {
                    lost += 1;
                    first = first.or(Some(line.number));
                }
            },
        }
    }
    (lost, gained, first)
}

fn look_at_runner(change: &FileChange, found: &mut Found) {
    let lower = change.path.to_lowercase();
    let is_runner = place::is_build(&change.path)
        || place::is_ci(&change.path)
        || RUNNER_FILES.contains(&place::name(&lower));
    if change.kind == ChangeKind::Deleted || !is_runner {
        return;
    }
    for (number, line) in added(change) {
        if RUNNERS.is_match(line) && !was_there(change, line) {
            let says = "The line makes the test run leave out tests or failures.";
            found.ask(Rule::WeakenedTest, Some(number), says);
        }
    }
}

/// Whether the line stood there before, perhaps indented otherwise.
fn was_there(change: &FileChange, line: &str) -> bool {
    change.before_text().lines().any(|it| it.trim() == line.trim())
}

#[expect(clippy::unwrap_used, reason = "fixed patterns, and the corpus compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}
