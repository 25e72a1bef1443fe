//! GraphQL, as far as there is no REST twin: reading review threads and whether they are resolved,
//! ending drafts, committing on an expected head. A knob takes it away, as on servers that speak
//! REST only.
//!
//! ```text
//! syntax   text → operation          objects    the world as GraphQL objects
//! shape    objects → what was asked  mutations  what changes the world
//! ```

mod mutations;
mod objects;
mod shape;
mod syntax;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::objects::Reach;
use self::shape::{Fault, shape};
use self::syntax::{Field, Operation, Selection};
use super::super::world::World;
use super::answer::{Answer, Refusal};
use super::request::Request;

#[derive(Deserialize)]
struct Asked {
    query: Option<String>,
    #[serde(default)]
    variables: Value,
}

/// Answers 200 also for errors, as GraphQL does.
pub(super) fn serve(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    if world.graphql_off {
        return Err(Refusal::not_found());
    }
    let asked: Asked = request.json()?;
    let text = asked.query.unwrap_or_default();
    let operation = match syntax::parse(&text, &asked.variables) {
        Ok(operation) => operation,
        Err(why) => return Ok(Answer::ok(json!({ "errors": [{ "message": why }] }))),
    };
    let mut data = Map::new();
    let mut errors = Vec::new();
    for selection in &operation.selections {
        let Selection::Field(field) = selection else { continue };
        match run(world, request, &operation, field) {
            Ok(value) => {
                data.insert(field.key.clone(), value);
            }
            Err(fault) if fault.kind.is_none() => {
                return Ok(Answer::ok(json!({ "errors": [fault.json(&field.key)] })));
            }
            Err(fault) => {
                errors.push(fault.json(&field.key));
                data.insert(field.key.clone(), Value::Null);
            }
        }
    }
    let mut body = json!({ "data": data });
    if !errors.is_empty() {
        body["errors"] = Value::Array(errors);
    }
    Ok(Answer::ok(body))
}

fn run(
    world: &mut World,
    request: &Request,
    operation: &Operation,
    field: &Field,
) -> Result<Value, Fault> {
    let value = match operation.is_mutation {
        true => mutations::run(world, request, field)?,
        false => root(&Reach::new(world, request), field)?,
    };
    shape(&Reach::new(world, request), &value, &field.selections, &operation.fragments)
}

fn root(reach: &Reach<'_>, field: &Field) -> Result<Value, Fault> {
    let text = |name: &str| field.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
    match field.name.as_str() {
        "__typename" => Ok(json!("Query")),
        "viewer" => {
            let login = format!("{}[bot]", reach.world.app.slug);
            Ok(json!({ "__typename": "User", "login": login }))
        }
        "node" => {
            let id = text("id");
            let pull =
                reach.pull(id).map(|(repo, issue, pull)| reach.pull_object(repo, issue, pull));
            let branch = || {
                let (repo, branch) = reach.branch(id)?;
                let sha = repo.git.branch(&branch)?;
                Some(reach.ref_object(&branch, &sha))
            };
            pull.or_else(branch).ok_or_else(|| {
                let why = format!("Could not resolve to a node with the global id of '{id}'");
                Fault::new("NOT_FOUND", why)
            })
        }
        "repository" => {
            let name = format!("{}/{}", text("owner"), text("name"));
            let found = reach.repository(&name).map(|it| reach.repository_object(it));
            found.ok_or_else(|| {
                let why = format!("Could not resolve to a Repository with the name '{name}'.");
                Fault::new("NOT_FOUND", why)
            })
        }
        other => Err(Fault::senseless(format!("Field '{other}' doesn't exist on type 'Query'"))),
    }
}
