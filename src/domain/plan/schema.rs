//! The JSON Schema of the tool `submit_plan`.
//!
//! Written by hand, because its descriptions are instructions to the planner and deserve the
//! care of prose; a test holds it equal to the Rust types. The same schema checks what a model
//! submits ([`crate::domain::plan::parse_submission`]), so what is offered is what is taken.

use serde_json::{Map, Value, json};

/// The input schema of the tool `submit_plan`.
pub fn input_schema() -> Value {
    let mut plan = properties();
    for part in [work(), limits()] {
        plan.extend(part);
    }
    let required = [
        "summary",
        "architecture",
        "specifications",
        "files",
        "tasks",
        "testing",
        "rollout",
        "success_criteria",
    ];
    object(Value::Object(plan), &required)
}

fn properties() -> Map<String, Value> {
    fields(json!({
        "summary": text("What will be built and why, in two or three sentences that a maintainer \
            can approve from."),
        "decisions": list("Decisions you took. One that changes public API, stored data, cost or \
            dependencies is asked first, unless the issue, the request or an earlier answer \
            settles it.", object(json!({
                "decision": text("What was decided, in one sentence."),
                "rationale": text("Why, with the evidence from this repository."),
                "alternatives": texts("What else was possible, one each."),
                "trade_offs": text("What this costs or makes harder."),
            }), &["decision", "rationale"])),
        "architecture": text("Architecture Overview: which parts are involved, how they work \
            together after the change, and which existing pattern is followed. Markdown without \
            headings; name real files and functions."),
        "specifications": text("Technical Specifications: types, signatures, endpoints, \
            algorithms, error handling, exact enough that a cheaper model needs no further \
            decision. Markdown without headings."),
        "database_changes": texts("Schema changes, one sentence each; empty when there is none."),
        "dependencies": list("New dependencies; empty when there is none.", object(json!({
                "name": text("Name in the package registry."),
                "version": text("Pinned version or range, for example \"1.4.2\" or \"^1.4\"."),
                "why": text("Why it is needed and nothing present will do."),
            }), &["name", "version", "why"])),
        "configuration": texts("Settings and environment variables the change needs, with their \
            defaults."),
        "examples": list("Code of this repository that the implementer should imitate.",
            object(json!({
                "path": text("A file that exists at the base commit."),
                "from_line": line("First line, from 1."),
                "to_line": line("Last line, included."),
                "copy": text("What to take from it."),
            }), &["path", "from_line", "to_line", "copy"])),
        "edge_cases": texts("Cases that are easy to miss, each with what should happen."),
    }))
}

fn work() -> Map<String, Value> {
    fields(json!({
        "files": list("Every file the work touches, tests and documentation included.",
            object(json!({
                "path": text("Path from the repository's root, with `/`. One file, no pattern."),
                "action": choice("create: it does not exist at the base commit. modify or delete: \
                    it does.", &["create", "modify", "delete"]),
                "reason": text("What happens to it and why."),
            }), &["path", "action", "reason"])),
        "tasks": list("The task graph, at most 40 tasks in the order in which you would do them. \
            Each is small enough to be verified on its own.", object(json!({
                "id": text("t1, t2, t3, …"),
                "title": text("What is done, as an order, at most 120 characters."),
                "phase": text("The phase it belongs to, for example \"Storage\"."),
                "kind": choice("implement: product code. test: tests. docs: documentation. \
                    review: not built; its acceptance lines are judged by the reviewer at the end.", &["implement", "test", "docs", "review"]),
                "complexity": choice("How hard it is; it decides which model does it.",
                    &["trivial", "simple", "medium", "complex", "expert"]),
                "files": texts("The files it touches, each of them listed under `files`."),
                "blocked_by": texts("Ids of the tasks that must be done first."),
                "acceptance": texts("What must be true when it is done, checkable, one each."),
                "verify": verify(),
            }), &["id", "title", "kind", "complexity", "acceptance", "verify"])),
        "testing": object(json!({
            "strategy": text("How the work is tested: which levels, which cases, with what."),
            "manual_checks": texts("What a person should try by hand."),
        }), &["strategy"]),
        "rollout": object(json!({
            "flags": text("Feature flags, or why there is none."),
            "gradual": text("Steps from few users to all, or why it goes out at once."),
            "monitoring": text("What to watch afterwards, and when to roll back."),
        }), &["flags", "gradual", "monitoring"]),
    }))
}

fn limits() -> Map<String, Value> {
    fields(json!({
        "risks": list("What may go wrong.", object(json!({
                "risk": text("What may go wrong."),
                "mitigation": text("What is done about it."),
            }), &["risk", "mitigation"])),
        "in_scope": texts("What belongs to the work."),
        "out_of_scope": texts("What does not, although a reader may expect it."),
        "do_not": texts("What the implementer must not do."),
        "success_criteria": texts("How people will know that it is done. At least one."),
        "references": texts("Documents and issues worth reading."),
    }))
}

fn verify() -> Value {
    let mut schema = object(
        json!({
            "check": text("The name of a CI check of this repository."),
            "command": text("One command, on one line. It is shown to people, never run."),
            "none": text("Why nothing can check it."),
        }),
        &[],
    );
    schema["description"] = json!(
        "How the task is checked. Exactly one of the three, for example {\"command\": \"cargo \
         test cache\"}."
    );
    schema["minProperties"] = json!(1);
    schema["maxProperties"] = json!(1);
    schema
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn texts(description: &str) -> Value {
    list(description, json!({"type": "string"}))
}

fn list(description: &str, items: Value) -> Value {
    json!({"type": "array", "description": description, "items": items})
}

fn line(description: &str) -> Value {
    json!({"type": "integer", "minimum": 1, "description": description})
}

fn choice(description: &str, names: &[&str]) -> Value {
    json!({"type": "string", "enum": names, "description": description})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::example;

    /// Every field of the Rust types stands in the schema, and nothing else does. The example
    /// fills every field, so its JSON has every name.
    #[track_caller]
    fn check(schema: &Value, value: &Value, at: &str) {
        match (schema["type"].as_str().unwrap(), value) {
            ("object", Value::Object(fields)) => {
                let offered: Vec<&String> =
                    schema["properties"].as_object().unwrap().keys().collect();
                if schema.get("maxProperties").is_none() {
                    assert_eq!(offered, fields.keys().collect::<Vec<_>>(), "{at}");
                }
                for (name, value) in fields {
                    check(&schema["properties"][name], value, &format!("{at}.{name}"));
                }
            }
            ("array", Value::Array(items)) => {
                let is_text = schema["items"]["type"] == "string";
                assert!(is_text || !items.is_empty(), "the example must fill {at}");
                items.iter().for_each(|it| check(&schema["items"], it, &format!("{at}[]")));
            }
            ("string", Value::String(_)) | ("integer", Value::Number(_)) => {}
            (expected, _) => panic!("{at} should be {expected}, is {value}"),
        }
    }

    #[test]
    fn the_schema_names_every_field_and_no_other() {
        check(&input_schema(), &serde_json::to_value(example()).unwrap(), "plan");
    }

    #[test]
    fn what_may_be_left_out_is_what_serde_fills_in() {
        let full = serde_json::to_value(example()).unwrap();
        let schema = input_schema();
        let required = schema["required"].as_array().unwrap();
        for name in full.as_object().unwrap().keys() {
            let mut without = full.clone();
            without.as_object_mut().unwrap().remove(name);
            let reads = serde_json::from_value::<crate::domain::plan::Plan>(without).is_ok();
            assert_eq!(reads, !required.contains(&json!(name)), "{name}");
        }
    }
}
