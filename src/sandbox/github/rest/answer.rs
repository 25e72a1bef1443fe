//! Answers and refusals.

use serde_json::{Value, json};

use super::DOCUMENTATION_URL;

/// A body.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(String, &'static str),
    Bytes(Vec<u8>, &'static str),
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(super) fn new(status: u16, body: Body) -> Answer {
        Answer { status, headers: Vec::new(), body }
    }

    pub(super) fn ok(body: Value) -> Answer {
        Answer::new(200, Body::Json(body))
    }

    /// 201, with the new thing's address.
    pub(super) fn created(body: Value) -> Answer {
        let location = body["url"].as_str().map(str::to_owned);
        let answer = Answer::new(201, Body::Json(body));
        match location {
            Some(url) => answer.with("location", url),
            None => answer,
        }
    }

    pub(super) fn no_content() -> Answer {
        Answer::new(204, Body::Empty)
    }

    /// Sets a header, replacing one of the same name.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Answer {
        self.headers.retain(|it| it.0 != name);
        self.headers.push((name, value.to_string()));
        self
    }
}

/// Why a call is refused, in GitHub's words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    errors: Vec<Value>,
    location: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), errors: Vec::new(), location: None }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn not_found() -> Refusal {
        Refusal::new(404, "Not Found")
    }

    /// What stands elsewhere now. Reading is sent there for good; what writes must be sent again
    /// with the same verb (`docs.github.com/rest/using-the-rest-api/best-practices`, "Follow
    /// redirects").
    pub(super) fn moved(method: &str, url: String) -> Refusal {
        let (status, message) =
            if method == "GET" { (301, "Moved Permanently") } else { (307, "Temporary Redirect") };
        Refusal { location: Some(url), ..Refusal::new(status, message) }
    }

    pub(super) fn forbidden() -> Refusal {
        Refusal::new(403, "Resource not accessible by integration")
    }

    /// 422 about one field: `code` is `missing`, `missing_field`, `invalid`, `already_exists`, ….
    pub(super) fn invalid(resource: &str, field: &str, code: &str) -> Refusal {
        let error = json!({ "resource": resource, "field": field, "code": code });
        Refusal { errors: vec![error], ..Refusal::new(422, "Validation Failed") }
    }

    /// 422 in words alone, as the endpoints answer that stand before GraphQL mutations.
    pub(super) fn unprocessable(why: &str) -> Refusal {
        let errors = vec![Value::String(why.to_owned())];
        Refusal { errors, ..Refusal::new(422, "Unprocessable Entity") }
    }

    /// 422 about one field, in words.
    pub(super) fn custom(resource: &str, field: &str, message: &str) -> Refusal {
        let error = json!({
            "resource": resource,
            "field": field,
            "code": "custom",
            "message": message,
        });
        Refusal { errors: vec![error], ..Refusal::new(422, "Validation Failed") }
    }
}

impl From<Refusal> for Answer {
    fn from(it: Refusal) -> Answer {
        let mut body = json!({
            "message": it.message,
            "documentation_url": DOCUMENTATION_URL,
            "status": it.status.to_string(),
        });
        if !it.errors.is_empty() {
            body["errors"] = Value::Array(it.errors);
        }
        let Some(url) = it.location else { return Answer::new(it.status, Body::Json(body)) };
        body["url"] = Value::String(url.clone());
        Answer::new(it.status, Body::Json(body)).with("location", url)
    }
}

impl From<crate::sandbox::git::GitError> for Refusal {
    /// Errors that a handler did not foresee: what is missing is 404, the rest is our disk.
    fn from(error: crate::sandbox::git::GitError) -> Refusal {
        use crate::sandbox::git::GitError;

        match &error {
            GitError::Missing(_) | GitError::WrongKind { .. } => Refusal::not_found(),
            GitError::BadPath(_) | GitError::Ref(_) => Refusal::new(422, error.to_string()),
            GitError::Damaged(_) | GitError::Import { .. } | GitError::Io(_) => {
                Refusal::new(500, error.to_string())
            }
        }
    }
}
