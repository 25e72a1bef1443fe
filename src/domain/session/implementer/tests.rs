//! Runs of an implementer, step by step.

use serde_json::{Value, json};

use super::*;
use crate::base::{Millis, Timestamp};
use crate::domain::conversation::{Answer, Block, StopReason, Usage};
use crate::domain::report::TaskDone;
use crate::domain::session::*;
use crate::domain::tier::Role;

/// A run that is being told: each line adds an entry a second later.
struct Run {
    brief: Brief,
    entries: Vec<Entry>,
    now: Timestamp,
}

impl Run {
    fn new() -> Run {
        let brief = Brief {
            model: "m".to_owned(),
            role: Role::Implementer,
            system: vec!["rules".to_owned()],
            tools: implementer_tools(),
            opening: "Build t1.".to_owned(),
            limits: Limits::implementer(),
            started_at: Timestamp(0),
        };
        Run { brief, entries: Vec::new(), now: Timestamp(0) }
    }

    fn answers(mut self, calls: Vec<(&str, &str, Value)>) -> Run {
        self.now = self.now + Millis::seconds(1);
        let of = |(id, name, input): (&str, &str, Value)| Block::ToolUse {
            id: id.to_owned(),
            name: name.to_owned(),
            input,
        };
        let answer = Answer {
            model: "m".to_owned(),
            request_id: None,
            content: calls.into_iter().map(of).collect(),
            stop_reason: StopReason::ToolUse,
            usage: Usage { input: 1_000, ..Usage::default() },
        };
        self.entries.push(Entry::Answered { answer, at: self.now });
        self
    }

    fn ran(mut self, outcomes: &[(&str, bool)]) -> Run {
        self.now = self.now + Millis::seconds(1);
        let of = |(id, is_error): &(&str, bool)| ToolOutcome {
            id: (*id).to_owned(),
            content: format!("outcome of {id}"),
            is_error: *is_error,
        };
        let results = outcomes.iter().map(of).collect();
        self.entries.push(Entry::ToolsRan { results, at: self.now });
        self
    }

    fn told(mut self, text: &str) -> Run {
        self.now = self.now + Millis::seconds(1);
        self.entries.push(Entry::Told { text: text.to_owned(), at: self.now });
        self
    }

    #[track_caller]
    fn check(self, expected: &str) -> Run {
        assert_eq!(shown(&next(&self.brief, &self.entries, self.now)), expected);
        self
    }

    /// The results of the last message.
    fn results(&self) -> Vec<(String, bool)> {
        let request = request(&self.brief, &self.entries);
        let blocks = request.messages.last().unwrap().content.iter();
        let results = blocks.filter_map(|it| match it {
            Block::ToolResult { content, is_error, .. } => Some((content.clone(), *is_error)),
            Block::Text { .. } | Block::ToolUse { .. } | Block::Opaque { .. } => None,
        });
        results.collect()
    }
}

fn shown(step: &Step) -> String {
    match step {
        Step::Call(_) => "call".to_owned(),
        Step::RunTools(calls) => {
            let kind = |it: &ToolCall| match &it.action {
                Action::Read(_) => format!("read {}", it.id),
                Action::Edit(_) => format!("edit {}", it.id),
                Action::Note => format!("note {}", it.id),
            };
            calls.iter().map(kind).collect::<Vec<_>>().join(", ")
        }
        Step::Ask(questions) => format!("ask {}", questions.len()),
        Step::Submit { call_id, .. } => format!("submit {call_id}"),
        Step::End(ending) => format!("end: {}", ending.name()),
    }
}

fn read<'a>(id: &'a str, path: &str) -> (&'a str, &'static str, Value) {
    (id, "read_file", json!({ "path": path }))
}

fn create<'a>(id: &'a str, path: &str) -> (&'a str, &'static str, Value) {
    (id, "create_file", json!({ "path": path, "content": "x\n" }))
}

fn note<'a>(id: &'a str, position: &str) -> (&'a str, &'static str, Value) {
    (id, "note", json!({ "position": position, "next_step": "Go on." }))
}

fn ask(id: &str) -> (&str, &'static str, Value) {
    let one = json!({ "question": "Which?", "why": "w", "choices": ["a", "b"] });
    (id, "ask", json!({ "questions": [one] }))
}

fn done(id: &str) -> (&str, &'static str, Value) {
    (id, "task_done", json!({ "summary": "Built.", "verified": "By reading." }))
}

#[test]
fn a_task_is_built_in_the_order_of_its_calls() {
    let run = Run::new().check("call");
    let run = run.answers(vec![read("1", "a"), create("2", "b"), read("3", "b"), note("4", "n")]);
    let run = run.check("read 1, edit 2, read 3, note 4");
    let run = run.ran(&[("1", false), ("2", false), ("3", false), ("4", false)]).check("call");
    assert!(run.results()[1].0.contains("<repository_data"), "what files hold is data");
    assert_eq!(run.results()[3].0, "outcome of 4\n");
    let run = run.answers(vec![done("5")]).check("submit 5").ran(&[("5", false)]);
    let report = TaskDone { summary: "Built.".into(), verified: "By reading.".into() };
    assert_eq!(next(&run.brief, &run.entries, run.now), Step::End(Ending::Done { report }));
}

#[test]
fn a_task_with_a_failed_edit_is_not_done() {
    let run = Run::new().answers(vec![create("1", "a"), done("2")]).check("edit 1");
    let good = Run { entries: run.entries.clone(), ..Run::new() };
    good.ran(&[("1", false)]).check("submit 2");
    let run = run.ran(&[("1", true)]).check("call");
    assert!(run.results()[1].0.contains("`create_file` failed in the same answer"));
    assert!(run.results()[1].1);
    let broken = ("1", "create_file", json!({ "path": "a" }));
    Run::new().answers(vec![broken, done("2")]).check("call");
}

#[test]
fn three_refusals_end_the_run() {
    let mut run = Run::new();
    for id in ["1", "2", "3"] {
        run = run.check("call").answers(vec![done(id)]).check(&format!("submit {id}"));
        run = run.ran(&[(id, true)]);
    }
    run.check("end: plan refused");
}

#[test]
fn people_are_asked_once() {
    let run = Run::new().answers(vec![ask("1"), done("2")]).check("ask 1").told("1a");
    let run = run.check("call");
    assert!(run.results()[1].0.contains("open question is not done"));
    let run = run.answers(vec![ask("3")]).check("call");
    assert!(run.results()[0].0.contains("asked once"));
}

#[test]
fn words_of_people_overtake_the_report() {
    let run = Run::new().answers(vec![done("1")]).told("Also rename it.").check("call");
    assert!(run.results()[0].0.contains("people said something meanwhile"));
}

#[test]
fn it_ends_at_its_turns_and_at_no_progress() {
    let mut run = Run::new();
    for turn in 0..40 {
        let id = format!("{turn}");
        run = run.check("call").answers(vec![read(&id, &id)]);
        run = if turn < 39 { run.ran(&[(&id, false)]) } else { run };
    }
    run.check("end: turn limit");
    let mut run = Run::new();
    for turn in 0..5 {
        let id = format!("{turn}");
        run = run.check("call").answers(vec![read(&id, "same")]).ran(&[(&id, false)]);
    }
    run.check("end: no progress");
}

#[test]
fn edits_and_notes_are_read_back_from_the_transcript() {
    let run = Run::new()
        .answers(vec![create("1", "a"), create("2", "b"), note("3", "first")])
        .ran(&[("1", false), ("2", true), ("3", false)])
        .answers(vec![create("4", "c"), note("5", "second")]);
    let paths = |run: &Run| -> Vec<String> {
        let edits = edits_made(&run.brief, &run.entries).into_iter();
        edits
            .map(|it| if let Editing::Create { path, .. } = it { path } else { String::new() })
            .collect()
    };
    assert_eq!(paths(&run), ["a"], "what was not run was not made");
    assert_eq!(last_note(&run.entries).unwrap().position, "second");
    assert_eq!(paths(&run.ran(&[("4", false), ("5", false)])), ["a", "c"]);
    assert_eq!(last_note(&[]), None);
}

#[track_caller]
fn check_call(name: &str, input: Value, expected: Result<&str, &str>) {
    let shown = parse(name, &input).map(|it| match it {
        Call::Read(_) => "read",
        Call::Edit(_) => "edit",
        Call::Note => "note",
        Call::Ask(_) => "ask",
        Call::Submit => "submit",
    });
    match (shown, expected) {
        (Ok(kind), Ok(expected)) => assert_eq!(kind, expected),
        (Err(sentence), Err(part)) => assert!(sentence.contains(part), "{sentence}"),
        (other, expected) => panic!("{other:?} is not {expected:?}"),
    }
}

#[test]
fn calls_are_read_or_explained() {
    check_call("grep", json!({"pattern": "x"}), Ok("read"));
    check_call("delete_file", json!({"path": "a"}), Ok("edit"));
    check_call("note", json!({"position": "Half.", "next_step": "Test it."}), Ok("note"));
    check_call("note", json!({"position": "Half."}), Err("next_step"));
    check_call("task_done", json!({"summary": "It is.", "verified": "Read."}), Ok("submit"));
    check_call("task_done", json!({"summary": "It is."}), Err("verified"));
    let one = json!({"question": "Which?", "why": "x", "choices": ["a", "b"]});
    check_call("ask", json!({"questions": [one]}), Ok("ask"));
    check_call("ask", json!({"questions": [one, one]}), Err("At most 1 question"));
    check_call("submit_plan", json!({}), Err("`task_done`"));
    check_call("bash", json!({}), Err("There is no tool `bash`"));
}

#[test]
fn every_offered_tool_is_understood() {
    for it in implementer_tools() {
        let answer = parse(&it.name, &json!({}));
        let unknown = matches!(&answer, Err(sentence) if sentence.contains("no tool"));
        assert!(!unknown, "{}", it.name);
        assert_eq!(it.input_schema["type"], "object");
    }
}
