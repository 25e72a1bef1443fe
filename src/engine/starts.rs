//! Whether a run that was ordered has begun: looked at when its time for that is over.
//!
//! A run begins when a worker takes it up, and what follows then (a repository that cannot be read, a
//! provider without capacity, a silent model) has a patience of its own. So has an order that waits
//! in the outbox. A run that lies there because every place is taken waits its turn.

use crate::base::{RunId, Timestamp};
use crate::domain::workflow::{Event, START_TAKES, State, TimerKind};
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::run::AT_ONCE;
use crate::store::{RunRow, RunStatus, StoreError, TimerChange};

/// What is known of an ordered run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// It began, or ended before that.
    Begun,
    /// There is a reason to look again at this time.
    Waits(Timestamp),
    /// Nobody took it up in time.
    Late,
}

/// The run that a due timer is about, unless the stage has moved on since it was armed.
pub(super) fn run_in_question<'a>(state: &'a State, event: &Event) -> Option<&'a RunId> {
    let Event::TimerDue { kind: TimerKind::Start, epoch } = event else { return None };
    state.starting.as_ref().filter(|_| *epoch == state.epoch).map(|it| &it.run)
}

impl Engine {
    /// Looks whether the run has begun; only one that is late is news for its issue.
    pub(super) async fn look_at_start(
        &self,
        subject: Subject,
        event: Event,
        run: &RunId,
    ) -> Result<Ingested, StoreError> {
        let now = self.clock.now();
        let row = self.store.load_run(run).await?;
        let busy = self.store.runs_at_work(now).await?;
        Ok(match start(row.as_ref(), busy, now) {
            Start::Begun => ignored("the run has begun"),
            Start::Late => one(subject, event),
            Start::Waits(due) => {
                let (kind, epoch) = (TimerKind::Start.name().to_owned(), subject.state.epoch);
                let timer = TimerChange::Set { kind, epoch: i64::from(epoch), due };
                Ingested::Rearmed { subject: Box::new(subject), timer }
            }
        })
    }
}

/// What `row` says of an ordered run, while `busy` runs are worked on everywhere.
fn start(row: Option<&RunRow>, busy: usize, now: Timestamp) -> Start {
    let Some(run) = row else { return Start::Waits(now + START_TAKES) };
    if run.taken_up || run.status != RunStatus::Ready {
        return Start::Begun;
    }
    let due = run.created.max(run.due) + START_TAKES;
    if now < due {
        return Start::Waits(due);
    }
    if AT_ONCE <= busy {
        return Start::Waits(now + START_TAKES);
    }
    Start::Late
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::base::{InstallationId, IssueKey, IssueNumber, Millis, RepositoryId, UserId};

    const CREATED: Timestamp = Timestamp(1_000_000);
    const IN_TIME: Timestamp = Timestamp(CREATED.0 + START_TAKES.0 - 1);
    const LATER: Timestamp = Timestamp(CREATED.0 + START_TAKES.0);

    fn lying() -> RunRow {
        RunRow {
            id: RunId::from("r"),
            issue: IssueKey { repository: RepositoryId(1), number: IssueNumber(1) },
            installation: InstallationId(1),
            role: "implementer".to_owned(),
            tier: "haiku".to_owned(),
            model: "m".to_owned(),
            requester: UserId(1),
            brief: Value::Null,
            limits: Value::Null,
            status: RunStatus::Ready,
            reason: None,
            taken_up: false,
            due: CREATED,
            activity: CREATED,
            created: CREATED,
            finished: None,
            result: None,
        }
    }

    #[track_caller]
    fn check(row: Option<RunRow>, busy: usize, now: Timestamp, expected: Start) {
        assert_eq!(start(row.as_ref(), busy, now), expected);
    }

    #[test]
    fn a_run_is_late_when_nobody_took_it_up_though_somebody_could() {
        let again = Start::Waits(LATER + START_TAKES);
        check(None, 0, LATER, again);
        check(Some(lying()), 0, IN_TIME, Start::Waits(LATER));
        check(Some(lying()), 0, LATER, Start::Late);
        check(Some(lying()), AT_ONCE - 1, LATER, Start::Late);
        check(Some(lying()), AT_ONCE, LATER, again);
        check(Some(RunRow { taken_up: true, ..lying() }), 0, LATER, Start::Begun);
        let due = CREATED + Millis::minutes(3);
        check(Some(RunRow { due, ..lying() }), 0, LATER, Start::Waits(due + START_TAKES));
        for status in [RunStatus::Backoff, RunStatus::Waiting, RunStatus::Stopped] {
            check(Some(RunRow { status, ..lying() }), 0, LATER, Start::Begun);
        }
    }
}
