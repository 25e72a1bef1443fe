//! Logs as runners write them, made long by what surrounds the failure.

use super::*;

/// A log with `noise` lines before and behind the failure, each with a runner's timestamp.
fn runner(before: &str, failure: &str, n_noise: usize) -> String {
    let stamped = |line: &str| format!("2026-11-21T12:00:00.1234567Z {line}\n");
    let noise = (0..n_noise).map(|i| before.replace("{i}", &i.to_string()));
    let mut lines: Vec<String> = vec!["##[group]Run the tests".into(), "##[endgroup]".into()];
    lines.extend(noise);
    lines.extend(failure.lines().map(str::to_owned));
    lines.push("##[error]Process completed with exit code 101.".into());
    lines.push("Post job cleanup.".into());
    lines.extend((0..200).map(|i| format!("[command]/usr/bin/git config --local key{i}")));
    lines.iter().map(|it| stamped(it)).collect()
}

/// Every part of `expected` must stand in the excerpt, in this order.
#[track_caller]
fn check(log: &str, expected: &[&str]) -> String {
    let text = excerpt(log, &Secrets::default());
    assert!(text.chars().count() <= EXCERPT_CHARS_MAX, "{} characters", text.chars().count());
    let mut rest = text.as_str();
    for part in expected {
        let Some(at) = rest.find(part) else { panic!("`{part}` is missing in:\n{text}") };
        rest = &rest[at + part.len()..];
    }
    for unwanted in ["\u{1b}", "2026-11-21T12", "git config", "##["] {
        assert!(!text.contains(unwanted), "`{unwanted}` in:\n{text}");
    }
    text
}

const CARGO: &str = "\
\u{1b}[1m\u{1b}[92m     Running\u{1b}[0m unittests src/lib.rs\n\
test cache::tests::expires ... FAILED\n\
test cache::tests::stores ... ok\n\
\n\
failures:\n\
\n\
---- cache::tests::expires stdout ----\n\
\n\
thread 'cache::tests::expires' panicked at src/cache.rs:88:9:\n\
assertion `left == right` failed: a second query reads the cache\n\
  left: Some(\"old\")\n\
 right: None\n\
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\
\n\
failures:\n\
    cache::tests::expires\n\
\n\
test result: FAILED. 311 passed; 1 failed; 0 ignored; 0 measured; finished in 2.11s\n\
\n\
error: test failed, to rerun pass `--lib`";

#[test]
fn a_cargo_test_log_keeps_the_panic() {
    let log = runner("test module_{i}::tests::works ... ok", CARGO, 4_000);
    let text = check(
        &log,
        &[
            "lines left out)",
            "cache::tests::expires ... FAILED",
            "panicked at src/cache.rs:88:9:",
            "left: Some(\"old\")",
            "right: None",
            "1 failed",
            "error: test failed",
            "Error: Process completed with exit code 101.",
        ],
    );
    assert!(text.lines().count() < 200, "{text}");
    assert!(text.ends_with("exit code 101."), "{text}");
}

#[test]
fn a_compiler_error_keeps_its_source_lines() {
    let error = "\
\u{1b}[0m\u{1b}[1m\u{1b}[38;5;9merror[E0308]\u{1b}[0m\u{1b}[1m: mismatched types\u{1b}[0m\n\
  --> src/rag.rs:41:20\n\
   |\n\
41 |         self.cache.get(key)\n\
   |                    ^^^ expected `Option<String>`, found `()`\n\
\n\
error: could not compile `acme` (lib) due to 1 previous error";
    let text = check(
        &runner("   Compiling crate-{i} v0.1.0", error, 900),
        &[
            "error[E0308]: mismatched types",
            "--> src/rag.rs:41:20",
            "found `()`",
            "could not compile",
        ],
    );
    // What is compiled before the error is noise, but for the lines next to it and at the end.
    assert!(text.matches("Compiling").count() < 60, "{text}");
}

#[test]
fn a_pytest_log_keeps_the_assertion() {
    let failure = "\
=================================== FAILURES ===================================\n\
______________________________ test_cache_expires ______________________________\n\
\n\
    def test_cache_expires(client):\n\
        client.put('a', 1, ttl=0)\n\
>       assert client.get('a') is None\n\
E       assert 1 is None\n\
E        +  where 1 = <bound method Client.get of Client()>('a')\n\
\n\
tests/test_cache.py:12: AssertionError\n\
=========================== short test summary info ============================\n\
FAILED tests/test_cache.py::test_cache_expires - assert 1 is None\n\
================== 1 failed, 812 passed, 0 errors in 31.20s ====================";
    check(
        &runner("tests/test_mod_{i}.py::test_works PASSED                    [ 10%]", failure, 812),
        &[
            "test_cache_expires ____",
            "assert client.get('a') is None",
            "E       assert 1 is None",
            "tests/test_cache.py:12: AssertionError",
            "1 failed, 812 passed",
        ],
    );
}

#[test]
fn a_jest_log_keeps_expected_and_received() {
    let failure = "\
\u{1b}[31mFAIL\u{1b}[39m src/badge.test.ts\n\
  Badge\n\
    \u{1b}[32m✓\u{1b}[39m renders (12 ms)\n\
    \u{1b}[31m✕\u{1b}[39m counts unread (4 ms)\n\
\n\
  ● Badge › counts unread\n\
\n\
    expect(received).toBe(expected) // Object.is equality\n\
\n\
    Expected: 3\n\
    Received: 0\n\
\n\
      14 |   it('counts unread', () => {\n\
    > 15 |     expect(badge.count).toBe(3);\n\
         |                         ^\n\
\n\
      at Object.toBe (src/badge.test.ts:15:25)\n\
\n\
Tests:       1 failed, 240 passed, 241 total\n\
npm ERR! Lifecycle script `test` failed with error:";
    check(
        &runner("PASS src/module{i}.test.ts (5.1 s)", failure, 900),
        &[
            "FAIL src/badge.test.ts",
            "● Badge › counts unread",
            "Expected: 3",
            "Received: 0",
            "1 failed",
        ],
    );
}

#[test]
fn a_short_log_is_kept_whole() {
    let log = "\u{feff}2026-11-21T12:00:00.1Z \u{1b}[32mone\u{1b}[0m\r\n\
        2026-11-21T12:00:01.1Z 10%\r50%\r100% done\n2026-11-21T12:00:01Z \n2026-11-21T12:00:01Z \n\
        2026-11-21T12:00:02Z at 2026-11-20 it was fine\n";
    assert_eq!(excerpt(log, &Secrets::default()), "one\n100% done\n\nat 2026-11-20 it was fine");
    assert_eq!(excerpt("", &Secrets::default()), "");
}

#[test]
fn a_log_without_errors_keeps_its_end() {
    let log: String = (0..5_000).map(|i| format!("step {i} does something ordinary\n")).collect();
    let text = check(&log, &["lines left out)", "step 4999 does"]);
    assert!(7_000 < text.chars().count(), "{}", text.chars().count());
}

#[test]
fn a_flood_of_errors_keeps_the_first_and_the_end() {
    let log: String =
        (0..3_000).map(|i| format!("error: number {i} of many\n  --> src/f{i}.rs:1:1\n")).collect();
    check(&log, &["error: number 0 of many", "error: number 9 of many", "number 2999 of many"]);
    let same = "error: the same\n".repeat(3_000);
    let text = check(&same, &["error: the same"]);
    assert!(text.chars().count() < 4_000, "{}", text.chars().count());
    let long = format!("error: {}\n", "x".repeat(100_000));
    check(&long.repeat(30), &["error: xxx", "…"]);
}

#[test]
fn secrets_are_masked_before_anything_is_cut() {
    let secrets = Secrets::new(["hunter2hunter2"]);
    let key: String =
        (0..30).map(|_| "2026-11-21T12:00:00.1Z MIIEvQIBADANBgkqhkiG9w0BAQEF\n").collect();
    let log = format!(
        "TOKEN=hunter2hunter2\nghp_\u{1b}[0mabcdefghijklmnopqrstuvwxyz\n\
         2026-11-21T12:00:00.1Z -----BEGIN RSA PRIVATE KEY-----\n{key}\
         2026-11-21T12:00:00.1Z -----END RSA PRIVATE KEY-----\nerror: x\n{}",
        "noise\n".repeat(3_000)
    );
    let text = excerpt(&log, &secrets);
    for secret in ["hunter2", "ghp_", "MIIEv", "PRIVATE KEY-----"] {
        assert!(!text.contains(secret), "{secret} in:\n{text}");
    }
    assert!(text.contains("[redacted: private key]\nerror: x"), "{text}");
}

#[test]
fn hidden_text_does_not_reach_a_model() {
    let text = excerpt("error: a\u{200b}b\u{e0041}\u{202e}c\u{7}\n", &Secrets::default());
    assert_eq!(text, "error: abc");
}
