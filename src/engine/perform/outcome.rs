//! What comes of a try: done, tried again, or given up, which the issue is told.
//!
//! **Unknown outcomes.** A write whose answer never came may have happened. That is remembered
//! (`mark_sent`) until it is settled: the thing is found, or two look-ups at least 15 seconds apart
//! find nothing, because a thing just made may be missing from lists for some seconds. Until then
//! no other error of a later try (a rate limit while looking up, for one) makes it known.
//!
//! **Standing aside.** What is only shown must not keep what was asked for from being done: where a
//! server refuses reactions, labels, edits or checks, the effect stands aside after its first try
//! ([`stands_aside`]) and is tried again beside all that follows.

use std::sync::atomic::Ordering;

use crate::base::{IssueKey, Millis, Timestamp};
use crate::domain::workflow::{Effect, Post, Purpose};
use crate::engine::Engine;
use crate::engine::TROUBLE;
use crate::engine::internal::Internal;
use crate::engine::pause::growing_pause_of;
use crate::engine::perform::{Done, Payload, Performance};
use crate::engine::planner::Trouble;
use crate::github::client::GitHubError;
use crate::store::{ClaimError, ClaimedEffect, Retry, StoreError};

/// After this many tries, which take more than an hour, an effect is given up and the issue is told.
const TRIES_MAX: i64 = 16;
/// The same for reactions and labels, about a minute: later they tell nobody anything new.
const SIGN_TRIES_MAX: i64 = 6;
/// Writes to one installation stand at least this far apart (`github.md`, Limits).
const WRITE_EVERY: Millis = Millis::seconds(1);
/// Waits between tries: doubling from the first, at most the second.
const RETRY_FIRST: Millis = Millis::seconds(2);
const RETRY_MOST: Millis = Millis::minutes(10);
/// How far apart the two look-ups stand that settle an unknown outcome.
const LOOK_AGAIN_AFTER: Millis = Millis::seconds(15);

/// A try that has ended.
pub(super) struct Tried<'a> {
    pub(super) claimed: &'a ClaimedEffect,
    /// Whether it began to write. An earlier unknown outcome was settled before that.
    pub(super) sent: bool,
}

impl Tried<'_> {
    /// Whether the effect may stand outside although nobody knows, after a try that ended in an
    /// error which by itself leaves its write `unknown`.
    fn outcome_unknown(&self, unknown: bool) -> bool {
        if self.sent { unknown } else { self.claimed.outcome_unknown }
    }
}

/// Why an effect is not even begun once more: its tries end without a word, as when each of them
/// takes the process down.
pub(super) fn begun_too_often(claimed: &ClaimedEffect) -> Option<String> {
    let tries = claimed.attempt - 1;
    (TRIES_MAX <= tries).then(|| format!("it was begun {tries} times and never came to an end"))
}

/// Why an effect was not done.
#[derive(Debug)]
pub(super) enum NotDone {
    /// GitHub said no, or nothing.
    GitHub(GitHubError),
    /// The database failed.
    Store(StoreError),
    /// Something else has to pass first.
    Later { until: Timestamp, why: String },
    /// It may stand outside already and is looked for once more.
    LookAgain { until: Timestamp },
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
            Trouble::Never { why } | Trouble::NotIncluded { why } => NotDone::Never(why),
            Trouble::Empty => NotDone::Never("the repository has no commit".to_owned()),
        }
    }
}

impl Engine {
    /// Writes down what came of the try.
    pub(super) async fn conclude(
        &self,
        tried: &Tried<'_>,
        outcome: Result<Done, NotDone>,
    ) -> Result<(), ClaimError> {
        let (claimed, now) = (tried.claimed, self.clock.now());
        let retry = |due, error, unknown| Retry {
            due,
            error,
            outcome_unknown: tried.outcome_unknown(unknown),
            aside: false,
        };
        match outcome {
            Ok(done) => {
                let handles: Vec<(&str, &str)> =
                    done.handles.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                self.store.effect_done(claimed, &handles, done.internal.as_ref(), now).await
            }
            Err(NotDone::Stale) => Err(ClaimError::Stale),
            Err(NotDone::Store(error)) => {
                // A row that never reads must not be tried for ever; a database that is away
                // refuses this as well, and then its own error is the one to tell.
                let due = now + backoff(claimed.attempt);
                match self.try_again(claimed, retry(due, error.to_string(), true)).await {
                    Err(ClaimError::Store(_)) => Err(ClaimError::Store(error)),
                    other => other,
                }
            }
            Err(NotDone::Needless(why)) => self.store.effect_dropped(claimed, why, now).await,
            Err(NotDone::Later { until, why }) => {
                // However short that wait is, the tries together take more than an hour.
                let due = until.max(now + backoff(claimed.attempt));
                self.try_again(claimed, retry(due, why, false)).await
            }
            Err(NotDone::LookAgain { until }) => {
                let why = "it may be done; looking for it once more".to_owned();
                self.try_again(claimed, retry(until, why, true)).await
            }
            Err(NotDone::Never(why)) => self.give_up_effect(claimed, &why).await,
            Err(NotDone::GitHub(error)) => self.after_github_error(tried, &error).await,
        }
    }

    async fn after_github_error(
        &self,
        tried: &Tried<'_>,
        error: &GitHubError,
    ) -> Result<(), ClaimError> {
        let claimed = tried.claimed;
        tracing::warn!(key = %claimed.key, kind = claimed.kind, %error, "an effect failed");
        if error.is_locked() && goes_on_unsaid(claimed) {
            let why = "the conversation is locked, so it stays unsaid";
            return self.store.effect_dropped(claimed, why, self.clock.now()).await;
        }
        if !error.retryable() {
            return self.give_up_effect(claimed, &error.to_string()).await;
        }
        let now = self.clock.now();
        let outcome_unknown = tried.outcome_unknown(error.outcome_unknown());
        let mut due = now + backoff(claimed.attempt);
        if outcome_unknown {
            due = due.max(now + LOOK_AGAIN_AFTER);
        }
        let pause = growing_pause_of(error, now, claimed.attempt);
        if let Some(until) = pause {
            self.store.throttle(claimed.installation, until).await?;
            due = due.max(until);
        }
        let payload = serde_json::from_value::<Payload>(claimed.payload.clone());
        let effect = payload.as_ref().ok().map(|it| &it.effect);
        if pause.is_none() && effect.is_some_and(is_sign) && SIGN_TRIES_MAX <= claimed.attempt {
            return self.give_up_effect(claimed, &error.to_string()).await;
        }
        let aside = effect.is_some_and(stands_aside);
        let error = error.to_string();
        self.try_again(claimed, Retry { due, error, outcome_unknown, aside }).await
    }

    async fn try_again(&self, claimed: &ClaimedEffect, retry: Retry) -> Result<(), ClaimError> {
        if TRIES_MAX <= claimed.attempt {
            return self.give_up_effect(claimed, &retry.error).await;
        }
        self.store.effect_retry(claimed, &retry).await
    }

    /// The issue is told what was given up, and every stage answers that. What nothing depends on
    /// is given up alone: a refused reaction must not take the start of a run along.
    async fn give_up_effect(&self, claimed: &ClaimedEffect, why: &str) -> Result<(), ClaimError> {
        tracing::error!(key = %claimed.key, kind = claimed.kind, why, "an effect was given up");
        let now = self.clock.now();
        let payload = serde_json::from_value::<Payload>(claimed.payload.clone());
        if claimed.outcome_unknown && claimed.kind == Effect::UpsertStatus.name() {
            self.expect_status(claimed.issue).await?;
        }
        if payload.as_ref().is_ok_and(|it| stands_alone(&it.effect)) {
            return self.store.effect_given_up_alone(claimed, why, now).await;
        }
        let run = payload.as_ref().ok().and_then(|it| it.effect.about_run()).cloned();
        let purpose = payload.map_or(Purpose::Run, |it| it.effect.purpose());
        if purpose == Purpose::Run {
            self.store.save_handle(claimed.issue, TROUBLE, why).await?;
        }
        let internal = Internal::EffectFailed { purpose, run };
        let id = format!("effect/{}/given-up", claimed.key);
        let row = internal.to_row(id, claimed.installation, claimed.issue, now);
        self.store.effect_given_up(claimed, why, &row, now).await
    }

    /// A status comment that is given up may stand there all the same: the next one looks for it.
    async fn expect_status(&self, issue: IssueKey) -> Result<(), StoreError> {
        if self.store.handle(issue, "status").await?.is_none() {
            self.store.save_handle(issue, "status", "").await?;
        }
        Ok(())
    }

    /// Marks that the outside is about to be called with consequences, `writes` times in a row, and
    /// keeps the pace. Every write that is not the same when done twice comes after this.
    pub(super) async fn about_to_write(
        &self,
        performance: &Performance<'_>,
        writes: i64,
    ) -> Result<(), NotDone> {
        self.store.mark_sent(performance.claimed, self.clock.now()).await?;
        performance.sent.store(true, Ordering::Relaxed);
        self.keep_pace(performance, writes).await
    }

    /// Notes `writes` writes, so that the installation's next one waits as long as they should have
    /// stood apart: it takes a second each on the average, whatever the order.
    pub(super) async fn keep_pace(
        &self,
        performance: &Performance<'_>,
        writes: i64,
    ) -> Result<(), NotDone> {
        let next = self.clock.now() + Millis(WRITE_EVERY.0 * writes);
        Ok(self.store.note_write(performance.claimed.installation, next).await?)
    }

    /// Called when a look-up found nothing: whether that settles that the effect is not done. An
    /// effect that was never sent needs no look-up; one that may have been needs a second.
    pub(super) async fn is_not_done(&self, performance: &Performance<'_>) -> Result<(), NotDone> {
        let settled = performance.sent.load(Ordering::Relaxed);
        if settled || !performance.may_be_done() {
            return Ok(());
        }
        let (issue, now) = (performance.issue(), self.clock.now());
        let handle = format!("looked-up/{}", performance.claimed.key);
        let first = self.store.handle(issue, &handle).await?;
        let first = first.and_then(|it| it.parse().ok()).map(Timestamp);
        let until = first.unwrap_or(now) + LOOK_AGAIN_AFTER;
        if until <= now {
            self.store.save_handle(issue, &handle, "").await?;
            return Ok(());
        }
        if first.is_none() {
            self.store.save_handle(issue, &handle, &now.0.to_string()).await?;
        }
        Err(NotDone::LookAgain { until })
    }
}

/// Whether the work goes on without these words. Questions that nobody can read are not: somebody
/// has to unlock the conversation, or the run would wait for answers until it ends.
fn goes_on_unsaid(claimed: &ClaimedEffect) -> bool {
    let payload = serde_json::from_value::<Payload>(claimed.payload.clone());
    payload.is_ok_and(|it| !matches!(it.effect, Effect::Post { post: Post::Questions { .. } }))
}

/// What is given up without taking later effects of its decision along.
fn stands_alone(effect: &Effect) -> bool {
    match effect {
        Effect::React { .. }
        | Effect::ReactOnLine { .. }
        | Effect::AnswerThreads { .. }
        | Effect::AskForNote { .. }
        | Effect::Capture { .. }
        | Effect::ShowLevel { .. }
        | Effect::DropLabel { .. }
        | Effect::DropOthers { .. }
        | Effect::ShowPlanNews { .. }
        | Effect::ShowCall { .. }
        | Effect::ShowPlanCheck { .. }
        | Effect::ShowStale { .. }
        | Effect::ShowWork { .. }
        | Effect::ClosePullRequest
        | Effect::ShowAnswers { .. }
        | Effect::UpsertStatus => true,
        Effect::Post { post } => match post {
            Post::Refused { .. } | Post::Reminder { .. } | Post::Ended { .. } | Post::Merged => {
                true
            }
            // The reaction that says "it ended well" stands behind these.
            Post::Analysis { .. } | Post::Help { .. } | Post::Cost => false,
            Post::Questions { .. }
            | Post::PlanReady { .. }
            | Post::Stale { .. }
            | Post::Ready { .. }
            | Post::OverLimit { .. }
            | Post::BudgetSet { .. }
            | Post::Blocked { .. } => false,
        },
        Effect::HoldRun { .. }
        | Effect::ReleaseRun { .. }
        | Effect::SetBudget { .. }
        | Effect::BookCost { .. }
        | Effect::RecordFeedback { .. }
        | Effect::StartRun { .. }
        | Effect::TellRun { .. }
        | Effect::RecordAnswers { .. }
        | Effect::ResumeRun { .. }
        | Effect::StopRun { .. }
        | Effect::CommitPlan { .. }
        | Effect::UpsertPullRequest { .. }
        | Effect::PushChanges { .. }
        | Effect::KeepYes { .. }
        | Effect::FinishPlan { .. }
        | Effect::SetTimer { .. }
        | Effect::CancelTimers => false,
    }
}

/// What is tried again beside what follows. A pull request that is closed late might be one that was
/// opened anew meanwhile.
fn stands_aside(effect: &Effect) -> bool {
    stands_alone(effect) && !matches!(effect, Effect::ClosePullRequest | Effect::AskForNote { .. })
}

/// A reaction or a label.
fn is_sign(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::React { .. }
            | Effect::ReactOnLine { .. }
            | Effect::ShowLevel { .. }
            | Effect::DropLabel { .. }
            | Effect::DropOthers { .. }
    )
}

fn backoff(attempt: i64) -> Millis {
    let doublings = u32::try_from(attempt.clamp(1, 12) - 1).unwrap_or(0);
    Millis((RETRY_FIRST.0 << doublings).min(RETRY_MOST.0))
}
