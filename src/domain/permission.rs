//! Who may do what: a person's right in a repository, the rule a command carries (least right,
//! places), and the answer to "may this person do it here?".
//!
//! A right depends on a person and a repository, never on a model, a tier or a text (trust rule
//! 22). A refusal is a value with what its sentence needs: what was needed and what they have.

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

/// Where a command was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// An issue.
    Issue,
    /// Baton's own pull request; the command acts on its issue.
    BatonPullRequest,
    /// Any other pull request of the same repository; Baton is read-only there.
    OtherPullRequest,
    /// A pull request from a fork: never a push, a dispatch, a secret.
    ForkPullRequest,
}

impl Place {
    /// All places, in the order of the documentation's columns.
    pub const ALL: [Place; 4] =
        [Place::Issue, Place::BatonPullRequest, Place::OtherPullRequest, Place::ForkPullRequest];

    /// The letter in the documentation's *where* column.
    pub fn letter(self) -> char {
        match self {
            Place::Issue => 'I',
            Place::BatonPullRequest => 'B',
            Place::OtherPullRequest => 'P',
            Place::ForkPullRequest => 'F',
        }
    }

    /// The place as a sentence says it.
    pub fn title(self) -> &'static str {
        match self {
            Place::Issue => "an issue",
            Place::BatonPullRequest => "Baton's own pull request",
            Place::OtherPullRequest => "another pull request",
            Place::ForkPullRequest => "a pull request from a fork",
        }
    }
}

/// What somebody who lacks the least right may still be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exception {
    /// Nobody.
    None,
    /// Whoever asked for the work that is under way (`stop`).
    Requester,
    /// The issue's author, whose act is held until someone with the right takes it (`answer`,
    /// trust rule 16: answering would be spending).
    AuthorHeld,
}

/// Who may give a command, and where. One stands in each row of the table of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The least right.
    pub least: Right,
    /// Who else.
    pub exception: Exception,
    /// Where it may be written.
    pub places: &'static [Place],
}

/// The person who asks, as far as a rule looks at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Their right, freshly checked.
    pub right: Right,
    /// Whether they asked for the work that is under way.
    pub requester: bool,
    /// Whether they opened the issue.
    pub author: bool,
}

impl Asker {
    /// Somebody who is neither the requester nor the author.
    pub fn with(right: Right) -> Asker {
        Asker { right, requester: false, author: false }
    }
}

/// What a permitted act may do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permit {
    /// It counts now.
    Now,
    /// It is recorded, and counts when somebody with the right takes it.
    Held,
}

/// Why a command was refused, with what its sentence needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum Refusal {
    /// The person's right is too small.
    #[error("needs {} access (you have {})", .needed.name(), .has.name())]
    TooLittle {
        /// The least right that would do.
        needed: Right,
        /// The right they have.
        has: Right,
    },
    /// The command has no meaning at this place, whoever gives it.
    #[error("does not work on {}", .place.title())]
    WrongPlace {
        /// Where it was written.
        place: Place,
    },
}

impl Refusal {
    /// A stable name for logs, history and tests.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::TooLittle { .. } => "too-little-right",
            Refusal::WrongPlace { .. } => "wrong-place",
        }
    }
}

impl Rule {
    /// Whether `asker` may do it at `place`. The place is looked at first: nobody is told about a
    /// right that would not help them here.
    ///
    /// # Errors
    ///
    /// The named [`Refusal`].
    pub fn permits(&self, asker: Asker, place: Place) -> Result<Permit, Refusal> {
        if !self.places.contains(&place) {
            return Err(Refusal::WrongPlace { place });
        }
        if self.least <= asker.right {
            return Ok(Permit::Now);
        }
        match self.exception {
            Exception::Requester if asker.requester => Ok(Permit::Now),
            Exception::AuthorHeld if asker.author => Ok(Permit::Held),
            Exception::None | Exception::Requester | Exception::AuthorHeld => {
                Err(Refusal::TooLittle { needed: self.least, has: asker.right })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Rule = Rule {
        least: Right::Triage,
        exception: Exception::Requester,
        places: &[Place::Issue, Place::BatonPullRequest],
    };
    const ANSWER: Rule =
        Rule { least: Right::Write, exception: Exception::AuthorHeld, places: &[Place::Issue] };

    #[track_caller]
    fn check(rule: Rule, asker: Asker, place: Place, expected: Result<Permit, Refusal>) {
        assert_eq!(rule.permits(asker, place), expected);
    }

    #[test]
    fn rights_places_and_exceptions() {
        let requester = Asker { requester: true, ..Asker::with(Right::Read) };
        let author = Asker { author: true, ..Asker::with(Right::Read) };
        let too_little = |needed, has| Err(Refusal::TooLittle { needed, has });
        check(STOP, Asker::with(Right::Triage), Place::Issue, Ok(Permit::Now));
        check(STOP, Asker::with(Right::Admin), Place::BatonPullRequest, Ok(Permit::Now));
        check(STOP, requester, Place::Issue, Ok(Permit::Now));
        check(STOP, author, Place::Issue, too_little(Right::Triage, Right::Read));
        check(ANSWER, author, Place::Issue, Ok(Permit::Held));
        check(ANSWER, requester, Place::Issue, too_little(Right::Write, Right::Read));
        check(ANSWER, Asker { right: Right::Write, ..author }, Place::Issue, Ok(Permit::Now));
        let wrong = Err(Refusal::WrongPlace { place: Place::ForkPullRequest });
        check(STOP, Asker::with(Right::Admin), Place::ForkPullRequest, wrong);
        check(STOP, Asker::with(Right::None), Place::ForkPullRequest, wrong);
    }

    #[test]
    fn a_refusal_says_what_is_needed() {
        let refusal = Refusal::TooLittle { needed: Right::Write, has: Right::Triage };
        assert_eq!(refusal.to_string(), "needs write access (you have triage)");
        assert_eq!(refusal.name(), "too-little-right");
    }
}
