//! Test-agent and review-agent without a model: deterministic, honest about how little they do.
//!
//! The inspector sees only the request. It lists the files once, so that something of the branch
//! was read, and reports: every acceptance line that it was given as one that a person has to try,
//! and a blocker for each check that failed. It judges no code, and its report says so.

use serde_json::{Value, json};

use super::planner::view::{array, tagged, texts_of, tool_use};
use super::turn::Turn;

/// The next turn of an inspector, seen from the request alone.
pub fn next_turn(request: &Value) -> Turn {
    let messages = array(&request["messages"]);
    let said = messages.first().map(|it| texts_of(&it["content"]).join("\n\n"));
    let said = said.unwrap_or_default();
    let answers = messages.iter().filter(|it| it["role"] == "assistant");
    let called = answers.flat_map(|it| array(&it["content"])).filter_map(tool_use).count();
    if called == 0 {
        return Turn::tools([("list_files", json!({}))]).saying("I look at what stands there.");
    }
    let lines: Vec<Value> = listed(&said, "acceptance")
        .filter_map(|it| it.split_once(": "))
        .map(|(task, line)| {
            json!({ "task": task, "line": line, "met": "unknown",
                "evidence": "A demonstration judges no code: try it." })
        })
        .collect();
    let failed = listed(&said, "ci_result").filter_map(|it| it.strip_suffix(": failed"));
    let findings: Vec<Value> = failed
        .map(|check| {
            json!({ "severity": "blocker", "kind": "tests",
                "problem": format!("The check {check} fails on this commit."),
                "remedy": "Look at its log and mend what it names." })
        })
        .collect();
    let summary = match findings.len() {
        0 => "No check fails. A demonstration reads no code, so people judge the rest.",
        _ => "The checks do not pass.",
    };
    let report = json!({ "summary": summary, "acceptance": lines, "findings": findings });
    Turn::tools([("report_findings", report)])
}

/// The lines of a list between tags.
fn listed<'a>(said: &'a str, tag: &str) -> impl Iterator<Item = &'a str> {
    let text = tagged(said, tag).unwrap_or_default();
    text.lines().filter_map(|it| it.strip_prefix("- "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::model::{Part, Reply};

    #[track_caller]
    fn check(said: &str, called: bool, expected: &Value) {
        let mut messages = vec![json!({ "role": "user", "content": said })];
        if called {
            let call = json!({ "type": "tool_use", "id": "1", "name": "list_files", "input": {} });
            messages.push(json!({ "role": "assistant", "content": [call] }));
            let result = json!({ "type": "tool_result", "tool_use_id": "1", "content": "src/" });
            messages.push(json!({ "role": "user", "content": [result] }));
        }
        let Turn::Reply(Reply { parts, .. }) = next_turn(&json!({ "messages": messages })) else {
            panic!("no answer")
        };
        let Some(Part::Tool { name, input }) = parts.last() else { panic!("no call") };
        let met: Vec<&Value> = array(&input["acceptance"]).iter().map(|it| &it["task"]).collect();
        let found = array(&input["findings"]).len();
        assert_eq!(json!([name, met, found]), *expected);
    }

    #[test]
    fn it_looks_once_and_reports_every_line() {
        let lines = "<acceptance>\n- t1: It reads: yes.\n- t2: It writes.\n</acceptance>";
        check(lines, false, &json!(["list_files", [], 0]));
        check(lines, true, &json!(["report_findings", ["t1", "t2"], 0]));
        check("None is yours.", true, &json!(["report_findings", [], 0]));
        let red = "<ci_result>\n- test: failed\n- lint: passed\n</ci_result>";
        check(red, true, &json!(["report_findings", [], 1]));
    }
}
