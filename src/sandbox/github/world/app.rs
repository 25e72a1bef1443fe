//! Apps: the one that is registered here, and others that check and comment beside it.

use crate::base::{Timestamp, UserId};

use super::super::key::AppKey;

/// The App that is registered here.
pub(crate) struct App {
    pub(crate) id: i64,
    pub(crate) slug: String,
    pub(crate) owner: UserId,
    pub(crate) bot: UserId,
    pub(crate) key: AppKey,
    pub(crate) created_at: Timestamp,
}

/// The slug of the App that runs workflows.
pub(crate) const ACTIONS_SLUG: &str = "github-actions";

/// Its id on github.com.
pub(crate) const ACTIONS_ID: i64 = 15_368;

/// An App of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherApp {
    /// Its id.
    pub(crate) id: i64,
    /// Its slug: it acts as `<slug>[bot]`.
    pub(crate) slug: String,
    /// Its account.
    pub(crate) bot: UserId,
    /// Since when.
    pub(crate) created_at: Timestamp,
}
