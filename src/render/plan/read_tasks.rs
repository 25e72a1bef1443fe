//! The tasks of a plan file: rows of the table, `### t1` sections, lines that people added.

use std::collections::BTreeMap;

use crate::domain::plan::{TaskKind, Verify, is_task_id};
use crate::domain::tier::Complexity;
use crate::render::plan::PlanTask;
use crate::render::plan::compose::titled;
use crate::render::plan::read::{Fence, ReadFault, Span, trim_blank_lines};
use crate::render::plan::text::read_code;
use crate::render::plan::write::{NOTHING, TASK_COLUMNS, kind_name};

/// A task and the line that it comes from.
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) task: PlanTask,
}

/// A checklist line without a row.
pub(super) struct Added {
    pub(super) line: usize,
    /// A name that stands for its id until it has one.
    pub(super) name: String,
    /// `Title (after: X) (complex)`.
    pub(super) text: String,
    /// The task that the line is nested under: an id or such a name.
    pub(super) parent: Option<String>,
}

/// The rows of the task table in `span`, and the text around the table.
pub(super) fn read_rows(span: Span<'_>, faults: &mut Vec<ReadFault>) -> (Vec<Row>, String) {
    let is_header = |text: &str| {
        let cells = cells(text);
        cells.iter().any(|it| it.eq_ignore_ascii_case(TASK_COLUMNS[0]))
            && cells.iter().any(|it| it.eq_ignore_ascii_case(TASK_COLUMNS[1]))
    };
    let lines: Vec<(usize, &str)> = span.lines().collect();
    let Some(header) = lines.iter().position(|(_, text)| is_header(text)) else {
        let sentence = format!("there is no task table: {} …", TASK_COLUMNS.join(" | "));
        faults.push(ReadFault { line: span.line, sentence });
        return (Vec::new(), trim_blank_lines(span.text).to_owned());
    };
    let is_row = |(_, text): &&(usize, &str)| text.contains('|');
    let n_lines = 1 + lines[header + 1..].iter().take_while(is_row).count();
    let (table, below) = lines[header..].split_at(n_lines);
    let around = lines[..header].iter().chain(below).map(|(_, text)| *text);
    let intro = trim_blank_lines(&around.collect::<Vec<_>>().join("\n")).to_owned();

    let columns = cells(table[0].1);
    let mut places = [0; TASK_COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(TASK_COLUMNS) {
        match columns.iter().position(|it| it.eq_ignore_ascii_case(name)) {
            Some(column) => *place = column,
            None => {
                let sentence = format!(
                    "the task table has no column {name}; it needs {}",
                    TASK_COLUMNS.join(" | ")
                );
                faults.push(ReadFault { line: table[0].0, sentence });
                return (Vec::new(), intro);
            }
        }
    }
    let is_rule = |text: &str| text.chars().all(|it| matches!(it, '|' | '-' | ':' | ' ' | '\t'));
    let rows = table[1..].iter().filter(|(_, text)| !is_rule(text));
    let rows = rows.filter_map(|(line, text)| {
        let task = read_row(&cells(text), columns.len(), places);
        match task {
            Ok(task) => Some(Row { line: *line, task }),
            Err(sentence) => {
                faults.push(ReadFault { line: *line, sentence });
                None
            }
        }
    });
    (rows.collect(), intro)
}

fn read_row(cells: &[String], n_columns: usize, places: [usize; 6]) -> Result<PlanTask, String> {
    if n_columns < cells.len() {
        return Err(format!(
            "the row has {} cells, the table has {n_columns}; write \\| for a bar in a cell",
            cells.len()
        ));
    }
    let cell = |place: usize| match cells.get(place).map(String::as_str) {
        None | Some("-") | Some(NOTHING) => "",
        Some(text) => text,
    };
    let [id, title, phase, blocked_by, complexity, tier] = places.map(cell);
    let id = id.trim_matches(['`', '*']);
    if !is_task_id(id) {
        return Err(format!("`{id}` is not the id of a task; ids are t1, t2, t3, …"));
    }
    if title.is_empty() {
        return Err(format!("{id} has no title"));
    }
    let ids = blocked_by.split([',', ';', ' ']).map(|it| it.trim_matches(['`', '*']));
    let mut task = blank(id, title);
    task.phase = phase.to_owned();
    task.blocked_by = ids.filter(|it| !it.is_empty()).map(str::to_owned).collect();
    task.complexity = complexity.parse().map_err(|error| format!("{id}: complexity {error}"))?;
    task.tier = tier.parse().map_err(|error| format!("{id}: tier {error}"))?;
    Ok(task)
}

/// A task about which only id and title are known.
fn blank(id: &str, title: &str) -> PlanTask {
    PlanTask {
        id: id.to_owned(),
        title: title.to_owned(),
        phase: String::new(),
        blocked_by: Vec::new(),
        complexity: Complexity::Simple,
        tier: Complexity::Simple.tier(),
        kind: TaskKind::Implement,
        files: Vec::new(),
        acceptance: Vec::new(),
        verify: Verify::None(String::new()),
        notes: String::new(),
        done: false,
    }
}

/// The cells of a table's line; a bar after a backslash belongs to its cell.
pub(super) fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    if !line.contains('|') {
        return Vec::new();
    }
    let mut cells = vec![String::new()];
    let mut pieces = line.split('|').peekable();
    while let Some(piece) = pieces.next() {
        let is_last = pieces.peek().is_none();
        let Some(cell) = cells.last_mut() else { break };
        if !is_last && piece.ends_with('\\') {
            cell.push_str(piece.trim_end_matches('\\'));
            cell.push('|');
        } else {
            cell.push_str(piece);
            if !is_last {
                cells.push(String::new());
            }
        }
    }
    let mut cells: Vec<String> = cells.iter().map(|it| it.trim().to_owned()).collect();
    if line.starts_with('|') {
        cells.remove(0);
    }
    if cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// The id that a `### t1 Title` heading names.
pub(super) fn section_id(heading: &str) -> Option<&str> {
    let title = heading.trim_start_matches([' ', '#']);
    let first = title.split([' ', ':', '\t']).next().unwrap_or_default();
    let id = first.trim_matches(['`', '*', '.']);
    is_task_id(id).then_some(id)
}

/// What the lines after a label belong to.
enum Place {
    Files,
    Acceptance,
    Notes,
}

/// Reads kind, files, acceptance, verify and notes of one task from its section; returns the files
/// with the lines that name them.
pub(super) fn read_section(
    task: &mut PlanTask,
    section: Span<'_>,
    faults: &mut Vec<ReadFault>,
) -> Vec<(usize, String)> {
    let mut files = Vec::new();
    let mut place = Place::Notes;
    let mut notes = Vec::new();
    let mut fence = Fence::default();
    for (line, text) in section.lines().skip(1) {
        if fence.holds(text) {
            place = Place::Notes;
            notes.push(text);
            continue;
        }
        if let Some((name, rest)) = label(text) {
            place = Place::Notes;
            match name.as_str() {
                "kind" => match read_kind(rest) {
                    Some(kind) => task.kind = kind,
                    None => faults.push(ReadFault { line, sentence: unknown_kind(&task.id, rest) }),
                },
                "files" => {
                    place = Place::Files;
                    files.extend(files_of(rest).into_iter().map(|it| (line, it)));
                }
                "acceptance" => {
                    place = Place::Acceptance;
                    task.acceptance.extend((!rest.is_empty()).then(|| rest.to_owned()));
                }
                "verify" => task.verify = read_verify(rest),
                _ => notes.push(text),
            }
            continue;
        }
        let item = list_item(text);
        match (&place, item) {
            (Place::Files, Some(item)) => {
                files.extend(files_of(item).into_iter().map(|it| (line, it)));
            }
            (Place::Acceptance, Some(item)) => {
                task.acceptance.extend((!item.is_empty()).then(|| item.to_owned()));
            }
            (Place::Files | Place::Acceptance, None) if text.trim().is_empty() => {}
            // An indented line goes on with the item above it.
            (Place::Acceptance, None) if text.starts_with([' ', '\t']) => {
                if let Some(last) = task.acceptance.last_mut() {
                    last.push(' ');
                    last.push_str(text.trim());
                }
            }
            (Place::Files | Place::Acceptance | Place::Notes, _) => {
                place = Place::Notes;
                notes.push(text);
            }
        }
    }
    task.notes = trim_blank_lines(&notes.join("\n")).to_owned();
    task.files.extend(files.iter().map(|(_, path)| path.clone()));
    files
}

/// `**Kind:** test`, `Kind: test` → `kind`, `test`. Only the four labels of a task's section.
fn label(line: &str) -> Option<(String, &str)> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    let (name, rest) = line.split_once(':')?;
    let name = name.trim_matches(['*', '_', ' ']).to_lowercase();
    let is_known = matches!(name.as_str(), "kind" | "files" | "acceptance" | "verify");
    is_known.then(|| (name, rest.trim_start_matches(['*', '_']).trim()))
}

pub(super) fn list_item(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix(['-', '*', '+'])?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

fn read_kind(text: &str) -> Option<TaskKind> {
    let kinds = [TaskKind::Implement, TaskKind::Test, TaskKind::Docs, TaskKind::Review];
    kinds.into_iter().find(|it| kind_name(*it).eq_ignore_ascii_case(text.trim_matches('`')))
}

fn unknown_kind(id: &str, text: &str) -> String {
    format!("{id}: kind `{text}` is not one of implement, test, docs, review")
}

/// The paths on a line: code spans, or what stands between commas.
fn files_of(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        match read_code(&rest[at..]) {
            Some((file, tail)) => {
                files.push(file);
                rest = tail;
            }
            None => break,
        }
    }
    if files.is_empty() {
        let bare = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        files.extend(bare.map(str::to_owned));
    }
    files
}

fn read_verify(text: &str) -> Verify {
    let strip = |word: &str| {
        let head = text.get(..word.len())?;
        let rest = &text[word.len()..];
        let ends = rest.is_empty() || rest.starts_with([' ', ':', '`']);
        (head.eq_ignore_ascii_case(word) && ends)
            .then(|| rest.trim_start().strip_prefix(':').unwrap_or(rest).trim())
    };
    let plain = |text: &str| read_code(text).map_or_else(|| text.to_owned(), |(code, _)| code);
    if let Some(rest) = strip("check") {
        Verify::Check(plain(rest))
    } else if let Some(rest) = strip("command") {
        Verify::Command(plain(rest))
    } else if let Some(rest) = strip("none") {
        Verify::None(rest.to_owned())
    } else if let Some((command, _)) = read_code(text) {
        Verify::Command(command)
    } else {
        Verify::None(text.to_owned())
    }
}

/// Makes tasks of the lines that people added: the next id, the complexity of the task they are
/// nested under, else of the last one they wait for, else of the line above. Returns the ids by
/// the lines' names.
pub(super) fn add_tasks(
    rows: &mut Vec<Row>,
    added: Vec<Added>,
    faults: &mut Vec<ReadFault>,
) -> BTreeMap<String, String> {
    let number = |row: &Row| row.task.id[1..].parse::<u32>().unwrap_or(0);
    let mut next = rows.iter().map(number).max().unwrap_or(0);
    let mut names = BTreeMap::new();
    let mut made = Vec::new();
    for it in &added {
        next += 1;
        let id = format!("t{next}");
        let wish = Wish::read(&it.text);
        if wish.title.is_empty() || !is_task_id(&id) {
            let sentence = "the box has no text; say what is to be done, or remove it".to_owned();
            faults.push(ReadFault { line: it.line, sentence });
            continue;
        }
        names.insert(it.name.clone(), id.clone());
        made.push((rows.len(), wish.after, wish.complexity, &it.parent));
        rows.push(Row { line: it.line, task: blank(&id, &titled(wish.title)) });
    }
    // In a second pass, because a line may wait for one below it.
    for (row, after, complexity, parent) in made {
        let line = rows[row].line;
        let blocked_by = resolve(rows, after, line, faults);
        let parent = parent.as_ref().map(|it| names.get(it).unwrap_or(it));
        let above = row.checked_sub(1).map(|it| rows[it].task.id.clone());
        let heirs = [parent, blocked_by.last(), above.as_ref()];
        let level_of =
            |id: &String| rows.iter().find(|it| it.task.id == *id).map(|it| it.task.complexity);
        let inherited = heirs.into_iter().flatten().find_map(level_of);
        let task = &mut rows[row].task;
        task.complexity = complexity.or(inherited).unwrap_or(Complexity::Simple);
        task.tier = task.complexity.tier();
        task.blocked_by = blocked_by;
    }
    names
}

/// The ids of the tasks that a line waits for, named by id or by title.
fn resolve(
    rows: &[Row],
    names: Vec<String>,
    line: usize,
    faults: &mut Vec<ReadFault>,
) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let is_meant = |it: &&Row| it.task.id == name || it.task.title.eq_ignore_ascii_case(&name);
        match rows.iter().find(is_meant) {
            Some(row) => ids.push(row.task.id.clone()),
            None => {
                let sentence = format!("“{name}” is neither the id nor the title of a task");
                faults.push(ReadFault { line, sentence });
            }
        }
    }
    ids
}

/// What a person wrote behind a box.
struct Wish<'a> {
    title: &'a str,
    after: Vec<String>,
    complexity: Option<Complexity>,
}

impl<'a> Wish<'a> {
    /// `Title (after: t1, t2) (complex)`; the brackets in any order.
    fn read(text: &'a str) -> Wish<'a> {
        let mut wish = Wish { title: text.trim(), after: Vec::new(), complexity: None };
        while let Some((title, inside)) =
            wish.title.strip_suffix(')').and_then(|it| it.rsplit_once('('))
        {
            let lower = inside.to_lowercase();
            let list = ["after:", "depends on:"]
                .into_iter()
                .find(|it| lower.starts_with(it))
                .and_then(|it| inside.get(it.len()..));
            if let Some(list) = list {
                let names = list.split(',').map(|it| it.trim().to_owned());
                wish.after.extend(names.filter(|it| !it.is_empty()));
            } else if let Ok(level) = inside.parse() {
                wish.complexity = Some(level);
            } else {
                break;
            }
            wish.title = title.trim();
        }
        wish
    }
}
