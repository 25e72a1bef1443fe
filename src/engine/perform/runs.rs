//! Runs are started, told, resumed and stopped in the store; their turns are taken in `planner`.

use serde_json::json;

use crate::base::{Millis, RunId, Timestamp, UserId};
use crate::domain::incoming::IssueSnapshot;
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::{Ask, Effect, Report, RunFailure};
use crate::engine::internal::Internal;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Payload, Performance};
use crate::engine::planner::{Order, Trouble, clean};
use crate::engine::{ASK, Engine, TROUBLE};
use crate::render::comment;
use crate::store::{NewEffect, NewRun, RunStatus, Started, StoreError, Told, Words};

/// How long until a start is tried again while the run before it still ends.
const OTHER_PAUSE: Millis = Millis::seconds(5);

/// What a run is started with.
pub(super) struct Start<'a> {
    pub(super) run: &'a RunId,
    pub(super) role: Role,
    pub(super) tier: Tier,
    pub(super) ask: &'a Ask,
    pub(super) requester: UserId,
    pub(super) at: Timestamp,
}

impl Engine {
    /// Prepares and starts a run. What makes a run impossible for good is reported as the run's
    /// own failure, with its reason, instead of being given up silently.
    pub(super) async fn start_run(
        &self,
        performance: &Performance<'_>,
        start: &Start<'_>,
        issue: Option<IssueSnapshot>,
    ) -> Result<Done, NotDone> {
        if self.store.load_run(start.run).await?.is_some() {
            return Ok(Done::default());
        }
        let stage = self.subject_of(performance.issue()).await?.map(|it| it.state.stage);
        if stage.is_none_or(|it| it.unpaused().live_run() != Some(start.run)) {
            return Err(NotDone::Needless("nobody waits for this run any more"));
        }
        let Some(snapshot) = issue else {
            return Err(NotDone::Never("the issue's words are missing".to_owned()));
        };
        let order = Order {
            issue: performance.issue(),
            installation: performance.claimed.installation,
            repository: &performance.repository,
            snapshot: &snapshot,
            role: start.role,
            tier: start.tier,
            ask: start.ask,
            at: start.at,
        };
        self.remember_ask(&order).await?;
        let prepared = match self.prepare(&order).await {
            Ok(prepared) => prepared,
            Err(Trouble::Empty) => {
                let why = RunFailure::EmptyRepository;
                return self.never_started(performance, start, why, "").await;
            }
            Err(Trouble::NotIncluded { why }) => {
                let failure = RunFailure::NotIncluded;
                return self.never_started(performance, start, failure, &why).await;
            }
            Err(Trouble::Never { why }) => {
                tracing::warn!(run = %start.run, why, "a run cannot start");
                return self.never_started(performance, start, RunFailure::Unreadable, &why).await;
            }
            Err(trouble @ Trouble::Later { .. }) => return Err(trouble.into()),
        };
        let run = NewRun {
            id: start.run.clone(),
            issue: order.issue,
            installation: order.installation,
            role: prepared.session.role.name().to_owned(),
            tier: start.tier.name().to_owned(),
            model: prepared.session.model.clone(),
            requester: start.requester,
            limits: json!({ "money": prepared.money }),
            brief: json!(prepared),
            now: self.clock.now(),
        };
        match self.store.start_run(&run).await? {
            Started::New | Started::Known => {
                self.store.save_handle(run.issue, TROUBLE, "").await?;
                Ok(Done::default())
            }
            Started::OtherLive(other) => {
                let why = format!("the run {other} of this issue has not ended yet");
                Err(NotDone::Later { until: self.clock.now() + OTHER_PAUSE, why })
            }
        }
    }

    /// Keeps what was asked, so that a retry asks it again with its limit although no run began.
    async fn remember_ask(&self, order: &Order<'_>) -> Result<(), StoreError> {
        match order.ask {
            Ask::Again | Ask::Task { .. } | Ask::Inspect { .. } => Ok(()),
            Ask::Plan { .. } | Ask::Revise { .. } => {
                let ask = json!(order.ask).to_string();
                self.store.save_handle(order.issue, ASK, &ask).await
            }
        }
    }

    async fn never_started(
        &self,
        performance: &Performance<'_>,
        start: &Start<'_>,
        why: RunFailure,
        details: &str,
    ) -> Result<Done, NotDone> {
        let run = start.run.clone();
        let id = format!("run/{run}/0/failed");
        let internal = Internal::RunReported { run, report: Report::Failed { why } };
        let claimed = performance.claimed;
        self.store.save_handle(claimed.issue, TROUBLE, &self.secrets.redact(details)).await?;
        let row = internal.to_row(id, claimed.installation, claimed.issue, self.clock.now());
        Ok(Done { handles: Vec::new(), internal: Some(row) })
    }

    /// What these effects tell runs: those that live hear it with the decision.
    pub(in crate::engine) fn words_to_runs(&self, effects: &[NewEffect]) -> Vec<Words> {
        let words = |(effect, new): (usize, &NewEffect)| {
            let payload = serde_json::from_value::<Payload>(new.payload.clone()).ok()?;
            let Effect::TellRun { run, text } = payload.effect else { return None };
            Some(Words { effect, run, text: self.says(&text) })
        };
        effects.iter().enumerate().filter_map(words).collect()
    }

    /// A maintainer's words as a run hears them.
    fn says(&self, text: &str) -> String {
        format!("A maintainer of the repository says:\n\n{}", clean(&self.secrets, text))
    }

    pub(super) async fn tell_run(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        text: &str,
    ) -> Result<Done, NotDone> {
        let told = self.told(performance, self.says(text));
        if self.store.tell_run(run, &told).await? {
            return Ok(Done::default());
        }
        let over = self.store.load_run(run).await?;
        if over.is_none_or(|it| it.status != RunStatus::Finished) {
            return Err(NotDone::Needless("the run has ended"));
        }
        self.posted_once(performance, comment::TOO_LATE).await?;
        Ok(Done::default())
    }

    /// Gives a parked run the answers of the round that ends. What nobody answered it decides.
    pub(super) async fn resume_run(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        round: u8,
    ) -> Result<Done, NotDone> {
        let lines = self.answers_of(performance.issue(), run, round).await?;
        let place = match self.store.load_run(run).await? {
            Some(run) if run.role == Role::Implementer.name() => "with `note`",
            Some(_) | None => "in the plan",
        };
        let text = format!(
            "The answers of the maintainers. Where there is none, decide yourself and record the \
             decision {place}.\n\n{}",
            lines.join("\n")
        );
        // The questions stand in it once more, and they are the model's words.
        let told = self.told(performance, clean(&self.secrets, &text));
        self.heard(self.store.wake_run(run, &told).await?)
    }

    pub(super) fn told(&self, performance: &Performance<'_>, text: String) -> Told {
        Told { id: performance.claimed.key.clone(), text, at: self.clock.now() }
    }

    pub(super) fn heard(&self, is_live: bool) -> Result<Done, NotDone> {
        if is_live { Ok(Done::default()) } else { Err(NotDone::Needless("the run has ended")) }
    }

    pub(super) async fn stop_run(&self, run: &RunId) -> Result<Done, NotDone> {
        self.store.stop_run(run, "stopped", self.clock.now()).await?;
        Ok(Done::default())
    }

    pub(super) async fn hold_run(&self, run: &RunId) -> Result<Done, NotDone> {
        self.store.hold_run(run).await?;
        Ok(Done::default())
    }

    pub(super) async fn release_run(&self, run: &RunId) -> Result<Done, NotDone> {
        let is_live = self.store.release_run(run, self.clock.now()).await?;
        self.heard(is_live)
    }
}
