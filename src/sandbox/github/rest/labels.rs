//! Labels of the repository, and labels on issues.

use serde::Deserialize;
use serde_json::Value;

use super::super::world::{Label, World};
use super::answer::{Answer, Refusal};
use super::issues::issue_number;
use super::request::Request;
use crate::base::IssueNumber;

/// GitHub's limit for a label's name.
const NAME_CHARACTERS_MAX: usize = 50;

/// GitHub's limit for a label's description.
const DESCRIPTION_CHARACTERS_MAX: usize = 100;

pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    Ok(request.page(repository.labels.iter().map(|it| world.label_json(repository, it)).collect()))
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    Ok(Answer::ok(world.label_json(repository, named(world, request)?)))
}

#[derive(Deserialize)]
struct Creation {
    name: Option<String>,
    color: Option<String>,
    description: Option<String>,
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let wanted: Creation = request.json()?;
    let name = wanted.name.ok_or_else(|| Refusal::invalid("Label", "name", "missing_field"))?;
    check_name(&name)?;
    let is_color = |it: &String| it.len() == 6 && it.bytes().all(|b| b.is_ascii_hexdigit());
    if wanted.color.as_ref().is_some_and(|it| !is_color(it)) {
        return Err(Refusal::invalid("Label", "color", "invalid"));
    }
    let description = wanted.description.as_deref().unwrap_or_default();
    if DESCRIPTION_CHARACTERS_MAX < description.chars().count() {
        let message = "description is too long (maximum is 100 characters)";
        return Err(Refusal::custom("Label", "description", message));
    }
    let color = wanted.color.map(|it| it.to_lowercase());
    let id = request.repo()?;
    world
        .create_label(id, request.actor, &name, color, wanted.description)
        .map_err(|_| Refusal::invalid("Label", "name", "already_exists"))?;
    let repository = world.repo(id);
    let label = repository.label(&name).ok_or_else(Refusal::not_found)?;
    Ok(Answer::created(world.label_json(repository, label)))
}

pub(super) fn delete(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let label = named(world, request)?.id;
    world.delete_label(request.repo()?, request.actor, label);
    Ok(Answer::no_content())
}

pub(super) fn of_issue(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    let all = on_issue(world, request, number)?;
    Ok(request.page(all))
}

pub(super) fn add(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    let names = names(request)?;
    world.add_labels(request.repo()?, number, request.actor, &names);
    Ok(Answer::ok(Value::Array(on_issue(world, request, number)?)))
}

pub(super) fn replace(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    let names = names(request)?;
    world.replace_labels(request.repo()?, number, request.actor, &names);
    Ok(Answer::ok(Value::Array(on_issue(world, request, number)?)))
}

pub(super) fn remove(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    let missing = || Refusal::new(404, "Label does not exist");
    let label = named(world, request).map_err(|_| missing())?.id;
    if !world.repo(request.repo()?).issues[&number].labels.contains(&label) {
        return Err(missing());
    }
    world.remove_label(request.repo()?, number, request.actor, label);
    Ok(Answer::ok(Value::Array(on_issue(world, request, number)?)))
}

/// GitHub takes `{"labels": […]}` and a bare list, of names or of objects with a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    Object { labels: Vec<Name> },
    List(Vec<Name>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Object { name: String },
}

fn names(request: &Request) -> Result<Vec<String>, Refusal> {
    let (Names::Object { labels } | Names::List(labels)) = request.json()?;
    labels
        .into_iter()
        .map(|(Name::Text(name) | Name::Object { name })| check_name(&name).map(|()| name))
        .collect()
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::invalid("Label", "name", "missing_field"));
    }
    if NAME_CHARACTERS_MAX < name.chars().count() {
        let message = "name is too long (maximum is 50 characters)";
        return Err(Refusal::custom("Label", "name", message));
    }
    Ok(())
}

fn named<'a>(world: &'a World, request: &Request) -> Result<&'a Label, Refusal> {
    let repository = world.repo(request.repo()?);
    repository.label(request.param("name")).ok_or_else(Refusal::not_found)
}

fn on_issue(world: &World, request: &Request, number: IssueNumber) -> Result<Vec<Value>, Refusal> {
    let repository = world.repo(request.repo()?);
    let labels = repository.labels_of(&repository.issues[&number]);
    Ok(labels.into_iter().map(|it| world.label_json(repository, it)).collect())
}
