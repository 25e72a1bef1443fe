//! What a model submitted, read strictly and refused in sentences that it can act on.
//!
//! The value is first compared with the schema that was offered, so that *all* faults of form come
//! back at once with their JSON path: a plan is blocked after three refusals, and one fault a turn
//! would use them up.

use serde_json::{Map, Value};

use crate::domain::plan::check::Fault;
use crate::domain::plan::schema::input_schema;
use crate::domain::plan::{Plan, words};

/// Faults of form that are reported at once; more would bury the first.
const FAULTS_MAX: usize = 20;

/// The plan in the arguments of the tool `submit_plan`, or what is wrong with their form. Unknown
/// and missing fields, wrong types and unknown names are faults; nothing is guessed.
pub fn parse_submission(value: &Value) -> Result<Plan, Vec<Fault>> {
    let faults = faults_of_form(value, &input_schema());
    if !faults.is_empty() {
        return Err(faults);
    }
    // The schema is as strict as the types, so this fails only if the two ever disagree.
    serde_path_to_error::deserialize(value)
        .map_err(|error| vec![Fault::new(error.path().to_string(), error.inner().to_string())])
}

/// Everything in which `value` differs from a schema of objects, arrays, texts, names and whole
/// numbers, each by its JSON path.
pub(in crate::domain) fn faults_of_form(value: &Value, schema: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    compare(value, schema, "", &mut faults);
    faults.truncate(FAULTS_MAX);
    faults
}

fn compare(value: &Value, schema: &Value, at: &str, faults: &mut Vec<Fault>) {
    let expected = schema["type"].as_str().unwrap_or_default();
    match (expected, value) {
        ("object", Value::Object(fields)) => compare_fields(fields, schema, at, faults),
        ("array", Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                compare(item, &schema["items"], &format!("{at}[{i}]"), faults);
            }
        }
        ("integer", Value::Number(number)) => {
            let fits = number.as_u64().is_some_and(|it| 1 <= it && it <= u64::from(u32::MAX));
            if !fits {
                faults
                    .push(Fault::new(at, format!("is {number}; it must be a whole number from 1")));
            }
        }
        ("string", Value::String(text)) => compare_name(text, schema, at, faults),
        (_, _) => faults.push(Fault::new(at, wrong_type(value, expected, schema))),
    }
}

fn compare_fields(fields: &Map<String, Value>, schema: &Value, at: &str, faults: &mut Vec<Fault>) {
    let no_fields = Map::new();
    let known = schema["properties"].as_object().unwrap_or(&no_fields);
    for (name, value) in fields {
        match known.get(name) {
            Some(schema) => compare(value, schema, &join(at, name), faults),
            None => {
                let near = words::nearest(name, known.keys().map(String::as_str));
                let hint = near.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
                let names = known.keys().map(|it| format!("`{it}`")).collect::<Vec<_>>();
                let says =
                    format!("is not a field; the fields here are {}{hint}", names.join(", "));
                faults.push(Fault::new(join(at, name), says));
            }
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|it| !fields.contains_key(*it)) {
        let says = known[name]["description"].as_str().unwrap_or("It is required.");
        faults.push(Fault::new(join(at, name), format!("is missing. {says}")));
    }
    if schema["maxProperties"] == 1 && fields.len() != 1 {
        let names = known.keys().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        faults.push(Fault::new(at, format!("must have exactly one of {names}")));
    }
}

fn compare_name(text: &str, schema: &Value, at: &str, faults: &mut Vec<Fault>) {
    let Some(names) = schema["enum"].as_array() else { return };
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    if !names.contains(&text) {
        let near = words::nearest(text, names.iter().copied());
        let hint = near.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
        let says = format!(
            "is `{}`, which is not one of {}{hint}",
            words::cut(text, 40),
            names.join(", ")
        );
        faults.push(Fault::new(at, says));
    }
}

/// `value` is not of the type that `schema` asks for.
fn wrong_type(value: &Value, expected: &str, schema: &Value) -> String {
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let wanted = match expected {
        "object" => "an object",
        "array" => "an array",
        "integer" => "a number",
        _ => "a string",
    };
    let hint = match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            "; send the JSON itself, not a string that holds it".to_owned()
        }
        Value::String(text) if text.parse::<u32>().is_ok() => {
            format!("; write {text} without quotes")
        }
        Value::Null if expected == "array" => "; write [] when there is nothing".to_owned(),
        Value::String(_) if expected == "array" => "; write [\"…\"], one entry each".to_owned(),
        Value::Object(_) if expected == "string" => "; write it as one text".to_owned(),
        Value::Array(_) if expected == "string" => "; join the entries into one text".to_owned(),
        Value::String(_) if schema["maxProperties"] == 1 => {
            "; write {\"command\": \"…\"}, {\"check\": \"…\"} or {\"none\": \"why\"}".to_owned()
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => String::new(),
    };
    format!("is {is} but must be {wanted}{hint}")
}

fn join(at: &str, name: &str) -> String {
    let name = words::cut(name, 60);
    if at.is_empty() { name } else { format!("{at}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::plan::tests::example;

    /// Changes the example's JSON at `pointer` (to nothing when `None`) and reads it.
    #[track_caller]
    fn check(pointer: &str, value: Option<Value>, expected: &str) {
        let mut plan = serde_json::to_value(example()).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = plan.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(fields), Some(value)) => drop(fields.insert(name.to_owned(), value)),
            (Value::Object(fields), None) => drop(fields.remove(name)),
            (parent, value) => parent[name.parse::<usize>().unwrap()] = value.unwrap(),
        }
        let faults = parse_submission(&plan).unwrap_err();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.join("\n"), expected);
    }

    #[test]
    fn what_was_rendered_as_json_reads_back() {
        let plan = example();
        assert_eq!(parse_submission(&serde_json::to_value(&plan).unwrap()), Ok(plan));
    }

    #[test]
    fn every_fault_names_its_place() {
        check(
            "/files/1/action",
            Some(json!("Modify")),
            "`files[1].action` is `Modify`, which is not one of create, modify, delete; did you mean `modify`?",
        );
        check(
            "/files/1/pth",
            Some(json!("x")),
            "`files[1].pth` is not a field; the fields here are `action`, `path`, `reason`; did you mean `path`?",
        );
        check(
            "/rollout/flags",
            None,
            "`rollout.flags` is missing. Feature flags, or why there is none.",
        );
        check(
            "/examples/0/from_line",
            Some(json!("10")),
            "`examples[0].from_line` is a string but must be a number; write 10 without quotes",
        );
        check(
            "/examples/0/to_line",
            Some(json!(0)),
            "`examples[0].to_line` is 0; it must be a whole number from 1",
        );
        check(
            "/tasks",
            Some(json!("[{\"id\": \"t1\"}]")),
            "`tasks` is a string but must be an array; send the JSON itself, not a string that holds it",
        );
        check(
            "/risks",
            Some(Value::Null),
            "`risks` is null but must be an array; write [] when there is nothing",
        );
    }

    #[test]
    fn verify_is_exactly_one_of_three() {
        check(
            "/tasks/0/verify",
            Some(json!("cargo test")),
            "`tasks[0].verify` is a string but must be an object; write {\"command\": \"…\"}, \
             {\"check\": \"…\"} or {\"none\": \"why\"}",
        );
        check(
            "/tasks/0/verify",
            Some(json!({"check": "ci", "command": "make"})),
            "`tasks[0].verify` must have exactly one of `check`, `command`, `none`",
        );
    }

    #[test]
    fn several_faults_come_back_at_once() {
        let faults = parse_submission(&json!({"summary": 1})).unwrap_err();
        assert_eq!(faults.len(), 8, "{faults:?}");
        let faults = parse_submission(&json!([])).unwrap_err();
        assert_eq!(faults[0].to_string(), "the plan is an array but must be an object");
    }
}
