//! What can go wrong in a call, and what follows from it: retry or not, billed or not.
//!
//! The two questions are answered on the safe side. "May have been billed" is false only where the
//! provider refused before any model worked (4xx, 429, 529, no connection): a call that answered
//! 500 stays booked at its reservation, because a gateway's 500 does not say how far the call got.

use crate::base::Millis;
use crate::domain::conversation::Usage;

/// What the provider said about trying again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// `x-should-retry`; it wins over what the status would say.
    pub should_retry: Option<bool>,
    /// `retry-after-ms` or `retry-after`: not before this much time has passed.
    pub after: Option<Millis>,
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    /// 429: too many requests or tokens in this minute.
    #[error("the provider limits our rate: {message}")]
    RateLimited {
        /// When to try again.
        advice: Advice,
        /// The provider's sentence.
        message: String,
    },
    /// 529, 503: the provider has no capacity now.
    #[error("the provider is overloaded: {message}")]
    Overloaded {
        /// When to try again.
        advice: Advice,
        /// The provider's sentence.
        message: String,
    },
    /// The account's spend limit or credit is used up. It lasts until a person or the next month
    /// changes it.
    #[error(
        "the provider's spend limit is reached ({message}); raise it there or wait for the first \
         of next month, then retry"
    )]
    SpendLimit {
        /// The provider's sentence.
        message: String,
    },
    /// The prompt does not fit the model.
    #[error("the conversation is too long for the model: {message}")]
    ContextTooLong {
        /// The provider's sentence.
        message: String,
    },
    /// 401, 403: the key is missing, wrong or may not use this model.
    #[error("the provider refused the key ({message}); check ANTHROPIC_API_KEY")]
    Unauthorized {
        /// The provider's sentence.
        message: String,
    },
    /// 404 for a call: the provider does not know this model (or this path).
    #[error("the provider does not know model `{model}` ({message}); check the tier's model ids")]
    UnknownModel {
        /// The id that was asked for.
        model: String,
        /// The provider's sentence.
        message: String,
    },
    /// 400 and other 4xx: our request is wrong. Sending it again changes nothing.
    #[error("the provider refused the request: {message}")]
    BadRequest {
        /// The provider's sentence, or ours.
        message: String,
    },
    /// The connection failed before there was an answer.
    #[error("no connection to the provider: {message}")]
    Network {
        /// Whether the request may have arrived.
        maybe_billed: bool,
        /// What failed.
        message: String,
    },
    /// No answer, or no next part of it, inside the time limit.
    #[error("the provider did not answer in time")]
    Timeout,
    /// The answer broke off, or the provider reported an error in the middle of it.
    #[error("the answer broke off: {message}")]
    Cut {
        /// What the provider had counted until then; a lower bound.
        usage: Usage,
        /// What ended it.
        message: String,
    },
    /// The answer arrived and cannot be read.
    #[error("the provider's answer cannot be read: {message}")]
    Unreadable {
        /// What the provider counted, if that could be read.
        usage: Usage,
        /// What is wrong with it.
        message: String,
    },
    /// 5xx and other statuses that are no answer.
    #[error("the provider failed with status {status}: {message}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// When to try again.
        advice: Advice,
        /// The provider's sentence.
        message: String,
    },
}

impl LlmError {
    /// Whether the same request may succeed later. The provider's `x-should-retry` wins.
    pub fn retryable(&self) -> bool {
        match self {
            LlmError::RateLimited { advice, .. }
            | LlmError::Overloaded { advice, .. }
            | LlmError::Server { advice, .. } => advice.should_retry.unwrap_or(true),
            LlmError::Network { .. }
            | LlmError::Timeout
            | LlmError::Cut { .. }
            | LlmError::Unreadable { .. } => true,
            LlmError::SpendLimit { .. }
            | LlmError::ContextTooLong { .. }
            | LlmError::Unauthorized { .. }
            | LlmError::UnknownModel { .. }
            | LlmError::BadRequest { .. } => false,
        }
    }

    /// Whether the call may have cost money, so that its reservation stays booked.
    pub fn may_have_been_billed(&self) -> bool {
        match self {
            LlmError::Network { maybe_billed, .. } => *maybe_billed,
            LlmError::Timeout
            | LlmError::Cut { .. }
            | LlmError::Unreadable { .. }
            | LlmError::Server { .. } => true,
            LlmError::RateLimited { .. }
            | LlmError::Overloaded { .. }
            | LlmError::SpendLimit { .. }
            | LlmError::ContextTooLong { .. }
            | LlmError::Unauthorized { .. }
            | LlmError::UnknownModel { .. }
            | LlmError::BadRequest { .. } => false,
        }
    }

    /// How long the provider asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Millis> {
        match self {
            LlmError::RateLimited { advice, .. }
            | LlmError::Overloaded { advice, .. }
            | LlmError::Server { advice, .. } => advice.after,
            LlmError::SpendLimit { .. }
            | LlmError::ContextTooLong { .. }
            | LlmError::Unauthorized { .. }
            | LlmError::UnknownModel { .. }
            | LlmError::BadRequest { .. }
            | LlmError::Network { .. }
            | LlmError::Timeout
            | LlmError::Cut { .. }
            | LlmError::Unreadable { .. } => None,
        }
    }
}

/// An HTTP answer that is no success, as far as it matters here.
pub(super) struct Refusal<'a> {
    /// The HTTP status.
    pub(super) status: u16,
    /// `error.type` of the body.
    pub(super) kind: &'a str,
    /// `error.details.error_code` (or `error.code`) of the body.
    pub(super) code: &'a str,
    /// The sentence to show.
    pub(super) message: String,
    /// What the headers say about trying again.
    pub(super) advice: Advice,
    /// The model that was asked for.
    pub(super) model: &'a str,
}

impl Refusal<'_> {
    /// The error that this answer means.
    pub(super) fn into_error(self) -> LlmError {
        let Refusal { status, kind, code, message, advice, model } = self;
        let spent = code == "enforced_spend_limit_reached" || kind == "billing_error";
        let no_capacity = kind == "overloaded_error" || matches!(status, 503 | 529);
        let too_long = status == 413
            || kind == "request_too_large"
            || (status == 400 && says_too_long(&message));
        match status {
            402 => LlmError::SpendLimit { message },
            _ if spent => LlmError::SpendLimit { message },
            _ if too_long => LlmError::ContextTooLong { message },
            429 => LlmError::RateLimited { advice, message },
            _ if no_capacity => LlmError::Overloaded { advice, message },
            401 | 403 => LlmError::Unauthorized { message },
            404 => LlmError::UnknownModel { model: model.to_owned(), message },
            408 | 409 => LlmError::Server { status, advice, message },
            400..=499 => LlmError::BadRequest { message },
            _ => LlmError::Server { status, advice, message },
        }
    }
}

fn says_too_long(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let sentences = ["prompt is too long", "exceed context", "context window", "context limit"];
    sentences.iter().any(|it| message.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(status, error type, error code)` → `(error, retryable, may have been billed)`.
    #[track_caller]
    fn check(answer: (u16, &str, &str), expected: (&str, bool, bool)) {
        let (status, kind, code) = answer;
        let message = "prompt is too long: 1 > 0 tokens".to_owned();
        let message = if kind == "too_long" { message } else { "sentence".to_owned() };
        let advice = Advice::default();
        let error = Refusal { status, kind, code, message, advice, model: "m" }.into_error();
        let debug = format!("{error:?}");
        let name = debug.split([' ', '{']).next().unwrap();
        assert_eq!((name, error.retryable(), error.may_have_been_billed()), expected, "{status}");
    }

    #[test]
    fn every_status_has_a_meaning() {
        check((400, "invalid_request_error", ""), ("BadRequest", false, false));
        check((400, "too_long", ""), ("ContextTooLong", false, false));
        check((401, "authentication_error", ""), ("Unauthorized", false, false));
        check((402, "billing_error", ""), ("SpendLimit", false, false));
        check((403, "permission_error", ""), ("Unauthorized", false, false));
        check((404, "not_found_error", ""), ("UnknownModel", false, false));
        check((408, "", ""), ("Server", true, true));
        check((413, "request_too_large", ""), ("ContextTooLong", false, false));
        check((422, "", ""), ("BadRequest", false, false));
        check((429, "rate_limit_error", ""), ("RateLimited", true, false));
        check(
            (429, "rate_limit_error", "enforced_spend_limit_reached"),
            ("SpendLimit", false, false),
        );
        check((500, "api_error", ""), ("Server", true, true));
        check((502, "", ""), ("Server", true, true));
        check((503, "", ""), ("Overloaded", true, false));
        check((504, "timeout_error", ""), ("Server", true, true));
        check((529, "overloaded_error", ""), ("Overloaded", true, false));
    }

    #[test]
    fn the_providers_word_on_retrying_wins() {
        let advice = Advice { should_retry: Some(false), after: Some(Millis(250)) };
        let error = LlmError::RateLimited { advice, message: String::new() };
        assert!(!error.retryable());
        assert_eq!(error.retry_after(), Some(Millis(250)));
        assert!(LlmError::Timeout.may_have_been_billed());
    }
}
