//! From what was submitted to the plan file: the sections in their order, the model's texts made
//! safe.

use crate::domain::plan::{Plan, PlanDecision, Task, Verify};
use crate::render::plan::text::{code, inline, one_line, prose};
use crate::render::plan::write::table;
use crate::render::plan::{FrontMatter, Part, PlanDocument, PlanFile, PlanTask};

/// How people may work with the file, said once, at its top.
pub(super) const HOW_TO_EDIT: &str = "<sub>Written by Baton and read back by it: edit what you like. Tick \
    tasks in the checklist; the task table decides title, order, complexity and tier.</sub>";

/// What stands in a section that has nothing to say.
pub(super) const NOTHING_SAID: &str = "Nothing was said.";

/// How the line begins that names what a decision was weighed against.
pub(super) const INSTEAD: &str = "- **Instead of:** ";

/// What stands between several on a line.
pub(super) const BETWEEN: &str = "; ";

/// How the line begins that names what a decision costs.
pub(super) const PRICE: &str = "- **Price:** ";

/// The columns of the table of files.
pub(super) const FILE_COLUMNS: [&str; 3] = ["File", "Action", "Why"];

/// The columns of the table of new dependencies.
pub(super) const DEPENDENCY_COLUMNS: [&str; 3] = ["Name", "Version", "Why"];

/// The columns of the table of code to follow.
pub(super) const EXAMPLE_COLUMNS: [&str; 3] = ["File", "Lines", "What to take from it"];

/// The columns of the table of risks.
pub(super) const RISK_COLUMNS: [&str; 2] = ["Risk", "What is done about it"];

impl PlanFile {
    /// The plan file of a document. Every text of the model is made safe here, once.
    pub fn of(document: &PlanDocument) -> PlanFile {
        let plan = &document.plan;
        let mut parts = vec![
            Part::Prose(format!("# Plan: {}\n\n{HOW_TO_EDIT}", titled(&document.title))),
            Part::Prose(section("## Summary", &prose(&plan.summary))),
        ];
        parts.extend(decisions(&plan.decisions).map(Part::Prose));
        parts.push(Part::Prose(section("## Architecture Overview", &prose(&plan.architecture))));
        parts.push(Part::Prose(specifications(plan)));
        parts.push(Part::Tasks(String::new()));
        parts.push(Part::Checklist(String::new()));
        parts.push(Part::Prose(testing(plan)));
        parts.push(Part::Prose(rollout(plan)));
        parts.extend([risks(plan), scope(plan)].into_iter().flatten().map(Part::Prose));
        let lists =
            [("## Success Criteria", &plan.success_criteria), ("## References", &plan.references)];
        parts
            .extend(lists.into_iter().filter_map(|(it, texts)| listed(it, texts)).map(Part::Prose));
        PlanFile {
            front: Some(front_matter(document)),
            parts,
            tasks: plan.tasks.iter().map(task).collect(),
        }
    }
}

fn front_matter(document: &PlanDocument) -> FrontMatter {
    FrontMatter {
        issue: document.issue.clone(),
        revision: document.revision,
        planner: document.planner.clone(),
        cost: document.cost.to_string(),
        date: document.date.date(),
    }
}

fn task(task: &Task) -> PlanTask {
    let lines = |texts: &[String], to: fn(&str) -> String| -> Vec<String> {
        texts.iter().map(|it| to(it)).filter(|it| !it.is_empty()).collect()
    };
    PlanTask {
        id: task.id.clone(),
        title: titled(&task.title),
        phase: phase(&task.phase),
        blocked_by: task.blocked_by.clone(),
        complexity: task.complexity,
        tier: task.tier(),
        kind: task.kind,
        files: lines(&task.files, one_line),
        acceptance: lines(&task.acceptance, inline),
        verify: match &task.verify {
            Verify::Check(it) => Verify::Check(one_line(it)),
            Verify::Command(it) => Verify::Command(one_line(it)),
            Verify::None(why) => Verify::None(inline(why)),
        },
        notes: String::new(),
        done: false,
    }
}

/// A title that is never empty, and has no backslash before a bar: in a table's cell that pair
/// means something else.
pub(super) fn titled(text: &str) -> String {
    let title = without_escaped_bars(&inline(text));
    if matches!(title.as_str(), "" | "-" | "–") { "(untitled)".to_owned() } else { title }
}

fn phase(text: &str) -> String {
    let phase = without_escaped_bars(&inline(text));
    if matches!(phase.as_str(), "-" | "–" | "\\-") { String::new() } else { phase }
}

/// `\|` → `|`.
pub(super) fn without_escaped_bars(text: &str) -> String {
    let mut pieces = text.split('|').peekable();
    let mut res = String::with_capacity(text.len());
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_some() {
            res.push_str(piece.trim_end_matches('\\'));
            res.push('|');
        } else {
            res.push_str(piece);
        }
    }
    res
}

fn section(heading: &str, body: &str) -> String {
    let body = if body.is_empty() { NOTHING_SAID } else { body };
    format!("{heading}\n\n{body}")
}

fn list(texts: &[String]) -> String {
    let lines = texts.iter().map(|it| inline(it)).filter(|it| !it.is_empty());
    lines.map(|it| format!("- {it}")).collect::<Vec<_>>().join("\n")
}

/// A heading with a list, unless there is nothing to list.
fn listed(heading: &str, texts: &[String]) -> Option<String> {
    let list = list(texts);
    (!list.is_empty()).then(|| section(heading, &list))
}

fn decisions(decisions: &[PlanDecision]) -> Option<String> {
    let one = |it: &PlanDecision| {
        let mut text = section(&format!("### {}", titled(&it.decision)), &prose(&it.rationale));
        let mut weighed = Vec::new();
        let alternatives = it.alternatives.iter().map(|it| one_of_several(it));
        let alternatives: Vec<String> = alternatives.filter(|it| !it.is_empty()).collect();
        if !alternatives.is_empty() {
            weighed.push(format!("{INSTEAD}{}", alternatives.join(BETWEEN)));
        }
        let trade_offs = inline(&it.trade_offs);
        if !trade_offs.is_empty() {
            weighed.push(format!("{PRICE}{trade_offs}"));
        }
        if !weighed.is_empty() {
            text = format!("{text}\n\n{}", weighed.join("\n"));
        }
        text
    };
    let texts: Vec<String> = decisions.iter().map(one).collect();
    (!texts.is_empty()).then(|| section("## Decisions", &texts.join("\n\n")))
}

fn specifications(plan: &Plan) -> String {
    let mut texts = vec![section("## Technical Specifications", &prose(&plan.specifications))];
    texts.push(section("### Files", &files(plan)));
    texts.extend(listed("### Database changes", &plan.database_changes));
    if !plan.dependencies.is_empty() {
        let rows = plan.dependencies.iter();
        let rows = rows.map(|it| vec![code(&it.name), code(&it.version), inline(&it.why)]);
        texts.push(section("### Dependencies", &table(&DEPENDENCY_COLUMNS, rows)));
    }
    texts.extend(listed("### Configuration", &plan.configuration));
    if !plan.examples.is_empty() {
        let rows = plan.examples.iter().map(|it| {
            let lines = if it.from_line == it.to_line {
                it.from_line.to_string()
            } else {
                format!("{}–{}", it.from_line, it.to_line)
            };
            vec![code(&it.path), lines, inline(&it.copy)]
        });
        let body = table(&EXAMPLE_COLUMNS, rows);
        texts.push(section("### Code to follow", &body));
    }
    texts.extend(listed("### Edge cases", &plan.edge_cases));
    texts.join("\n\n")
}

fn files(plan: &Plan) -> String {
    let rows = plan
        .files
        .iter()
        .map(|it| vec![code(&it.path), it.action.word().to_owned(), inline(&it.reason)]);
    table(&FILE_COLUMNS, rows)
}

fn testing(plan: &Plan) -> String {
    let strategy = section("## Testing Strategy", &prose(&plan.testing.strategy));
    let by_hand = listed("### By hand", &plan.testing.manual_checks);
    [Some(strategy), by_hand].into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn rollout(plan: &Plan) -> String {
    let rollout = &plan.rollout;
    [
        "## Rollout Strategy".to_owned(),
        section("### Feature flags", &prose(&rollout.flags)),
        section("### Gradual rollout", &prose(&rollout.gradual)),
        section("### Monitoring", &prose(&rollout.monitoring)),
    ]
    .join("\n\n")
}

fn risks(plan: &Plan) -> Option<String> {
    let rows = plan.risks.iter().map(|it| vec![inline(&it.risk), inline(&it.mitigation)]);
    let body = table(&RISK_COLUMNS, rows);
    (!plan.risks.is_empty()).then(|| section("## Risks", &body))
}

fn scope(plan: &Plan) -> Option<String> {
    let lists = [
        listed("### In scope", &plan.in_scope),
        listed("### Out of scope", &plan.out_of_scope),
        listed("### Do not", &plan.do_not),
    ];
    let texts: Vec<String> = lists.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| section("## Scope", &texts.join("\n\n")))
}

/// Foreign text as one of several on a line: what looks like the end of it is escaped, or an entity
/// in front of a blank would make two of one.
fn one_of_several(text: &str) -> String {
    let line = inline(text);
    let mut parts = line.split(BETWEEN);
    let mut res = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if !res.ends_with('\\') {
            res.push('\\');
        }
        res.push_str(BETWEEN);
        res.push_str(part);
    }
    res
}
