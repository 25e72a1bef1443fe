//! What the door must know of a delivery before it stores it, and nothing else.

use serde::Deserialize;

use super::payload::{Head, branch_of};
use crate::base::{InstallationId, IssueNumber, RepositoryId};
use crate::github::branch::BatonRef;
use crate::github::lenient::{Number, Object, Text};

/// The outside of a delivery. Every field may be absent; nothing here can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The `action`, where the event has one.
    pub action: Option<String>,
    /// The installation it came through.
    pub installation: Option<InstallationId>,
    /// The repository it is about.
    pub repository: Option<RepositoryId>,
    /// Which issue it may belong to.
    pub hint: Hint,
    /// Whether the body is a JSON object at all. If not, the row is stored as unparsed.
    pub well_formed: bool,
}

/// What leads from a delivery to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The number of an issue or pull request.
    Number(IssueNumber),
    /// A branch, without `refs/heads/`.
    Branch(String),
    /// Nothing: it is about the repository, or about more than one.
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    action: Text,
    installation: Object<Id>,
    repository: Object<Id>,
    issue: Object<Numbered>,
    pull_request: Object<Numbered>,
    number: Number,
    #[serde(rename = "ref")]
    git_ref: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Id {
    id: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Numbered {
    number: Number,
    head: Object<Head>,
}

/// Reads the outside of a delivery of kind `event` (the `X-GitHub-Event` header).
///
/// A pull request from one of Baton's branches leads to its branch, since the branch names the
/// issue; any other one leads to its own number.
pub fn envelope(event: &str, body: &[u8]) -> Envelope {
    let Ok(Object(Some(body))) = serde_json::from_slice::<Object<Body>>(body) else {
        return Envelope {
            action: None,
            installation: None,
            repository: None,
            hint: Hint::None,
            well_formed: false,
        };
    };
    let hint = hint(event, &body);
    Envelope {
        action: body.action.0,
        installation: body.installation.0.and_then(|it| it.id.0).map(InstallationId),
        repository: body.repository.0.and_then(|it| it.id.0).map(RepositoryId),
        hint,
        well_formed: true,
    }
}

fn hint(event: &str, body: &Body) -> Hint {
    if event == "push" {
        let branch = body.git_ref.0.as_deref().and_then(branch_of);
        return branch.map_or(Hint::None, |it| Hint::Branch(it.to_owned()));
    }
    if let Object(Some(issue)) = &body.issue {
        return issue.number.0.map_or(Hint::None, |it| Hint::Number(IssueNumber(it)));
    }
    let Object(Some(pull)) = &body.pull_request else {
        return Hint::None;
    };
    let repository = body.repository.0.as_ref().and_then(|it| it.id.0);
    if let Object(Some(head)) = &pull.head
        && !head.is_fork(repository)
        && let Some(branch) = head.git_ref.0.as_deref()
        && BatonRef::parse(branch).is_ok()
    {
        return Hint::Branch(branch.to_owned());
    }
    let number = pull.number.0.or(body.number.0);
    number.map_or(Hint::None, |it| Hint::Number(IssueNumber(it)))
}
