//! Newtypes for every id, so that no two kinds of number can be exchanged by accident.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id!(
    /// One installation of the App on an account.
    InstallationId
);
numeric_id!(
    /// A repository's numeric id: it survives renames and transfers, its name does not.
    RepositoryId
);
numeric_id!(
    /// The number of an issue or pull request inside its repository.
    IssueNumber
);
numeric_id!(
    /// A GitHub account's numeric id. Rights compare this, never the login.
    UserId
);
numeric_id!(
    /// An issue comment's numeric id.
    CommentId
);
numeric_id!(
    /// The numeric id of a comment on a line of a pull request. GitHub counts these apart from
    /// issue comments, so the two must never be exchanged.
    ReviewCommentId
);
numeric_id!(
    /// A review's numeric id.
    ReviewId
);
numeric_id!(
    /// A check run's numeric id.
    CheckRunId
);
numeric_id!(
    /// The numeric id of one run of a workflow; its attempts share it.
    WorkflowRunId
);
numeric_id!(
    /// The numeric id of one job of a workflow run.
    JobId
);
numeric_id!(
    /// The numeric id of a GitHub App: which program reported a check.
    AppId
);
text_id!(
    /// The `X-GitHub-Delivery` of one webhook; some servers send something other than a GUID.
    DeliveryId
);
text_id!(
    /// The deterministic key of one effect: `<repository>/<number>/<version>/<index>`.
    EffectKey
);
text_id!(
    /// One model run. It is the key of the effect that started it.
    RunId
);
text_id!(
    /// A git object id in hexadecimal.
    Sha
);

/// One issue of one repository, by ids that survive renames. Written `<repository>/<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IssueKey {
    /// The repository the issue stands in.
    pub repository: RepositoryId,
    /// Its number there.
    pub number: IssueNumber,
}

impl IssueKey {
    /// The key of the effect at `index` of the decision that made `version`.
    pub fn effect(self, version: i64, index: usize) -> EffectKey {
        EffectKey(format!("{self}/{version}/{index}"))
    }
}

impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repository, self.number)
    }
}

/// A text that is not `<repository>/<number>`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an issue key: write <repository id>/<issue number>")]
pub struct BadIssueKey(String);

impl FromStr for IssueKey {
    type Err = BadIssueKey;

    fn from_str(text: &str) -> Result<IssueKey, BadIssueKey> {
        let bad = || BadIssueKey(text.to_owned());
        let (repository, number) = text.split_once('/').ok_or_else(bad)?;
        Ok(IssueKey {
            repository: RepositoryId(repository.parse().map_err(|_| bad())?),
            number: IssueNumber(number.parse().map_err(|_| bad())?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_key_reads_back() {
        let key = IssueKey { repository: RepositoryId(42), number: IssueNumber(7) };
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.effect(3, 1).as_str(), "42/7/3/1");
        assert!("42".parse::<IssueKey>().is_err());
        assert!("a/7".parse::<IssueKey>().is_err());
    }
}
