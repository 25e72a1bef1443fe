//! What comes of a try: done, tried again, or given up, which the issue is told.

use serde_json::Value;

use crate::base::{Millis, Timestamp};
use crate::domain::workflow::Purpose;
use crate::engine::Engine;
use crate::engine::internal::Internal;
use crate::engine::perform::{Done, Payload, Performance};
use crate::engine::planner::Trouble;
use crate::github::client::GitHubError;
use crate::store::{ClaimError, ClaimedEffect, Retry, StoreError};

/// After this many tries an effect is given up and the issue is told.
const TRIES_MAX: i64 = 12;
/// Writes to one installation stand at least this far apart (`github.md`, Limits).
const WRITE_EVERY: Millis = Millis::seconds(1);
/// The pause after a secondary limit that names no time.
const LIMIT_PAUSE: Millis = Millis::minutes(1);
/// Waits between tries: doubling from the first, at most the second.
const RETRY_FIRST: Millis = Millis::seconds(2);
const RETRY_MOST: Millis = Millis::minutes(10);
/// A just-made thing may be missing from lists for some seconds, so a write whose outcome is
/// unknown is looked for after this.
const LOOK_AGAIN_AFTER: Millis = Millis::seconds(15);

/// Why an effect was not done.
#[derive(Debug)]
pub(super) enum NotDone {
    /// GitHub said no, or nothing.
    GitHub(GitHubError),
    /// The database failed.
    Store(StoreError),
    /// Something else has to pass first.
    Later { until: Timestamp, why: String },
    /// The claim was taken over: leave it to whoever has it.
    Stale,
    /// There is nothing to do any more, and why.
    Needless(&'static str),
    /// It can never be done, and why.
    Never(String),
}

impl From<GitHubError> for NotDone {
    fn from(error: GitHubError) -> NotDone {
        NotDone::GitHub(error)
    }
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> NotDone {
        NotDone::Store(error)
    }
}

impl From<ClaimError> for NotDone {
    fn from(error: ClaimError) -> NotDone {
        match error {
            ClaimError::Stale => NotDone::Stale,
            ClaimError::Conflict(what) => NotDone::Never(what),
            ClaimError::Store(error) => NotDone::Store(error),
        }
    }
}

impl From<Trouble> for NotDone {
    fn from(trouble: Trouble) -> NotDone {
        match trouble {
            Trouble::Later { until, why } => NotDone::Later { until, why },
            Trouble::Never { why } => NotDone::Never(why),
            Trouble::Empty => NotDone::Never("the repository has no commit".to_owned()),
        }
    }
}

impl Engine {
    /// Writes down what came of the try.
    pub(super) async fn conclude(
        &self,
        claimed: &ClaimedEffect,
        outcome: Result<Done, NotDone>,
    ) -> Result<(), ClaimError> {
        let now = self.clock.now();
        match outcome {
            Ok(done) => {
                let handles: Vec<(&str, &str)> =
                    done.handles.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                self.store.effect_done(claimed, &handles, done.internal.as_ref(), now).await
            }
            Err(NotDone::Stale) => Err(ClaimError::Stale),
            Err(NotDone::Store(error)) => Err(ClaimError::Store(error)),
            Err(NotDone::Needless(why)) => self.store.effect_dropped(claimed, why, now).await,
            Err(NotDone::Later { until, why }) => {
                let retry = Retry { due: until, error: why, outcome_unknown: false };
                self.try_again(claimed, retry).await
            }
            Err(NotDone::Never(why)) => self.give_up_effect(claimed, &why).await,
            Err(NotDone::GitHub(error)) => self.after_github_error(claimed, &error).await,
        }
    }

    async fn after_github_error(
        &self,
        claimed: &ClaimedEffect,
        error: &GitHubError,
    ) -> Result<(), ClaimError> {
        tracing::warn!(key = %claimed.key, kind = claimed.kind, %error, "an effect failed");
        if !error.retryable() {
            return self.give_up_effect(claimed, &error.to_string()).await;
        }
        let now = self.clock.now();
        let outcome_unknown = error.outcome_unknown();
        let due = match wait_until(error, now, claimed.attempt) {
            Some(until) => {
                self.store.throttle(claimed.installation, until).await?;
                until
            }
            None if outcome_unknown => now + LOOK_AGAIN_AFTER,
            None => now + backoff(claimed.attempt),
        };
        self.try_again(claimed, Retry { due, error: error.to_string(), outcome_unknown }).await
    }

    async fn try_again(&self, claimed: &ClaimedEffect, retry: Retry) -> Result<(), ClaimError> {
        if TRIES_MAX <= claimed.attempt {
            return self.give_up_effect(claimed, &retry.error).await;
        }
        self.store.effect_retry(claimed, &retry).await
    }

    /// The issue is told what was given up, and every stage answers that.
    async fn give_up_effect(&self, claimed: &ClaimedEffect, why: &str) -> Result<(), ClaimError> {
        tracing::error!(key = %claimed.key, kind = claimed.kind, why, "an effect was given up");
        let internal = Internal::EffectFailed { purpose: purpose(&claimed.payload) };
        let id = format!("effect/{}/given-up", claimed.key);
        let now = self.clock.now();
        let row = internal.to_row(id, claimed.installation, claimed.issue, now);
        self.store.effect_given_up(claimed, why, &row, now).await
    }

    /// Marks that the outside is about to be called with consequences, and keeps the pace.
    pub(super) async fn about_to_write(
        &self,
        performance: &Performance<'_>,
    ) -> Result<(), NotDone> {
        let now = self.clock.now();
        self.store.mark_sent(performance.claimed, now).await?;
        self.store.note_write(performance.claimed.installation, now + WRITE_EVERY).await?;
        Ok(())
    }
}

/// Until when GitHub asks not to be called, if it does: a pause without a time is a minute, then
/// exponentially more (`github.md`, Limits).
fn wait_until(error: &GitHubError, now: Timestamp, attempt: i64) -> Option<Timestamp> {
    match error {
        GitHubError::RateLimited { until } => Some(*until),
        GitHubError::SecondaryLimit { retry_after: Some(wait) } => Some(now + *wait),
        GitHubError::SecondaryLimit { retry_after: None } => {
            let doublings = u32::try_from(attempt.clamp(1, 6) - 1).unwrap_or(0);
            Some(now + Millis(LIMIT_PAUSE.0 << doublings))
        }
        GitHubError::Forbidden(_)
        | GitHubError::NotFound
        | GitHubError::Gone
        | GitHubError::Conflict { .. }
        | GitHubError::Unprocessable { .. }
        | GitHubError::NotFastForward
        | GitHubError::Unauthorized
        | GitHubError::Server(_)
        | GitHubError::Network { .. }
        | GitHubError::Unexpected { .. } => None,
    }
}

fn backoff(attempt: i64) -> Millis {
    let doublings = u32::try_from(attempt.clamp(1, 12) - 1).unwrap_or(0);
    Millis((RETRY_FIRST.0 << doublings).min(RETRY_MOST.0))
}

fn purpose(payload: &Value) -> Purpose {
    let payload = serde_json::from_value::<Payload>(payload.clone());
    payload.map_or(Purpose::Run, |it| it.effect.purpose())
}
