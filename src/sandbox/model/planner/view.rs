//! What the conversation says so far: the issue, what the tools answered, what people want.
//!
//! Tools answer in plain text made for a model, so it is read tolerantly: a line that is no path,
//! no numbered line and no hit is a remark and means nothing here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::turn::Turn;
use super::issue::Issue;

/// A line of a file, numbered from 1.
pub(in crate::sandbox::model) type NumberedLine = (u32, String);

/// Everything the planner knows.
#[derive(Debug, Default)]
pub(super) struct View {
    /// What is to be planned.
    pub(super) issue: Issue,
    /// Every path that a tool named.
    pub(super) files: BTreeSet<String>,
    /// What was read, by path.
    pub(super) texts: BTreeMap<String, Vec<NumberedLine>>,
    /// Paths that were asked for, whether they could be read or not.
    pub(super) attempted: BTreeSet<String>,
    /// How often a search found something in a file.
    pub(super) hits: BTreeMap<String, u32>,
    /// What was asked, with the answers.
    pub(super) answers: Vec<(String, String)>,
    /// What the checks said about submitted plans, oldest first.
    pub(super) refusals: Vec<String>,
    /// What people want changed, oldest first.
    pub(super) revisions: Vec<String>,
    /// Whether the last plan was taken.
    pub(super) accepted: bool,
    /// Whether Baton said that turns are running out.
    pub(super) hurried: bool,
    /// Folders that a listing only counted, with their number of files.
    pub(super) folders: BTreeMap<String, usize>,
    /// Whether people's answer to a question stands beside the tool's.
    awaits_answer: bool,
    /// The choices of the last question.
    choices: Vec<String>,
    offered: BTreeSet<String>,
    called: BTreeSet<String>,
}

/// One call of a tool with its answer.
struct Called {
    name: String,
    input: Value,
    answer: String,
    is_error: bool,
}

impl View {
    /// Reads a request.
    pub(super) fn of(request: &Value) -> View {
        let names = array(&request["tools"]).iter().filter_map(|it| it["name"].as_str());
        let mut view = View { offered: names.map(str::to_owned).collect(), ..View::default() };
        let mut uses: BTreeMap<String, (String, Value)> = BTreeMap::new();
        let mut opened = false;
        for message in array(&request["messages"]) {
            if message["role"] == "assistant" {
                uses.extend(array(&message["content"]).iter().filter_map(tool_use));
                continue;
            }
            for result in array(&message["content"]).iter().filter(|it| it["type"] == "tool_result")
            {
                let id = result["tool_use_id"].as_str().unwrap_or_default();
                if let Some((name, input)) = uses.remove(id) {
                    let answer = text_of(&result["content"]);
                    let is_error = result["is_error"] == true;
                    view.learn(Called { name, input, answer, is_error });
                }
            }
            let asked = std::mem::take(&mut view.awaits_answer);
            for said in texts_of(&message["content"]) {
                match (std::mem::replace(&mut opened, true), asked) {
                    (false, _) => view.open(&said),
                    (true, false) => view.hear(&said),
                    (true, true) => view.hear_answer(&said),
                }
            }
        }
        view
    }

    /// Whether the tool may be called.
    pub(super) fn offers(&self, tool: &str) -> bool {
        self.offered.contains(tool)
    }

    /// Whether the tool was called before.
    pub(super) fn called(&self, tool: &str) -> bool {
        self.called.contains(tool)
    }

    /// A turn with those of the calls that are possible; `None` when none is.
    pub(super) fn tools<'a>(
        &self,
        calls: impl IntoIterator<Item = (&'a str, Value)>,
        sentence: &str,
    ) -> Option<Turn> {
        let possible: Vec<(&str, Value)> =
            calls.into_iter().filter(|(name, _)| self.offers(name)).collect();
        (!possible.is_empty()).then(|| Turn::tools(possible).saying(sentence))
    }

    /// What was read of a file as one text.
    pub(super) fn text(&self, path: &str) -> String {
        let lines = self.texts.get(path).into_iter().flatten();
        lines.map(|(_, line)| line.as_str()).collect::<Vec<&str>>().join("\n")
    }

    fn open(&mut self, said: &str) {
        self.issue = Issue::in_prompt(said);
        let answers = tagged(said, "answers");
        if let Some(answers) = answers {
            self.called.insert("ask".to_owned());
            self.answers.push((String::new(), one_line(answers)));
        }
        let outside = tagged(said, "issue").map_or(said.to_owned(), |it| said.replace(it, ""));
        let revise = tagged(said, "revise").map(one_line);
        self.revisions.extend(revise.or_else(|| revision_in_prompt(&outside)));
    }

    /// People's words after a question. The last question's letter stands for its choice.
    fn hear_answer(&mut self, said: &str) {
        if is_notice(said) {
            self.hurried = true;
            return;
        }
        let Some(last) = self.answers.last_mut() else { return };
        let answer = one_line(passed_on(said));
        let code = answer.trim_start_matches(|it: char| !it.is_alphabetic()).to_lowercase();
        let letter = code.chars().next().filter(|_| {
            let rest = code.chars().nth(1);
            rest.is_none_or(|it| !it.is_alphanumeric())
        });
        let place = letter.and_then(|it| u32::from(it).checked_sub(u32::from('a')));
        let chosen = place.and_then(|it| self.choices.get(usize::try_from(it).ok()?));
        last.1 = chosen.cloned().unwrap_or_else(|| plain_answer(&last.0, &answer));
    }

    /// Text of people or of Baton in mid-run.
    fn hear(&mut self, said: &str) {
        if is_notice(said) {
            self.hurried = true;
        } else {
            self.revisions.push(said.trim().to_owned());
            self.accepted = false;
        }
    }

    fn learn(&mut self, call: Called) {
        let Called { name, input, answer, is_error } = call;
        match name.as_str() {
            "list_files" if !is_error => {
                self.folders.extend(answer.lines().filter_map(folder_line));
                self.files.extend(answer.lines().filter_map(path_line));
            }
            "read_file" => {
                let path = input["path"].as_str().unwrap_or_default().to_owned();
                self.attempted.insert(path.clone());
                if !is_error {
                    self.files.insert(path.clone());
                    self.texts.entry(path).or_default().extend(numbered_lines(&answer));
                }
            }
            "grep" | "search" if !is_error => {
                for path in answer.lines().filter_map(hit_path) {
                    self.files.insert(path.clone());
                    *self.hits.entry(path).or_default() += 1;
                }
            }
            "ask" if !is_error => {
                let question = input["questions"][0]["question"].as_str().unwrap_or_default();
                let choices = array(&input["questions"][0]["choices"]);
                self.choices =
                    choices.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                self.answers.push((question.to_owned(), plain_answer(question, &answer)));
                self.awaits_answer = true;
            }
            "submit_plan" if is_error => self.refusals.push(answer),
            "submit_plan" => {
                self.accepted = true;
                // A plan that is taken closes the round: what was refused before is settled.
                self.refusals.clear();
            }
            _ => {}
        }
        self.called.insert(name);
    }
}

pub(in crate::sandbox::model) fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(in crate::sandbox::model) fn tool_use(block: &Value) -> Option<(String, (String, Value))> {
    let id = block["id"].as_str().filter(|_| block["type"] == "tool_use")?;
    let name = block["name"].as_str()?;
    Some((id.to_owned(), (name.to_owned(), block["input"].clone())))
}

pub(in crate::sandbox::model) fn texts_of(content: &Value) -> Vec<String> {
    let texts = match content.as_str() {
        Some(text) => vec![text.to_owned()],
        None => {
            let texts = array(content).iter().filter(|it| it["type"] == "text");
            texts.filter_map(|it| it["text"].as_str()).map(str::to_owned).collect()
        }
    };
    texts.into_iter().filter(|it| !it.trim().is_empty()).collect()
}

/// The answer itself where Baton passes it on as `Answer: …  (by ann)` below words of its own.
fn passed_on(said: &str) -> &str {
    let line = said.lines().find_map(|it| it.trim().strip_prefix("Answer:"));
    let answer = line.map_or(said, |it| it.rsplit_once(" (by ").map_or(it, |parts| parts.0));
    answer.trim()
}

/// What Baton itself says when a run nears its limits, or when an answer called no tool.
fn is_notice(said: &str) -> bool {
    let lower = said.to_lowercase();
    let signs =
        ["call `submit_plan`", "submit the plan now", "turns left", "last turn", "submit now"];
    signs.iter().any(|it| lower.contains(it))
}

/// What stands between a tag and its end.
pub(in crate::sandbox::model) fn tagged<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    let (inside, _) = rest.split_once(&format!("</{tag}>"))?;
    Some(inside.trim()).filter(|it| !it.is_empty())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

pub(in crate::sandbox::model) fn text_of(content: &Value) -> String {
    if let Some(text) = content.as_str() {
        return text.to_owned();
    }
    let texts = array(content).iter().filter(|it| it["type"] == "text");
    texts.filter_map(|it| it["text"].as_str()).collect::<Vec<&str>>().join("\n")
}

/// A path alone on its line, perhaps with its size behind it. Folders, remarks ("(40 more files)")
/// and headings are none.
fn path_line(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("- ").split('\t').next().unwrap_or_default();
    let line = line.rsplit_once(" (").filter(|it| is_size(it.1)).map_or(line, |it| it.0);
    let remark = line.starts_with(['…', '(', '[', '#', '/', '<'])
        || line.starts_with("...")
        || line.ends_with([':', '.', '/', ')'])
        || line.contains(": ")
        || (line.contains(' ') && !line.contains(['.', '/']));
    (!line.is_empty() && !remark).then(|| line.to_owned())
}

/// `1.2 KB)`.
fn is_size(text: &str) -> bool {
    let number = text.strip_suffix(" B)").or_else(|| text.strip_suffix(" KB)"));
    let number = number.or_else(|| text.strip_suffix(" MB)"));
    number.is_some_and(|it| it.chars().all(|it| it.is_ascii_digit() || it == '.'))
}

/// `src/ (212 files)`.
fn folder_line(line: &str) -> Option<(String, usize)> {
    let (folder, count) = line.trim().split_once("/ (")?;
    let count = count.split(' ').next()?.parse().ok()?;
    Some((folder.to_owned(), count))
}

static NUMBERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*(\d+)(?:\t|\s?[|:] ?)(.*)$").ok());
static HIT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^([^\s:][^:]*):(\d+)(?::|\s|$)").ok());

pub(in crate::sandbox::model) fn numbered_lines(answer: &str) -> Vec<NumberedLine> {
    let numbered = |line: &str| -> Option<NumberedLine> {
        let found = NUMBERED.as_ref()?.captures(line)?;
        Some((found[1].parse().ok()?, found[2].to_owned()))
    };
    answer.lines().filter_map(numbered).collect()
}

fn hit_path(line: &str) -> Option<String> {
    if let Some(path) = line.trim().strip_suffix(": (by its path)") {
        return Some(path.to_owned());
    }
    let found = HIT.as_ref()?.captures(line.trim_start_matches("- "))?;
    Some(found[1].trim().to_owned())
}

/// An answer without the question that Baton may repeat before it.
fn plain_answer(question: &str, answer: &str) -> String {
    let rest = answer.replace(question, " ");
    let rest = rest.trim_start_matches(|it: char| !it.is_alphabetic() || it.is_whitespace());
    let lower = rest.to_lowercase();
    let rest = match lower.starts_with("answer") {
        true => rest["answer".len()..].trim_start_matches([':', ' ', '\n', 's']),
        false => rest,
    };
    rest.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// A revision that a fresh run is told in its first message: what stands under a heading, or in a
/// tag, that speaks of a revision.
fn revision_in_prompt(said: &str) -> Option<String> {
    let opens = |line: &str| {
        let lower = line.trim().to_lowercase();
        let marked = lower.starts_with(['#', '<', '*']) || lower.ends_with(':');
        let speaks = ["revis", "sent back", "change request", "requested change", "what to change"];
        marked && !lower.starts_with("</") && speaks.iter().any(|it| lower.contains(it))
    };
    let closes = |line: &&str| {
        let line = line.trim();
        line.starts_with("</") || (line.starts_with('#') && !opens(line))
    };
    let mut lines = said.lines().skip_while(|line| !opens(line));
    lines.next()?;
    let text: Vec<&str> = lines.take_while(|line| !closes(line)).map(str::trim).collect();
    Some(text.join(" ").trim().to_owned()).filter(|it| !it.is_empty())
}
