//! A whole delivery in the domain's words.

use serde::de::DeserializeOwned;

use super::events::unused;
use super::payload::{
    Common, InstallationRepositories, IssueComment, Issues, PullRequests, Push, branch_of,
};
use crate::base::{InstallationId, IssueNumber, RepositoryId, Sha};
use crate::domain::incoming::{CommentSnapshot, Incoming, IssueSnapshot, What};
use crate::github::lenient::Object;
use crate::github::wire::{WireComment, WireIssue, WireRepository, WireUser};

/// A delivery that cannot be understood: no JSON, or without something its event cannot do without.
/// It is stored all the same and shown as unparsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Unparsed {
    /// Where in the body, as in `issue.number`; `.` is the whole of it.
    pub path: String,
    /// What is wrong there. Never contains the payload.
    pub why: String,
}

impl Unparsed {
    fn new(path: &str, why: &str) -> Unparsed {
        Unparsed { path: path.to_owned(), why: why.to_owned() }
    }
}

/// Understands a delivery of kind `event` (the `X-GitHub-Event` header).
///
/// Accepts every event and action: fields that GitHub may leave out (`installation`, `sender`,
/// `changes`, users) are optional, unknown fields and values are no trouble, and what Baton does
/// not use becomes [`What::Ignored`].
///
/// # Errors
///
/// [`Unparsed`] for a body that is not a JSON object, and for a used event without the thing it is
/// about.
pub fn incoming(event: &str, body: &[u8]) -> Result<Incoming, Unparsed> {
    let common: Common = read(body)?;
    let action = common.action.0.clone().unwrap_or_default();
    let repository_id = common.repository.0.as_ref().and_then(|it| it.id.0).map(RepositoryId);
    let what = match event {
        "issues" => issues(&action, body)?,
        "issue_comment" => issue_comment(&action, body)?,
        "pull_request" => pull_request(&action, body, repository_id)?,
        "push" => push(body)?,
        "installation" => installation(&action),
        "installation_repositories" => installation_repositories(&action, body)?,
        "repository" => repository(&action, repository_id)?,
        other => What::Ignored(unused(other, &action)),
    };
    Ok(Incoming {
        installation: common.installation.0.and_then(|it| it.id.0).map(InstallationId),
        repository: common.repository.0.and_then(WireRepository::repository),
        sender: common.sender.0.and_then(WireUser::account),
        what,
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unparsed> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read: Object<T> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        let why = match inner.classify() {
            serde_json::error::Category::Eof => "the JSON ends too early",
            serde_json::error::Category::Syntax => "this is not JSON",
            serde_json::error::Category::Data => "a field stands there twice",
            serde_json::error::Category::Io => "the body could not be read",
        };
        let place = format!("{why} (line {}, column {})", inner.line(), inner.column());
        Unparsed::new(&error.path().to_string(), &place)
    })?;
    json.end().map_err(|_| Unparsed::new(".", "something follows the JSON"))?;
    read.0.ok_or_else(|| Unparsed::new(".", "the body is not a JSON object"))
}

fn issues(action: &str, body: &[u8]) -> Result<What, Unparsed> {
    let used = [
        "opened",
        "edited",
        "labeled",
        "unlabeled",
        "closed",
        "reopened",
        "deleted",
        "transferred",
    ];
    if !used.contains(&action) {
        return Ok(What::Ignored(unused("issues", action)));
    }
    let body: Issues = read(body)?;
    let issue = issue(body.issue)?;
    let label = body.label.0.and_then(|it| it.name.0);
    Ok(match (action, label) {
        ("opened", _) => What::IssueOpened(issue),
        ("edited", _) => What::IssueEdited(issue),
        ("labeled", Some(label)) => What::IssueLabelled { issue, label },
        ("unlabeled", Some(label)) => What::IssueUnlabelled { issue, label },
        ("labeled" | "unlabeled", None) => What::Ignored("issues: the label is not named"),
        ("closed", _) => What::IssueClosed(issue),
        ("reopened", _) => What::IssueReopened(issue),
        _ => What::IssueGone(issue),
    })
}

fn issue_comment(action: &str, body: &[u8]) -> Result<What, Unparsed> {
    if !["created", "edited", "deleted"].contains(&action) {
        return Ok(What::Ignored(unused("issue_comment", action)));
    }
    let body: IssueComment = read(body)?;
    let issue = issue(body.issue)?;
    let comment = comment(body.comment)?;
    let before = body.changes.0.and_then(|it| it.body.0).and_then(|it| it.from.0);
    Ok(match action {
        "created" => What::CommentCreated { issue, comment },
        "edited" => What::CommentEdited { issue, comment, before },
        _ => What::CommentDeleted { issue, comment },
    })
}

fn issue(issue: Object<WireIssue>) -> Result<IssueSnapshot, Unparsed> {
    let issue = issue.0.and_then(WireIssue::snapshot);
    issue.ok_or_else(|| Unparsed::new("issue.number", "the number is missing"))
}

fn comment(comment: Object<WireComment>) -> Result<CommentSnapshot, Unparsed> {
    let comment = comment.0.and_then(WireComment::snapshot);
    comment.ok_or_else(|| Unparsed::new("comment.id", "the id is missing"))
}

fn pull_request(action: &str, body: &[u8], base: Option<RepositoryId>) -> Result<What, Unparsed> {
    if action != "closed" {
        return Ok(What::Ignored(unused("pull_request", action)));
    }
    let body: PullRequests = read(body)?;
    let pull = body.pull_request.0.unwrap_or_default();
    let head = pull.head.0.unwrap_or_default();
    if head.is_fork(base.map(|it| it.0)) {
        return Ok(What::Ignored("pull_request: it comes from a fork, which moves nothing"));
    }
    let number = pull.number.0.or(body.number.0);
    let number =
        number.ok_or_else(|| Unparsed::new("pull_request.number", "the number is missing"))?;
    let head_ref = head.git_ref.0;
    let head_ref =
        head_ref.ok_or_else(|| Unparsed::new("pull_request.head.ref", "the branch is missing"))?;
    let merged = pull.merged.0.unwrap_or(pull.merged_at.0.is_some());
    Ok(What::PullRequestClosed { number: IssueNumber(number), head_ref, merged })
}

fn push(body: &[u8]) -> Result<What, Unparsed> {
    let body: Push = read(body)?;
    let git_ref = body.git_ref.0.ok_or_else(|| Unparsed::new("ref", "the ref is missing"))?;
    let Some(branch) = branch_of(&git_ref) else {
        return Ok(What::Ignored("push: a tag, not a branch"));
    };
    let after = body.after.0.unwrap_or_default();
    // A deletion is written as a push of the zero commit; some servers leave out the flag.
    let is_zero = !after.is_empty() && after.bytes().all(|it| it == b'0');
    let deleted = body.deleted.0.unwrap_or(is_zero);
    if after.is_empty() && !deleted {
        return Err(Unparsed::new("after", "the commit is missing"));
    }
    Ok(What::Pushed {
        branch: branch.to_owned(),
        after: Sha(after),
        forced: body.forced.is_set(),
        deleted,
    })
}

fn installation(action: &str) -> What {
    match action {
        "deleted" => What::InstallationRemoved,
        "suspend" => What::InstallationSuspended,
        _ => What::Ignored(unused("installation", action)),
    }
}

fn installation_repositories(action: &str, body: &[u8]) -> Result<What, Unparsed> {
    if action != "removed" {
        return Ok(What::Ignored(unused("installation_repositories", action)));
    }
    let body: InstallationRepositories = read(body)?;
    let ids = body.repositories_removed.0.into_iter().filter_map(|it| it.id.0);
    Ok(What::RepositoriesGone(ids.map(RepositoryId).collect()))
}

fn repository(action: &str, id: Option<RepositoryId>) -> Result<What, Unparsed> {
    let id = || id.ok_or_else(|| Unparsed::new("repository.id", "the id is missing"));
    Ok(match action {
        "renamed" | "transferred" => id().map(|_| What::RepositoryRenamed)?,
        "deleted" => What::RepositoriesGone(vec![id()?]),
        _ => What::Ignored(unused("repository", action)),
    })
}
