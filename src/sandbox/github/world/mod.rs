//! The one stateful value: who exists, what they own, what was said, what was called.
//!
//! Everything that changes it is an act (`acts/`), everything that shows it is a payload
//! (`payload/`). It has no I/O but the git repositories on disk; the server holds it in a mutex
//! and answers one call at a time, which is why a test can reason about order.

mod account;
mod app;
mod check;
mod installation;
mod issue;
mod repository;
mod review;
mod rules;
mod workflow;

pub use self::account::Role;
pub(super) use self::account::{Account, AccountKind, Actor};
pub(super) use self::app::{ACTIONS_ID, ACTIONS_SLUG, App, OtherApp};
pub use self::check::Conclusion;
pub(super) use self::check::{CheckAction, CheckOutput, CheckRun, CheckStatus, CheckSuite, Checks};
pub(super) use self::installation::{EVENTS, Installation, Token, full_permissions};
pub use self::installation::{Level, Permissions};
pub use self::issue::ReactionKind;
pub(super) use self::issue::{Comment, Fork, Issue, Label, Merge, Pull, Reaction};
pub(super) use self::repository::Repository;
pub use self::review::ReviewState;
pub(super) use self::review::{Lines, Review, ReviewComment, Side};
pub(super) use self::rules::BranchRules;
pub use self::rules::MergeMethod;
pub(super) use self::workflow::{Ci, CommitStatus, Job, WorkflowRun, Workflows};
pub use self::workflow::{CiBehaviour, StatusState};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::fault::Faults;
use super::log::CallRecord;
use super::rest::RateWindow;
use super::webhook::Hook;
use crate::base::{Clock, InstallationId, RepositoryId, Timestamp, UserId};

/// All of it.
pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) jwt_clock: Arc<dyn Clock>,
    pub(super) api_url: String,
    pub(super) web_url: String,
    pub(super) data_dir: PathBuf,
    pub(super) app: App,
    pub(super) other_apps: BTreeMap<i64, OtherApp>,
    pub(super) accounts: BTreeMap<UserId, Account>,
    pub(super) repositories: BTreeMap<RepositoryId, Repository>,
    pub(super) installations: BTreeMap<InstallationId, Installation>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) rates: BTreeMap<InstallationId, RateWindow>,
    pub(super) hook: Hook,
    pub(super) faults: Faults,
    /// Names that repositories had before they were renamed, oldest first.
    pub(super) old_names: Vec<(String, RepositoryId)>,
    /// Set where the server speaks REST only.
    pub(super) graphql_off: bool,
    /// So many entries of a tree are listed; the rest is cut off.
    pub(super) listed_entries_max: usize,
    pub(super) calls: Vec<CallRecord>,
    pub(super) ids: Ids,
}

/// One sequence for ids of every kind: an id that is taken for one of another kind then never
/// happens to fit.
#[derive(Debug)]
pub(super) struct Ids(pub(super) i64);

impl Ids {
    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

impl World {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn next_id(&mut self) -> i64 {
        self.ids.next()
    }

    /// The account of this name; GitHub compares logins without case.
    pub(super) fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|it| it.login.eq_ignore_ascii_case(login))
    }

    pub(super) fn repository(&self, owner: &str, name: &str) -> Option<&Repository> {
        self.repositories
            .values()
            .find(|it| it.owner.eq_ignore_ascii_case(owner) && it.name.eq_ignore_ascii_case(name))
    }

    /// The repository that had this name last; a new one of that name takes its place.
    pub(super) fn renamed_from(&self, owner: &str, name: &str) -> Option<RepositoryId> {
        let full_name = format!("{owner}/{name}");
        let mut known = self.old_names.iter().rev();
        known.find(|it| it.0.eq_ignore_ascii_case(&full_name)).map(|it| it.1)
    }

    pub(super) fn repo(&self, id: RepositoryId) -> &Repository {
        &self.repositories[&id]
    }

    #[expect(clippy::unwrap_used, reason = "ids come from this world, which deletes no repository")]
    pub(super) fn repo_mut(&mut self, id: RepositoryId) -> &mut Repository {
        self.repositories.get_mut(&id).unwrap()
    }

    /// The installation that reaches a repository.
    pub(super) fn installation_of(&self, repository: RepositoryId) -> Option<&Installation> {
        self.installations.values().find(|it| it.repositories.contains(&repository))
    }

    /// Makes an account, or finds it.
    pub(super) fn ensure_account(&mut self, login: &str, kind: AccountKind) -> UserId {
        if let Some(account) = self.account(login) {
            return account.id;
        }
        let id = UserId(self.next_id());
        let account = Account { id, login: login.to_owned(), kind, created_at: self.now() };
        self.accounts.insert(id, account);
        id
    }

    /// Another App, made when it is new.
    pub(super) fn ensure_app(&mut self, slug: &str) -> i64 {
        if slug == self.app.slug {
            return self.app.id;
        }
        if let Some(known) = self.other_apps.values().find(|it| it.slug == slug) {
            return known.id;
        }
        let id = if slug == ACTIONS_SLUG { ACTIONS_ID } else { self.next_id() };
        let bot = self.ensure_account(&format!("{slug}[bot]"), AccountKind::Bot);
        let app = OtherApp { id, slug: slug.to_owned(), bot, created_at: self.now() };
        self.other_apps.insert(id, app);
        id
    }

    /// The App as an actor.
    pub(super) fn app_actor(&self) -> Actor {
        Actor { user: self.app.bot, via_app: true }
    }
}
