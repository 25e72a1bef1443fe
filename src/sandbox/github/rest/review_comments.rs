//! Comments on lines of a pull request.

use serde::Deserialize;

use super::super::acts::{NewReview, NewReviewComment, ReviewRefused};
use super::super::world::{ReviewComment, ReviewState, World};
use super::answer::{Answer, Refusal};
use super::issues::check_body;
use super::pulls::pull_number;
use super::request::Request;
use super::reviews::side;
use crate::base::{CommentId, Sha};

const RESOURCE: &str = "PullRequestReviewComment";

/// The comments of one pull request, oldest first.
pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    page(world, request, |it| it.pull == number)
}

/// The whole repository's.
pub(super) fn list_all(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    page(world, request, |_| true)
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = comment_id(world, request)?;
    let repository = world.repo(request.repo()?);
    Ok(Answer::ok(world.review_comment_json(repository, &repository.review_comments[&id])))
}

#[derive(Deserialize)]
struct Creation {
    body: Option<String>,
    commit_id: Option<String>,
    path: Option<String>,
    line: Option<usize>,
    start_line: Option<usize>,
    side: Option<String>,
    subject_type: Option<String>,
}

/// A single comment; GitHub makes a review of its own for it.
pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    let wanted: Creation = request.json()?;
    let missing = |field: &str| Refusal::invalid(RESOURCE, field, "missing_field");
    let body = wanted.body.ok_or_else(|| missing("body"))?;
    check_body(RESOURCE, &body)?;
    let commit = Some(Sha(wanted.commit_id.ok_or_else(|| missing("commit_id"))?));
    let path = wanted.path.ok_or_else(|| missing("path"))?;
    let line = match wanted.subject_type.as_deref() {
        Some("file") => None,
        Some(_) | None => Some(wanted.line.ok_or_else(|| missing("line"))?),
    };
    let side = side(wanted.side.as_deref())?;
    let comment = NewReviewComment { path, line, start_line: wanted.start_line, side, body };
    let state = ReviewState::Commented;
    let new = NewReview { state, body: String::new(), commit, comments: vec![comment] };
    let submitted = world.submit_review(request.repo()?, number, request.actor, new);
    let review = submitted.map_err(refusal)?;
    let repository = world.repo(request.repo()?);
    let made = repository.review_comments.values().find(|it| it.review == review);
    let made = made.ok_or_else(Refusal::not_found)?;
    Ok(Answer::created(world.review_comment_json(repository, made)))
}

#[derive(Deserialize)]
struct Text {
    body: Option<String>,
}

/// Answers in a thread. Answers to answers are not supported
/// (`docs.github.com/rest/pulls/comments`, "Create a reply for a review comment").
pub(super) fn reply(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    let id = comment_id(world, request)?;
    let root = &world.repo(request.repo()?).review_comments[&id];
    if root.pull != number || root.reply_to.is_some() {
        return Err(Refusal::not_found());
    }
    let body = text(request)?;
    let made = world.reply_to_review_comment(request.repo()?, id, request.actor, body);
    let made = made.ok_or_else(Refusal::not_found)?;
    let repository = world.repo(request.repo()?);
    let reply = &repository.review_comments[&made];
    Ok(Answer::created(world.review_comment_json(repository, reply)))
}

pub(super) fn edit(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = comment_id(world, request)?;
    let body = text(request)?;
    world.edit_review_comment(request.repo()?, id, request.actor, body);
    show(world, request)
}

pub(super) fn delete(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = comment_id(world, request)?;
    world.delete_review_comment(request.repo()?, id, request.actor);
    Ok(Answer::no_content())
}

pub(super) fn comment_id(world: &World, request: &Request) -> Result<CommentId, Refusal> {
    let id = CommentId(request.number("comment_id")?);
    let known = world.repo(request.repo()?).review_comments.contains_key(&id);
    if known { Ok(id) } else { Err(Refusal::not_found()) }
}

fn text(request: &Request) -> Result<String, Refusal> {
    let text: Text = request.json()?;
    let body = text.body.ok_or_else(|| Refusal::invalid(RESOURCE, "body", "missing_field"))?;
    if body.trim().is_empty() {
        return Err(Refusal::custom(RESOURCE, "body", "Body cannot be blank"));
    }
    check_body(RESOURCE, &body)?;
    Ok(body)
}

fn refusal(why: ReviewRefused) -> Refusal {
    let custom = |field: &str, message: &str| Refusal::custom(RESOURCE, field, message);
    match why {
        ReviewRefused::Blank => custom("body", "Body cannot be blank"),
        ReviewRefused::Commit => Refusal::invalid(RESOURCE, "commit_id", "invalid"),
        ReviewRefused::Path => {
            Refusal::invalid(RESOURCE, "pull_request_review_thread.path", "invalid")
        }
        ReviewRefused::Line => custom(
            "pull_request_review_thread.line",
            "pull_request_review_thread.line must be part of the diff",
        ),
        ReviewRefused::StartLine => custom(
            "pull_request_review_thread.start_line",
            "pull_request_review_thread.start_line must precede the end line.",
        ),
        ReviewRefused::Own(_) | ReviewRefused::NotDismissible(_) => {
            Refusal::unprocessable(&why.to_string())
        }
        ReviewRefused::Git(error) => error.into(),
    }
}

fn page(
    world: &World,
    request: &Request,
    wanted: impl Fn(&ReviewComment) -> bool,
) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let found = repository.review_comments.values().filter(|it| wanted(it));
    Ok(request.page(found.map(|it| world.review_comment_json(repository, it)).collect()))
}
