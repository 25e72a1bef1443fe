//! What is particular to a plan that people made by editing its file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::plan::{FileAction, FileChange, Plan, is_task_id};

/// Fields whose texts are names of something and not read by anybody: a path stays what it is.
const NAMES: [&str; 4] = ["path", "files", "check", "command"];

/// Words that people added to the plan's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addition {
    /// Where they stand: the id of a task, or the heading above them.
    pub place: String,
    /// Markdown of several lines.
    pub text: String,
}

impl Plan {
    /// What people added to the section of a task.
    pub fn notes_on<'a>(&'a self, task: &'a str) -> impl Iterator<Item = &'a str> {
        self.additions.iter().filter(move |it| it.place == task).map(|it| it.text.as_str())
    }

    /// What people added that belongs to no single task.
    pub fn additions_to_all(&self) -> impl Iterator<Item = &Addition> {
        self.additions.iter().filter(|it| !is_task_id(&it.place))
    }

    /// The plan with every text changed that is there to be read. The walk goes over the plan's
    /// JSON, so that a field added later cannot be forgotten; `None` if a change breaks its form.
    pub fn with_texts(&self, change: impl Fn(&str) -> String) -> Option<Plan> {
        let mut value = serde_json::to_value(self).ok()?;
        each_text(&mut value, &change);
        serde_json::from_value(value).ok()
    }

    /// Takes files that only a task names among those that the work touches: whoever adds one to a
    /// task means that it may be touched. `exists` says whether it is there already.
    pub fn name_files_of_tasks(&mut self, exists: impl Fn(&str) -> bool) {
        let mut named: BTreeSet<&str> = self.files.iter().map(|it| it.path.as_str()).collect();
        let mut added = Vec::new();
        for task in &self.tasks {
            for path in task.files.iter().filter(|it| named.insert(it.as_str())) {
                let action = if exists(path) { FileAction::Modify } else { FileAction::Create };
                let reason = format!("Task {} names it.", task.id);
                added.push(FileChange { path: path.clone(), action, reason });
            }
        }
        self.files.extend(added);
    }
}

fn each_text(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|it| each_text(it, change)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_name = NAMES.contains(&name.as_str());
                match value {
                    Value::String(_) if is_name => {}
                    Value::Array(items) if is_name && items.iter().all(Value::is_string) => {}
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => each_text(value, change),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::example;

    #[test]
    fn a_file_that_only_a_task_names_is_one_of_the_plan() {
        let mut plan = example();
        let before = plan.files.len();
        plan.tasks[0].files.extend(["src/ttl.rs".to_owned(), "README.md".to_owned()]);
        plan.tasks[1].files.push("src/ttl.rs".to_owned());
        plan.name_files_of_tasks(|it| it == "README.md");
        let added: Vec<(&str, FileAction)> =
            plan.files[before..].iter().map(|it| (it.path.as_str(), it.action)).collect();
        let expected = [("src/ttl.rs", FileAction::Create), ("README.md", FileAction::Modify)];
        assert_eq!(added, expected);
    }

    #[test]
    fn texts_change_and_names_stay() {
        let shout = example().with_texts(|it| it.to_uppercase());
        assert_eq!(shout, None, "a kind in capitals is none");
        let plan = example();
        let changed = plan.with_texts(|it| it.replace("cache", "store")).unwrap();
        assert_eq!(changed.files[0].path, "src/cache.rs");
        assert_eq!(changed.tasks[0].files, plan.tasks[0].files);
        assert_eq!(changed.tasks[0].verify, plan.tasks[0].verify);
        assert_eq!(changed.tasks[1].title, "Read through the store");
        assert_eq!(changed.files[1].reason, "Reads through the store.");
    }
}
