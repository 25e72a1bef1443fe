//! Waiting for others: how often and how long a run waits for its provider, or for GitHub to hand
//! out the repository, before a person is called. What it has waited is kept with the issue, so that
//! a restart does not begin anew.

use crate::base::{Millis, Timestamp};
use crate::domain::workflow::{Report, RunFailure};
use crate::engine::Engine;
use crate::engine::planner::outcome::{self, Failure};
use crate::engine::planner::snapshot::Trouble;
use crate::engine::planner::{Live, Turn};
use crate::llm::LlmError;
use crate::store::{ClaimError, ClaimedRun, Parking, RunRow, RunStatus, StoreError};

/// Waits: one minute, doubling, at most half an hour, and six hours in all (`workflow.md`).
const WAIT_FIRST: Millis = Millis::minutes(1);
const WAIT_MOST: Millis = Millis::minutes(30);
const WAIT_IN_ALL: Millis = Millis::hours(6);
/// No wait is shorter, whatever others say.
const WAIT_LEAST: Millis = Millis::seconds(5);
/// From this try on in a row no wait is shorter than the grown one: each try is written down, and a
/// call that may have been billed is booked in full.
const GROWN_FROM: u32 = 3;

/// With whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Patience {
    Provider,
    Repository,
}

impl Patience {
    /// The handle under which it is kept how long was waited already.
    pub(in crate::engine) fn handle(self) -> &'static str {
        match self {
            Patience::Provider => "provider-trouble",
            Patience::Repository => "repository-trouble",
        }
    }
}

/// Since when, and how often in a row.
#[derive(Clone, Copy)]
struct Waited {
    since: Timestamp,
    tries: u32,
}

/// The next wait.
#[derive(Clone, Copy, Debug)]
struct Wait {
    tries: u32,
}

impl Wait {
    /// What doubling has come to.
    fn grown(self) -> Millis {
        let doubled = WAIT_FIRST.0 << self.tries.saturating_sub(1).min(5);
        Millis(doubled.min(WAIT_MOST.0))
    }

    /// What others ask for, within bounds.
    fn as_asked(self, asked: Millis) -> Millis {
        let least = if self.tries < GROWN_FROM { WAIT_LEAST } else { self.grown() };
        asked.max(least).min(WAIT_IN_ALL)
    }
}

impl Waited {
    /// Reads `<since>|<tries>|<run>` if it is about `run`.
    fn parse(text: &str, run: &str) -> Option<Waited> {
        let (since, rest) = text.split_once('|')?;
        let (tries, of) = rest.split_once('|')?;
        let waited = Waited { since: Timestamp(since.parse().ok()?), tries: tries.parse().ok()? };
        (of == run).then_some(waited)
    }
}

impl Engine {
    /// Lays the run down for a retryable error of the provider, ends it for any other.
    pub(super) async fn after_error(
        &self,
        live: &Live,
        error: &LlmError,
    ) -> Result<Turn, ClaimError> {
        let failure = match error.retryable() {
            false => provider_failure(error),
            true => {
                let details = error.to_string();
                match self.wait_for(&live.claimed.run, Patience::Provider).await? {
                    Some(wait) => {
                        let wait = error.retry_after().map_or(wait.grown(), |it| wait.as_asked(it));
                        self.wait(&live.claimed, self.clock.now() + wait, details).await?;
                        return Ok(Turn::LaidDown);
                    }
                    None => Failure { why: RunFailure::ProviderDown, details },
                }
            }
        };
        self.give_up(&live.claimed, failure).await?;
        Ok(Turn::LaidDown)
    }

    /// Lays the run down while the repository cannot be read, ends it when it never will be.
    pub(super) async fn after_snapshot_trouble(
        &self,
        claimed: &ClaimedRun,
        trouble: Trouble,
    ) -> Result<(), ClaimError> {
        let failure = match trouble {
            Trouble::Later { until, why } => {
                match self.wait_for(&claimed.run, Patience::Repository).await? {
                    Some(wait) => {
                        let now = self.clock.now();
                        let until = now + wait.as_asked(until - now);
                        return self.wait(claimed, until, why).await;
                    }
                    None => outcome::unreadable(why),
                }
            }
            Trouble::Never { why } => outcome::unreadable(why),
            Trouble::NotIncluded { why } => Failure { why: RunFailure::NotIncluded, details: why },
            Trouble::Empty => Failure { why: RunFailure::EmptyRepository, details: String::new() },
        };
        self.give_up(claimed, failure).await
    }

    async fn wait(
        &self,
        claimed: &ClaimedRun,
        due: Timestamp,
        why: String,
    ) -> Result<(), ClaimError> {
        let now = self.clock.now();
        tracing::warn!(run = %claimed.run.id, why, wait_ms = (due - now).0, "a run waits");
        let seq = usize::try_from(now.0).unwrap_or(0);
        let parking = Parking {
            status: RunStatus::Backoff,
            due,
            reason: Some(self.secrets.redact(&why)),
            internal: Some(self.report(&claimed.run, seq, Report::Waits)),
            questions: Vec::new(),
        };
        self.store.park_run(claimed, &parking).await
    }

    /// How long the next wait is; `None` when there were enough of them.
    async fn wait_for(&self, run: &RunRow, whom: Patience) -> Result<Option<Wait>, StoreError> {
        let now = self.clock.now();
        let stored = self.store.handle(run.issue, whom.handle()).await?;
        let waited = match stored.and_then(|it| Waited::parse(&it, run.id.as_str())) {
            Some(waited) => Waited { tries: waited.tries.saturating_add(1), ..waited },
            None => Waited { since: now, tries: 1 },
        };
        if WAIT_IN_ALL <= now - waited.since {
            return Ok(None);
        }
        let value = format!("{}|{}|{}", waited.since.0, waited.tries, run.id);
        self.store.save_handle(run.issue, whom.handle(), &value).await?;
        Ok(Some(Wait { tries: waited.tries }))
    }

    /// It went well: the next trouble is a first one.
    pub(super) async fn calm_down(&self, run: &RunRow, whom: Patience) -> Result<(), StoreError> {
        let waited = self.store.handle(run.issue, whom.handle()).await?;
        if waited.is_some_and(|it| !it.is_empty()) {
            self.store.save_handle(run.issue, whom.handle(), "").await?;
        }
        Ok(())
    }
}

fn provider_failure(error: &LlmError) -> Failure {
    let why = match error {
        LlmError::SpendLimit { .. } => RunFailure::ProviderLimit,
        LlmError::ContextTooLong { .. } => RunFailure::TokenLimit,
        LlmError::RateLimited { .. }
        | LlmError::Overloaded { .. }
        | LlmError::Unauthorized { .. }
        | LlmError::UnknownModel { .. }
        | LlmError::BadRequest { .. }
        | LlmError::Network { .. }
        | LlmError::Timeout
        | LlmError::Unreadable { .. }
        | LlmError::Cut { .. }
        | LlmError::Server { .. } => RunFailure::ProviderRejected,
    };
    // The sentence about the provider's own limit says all that there is to say.
    let told = why != RunFailure::ProviderLimit;
    let details = if told { error.to_string() } else { String::new() };
    Failure { why, details }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tries: u32, asked_s: i64, expected_s: i64) {
        let wait = Wait { tries }.as_asked(Millis::seconds(asked_s));
        assert_eq!(wait, Millis::seconds(expected_s), "try {tries}, asked for {asked_s} s");
    }

    #[test]
    fn what_others_ask_for_is_waited_and_never_nothing() {
        check(1, 0, 5);
        check(1, -9, 5);
        check(2, 20, 20);
        check(3, 0, 240);
        check(3, 600, 600);
        check(9, 1, 1_800);
        check(1, 90_000, 21_600);
    }
}
