//! From a plan file's text to the plan that models are given: what people approve in the file is
//! what is built, section by section.
//!
//! Prose stands for itself, lists and tables become values again. What fits into no field (a
//! section of people's own, a note under a task) becomes an [`Addition`] and reaches the models
//! as it is. Nothing is taken from what the planner once submitted, so that no model works from
//! words that people took out.

use std::collections::BTreeSet;

use pulldown_cmark::HeadingLevel;

use crate::domain::plan::paths::{PathFault, path_fault, shape_fault};
use crate::domain::plan::{
    Addition, CodeExample, Dependency, FileAction, FileChange, Plan, PlanDecision, Risk, Task,
    is_task_id,
};
use crate::render::plan::compose::{
    BETWEEN, DEPENDENCY_COLUMNS, EXAMPLE_COLUMNS, FILE_COLUMNS, HOW_TO_EDIT, INSTEAD, NOTHING_SAID,
    PRICE, RISK_COLUMNS,
};
use crate::render::plan::read::{Lines, ReadFault, headings, read_with_lines, trim_blank_lines};
use crate::render::plan::read_tasks::{cells, list_item};
use crate::render::plan::text::{read_code, without_comments};
use crate::render::plan::write::{CHECKLIST_HEADING, NOTHING, TASKS_HEADING};
use crate::render::plan::{Part, PlanFile, PlanTask};

/// The most characters that people may add in sections and notes of their own: every prompt
/// carries them, and a cut would keep back what was approved.
const ADDED_CHARS_MAX: usize = 8_000;

/// The plan that a file says, or line by line why it cannot be built.
///
/// # Errors
/// What cannot be understood, and paths that no plan may touch.
pub fn read_plan(text: &str) -> Result<Plan, Vec<ReadFault>> {
    let Said { plan, mut faults, paths, .. } = said(text)?;
    faults.extend(paths.iter().filter_map(PathAt::fault));
    if faults.is_empty() {
        return Ok(plan);
    }
    faults.sort_by_key(|it| it.line);
    Err(faults)
}

/// What a file says, before its paths are judged.
pub(super) fn said(text: &str) -> Result<Said, Vec<ReadFault>> {
    // A line does not tell that it stands in a comment, so comments go before lines are read.
    let (file, lines) = read_with_lines(&without_comments(text))?;
    let mut said = Said::default();
    said.file(file, lines);
    Ok(said)
}

/// What was understood so far.
#[derive(Default)]
pub(super) struct Said {
    pub(super) plan: Plan,
    pub(super) faults: Vec<ReadFault>,
    paths: Vec<PathAt>,
    /// The sections that were there, in lower case: of two of a name the first is meant.
    seen: BTreeSet<String>,
    n_added_chars: usize,
}

/// A path that the file names.
struct PathAt {
    line: usize,
    path: String,
    /// What is wrong with a path of this kind.
    judge: fn(&str) -> Option<PathFault>,
}

impl PathAt {
    fn fault(&self) -> Option<ReadFault> {
        let fault = (self.judge)(&self.path)?;
        let sentence = format!("the path `{}` {fault}", self.path);
        Some(ReadFault { line: self.line, sentence })
    }
}

/// A heading with the text below it.
struct Piece<'a> {
    line: usize,
    /// What the heading says, in lower case and without marks; empty where there is none.
    name: String,
    /// The heading as it is written.
    title: &'a str,
    /// What stands between it and the next `###`, and the line that begins on.
    body: &'a str,
    body_line: usize,
    /// The same with the heading.
    whole: &'a str,
}

impl<'a> Piece<'a> {
    /// A section's own piece, and one for each `###` in it.
    fn all_of(text: &'a str, line: usize) -> (Piece<'a>, Vec<Piece<'a>>) {
        let (found, _) = headings(text);
        let found = found.into_iter().filter(|it| it.level <= HeadingLevel::H3);
        let mut heads: Vec<(usize, usize, String)> =
            found.map(|it| (it.start, it.end, it.title.trim().to_lowercase())).collect();
        if heads.first().is_none_or(|it| !text[..it.0].trim().is_empty()) {
            heads.insert(0, (0, 0, String::new()));
        }
        let ends: Vec<usize> = heads.iter().skip(1).map(|it| it.0).chain([text.len()]).collect();
        let line_at = |at: usize| line + text[..at].matches('\n').count();
        let piece = |((start, end, name), next): ((usize, usize, String), usize)| Piece {
            line: line_at(start),
            name,
            title: raw_title(&text[start..end]),
            body: &text[end..next],
            body_line: line_at(end),
            whole: &text[start..next],
        };
        let mut pieces: Vec<Piece<'a>> = heads.into_iter().zip(ends).map(piece).collect();
        let subs = pieces.split_off(1);
        (pieces.remove(0), subs)
    }
}

impl Said {
    fn file(&mut self, file: PlanFile, lines: Lines) {
        for (part, line) in file.parts.iter().zip(lines.parts) {
            match part {
                Part::Prose(text) => self.section(text, line),
                Part::Tasks(intro) => self.add(TASKS_HEADING, intro, line),
                Part::Checklist(intro) => self.add(CHECKLIST_HEADING, intro, line),
            }
        }
        for (task, line) in file.tasks.into_iter().zip(lines.tasks) {
            self.added(task.id.clone(), &task.notes, line);
            self.plan.tasks.push(built(task));
        }
        let paths = lines.files.into_iter();
        self.paths.extend(paths.map(|(line, path)| PathAt { line, path, judge: path_fault }));
    }

    /// One section, with its heading.
    fn section(&mut self, text: &str, line: usize) {
        let (top, subs) = Piece::all_of(text, line);
        let all_below = || joined(&top, &subs.iter().collect::<Vec<_>>());
        if top.name.is_empty() || top.name.starts_with("plan:") {
            let below = all_below();
            let theirs = below.lines().filter(|it| it.trim() != HOW_TO_EDIT);
            return self.add("Plan", &theirs.collect::<Vec<_>>().join("\n"), line);
        }
        // Of two sections of a name the first is meant, as with the tasks.
        let is_read = self.seen.insert(top.name.clone()) && self.known_section(&top, &subs);
        if !is_read {
            self.add(top.title, &all_below(), line);
        }
    }

    /// Reads a section that Baton writes; false when it is none.
    fn known_section(&mut self, top: &Piece<'_>, subs: &[Piece<'_>]) -> bool {
        let mut rest: Vec<&Piece<'_>> = subs.iter().collect();
        match top.name.as_str() {
            "summary" => self.plan.summary = joined(top, &std::mem::take(&mut rest)),
            "architecture overview" => {
                self.plan.architecture = joined(top, &std::mem::take(&mut rest));
            }
            "decisions" => {
                self.add(top.title, top.body, top.line);
                self.plan.decisions = std::mem::take(&mut rest).into_iter().map(decision).collect();
            }
            "technical specifications" => {
                self.specified(&mut rest);
                self.plan.specifications = joined(top, &std::mem::take(&mut rest));
            }
            "testing strategy" => {
                self.plan.testing.manual_checks = listed(&mut rest, "by hand");
                self.plan.testing.strategy = joined(top, &std::mem::take(&mut rest));
            }
            "rollout strategy" => {
                self.add(top.title, top.body, top.line);
                self.plan.rollout.flags = prose_of(&mut rest, "feature flags");
                self.plan.rollout.gradual = prose_of(&mut rest, "gradual rollout");
                self.plan.rollout.monitoring = prose_of(&mut rest, "monitoring");
            }
            "risks" => {
                let risk =
                    |(_, [risk, mitigation]): (usize, [String; 2])| Risk { risk, mitigation };
                self.plan.risks = self.rows(top, RISK_COLUMNS).into_iter().map(risk).collect();
            }
            "scope" => {
                self.add(top.title, top.body, top.line);
                self.plan.in_scope = listed(&mut rest, "in scope");
                self.plan.out_of_scope = listed(&mut rest, "out of scope");
                self.plan.do_not = listed(&mut rest, "do not");
            }
            "success criteria" => self.plan.success_criteria = items(top.body),
            "references" => self.plan.references = items(top.body),
            _ => return false,
        }
        for it in rest {
            self.add(it.title, it.body, it.line);
        }
        true
    }

    /// Reads what stands below the prose of the Technical Specifications, and leaves what people
    /// put there to the prose.
    fn specified(&mut self, rest: &mut Vec<&Piece<'_>>) {
        if let Some(it) = take(rest, "files") {
            for (line, [path, action, reason]) in self.rows(it, FILE_COLUMNS) {
                let path = plain(&path);
                self.paths.push(PathAt { line, path: path.clone(), judge: path_fault });
                match FileAction::ALL.into_iter().find(|it| action.eq_ignore_ascii_case(it.word()))
                {
                    Some(action) => self.plan.files.push(FileChange { path, action, reason }),
                    None => {
                        let names = FileAction::ALL.map(FileAction::word).join(", ");
                        let sentence = format!("the action `{action}` is not one of {names}");
                        self.faults.push(ReadFault { line, sentence });
                    }
                }
            }
        }
        self.plan.database_changes = listed(rest, "database changes");
        if let Some(it) = take(rest, "dependencies") {
            let rows = self.rows(it, DEPENDENCY_COLUMNS).into_iter();
            let dependency = |(_, [name, version, why]): (usize, [String; 3])| Dependency {
                name: plain(&name),
                version: plain(&version),
                why,
            };
            self.plan.dependencies = rows.map(dependency).collect();
        }
        self.plan.configuration = listed(rest, "configuration");
        if let Some(it) = take(rest, "code to follow") {
            for (line, [path, lines, copy]) in self.rows(it, EXAMPLE_COLUMNS) {
                let path = plain(&path);
                self.paths.push(PathAt { line, path: path.clone(), judge: shape_fault });
                match line_range(&lines) {
                    Some((from_line, to_line)) => {
                        self.plan.examples.push(CodeExample { path, from_line, to_line, copy });
                    }
                    None => {
                        let sentence =
                            format!("`{lines}` names no lines; write them as in 10–24, or 10");
                        self.faults.push(ReadFault { line, sentence });
                    }
                }
            }
        }
        self.plan.edge_cases = listed(rest, "edge cases");
    }

    /// The rows of the table below a heading, each with its line; text beside it is an addition.
    fn rows<const N: usize>(
        &mut self,
        piece: &Piece<'_>,
        columns: [&str; N],
    ) -> Vec<(usize, [String; N])> {
        let mut lines = (piece.body_line..).zip(piece.body.lines());
        let mut beside = Vec::new();
        let found = lines.by_ref().find_map(|(line, text)| {
            let places = places(&cells(text), columns);
            if places.is_none() {
                beside.push(text);
            }
            places.map(|it| (line, it, cells(text).len()))
        });
        let Some((_, places, n_columns)) = found else {
            if !said_in(piece.body).is_empty() {
                let sentence = format!(
                    "the section {} has no table {}; write it, or remove the section",
                    piece.title,
                    columns.join(" | ")
                );
                self.faults.push(ReadFault { line: piece.line, sentence });
            }
            return Vec::new();
        };
        let mut rows = Vec::new();
        let mut is_table = true;
        for (i, (line, text)) in lines.enumerate() {
            is_table &= text.contains('|');
            let is_rule = i == 0 && text.chars().all(|it| "|-: \t".contains(it));
            if !is_table {
                beside.push(text);
            } else if !is_rule {
                let found = cells(text);
                if n_columns < found.len() {
                    let sentence = format!(
                        "the row has {} cells, the table has {n_columns}; write \\| for a bar in \
                         a cell",
                        found.len()
                    );
                    self.faults.push(ReadFault { line, sentence });
                }
                let cell = |place: usize| match found.get(place).map(String::as_str) {
                    None | Some("-") | Some(NOTHING) => String::new(),
                    Some(text) => text.to_owned(),
                };
                rows.push((line, places.map(cell)));
            }
        }
        self.add(piece.title, &beside.join("\n"), piece.line);
        rows
    }

    /// Keeps what stands under a heading and fits into no field.
    fn add(&mut self, heading: &str, text: &str, line: usize) {
        let place = if is_task_id(heading) { format!("Section {heading}") } else { heading.into() };
        self.added(place, text, line);
    }

    fn added(&mut self, place: String, text: &str, line: usize) {
        let text = said_in(text);
        if text.is_empty() {
            return;
        }
        let before = self.n_added_chars;
        self.n_added_chars += text.chars().count();
        if before <= ADDED_CHARS_MAX && ADDED_CHARS_MAX < self.n_added_chars {
            let sentence = format!(
                "what people added to the plan in sections and notes of their own has more than \
                 {ADDED_CHARS_MAX} characters from here on, too much to tell every model; shorten \
                 it, or put it into a file and name that under References"
            );
            self.faults.push(ReadFault { line, sentence });
        }
        self.plan.additions.push(Addition { place, text });
    }
}

/// A heading as it is written, without its marks.
fn raw_title(heading: &str) -> &str {
    let first = heading.trim_start().lines().next().unwrap_or_default();
    first.trim_start_matches('#').trim()
}

/// Prose with the headings that people put into it.
fn joined(top: &Piece<'_>, rest: &[&Piece<'_>]) -> String {
    let texts = [said_in(top.body)].into_iter().chain(rest.iter().map(|it| said_in(it.whole)));
    texts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What a section says; nothing where it says that nothing was said.
fn said_in(text: &str) -> String {
    let text = trim_blank_lines(text);
    if text == NOTHING_SAID { String::new() } else { text.to_owned() }
}

/// The first piece of that name, taken out.
fn take<'a, 'b>(rest: &mut Vec<&'b Piece<'a>>, name: &str) -> Option<&'b Piece<'a>> {
    let at = rest.iter().position(|it| it.name == name)?;
    Some(rest.remove(at))
}

fn listed(rest: &mut Vec<&Piece<'_>>, name: &str) -> Vec<String> {
    take(rest, name).map(|it| items(it.body)).unwrap_or_default()
}

fn prose_of(rest: &mut Vec<&Piece<'_>>, name: &str) -> String {
    take(rest, name).map(|it| said_in(it.body)).unwrap_or_default()
}

/// The items of a list. A paragraph beside it is one more: in a list of what must not be done
/// nothing may be lost because somebody left out the dash.
fn items(body: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in said_in(body).lines() {
        let text = line.trim();
        let is_nested = line.starts_with([' ', '\t']) && !items.is_empty();
        match list_item(line).filter(|_| !is_nested) {
            Some(item) => {
                items.push(item.to_owned());
                goes_on = true;
            }
            None if text.is_empty() => goes_on = false,
            None => match items.last_mut().filter(|_| goes_on || is_nested) {
                Some(item) => {
                    item.push(' ');
                    item.push_str(text);
                }
                None => {
                    items.push(text.to_owned());
                    goes_on = true;
                }
            },
        }
    }
    items.retain(|it| !it.is_empty());
    items
}

/// A decision from its section. Only the lines that Baton sets below the reasons, after a blank
/// one, are read as what was weighed; whatever else people write there is a reason.
fn decision(piece: &Piece<'_>) -> PlanDecision {
    let body = trim_blank_lines(piece.body);
    let (rationale, weighed) = body.rsplit_once("\n\n").unwrap_or((body, ""));
    let mut lines: Vec<&str> = weighed.lines().collect();
    let price = lines.last().and_then(|it| it.strip_prefix(PRICE));
    lines.truncate(lines.len() - usize::from(price.is_some()));
    let instead = lines.last().and_then(|it| it.strip_prefix(INSTEAD));
    lines.truncate(lines.len() - usize::from(instead.is_some()));
    let is_weighed = lines.is_empty() && !weighed.is_empty();
    let rationale = said_in(if is_weighed { rationale } else { body });
    let alternatives = instead.filter(|_| is_weighed).map(several);
    PlanDecision {
        decision: piece.title.to_owned(),
        rationale,
        alternatives: alternatives.into_iter().flatten().map(str::to_owned).collect(),
        trade_offs: price.filter(|_| is_weighed).unwrap_or_default().to_owned(),
    }
}

/// What a line says of several, each apart.
fn several(line: &str) -> Vec<&str> {
    let mut res = Vec::new();
    let mut from = 0;
    for (at, between) in line.match_indices(BETWEEN) {
        if !line[..at].ends_with('\\') {
            res.push(&line[from..at]);
            from = at + between.len();
        }
    }
    res.push(&line[from..]);
    res
}

/// Where the columns stand in a header; `None` when it is none.
fn places<const N: usize>(header: &[String], columns: [&str; N]) -> Option<[usize; N]> {
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|it| it.eq_ignore_ascii_case(name))?;
    }
    Some(places)
}

/// What a cell names, without the marks of code.
fn plain(cell: &str) -> String {
    match read_code(cell) {
        Some((code, rest)) if rest.trim().is_empty() => code,
        Some(_) | None => cell.to_owned(),
    }
}

/// `10–24`, `10-24` or `10`.
fn line_range(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once(['–', '-']).unwrap_or((text, text));
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

fn built(task: PlanTask) -> Task {
    Task {
        id: task.id,
        title: task.title,
        phase: task.phase,
        kind: task.kind,
        complexity: task.complexity,
        // The table is the truth for the tier; one that the level asks for anyway is no choice.
        tier: (task.tier != task.complexity.tier()).then_some(task.tier),
        files: task.files,
        blocked_by: task.blocked_by,
        acceptance: task.acceptance,
        verify: task.verify,
    }
}

#[cfg(test)]
mod tests;
