//! Effects are done here: each under its key, looked up first when the last try's outcome is
//! unknown, so that a crash or a cut connection leaves nothing doubled.

mod approvals;
mod calls;
mod changes;
mod checks;
mod comments;
mod finish;
mod handing;
mod held_answers;
mod labels;
mod message;
mod outcome;
pub(in crate::engine) mod outside;
mod publish;
mod pull_request;
mod runs;
mod stale;
mod threads;

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;

use crate::base::{IssueKey, Timestamp};
use crate::domain::incoming::{IssueSnapshot, Repository};
use crate::domain::workflow::Effect;
use crate::engine::Engine;
use crate::engine::lease::Held;
use crate::github::client::{ReadPort, WritePort};
use crate::store::{ClaimError, ClaimedEffect, NewInternal, StoreError};

use self::outcome::{NotDone, Tried};

/// An effect's payload: the effect, and for the start of a run the issue's words of that moment.
#[derive(Debug, Deserialize)]
struct Payload {
    effect: Effect,
    issue: Option<IssueSnapshot>,
}

/// What one effect is performed with.
struct Performance<'a> {
    claimed: &'a ClaimedEffect,
    repository: Repository,
    reader: ReadPort,
    writer: WritePort,
    now: Timestamp,
    /// Whether this try has begun to write: see [`Engine::about_to_write`].
    sent: &'a AtomicBool,
}

/// What came of it.
#[derive(Debug, Default)]
struct Done {
    /// Ids of what was made, by kind.
    handles: Vec<(String, String)>,
    /// What the issue is told at once.
    internal: Option<NewInternal>,
}

impl Engine {
    /// Does one effect and writes down what came of it.
    pub(super) async fn perform_effect(&self, claimed: &ClaimedEffect) -> Result<(), StoreError> {
        let sent = AtomicBool::new(false);
        let outcome = match outcome::begun_too_often(claimed) {
            Some(why) => Err(NotDone::Never(why)),
            None => {
                let work = Box::pin(self.perform(claimed, &sent));
                self.while_holding(Held::Effect(claimed), work).await
            }
        };
        let tried = Tried { claimed, sent: sent.load(Ordering::Relaxed) };
        match self.conclude(&tried, outcome).await {
            Ok(()) | Err(ClaimError::Stale) => Ok(()),
            Err(ClaimError::Conflict(what)) => {
                tracing::error!(key = %claimed.key, what, "an effect was concluded before");
                Ok(())
            }
            Err(ClaimError::Store(error)) => Err(error),
        }
    }

    async fn perform(&self, claimed: &ClaimedEffect, sent: &AtomicBool) -> Result<Done, NotDone> {
        let payload: Payload = serde_json::from_value(claimed.payload.clone())
            .map_err(|_| NotDone::Never("it was written by another version".to_owned()))?;
        let Some((_, repository)) = self.store.load_repository(claimed.issue.repository).await?
        else {
            return Err(NotDone::Never("the repository is not known".to_owned()));
        };
        let performance = Performance {
            claimed,
            reader: self.reader(claimed.installation, &repository),
            writer: self.writer(claimed.installation, &repository),
            repository,
            now: self.clock.now(),
            sent,
        };
        self.perform_one(&performance, payload).await
    }

    async fn perform_one(
        &self,
        performance: &Performance<'_>,
        payload: Payload,
    ) -> Result<Done, NotDone> {
        match &payload.effect {
            Effect::React { comment, with } => self.react(performance, *comment, *with).await,
            Effect::ReactOnLine { comment, with } => {
                self.react_on_line(performance, *comment, *with).await
            }
            Effect::AnswerThreads { task, checked } => {
                self.answer_threads(performance, task, *checked).await
            }
            Effect::ShowLevel { level } => self.show_level(performance, *level).await,
            Effect::DropLabel { label } => self.drop_label(performance, *label).await,
            Effect::DropOthers { label } => self.drop_others(performance, *label).await,
            Effect::UpsertStatus => self.upsert_status(performance).await,
            Effect::Post { post } => self.post(performance, post).await,
            Effect::ShowAnswers { run, round } => self.show_answers(performance, run, *round).await,
            Effect::StartRun { run, role, tier, ask, requester, at } => {
                let (role, tier, requester, at) = (*role, *tier, *requester, *at);
                let start = runs::Start { run, role, tier, ask, requester, at };
                self.start_run(performance, &start, payload.issue).await
            }
            Effect::TellRun { run, text } => self.tell_run(performance, run, text).await,
            Effect::AskForNote { run } => self.ask_for_note(performance, run).await,
            Effect::Capture { run } => self.capture(performance, run).await,
            Effect::ResumeRun { run, round } => self.resume_run(performance, run, *round).await,
            Effect::StopRun { run } => self.stop_run(run).await,
            Effect::HoldRun { run } => self.hold_run(run).await,
            Effect::ReleaseRun { run } => self.release_run(run).await,
            Effect::CommitPlan { revision } => self.commit_plan(performance, *revision).await,
            Effect::UpsertPullRequest { revision } => {
                self.upsert_pull_request(performance, *revision).await
            }
            Effect::ShowPlanNews { revision } => self.show_plan_news(performance, *revision).await,
            Effect::ShowPlanCheck { revision } => {
                self.show_plan_check(performance, *revision).await
            }
            Effect::ShowStale { revision, mark } => {
                self.show_stale(performance, *revision, mark).await
            }
            Effect::ShowWork { revision } => self.show_work(performance, *revision).await,
            Effect::ClosePullRequest => self.close_pull_request(performance).await,
            Effect::PushChanges { run, task } => self.push_changes(performance, run, task).await,
            Effect::KeepYes { hash, by } => self.keep_yes(performance, hash, by).await,
            Effect::ShowCall { hash, by } => self.show_call(performance, hash, by.as_deref()).await,
            Effect::FinishPlan { revision } => self.finish_plan(performance, *revision).await,
            Effect::SetTimer { .. }
            | Effect::CancelTimers
            | Effect::SetBudget { .. }
            | Effect::BookCost { .. }
            | Effect::RecordFeedback { .. }
            | Effect::RecordAnswers { .. } => {
                Err(NotDone::Needless("it was done with the decision"))
            }
        }
    }
}

impl Performance<'_> {
    fn issue(&self) -> IssueKey {
        self.claimed.issue
    }

    /// Whether an earlier try may have taken effect.
    fn may_be_done(&self) -> bool {
        self.claimed.outcome_unknown
    }
}
