//! What test-agent and review-agent are offered beside the reading tools: the report that ends
//! their run. They change nothing and ask nobody.

use serde_json::Value;

use super::tools::{self, Call, reading_tools, shown};
use crate::domain::conversation::Tool;
use crate::domain::report::{REPORT_FINDINGS, parse_findings, report_findings_tool};

/// The tools an inspector is offered, in the order that keeps the prompt's prefix stable.
pub fn inspector_tools() -> Vec<Tool> {
    let mut tools = reading_tools();
    tools.push(report_findings_tool());
    tools
}

/// Reads an inspector's call.
///
/// # Errors
/// A sentence for the model.
pub(super) fn parse(name: &str, input: &Value) -> Result<Call, String> {
    if let Some(reading) = tools::parse_reading(name, input) {
        return reading.map(Call::Read);
    }
    match name {
        REPORT_FINDINGS => parse_findings(input).map(|_| Call::Submit),
        unknown => Err(format!(
            "There is no tool `{}`. The tools are `list_files`, `read_file`, `grep`, `search` and \
             `report_findings`.",
            shown(unknown)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(name: &str, input: Value, expected: Result<Call, &str>) {
        match (parse(name, &input), expected) {
            (Ok(call), Ok(expected)) => assert_eq!(call, expected),
            (Err(sentence), Err(part)) => assert!(sentence.contains(part), "{sentence}"),
            (other, expected) => panic!("{other:?} is not {expected:?}"),
        }
    }

    #[test]
    fn it_reads_and_reports_and_nothing_else() {
        let report = json!({ "summary": "Fine.", "acceptance": [], "findings": [] });
        check("report_findings", report, Ok(Call::Submit));
        check("report_findings", json!({ "summary": "x" }), Err("acceptance"));
        let edit = json!({ "path": "a", "content": "b" });
        check("create_file", edit, Err("no tool `create_file`"));
        check("ask", json!({ "questions": [] }), Err("no tool `ask`"));
        check("task_done", json!({}), Err("no tool `task_done`"));
        for it in inspector_tools() {
            let unknown = parse(&it.name, &json!({})).is_err_and(|it| it.contains("no tool"));
            assert!(!unknown, "{}", it.name);
        }
    }
}
