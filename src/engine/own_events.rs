//! The engine's own rows become workflow events: timers that came due, reports of runs, effects
//! that were given up.

use crate::base::{IssueKey, IssueNumber, Millis, Sha};
use crate::domain::handoff::{poke_after, stuck_after};
use crate::domain::tier::Tier;
use crate::domain::workflow::{Event, Pause, Stage, State, TimerKind};
use crate::engine::Engine;
use crate::engine::ci::checked_head;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::internal::{Fired, Internal};
use crate::engine::related::adopted;
use crate::engine::starts::run_in_question;
use crate::github::client::{GitHubError, PullRequest};
use crate::store::{
    CommitError, Hint, InboxRow, Lane, LaneLease, RunStatus, StoreError, TimerChange,
};

/// For so long what a suspension laid down waits for GitHub to tell how its issue stands, and so
/// often it is asked.
const LAID_DOWN_FOR: Millis = Millis::hours(24);
const LAID_DOWN_PAUSE: Millis = Millis::minutes(5);

impl Engine {
    /// Reads a row that the engine wrote itself.
    pub(super) async fn ingest_internal(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
    ) -> Result<Ingested, CommitError> {
        let Lane::Issue(key) = lease.lane() else {
            return Ok(ignored("an internal event without an issue"));
        };
        let Some(subject) = self.stored_subject(key).await? else {
            return Ok(ignored("the issue is not known"));
        };
        if let Ok(fired) = serde_json::from_slice::<Fired>(&row.body) {
            let Some(event) = fired.event() else {
                return Ok(ignored("a timer of a kind that this version does not know"));
            };
            if let Some(head) = head_to_look_at(&subject.state, &event) {
                return self.look_at_ci(subject, head).await;
            }
            if let Some(run) = run_in_question(&subject.state, &event).cloned() {
                return Ok(self.look_at_start(subject, event, &run).await?);
            }
            return Ok(match self.rearmed(&subject, &event).await? {
                Some(timer) => Ingested::Rearmed { subject: Box::new(subject), timer },
                None => one(subject, event),
            });
        }
        let Ok(internal) = serde_json::from_slice::<Internal>(&row.body) else {
            return Ok(ignored("an internal event that this version does not know"));
        };
        if let Internal::RelatedPull { pull, told } = internal {
            return self.related_told(row, subject, pull, told).await;
        }
        Ok(match internal {
            Internal::RelatedPull { .. } => ignored("it was answered before"),
            Internal::RunReported { run, report } => {
                one(subject, Event::RunReported { run, report })
            }
            Internal::EffectFailed { run: Some(run), .. }
                if subject.state.stage.heard_run() != Some(&run) =>
            {
                ignored("a run was given up that nobody waits for any more")
            }
            Internal::EffectFailed { purpose, .. } => one(subject, Event::EffectFailed { purpose }),
            Internal::Halted => one(subject, Event::Halted),
            Internal::Uninstalled => one(subject, Event::Uninstalled),
            Internal::Suspended => one(subject, Event::Suspended),
            Internal::Unsuspended => self.unsuspended(row, subject).await?,
            Internal::Published { branch, number } => Ingested::Events {
                links: links(key, branch, number),
                subject: Box::new(subject),
                events: Vec::new(),
            },
        })
    }

    /// Of a suspended installation nothing is delivered, so what was laid down is held against the
    /// issue and its pull request as they stand now. As long as GitHub does not answer it stays laid
    /// down, for a day; an answer that will not change says nothing of the issue, and whoever goes on
    /// with it is told by what it tries next.
    async fn unsuspended(
        &self,
        row: &InboxRow,
        mut subject: Subject,
    ) -> Result<Ingested, CommitError> {
        if !matches!(subject.state.stage, Stage::Paused { why: Pause::Suspended, .. }) {
            return Ok(one(subject, Event::Unsuspended));
        }
        let reader = self.reader(subject.installation, &subject.repository);
        match reader.issue(subject.key.number).await {
            Ok(now) => subject.snapshot = now,
            Err(GitHubError::NotFound | GitHubError::Gone) => {
                return Ok(one(subject, Event::Gone));
            }
            Err(error) => {
                if let Some(waits) = self.stays_laid_down(row, &subject, &error).await? {
                    return Ok(waits);
                }
            }
        }
        subject.moment = subject.snapshot.clone();
        let pull = match self.pull_of_the_work(&subject).await? {
            Some(number) => reader.pull_request(number).await,
            None => return Ok(one(subject, Event::Unsuspended)),
        };
        match pull {
            Ok(pull) if !pull.open => {
                let first = self.closed_meanwhile(row, subject, &pull).await?;
                Ok(followed_by(first, Event::Unsuspended))
            }
            Ok(_) => Ok(one(subject, Event::Unsuspended)),
            Err(error) => Ok(match self.stays_laid_down(row, &subject, &error).await? {
                Some(waits) => waits,
                None => one(subject, Event::Unsuspended),
            }),
        }
    }

    /// Until when what was laid down waits for GitHub, if it waits for it any longer.
    async fn stays_laid_down(
        &self,
        row: &InboxRow,
        subject: &Subject,
        error: &GitHubError,
    ) -> Result<Option<Ingested>, CommitError> {
        let asked = self.ask_again_at(row, subject.installation, error).await?;
        let now = self.clock.now();
        let waits = error.retryable() && now - row.received < LAID_DOWN_FOR;
        let until = asked.or(waits.then(|| now + LAID_DOWN_PAUSE));
        Ok(until.map(|until| Ingested::PutOff { until, why: error.to_string() }))
    }

    /// The pull request whose end is the end of the work, or of its plan; none while the next one
    /// of a merged plan is not there.
    async fn pull_of_the_work(&self, subject: &Subject) -> Result<Option<IssueNumber>, StoreError> {
        if let Some(theirs) = adopted(subject) {
            return Ok(Some(theirs));
        }
        if self.merged_plan(subject.key).await?.is_some() {
            return Ok(None);
        }
        self.pull_request(subject.key).await
    }

    /// What a delivery would have told of a pull request that was closed or merged.
    async fn closed_meanwhile(
        &self,
        row: &InboxRow,
        subject: Subject,
        pull: &PullRequest,
    ) -> Result<Ingested, CommitError> {
        if adopted(&subject).is_some() {
            return self.adopted_closed(row, subject, pull).await;
        }
        let closed = (pull.number, pull.merged, pull.merge_commit.clone());
        self.pull_request_closed(row, subject, closed, None).await
    }

    /// The timers for a silent model look at the run's last activity, so that a run that gets on,
    /// or waits for its provider, is never called stuck (`domain.md`, Handoff). How long it may be
    /// silent is its own tier's patience. The provider's own patience ends a run that waits.
    async fn rearmed(
        &self,
        subject: &Subject,
        event: &Event,
    ) -> Result<Option<TimerChange>, StoreError> {
        let Event::TimerDue { kind: kind @ (TimerKind::Stuck | TimerKind::Poke), epoch } = event
        else {
            return Ok(None);
        };
        let Some(run) = self.store.live_run(subject.key).await? else { return Ok(None) };
        let waits_to_begin =
            !run.taken_up && subject.state.starting.as_ref().is_some_and(|it| it.run == run.id);
        let last = match run.status {
            // Nobody has asked its model anything yet; whether it begins has a clock of its own.
            RunStatus::Ready if waits_to_begin => self.clock.now(),
            RunStatus::Backoff => run.activity.max(run.due),
            RunStatus::Ready
            | RunStatus::Waiting
            | RunStatus::Finished
            | RunStatus::Failed
            | RunStatus::Stopped => run.activity,
        };
        // A rung that this version does not know gets the longest patience.
        let tier = run.tier.parse().unwrap_or(Tier::Opus);
        let due = match kind {
            TimerKind::Poke => last + poke_after(tier),
            TimerKind::Stuck
            | TimerKind::Resume
            | TimerKind::Remind
            | TimerKind::GiveUp
            | TimerKind::Ci
            | TimerKind::Note
            | TimerKind::Start
            | TimerKind::Closed => last + stuck_after(tier),
        };
        let timer =
            TimerChange::Set { kind: kind.name().to_owned(), epoch: i64::from(*epoch), due };
        Ok((*epoch == subject.state.epoch && self.clock.now() < due).then_some(timer))
    }
}

/// What was read, and `event` behind it.
fn followed_by(first: Ingested, event: Event) -> Ingested {
    match first {
        Ingested::Events { subject, mut events, links } => {
            events.push(event);
            Ingested::Events { subject, events, links }
        }
        other @ (Ingested::Finished { .. }
        | Ingested::PutOff { .. }
        | Ingested::Rearmed { .. }
        | Ingested::Silenced { .. }) => other,
    }
}

/// The head whose CI a due timer is about, unless the stage has moved on since it was armed.
fn head_to_look_at(state: &State, event: &Event) -> Option<Sha> {
    let Event::TimerDue { kind: TimerKind::Ci, epoch } = event else { return None };
    checked_head(state).filter(|_| *epoch == state.epoch).cloned()
}

/// What happens on the plan's branch and pull request concerns its issue.
fn links(key: IssueKey, branch: String, number: IssueNumber) -> Vec<(Hint, Lane)> {
    vec![(Hint::Branch(branch), Lane::Issue(key)), (Hint::Number(number), Lane::Issue(key))]
}
