//! `pull_request`, `pull_request_review` and `pull_request_review_comment`.

use super::events::unused;
use super::parse::{Unparsed, read};
use super::payload::{Changes, PullRequests, ReviewComments, Reviews};
use crate::base::{RepositoryId, Sha};
use crate::domain::incoming::{
    PullNews, PullSnapshot, ReviewCommentNews, ReviewNews, ReviewState, What,
};
use crate::github::lenient::Number;
use crate::github::wire::{WirePull, WireReview, WireReviewComment};

pub(super) fn pull_request(
    action: &str,
    body: &[u8],
    base: Option<RepositoryId>,
) -> Result<What, Unparsed> {
    let used = [
        "opened",
        "reopened",
        "ready_for_review",
        "converted_to_draft",
        "synchronize",
        "edited",
        "closed",
    ];
    if !used.contains(&action) {
        return Ok(What::Ignored(unused("pull_request", action)));
    }
    let body: PullRequests = read(body)?;
    let wire = body.pull_request.0.unwrap_or_default();
    let (merged, merge_commit) = (wire.is_merged(), wire.merge_commit());
    // The merge of one is an act of whoever may merge, and may close an issue.
    let is_merge = action == "closed" && merged;
    if !is_merge && wire.is_fork(base.map(|it| it.0), None) {
        return Ok(What::Ignored("pull_request: it comes from a fork, which moves nothing"));
    }
    let pull =
        snapshot(WirePull { number: Number(wire.number.0.or(body.number.0)), ..wire }, base)?;
    if pull.head_ref.is_empty() {
        return Err(Unparsed::new("pull_request.head.ref", "the branch is missing"));
    }
    let news = match action {
        "closed" => {
            return Ok(What::PullRequestClosed { pull, merged, merge_commit });
        }
        "opened" => PullNews::Opened,
        "reopened" => PullNews::Reopened,
        "ready_for_review" => PullNews::Ready,
        "converted_to_draft" => PullNews::Drafted,
        "synchronize" => PullNews::Synchronized { before: body.before.0.map(Sha) },
        _ => PullNews::Edited { before: body.changes.0.and_then(Changes::body_before) },
    };
    Ok(What::PullRequest { pull, news })
}

pub(super) fn review(
    action: &str,
    body: &[u8],
    base: Option<RepositoryId>,
) -> Result<What, Unparsed> {
    if !["submitted", "dismissed"].contains(&action) {
        return Ok(What::Ignored(unused("pull_request_review", action)));
    }
    let body: Reviews = read(body)?;
    let pull = snapshot(body.pull_request.0.unwrap_or_default(), base)?;
    let review = body.review.0.and_then(WireReview::snapshot);
    let mut review = review.ok_or_else(|| Unparsed::new("review.id", "the id is missing"))?;
    let news = match action {
        "submitted" => ReviewNews::Submitted,
        _ => ReviewNews::Dismissed,
    };
    if news == ReviewNews::Dismissed {
        // Some servers still show the state it had.
        review.state = ReviewState::Dismissed;
    }
    Ok(What::Review { pull, review, news })
}

pub(super) fn review_comment(
    action: &str,
    body: &[u8],
    base: Option<RepositoryId>,
) -> Result<What, Unparsed> {
    if !["created", "edited", "deleted"].contains(&action) {
        return Ok(What::Ignored(unused("pull_request_review_comment", action)));
    }
    let body: ReviewComments = read(body)?;
    let pull = snapshot(body.pull_request.0.unwrap_or_default(), base)?;
    let comment = body.comment.0.and_then(WireReviewComment::snapshot);
    let comment = comment.ok_or_else(|| Unparsed::new("comment.id", "the id is missing"))?;
    let news = match action {
        "created" => ReviewCommentNews::Created,
        "edited" => {
            ReviewCommentNews::Edited { before: body.changes.0.and_then(Changes::body_before) }
        }
        _ => ReviewCommentNews::Deleted,
    };
    Ok(What::ReviewComment { pull, comment, news })
}

fn snapshot(pull: WirePull, base: Option<RepositoryId>) -> Result<PullSnapshot, Unparsed> {
    let pull = pull.snapshot(base.map(|it| it.0));
    pull.ok_or_else(|| Unparsed::new("pull_request.number", "the number is missing"))
}
