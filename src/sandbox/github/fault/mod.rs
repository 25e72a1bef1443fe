//! Faults: GitHub on a bad day, as a state that a test sets before the call.
//!
//! A [`FaultRule`] says *when* (which call) and *what*. The presets of [`Fault`] each stand for
//! one behaviour that GitHub documents. "After" means that the call took effect although its
//! answer says otherwise: the case that makes naive clients do things twice.

mod presets;

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::Millis;

/// Which calls a rule is about. All that is set must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallMatcher {
    /// `POST`, …
    pub method: Option<String>,
    /// A path template such as `/repos/{owner}/{repo}/issues`, or the end of one.
    pub template: Option<String>,
    /// Some text in the path as called.
    pub path_contains: Option<String>,
    /// The call's number among all calls ever, from 1
    /// (see [`GitHub::call_count`](super::GitHub::call_count)).
    pub nth: Option<usize>,
    /// How many fitting calls pass unharmed before.
    pub skip: usize,
}

impl CallMatcher {
    /// Every call.
    pub fn any() -> CallMatcher {
        CallMatcher::default()
    }

    /// The call with this number among all calls ever, from 1.
    pub fn nth(nth: usize) -> CallMatcher {
        CallMatcher { nth: Some(nth), ..CallMatcher::default() }
    }

    /// Calls of a method whose template ends so: `call("POST", "/issues/{issue_number}/comments")`.
    pub fn call(method: &str, template: &str) -> CallMatcher {
        CallMatcher {
            method: Some(method.to_owned()),
            template: Some(template.to_owned()),
            ..CallMatcher::default()
        }
    }

    fn fits(&self, call: &FaultedCall<'_>) -> bool {
        self.method.as_deref().is_none_or(|it| it.eq_ignore_ascii_case(call.method))
            && self.nth.is_none_or(|it| it == call.nth)
            && self.path_contains.as_deref().is_none_or(|it| call.path.contains(it))
            && self
                .template
                .as_deref()
                .is_none_or(|it| call.template.is_some_and(|template| template.ends_with(it)))
    }
}

/// An answer that does not come from the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers that this reply sets or replaces.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: ReplyBody,
}

/// A body as GitHub or the proxies before it send one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyBody {
    /// GitHub's error object.
    Json(Value),
    /// The page of a proxy.
    Html(String),
}

impl Reply {
    /// GitHub's error object with this message.
    pub fn error(status: u16, message: &str) -> Reply {
        let body = json!({
            "message": message,
            "documentation_url": super::rest::DOCUMENTATION_URL,
            "status": status.to_string(),
        });
        Reply { status, headers: Vec::new(), body: ReplyBody::Json(body) }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Reply {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing takes effect; this is answered.
    FailBefore(Reply),
    /// It takes effect, and then this is answered all the same.
    FailAfter(Reply),
    /// The connection is closed without an answer; nothing takes effect.
    CutBefore,
    /// It takes effect, and the connection is closed without an answer.
    CutAfter,
    /// The answer comes late, by the machine's clock. (Time-outs of HTTP clients are real time.)
    Delay(Duration),
}

impl Fault {
    /// A short name for logs.
    pub fn name(&self) -> String {
        match self {
            Fault::FailBefore(reply) => format!("{} before", reply.status),
            Fault::FailAfter(reply) => format!("{} after it took effect", reply.status),
            Fault::CutBefore => "cut before".into(),
            Fault::CutAfter => "cut after it took effect".into(),
            Fault::Delay(length) => format!("late by {} ms", length.as_millis()),
        }
    }
}

/// A fault and the calls it meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    /// Which calls.
    pub when: CallMatcher,
    /// What happens.
    pub fault: Fault,
    /// How many calls it meets; `None` is all of them until faults are cleared.
    pub times: Option<usize>,
}

impl FaultRule {
    /// The first fitting call only.
    pub fn once(when: CallMatcher, fault: Fault) -> FaultRule {
        FaultRule { when, fault, times: Some(1) }
    }

    /// Every fitting call until faults are cleared.
    pub fn always(when: CallMatcher, fault: Fault) -> FaultRule {
        FaultRule { when, fault, times: None }
    }
}

/// What a rule is asked about.
pub(super) struct FaultedCall<'a> {
    pub(super) nth: usize,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) template: Option<&'static str>,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) rules: Vec<FaultRule>,
    /// How long a new comment stays out of lists.
    pub(super) comments_listed_after: Millis,
}

impl Faults {
    /// The fault that meets this call, if any; it is counted as met.
    pub(super) fn meet(&mut self, call: &FaultedCall<'_>) -> Option<Fault> {
        for rule in &mut self.rules {
            if rule.times == Some(0) || !rule.when.fits(call) {
                continue;
            }
            if 0 < rule.when.skip {
                rule.when.skip -= 1;
                continue;
            }
            rule.times = rule.times.map(|it| it - 1);
            return Some(rule.fault.clone());
        }
        None
    }

    /// Rules that were set for a number of calls and did not meet them all: a test that ends with
    /// one tested something else than it thinks.
    pub(super) fn unmet(&self) -> Vec<FaultRule> {
        self.rules.iter().filter(|it| it.times.is_some_and(|n| 0 < n)).cloned().collect()
    }
}
