//! An implementer without a model: deterministic, honest about how little it does.
//!
//! It sees only the request. From the handoff it takes the task and its files, reads them, makes
//! one small marked change in each (a new file where none stands, a comment line in the file's own
//! language where one does), notes where it stands and says that the task is done. What it writes
//! keeps files valid; it builds no feature, and its report says so.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::planner::view::{
    NumberedLine, array, numbered_lines, tagged, text_of, texts_of, tool_use,
};
use super::turn::Turn;

/// Files of one task that are changed; more would need more than one answer's calls.
const FILES_MAX: usize = 12;
/// Lines that `read_file` shows when nothing else is asked.
const LINES_SHOWN: usize = 200;
/// The last lines of a file that mark its end: enough to stand there once.
const TAIL_LINES: usize = 8;

/// The next turn of an implementer, seen from the request alone.
pub fn next_turn(request: &Value) -> Turn {
    let work = Work::of(request);
    if work.task.files.is_empty() && !work.noted {
        return note(&work).saying("The task names no file, so I change none.");
    }
    if work.read.is_empty() && !work.task.files.is_empty() {
        let paths = work.task.files.iter();
        let reads = paths.map(|it| ("read_file", json!({ "path": it.path })));
        return Turn::tools(reads).saying("I read the files of the task.");
    }
    let edits = work.edits();
    if !work.edited && !edits.is_empty() {
        return Turn::tools(edits).saying("I make a small marked change in each.");
    }
    if !work.noted {
        return note(&work);
    }
    if work.refused {
        return Turn::text("My changes were refused, and I have no others.");
    }
    let id = &work.task.id;
    let changed: Vec<String> = work.task.files.iter().map(|it| format!("`{}`", it.path)).collect();
    let done = json!({
        "summary": format!("{id}: {}. Marked in {}.", work.task.title, changed.join(", ")),
        "verified": "By reading each file once more. A demonstration: nothing of it was run.",
    });
    Turn::tools([("task_done", done)]).saying("The task is done.")
}

fn note(work: &Work) -> Turn {
    let done: Vec<&str> = work.task.files.iter().map(|it| it.path.as_str()).collect();
    let note = json!({
        "position": format!("{} is written.", work.task.id),
        "next_step": "Say that the task is done.",
        "done": done,
    });
    Turn::tools([("note", note)])
}

/// The task as the handoff gives it.
#[derive(Debug, Default, PartialEq)]
struct Task {
    id: String,
    title: String,
    files: Vec<File>,
}

/// One of its files.
#[derive(Debug, PartialEq)]
struct File {
    path: String,
    goes: bool,
}

impl Task {
    fn in_prompt(said: &str) -> Task {
        let text = tagged(said, "task").unwrap_or_default();
        let (id, title) =
            text.lines().next().unwrap_or_default().split_once(' ').unwrap_or(("", ""));
        let files = text.lines().skip_while(|it| *it != "Files:").skip(1);
        let files = files.map_while(|it| it.strip_prefix("- ")).take(FILES_MAX).map(|line| {
            let (path, action) = line.split_once(" (").unwrap_or((line, ""));
            File { path: path.to_owned(), goes: action.starts_with("delete") }
        });
        Task { id: id.to_owned(), title: title.to_owned(), files: files.collect() }
    }
}

/// What the conversation has come to.
#[derive(Debug, Default)]
struct Work {
    task: Task,
    /// What was read; nothing for a path where no file stands.
    read: BTreeMap<String, Vec<NumberedLine>>,
    edited: bool,
    noted: bool,
    refused: bool,
}

impl Work {
    fn of(request: &Value) -> Work {
        let mut work = Work::default();
        let mut uses: BTreeMap<String, (String, Value)> = BTreeMap::new();
        for (index, message) in array(&request["messages"]).iter().enumerate() {
            if index == 0 {
                let said = texts_of(&message["content"]).join("\n\n");
                work.task = Task::in_prompt(&said);
            }
            if message["role"] == "assistant" {
                uses.extend(array(&message["content"]).iter().filter_map(tool_use));
                continue;
            }
            let blocks = array(&message["content"]).iter();
            for result in blocks.filter(|it| it["type"] == "tool_result") {
                let id = result["tool_use_id"].as_str().unwrap_or_default();
                if let Some((name, input)) = uses.remove(id) {
                    work.learn(&name, &input, result);
                }
            }
        }
        work
    }

    fn learn(&mut self, name: &str, input: &Value, result: &Value) {
        match name {
            "read_file" => {
                let path = input["path"].as_str().unwrap_or_default().to_owned();
                let is_error = result["is_error"] == true;
                let answer = text_of(&result["content"]);
                let lines = if is_error { Vec::new() } else { numbered_lines(&answer) };
                self.read.insert(path, lines);
            }
            "create_file" | "replace_text" | "delete_file" => self.edited = true,
            "note" => self.noted = true,
            "task_done" => self.refused = result["is_error"] == true,
            _ => {}
        }
    }

    fn edits(&self) -> Vec<(&'static str, Value)> {
        self.task.files.iter().filter_map(|file| self.edit(file)).collect()
    }

    fn edit(&self, file: &File) -> Option<(&'static str, Value)> {
        let path = &file.path;
        let lines = self.read.get(path).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
        if texts.is_empty() {
            let content = new_file(path, &self.words());
            return (!file.goes)
                .then(|| ("create_file", json!({ "path": path, "content": content })));
        }
        if file.goes {
            return Some(("delete_file", json!({ "path": path })));
        }
        let mark = format!("{}: {}", self.task.id, self.words());
        let before = texts.iter().filter(|it| it.contains(&mark)).count();
        let again = if before == 0 { String::new() } else { format!(", once more ({before})") };
        let comment = comment(path, &format!("{mark}{again}"))?;
        let (old, new) = placed(&texts, &comment)?;
        Some(("replace_text", json!({ "path": path, "old": old, "new": new })))
    }

    /// The title in letters, digits and blanks: it stands in a comment of any language.
    fn words(&self) -> String {
        let letters = |it: char| if it.is_alphanumeric() { it } else { ' ' };
        let plain: String = self.task.title.chars().map(letters).collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Where a comment line goes: behind the end of a file, or of a long one between two of its parts.
fn placed(texts: &[&str], comment: &str) -> Option<(String, String)> {
    if texts.len() < LINES_SHOWN {
        let from = texts.len().saturating_sub(TAIL_LINES);
        let tail = texts.get(from..)?.join("\n");
        return (!tail.trim().is_empty()).then(|| (tail.clone(), format!("{tail}\n{comment}")));
    }
    let is_part = |i: &usize| {
        texts[*i].is_empty()
            && texts.get(i + 1).is_some_and(|it| it.starts_with(|c: char| !c.is_whitespace()))
    };
    let at = (TAIL_LINES..texts.len() - 1).rev().find(is_part)?;
    let before = texts[at - TAIL_LINES..=at].join("\n");
    let next = texts[at + 1];
    Some((format!("{before}\n{next}"), format!("{before}\n{comment}\n\n{next}")))
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |it| it.1)
}

/// A comment line in the file's language; `None` where there are none.
fn comment(path: &str, text: &str) -> Option<String> {
    Some(match extension(path) {
        "json" | "lock" | "txt" | "csv" | "svg" => return None,
        "md" | "html" | "xml" | "vue" => format!("<!-- {text} -->"),
        "css" | "scss" | "less" => format!("/* {text} */"),
        "sql" | "lua" | "hs" => format!("-- {text}"),
        "rs" | "js" | "mjs" | "ts" | "tsx" | "jsx" | "go" | "java" | "kt" | "swift" | "c" | "h"
        | "cpp" | "cc" | "hpp" | "cs" | "scala" | "php" | "dart" => format!("// {text}"),
        _ => format!("# {text}"),
    })
}

/// A small file that stands by itself.
fn new_file(path: &str, words: &str) -> String {
    let is_test = path.contains("test") || path.contains("spec");
    let folder = path.rsplit('/').nth(1).unwrap_or("main").replace('-', "_");
    match (extension(path), is_test) {
        ("rs", true) => {
            format!(
                "//! {words}.\n\n#[test]\nfn one_and_one_is_two() {{\n    assert_eq!(1 + 1, 2);\n}}\n"
            )
        }
        ("rs", false) => format!(
            "//! {words}.\n\n/// What this module is for.\npub fn purpose() -> &'static str {{\n    \
             \"{words}\"\n}}\n"
        ),
        ("py", true) => {
            format!("\"\"\"{words}.\"\"\"\n\n\ndef test_sum():\n    assert 1 + 1 == 2\n")
        }
        ("py", false) => {
            format!("\"\"\"{words}.\"\"\"\n\n\ndef purpose() -> str:\n    return \"{words}\"\n")
        }
        ("js" | "mjs" | "ts" | "tsx" | "jsx", _) => {
            format!("// {words}.\nexport const purpose = \"{words}\";\n")
        }
        ("go", _) => {
            format!(
                "package {folder}\n\n// Purpose says what this file is for: {words}.\nconst Purpose = \"{words}\"\n"
            )
        }
        ("json", _) => "{}\n".to_owned(),
        ("md", _) => format!("# {words}\n"),
        _ => match comment(path, words) {
            Some(line) => format!("{line}\n"),
            None => format!("{words}\n"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "Take over.\n\n<task>\nt2 Ask the cache first\nComplexity: medium.\n\n\
        Files:\n- src/rag.rs (modify: It asks.)\n- src/old.rs (delete: Unused.)\n- notes.md\n\n\
        Done when:\n- A repeated question is free.\n</task>";

    /// The names and first arguments of the turn's calls after these calls were answered.
    #[track_caller]
    fn check(answered: &[(&str, Value, &str, bool)], expected: &[&str]) {
        let mut messages = vec![json!({ "role": "user", "content": PROMPT })];
        for (i, (name, input, answer, is_error)) in answered.iter().enumerate() {
            let id = i.to_string();
            let call = json!({ "type": "tool_use", "id": id, "name": name, "input": input });
            messages.push(json!({ "role": "assistant", "content": [call] }));
            let result = json!({ "type": "tool_result", "tool_use_id": id, "content": answer,
                "is_error": is_error });
            messages.push(json!({ "role": "user", "content": [result] }));
        }
        let Turn::Reply(reply) = next_turn(&json!({ "messages": messages })) else {
            panic!("no answer")
        };
        let calls = reply.parts.iter().filter_map(|it| match it {
            super::super::turn::Part::Tool { name, input } => {
                Some(format!("{name} {}", input["path"].as_str().unwrap_or("-")))
            }
            super::super::turn::Part::Text(_) | super::super::turn::Part::CutTool { .. } => None,
        });
        assert_eq!(calls.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn it_reads_edits_notes_and_is_done() {
        let read = |path: &str, answer: &'static str, is_error| {
            ("read_file", json!({ "path": path }), answer, is_error)
        };
        let mut answered = Vec::new();
        check(&answered, &["read_file src/rag.rs", "read_file src/old.rs", "read_file notes.md"]);
        answered.push(read("src/rag.rs", "1\tfn a() {\n2\t}\n", false));
        answered.push(read("src/old.rs", "1\tfn b() {}\n", false));
        answered.push(read("notes.md", "There is no file.", true));
        let edits = ["replace_text src/rag.rs", "delete_file src/old.rs", "create_file notes.md"];
        check(&answered, &edits);
        answered.push(("replace_text", json!({ "path": "src/rag.rs" }), "Done.", false));
        check(&answered, &["note -"]);
        answered.push(("note", json!({}), "Noted.", false));
        check(&answered, &["task_done -"]);
        answered.push(("task_done", json!({}), "Never pushed.", true));
        check(&answered, &[]);
    }

    #[test]
    fn a_comment_goes_behind_the_end_or_between_parts() {
        let (old, new) = placed(&["fn a() {", "}"], "// c").unwrap();
        assert_eq!((old.as_str(), new.as_str()), ("fn a() {\n}", "fn a() {\n}\n// c"));
        let mut long: Vec<&str> = vec!["    x"; 190];
        long.extend(["}", "", "fn b() {"]);
        long.extend(vec!["    y"; 10]);
        let (_, new) = placed(&long, "// c").unwrap();
        assert!(new.ends_with("}\n\n// c\n\nfn b() {"), "{new}");
        assert_eq!(placed(&[""], "// c"), None);
    }
}
