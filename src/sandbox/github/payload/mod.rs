//! The world as GitHub's JSON: one function per object, used by REST answers and webhooks alike,
//! so that both carry every field that GitHub documents.

mod account;
mod check;
mod comment;
mod file;
mod git;
mod installation;
mod issue;
mod pull;
mod repository;
mod review;
mod workflow;

pub(super) use self::account::author_association;
pub(super) use self::git::{commit_json, git_commit_json, push_commit_json, simple_commit_json};
pub(super) use self::installation::permissions_json;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Map, Value};

/// GraphQL's name of an object: a prefix for its kind and its id in disguise.
pub(super) fn node_id(kind: &str, id: impl std::fmt::Display) -> String {
    format!("{kind}_{}", STANDARD_NO_PAD.encode(format!("{id:>08}")))
}

/// Adds the fields of `more` to `object`.
pub(super) fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// Adds `<name>_url` fields from a table of names and tails of one base URL.
pub(super) fn add_urls(object: &mut Value, base: &str, tails: &[(&str, &str)]) {
    let fields = tails
        .iter()
        .map(|(name, tail)| (format!("{name}_url"), Value::String(format!("{base}{tail}"))));
    extend(object, Value::Object(fields.collect::<Map<_, _>>()));
}
