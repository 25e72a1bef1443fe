//! The ladders: model tiers from cheap to strong, complexity from trivial to expert, and the
//! roles a model plays.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A model tier, cheap to strong. A tier is a rung, not a model id: which model answers on a rung
/// is a setting, and what answered is always stored beside what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Tests, formatting, small fixes, documentation.
    Haiku,
    /// Features, bug fixes, most work.
    Sonnet,
    /// Architecture, planning, hard debugging.
    Opus,
}

impl Tier {
    /// All rungs, cheapest first.
    pub const ALL: [Tier; 3] = [Tier::Haiku, Tier::Sonnet, Tier::Opus];

    /// The lower-case name, as in labels and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Haiku => "haiku",
            Tier::Sonnet => "sonnet",
            Tier::Opus => "opus",
        }
    }

    /// The name as people read it in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Tier::Haiku => "Haiku",
            Tier::Sonnet => "Sonnet",
            Tier::Opus => "Opus",
        }
    }
}

/// How hard a piece of work is, from a typo to a redesign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Complexity {
    /// A typo, a comment, a rename.
    Trivial,
    /// A small, well understood change.
    Simple,
    /// A feature or bug in one component.
    Medium,
    /// A refactoring, a migration, several components.
    Complex,
    /// Architecture, security, performance of a whole system.
    Expert,
}

impl Complexity {
    /// All levels, easiest first.
    pub const ALL: [Complexity; 5] = [
        Complexity::Trivial,
        Complexity::Simple,
        Complexity::Medium,
        Complexity::Complex,
        Complexity::Expert,
    ];

    /// The lower-case name, as in `complexity: medium`.
    pub fn name(self) -> &'static str {
        match self {
            Complexity::Trivial => "trivial",
            Complexity::Simple => "simple",
            Complexity::Medium => "medium",
            Complexity::Complex => "complex",
            Complexity::Expert => "expert",
        }
    }

    /// The tier that work of this level goes to under the balanced preset.
    pub fn tier(self) -> Tier {
        match self {
            Complexity::Trivial | Complexity::Simple => Tier::Haiku,
            Complexity::Medium | Complexity::Complex => Tier::Sonnet,
            Complexity::Expert => Tier::Opus,
        }
    }
}

/// What a model run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads the repository and submits a plan. Holds no write credential.
    Planner,
    /// Builds one task of an approved plan: edits files, holds no shell and no write credential.
    Implementer,
    /// Judges by CI and tests whether what was built does what the plan promised. Changes nothing.
    TestAgent,
    /// Reviews the difference against the plan. Changes nothing and approves nothing.
    ReviewAgent,
}

impl Role {
    /// All roles, in the order in which an issue meets them.
    pub const ALL: [Role; 4] =
        [Role::Planner, Role::Implementer, Role::TestAgent, Role::ReviewAgent];

    /// The role of that name; `None` for one that this version does not know.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The name in the ledger and on pages.
    pub fn name(self) -> &'static str {
        match self {
            Role::Planner => "planner",
            Role::Implementer => "implementer",
            Role::TestAgent => "test-agent",
            Role::ReviewAgent => "review-agent",
        }
    }

    /// The tier that plays this role under the balanced preset.
    pub fn tier(self) -> Tier {
        match self {
            Role::Planner => Tier::Opus,
            // Its task says otherwise; this is the map's middle.
            Role::Implementer | Role::ReviewAgent => Tier::Sonnet,
            Role::TestAgent => Tier::Haiku,
        }
    }
}

/// A word that is not one of a ladder's names.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {names}")]
pub struct UnknownName {
    word: String,
    names: &'static str,
}

impl FromStr for Tier {
    type Err = UnknownName;

    fn from_str(word: &str) -> Result<Tier, UnknownName> {
        let found = Tier::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(word.trim()));
        found.ok_or_else(|| UnknownName { word: word.to_owned(), names: "haiku, sonnet, opus" })
    }
}

impl FromStr for Complexity {
    type Err = UnknownName;

    fn from_str(word: &str) -> Result<Complexity, UnknownName> {
        let found =
            Complexity::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(word.trim()));
        let names = "trivial, simple, medium, complex, expert";
        found.ok_or_else(|| UnknownName { word: word.to_owned(), names })
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Complexity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
