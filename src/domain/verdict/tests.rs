//! Results are written `ci/test ok 10-50`: source, name, outcome, begin and end in seconds after
//! the push. Sources: `ci`, `two` and `evil` are Apps, `baton` is ours, `@7` is an account that sets
//! statuses. Later ones have higher ids.

use super::*;

const PUSH: Timestamp = Timestamp(1_000_000_000);
const OWN: AppId = AppId(9);

fn app(word: &str) -> AppId {
    match word {
        "ci" => AppId(1),
        "two" => AppId(2),
        "evil" => AppId(3),
        "baton" => OWN,
        other => panic!("{other}"),
    }
}

fn at(seconds: &str) -> Option<Timestamp> {
    seconds.parse().ok().map(|it| PUSH + Millis::seconds(it))
}

fn conclusion(word: &str) -> Conclusion {
    match word {
        "queued" | "in_progress" | "waiting" => Conclusion::read(word, None),
        "ok" => Conclusion::read("completed", Some("success")),
        "red" => Conclusion::read("completed", Some("failure")),
        other => Conclusion::read("completed", Some(other)),
    }
}

fn results(text: &str) -> (Vec<CheckRun>, Vec<CommitStatus>) {
    let (mut checks, mut statuses) = (Vec::new(), Vec::new());
    for (i, row) in text.split(';').map(str::trim).filter(|it| !it.is_empty()).enumerate() {
        let words: Vec<&str> = row.split_whitespace().collect();
        let (source, name) = words[0].split_once('/').unwrap();
        let id = i64::try_from(i).unwrap() + 1;
        let (started, ended) = words.get(2).unwrap_or(&"0-0").split_once('-').unwrap();
        let url = match source {
            "ci" => format!("https://ci.example/actions/runs/900/job/{id}"),
            _ => format!("https://ci.example/{id}"),
        };
        if let Some(account) = source.strip_prefix('@') {
            let state = match words[1] {
                "ok" => "SUCCESS",
                "red" => "failure",
                other => other,
            };
            statuses.push(CommitStatus {
                id,
                creator: account.parse().ok().map(UserId),
                context: name.to_owned(),
                state: StatusState::read(state).unwrap(),
                at: at(ended).or(at(started)).unwrap(),
                url,
            });
        } else {
            checks.push(CheckRun {
                id,
                app: app(source),
                name: name.to_owned(),
                conclusion: conclusion(words[1]),
                started_at: at(started),
                completed_at: at(ended),
                url,
            });
        }
    }
    (checks, statuses)
}

fn required(text: &str) -> Vec<Required> {
    let one = |it: &str| match it.split_once('/') {
        Some((source, name)) => Required { name: name.to_owned(), app: Some(app(source)) },
        None => Required { name: it.to_owned(), app: None },
    };
    text.split_whitespace().map(one).collect()
}

/// Workflow runs, written `CI/push queued 20`: name, event, outcome, last change.
fn workflow_runs(text: &str) -> Vec<WorkflowRun> {
    let rows = text.split(';').map(str::trim).filter(|it| !it.is_empty());
    let run = |(i, row): (usize, &str)| {
        let words: Vec<&str> = row.split_whitespace().collect();
        let (name, event) = words[0].split_once('/').unwrap();
        let id = i64::try_from(i).unwrap() + 1;
        WorkflowRun {
            id,
            name: name.to_owned(),
            event: event.to_owned(),
            conclusion: conclusion(words[1]),
            updated_at: words.get(2).and_then(|it| at(it)),
            url: format!("https://ci.example/actions/runs/{id}"),
        }
    };
    rows.enumerate().map(run).collect()
}

fn judged(head: &str, base: &str, requires: &str, now_s: i64) -> Judged {
    judged_with_runs((head, ""), (base, ""), requires, now_s)
}

fn judged_with_runs(
    (head, runs): (&str, &str),
    (base, base_runs): (&str, &str),
    requires: &str,
    now_s: i64,
) -> Judged {
    judged_for(None, (head, runs), (base, base_runs), requires, now_s)
}

fn judged_for(
    verify: Option<&str>,
    (head, runs): (&str, &str),
    (base, base_runs): (&str, &str),
    requires: &str,
    now_s: i64,
) -> Judged {
    let ((checks, statuses), (base_checks, base_statuses)) = (results(head), results(base));
    let (runs, base_runs) = (workflow_runs(runs), workflow_runs(base_runs));
    let required = required(requires);
    let evidence = Evidence {
        checks: &checks,
        statuses: &statuses,
        base_checks: &base_checks,
        base_statuses: &base_statuses,
        runs: &runs,
        base_runs: &base_runs,
        required: &required,
        verify,
        own_app: OWN,
        pushed_at: PUSH,
    };
    judge(&evidence, PUSH + Millis::seconds(now_s))
}

/// A base on which `ci` and the account 7 have reported.
const BASE: &str = "ci/test ok; ci/lint ok; @7/deploy ok";

/// `expected` is the verdict with its names, and `@seconds` of when to look again.
#[track_caller]
fn check_with(head: &str, base: &str, requires: &str, now_s: i64, expected: &str) {
    assert_eq!(told(&judged(head, base, requires, now_s)), expected, "{head} at {now_s}");
}

/// The verdict with its names, and `@seconds` of when to look again.
fn told(judged: &Judged) -> String {
    let names = |it: &[Failing]| it.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(" ");
    let mut actual = match &judged.verdict {
        Verdict::Red { failing } => format!("red: {}", names(failing)),
        Verdict::NeedsPerson { waiting } => format!("needs a person: {}", names(waiting)),
        Verdict::Silent { open } => format!("silent: {}", open.join(" ")),
        Verdict::Unproven { check } => format!("unproven: {check}"),
        Verdict::Unknown { undecided } => format!("unknown: {}", undecided.join(" ")),
        Verdict::Pending { since } => format!("pending since {}", (*since - PUSH).0 / 1_000),
        other @ (Verdict::Green | Verdict::Unverified) => other.name().to_owned(),
    };
    if let Some(look_again) = judged.look_again {
        actual = format!("{actual} @{}", (look_again - PUSH).0 / 1_000);
    }
    actual
}

#[track_caller]
fn check(head: &str, now_s: i64, expected: &str) {
    check_with(head, BASE, "", now_s, expected);
}

/// A task is done when its own check is green, not when the others are.
#[test]
fn the_check_of_the_task_has_to_pass() {
    let check = |head: &str, base: &str, requires: &str, now_s: i64, expected: &str| {
        let judged = judged_for(Some("integration"), (head, ""), (base, ""), requires, now_s);
        assert_eq!(told(&judged), expected, "{head} at {now_s}");
    };
    let base = "ci/test ok; ci/integration ok";
    let late = "pending since 0 @300";
    check("ci/test ok 0-50", base, "", 150, late);
    check("ci/test ok 0-50", base, "", 300, "unproven: integration");
    check("ci/test ok 0-50; ci/integration ok 60-90", base, "", 150, "green");
    check(
        "ci/test ok 0-50; ci/integration in_progress 60-",
        base,
        "",
        150,
        "pending since 0 @3600",
    );
    check("ci/test ok 0-50; ci/integration red 60-90", base, "", 150, "red: integration");
    check("ci/test ok 0-50; ci/integration skipped 60-90", base, "", 300, "unproven: integration");
    // Where the base branch requires others, it counts beside them.
    check("ci/test ok 0-50; ci/integration red 60-90", base, "test", 150, "red: integration");
    check("ci/test ok 0-50; ci/integration ok 60-90", base, "test", 150, "green");
    check("ci/test ok 0-50", base, "test", 300, "unproven: integration");
    // Of a stranger it proves nothing, and what was red before and passes now does.
    check("ci/test ok 0-50; evil/integration ok 60-90", base, "", 300, "unproven: integration");
    let red = "ci/test ok; ci/integration red";
    check("ci/test ok 0-50; ci/integration ok 60-90", red, "", 150, "green");
    check("ci/test ok 0-50; ci/integration red 60-90", red, "", 300, "unproven: integration");
    // Neither changes where the base branch requires others.
    check("ci/test ok 0-50; evil/integration ok 60-90", base, "test", 300, "unproven: integration");
    check("ci/test ok 0-50; @8/integration ok 60-90", base, "test", 300, "unproven: integration");
    check("ci/test ok 0-50; ci/integration red 60-90", red, "test", 300, "unproven: integration");
    check("ci/test ok 0-50; ci/integration ok 60-90", red, "test", 150, "green");
    // Nothing else need speak: the repository's one check was red and passes now.
    check("ci/integration ok 60-90", "ci/integration red", "", 150, "green");
    check("ci/test red 0-50", base, "", 150, "red: test");
    // Where nothing spoke at all, that check did not either.
    check("", base, "", 300, "unproven: integration");
    check("ci/integration skipped 0-10", base, "", 300, "unproven: integration");
}

#[test]
fn a_check_is_the_tasks_own_however_people_write_its_name() {
    for (verify, name, is) in [
        ("test", "test", true),
        ("Test", "test", true),
        ("ci / test", "test", true),
        ("CI / test (pull_request)", "test", true),
        ("CI / build / test", "build / test", true),
        ("CI / build / test", "test", false),
        ("test", "test (ubuntu-latest, 1.90)", true),
        ("ci / test", "Test (windows)", true),
        ("ci/jenkins", "ci/jenkins", true),
        ("jenkins", "ci/jenkins", false),
        ("test", "test-slow", false),
        ("test", "latest", false),
        ("", "test", false),
    ] {
        assert_eq!(judge::is_named(verify, name), is, "{verify} and {name}");
    }
    let head = "ci/test ok 0-50; ci/integration ok 60-90";
    let judged = judged_for(Some("CI / Integration"), (head, ""), ("ci/test ok", ""), "test", 150);
    assert_eq!(told(&judged), "green");
    // What nobody requires and only resembles the name is not held against the commit.
    let red = ("ci/test ok 0-50; ci/integration red 60-90", "");
    let judged = judged_for(Some("CI / Integration"), red, ("ci/test ok", ""), "test", 300);
    assert_eq!(told(&judged), "unproven: CI / Integration");
}

#[test]
fn the_latest_run_per_app_and_name_counts() {
    check("ci/test red 0-50; ci/test ok 60-90", 150, "green");
    check("ci/test ok 0-50; ci/test red 60-90", 150, "red: test");
    check_with("ci/test red 0-50; two/test ok 0-60", "ci/x ok; two/x ok", "", 150, "red: test");
    check("@7/deploy red 20-20; @7/deploy ok 40-40", 150, "green");
    check("ci/test red 0-50; ci/test queued 60-", 150, "pending since 60 @3660");
}

#[test]
fn what_counts_and_is_open_is_named() {
    let open = |head: &str, requires: &str| judged(head, BASE, requires, 10).open.join(" ");
    assert_eq!(open("ci/test ok 0-5", ""), "");
    assert_eq!(open("ci/test ok 0-5; ci/lint queued 0-; @7/deploy pending 0-0", ""), "lint deploy");
    assert_eq!(open("evil/x queued 0-; baton/plan queued 0-; ci/lint queued 0-", ""), "lint");
    assert_eq!(open("ci/test queued 0-; ci/other queued 0-", "test lint"), "test lint");
}

#[test]
fn batons_own_checks_never_count() {
    check("baton/plan ok 0-10", 400, "unverified");
    check("baton/plan red 0-10; ci/test ok 0-10", 400, "green");
    // Even where the base branch requires them: they are neither counted nor waited for.
    check_with("baton/plan ok 0-10", BASE, "baton/plan", 400, "unverified");
    check_with("baton/eyes red 0-10; ci/test ok 0-10", BASE, "eyes", 400, "green");
    check_with("baton/eyes red 0-10; ci/test ok 0-10", BASE, "eyes test", 400, "green");
    check_with("ci/test ok 0-10", BASE, "baton/eyes test", 400, "green");
}

#[test]
fn required_names_decide() {
    check_with("ci/test ok 0-10; ci/lint red 0-10", BASE, "test", 100, "green");
    check_with("ci/test red 0-10; ci/lint ok 0-10", BASE, "test", 100, "red: test");
    check_with("ci/test ok 0-10", BASE, "test lint", 100, "pending since 0 @3600");
    check_with("ci/test ok 0-10", BASE, "test lint", 3_600, "silent: lint");
    check_with("ci/lint ok 0-10", BASE, "test", 400, "unverified");
    check_with("@7/deploy ok 0-10", BASE, "deploy", 100, "green");
}

#[test]
fn every_conclusion_has_its_meaning() {
    for red in ["red", "timed_out", "startup_failure"] {
        check(&format!("ci/test {red} 0-50; ci/lint ok 0-10"), 110, "red: test");
    }
    check("@7/deploy error 0-10", 110, "red: deploy");
    for open in ["queued", "in_progress", "waiting"] {
        check(&format!("ci/test {open} 0-; ci/lint ok 0-10"), 110, "pending since 0 @3600");
    }
    check("@7/deploy pending 0-10; ci/lint ok 0-10", 110, "pending since 0 @3600");
    for nothing in ["skipped", "neutral"] {
        check(&format!("ci/test {nothing} 0-10; ci/lint ok 0-10"), 110, "green");
        check(&format!("ci/test {nothing} 0-10"), 110, "pending since 0 @300");
        check(&format!("ci/test {nothing} 0-10"), 300, "unverified");
    }
    for unknown in ["cancelled", "stale", "a_new_word"] {
        check(&format!("ci/test {unknown} 0-10; ci/lint ok 0-10"), 110, "unknown: test");
        // A failing job cancels its siblings: that is red, not unknown.
        check(&format!("ci/test {unknown} 0-10; ci/lint red 0-10"), 110, "red: lint");
    }
}

#[test]
fn action_required_calls_a_person() {
    check("ci/test action_required 0-10", 11, "needs a person: test");
    check("ci/test action_required 0-10; ci/lint queued 0-", 11, "needs a person: test");
    check("ci/test action_required 0-10; ci/lint ok 0-10", 110, "needs a person: test");
    // What failed can be mended without that person.
    check("ci/test action_required 0-10; ci/lint red 0-10", 110, "red: lint");
}

#[test]
fn it_is_taken_a_minute_after_the_last_end() {
    check("ci/test ok 0-50; ci/lint ok 0-90", 100, "pending since 0 @150");
    check("ci/test ok 0-50; ci/lint ok 0-90", 149, "pending since 0 @150");
    check("ci/test ok 0-50; ci/lint ok 0-90", 150, "green");
    check("ci/test red 0-50", 60, "pending since 0 @110");
    check("ci/test red 0-50", 110, "red: test");
    // A server whose clock is years ahead does not hold the verdict up.
    check("ci/test ok 0-99999999", 120, "green");
}

#[test]
fn nothing_within_five_minutes_is_unverified_and_never_green() {
    check("", 0, "pending since 0 @300");
    check("", 299, "pending since 0 @300");
    check("", 300, "unverified");
    check_with("", "", "", 300, "unverified");
    check_with("", BASE, "test", 300, "unverified");
    // It reports late after all.
    check("ci/test ok 400-500", 600, "green");
    // 40 minutes in a queue.
    check("ci/test queued 10-", 2_400, "pending since 0 @3600");
}

#[test]
fn open_after_an_hour_is_silent() {
    check("ci/test in_progress 0-; ci/lint ok 0-10", 3_599, "pending since 0 @3600");
    check("ci/test in_progress 0-; ci/lint ok 0-10", 3_600, "silent: test");
    // A re-run of an old commit begins its own hour.
    check("ci/test red 0-10; ci/test queued 7200-", 7_300, "pending since 7200 @10800");
    check("ci/test red 0-10; ci/test queued 7200-", 10_800, "silent: test");
}

#[test]
fn a_job_that_passes_on_a_re_run_was_a_flake() {
    let once = judged("ci/test red 0-50; ci/test ok 60-90; ci/lint ok 0-5", BASE, "", 150);
    assert_eq!((once.verdict, once.flakes), (Verdict::Green, vec!["test".to_owned()]));
    let twice = judged("ci/test red 0-50; ci/test red 60-90", BASE, "", 150);
    assert_eq!((twice.verdict.name(), twice.flakes), ("red", Vec::new()));
    let calm = judged("ci/test cancelled 0-50; ci/test ok 60-90", BASE, "", 150);
    assert_eq!((calm.verdict, calm.flakes), (Verdict::Green, Vec::new()));
}

#[test]
fn names_that_are_red_at_the_base_do_not_count() {
    let base = "ci/test red; ci/lint ok";
    check_with("ci/test red 0-10; ci/lint ok 0-10", base, "", 100, "green");
    check_with("ci/test red 0-10; ci/lint red 0-10", base, "", 100, "red: lint");
    check_with("ci/test red 0-10", base, "", 400, "unverified");
    check_with("ci/test queued 0-; ci/lint ok 0-10", base, "", 100, "green");
    check_with("ci/lint ok 0-10", base, "test lint", 100, "green");
    // Red first, then green on the base: it counts.
    check_with("ci/test red 0-10", "ci/test red; ci/test ok", "", 100, "red: test");
    check_with("@7/deploy red 0-10; ci/x ok 0-10", "@7/deploy error; ci/x ok", "", 100, "green");
    // Another App's red of the same name excuses nothing.
    let two = "two/test red; ci/test ok";
    check_with("ci/test red 0-10", two, "", 100, "red: test");
}

#[test]
fn only_expected_sources_count() {
    // A spoofed success beside a red run, and alone.
    check("ci/test red 0-10; evil/test ok 20-30", 100, "red: test");
    check("evil/test ok 0-10", 400, "unverified");
    check("evil/test red 0-10; ci/test ok 0-10", 100, "green");
    check("@8/deploy ok 0-10", 400, "unverified");
    check("@-/deploy ok 0-10", 400, "unverified");
    // The ruleset names the App: no other will do, not even one of the base.
    check_with("two/test ok 0-10", "ci/x ok; two/x ok", "ci/test", 400, "unverified");
    check_with("@7/test ok 0-10", BASE, "ci/test", 400, "unverified");
    check_with("two/test ok 0-10", "", "two/test", 100, "green");
    check_with("evil/test ok 0-10", BASE, "test", 400, "unverified");
}

#[test]
fn what_did_not_count_is_told() {
    let head = "baton/plan ok 0-1; evil/test ok 0-1; ci/lint red 0-1; ci/test ok 0-1";
    let judged = judged(head, "ci/lint red; ci/test ok", "", 100);
    let mut ignored: Vec<_> = judged.ignored.iter().map(|it| (it.name.as_str(), it.why)).collect();
    ignored.sort_by_key(|it| it.0);
    assert_eq!(
        ignored,
        [
            ("lint", WhyIgnored::RedAtBase),
            ("plan", WhyIgnored::Own),
            ("test", WhyIgnored::Stranger)
        ]
    );
}

#[test]
fn a_failure_says_where_its_log_is() {
    let judged = judged("ci/test red 0-10; @7/deploy red 0-10", BASE, "", 100);
    let Verdict::Red { failing } = judged.verdict else { panic!("not red") };
    let places: Vec<_> = failing.iter().map(|it| (it.check_run, it.url.as_str())).collect();
    assert_eq!(
        places,
        [(Some(1), "https://ci.example/actions/runs/900/job/1"), (None, "https://ci.example/2")]
    );
}

#[test]
fn commits_of_our_own_files_inherit() {
    let plan = "docs/prds/active/7-plan.md";
    assert!(inherits_parent([plan, ".beads/issues.jsonl"]));
    assert!(!inherits_parent([plan, "src/lib.rs"]));
    assert!(!inherits_parent(["docs/prdsx.md"]));
    assert!(!inherits_parent([]));
}

/// What workflow runs make of a commit, whose base branch had a good run and requires `requires`.
#[track_caller]
fn check_runs(head: &str, runs: &str, requires: &str, now_s: i64, expected: &str) {
    let judged = judged_with_runs((head, runs), (BASE, "CI/push ok 0"), requires, now_s);
    assert_eq!(told(&judged), expected, "{head} with {runs} at {now_s}");
}

#[test]
fn a_workflow_that_never_began_is_no_missing_ci() {
    check_runs("", "CI/push startup_failure 20", "", 400, "red: CI");
    check_runs("", "CI/push red 20", "", 400, "red: CI");
    check_runs("", "CI/push action_required 20", "", 30, "needs a person: CI");
    check_runs("", "CI/push cancelled 20", "", 400, "unknown: CI");
    check_runs("", "CI/push queued 20", "", 400, "pending since 0 @3600");
    check_runs("", "CI/push queued 20", "", 3_600, "silent: CI");
    check_runs("", "CI/push skipped 20", "", 400, "unverified");
    check_runs("ci/test ok 0-10", "Deploy/push startup_failure 20", "", 100, "red: Deploy");
}

#[test]
fn what_has_jobs_is_judged_by_them() {
    check_runs("ci/test ok 0-10", "CI/push ok 10", "", 100, "green");
    // The latest of its kind counts, and a workflow may run for two events.
    check_runs("ci/test ok 0-10", "CI/push startup_failure 5; CI/push ok 20", "", 100, "green");
    let both = "CI/push ok 20; CI/pull_request action_required 20";
    check_runs("ci/test ok 0-10", both, "", 100, "needs a person: CI");
    check_runs("ci/test ok 0-10", "CI/push cancelled 5; CI/pull_request ok 20", "", 100, "green");
    check_runs("ci/test ok 0-10", "CI/push cancelled 5; Docs/push ok 20", "", 100, "unknown: CI");
    let (mut checks, _) = results("ci/test red 0-10");
    let runs = workflow_runs("CI/push red 10");
    assert_eq!(without_jobs(&runs, &checks).len(), 1);
    checks[0].url = "https://ci.example/actions/runs/1/job/7".to_owned();
    assert_eq!(without_jobs(&runs, &checks).len(), 0);
    checks[0].url = "https://ci.example/actions/runs/12/job/7".to_owned();
    assert_eq!(without_jobs(&runs, &checks).len(), 1);
}

#[test]
fn runs_say_why_a_required_check_is_missing() {
    check_runs("", "CI/push startup_failure 20", "test", 400, "red: CI");
    check_runs("", "CI/push action_required 20", "test", 30, "needs a person: CI");
    check_runs("ci/test ok 0-10", "Deploy/push startup_failure 20", "test", 100, "green");
    // A check of another App does not come from a workflow.
    check_runs("", "CI/push startup_failure 20", "deploy", 400, "unverified");
    // Another run may still bring it.
    let other = "Deploy/push startup_failure 20; CI/push queued 20";
    check_runs("ci/lint ok 0-10", other, "test", 100, "pending since 0 @300");
}

#[test]
fn runs_count_only_where_the_base_has_some_and_they_are_not_red_there() {
    let verdict = |base_runs: &str| {
        told(&judged_with_runs(("", "CI/push startup_failure 20"), (BASE, base_runs), "", 400))
    };
    assert_eq!(verdict(""), "unverified");
    assert_eq!(verdict("CI/push startup_failure 0"), "unverified");
    assert_eq!(verdict("CI/schedule startup_failure 0"), "unverified");
    assert_eq!(verdict("Deploy/push startup_failure 0"), "red: CI");
}
