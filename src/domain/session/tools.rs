//! The reading tools and the planner's own: what the model is told about them, and how its
//! arguments are read. What an implementer has beside them stands in `implementer`.
//!
//! Arguments are untrusted: each call is parsed into a typed value or answered with a sentence
//! that says what is wrong.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Editing;
use crate::domain::conversation::Tool;

/// Questions of one round.
pub(super) const QUESTIONS_MAX: usize = 3;

/// Choices of one question: they are typed as letters.
const CHOICES_MAX: usize = 6;

/// Characters of a question, of its reason, and of a choice: they stand in a comment.
const QUESTION_CHARS_MAX: usize = 600;

/// The name of the tool that puts questions to people.
pub(super) const ASK: &str = "ask";

/// The name of the tool that hands the plan over.
pub(super) const SUBMIT_PLAN: &str = "submit_plan";

/// A call that reads the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Which files there are.
    ListFiles {
        /// The folder; the root when absent.
        dir: Option<String>,
        /// Only paths that match.
        glob: Option<String>,
    },
    /// A file's lines.
    ReadFile {
        /// The path.
        path: String,
        /// First line, from 1.
        from_line: Option<u32>,
        /// Last line, included.
        to_line: Option<u32>,
    },
    /// Lines that match a regular expression.
    Grep {
        /// The expression.
        pattern: String,
        /// Only paths that match.
        glob: Option<String>,
    },
    /// Files that fit some words best.
    Search {
        /// The words.
        query: String,
    },
}

/// A question to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub question: String,
    /// What depends on the answer.
    #[serde(default)]
    pub why: String,
    /// Answers to choose from; empty when it is open.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// A call, its arguments understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    Read(Reading),
    Edit(Editing),
    Note,
    Ask(Vec<Question>),
    /// The plan or the report that ends the run.
    Submit,
}

/// The tools a planner is offered, in the order that keeps the prompt's prefix stable.
/// `plan_schema` is the JSON Schema of the plan.
pub fn planner_tools(plan_schema: Value) -> Vec<Tool> {
    let mut tools = reading_tools();
    tools.extend([ask(), submit_plan(plan_schema)]);
    tools
}

/// The tools that read, the same for every role.
pub(super) fn reading_tools() -> Vec<Tool> {
    vec![list_files(), read_file(), grep(), search()]
}

fn list_files() -> Tool {
    tool(
        "list_files",
        "Lists files with their sizes. Without `glob`, a folder of up to 200 files is listed \
         whole and a larger one by subfolder with counts. Globs follow gitignore: `*.rs` matches \
         names at any depth, `src/**/*.ts` is anchored.",
        json!({
            "dir": { "type": "string", "description": "Folder from the root, such as `src/api`. Leave out for the root." },
            "glob": { "type": "string", "description": "Only paths that match, such as `**/*.sql`." }
        }),
        &[],
    )
}

fn read_file() -> Tool {
    tool(
        "read_file",
        "Reads numbered lines of one text file: 200 lines unless `to_line` says otherwise, at \
         most 16 KB; the answer says where to go on. Find the place with `grep` or `search` \
         first and read only the range you need.",
        json!({
            "path": { "type": "string", "description": "Path from the root." },
            "from_line": { "type": "integer", "minimum": 1, "description": "First line, from 1." },
            "to_line": { "type": "integer", "minimum": 1, "description": "Last line, included." }
        }),
        &["path"],
    )
}

fn grep() -> Tool {
    tool(
        "grep",
        "Finds lines by a Rust regular expression (no look-around) and answers `path:line: text`. \
         Case matters only when the pattern has a capital letter. Use it for exact names: callers \
         of a function, uses of a setting.",
        json!({
            "pattern": { "type": "string", "description": "The regular expression, for one line." },
            "glob": { "type": "string", "description": "Only paths that match." }
        }),
        &["pattern"],
    )
}

fn search() -> Tool {
    tool(
        "search",
        "Ranks files by words in their path, their definitions and their text, and shows the most \
         telling lines. Use it when you do not know the exact name: `session token refresh`.",
        json!({
            "query": { "type": "string", "description": "A few words that stand in the code." }
        }),
        &["query"],
    )
}

fn ask() -> Tool {
    ask_tool(
        "Puts questions to the people of this issue and waits, possibly for days. Only for what \
         the repository and the issue cannot tell and what changes the plan: public behaviour, \
         data, cost, a new dependency. At most 3 questions a round and 2 rounds; put all you have \
         into one round. Offer choices, the one you recommend first.",
        QUESTIONS_MAX,
    )
}

pub(super) fn ask_tool(description: &str, questions_max: usize) -> Tool {
    tool(
        ASK,
        description,
        json!({
            "questions": {
                "type": "array", "minItems": 1, "maxItems": questions_max,
                "items": {
                    "type": "object", "additionalProperties": false,
                    "properties": {
                        "question": { "type": "string", "description": "One sentence." },
                        "why": { "type": "string", "description": "What depends on the answer." },
                        "choices": {
                            "type": "array", "maxItems": CHOICES_MAX,
                            "items": { "type": "string" },
                            "description": "Short answers to choose from, the one you recommend first; empty \
                                for an open question."
                        }
                    },
                    "required": ["question", "why", "choices"]
                }
            }
        }),
        &["questions"],
    )
}

fn submit_plan(plan_schema: Value) -> Tool {
    Tool {
        name: SUBMIT_PLAN.to_owned(),
        description: "Hands over the finished plan. It is checked against the repository; faults \
                      come back as an error, and the third refused plan ends the run. Call it \
                      alone, once nothing is open."
            .to_owned(),
        input_schema: plan_schema,
    }
}

pub(super) fn tool(name: &str, description: &str, properties: Value, required: &[&str]) -> Tool {
    Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        input_schema: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false
        }),
    }
}

/// Reads a planner's call.
///
/// # Errors
/// A sentence for the model.
pub(super) fn parse(name: &str, input: &Value) -> Result<Call, String> {
    if let Some(reading) = parse_reading(name, input) {
        return reading.map(Call::Read);
    }
    match name {
        ASK => parse_ask(input, QUESTIONS_MAX).map(Call::Ask),
        SUBMIT_PLAN if input.is_object() => Ok(Call::Submit),
        SUBMIT_PLAN => Err("`submit_plan` takes the plan as one JSON object.".to_owned()),
        unknown => Err(format!(
            "There is no tool `{}`. The tools are `list_files`, `read_file`, `grep`, `search`, \
             `ask` and `submit_plan`.",
            shown(unknown)
        )),
    }
}

/// A tool's name as the model wrote it, short.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Reads a call of `ask` with at most `questions_max` questions.
///
/// # Errors
/// A sentence for the model.
pub(super) fn parse_ask(input: &Value, questions_max: usize) -> Result<Vec<Question>, String> {
    let Ask { questions } = arguments(ASK, input)?;
    checked(questions, questions_max)
}

/// Reads a call of a reading tool; `None` when `name` is none of them.
///
/// # Errors
/// A sentence for the model.
pub(super) fn parse_reading(name: &str, input: &Value) -> Option<Result<Reading, String>> {
    Some(match name {
        "list_files" => {
            arguments(name, input).map(|ListFiles { dir, glob }| Reading::ListFiles { dir, glob })
        }
        "read_file" => arguments(name, input).map(|ReadFile { path, from_line, to_line }| {
            Reading::ReadFile { path, from_line, to_line }
        }),
        "grep" => {
            arguments(name, input).map(|Grep { pattern, glob }| Reading::Grep { pattern, glob })
        }
        "search" => arguments(name, input).map(|Search { query }| Reading::Search { query }),
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFiles {
    dir: Option<String>,
    glob: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadFile {
    path: String,
    from_line: Option<u32>,
    to_line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grep {
    pattern: String,
    glob: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    questions: Vec<Question>,
}

pub(super) fn arguments<T: DeserializeOwned>(name: &str, input: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(input).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!(" at `{path}`") };
        let why: String = error.inner().to_string().chars().take(300).collect();
        format!("The arguments of `{name}` are not right{place}: {why}.")
    })
}

fn checked(questions: Vec<Question>, questions_max: usize) -> Result<Vec<Question>, String> {
    if questions.is_empty() {
        return Err("`ask` needs at least one question.".to_owned());
    }
    if questions_max < questions.len() {
        return Err(format!(
            "At most {questions_max} questions a round: ask those the plan depends on most and \
             decide the others yourself."
        ));
    }
    for (index, it) in questions.iter().enumerate() {
        let number = index + 1;
        if it.question.trim().is_empty() {
            return Err(format!("Question {number} has no text."));
        }
        if CHOICES_MAX < it.choices.len() || it.choices.iter().any(|it| it.trim().is_empty()) {
            return Err(format!(
                "Question {number}: give at most {CHOICES_MAX} choices, none of them empty."
            ));
        }
        let texts = [&it.question, &it.why].into_iter().chain(&it.choices);
        if texts.into_iter().any(|it| QUESTION_CHARS_MAX < it.chars().count()) {
            return Err(format!(
                "Question {number} is too long: at most {QUESTION_CHARS_MAX} characters each for \
                 question, reason and choice."
            ));
        }
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, input: Value, expected: Result<Reading, &str>) {
        match (parse(name, &input), expected) {
            (Ok(Call::Read(reading)), Ok(expected)) => assert_eq!(reading, expected),
            (Err(sentence), Err(part)) => assert!(sentence.contains(part), "{sentence}"),
            (other, expected) => panic!("{other:?} is not {expected:?}"),
        }
    }

    #[test]
    fn arguments_are_read_or_explained() {
        let search = Reading::Search { query: "cache".into() };
        check("search", json!({"query": "cache"}), Ok(search));
        let list = Reading::ListFiles { dir: None, glob: None };
        check("list_files", json!({}), Ok(list));
        let read = Reading::ReadFile { path: "a".into(), from_line: Some(1), to_line: None };
        check("read_file", json!({"path": "a", "from_line": 1, "to_line": null}), Ok(read));
        check("read_file", json!({}), Err("missing field `path`"));
        check("read_file", json!({"path": "a", "from_line": -1}), Err("at `from_line`"));
        check("read_file", json!({"path": ["a"]}), Err("at `path`"));
        check("grep", json!({"pattern": "x", "regex": true}), Err("unknown field `regex`"));
        check("grep", json!("x"), Err("arguments of `grep`"));
        check("bash", json!({"command": "ls"}), Err("There is no tool `bash`"));
        check("submit_plan", json!([1]), Err("one JSON object"));
    }

    #[test]
    fn questions_are_bounded() {
        let ask = |questions: Value| parse("ask", &json!({ "questions": questions }));
        let one = json!({"question": "Optional?", "why": "x", "choices": ["yes", "no"]});
        assert!(matches!(ask(json!([one])), Ok(Call::Ask(it)) if it.len() == 1));
        assert!(matches!(ask(json!([{"question": "Open?"}])), Ok(Call::Ask(_))));
        for (bad, part) in [
            (json!([]), "at least one"),
            (json!([one, one, one, one]), "At most 3"),
            (json!([{"question": " "}]), "no text"),
            (json!([{"question": "x", "choices": ["a", ""]}]), "choices"),
            (json!([{"question": "x".repeat(601)}]), "too long"),
            (json!([{"choices": []}]), "missing field `question`"),
        ] {
            let sentence = ask(bad).unwrap_err();
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn every_offered_tool_is_understood() {
        for it in planner_tools(json!({"type": "object"})) {
            let answer = parse(&it.name, &json!({}));
            let unknown = matches!(&answer, Err(sentence) if sentence.contains("no tool"));
            assert!(!unknown, "{}", it.name);
            assert_eq!(it.input_schema["type"], "object");
        }
    }
}
