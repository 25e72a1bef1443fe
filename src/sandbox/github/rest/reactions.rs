//! Reactions to issues and comments.

use serde::Deserialize;

use super::super::acts::Subject;
use super::super::world::{ReactionKind, World};
use super::answer::{Answer, Body, Refusal};
use super::comments::comment_id;
use super::issues::issue_number;
use super::request::Request;
use super::review_comments;

pub(super) fn of_issue(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::Issue(issue_number(world, request)?);
    list(world, request, subject)
}

pub(super) fn to_issue(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::Issue(issue_number(world, request)?);
    add(world, request, subject)
}

pub(super) fn off_issue(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::Issue(issue_number(world, request)?);
    remove(world, request, subject)
}

pub(super) fn of_comment(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::Comment(comment_id(world, request)?);
    list(world, request, subject)
}

pub(super) fn to_comment(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::Comment(comment_id(world, request)?);
    add(world, request, subject)
}

pub(super) fn off_comment(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::Comment(comment_id(world, request)?);
    remove(world, request, subject)
}

pub(super) fn of_review_comment(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::ReviewComment(review_comments::comment_id(world, request)?);
    list(world, request, subject)
}

pub(super) fn to_review_comment(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::ReviewComment(review_comments::comment_id(world, request)?);
    add(world, request, subject)
}

pub(super) fn off_review_comment(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let subject = Subject::ReviewComment(review_comments::comment_id(world, request)?);
    remove(world, request, subject)
}

#[derive(Deserialize)]
struct Wanted {
    content: Option<String>,
}

fn add(world: &mut World, request: &Request, subject: Subject) -> Result<Answer, Refusal> {
    let wanted: Wanted = request.json()?;
    let kind = wanted
        .content
        .and_then(|it| ReactionKind::parse(&it))
        .ok_or_else(|| Refusal::invalid("Reaction", "content", "invalid"))?;
    let (reaction, is_new) = world.react(request.repo()?, subject, request.actor, kind);
    let status = if is_new { 201 } else { 200 };
    Ok(Answer::new(status, Body::Json(world.reaction_json(&reaction))))
}

fn list(world: &mut World, request: &Request, subject: Subject) -> Result<Answer, Refusal> {
    let reactions = world.reactions_mut(request.repo()?, subject).clone();
    let content = request.query("content");
    let wanted = reactions.iter().filter(|it| content.is_none_or(|name| name == it.kind.name()));
    Ok(request.page(wanted.map(|it| world.reaction_json(it)).collect()))
}

/// Everyone may take back their own reactions only.
fn remove(world: &mut World, request: &Request, subject: Subject) -> Result<Answer, Refusal> {
    let id = request.number("reaction_id")?;
    let reactions = world.reactions_mut(request.repo()?, subject);
    let at = reactions.iter().position(|it| it.id == id && it.by == request.actor.user);
    reactions.remove(at.ok_or_else(Refusal::not_found)?);
    Ok(Answer::no_content())
}
