//! One call to a model: money is set aside first, the call is made, and what it cost is booked
//! before its answer is used.

use std::time::Duration;

use serde_json::json;

use crate::base::{MicroUsd, Millis, Timestamp};
use crate::domain::budget::{Scope, Spender};
use crate::domain::conversation::{Answer, Request};
use crate::domain::cost;
use crate::domain::session::Entry;
use crate::domain::workflow::{Report, RunFailure};
use crate::engine::planner::outcome::Failure;
use crate::engine::planner::{Live, Turn};
use crate::engine::{Engine, LEASE};
use crate::llm::{LlmError, Model};
use crate::store::{
    Actual, ClaimError, NewReservation, Parking, Reserved, RunStatus, ScopeLimit, Settled,
};

/// How often the run's lease is renewed while a call is under way.
const RENEW_EVERY: Duration = Duration::from_secs(30);
/// A process that is told to stop waits this long for a call, then leaves its outcome unknown:
/// hosts kill after 120 seconds (`github.md`, Fly.io).
const CALL_GRACE: Duration = Duration::from_secs(100);
/// Waits while the provider has no capacity: one minute, doubling, at most half an hour, and six
/// hours in all (`workflow.md`).
const BACKOFF_FIRST: Millis = Millis::minutes(1);
const BACKOFF_MOST: Millis = Millis::minutes(30);
const BACKOFF_IN_ALL: Millis = Millis::hours(6);

/// Money set aside for a call, or why it cannot be made.
enum SetAside {
    Done { id: String, request: Request },
    Failed(Failure),
}

impl Engine {
    /// Makes the call and stores its answer.
    pub(super) async fn call(
        &self,
        live: &Live,
        seq: usize,
        request: Request,
    ) -> Result<Turn, ClaimError> {
        let Some(model) = self.model.clone() else {
            let why = "no model provider is configured here".to_owned();
            let failure = Failure { why: RunFailure::ProviderRejected, details: why };
            self.give_up(&live.claimed, failure).await?;
            return Ok(Turn::LaidDown);
        };
        let prompt_tokens = match model.count_tokens(&request).await {
            Ok(tokens) => tokens,
            Err(error) => return self.after_error(live, &error).await,
        };
        let (id, request) = match self.set_aside(live, seq, prompt_tokens, request).await? {
            SetAside::Done { id, request } => (id, request),
            SetAside::Failed(failure) => {
                self.give_up(&live.claimed, failure).await?;
                return Ok(Turn::LaidDown);
            }
        };
        match self.complete(live, model.as_ref(), &request).await {
            Ok(answer) => {
                self.book(&id, &answer).await?;
                self.forget_trouble(live).await?;
                let entry = Entry::Answered { answer, at: self.clock.now() };
                self.append(live, seq, &entry).await?;
                Ok(Turn::GoOn)
            }
            Err(error) => {
                if error.may_have_been_billed() {
                    self.store.assume(&id, &error.to_string(), self.clock.now()).await?;
                } else {
                    self.store.release_reservation(&id).await?;
                }
                self.after_error(live, &error).await
            }
        }
    }

    /// Sets the worst case of the call aside under every limit, with a shorter answer if that is
    /// what still fits.
    async fn set_aside(
        &self,
        live: &Live,
        seq: usize,
        prompt_tokens: u64,
        mut request: Request,
    ) -> Result<SetAside, ClaimError> {
        let now = self.clock.now();
        let model = request.model.clone();
        let ask = |max_tokens| cost::Ask {
            model: &model,
            at: now,
            prompt_tokens,
            max_tokens,
            cache: cost::CacheWrites::FiveMinutes,
            terms: cost::Terms::default(),
        };
        let mut fit = cost::fit(&ask(request.max_tokens), MicroUsd(i64::MAX));
        loop {
            let (max_tokens, amount) = match fit {
                cost::Fit::Fits { max_tokens, reserved } => (max_tokens, reserved),
                cost::Fit::Unknown => return Ok(SetAside::Failed(unknown_price(&model))),
                cost::Fit::TooDear { .. } => return Ok(SetAside::Failed(too_dear())),
            };
            let id = format!("{}/{seq}/{}/{max_tokens}", live.claimed.run.id, now.0);
            let reservation = NewReservation {
                id: id.clone(),
                limits: self.limits(live, now),
                amount,
                model: model.clone(),
                price_version: cost::version(&model, now).unwrap_or_default(),
                details: json!({ "prompt_tokens": prompt_tokens, "max_tokens": max_tokens }),
                now,
            };
            match self.store.reserve(&live.claimed, &reservation).await? {
                Reserved::Yes => {
                    request.max_tokens = max_tokens;
                    return Ok(SetAside::Done { id, request });
                }
                Reserved::Refused { limit, used } => {
                    let left = limit.limit.less(used);
                    fit = cost::fit(&ask(max_tokens), left);
                    if let cost::Fit::TooDear { needed } = fit {
                        let failure = over_limit(&limit, used, needed);
                        return Ok(SetAside::Failed(failure));
                    }
                }
            }
        }
    }

    /// Every limit that applies to a call of this run, in the order in which rows are locked.
    fn limits(&self, live: &Live, now: Timestamp) -> Vec<ScopeLimit> {
        let run = &live.claimed.run;
        let spender = Spender {
            run: run.id.clone(),
            issue: run.issue,
            requester: run.requester,
            installation: run.installation,
        };
        let limits = self.policy.limits.with_run(Some(live.brief.money));
        Scope::ALL
            .into_iter()
            .filter_map(|scope| {
                let limit = limits.of(scope)?;
                let key = scope.key(&spender, now);
                Some(ScopeLimit { scope: key, period: String::new(), limit })
            })
            .collect()
    }

    /// Waits for the model, holding the lease meanwhile. A run that is stopped in mid-call is left
    /// to finish, so that the call is booked at what it really cost.
    async fn complete(
        &self,
        live: &Live,
        model: &dyn Model,
        request: &Request,
    ) -> Result<Answer, LlmError> {
        let call = model.complete(request);
        tokio::pin!(call);
        let grace = async {
            self.stop.cancelled().await;
            tokio::time::sleep(CALL_GRACE).await;
        };
        tokio::pin!(grace);
        loop {
            tokio::select! {
                answer = &mut call => return answer,
                () = &mut grace => {
                    let message = "this process is stopping".to_owned();
                    return Err(LlmError::Network { maybe_billed: true, message });
                }
                () = tokio::time::sleep(RENEW_EVERY) => {
                    let until = self.clock.now() + LEASE;
                    if let Err(error) = self.store.renew_run(&live.claimed, until).await {
                        tracing::debug!(%error, "the run was stopped while its model answers");
                    }
                }
            }
        }
    }

    async fn book(&self, reservation: &str, answer: &Answer) -> Result<(), ClaimError> {
        let now = self.clock.now();
        let amount = match cost::price(&answer.model, now, &answer.usage) {
            cost::Price::Known { amount, .. } => amount,
            cost::Price::Unknown => {
                // A model that was not asked for answered, and nobody knows its price: the call
                // stays booked at the worst case of the one that was asked for.
                let why = format!("`{}` answered, whose price is unknown", answer.model);
                self.store.assume(reservation, &why, now).await?;
                return Ok(());
            }
        };
        let actual = Actual {
            model_answered: answer.model.clone(),
            usage: answer.usage,
            amount,
            provider_request_id: answer.request_id.clone(),
            at: now,
        };
        match self.store.settle(reservation, &actual).await? {
            Settled::Booked { over: true, .. } => {
                tracing::error!(reservation, "a call cost more than was set aside for it");
            }
            Settled::Booked { over: false, .. } | Settled::AlreadyClosed => {}
        }
        Ok(())
    }

    /// Lays the run down for a retryable error, ends it for any other.
    async fn after_error(&self, live: &Live, error: &LlmError) -> Result<Turn, ClaimError> {
        if !error.retryable() {
            self.give_up(&live.claimed, provider_failure(error)).await?;
            return Ok(Turn::LaidDown);
        }
        let now = self.clock.now();
        let trouble = self.note_trouble(live, now).await?;
        if BACKOFF_IN_ALL <= now - trouble.since {
            let failure = Failure { why: RunFailure::ProviderDown, details: error.to_string() };
            self.give_up(&live.claimed, failure).await?;
            return Ok(Turn::LaidDown);
        }
        let doubled = BACKOFF_FIRST.0 << trouble.tries.saturating_sub(1).min(5);
        let wait = error.retry_after().unwrap_or(Millis(doubled.min(BACKOFF_MOST.0)));
        let wait = wait.min(BACKOFF_IN_ALL);
        tracing::warn!(run = %live.claimed.run.id, %error, wait_ms = wait.0, "the provider waits");
        let run = &live.claimed.run;
        let internal = self.report(run, usize::try_from(now.0).unwrap_or(0), Report::Waits);
        let parking = Parking {
            status: RunStatus::Backoff,
            due: now + wait,
            reason: Some(error.to_string()),
            internal: Some(internal),
            questions: Vec::new(),
        };
        self.store.park_run(&live.claimed, &parking).await?;
        Ok(Turn::LaidDown)
    }

    async fn note_trouble(&self, live: &Live, now: Timestamp) -> Result<Trouble, ClaimError> {
        let run = &live.claimed.run;
        let stored = self.store.handle(run.issue, TROUBLE).await?;
        let trouble = stored.and_then(|it| Trouble::parse(&it, run.id.as_str()));
        let trouble = match trouble {
            Some(trouble) => Trouble { tries: trouble.tries.saturating_add(1), ..trouble },
            None => Trouble { since: now, tries: 1 },
        };
        let value = format!("{}|{}|{}", trouble.since.0, trouble.tries, run.id);
        self.store.save_handle(run.issue, TROUBLE, &value).await?;
        Ok(trouble)
    }

    async fn forget_trouble(&self, live: &Live) -> Result<(), ClaimError> {
        let issue = live.claimed.run.issue;
        if self.store.handle(issue, TROUBLE).await?.is_some_and(|it| !it.is_empty()) {
            self.store.save_handle(issue, TROUBLE, "").await?;
        }
        Ok(())
    }
}

/// The handle under which the provider's trouble with a run is remembered across restarts.
const TROUBLE: &str = "provider-trouble";

#[derive(Clone, Copy)]
struct Trouble {
    since: Timestamp,
    tries: u32,
}

impl Trouble {
    /// Reads `<since>|<tries>|<run>` if it is about `run`.
    fn parse(text: &str, run: &str) -> Option<Trouble> {
        let (since, rest) = text.split_once('|')?;
        let (tries, of) = rest.split_once('|')?;
        let trouble = Trouble { since: Timestamp(since.parse().ok()?), tries: tries.parse().ok()? };
        (of == run).then_some(trouble)
    }
}

fn unknown_price(model: &str) -> Failure {
    let details = format!("`{model}` stands in no price table.");
    Failure { why: RunFailure::UnknownPrice, details }
}

fn over_limit(limit: &ScopeLimit, used: MicroUsd, needed: MicroUsd) -> Failure {
    let what = Scope::ALL.into_iter().find(|it| limit.scope.starts_with(it.prefix()));
    let what = what.map_or("this scope", Scope::title);
    let details = format!(
        "The limit for {what} is {}, {used} of it is used, and the next call could cost {needed}.",
        limit.limit
    );
    Failure { why: RunFailure::MoneyLimit, details }
}

fn too_dear() -> Failure {
    let details = "The next call could cost more than any limit.".to_owned();
    Failure { why: RunFailure::MoneyLimit, details }
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
