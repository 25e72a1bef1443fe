//! The table of handoffs in the status comment.

use std::fmt::Write;

/// A handoff as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffLine {
    /// Why, by the trigger's name.
    pub cause: String,
    /// Who worked: "Opus planner".
    pub from: String,
    /// Who went on.
    pub to: String,
    /// The model that answered the successor, where it is not the one that was asked for.
    pub answered_by: Option<String>,
    /// The task that changed hands.
    pub task: Option<String>,
    /// Whether the successor began; not known yet while it may.
    pub executed: Option<bool>,
    /// What got the work on (`activity`, `task`, `person`), or `no`; not known yet while it may.
    pub recovered: Option<String>,
}

/// The handoffs, folded; nothing where there are none.
pub(super) fn handoffs(lines: &[HandoffLine]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "\n<details><summary>Handoffs ({})</summary>\n\n\
         | trigger | from → to | task | executed | recovered |\n|---|---|---|---|---|\n",
        lines.len()
    );
    for it in lines {
        let answered = it.answered_by.as_ref().map(|it| format!(", answered by `{it}`"));
        let executed = match it.executed {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not yet",
        };
        let recovered = match it.recovered.as_deref() {
            Some("activity") => "yes, at work",
            Some("task") => "yes, done",
            Some("person") => "yes, by a person",
            Some(_) => "no",
            None => "not yet",
        };
        let _ = writeln!(
            out,
            "| {} | {} → {}{} | {} | {executed} | {recovered} |",
            it.cause,
            it.from,
            it.to,
            answered.unwrap_or_default(),
            it.task.as_deref().unwrap_or("–"),
        );
    }
    out.push_str("\n</details>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_handoff_says_who_went_on_and_what_came_of_it() {
        assert_eq!(handoffs(&[]), "");
        let line = |executed, recovered: Option<&str>| HandoffLine {
            cause: "stuck".to_owned(),
            from: "Haiku implementer".to_owned(),
            to: "Sonnet implementer".to_owned(),
            answered_by: None,
            task: Some("t2".to_owned()),
            executed,
            recovered: recovered.map(str::to_owned),
        };
        let other = HandoffLine {
            answered_by: Some("claude-sonnet-5".to_owned()),
            task: None,
            ..line(Some(true), Some("activity"))
        };
        let lines = [
            line(None, None),
            line(Some(false), Some("no")),
            line(Some(true), Some("task")),
            line(Some(true), Some("person")),
            other,
        ];
        insta::assert_snapshot!(handoffs(&lines), @"

        <details><summary>Handoffs (5)</summary>

        | trigger | from → to | task | executed | recovered |
        |---|---|---|---|---|
        | stuck | Haiku implementer → Sonnet implementer | t2 | not yet | not yet |
        | stuck | Haiku implementer → Sonnet implementer | t2 | no | no |
        | stuck | Haiku implementer → Sonnet implementer | t2 | yes | yes, done |
        | stuck | Haiku implementer → Sonnet implementer | t2 | yes | yes, by a person |
        | stuck | Haiku implementer → Sonnet implementer, answered by `claude-sonnet-5` | – | yes | yes, at work |

        </details>
        ");
    }
}
