//! What can go wrong with a call, told apart by what to do about it.

use http::header::HeaderMap;
use serde::Deserialize;

use super::transport::Reply;
use crate::base::{Millis, Timestamp};
use crate::github::lenient::{List, Text};

/// The longest text of GitHub's that an error carries, in characters.
const MESSAGE_MAX: usize = 300;

/// The longest wait that a header can impose; a clock that is far off must not stop Baton for a day.
const WAIT_MAX: Millis = Millis::hours(1);

/// The wait when GitHub says "limit" and no useful time.
const WAIT_DEFAULT: Millis = Millis::minutes(1);

/// A call that did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The hourly limit of this installation is used up.
    #[error("GitHub's hourly limit is used up until {until}; Baton waits")]
    RateLimited {
        /// When calls are possible again: between now and an hour from now.
        until: Timestamp,
    },
    /// GitHub asks for a pause (too many writes, or too fast).
    #[error("GitHub asks Baton to slow down; Baton waits")]
    SecondaryLimit {
        /// How long, if it said so. Without it: a minute, then exponentially more.
        retry_after: Option<Millis>,
    },
    /// The App may not do this. Repeating does not help.
    #[error("GitHub refused: {0}")]
    Forbidden(String),
    /// It does not exist, or the App may not see it.
    #[error("GitHub does not know it, or the App may not see it")]
    NotFound,
    /// It was deleted, or moved to another repository.
    #[error("it was deleted, or moved to another repository")]
    Gone,
    /// GitHub's state does not allow it now; for git operations: the repository has no commits.
    #[error("GitHub's state does not allow this: {message}")]
    Conflict {
        /// What GitHub says.
        message: String,
    },
    /// GitHub does not want it: what was sent is not valid here, or this server has no such call.
    /// Repeating does not help.
    #[error("GitHub did not accept it: {message}")]
    Unprocessable {
        /// What GitHub says.
        message: String,
    },
    /// The branch has moved since it was read. Nothing was written.
    #[error("the branch has moved in the meantime; nothing was written")]
    NotFastForward,
    /// Neither the stored nor a fresh token is accepted.
    #[error(
        "GitHub does not accept the App's credentials: check APP_ID and PRIVATE_KEY, and this \
         machine's clock"
    )]
    Unauthorized,
    /// GitHub has trouble (status 500 and above).
    #[error("GitHub has trouble (status {0})")]
    Server(u16),
    /// No answer, or only a part of one.
    #[error("GitHub could not be reached")]
    Network {
        /// Whether the request may have been carried out all the same.
        maybe_done: bool,
    },
    /// An answer that makes no sense.
    #[error("GitHub's answer makes no sense: {what}")]
    Unexpected {
        /// What is wrong with it, without its content.
        what: String,
    },
}

impl GitHubError {
    /// Whether the same call may succeed later although nobody does anything about this issue: by
    /// itself, or once the operator has put the App's credentials right.
    pub fn retryable(&self) -> bool {
        match self {
            GitHubError::RateLimited { .. }
            | GitHubError::SecondaryLimit { .. }
            | GitHubError::Unauthorized
            | GitHubError::Server(_)
            | GitHubError::Network { .. }
            | GitHubError::Unexpected { .. } => true,
            GitHubError::Forbidden(_)
            | GitHubError::NotFound
            | GitHubError::Gone
            | GitHubError::Conflict { .. }
            | GitHubError::Unprocessable { .. }
            | GitHubError::NotFastForward => false,
        }
    }

    /// Whether GitHub refuses because the conversation is locked. GitHub gives no code for it, so
    /// its words have to tell.
    pub fn is_locked(&self) -> bool {
        match self {
            GitHubError::Forbidden(message) => message.contains("issue is locked"),
            GitHubError::RateLimited { .. }
            | GitHubError::SecondaryLimit { .. }
            | GitHubError::NotFound
            | GitHubError::Gone
            | GitHubError::Conflict { .. }
            | GitHubError::Unprocessable { .. }
            | GitHubError::NotFastForward
            | GitHubError::Unauthorized
            | GitHubError::Server(_)
            | GitHubError::Network { .. }
            | GitHubError::Unexpected { .. } => false,
        }
    }

    /// Whether a write may have happened all the same, so that it must be looked up before it is
    /// tried again.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            GitHubError::Server(_) | GitHubError::Unexpected { .. } => true,
            GitHubError::Network { maybe_done } => *maybe_done,
            GitHubError::RateLimited { .. }
            | GitHubError::SecondaryLimit { .. }
            | GitHubError::Forbidden(_)
            | GitHubError::NotFound
            | GitHubError::Gone
            | GitHubError::Conflict { .. }
            | GitHubError::Unprocessable { .. }
            | GitHubError::NotFastForward
            | GitHubError::Unauthorized => false,
        }
    }

    pub(super) fn unexpected(what: impl Into<String>) -> GitHubError {
        GitHubError::Unexpected { what: what.into() }
    }
}

/// The error that an answer other than 2xx stands for.
pub(super) fn classify(reply: &Reply, now: Timestamp) -> GitHubError {
    let message = message(reply);
    match reply.status {
        401 => GitHubError::Unauthorized,
        403 | 429 => limit(reply, &message, now).unwrap_or(GitHubError::Forbidden(message)),
        404 => GitHubError::NotFound,
        409 => GitHubError::Conflict { message },
        410 => GitHubError::Gone,
        422 => GitHubError::Unprocessable { message },
        451 => GitHubError::Forbidden(message),
        500.. => GitHubError::Server(reply.status),
        // A request that came too slowly may come in time.
        status @ (400..=407 | 409..) => {
            GitHubError::Unprocessable { message: format!("status {status}: {message}") }
        }
        status => GitHubError::unexpected(format!("status {status}: {message}")),
    }
}

/// Which limit a 403 or 429 stands for, in the order GitHub documents; `None` for a plain refusal.
fn limit(reply: &Reply, message: &str, now: Timestamp) -> Option<GitHubError> {
    let headers = &reply.headers;
    if let Some(wait) = header(headers, "retry-after").and_then(|it| retry_after(it, now)) {
        return Some(GitHubError::SecondaryLimit { retry_after: Some(wait) });
    }
    let message = message.to_lowercase();
    if message.contains("secondary rate limit") || message.contains("abuse detection") {
        return Some(GitHubError::SecondaryLimit { retry_after: None });
    }
    if header(headers, "x-ratelimit-remaining") == Some("0") {
        return Some(used_up(reply, now));
    }
    if message.contains("rate limit exceeded") {
        return Some(GitHubError::RateLimited { until: now + WAIT_DEFAULT });
    }
    (reply.status == 429).then_some(GitHubError::SecondaryLimit { retry_after: None })
}

/// The hourly limit is used up, for as long as the answer's headers say.
pub(super) fn used_up(reply: &Reply, now: Timestamp) -> GitHubError {
    let reset = header(&reply.headers, "x-ratelimit-reset").and_then(|it| it.parse().ok());
    GitHubError::RateLimited { until: until(reset, now) }
}

/// `x-ratelimit-reset`, in seconds since the epoch, as an instant worth waiting for.
fn until(reset_s: Option<i64>, now: Timestamp) -> Timestamp {
    let reset = reset_s.map(|it| Timestamp(it.saturating_mul(1_000)));
    match reset {
        Some(reset) if now < reset => reset.min(now + WAIT_MAX),
        _ => now + WAIT_DEFAULT,
    }
}

/// `Retry-After` in seconds or as a date; never negative, never over an hour.
fn retry_after(text: &str, now: Timestamp) -> Option<Millis> {
    let wait = match text.trim().parse::<i64>() {
        Ok(seconds) => Millis(seconds.saturating_mul(1_000)),
        Err(_) => http_date(text)? - now,
    };
    Some(wait.clamp(Millis(0), WAIT_MAX))
}

/// A date as HTTP headers write it.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp(date.timestamp().as_millisecond()))
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|it| it.to_str().ok())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    message: Text,
    errors: List<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    message: Text,
    resource: Text,
    field: Text,
    code: Text,
}

/// GitHub's own words on one line: the message, then its details.
pub(super) fn message(reply: &Reply) -> String {
    let complaint: Complaint = serde_json::from_slice(&reply.body).unwrap_or_default();
    let mut parts = vec![complaint.message.0.unwrap_or_else(|| "no reason given".to_owned())];
    for detail in complaint.errors.0 {
        let words = [detail.resource, detail.field, detail.code].map(Text::or_empty);
        parts.push(detail.message.0.unwrap_or_else(|| words.join(" ").trim().to_owned()));
    }
    if header(&reply.headers, "x-github-sso").is_some() {
        parts.push("the organization requires single sign-on for the App".to_owned());
    }
    parts.retain(|it| !it.is_empty());
    let text = parts.join("; ");
    one_line(&text)
}

/// A text of GitHub's as an error carries it.
pub(super) fn one_line(text: &str) -> String {
    let printable = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    printable.take(MESSAGE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_262_400_000);

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(name, value)| {
            (http::header::HeaderName::from_static(name), value.parse().unwrap())
        });
        Reply { status, headers: headers.collect(), body: body.to_owned().into() }
    }

    #[track_caller]
    fn check(status: u16, headers: &[(&'static str, &str)], body: &str, expected: GitHubError) {
        assert_eq!(classify(&reply(status, headers, body), NOW), expected);
    }

    fn pause(seconds: i64) -> GitHubError {
        GitHubError::SecondaryLimit { retry_after: Some(Millis::seconds(seconds)) }
    }

    fn limited(wait: Millis) -> GitHubError {
        GitHubError::RateLimited { until: NOW + wait }
    }

    #[test]
    fn a_pause_is_as_long_as_github_says_within_an_hour() {
        check(429, &[("retry-after", "60")], "", pause(60));
        check(403, &[("retry-after", "60")], "", pause(60));
        check(403, &[("retry-after", "0")], "", pause(0));
        check(429, &[("retry-after", "-5")], "", pause(0));
        check(429, &[("retry-after", "999999999999999999")], "", pause(3_600));
        let date = "Sat, 21 Nov 2026 12:02:00 GMT";
        let wait = (http_date(date).unwrap() - NOW).clamp(Millis(0), WAIT_MAX);
        let dated = GitHubError::SecondaryLimit { retry_after: Some(wait) };
        check(429, &[("retry-after", date)], "", dated);
        check(429, &[("retry-after", "Sat, 01 Jan 2000 00:00:00 GMT")], "", pause(0));
        check(
            429,
            &[("retry-after", "soon")],
            "",
            GitHubError::SecondaryLimit { retry_after: None },
        );
    }

    #[test]
    fn a_reset_is_bounded() {
        let with = |reset: i64, expected: GitHubError| {
            let reset = reset.to_string();
            let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
            check(403, &headers, "{\"message\":\"API rate limit exceeded\"}", expected);
        };
        let now_s = NOW.0 / 1_000;
        with(now_s + 90, limited(Millis::seconds(90)));
        with(now_s - 90, limited(Millis::minutes(1)));
        with(now_s, limited(Millis::minutes(1)));
        with(now_s + 864_000, limited(Millis::hours(1)));
        with(i64::MAX, limited(Millis::hours(1)));
        check(403, &[("x-ratelimit-remaining", "0")], "{}", limited(Millis::minutes(1)));
        let body = "{\"message\":\"API rate limit exceeded for installation ID 5.\"}";
        check(403, &[], body, limited(Millis::minutes(1)));
    }

    #[test]
    fn a_refusal_is_no_limit() {
        let body = "{\"message\":\"Resource not accessible by integration\"}";
        let refused = GitHubError::Forbidden("Resource not accessible by integration".to_owned());
        check(403, &[], body, refused.clone());
        check(403, &[("x-ratelimit-remaining", "12")], body, refused);
        let unknown = GitHubError::SecondaryLimit { retry_after: None };
        check(
            403,
            &[],
            "{\"message\":\"You have exceeded a secondary rate limit.\"}",
            unknown.clone(),
        );
        check(429, &[], "<html>", unknown);
        let sso = "no reason given; the organization requires single sign-on for the App";
        check(403, &[("x-github-sso", "required")], "{}", GitHubError::Forbidden(sso.to_owned()));
    }

    #[test]
    fn every_status_has_its_error() {
        check(401, &[], "{}", GitHubError::Unauthorized);
        check(404, &[], "{}", GitHubError::NotFound);
        check(410, &[], "{}", GitHubError::Gone);
        check(500, &[], "<html>", GitHubError::Server(500));
        check(503, &[("retry-after", "60")], "", GitHubError::Server(503));
        let empty = GitHubError::Conflict { message: "Git Repository is empty.".to_owned() };
        check(409, &[], "{\"message\":\"Git Repository is empty.\"}", empty);
        let body = r#"{"message":"Validation Failed","errors":[
            {"resource":"Label","code":"already_exists","field":"name"},
            {"message":"too\nlong"},"strange"]}"#;
        let message = "Validation Failed; Label name already_exists; too long".to_owned();
        check(422, &[], body, GitHubError::Unprocessable { message });
        let unwanted = |message: &str| GitHubError::Unprocessable { message: message.to_owned() };
        check(400, &[], "{\"message\":\"Bad\"}", unwanted("status 400: Bad"));
        check(405, &[], "", unwanted("status 405: no reason given"));
        check(418, &[], "", unwanted("status 418: no reason given"));
        check(408, &[], "", GitHubError::unexpected("status 408: no reason given"));
        check(304, &[], "", GitHubError::unexpected("status 304: no reason given"));
    }

    #[test]
    fn what_to_do_follows_from_the_error() {
        let check = |error: GitHubError, retryable: bool, unknown: bool| {
            assert_eq!((error.retryable(), error.outcome_unknown()), (retryable, unknown));
        };
        check(GitHubError::Server(502), true, true);
        check(GitHubError::Network { maybe_done: true }, true, true);
        check(GitHubError::Network { maybe_done: false }, true, false);
        check(limited(Millis(1)), true, false);
        check(pause(1), true, false);
        check(GitHubError::unexpected("HTML"), true, true);
        check(GitHubError::Unprocessable { message: String::new() }, false, false);
        check(GitHubError::Forbidden(String::new()), false, false);
        check(GitHubError::Unauthorized, true, false);
        check(GitHubError::NotFastForward, false, false);
    }
}
