//! Installation tokens: one repository, one purpose, kept until shortly before they end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::base::{InstallationId, Millis, RepositoryId, Timestamp};

/// A token is renewed this long before its end, so that a slow call does not outlive it.
const RENEW_BEFORE_END: Millis = Millis::minutes(5);

/// GitHub's tokens live an hour. A longer life is not believed: the clocks differ.
const LIFE_MAX: Millis = Millis::hours(1);

/// A token is used at least this long, so that a clock that is far ahead does not mint for each call.
const LIFE_MIN: Millis = Millis::minutes(1);

/// Tokens held at once; beyond it the expired ones are dropped.
const HELD_MAX: usize = 10_000;

/// What a token is for. A planning run gets a value that can only read.
///
/// What an owner may not have granted has a purpose of its own: a request for a token that asks for
/// one permission too many is refused as a whole, and then nothing could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Read,
    ReadChecks,
    ReadStatuses,
    ReadActions,
    Write,
    WriteChecks,
}

impl Purpose {
    /// The permissions the token is narrowed to.
    pub(super) fn permissions(self) -> Value {
        match self {
            Purpose::Read => json!({
                "contents": "read",
                "issues": "read",
                "metadata": "read",
                "pull_requests": "read",
            }),
            Purpose::ReadChecks => json!({ "checks": "read", "metadata": "read" }),
            Purpose::ReadStatuses => json!({ "metadata": "read", "statuses": "read" }),
            Purpose::ReadActions => json!({ "actions": "read", "metadata": "read" }),
            Purpose::Write => json!({
                "contents": "write",
                "issues": "write",
                "metadata": "read",
                "pull_requests": "write",
            }),
            Purpose::WriteChecks => json!({ "checks": "write", "metadata": "read" }),
        }
    }
}

/// What a token is kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TokenKey {
    pub(super) installation: InstallationId,
    pub(super) repository: RepositoryId,
    pub(super) purpose: Purpose,
}

/// A token and when the next one is due.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    renew_at: Timestamp,
    /// Tells two tokens apart without showing them.
    pub(super) serial: u64,
}

impl Token {
    /// A token minted `now` that GitHub says ends at `expires_at`, if it says so.
    pub(super) fn new(
        secret: SecretString,
        expires_at: Option<Timestamp>,
        now: Timestamp,
        serial: u64,
    ) -> Token {
        let life = expires_at.map_or(LIFE_MAX, |it| it - now).min(LIFE_MAX);
        let life = Millis(life.0 - RENEW_BEFORE_END.0).max(LIFE_MIN);
        Token { secret, renew_at: now + life, serial }
    }

    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        now < self.renew_at
    }
}

/// The place of one token. Whoever holds the lock mints; the others wait for it.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Token>>>;

/// All tokens in use.
#[derive(Default)]
pub(super) struct Tokens {
    slots: Mutex<HashMap<TokenKey, Slot>>,
}

impl Tokens {
    pub(super) fn slot(&self, key: TokenKey, now: Timestamp) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if HELD_MAX <= slots.len() {
            // A slot that cannot be locked is being minted or waited for, so it stays.
            slots.retain(|_, slot| match slot.try_lock() {
                Ok(held) => held.as_ref().is_some_and(|it| it.is_good(now)),
                Err(_) => true,
            });
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    /// Good until just before `minutes` from now.
    #[track_caller]
    fn check(expires_in: Option<Millis>, minutes: i64) {
        let token = Token::new("t".into(), expires_in.map(|it| NOW + it), NOW, 1);
        let end = NOW + Millis::minutes(minutes);
        assert!(token.is_good(Timestamp(end.0 - 1)), "{expires_in:?}");
        assert!(!token.is_good(end), "{expires_in:?}");
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        check(Some(Millis::hours(1)), 55);
        check(Some(Millis::minutes(58)), 53);
        check(Some(Millis::hours(9)), 55);
        check(Some(Millis::minutes(5)), 1);
        check(Some(Millis::hours(-3)), 1);
        check(None, 55);
    }

    #[test]
    fn full_means_that_expired_tokens_go() {
        let key = |it: i64| TokenKey {
            installation: InstallationId(1),
            repository: RepositoryId(it),
            purpose: Purpose::Read,
        };
        let tokens = Tokens::default();
        for index in 0..HELD_MAX as i64 {
            let slot = tokens.slot(key(index), NOW);
            let token = Token::new("t".into(), None, NOW, 1);
            *slot.try_lock().unwrap() = (index % 2 == 0).then_some(token);
        }
        tokens.slot(key(-1), NOW);
        assert_eq!(tokens.slots.lock().unwrap().len(), HELD_MAX / 2 + 1);
    }
}
