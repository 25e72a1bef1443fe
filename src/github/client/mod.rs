//! The calls to GitHub: Baton's operations, in Baton's types.
//!
//! ```text
//! App ── identity, installation_of
//!  ├── reader(target) ─▶ ReadPort    repository, permission, issue, comments, branch_head,
//!  │                                 commit(s), tree, blob, tarball, pull_request(s)
//!  └── writer(target) ─▶ WritePort   comments, reactions, labels, tree + commit + BatonRef,
//!                                    pull requests
//! ```
//!
//! * Octocrab carries all of it, put together in `connection` so that it does only what is said
//!   here.
//! * A token reaches one repository, and a [`ReadPort`]'s cannot write. The write side of git takes
//!   a [`BatonRef`](super::BatonRef) only. What is not here cannot be done: merge, approve, delete
//!   a branch, force.
//! * Nothing is retried here, with two exceptions that repeat nothing: a refused token (401) is
//!   minted anew once, and a repository that was renamed is found again by its id once. Whether
//!   another try makes sense is said by [`GitHubError`].
//! * Each call is one debug line: method, path template, status, duration, delivery. Never a token,
//!   never a body.

mod app;
mod call;
mod connection;
mod error;
mod git;
mod git_write;
mod issues;
mod key;
mod port;
mod pulls;
mod redirect;
mod repository;
mod tarball;
mod tokens;
mod transport;

pub use self::app::{App, AppConfig, Identity};
pub use self::error::GitHubError;
pub use self::git::{Commit, EntryKind, Tree, TreeEntry};
pub use self::git_write::{BranchCreated, NewFile};
pub use self::issues::{Comments, NewLabel, Reacted, Reaction};
pub use self::key::{KeyError, private_key};
pub use self::port::{ReadPort, Target, WritePort};
pub use self::pulls::{NewPullRequest, PullRequest, PullRequestOpened};
pub use self::repository::{Permission, RepositoryFacts};
pub use self::tarball::Downloaded;
pub use self::transport::BadApiUrl;

#[cfg(test)]
mod tests;
