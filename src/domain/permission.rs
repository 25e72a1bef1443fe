//! Who may do what: a person's right in a repository, and the rights commands ask for.

use serde::{Deserialize, Serialize};

/// What a person may do in a repository, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// No right at all, or it could not be found.
    None,
    /// May read.
    Read,
    /// May label, close and assign.
    Triage,
    /// May push.
    Write,
    /// May manage the repository without its dangerous settings.
    Maintain,
    /// May do everything.
    Admin,
}

impl Right {
    /// The name GitHub uses for it.
    pub fn name(self) -> &'static str {
        match self {
            Right::None => "no",
            Right::Read => "read",
            Right::Triage => "triage",
            Right::Write => "write",
            Right::Maintain => "maintain",
            Right::Admin => "admin",
        }
    }

    /// Reads GitHub's `role_name` or `permission`; a custom role's name is unknown here, so its
    /// caller falls back to the base right.
    pub fn parse(name: &str) -> Option<Right> {
        match name {
            "none" => Some(Right::None),
            "read" | "pull" => Some(Right::Read),
            "triage" => Some(Right::Triage),
            "write" | "push" => Some(Right::Write),
            "maintain" => Some(Right::Maintain),
            "admin" => Some(Right::Admin),
            _ => None,
        }
    }
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// TEMP
    Issue,
    /// TEMP
    BatonPullRequest,
    /// TEMP
    OtherPullRequest,
    /// TEMP
    ForkPullRequest,
}

/// TEMP
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// TEMP
    TooLow {
        /// TEMP
        needed: Right,
        /// TEMP
        has: Right,
    },
    /// TEMP
    NotHere,
}

/// TEMP
pub fn may(
    right: Right,
    command: &crate::domain::command::Command,
    place: Place,
) -> Result<(), Refusal> {
    let _ = (command, place);
    if right < Right::Write {
        return Err(Refusal::TooLow { needed: Right::Write, has: right });
    }
    Ok(())
}
