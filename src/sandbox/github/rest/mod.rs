//! The REST surface, and the way of one call through it.
//!
//! ```text
//! server   HTTP in and out, cut connections
//! service  count → fault → caller → route → permission → handler → limits → log
//! access   who calls: JSON Web Token, installation token, nobody
//! table    every route: method, path, permission, handler
//! graphql  what has no REST twin
//! the rest the handlers, one file per resource
//! ```

mod access;
mod actions;
mod answer;
mod app;
mod check_body;
mod checks;
mod comments;
mod compare;
mod contents;
mod forbidden;
mod graphql;
mod git_data;
mod git_refs;
mod issues;
mod labels;
mod limits;
mod merges;
mod pulls;
mod reactions;
mod repositories;
mod request;
mod review_comments;
mod reviews;
mod service;
mod statuses;
mod table;

pub(super) use self::answer::{Answer, Body};
pub(super) use self::limits::{HOURLY_LIMIT, RateWindow};
pub(super) use self::request::Call;
pub(super) use self::service::serve;

/// What every error points to.
pub(super) const DOCUMENTATION_URL: &str = "https://docs.github.com/rest";
