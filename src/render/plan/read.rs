//! From a plan file's text back to the plan file, after people edited it.
//!
//! The sections are found by a CommonMark parser, so that a `## Checklist` inside a code block is
//! what GitHub shows: code. What cannot be understood is a fault with its line, never a guess.

use std::fmt;

use pulldown_cmark::{Event, HeadingLevel, Tag};

use crate::domain::plan::checklist::BoxLine;
use crate::domain::plan::graph::TaskGraph;
use crate::domain::plan::hash::split_front_matter;
use crate::render::plan::read_tasks::{Added, Row, add_tasks, read_rows, read_section, section_id};
use crate::render::plan::text::parser;
use crate::render::plan::write::{CHECKLIST_HEADING, TASKS_HEADING};
use crate::render::plan::{FrontMatter, Part, PlanFile, PlanTask};

/// Something in a plan file that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFault {
    /// The line of the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.sentence)
    }
}

/// A piece of the text with the line of the file that it begins on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
}

impl<'a> Span<'a> {
    /// The lines with their numbers in the file.
    pub(super) fn lines(self) -> impl Iterator<Item = (usize, &'a str)> {
        (self.line..).zip(self.text.lines())
    }
}

/// Reads a plan file, or says line by line why it cannot be understood. Line ends, blanks at ends
/// of lines, front matter and text around the tasks are people's own business.
pub fn read(text: &str) -> Result<PlanFile, Vec<ReadFault>> {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let (front, body) = split_front_matter(&unix);
    let first_line = 1 + unix[..unix.len() - body.len()].matches('\n').count();
    let headings = headings(body);
    let mut reader = Reader::default();
    let mut start = 0;
    let tops = headings.iter().filter(|it| it.level <= HeadingLevel::H2);
    let ends = tops.clone().map(|it| it.start).chain([body.len()]);
    let mut title = None;
    for (next, end) in tops.map(Some).chain([None]).zip(ends) {
        let line = first_line + body[..start].matches('\n').count();
        let inside = headings.iter().filter(|it| start < it.start && it.start < end);
        let inside: Vec<(usize, usize)> = inside
            .filter(|it| it.level == HeadingLevel::H3)
            .map(|it| (it.start - start, it.end - start))
            .collect();
        reader.section(title, Span { line, text: &body[start..end] }, &inside);
        start = end;
        title = next;
    }
    reader.finish(front.and_then(front_matter))
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    rows: Vec<Row>,
    tasks_line: Option<usize>,
    /// Faults of the table itself: what follows from them is not worth a sentence.
    n_table_faults: usize,
    has_checklist: bool,
    added: Vec<Added>,
    ticks: Vec<(usize, String, bool)>,
    faults: Vec<ReadFault>,
}

impl Reader {
    /// One section: its heading, its whole text, and where `###` headings stand in it.
    fn section(&mut self, title: Option<&Heading>, span: Span<'_>, inside: &[(usize, usize)]) {
        let is = |name: &str| {
            title.is_some_and(|it| {
                it.level == HeadingLevel::H2 && it.title.trim().eq_ignore_ascii_case(name)
            })
        };
        let body_start = title.map_or(0, |it| it.end - it.start);
        if is(TASKS_HEADING) && self.tasks_line.is_none() {
            self.tasks_line = Some(span.line);
            self.tasks(span, body_start, inside);
        } else if is(CHECKLIST_HEADING) && !self.has_checklist {
            self.has_checklist = true;
            self.checklist(after(span, body_start));
        } else {
            let text = trim_blank_lines(span.text);
            if !text.is_empty() {
                self.parts.push(Part::Prose(text.to_owned()));
            }
        }
    }

    fn tasks(&mut self, span: Span<'_>, body_start: usize, inside: &[(usize, usize)]) {
        let first = inside.first().map_or(span.text.len(), |it| it.0);
        let table = Span { text: &span.text[..first], ..span };
        let (rows, intro) = read_rows(after(table, body_start), &mut self.faults);
        self.rows = rows;
        self.n_table_faults = self.faults.len();
        self.parts.push(Part::Tasks(intro));
        let mut sections: Vec<(Option<usize>, usize)> = Vec::new();
        for (start, _) in inside {
            let heading = span.text[*start..].lines().next().unwrap_or_default();
            let id = section_id(heading);
            let row = id.and_then(|id| self.rows.iter().position(|it| it.task.id == id));
            match (id, row) {
                (_, Some(row)) => sections.push((Some(row), *start)),
                (Some(id), None) => {
                    let line = after(span, *start).line;
                    let sentence = format!(
                        "the section of {id} has no row in the task table; add the row or remove \
                         the section"
                    );
                    self.faults.push(ReadFault { line, sentence });
                    sections.push((None, *start));
                }
                // A heading of people's own belongs to the notes of the task before it.
                (None, None) if sections.is_empty() => sections.push((None, *start)),
                (None, None) => {}
            }
        }
        let ends = sections.iter().skip(1).map(|it| it.1).chain([span.text.len()]);
        let ends: Vec<usize> = ends.collect();
        for ((row, start), end) in sections.into_iter().zip(ends) {
            let section = after(Span { text: &span.text[..end], ..span }, start);
            match row {
                Some(row) => read_section(&mut self.rows[row].task, section, &mut self.faults),
                None => self.keep(section),
            }
        }
    }

    /// Text before the first task's section that begins with a heading of its own.
    fn keep(&mut self, section: Span<'_>) {
        if let Some(Part::Tasks(intro)) = self.parts.last_mut() {
            let text = trim_blank_lines(section.text);
            let gap = if intro.is_empty() { "" } else { "\n\n" };
            *intro = format!("{intro}{gap}{text}");
        }
    }

    fn checklist(&mut self, span: Span<'_>) {
        let mut intro = Vec::new();
        let mut above: Vec<(usize, String)> = Vec::new();
        for (line, text) in span.lines() {
            let Some(found) = BoxLine::read(text) else {
                intro.push(text);
                continue;
            };
            above.retain(|(indent, _)| *indent < found.indent);
            let parent = above.last().map(|(_, id)| id.clone());
            let id = match self.known(&found) {
                Some(id) => id,
                None if found.task.is_some() => {
                    let id = found.task.unwrap_or_default();
                    let sentence = format!(
                        "the checklist names {id}, which has no row in the task table; add the \
                         row or remove the line"
                    );
                    self.faults.push(ReadFault { line, sentence });
                    continue;
                }
                None => {
                    // A line of a person's own; its id is settled when all lines are read.
                    let name = format!("+{}", self.added.len());
                    let text = found.text.to_owned();
                    self.added.push(Added { line, name: name.clone(), text, parent });
                    name
                }
            };
            self.ticks.push((line, id.clone(), found.ticked));
            above.push((found.indent, id));
        }
        self.parts.push(Part::Checklist(trim_blank_lines(&intro.join("\n")).to_owned()));
    }

    /// The row that a box belongs to: by its marker, or by its text where people typed it anew.
    fn known(&self, found: &BoxLine<'_>) -> Option<String> {
        let ids = || self.rows.iter().map(|it| &it.task);
        if let Some(id) = found.task {
            return ids().find(|it| it.id == id).map(|it| it.id.clone());
        }
        let is_named = |it: &&PlanTask| {
            let first = found.text.split([' ', ':']).next();
            first == Some(it.id.as_str()) || it.title.eq_ignore_ascii_case(found.text)
        };
        ids().find(is_named).map(|it| it.id.clone())
    }

    fn finish(mut self, front: Option<FrontMatter>) -> Result<PlanFile, Vec<ReadFault>> {
        if 0 < self.n_table_faults {
            self.faults.truncate(self.n_table_faults);
            return Err(self.faults);
        }
        let Some(tasks_line) = self.tasks_line else {
            let sentence = format!("there is no section `## {TASKS_HEADING}` with the task table");
            return Err(vec![ReadFault { line: 1, sentence }]);
        };
        if !self.has_checklist {
            let is_tasks = |it: &Part| matches!(it, Part::Tasks(_));
            let at = self.parts.iter().position(is_tasks).map_or(self.parts.len(), |it| it + 1);
            self.parts.insert(at, Part::Checklist(String::new()));
        }
        let names = add_tasks(&mut self.rows, self.added, &mut self.faults);
        for (_, id, ticked) in self.ticks {
            let id = names.get(&id).unwrap_or(&id);
            if let Some(row) = self.rows.iter_mut().find(|it| it.task.id == *id) {
                row.task.done |= ticked;
            }
        }
        if self.rows.is_empty() && self.faults.is_empty() {
            let sentence = "the task table has no row; a plan has at least one task".to_owned();
            self.faults.push(ReadFault { line: tasks_line, sentence });
        }
        let edges = self.rows.iter().map(|it| (it.task.id.as_str(), &it.task.blocked_by[..]));
        for fault in TaskGraph::new(edges).err().into_iter().flatten() {
            let line = self.rows.get(fault.row()).map_or(tasks_line, |it| it.line);
            self.faults.push(ReadFault { line, sentence: fault.to_string() });
        }
        if !self.faults.is_empty() {
            self.faults.sort_by_key(|it| it.line);
            return Err(self.faults);
        }
        let tasks = self.rows.into_iter().map(|it| it.task).collect();
        Ok(PlanFile { front, parts: self.parts, tasks })
    }
}

struct Heading {
    level: HeadingLevel,
    start: usize,
    end: usize,
    title: String,
}

/// The headings that stand in no list and no quote.
fn headings(body: &str) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    let mut depth = 0_usize;
    let mut is_open = false;
    for (event, range) in parser(body).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if let Tag::Heading { level, .. } = tag
                    && depth == 0
                {
                    let title = String::new();
                    found.push(Heading { level, start: range.start, end: range.end, title });
                    is_open = true;
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                is_open &= 0 < depth;
            }
            Event::Text(text) | Event::Code(text) if is_open => {
                if let Some(heading) = found.last_mut() {
                    heading.title.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

/// The span without its first `n_bytes`.
fn after(span: Span<'_>, n_bytes: usize) -> Span<'_> {
    let skipped = span.text[..n_bytes].matches('\n').count();
    Span { line: span.line + skipped, text: &span.text[n_bytes..] }
}

/// Without blank lines around and blanks at the end; blanks at the beginning of the first line
/// may mean something.
pub(super) fn trim_blank_lines(text: &str) -> &str {
    let text = text.trim_end();
    let skipped: usize =
        text.split_inclusive('\n').take_while(|it| it.trim().is_empty()).map(str::len).sum();
    &text[skipped..]
}

/// Baton's bookkeeping, when all of it is there.
fn front_matter(text: &str) -> Option<FrontMatter> {
    let value = |key: &str| {
        let mut lines = text.lines();
        let line = lines.find_map(|it| it.strip_prefix(key)?.strip_prefix(':'))?.trim();
        let quoted = serde_json::from_str::<String>(line).ok();
        Some(quoted.unwrap_or_else(|| line.to_owned()))
    };
    Some(FrontMatter {
        issue: value("issue")?,
        revision: value("revision")?.parse().ok()?,
        planner: value("planner")?,
        cost: value("cost")?,
        date: value("date")?,
    })
}
