//! Accounts and what they may do.

use crate::base::{Timestamp, UserId};

/// Person, bot or organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountKind {
    /// A person.
    User,
    /// An App's account, `<slug>[bot]`.
    Bot,
    /// An organisation; it owns, but it does not act.
    Organization,
}

impl AccountKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            AccountKind::User => "User",
            AccountKind::Bot => "Bot",
            AccountKind::Organization => "Organization",
        }
    }
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// The id that survives a rename.
    pub id: UserId,
    /// The name.
    pub login: String,
    /// Person, bot or organisation.
    pub kind: AccountKind,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a person may do in a repository, weakest first. A stranger has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May read.
    Read,
    /// May label, close and assign.
    Triage,
    /// May push.
    Write,
    /// May manage without the dangerous settings.
    Maintain,
    /// May do everything.
    Admin,
}

impl Role {
    /// GitHub's `role_name`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Triage => "triage",
            Role::Write => "write",
            Role::Maintain => "maintain",
            Role::Admin => "admin",
        }
    }

    /// The legacy `permission`, which knows three levels: maintain reads as write and triage as
    /// read (docs.github.com/rest/collaborators, "Get repository permissions for a user").
    pub(crate) fn folded(self) -> &'static str {
        match self {
            Role::Read | Role::Triage => "read",
            Role::Write | Role::Maintain => "write",
            Role::Admin => "admin",
        }
    }
}

/// Who does something: an account, and whether the App acts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) user: UserId,
    pub(crate) via_app: bool,
}

impl Actor {
    pub(crate) fn person(user: UserId) -> Actor {
        Actor { user, via_app: false }
    }
}
