//! Installations of the App, and the tokens it was given.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{InstallationId, RepositoryId, Timestamp, UserId};

/// How far a permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// May read.
    Read,
    /// May read and write.
    Write,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Read => "read",
            Level::Write => "write",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Level> {
        match name {
            "read" => Some(Level::Read),
            "write" => Some(Level::Write),
            _ => None,
        }
    }
}

/// Permission by name, as in `{"issues": "write"}`.
pub type Permissions = BTreeMap<String, Level>;

/// The permissions that Baton's manifest asks for.
pub(crate) fn full_permissions() -> Permissions {
    let write = ["issues", "pull_requests", "contents", "checks"].map(|it| (it, Level::Write));
    let read = ["metadata", "statuses", "actions"].map(|it| (it, Level::Read));
    write.into_iter().chain(read).map(|(name, level)| (name.to_owned(), level)).collect()
}

/// The events that Baton's manifest subscribes to. `installation` and its like come unasked.
pub(crate) const EVENTS: &[&str] = &[
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "label",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
    "status",
    "workflow_run",
];

/// The App on one account.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// Its id.
    pub id: InstallationId,
    /// The organisation or person that installed it.
    pub account: UserId,
    /// The repositories it reaches.
    pub repositories: BTreeSet<RepositoryId>,
    /// What it may do there.
    pub permissions: Permissions,
    /// Since when.
    pub created_at: Timestamp,
    /// The last change.
    pub updated_at: Timestamp,
    /// When and by whom it was suspended.
    pub suspended: Option<(Timestamp, UserId)>,
}

impl Installation {
    pub(crate) fn new(id: InstallationId, account: UserId, now: Timestamp) -> Self {
        Installation {
            id,
            account,
            repositories: BTreeSet::new(),
            permissions: full_permissions(),
            created_at: now,
            updated_at: now,
            suspended: None,
        }
    }
}

/// An installation token: what it reaches, what it may do, until when.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) installation: InstallationId,
    /// `None` reaches every repository of the installation, later ones included.
    pub(crate) repositories: Option<BTreeSet<RepositoryId>>,
    pub(crate) permissions: Permissions,
    pub(crate) expires_at: Timestamp,
}
