//! What the door must know of a delivery before it stores it, and nothing else.

use serde::Deserialize;

use super::payload::WorkflowRun;
use super::push::branch_of;
use crate::base::{InstallationId, IssueNumber, RepositoryId, Sha};
use crate::github::branch::BatonRef;
use crate::github::lenient::{List, Number, Object, Text};
use crate::github::surrogates::mended;
use crate::github::wire::{WireCheckRun, WireEnd, WireId, WireLabel, WireLinkedPull, WireSuite};

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
    /// A commit, where neither a branch nor a pull request is named.
    Sha(Sha),
    /// Nothing: it is about the repository, or about more than one.
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    action: Text,
    installation: Object<WireId>,
    repository: Object<WireId>,
    issue: Object<Numbered>,
    pull_request: Object<Numbered>,
    number: Number,
    #[serde(rename = "ref")]
    git_ref: Text,
    check_run: Object<WireCheckRun>,
    check_suite: Object<WireSuite>,
    workflow_run: Object<WorkflowRun>,
    sha: Text,
    branches: List<WireLabel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Numbered {
    number: Number,
    head: Object<WireEnd>,
}

/// Reads the outside of a delivery of kind `event` (the `X-GitHub-Event` header).
///
/// A pull request from one of Baton's branches leads to its branch, since the branch names the
/// issue; any other one leads to its own number. What is reported on a commit leads to the branch or
/// pull request it was reported for, else to the commit.
pub fn envelope(event: &str, body: &[u8]) -> Envelope {
    let read = serde_json::from_slice::<Object<Body>>(body);
    let read = read.or_else(|error| match mended(body) {
        Some(body) => serde_json::from_slice(&body),
        None => Err(error),
    });
    let Ok(Object(Some(body))) = read else {
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
    let repository = body.repository.0.as_ref().and_then(|it| it.id.0);
    match event {
        "push" => {
            let branch = body.git_ref.0.as_deref().and_then(branch_of);
            return branch.map_or(Hint::None, |it| Hint::Branch(it.to_owned()));
        }
        "check_run" | "check_suite" | "workflow_run" | "status" => {
            return reported(event, body).hint(repository);
        }
        _ => {}
    }
    if let Object(Some(issue)) = &body.issue {
        return issue.number.0.map_or(Hint::None, |it| Hint::Number(IssueNumber(it)));
    }
    let Object(Some(pull)) = &body.pull_request else {
        return Hint::None;
    };
    if let Object(Some(head)) = &pull.head
        && !head.is_fork(repository, None)
        && let Some(branch) = head.git_ref.0.as_deref()
        && BatonRef::parse(branch).is_ok()
    {
        return Hint::Branch(branch.to_owned());
    }
    let number = pull.number.0.or(body.number.0);
    number.map_or(Hint::None, |it| Hint::Number(IssueNumber(it)))
}

/// What a report on a commit says about where the commit stands.
#[derive(Default)]
struct Reported<'a> {
    sha: Option<&'a String>,
    branches: Vec<&'a String>,
    pulls: &'a [WireLinkedPull],
    is_fork: bool,
}

fn reported<'a>(event: &str, body: &'a Body) -> Reported<'a> {
    let repository = body.repository.0.as_ref().and_then(|it| it.id.0);
    let of_suite = |suite: &'a WireSuite| Reported {
        sha: suite.head_sha.0.as_ref(),
        branches: suite.head_branch.0.iter().collect(),
        pulls: &suite.pull_requests.0,
        is_fork: false,
    };
    match (event, &body.check_run.0, &body.check_suite.0, &body.workflow_run.0) {
        ("check_run", Some(run), _, _) => {
            let suite = run.check_suite.0.as_ref().map(of_suite).unwrap_or_default();
            let of_run = &run.pull_requests.0;
            let pulls = if of_run.is_empty() { suite.pulls } else { of_run };
            Reported { sha: run.head_sha.0.as_ref().or(suite.sha), pulls, ..suite }
        }
        ("check_suite", _, Some(suite), _) => of_suite(suite),
        ("workflow_run", _, _, Some(run)) => Reported {
            sha: run.head_sha.0.as_ref(),
            branches: run.head_branch.0.iter().collect(),
            pulls: &run.pull_requests.0,
            is_fork: run.is_fork(repository),
        },
        ("status", _, _, _) => {
            let branches = body.branches.0.iter().filter_map(|it| it.name.0.as_ref()).collect();
            Reported { sha: body.sha.0.as_ref(), branches, ..Reported::default() }
        }
        _ => Reported::default(),
    }
}

impl Reported<'_> {
    /// One of Baton's branches comes first, since its name is its issue. Then the only branch: one
    /// of several would be a guess.
    fn hint(&self, repository: Option<i64>) -> Hint {
        if self.is_fork {
            return Hint::None;
        }
        let is_ours = |it: &WireLinkedPull| {
            it.head.0.as_ref().is_some_and(|head| !head.is_fork(repository, None))
        };
        let pulls = || self.pulls.iter().filter(|it| is_ours(it));
        let heads = pulls().filter_map(|it| it.head.0.as_ref()?.git_ref.0.as_ref());
        let mut named = self.branches.iter().copied().chain(heads);
        if let Some(branch) = named.find(|it| BatonRef::parse(it).is_ok()) {
            return Hint::Branch(branch.clone());
        }
        if let [branch] = self.branches[..] {
            return Hint::Branch(branch.clone());
        }
        if let Some(number) = pulls().find_map(|it| it.number.0) {
            return Hint::Number(IssueNumber(number));
        }
        self.sha.map_or(Hint::None, |it| Hint::Sha(Sha(it.clone())))
    }
}
