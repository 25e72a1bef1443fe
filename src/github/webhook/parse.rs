//! A whole delivery in the domain's words.

use serde::de::DeserializeOwned;

use super::events::unused;
use super::payload::{Changes, Common, InstallationRepositories, IssueComment, Issues};
use super::{ci, pulls, push};
use crate::base::{InstallationId, RepositoryId};
use crate::domain::incoming::{CommentSnapshot, Incoming, IssueSnapshot, What};
use crate::github::lenient::Object;
use crate::github::surrogates::mended;
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
    pub(super) fn new(path: &str, why: &str) -> Unparsed {
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
    understood(event, body).or_else(|unparsed| match mended(body) {
        Some(body) => understood(event, &body),
        None => Err(unparsed),
    })
}

fn understood(event: &str, body: &[u8]) -> Result<Incoming, Unparsed> {
    let common: Common = read(body)?;
    let action = common.action.0.clone().unwrap_or_default();
    let repository_id = common.repository.0.as_ref().and_then(|it| it.id.0).map(RepositoryId);
    let what = match event {
        "issues" => issues(&action, body)?,
        "issue_comment" => issue_comment(&action, body)?,
        "pull_request" => pulls::pull_request(&action, body, repository_id)?,
        "pull_request_review" => pulls::review(&action, body, repository_id)?,
        "pull_request_review_comment" => pulls::review_comment(&action, body, repository_id)?,
        "push" => push::push(body)?,
        "check_run" => ci::check_run(&action, body)?,
        "check_suite" => ci::check_suite(&action, body)?,
        "status" => ci::status(body)?,
        "workflow_run" => ci::workflow_run(&action, body, repository_id)?,
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

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unparsed> {
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
        "locked",
        "unlocked",
    ];
    if !used.contains(&action) {
        return Ok(What::Ignored(unused("issues", action)));
    }
    let body: Issues = read(body)?;
    let issue = issue(body.issue)?;
    let label = body.label.0.and_then(|it| it.name.0);
    let changes = body.changes.0.unwrap_or_default();
    Ok(match (action, label) {
        ("opened", _) => What::IssueOpened(issue),
        ("edited", _) => What::IssueEdited { issue, before: changes.body_before() },
        ("labeled", Some(label)) => What::IssueLabelled { issue, label },
        ("unlabeled", Some(label)) => What::IssueUnlabelled { issue, label },
        ("labeled" | "unlabeled", None) => What::Ignored("issues: the label is not named"),
        ("closed", _) => What::IssueClosed(issue),
        ("reopened", _) => What::IssueReopened(issue),
        ("transferred", _) => What::IssueTransferred { issue, to: changes.new_place() },
        ("locked", _) => What::IssueLocked(issue),
        ("unlocked", _) => What::IssueUnlocked(issue),
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
    let before = body.changes.0.and_then(Changes::body_before);
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

fn installation(action: &str) -> What {
    match action {
        "deleted" => What::InstallationRemoved,
        "suspend" => What::InstallationSuspended,
        "unsuspend" => What::InstallationUnsuspended,
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
