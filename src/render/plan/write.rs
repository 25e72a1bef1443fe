//! From the plan file to its text.

use crate::domain::plan::checklist::box_line;
use crate::domain::plan::{TaskKind, Verify};
use crate::render::plan::text::code;
use crate::render::plan::{FrontMatter, Part, PlanFile, PlanTask};

/// The heading of the section that holds the tasks.
pub(super) const TASKS_HEADING: &str = "Implementation Plan";

/// The heading of the section that holds the boxes.
pub(super) const CHECKLIST_HEADING: &str = "Checklist";

/// The columns of the task table.
pub(super) const TASK_COLUMNS: [&str; 6] =
    ["ID", "Title", "Phase", "Blocked by", "Complexity", "Tier"];

/// What stands in a cell that has nothing to say.
pub(super) const NOTHING: &str = "–";

/// The text of a plan file.
pub fn write(file: &PlanFile) -> String {
    let mut texts = Vec::new();
    texts.extend(file.front.as_ref().map(front_matter));
    for part in &file.parts {
        texts.push(match part {
            Part::Prose(text) => text.clone(),
            Part::Tasks(intro) => tasks(intro, &file.tasks),
            Part::Checklist(intro) => checklist(intro, &file.tasks),
        });
    }
    let mut text = texts.join("\n\n");
    text.push('\n');
    text
}

/// A Markdown table. A cell's text must be one line.
pub(super) fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut lines =
        vec![format!("| {} |", columns.join(" | ")), format!("|{}", "---|".repeat(columns.len()))];
    for row in rows {
        let cells: Vec<String> = row.iter().map(|it| cell(it)).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines.join("\n")
}

/// The word for a kind of work.
pub(super) fn kind_name(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Implement => "implement",
        TaskKind::Test => "test",
        TaskKind::Docs => "docs",
        TaskKind::Review => "review",
    }
}

fn cell(text: &str) -> String {
    if text.is_empty() {
        return NOTHING.to_owned();
    }
    // A bar that is escaped already stays as it is: two backslashes would free it again.
    let pieces: Vec<&str> = text.split('|').collect();
    let escape = |(i, piece): (usize, &&str)| {
        let is_last = i + 1 == pieces.len();
        if is_last { (*piece).to_owned() } else { format!("{}\\", piece.trim_end_matches('\\')) }
    };
    pieces.iter().enumerate().map(escape).collect::<Vec<_>>().join("|")
}

fn front_matter(front: &FrontMatter) -> String {
    let FrontMatter { issue, revision, planner, cost, date } = front;
    let lines = [
        ("issue", scalar(issue)),
        ("revision", revision.to_string()),
        ("planner", scalar(planner)),
        ("cost", scalar(cost)),
        ("date", scalar(date)),
    ];
    let lines: Vec<String> = lines.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("---\n{}\n---", lines.join("\n"))
}

/// A YAML scalar: plain where that is safe, else a JSON string, which YAML reads too.
fn scalar(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "._/$@-".contains(it);
    let starts_plain = text.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '$');
    if starts_plain && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

fn tasks(intro: &str, tasks: &[PlanTask]) -> String {
    let rows = tasks.iter().map(|it| {
        vec![
            it.id.clone(),
            it.title.clone(),
            it.phase.clone(),
            it.blocked_by.join(", "),
            it.complexity.to_string(),
            it.tier.title().to_owned(),
        ]
    });
    let mut texts = vec![format!("## {TASKS_HEADING}")];
    texts.extend((!intro.is_empty()).then(|| intro.to_owned()));
    texts.push(table(&TASK_COLUMNS, rows));
    texts.extend(tasks.iter().map(task));
    texts.join("\n\n")
}

fn task(task: &PlanTask) -> String {
    let mut texts = vec![
        format!("### {} {}", task.id, task.title),
        format!("**Kind:** {}", kind_name(task.kind)),
    ];
    if !task.files.is_empty() {
        let lines: Vec<String> = task.files.iter().map(|it| format!("- {}", code(it))).collect();
        texts.push(format!("**Files:**\n{}", lines.join("\n")));
    }
    if !task.acceptance.is_empty() {
        let lines: Vec<String> = task.acceptance.iter().map(|it| format!("- {it}")).collect();
        texts.push(format!("**Acceptance:**\n{}", lines.join("\n")));
    }
    let verify = match &task.verify {
        Verify::Check(name) => format!("check {}", code(name)),
        Verify::Command(command) => format!("command {}", code(command)),
        Verify::None(why) if why.is_empty() => "none".to_owned(),
        Verify::None(why) => format!("none: {why}"),
    };
    texts.push(format!("**Verify:** {verify}"));
    texts.extend((!task.notes.is_empty()).then(|| task.notes.clone()));
    texts.join("\n\n")
}

fn checklist(intro: &str, tasks: &[PlanTask]) -> String {
    let mut texts = vec![format!("## {CHECKLIST_HEADING}")];
    texts.extend((!intro.is_empty()).then(|| intro.to_owned()));
    let line =
        |it: &PlanTask| box_line(&it.id, it.done, &format!("{} ({})", it.title, it.complexity));
    texts.push(tasks.iter().map(line).collect::<Vec<_>>().join("\n"));
    texts.join("\n\n")
}
