//! Comments on issues and pull requests.

use serde::Deserialize;

use super::super::world::{Comment, World};
use super::answer::{Answer, Refusal};
use super::issues::{check_body, issue_number};
use super::request::Request;
use crate::base::CommentId;

/// One issue's comments, oldest first.
pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    page(world, request, |it| it.issue == number)
}

/// The whole repository's comments.
pub(super) fn list_all(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    page(world, request, |_| true)
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = comment_id(world, request)?;
    let repository = world.repo(request.repo()?);
    Ok(Answer::ok(world.comment_json(repository, &repository.comments[&id])))
}

#[derive(Deserialize)]
struct Text {
    body: Option<String>,
}

pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = issue_number(world, request)?;
    // Only people with write access may comment there, and an App is none of them. Whether an App
    // may still edit what it wrote before is not documented; here it may.
    if world.repo(request.repo()?).issues[&number].locked {
        return Err(Refusal::new(403, "Unable to create comment because issue is locked."));
    }
    let body = text(request)?;
    let id = world.add_comment(request.repo()?, number, request.actor, body);
    let repository = world.repo(request.repo()?);
    Ok(Answer::created(world.comment_json(repository, &repository.comments[&id])))
}

pub(super) fn edit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = comment_id(world, request)?;
    let body = text(request)?;
    world.edit_comment(request.repo()?, id, request.actor, body);
    show(world, request)
}

pub(super) fn delete(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = comment_id(world, request)?;
    world.delete_comment(request.repo()?, id, request.actor);
    Ok(Answer::no_content())
}

pub(super) fn comment_id(world: &World, request: &Request) -> Result<CommentId, Refusal> {
    let id = CommentId(request.number("comment_id")?);
    let known = world.repo(request.repo()?).comments.contains_key(&id);
    if known { Ok(id) } else { Err(Refusal::not_found()) }
}

fn text(request: &Request) -> Result<String, Refusal> {
    let text: Text = request.json()?;
    let body =
        text.body.ok_or_else(|| Refusal::invalid("IssueComment", "body", "missing_field"))?;
    if body.trim().is_empty() {
        return Err(Refusal::custom("IssueComment", "body", "Body cannot be blank"));
    }
    check_body("IssueComment", &body)?;
    Ok(body)
}

fn page(
    world: &World,
    request: &Request,
    wanted: impl Fn(&Comment) -> bool,
) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    // Lists are read from a replica: a comment may be missing for some seconds.
    let (now, lag) = (world.now(), world.faults.comments_listed_after);
    let since = request.query("since");
    let listed = |it: &&Comment| {
        lag <= now - it.created_at
            && since.is_none_or(|since| since <= it.updated_at.iso().as_str())
    };
    let found = repository.comments.values().filter(|it| wanted(it)).filter(listed);
    Ok(request.page(found.map(|it| world.comment_json(repository, it)).collect()))
}
