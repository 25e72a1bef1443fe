//! Every REST call, for assertions and for the demo's event log.

use serde_json::Value;

use crate::base::Timestamp;

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The App itself, by JSON Web Token.
    App,
    /// One of its installations, by token.
    Installation,
    /// Nobody that could be recognised.
    Unknown,
}

/// One REST call.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// 1 for the first call ever.
    pub nth: usize,
    /// When.
    pub at: Timestamp,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as called, with its query.
    pub path: String,
    /// The path's template, such as `/repos/{owner}/{repo}/issues`; `None` if nothing is there.
    pub template: Option<&'static str>,
    /// Who called.
    pub caller: Caller,
    /// Whether it can change something on GitHub. Asking for a token does not.
    pub is_write: bool,
    /// Why no App that only proposes should make this call (`merges`, `approves`, `forces`, …).
    pub forbidden: Option<&'static str>,
    /// The body of a call that writes.
    pub body: Option<Value>,
    /// The status it was answered; `None` if the connection was cut.
    pub status: Option<u16>,
    /// The fault that met it.
    pub fault: Option<String>,
}
