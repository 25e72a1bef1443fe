//! The calls to GitHub: Baton's operations, in Baton's types.
//!
//! ```text
//! App ── identity, installation_of
//!  ├── reader(target) ─▶ ReadPort    repository, permission, issue, comments, branch_head,
//!  │                                 commit(s), tree, blob, file_at, tarball, compare,
//!  │                                 pull_request(s), their files, reviews and threads,
//!  │                                 check runs, statuses, workflow runs, jobs, logs,
//!  │                                 required checks
//!  └── writer(target) ─▶ WritePort   comments, reactions, labels, tree + commit + BatonRef,
//!                                    pull requests, replies, dismissals, check runs
//! ```
//!
//! * Octocrab carries all of it, put together in `connection` so that it does only what is said
//!   here.
//! * A token reaches one repository, and a [`ReadPort`]'s cannot write. The write side of git takes
//!   a [`BatonRef`](super::BatonRef) only. What is not here cannot be done: merge, approve, delete
//!   a branch, force.
//! * What a server lacks, or the App may not see, is [`Told::Unknown`] with the reason where Baton
//!   can go on without it. What an owner may not have granted is asked for with a token of its own.
//! * Nothing is retried here, with two exceptions that repeat nothing: a refused token (401) is
//!   minted anew once, and a repository that was renamed is found again by its id once. Whether
//!   another try makes sense is said by [`GitHubError`].
//! * Each call is one debug line: method, path template, status, duration. Never a token,
//!   never a body.

mod app;
mod call;
mod checks;
mod checks_write;
mod commit_files;
mod connection;
mod download;
mod error;
mod files;
mod git;
mod git_write;
mod graphql;
mod issues;
mod key;
mod pages;
mod port;
mod pulls;
mod pulls_write;
mod redirect;
mod repository;
mod required;
mod reviews;
mod tarball;
mod tokens;
mod told;
mod transport;
mod workflows;

pub use self::app::{App, AppConfig, Identity, Standing};
pub use self::checks::{CheckRun, Status};
pub use self::checks_write::{CheckButton, CheckState, NewCheckRun, ShownCheck};
pub use self::commit_files::{Committed, FileChange, FileMode};
pub use self::error::GitHubError;
pub use self::files::{ChangedFile, Comparison, FileAt, FileStatus};
pub use self::git::{Commit, EntryKind, Tree, TreeEntry};
pub use self::git_write::{BranchCreated, NewFile};
pub use self::issues::{Comments, NewLabel, Reacted, Reaction};
pub use self::key::{KeyError, private_key};
pub use self::pages::Listed;
pub use self::port::{ReadPort, Target, WritePort};
pub use self::pulls::{NewPullRequest, PullRequest, PullRequestOpened};
pub use self::pulls_write::OwnPullRequest;
pub use self::repository::{Permission, RepositoryFacts};
pub use self::required::RequiredCheck;
pub use self::reviews::{Marks, ReviewThread};
pub use self::tarball::Downloaded;
pub use self::told::{Told, Untold};
pub use self::transport::{BadApiUrl, address_of_api};
pub use self::workflows::{Job, LogTail, WorkflowRun};

#[cfg(test)]
mod tests;
