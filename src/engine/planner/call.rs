//! One call to a model: money is set aside first, the call is made, and what it cost is booked
//! before its answer is used.

use serde_json::json;

use crate::base::{MicroUsd, Millis, Timestamp};
use crate::domain::budget::{Scope, Spender};
use crate::domain::conversation::{Answer, Request};
use crate::domain::cost;
use crate::domain::session::Entry;
use crate::domain::workflow::{RunFailure, Stage};
use crate::engine::Engine;
use crate::engine::money::MetLimit;
use crate::engine::planner::limit::over;
use crate::engine::planner::outcome::Failure;
use crate::engine::planner::patience::Patience;
use crate::engine::planner::{Live, Turn};
use crate::llm::{LlmError, Model};
use crate::store::{
    Actual, ClaimError, NewReservation, Reserved, RunRow, ScopeLimit, Settled, StoreError,
};

/// How long a run rests that nobody listens to, until it is told why.
const UNHEARD_PAUSE: Millis = Millis::seconds(5);

/// How a call ended.
enum Called {
    Answered(Answer),
    Failed(LlmError),
    /// This process is stopping and could wait no longer.
    Abandoned,
}

/// Money set aside for a call, or why it cannot be made.
enum SetAside {
    Done {
        id: String,
        request: Request,
    },
    Failed(Failure),
    /// It could pass a limit that may be raised.
    OverLimit(MetLimit),
}

impl Engine {
    /// Whether the issue listens to the run and is not paused. A run that was stopped or paused is
    /// told so by an effect, which may wait long behind a comment that GitHub does not take; until
    /// then it must not spend (`workflow.md`, law 5).
    async fn is_awaited(&self, run: &RunRow) -> Result<bool, StoreError> {
        let stage = self.subject_of(run.issue).await?.map(|it| it.state.stage);
        Ok(stage.is_some_and(|it| {
            it.live_run() == Some(&run.id) && !matches!(it, Stage::Paused { .. })
        }))
    }

    /// Makes the call and stores its answer.
    pub(super) async fn call(
        &self,
        live: &Live,
        entries: &[Entry],
        request: Request,
    ) -> Result<Turn, ClaimError> {
        let seq = entries.len();
        if !self.is_awaited(&live.claimed.run).await? {
            self.lay_down_until(&live.claimed, self.clock.now() + UNHEARD_PAUSE).await?;
            return Ok(Turn::LaidDown);
        }
        let Some(model) = self.model.clone() else {
            let why = "no model provider is configured here".to_owned();
            let failure = Failure { why: RunFailure::ProviderRejected, details: why };
            self.give_up(&live.claimed, failure).await?;
            return Ok(Turn::LaidDown);
        };
        self.tell_if_costly(live, entries).await?;
        let prompt_tokens = match model.count_tokens(&request).await {
            Ok(tokens) => tokens,
            Err(error) => return self.after_error(live, &error).await,
        };
        if self.rests_if_outgrown(live, entries, (&request.model, prompt_tokens)).await? {
            return Ok(Turn::LaidDown);
        }
        let (id, request) = match self.set_aside(live, seq, prompt_tokens, request).await? {
            SetAside::Done { id, request } => (id, request),
            SetAside::OverLimit(met) => {
                self.park_at_limit(live, &met).await?;
                return Ok(Turn::LaidDown);
            }
            SetAside::Failed(failure) => {
                self.give_up(&live.claimed, failure).await?;
                return Ok(Turn::LaidDown);
            }
        };
        match self.complete(model.as_ref(), &request).await {
            Called::Answered(answer) => {
                let booked = self.book(&id, &answer).await?;
                self.tell_if_near(live, seq, booked).await?;
                self.calm_down(&live.claimed.run, Patience::Provider).await?;
                let entry = Entry::Answered { answer, at: self.clock.now() };
                self.append_awake(live, seq, &entry).await?;
                Ok(Turn::GoOn)
            }
            Called::Failed(error) => {
                if error.may_have_been_billed() {
                    self.store.assume(&id, &error.to_string(), self.clock.now()).await?;
                } else {
                    self.store.release_reservation(&id).await?;
                }
                self.after_error(live, &error).await
            }
            Called::Abandoned => {
                let why = "the process stopped while the call was in flight";
                self.store.assume(&id, why, self.clock.now()).await?;
                self.lay_down(&live.claimed).await?;
                Ok(Turn::LaidDown)
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
            // Each try of each turn has its own, also two within one millisecond.
            let id = format!("{}/{seq}/{}", live.claimed.run.id, uuid::Uuid::now_v7());
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
                        let run = live.claimed.run.id.clone();
                        let over = over(&limit, used, needed);
                        let met = MetLimit { run, over, model, prompt_tokens };
                        return Ok(SetAside::OverLimit(met));
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

    /// Waits for the model. A run that is stopped in mid-call is left to finish, so that the call is
    /// booked at what it really cost.
    async fn complete(&self, model: &dyn Model, request: &Request) -> Called {
        let grace = async {
            self.stop.cancelled().await;
            tokio::time::sleep(self.call_grace).await;
        };
        tokio::select! {
            answer = model.complete(request) => match answer {
                Ok(answer) => Called::Answered(answer),
                Err(error) => Called::Failed(error),
            },
            () = grace => Called::Abandoned,
        }
    }

    /// Books what a call cost, and says what that was; a call of unknown price stays booked at what
    /// was set aside, and counts as nothing here.
    async fn book(&self, reservation: &str, answer: &Answer) -> Result<MicroUsd, ClaimError> {
        let now = self.clock.now();
        if !answer.is_counted() {
            let why = format!("`{}` answered and did not say what was used", answer.model);
            self.store.assume(reservation, &why, now).await?;
            return Ok(MicroUsd::ZERO);
        }
        let amount = match cost::price(&answer.model, now, &answer.usage) {
            cost::Price::Known { amount, .. } => amount,
            cost::Price::Unknown => {
                // A model that was not asked for answered, and nobody knows its price: the call
                // stays booked at the worst case of the one that was asked for.
                let why = format!("`{}` answered, whose price is unknown", answer.model);
                self.store.assume(reservation, &why, now).await?;
                return Ok(MicroUsd::ZERO);
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
        Ok(amount)
    }
}

fn unknown_price(model: &str) -> Failure {
    let details = format!("`{model}` stands in no price table.");
    Failure { why: RunFailure::UnknownPrice, details }
}

fn too_dear() -> Failure {
    let details = "The next call could cost more than any limit.".to_owned();
    Failure { why: RunFailure::MoneyLimit, details }
}
