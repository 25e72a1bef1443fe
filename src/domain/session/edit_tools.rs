//! The implementer's edit tools: what the model is told about them, and how its arguments are
//! read. They change an overlay over the snapshot; the repository sees it when the change is
//! judged and committed.
//!
//! As with the reading tools arguments are untrusted: each call is parsed into a typed value or
//! answered with a sentence that says what is wrong. Which paths may be written is asked where
//! the files are.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tools::{arguments, tool};
use crate::domain::conversation::Tool;

/// A call that changes a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Editing {
    /// A new file.
    Create {
        /// The path, where nothing stands.
        path: String,
        /// The whole text.
        content: String,
    },
    /// Other text in a file.
    Replace {
        /// The path.
        path: String,
        /// Text that stands there exactly once.
        old: String,
        /// What stands there instead; empty to take the old text away.
        new: String,
    },
    /// A file goes.
    Delete {
        /// The path.
        path: String,
    },
    /// A file gets another path.
    Move {
        /// The path it has.
        from: String,
        /// The path it gets, where nothing stands.
        to: String,
    },
}

/// The edit tools, in the order that keeps the prompt's prefix stable.
pub fn edit_tools() -> Vec<Tool> {
    vec![create_file(), replace_text(), delete_file(), move_file()]
}

fn create_file() -> Tool {
    tool(
        "create_file",
        "Creates a text file that does not exist. To change an existing file use `replace_text`. \
         Put a long file down in parts: the first one here, the rest with `replace_text`.",
        json!({
            "path": { "type": "string", "description": "Path from the root, one plain file." },
            "content": { "type": "string", "description": "The whole text, with its last line end." }
        }),
        &["path", "content"],
    )
}

fn replace_text() -> Tool {
    tool(
        "replace_text",
        "Replaces text in an existing file. `old` must stand there exactly once, with its white \
         space, without the line numbers that `read_file` shows: read the place first and copy \
         it. Several lines are fine; add lines around a text that stands there more than once. \
         The answer shows the place as it is now.",
        json!({
            "path": { "type": "string", "description": "Path from the root." },
            "old": { "type": "string", "description": "The exact text that goes." },
            "new": { "type": "string", "description": "The text that comes; empty to delete." }
        }),
        &["path", "old", "new"],
    )
}

fn delete_file() -> Tool {
    tool(
        "delete_file",
        "Deletes one file. Only when the plan says so.",
        json!({ "path": { "type": "string", "description": "Path from the root." } }),
        &["path"],
    )
}

fn move_file() -> Tool {
    tool(
        "move_file",
        "Gives a text file another path, where nothing stands. Text that names the old path is \
         not changed: find it with `grep`.",
        json!({
            "from": { "type": "string", "description": "The path it has." },
            "to": { "type": "string", "description": "The path it gets." }
        }),
        &["from", "to"],
    )
}

/// Reads a call of an edit tool; `None` when `name` is none of them.
///
/// # Errors
/// A sentence for the model.
pub fn parse_edit(name: &str, input: &Value) -> Option<Result<Editing, String>> {
    let editing = match name {
        "create_file" => arguments(name, input)
            .map(|CreateFile { path, content }| Editing::Create { path, content }),
        "replace_text" => arguments(name, input)
            .map(|ReplaceText { path, old, new }| Editing::Replace { path, old, new }),
        "delete_file" => arguments(name, input).map(|DeleteFile { path }| Editing::Delete { path }),
        "move_file" => {
            arguments(name, input).map(|MoveFile { from, to }| Editing::Move { from, to })
        }
        _ => return None,
    };
    Some(editing)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateFile {
    path: String,
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplaceText {
    path: String,
    old: String,
    new: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteFile {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveFile {
    from: String,
    to: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, input: Value, expected: Result<Editing, &str>) {
        match (parse_edit(name, &input).unwrap(), expected) {
            (Ok(editing), Ok(expected)) => assert_eq!(editing, expected),
            (Err(sentence), Err(part)) => assert!(sentence.contains(part), "{sentence}"),
            (other, expected) => panic!("{other:?} is not {expected:?}"),
        }
    }

    #[test]
    fn arguments_are_read_or_explained() {
        let (path, content) = ("a".to_owned(), "x\n".to_owned());
        check(
            "create_file",
            json!({"path": "a", "content": "x\n"}),
            Ok(Editing::Create { path: path.clone(), content }),
        );
        let (old, new) = ("x".to_owned(), String::new());
        check(
            "replace_text",
            json!({"path": "a", "old": "x", "new": ""}),
            Ok(Editing::Replace { path: path.clone(), old, new }),
        );
        check("delete_file", json!({"path": "a"}), Ok(Editing::Delete { path }));
        let (from, to) = ("a".to_owned(), "b".to_owned());
        check("move_file", json!({"from": "a", "to": "b"}), Ok(Editing::Move { from, to }));
        check("create_file", json!({"path": "a"}), Err("missing field `content`"));
        check("create_file", json!({"path": 1, "content": ""}), Err("at `path`"));
        check("delete_file", json!({"path": "a", "force": true}), Err("unknown field `force`"));
        check("replace_text", json!({"path": "a", "old": "x"}), Err("missing field `new`"));
        check("move_file", json!("a"), Err("arguments of `move_file`"));
        assert_eq!(parse_edit("read_file", &json!({"path": "a"})), None);
    }

    #[test]
    fn every_offered_tool_is_understood() {
        for it in edit_tools() {
            assert!(parse_edit(&it.name, &json!({})).is_some(), "{}", it.name);
            assert_eq!(it.input_schema["type"], "object");
            assert_eq!(it.input_schema["additionalProperties"], false);
        }
    }
}
