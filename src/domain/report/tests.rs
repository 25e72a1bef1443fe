//! Reports that fill every field, and what is said about those that are wrong.

use serde_json::{Value, json};

use super::*;

/// A note that fills every field.
pub(crate) fn note() -> Note {
    Note {
        position: "The trait stands; the Redis form is half done.".into(),
        next_step: "Write `RedisCache::get` in src/cache.rs.".into(),
        approach: "One connection per call.".into(),
        done: vec!["`Cache` trait in src/cache.rs".into()],
        remaining: vec!["Expiry".into()],
        blockers: vec!["The client has no async form.".into()],
        decisions: vec![NotedDecision {
            question: "Keys as text or bytes?".into(),
            answer: "Text, as in src/rag.rs.".into(),
        }],
    }
}

fn findings() -> Findings {
    Findings {
        summary: "One acceptance line is not met.".into(),
        acceptance: vec![AcceptanceLine {
            task: "t1".into(),
            line: "It stores".into(),
            met: Met::No,
            evidence: "CI check ci / test".into(),
        }],
        findings: vec![Finding {
            severity: Severity::Major,
            kind: FindingKind::Correctness,
            path: Some("src/cache.rs".into()),
            line: Some(12),
            problem: "Expiry is never checked.".into(),
            remedy: "Compare the time in `get`.".into(),
        }],
    }
}

fn done() -> TaskDone {
    TaskDone { summary: "Added the trait.".into(), verified: "By the test `stores`.".into() }
}

/// Every field of the value stands in the schema, and no other.
#[track_caller]
fn same_fields(schema: &Value, value: &Value, at: &str) {
    match value {
        Value::Object(fields) => {
            let offered: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
            assert_eq!(offered, fields.keys().collect::<Vec<_>>(), "{at}");
            for (name, value) in fields {
                same_fields(&schema["properties"][name], value, &format!("{at}.{name}"));
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|it| same_fields(&schema["items"], it, &format!("{at}[]")));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn schemas_and_types_are_the_same() {
    let values = [json!(note()), json!(done()), json!(findings())];
    let tools = [note_tool(), task_done_tool(), report_findings_tool()];
    for (tool, value) in tools.iter().zip(&values) {
        same_fields(&tool.input_schema, value, &tool.name);
    }
    assert_eq!(tools.map(|it| it.name), [NOTE, TASK_DONE, REPORT_FINDINGS]);
    let [a, b, c] = values;
    assert_eq!(parse_note(&a), Ok(note()));
    assert_eq!(parse_task_done(&b), Ok(done()));
    assert_eq!(parse_findings(&c), Ok(findings()));
    let least = json!({"position": "Begun", "next_step": "Go on"});
    assert_eq!(parse_note(&least).unwrap().done, Vec::<String>::new());
}

/// Changes the full report at `pointer` and compares what is said about it.
#[track_caller]
fn check(pointer: &str, value: Value, expected: &str) {
    let mut report = json!(findings());
    *report.pointer_mut(pointer).unwrap() = value;
    assert_eq!(parse_findings(&report).unwrap_err(), expected);
}

#[test]
fn findings_are_refused_in_sentences() {
    check(
        "/findings/0/severity",
        json!("critical"),
        "`findings[0].severity` is `critical`, which is not one of blocker, major, minor.",
    );
    check(
        "/findings/0/line",
        json!(0),
        "`findings[0].line` is 0; it must be a whole number from 1.",
    );
    check(
        "/acceptance/0/met",
        json!(true),
        "`acceptance[0].met` is a boolean but must be a string.",
    );
    check(
        "/acceptance/0/task",
        json!("first"),
        "`acceptance[0].task` is not the id of a task; ids are t1, t2, t3, ….",
    );
    check(
        "/findings/0/problem",
        json!("n/a"),
        "`findings[0].problem` says nothing; write what someone else needs to know.",
    );
    check(
        "/findings",
        Value::Null,
        "`findings` is null but must be an array; write [] when there is nothing.",
    );
    check(
        "/summary",
        json!("x".repeat(1_501)),
        "`summary` has 1501 characters; at most 1500 are read.",
    );
    let many = vec![json!(findings().findings[0]); 31];
    check(
        "/findings",
        json!(many),
        "`findings` has 31 entries; at most 30 are read. Keep those that matter most.",
    );
    let error = parse_findings(&json!([])).unwrap_err();
    assert_eq!(error, "The report is an array but must be an object.");
}

#[test]
fn places_are_checked() {
    let with = |path: Value, line: Value| {
        let mut report = json!(findings());
        report["findings"][0]["path"] = path;
        report["findings"][0]["line"] = line;
        let fields = report["findings"][0].as_object_mut().unwrap();
        fields.retain(|_, it| !it.is_null());
        parse_findings(&report)
    };
    assert!(with(Value::Null, Value::Null).is_ok());
    assert!(with(json!("CLAUDE.md"), Value::Null).is_ok());
    let error = with(Value::Null, json!(3)).unwrap_err();
    assert!(error.contains("`findings[0].line` is a line of no file"), "{error}");
    for bad in ["../x", "/etc/passwd", "a\nb", ""] {
        let error = with(json!(bad), Value::Null).unwrap_err();
        assert!(error.contains("`findings[0].path`"), "{error}");
    }
}

#[test]
fn empty_words_are_no_report() {
    let error = parse_task_done(&json!({"summary": "TODO", "verified": " "})).unwrap_err();
    assert_eq!(error.lines().count(), 2, "{error}");
    let error = parse_task_done(&json!({"summary": "Done", "how": "x"})).unwrap_err();
    assert!(error.contains("`how` is not a field") && error.contains("`verified` is missing."));
    let error = parse_note(&json!({"position": "x"})).unwrap_err();
    assert!(error.starts_with("`next_step` is missing. The very next thing"), "{error}");
}

#[test]
fn only_what_is_worse_than_minor_makes_work() {
    let mut report = findings();
    assert!(report.ask_for_work());
    report.acceptance[0].met = Met::Unknown;
    assert!(report.ask_for_work());
    report.findings[0].severity = Severity::Minor;
    assert!(!report.ask_for_work());
    report.acceptance[0].met = Met::No;
    assert!(report.ask_for_work());
}

#[test]
fn a_later_note_keeps_what_was_decided_and_nothing_else_of_an_earlier_one() {
    let decided = |question: &str, answer: &str| NotedDecision {
        question: question.into(),
        answer: answer.into(),
    };
    let later = Note {
        position: "The Redis form is done.".into(),
        next_step: "Call `task_done`.".into(),
        decisions: vec![decided("Which port?", "The default one.")],
        ..Note::default()
    };
    let joined = later.clone().after(&note());
    let questions: Vec<&str> = joined.decisions.iter().map(|it| it.question.as_str()).collect();
    assert_eq!(questions, ["Keys as text or bytes?", "Which port?"]);
    assert_eq!((joined.position, joined.approach), (later.position, note().approach));
    assert!(joined.remaining.is_empty() && joined.blockers.is_empty() && joined.done.is_empty());

    let other = vec![decided("Keys as text or bytes? ", "Bytes.")];
    let otherwise = Note { approach: "A pool.".into(), decisions: other.clone(), ..note() };
    let joined = otherwise.after(&note());
    assert_eq!((joined.decisions, joined.approach.as_str()), (other, "A pool."));
}
