//! The first message of test-agent and review-agent: the plan, the acceptance lines to judge, what
//! the CI says, and what was changed. The text stands in `prompts/inspection.md`.

use std::fmt::Write;

use crate::base::IssueNumber;
use crate::domain::handoff::FailingJob;
use crate::domain::plan::{Addition, Dependency, FileChange, Plan, Task};
use crate::domain::report::Findings;
use crate::render::handoff::background;
use crate::render::prompt::{cut, fill, inline, tagged};

/// The message with its placeholders.
const TEMPLATE: &str = include_str!("../../prompts/inspection.md");

/// The most characters of one failing job's log, the excerpt's own limit and what tells of a cut.
const LOG_CHARS_MAX: usize = 8_100;

/// Checks that are named; more are counted.
const CHECKS_MAX: usize = 60;

/// The most characters of one long part of the plan.
const PART_CHARS_MAX: usize = 12_000;

/// The most characters of the list of files or the difference.
const CHANGES_CHARS_MAX: usize = 80_000;

/// What a specialist begins with.
#[derive(Clone, Copy, Debug)]
pub struct Inspection<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// The issue.
    pub issue: IssueNumber,
    /// Its title, as its author wrote it.
    pub title: &'a str,
    /// The ids of the tasks that are still open, where somebody asks while people build.
    pub open: &'a [String],
    /// The approved plan, from the store and never from the branch (trust rule 8).
    pub plan: &'a Plan,
    /// Acceptance lines by the id of their task.
    pub acceptance: &'a [(String, String)],
    /// What reported on the head, by name, with how it ended.
    pub checks: &'a [(String, String)],
    /// What is red, with its log.
    pub failing: &'a [FailingJob],
    /// What was changed: names, or the difference itself. Repository text.
    pub changes: &'a str,
    /// What an earlier round found, which was mended since.
    pub found_before: Option<&'a Findings>,
}

/// The first user message.
pub fn opening(it: &Inspection<'_>) -> String {
    fill(
        TEMPLATE,
        &[
            ("standing", &standing(it)),
            ("title", &tagged("issue_title", &inline(it.title))),
            ("before", &it.found_before.map(before).unwrap_or_default()),
            ("plan", &plan(it.plan)),
            ("acceptance", &acceptance(it.acceptance)),
            ("ci", &ci(it)),
            ("changes", &tagged("repository_data", &cut(it.changes.trim(), CHANGES_CHARS_MAX))),
        ],
    )
    .trim_end()
    .to_owned()
}

/// How far the work is.
fn standing(it: &Inspection<'_>) -> String {
    let whose = format!("issue #{} of the repository {}", it.issue, inline(it.repository));
    if it.open.is_empty() {
        return format!("All tasks of the plan for {whose} are done. You look at what was built.");
    }
    let open: Vec<String> = it.open.iter().map(|it| inline(it)).collect();
    format!(
        "The plan for {whose} is being built by people with their own tools, and somebody asks how \
         it stands: the building is not finished, whatever your instructions say. Still open: {}. \
         Judge what is there. An acceptance line that an open task has yet to meet is `no`, and no \
         finding by itself.",
        open.join(", ")
    )
}

fn before(found: &Findings) -> String {
    let lines = found.findings.iter().map(|it| format!("- {}", inline(&it.problem)));
    let unmet =
        found.unmet().map(|it| format!("- not met, {}: {}", inline(&it.task), inline(&it.line)));
    let lines: Vec<String> = unmet.chain(lines).collect();
    format!(
        "A look before yours found this, and it was to be mended since. See whether it was:\n\n{}",
        tagged("found_before", &lines.join("\n"))
    )
}

fn plan(plan: &Plan) -> String {
    let summary = cut(plan.summary.trim(), PART_CHARS_MAX);
    let specifications = cut(plan.specifications.trim(), PART_CHARS_MAX);
    let mut text = format!("{summary}\n\nSpecifications:\n{specifications}\n");
    let file = |it: &FileChange| {
        format!("{} ({}): {}", inline(&it.path), it.action.word(), inline(&it.reason))
    };
    list(&mut text, "Files", plan.files.iter().map(file));
    let task = |it: &Task| format!("{} {}", inline(&it.id), inline(&it.title));
    list(&mut text, "Tasks", plan.tasks.iter().map(task));
    let added = |it: &Dependency| {
        format!("{} {}: {}", inline(&it.name), inline(&it.version), inline(&it.why))
    };
    match plan.dependencies.is_empty() {
        true => text.push_str("\nNew dependencies: none\n"),
        false => {
            list(&mut text, "New dependencies, and no others", plan.dependencies.iter().map(added))
        }
    }
    for (title, lines) in [
        ("Schema changes", &plan.database_changes),
        ("Configuration", &plan.configuration),
        ("Cases that are easy to miss", &plan.edge_cases),
        ("Manual checks", &plan.testing.manual_checks),
        ("Out of scope", &plan.out_of_scope),
        ("Do not", &plan.do_not),
    ] {
        list(&mut text, title, lines.iter().map(|it| inline(it)));
    }
    for Addition { place, text: words } in &plan.additions {
        let _ = write!(text, "\nPeople added under “{}”:\n{}\n", inline(place), words.trim());
    }
    format!("{}\n\n{}", tagged("plan", &text), background(plan))
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.filter(|it| !it.is_empty()).collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n{title}:\n- {}\n", lines.join("\n- "));
    }
}

fn acceptance(lines: &[(String, String)]) -> String {
    if lines.is_empty() {
        return "None is yours to judge: `acceptance` of your report is empty.".to_owned();
    }
    let lines = lines.iter().map(|(task, line)| format!("- {}: {}", inline(task), inline(line)));
    tagged("acceptance", &lines.collect::<Vec<_>>().join("\n"))
}

fn ci(it: &Inspection<'_>) -> String {
    let checks = it.checks.iter().take(CHECKS_MAX);
    let lines: Vec<String> =
        checks.map(|(name, end)| format!("- {}: {}", inline(name), inline(end))).collect();
    let mut text = match lines.is_empty() {
        true => "Nothing reported on this commit: the CI proves nothing about it.".to_owned(),
        false => tagged("ci_result", &lines.join("\n")),
    };
    if CHECKS_MAX < it.checks.len() {
        let _ = write!(text, "\n\nand {} more.", it.checks.len() - CHECKS_MAX);
    }
    for job in it.failing {
        let log = cut(job.log.trim(), LOG_CHARS_MAX);
        let said = format!("Check: {}\n\n{log}", inline(&job.name));
        let _ = write!(text, "\n\n{}", tagged("ci_log", &said));
    }
    text
}

#[cfg(test)]
mod tests;
