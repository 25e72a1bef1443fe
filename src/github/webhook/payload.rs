//! The bodies of webhooks, as far as Baton reads them. Every field may be absent.

use serde::{Deserialize, Deserializer};

use crate::github::lenient::{Flag, List, Number, Object, Text};
use crate::github::wire::{WireComment, WireIssue, WireLabel, WireRepository, WireUser};

/// The parts that nearly every delivery has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Common {
    pub(super) action: Text,
    pub(super) installation: Object<WireId>,
    pub(super) repository: Object<WireRepository>,
    pub(super) sender: Object<WireUser>,
}

/// Anything of which only the id matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireId {
    pub(super) id: Number,
}

/// `issues`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issues {
    pub(super) issue: Object<WireIssue>,
    pub(super) label: Object<WireLabel>,
}

/// `issue_comment`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IssueComment {
    pub(super) issue: Object<WireIssue>,
    pub(super) comment: Object<WireComment>,
    pub(super) changes: Object<Changes>,
}

/// What an edit replaced.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Changes {
    pub(super) body: Object<From>,
}

/// The text before an edit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    pub(super) from: Text,
}

/// `pull_request`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequests {
    pub(super) number: Number,
    pub(super) pull_request: Object<Pull>,
}

/// A pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pull {
    pub(super) number: Number,
    pub(super) merged: Flag,
    pub(super) merged_at: Text,
    pub(super) head: Object<Head>,
}

/// Where a pull request comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    #[serde(rename = "ref")]
    pub(super) git_ref: Text,
    /// The outer `None`: the server does not say. The inner one: the fork is deleted.
    #[serde(deserialize_with = "told")]
    pub(super) repo: Option<Object<WireId>>,
}

fn told<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Object<WireId>>, D::Error> {
    Object::deserialize(it).map(Some)
}

impl Head {
    /// Whether the branch stands in another repository than `base`. A stranger's fork can have a
    /// branch of any name, so its pull requests move nothing here.
    pub(super) fn is_fork(&self, base: Option<i64>) -> bool {
        let Some(repo) = &self.repo else {
            return false;
        };
        let id = repo.0.as_ref().and_then(|it| it.id.0);
        base.is_some() && id != base
    }
}

/// `push`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    pub(super) git_ref: Text,
    pub(super) after: Text,
    pub(super) forced: Flag,
    pub(super) deleted: Flag,
}

/// `installation_repositories`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct InstallationRepositories {
    pub(super) repositories_removed: List<WireId>,
}

/// The branch of a full ref name; `None` for a tag.
pub(super) fn branch_of(git_ref: &str) -> Option<&str> {
    git_ref.strip_prefix("refs/heads/").filter(|it| !it.is_empty())
}
