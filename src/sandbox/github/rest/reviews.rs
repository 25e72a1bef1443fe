//! Reviews of pull requests. Pending reviews are absent: what is sent is submitted.

use serde::Deserialize;
use serde_json::Value;

use super::super::acts::{NewReview, NewReviewComment, ReviewRefused};
use super::super::world::{Review, ReviewState, Side, World};
use super::answer::{Answer, Refusal};
use super::issues::check_body;
use super::pulls::pull_number;
use super::request::Request;
use crate::base::Sha;

pub(super) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    let repository = world.repo(request.repo()?);
    let found = repository.reviews.iter().filter(|it| it.pull == number);
    Ok(request.page(found.map(|it| world.review_json(repository, it)).collect()))
}

pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let review = named(world, request)?;
    let repository = world.repo(request.repo()?);
    Ok(Answer::ok(world.review_json(repository, review)))
}

/// The comments that a review carried.
pub(super) fn comments(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = named(world, request)?.id;
    let repository = world.repo(request.repo()?);
    let found = repository.review_comments.values().filter(|it| it.review == id);
    Ok(request.page(found.map(|it| world.review_comment_json(repository, it)).collect()))
}

#[derive(Deserialize)]
struct Creation {
    body: Option<String>,
    event: Option<String>,
    commit_id: Option<String>,
    #[serde(default)]
    comments: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    path: String,
    body: String,
    line: Option<usize>,
    start_line: Option<usize>,
    side: Option<String>,
}

/// Answers 200, not 201 (`docs.github.com/rest/pulls/reviews`, "Create a review").
pub(super) fn create(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    let wanted: Creation = request.json()?;
    let state = match wanted.event.as_deref() {
        Some("APPROVE") => ReviewState::Approved,
        Some("REQUEST_CHANGES") => ReviewState::ChangesRequested,
        Some("COMMENT") => ReviewState::Commented,
        Some(_) => {
            return Err(Refusal::unprocessable(
                "Variable $event of type PullRequestReviewEvent was provided invalid value",
            ));
        }
        None => return Err(Refusal::unprocessable("the sandbox has no pending reviews")),
    };
    let body = wanted.body.unwrap_or_default();
    check_body("PullRequestReview", &body)?;
    let comments = wanted.comments.into_iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let commit = wanted.commit_id.map(Sha);
    let new = NewReview { state, body, commit, comments };
    let submitted = world.submit_review(request.repo()?, number, request.actor, new);
    let id = submitted.map_err(|it| Refusal::unprocessable(&it.to_string()))?;
    answer(world, request, id)
}

#[derive(Deserialize)]
struct Dismissal {
    message: Option<String>,
}

pub(super) fn dismiss(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let id = named(world, request)?.id;
    let wanted: Dismissal = request.json()?;
    if wanted.message.is_none_or(|it| it.trim().is_empty()) {
        return Err(Refusal::new(422, "Invalid request.\n\n\"message\" wasn't supplied."));
    }
    let dismissed = world.dismiss_review(request.repo()?, id, request.actor);
    dismissed.map_err(|it: ReviewRefused| Refusal::unprocessable(&it.to_string()))?;
    answer(world, request, id)
}

fn line(it: Line) -> Result<NewReviewComment, Refusal> {
    check_body("PullRequestReviewComment", &it.body)?;
    Ok(NewReviewComment {
        path: it.path,
        // A review's comment without a line names nothing: line 0 is in no diff.
        line: Some(it.line.unwrap_or(0)),
        start_line: it.start_line,
        side: side(it.side.as_deref())?,
        body: it.body,
    })
}

pub(super) fn side(name: Option<&str>) -> Result<Side, Refusal> {
    let side = Side::parse(name.unwrap_or("RIGHT"));
    side.ok_or_else(|| Refusal::invalid("PullRequestReviewComment", "side", "invalid"))
}

fn named<'a>(world: &'a World, request: &Request) -> Result<&'a Review, Refusal> {
    let (number, id) = (pull_number(world, request)?, request.number("review_id")?);
    let reviews = &world.repo(request.repo()?).reviews;
    let found = reviews.iter().find(|it| it.id == id && it.pull == number);
    found.ok_or_else(Refusal::not_found)
}

fn answer(world: &World, request: &Request, id: i64) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let review = repository.reviews.iter().find(|it| it.id == id);
    let json: Value = world.review_json(repository, review.ok_or_else(Refusal::not_found)?);
    Ok(Answer::ok(json))
}
