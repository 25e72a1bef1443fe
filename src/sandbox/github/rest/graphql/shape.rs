//! From whole objects to what was asked of them. What a type does not have is an error, as GitHub
//! answers it; a connection is cut to the page that was asked for.

use serde_json::{Map, Value, json};

use super::objects::{Reach, field_of_repository};
use super::syntax::{Field, Fragment, Selection};

/// An error of GraphQL: answered with status 200 beside the data.
#[derive(Debug)]
pub(super) struct Fault {
    /// `NOT_FOUND`, `FORBIDDEN`, `STALE_DATA`, …; absent for a query that makes no sense.
    pub(super) kind: Option<&'static str>,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Fault {
        Fault { kind: Some(kind), message: message.into() }
    }

    /// A query that makes no sense: nothing of it is done.
    pub(super) fn senseless(message: impl Into<String>) -> Fault {
        Fault { kind: None, message: message.into() }
    }

    pub(super) fn json(&self, path: &str) -> Value {
        let location = json!([{ "line": 1, "column": 1 }]);
        match self.kind {
            Some(kind) => json!({
                "type": kind,
                "path": [path],
                "locations": location,
                "message": self.message,
            }),
            None => json!({ "locations": location, "message": self.message }),
        }
    }
}

/// The fields that were asked for, in their order.
pub(super) fn shape(
    reach: &Reach<'_>,
    value: &Value,
    selections: &[Selection],
    fragments: &[Fragment],
) -> Result<Value, Fault> {
    match value {
        Value::Array(items) => {
            let shaped = items.iter().map(|it| shape(reach, it, selections, fragments));
            Ok(Value::Array(shaped.collect::<Result<_, _>>()?))
        }
        Value::Object(object) if !selections.is_empty() => {
            let mut shaped = Map::new();
            fill(reach, &mut shaped, object, (selections, fragments))?;
            Ok(Value::Object(shaped))
        }
        Value::Object(object) => {
            let kind = type_name(object);
            Err(Fault::senseless(format!("Field must have selections (field returns {kind})")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
    }
}

fn fill(
    reach: &Reach<'_>,
    shaped: &mut Map<String, Value>,
    object: &Map<String, Value>,
    (selections, fragments): (&[Selection], &[Fragment]),
) -> Result<(), Fault> {
    for selection in selections {
        let fragment = match selection {
            Selection::Field(field) => {
                let value = value_of(reach, object, field)?;
                let value = shape(reach, &value, &field.selections, fragments)?;
                shaped.insert(field.key.clone(), value);
                continue;
            }
            Selection::Inline(fragment) => fragment,
            Selection::Spread(name) => {
                let known = fragments.iter().find(|it| it.name == *name);
                known.ok_or_else(|| {
                    Fault::senseless(format!("Fragment {name} was used, but not defined"))
                })?
            }
        };
        let kind = type_name(object);
        // `Node` is what every object with an id is.
        if fragment.on.as_deref().is_none_or(|it| it == kind || it == "Node" || it == "Actor") {
            fill(reach, shaped, object, (&fragment.selections, fragments))?;
        }
    }
    Ok(())
}

fn value_of(reach: &Reach<'_>, object: &Map<String, Value>, field: &Field) -> Result<Value, Fault> {
    if type_name(object) == "Repository"
        && let Some(found) = field_of_repository(reach, object, field)
    {
        return found;
    }
    let value = object.get(&field.name).ok_or_else(|| {
        let (name, kind) = (&field.name, type_name(object));
        Fault::senseless(format!("Field '{name}' doesn't exist on type '{kind}'"))
    })?;
    match value.get("nodes") {
        Some(Value::Array(nodes)) => page(field, value, nodes),
        Some(_) | None => Ok(value.clone()),
    }
}

/// `first` items behind the cursor `after`, or the `last` ones.
fn page(field: &Field, connection: &Value, nodes: &[Value]) -> Result<Value, Fault> {
    let number = |name: &str| field.arguments.get(name).and_then(Value::as_u64);
    let after = field.arguments.get("after").and_then(Value::as_str);
    let after = after.and_then(|it| it.parse().ok()).unwrap_or(0_usize).min(nodes.len());
    let size = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let (from, to) = match (number("first"), number("last")) {
        (Some(first), _) if first <= 100 => (after, after.saturating_add(size(first))),
        (_, Some(last)) if last <= 100 => (nodes.len().saturating_sub(size(last)), nodes.len()),
        (None, None) => {
            let name = &field.name;
            return Err(Fault::new(
                "MISSING_PAGINATION_BOUNDARIES",
                format!(
                    "You must provide a `first` or `last` value to properly paginate the `{name}` \
                     connection."
                ),
            ));
        }
        _ => {
            let name = &field.name;
            return Err(Fault::new(
                "EXCESSIVE_PAGINATION",
                format!(
                    "Requesting more records on the `{name}` connection exceeds the `first` limit \
                     of 100 records."
                ),
            ));
        }
    };
    let to = to.min(nodes.len());
    Ok(json!({
        "__typename": connection["__typename"],
        "nodes": nodes[from..to],
        "totalCount": nodes.len(),
        "pageInfo": {
            "__typename": "PageInfo",
            "hasNextPage": to < nodes.len(),
            "endCursor": (from < to).then(|| to.to_string()),
        },
    }))
}

fn type_name(object: &Map<String, Value>) -> &str {
    object.get("__typename").and_then(Value::as_str).unwrap_or("Object")
}
