//! One request, before it is known under which name its repository is found.

use std::fmt::Display;

use http::Method;
use serde_json::Value;

/// A request whose path still has its places: `/repos/{owner}/{repo}/issues/{number}`. The
/// template, not the path, goes to the log, where it groups.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) template: &'static str,
    pub(super) body: Option<Value>,
    arguments: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
}

/// Where a repository is found now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) owner: String,
    pub(super) repo: String,
}

impl Call {
    fn new(method: Method, template: &'static str) -> Call {
        Call { method, template, body: None, arguments: Vec::new(), query: Vec::new() }
    }

    pub(super) fn get(template: &'static str) -> Call {
        Call::new(Method::GET, template)
    }

    pub(super) fn post(template: &'static str, body: Value) -> Call {
        Call { body: Some(body), ..Call::new(Method::POST, template) }
    }

    pub(super) fn patch(template: &'static str, body: Value) -> Call {
        Call { body: Some(body), ..Call::new(Method::PATCH, template) }
    }

    pub(super) fn put(template: &'static str, body: Value) -> Call {
        Call { body: Some(body), ..Call::new(Method::PUT, template) }
    }

    pub(super) fn delete(template: &'static str) -> Call {
        Call::new(Method::DELETE, template)
    }

    /// Fills the place `{name}`. In `{ref}` and `{path}` slashes stay, as git has them.
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Call {
        self.arguments.push((name, value.to_string()));
        self
    }

    /// Replaces the body.
    pub(super) fn with_body(mut self, body: Value) -> Call {
        self.body = Some(body);
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Display) -> Call {
        self.query.push((name, value.to_string()));
        self
    }

    /// The path and query for a repository of that name.
    pub(super) fn path(&self, name: &Name) -> String {
        let mut path = String::new();
        for segment in self.template.split('/').skip(1) {
            path.push('/');
            match segment.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                Some("owner") => path.push_str(&encoded(&name.owner, false)),
                Some("repo") => path.push_str(&encoded(&name.repo, false)),
                Some(place) => {
                    let value = self.arguments.iter().find(|it| it.0 == place);
                    let keep_slash = matches!(place, "ref" | "path");
                    path.push_str(&encoded(value.map_or("", |it| &it.1), keep_slash));
                }
                None => path.push_str(segment),
            }
        }
        for (index, (key, value)) in self.query.iter().enumerate() {
            path.push(if index == 0 { '?' } else { '&' });
            path.push_str(key);
            path.push('=');
            path.push_str(&encoded(value, false));
        }
        path
    }
}

/// Percent-encoding of everything that has a meaning in a path or a query. A segment of dots only
/// climbs even when it is encoded: the transport refuses to send it.
fn encoded(text: &str, keep_slash: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' if keep_slash => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(call: Call, expected: &str) {
        let name = Name { owner: "acme".to_owned(), repo: "the app".to_owned() };
        assert_eq!(call.path(&name), expected);
    }

    #[test]
    fn places_are_filled_and_encoded() {
        let user = Call::get("/repos/{owner}/{repo}/collaborators/{user}/permission");
        check(
            user.clone().with("user", "ann"),
            "/repos/acme/the%20app/collaborators/ann/permission",
        );
        let bot = "/repos/acme/the%20app/collaborators/baton%5Bbot%5D/permission";
        check(user.clone().with("user", "baton[bot]"), bot);
        let climbing = "/repos/acme/the%20app/collaborators/..%2F..%2Fx%3Fy%23z/permission";
        check(user.with("user", "../../x?y#z"), climbing);
        let git_ref = Call::get("/git/ref/heads/{ref}");
        check(git_ref.clone().with("ref", "baton/7-x"), "/git/ref/heads/baton/7-x");
        check(git_ref.with("ref", "a/../b%c"), "/git/ref/heads/a/../b%25c");
        let file = Call::get("/contents/{path}").with("path", "src/a b.rs");
        check(file, "/contents/src/a%20b.rs");
        let paged = Call::get("/x").query("since", "2026-11-21T12:00:00Z").query("page", 2);
        check(paged, "/x?since=2026-11-21T12%3A00%3A00Z&page=2");
    }
}
