//! Merging, and what a branch asks for before.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::acts::{MergeRefused, NewMerge};
use super::super::world::{MergeMethod, World};
use super::answer::{Answer, Refusal};
use super::pulls::pull_number;
use super::request::Request;
use crate::base::Sha;

/// Whether a pull request was merged: 204 or 404.
pub(super) fn show(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    let pull = &world.repo(request.repo()?).issues[&number].pull;
    match pull.as_ref().is_some_and(|it| it.merged.is_some()) {
        true => Ok(Answer::no_content()),
        false => Err(Refusal::not_found()),
    }
}

#[derive(Deserialize)]
struct Wanted {
    commit_title: Option<String>,
    commit_message: Option<String>,
    sha: Option<String>,
    merge_method: Option<String>,
}

/// Merges. It takes effect, as on GitHub; that the App asked for it stands in the log of calls.
pub(super) fn merge(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let number = pull_number(world, request)?;
    let wanted: Wanted = request.json()?;
    let method = match wanted.merge_method.as_deref() {
        None | Some("merge") => MergeMethod::Merge,
        Some("squash") => MergeMethod::Squash,
        Some("rebase") => {
            return Err(Refusal::new(405, "Rebase merges are not allowed on this repository."));
        }
        Some(_) => return Err(Refusal::invalid("PullRequest", "merge_method", "invalid")),
    };
    let new = NewMerge {
        method,
        head: wanted.sha.map(Sha),
        title: wanted.commit_title,
        message: wanted.commit_message,
    };
    let merged = world.merge_pull(request.repo()?, number, request.actor, new);
    let sha = merged.map_err(refusal)?;
    let message = "Pull Request successfully merged";
    Ok(Answer::ok(json!({ "sha": sha, "merged": true, "message": message })))
}

/// The rules of a branch, whether it exists or not; none is an empty list.
pub(super) fn rules(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let repository = world.repo(request.repo()?);
    let Some(rules) = repository.rules.get(request.param("branch")) else {
        return Ok(request.page(Vec::new()));
    };
    let rule = |kind: &str, parameters: Value| {
        json!({
            "type": kind,
            "ruleset_source_type": "Repository",
            "ruleset_source": repository.full_name(),
            "ruleset_id": rules.id,
            "parameters": parameters,
        })
    };
    let check = |(context, app): &(String, Option<i64>)| match app {
        Some(app) => json!({ "context": context, "integration_id": app }),
        None => json!({ "context": context }),
    };
    let mut found = Vec::new();
    if !rules.checks.is_empty() {
        let checks: Vec<Value> = rules.checks.iter().map(check).collect();
        found.push(rule(
            "required_status_checks",
            json!({
                "required_status_checks": checks,
                "strict_required_status_checks_policy": false,
                "do_not_enforce_on_create": false,
            }),
        ));
    }
    if 0 < rules.reviews {
        found.push(rule(
            "pull_request",
            json!({
                "required_approving_review_count": rules.reviews,
                "dismiss_stale_reviews_on_push": rules.dismiss_stale,
                "require_code_owner_review": false,
                "require_last_push_approval": false,
                "required_review_thread_resolution": false,
            }),
        ));
    }
    Ok(request.page(found))
}

/// `docs.github.com/rest/pulls/pulls`, "Merge a pull request": 405 when it cannot be merged, 409
/// when the head is another than the one that was looked at.
fn refusal(why: MergeRefused) -> Refusal {
    match why {
        MergeRefused::Closed | MergeRefused::Path(_) | MergeRefused::BranchGone => {
            Refusal::new(405, "Pull Request is not mergeable")
        }
        MergeRefused::Draft => Refusal::new(405, "Pull Request is still a draft"),
        MergeRefused::HeadMoved => {
            Refusal::new(409, "Head branch was modified. Review and try the merge again.")
        }
        MergeRefused::Check(name) => {
            Refusal::new(405, format!("Required status check \"{name}\" is expected."))
        }
        MergeRefused::Reviews(count) => Refusal::new(
            405,
            format!(
                "At least {count} approving review is required by reviewers with write access."
            ),
        ),
        MergeRefused::Git(error) => error.into(),
    }
}
