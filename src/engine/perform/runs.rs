//! Runs are started, told, resumed and stopped in the store; their turns are the planner's.

use serde_json::json;

use crate::base::{RunId, Timestamp, UserId};
use crate::domain::incoming::IssueSnapshot;
use crate::domain::tier::{Role, Tier};
use crate::domain::workflow::{Ask, Report, RunFailure};
use crate::engine::internal::Internal;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::planner::{Order, Trouble, clean};
use crate::engine::{Engine, TROUBLE};
use crate::store::{NewRun, Started, Told};

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
        let Some(snapshot) = issue else {
            return Err(NotDone::Never("the issue's words are missing".to_owned()));
        };
        let order = Order {
            issue: performance.issue(),
            installation: performance.claimed.installation,
            repository: &performance.repository,
            snapshot: &snapshot,
            tier: start.tier,
            ask: start.ask,
            at: start.at,
        };
        let prepared = match self.prepare(&order).await {
            Ok(prepared) => prepared,
            Err(Trouble::Empty) => {
                return Ok(self.never_started(performance, start, RunFailure::EmptyRepository));
            }
            Err(Trouble::Never { why }) => {
                tracing::warn!(run = %start.run, why, "a run cannot start");
                self.store.save_handle(order.issue, TROUBLE, &why).await?;
                return Ok(self.never_started(performance, start, RunFailure::Unreadable));
            }
            Err(trouble @ Trouble::Later { .. }) => return Err(trouble.into()),
        };
        let run = NewRun {
            id: start.run.clone(),
            issue: order.issue,
            installation: order.installation,
            role: start.role.name().to_owned(),
            tier: start.tier.name().to_owned(),
            model: prepared.session.model.clone(),
            requester: start.requester,
            limits: json!({ "money": prepared.money }),
            brief: json!(prepared),
            now: self.clock.now(),
        };
        match self.store.start_run(&run).await? {
            Started::New | Started::Known => Ok(Done::default()),
            Started::OtherLive(_) => {
                Err(NotDone::Never("another run of this issue is live".to_owned()))
            }
        }
    }

    fn never_started(
        &self,
        performance: &Performance<'_>,
        start: &Start<'_>,
        why: RunFailure,
    ) -> Done {
        let run = start.run.clone();
        let id = format!("run/{run}/0/failed");
        let internal = Internal::RunReported { run, report: Report::Failed { why } };
        let claimed = performance.claimed;
        let row = internal.to_row(id, claimed.installation, claimed.issue, self.clock.now());
        Done { handles: Vec::new(), internal: Some(row) }
    }

    pub(super) async fn tell_run(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        text: &str,
    ) -> Result<Done, NotDone> {
        let text =
            format!("A maintainer of the repository says:\n\n{}", clean(&self.secrets, text));
        self.wake_run(performance, run, text).await
    }

    /// Gives a parked run the answers of the round that ends. What nobody answered it decides.
    pub(super) async fn resume_run(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        round: u8,
    ) -> Result<Done, NotDone> {
        let lines = self.answers_of(performance.issue(), run, round).await?;
        let text = format!(
            "The answers of the maintainers. Where there is none, decide yourself and record the \
             decision in the plan.\n\n{}",
            lines.join("\n")
        );
        // The questions stand in it once more, and they are the model's words.
        self.wake_run(performance, run, clean(&self.secrets, &text)).await
    }

    async fn wake_run(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        text: String,
    ) -> Result<Done, NotDone> {
        let told = Told { id: performance.claimed.key.clone(), text, at: self.clock.now() };
        if self.store.wake_run(run, &told).await? {
            self.wake.notify_one();
            return Ok(Done::default());
        }
        Err(NotDone::Needless("the run has ended"))
    }

    pub(super) async fn stop_run(&self, run: &RunId) -> Result<Done, NotDone> {
        self.store.stop_run(run, "stopped", self.clock.now()).await?;
        Ok(Done::default())
    }
}
