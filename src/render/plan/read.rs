//! From a plan file's text back to the plan file, after people edited it.
//!
//! The sections are found by a CommonMark parser, so that a `## Checklist` inside a code block is
//! what GitHub shows: code. What cannot be understood is a fault with its line, never a guess.

use std::fmt;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Tag};

use crate::domain::plan::checklist::BoxLine;
use crate::domain::plan::graph::TaskGraph;
use crate::domain::plan::hash::split_front_matter;
use crate::render::plan::read_tasks::{Added, Row, add_tasks, read_rows, read_section, section_id};
use crate::render::plan::text::{open_fence, parser};
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

/// Whether lines, seen in their order, stand in a fenced code block.
#[derive(Default)]
pub(super) struct Fence {
    /// Its mark, how many of them, and how far it is indented.
    open: Option<(char, usize, usize)>,
}

impl Fence {
    /// Whether the next line is code or a fence.
    pub(super) fn holds(&mut self, line: &str) -> bool {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        // A line further left ends the list that the fence stands in, and with it the fence.
        self.open = self.open.filter(|(_, _, inner)| text.is_empty() || *inner <= indent);
        let mark = text.chars().next().filter(|it| matches!(it, '`' | '~'));
        let n_marks = text.chars().take_while(|it| Some(*it) == mark).count();
        match (self.open, mark) {
            (None, Some(mark)) if 3 <= n_marks && !text[n_marks..].contains(mark) => {
                self.open = Some((mark, n_marks, indent));
                true
            }
            (None, _) => false,
            (Some((open, n, _)), Some(mark)) if open == mark && n <= n_marks => {
                if n_marks == text.len() {
                    self.open = None;
                }
                true
            }
            (Some(_), _) => true,
        }
    }
}

/// Reads a plan file, or says line by line why it cannot be understood. Line ends, blanks at ends
/// of lines, front matter and text around the tasks are people's own business.
pub fn read(text: &str) -> Result<PlanFile, Vec<ReadFault>> {
    read_with_lines(text).map(|(file, _)| file)
}

/// Where in the text the pieces of a plan file stand.
pub(super) struct Lines {
    /// The first line of each part.
    pub(super) parts: Vec<usize>,
    /// The line of each task's row.
    pub(super) tasks: Vec<usize>,
    /// The files that tasks name, in their order, each with the line it is named on.
    pub(super) files: Vec<(usize, String)>,
}

/// Reads a plan file, and says where what stands.
pub(super) fn read_with_lines(text: &str) -> Result<(PlanFile, Lines), Vec<ReadFault>> {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let (front, body) = split_front_matter(&unix);
    let first_line = 1 + unix[..unix.len() - body.len()].matches('\n').count();
    let (headings, swallowed) = headings(body);
    if let Some((at, sentence)) = swallowed {
        let line = first_line + body[..at].matches('\n').count();
        return Err(vec![ReadFault { line, sentence: sentence.to_owned() }]);
    }
    let mut reader = Reader::default();
    let mut start = 0;
    let tops = headings.iter().filter(|it| it.level <= HeadingLevel::H2);
    let ends = tops.clone().map(|it| it.start).chain([body.len()]);
    let mut title = None;
    for (next, end) in tops.map(Some).chain([None]).zip(ends) {
        let line = first_line + body[..start].matches('\n').count();
        let inside = headings.iter().filter(|it| start < it.start && it.start < end);
        let inside = inside.filter(|it| it.level == HeadingLevel::H3).map(|it| it.start - start);
        let inside: Vec<usize> = inside.collect();
        reader.section(title, Span { line, text: &body[start..end] }, &inside);
        start = end;
        title = next;
    }
    reader.finish(front.and_then(front_matter))
}

#[derive(Default)]
struct Reader<'a> {
    /// The parts, each with its first line.
    parts: Vec<(usize, Part)>,
    rows: Vec<Row>,
    files: Vec<(usize, String)>,
    tasks_line: Option<usize>,
    /// Faults of the table itself: what follows from them is not worth a sentence.
    n_table_faults: usize,
    checklist: Option<Span<'a>>,
    added: Vec<Added>,
    ticks: Vec<(usize, String, bool)>,
    faults: Vec<ReadFault>,
}

impl<'a> Reader<'a> {
    /// One section: its heading, its whole text, and where `###` headings stand in it.
    fn section(&mut self, title: Option<&Heading>, span: Span<'a>, inside: &[usize]) {
        let is = |name: &str| {
            title.is_some_and(|it| {
                it.level == HeadingLevel::H2 && it.title.trim().eq_ignore_ascii_case(name)
            })
        };
        let body_start = title.map_or(0, |it| it.end - it.start);
        if is(TASKS_HEADING) && self.tasks_line.is_none() {
            self.tasks_line = Some(span.line);
            self.tasks(span, body_start, inside);
        } else if is(CHECKLIST_HEADING) && self.checklist.is_none() {
            // Read at the end, when the rows are known that its lines may name.
            self.checklist = Some(after(span, body_start));
            self.parts.push((span.line, Part::Checklist(String::new())));
        } else {
            let text = trim_blank_lines(span.text);
            if !text.is_empty() {
                self.parts.push((span.line, Part::Prose(text.to_owned())));
            }
        }
    }

    fn tasks(&mut self, span: Span<'_>, body_start: usize, inside: &[usize]) {
        // A heading of people's own belongs to the text it stands in.
        let heading = |at: usize| span.text[at..].lines().next().unwrap_or_default();
        let sections = inside.iter().filter_map(|at| Some((*at, section_id(heading(*at))?)));
        let sections: Vec<(usize, &str)> = sections.collect();
        let starts = sections.iter().map(|it| it.0).chain([span.text.len()]);
        let ends: Vec<usize> = starts.collect();
        let table = Span { text: &span.text[..ends[0]], ..span };
        let (rows, intro) = read_rows(after(table, body_start), &mut self.faults);
        self.rows = rows;
        self.n_table_faults = self.faults.len();
        self.parts.push((span.line, Part::Tasks(intro)));
        for ((start, id), end) in sections.into_iter().zip(ends.into_iter().skip(1)) {
            let section = after(Span { text: &span.text[..end], ..span }, start);
            match self.rows.iter_mut().find(|it| it.task.id == id) {
                Some(row) => {
                    let files = read_section(&mut row.task, section, &mut self.faults);
                    self.files.extend(files);
                }
                None => {
                    let sentence = format!(
                        "the section of {id} has no row in the task table; add the row or remove \
                         the section"
                    );
                    self.faults.push(ReadFault { line: section.line, sentence });
                }
            }
        }
    }

    fn read_checklist(&mut self, span: Span<'_>) {
        let mut intro = Vec::new();
        let mut above: Vec<(usize, String)> = Vec::new();
        let mut fence = Fence::default();
        for (line, text) in span.lines() {
            if fence.holds(text) {
                intro.push(text);
                continue;
            }
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
        let intro = trim_blank_lines(&intro.join("\n")).to_owned();
        let part = self.parts.iter_mut().find(|it| matches!(it.1, Part::Checklist(_)));
        if let Some(part) = part {
            part.1 = Part::Checklist(intro);
        }
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

    fn finish(mut self, front: Option<FrontMatter>) -> Result<(PlanFile, Lines), Vec<ReadFault>> {
        if 0 < self.n_table_faults {
            self.faults.truncate(self.n_table_faults);
            return Err(self.faults);
        }
        let Some(tasks_line) = self.tasks_line else {
            let sentence = format!("there is no section `## {TASKS_HEADING}` with the task table");
            return Err(vec![ReadFault { line: 1, sentence }]);
        };
        match self.checklist {
            Some(span) => self.read_checklist(span),
            None => {
                let is_tasks = |it: &(usize, Part)| matches!(it.1, Part::Tasks(_));
                let at = self.parts.iter().position(is_tasks).map_or(self.parts.len(), |it| it + 1);
                self.parts.insert(at, (tasks_line, Part::Checklist(String::new())));
            }
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
        let (task_lines, tasks) = self.rows.into_iter().map(|it| (it.line, it.task)).unzip();
        let (part_lines, parts) = self.parts.into_iter().unzip();
        let lines = Lines { parts: part_lines, tasks: task_lines, files: self.files };
        Ok((PlanFile { front, parts, tasks }, lines))
    }
}

/// A heading, and where it stands in the text.
pub(super) struct Heading {
    pub(super) level: HeadingLevel,
    pub(super) start: usize,
    pub(super) end: usize,
    /// What it says, without marks.
    pub(super) title: String,
}

/// The headings that stand in no list and no quote; and where something is opened that swallows
/// the rest of the text, and what it is.
pub(super) fn headings(body: &str) -> (Vec<Heading>, Option<(usize, &'static str)>) {
    let mut found: Vec<Heading> = Vec::new();
    let mut swallowed = None;
    let mut depth = 0_usize;
    let mut is_open = false;
    for (event, range) in parser(body).into_offset_iter() {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only blocks and heading texts matter")]
        match event {
            Event::Start(tag) => {
                if let Tag::Heading { level, .. } = tag
                    && depth == 0
                {
                    let title = String::new();
                    found.push(Heading { level, start: range.start, end: range.end, title });
                    is_open = true;
                } else if depth == 0
                    && let Some(sentence) = swallows_rest(&tag, body, &range)
                {
                    swallowed = swallowed.or(Some((range.start, sentence)));
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
    (found, swallowed)
}

/// Whether a block goes on to the end of the text because nobody closed it.
fn swallows_rest(tag: &Tag<'_>, body: &str, range: &Range<usize>) -> Option<&'static str> {
    let block = &body[range.clone()];
    let is_last = body[range.end..].trim().is_empty();
    if is_last && matches!(tag, Tag::CodeBlock(CodeBlockKind::Fenced(_))) {
        let open = open_fence(block).is_some();
        return open.then_some("a code block is opened here and never closed");
    }
    let is_html = is_last && matches!(tag, Tag::HtmlBlock) && block.trim().contains("\n\n");
    is_html.then_some("HTML or a comment is opened here and never closed")
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
