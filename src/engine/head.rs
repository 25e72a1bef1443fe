//! What is read of the branch, its base and its pull request before deciding, as far as events
//! turn on it.

use crate::base::{Sha, Timestamp};
use crate::domain::command::{Command, TaskAct};
use crate::domain::permission::Right;
use crate::domain::workflow::{BaseNow, Event, PlanAtHead, Request, Threads, Tick};
use crate::engine::Engine;
use crate::engine::ingest::Subject;
use crate::engine::plan_base::{BaseRead, may_start};
use crate::engine::plan_head::HeadPlan;
use crate::engine::related::adopted;
use crate::engine::threads::OpenThreads;
use crate::store::{CommitError, InboxRow, LaneLease};

/// What stands on GitHub.
pub(super) struct Head {
    pub(super) plan: PlanAtHead,
    pub(super) base: BaseNow,
    pub(super) threads: Threads,
    /// The commit that the branch points to, where events turn on it.
    pub(super) sha: Option<Sha>,
}

/// What was read, or the time to ask again.
pub(super) enum HeadRead {
    Known(Head),
    AskAgain { at: Timestamp, why: String },
}

impl Head {
    /// For what turns on none of it.
    pub(super) fn unread() -> Head {
        let (plan, base) = (PlanAtHead::NotRead, BaseNow::NotRead);
        Head { plan, base, threads: Threads::NotRead, sha: None }
    }
}

impl Engine {
    /// Reads what `events` turn on.
    pub(super) async fn head(
        &self,
        (lease, row): (&LaneLease, &InboxRow),
        subject: &Subject,
        events: &[Event],
    ) -> Result<HeadRead, CommitError> {
        let plan = match self.head_plan((lease, row), subject, events).await? {
            HeadPlan::Known(plan) => plan,
            HeadPlan::AskAgain { at, why } => return Ok(HeadRead::AskAgain { at, why }),
        };
        let base = match self.base_now(row, subject, (events, &plan)).await? {
            BaseRead::Known(base) => base,
            BaseRead::AskAgain { at, why } => return Ok(HeadRead::AskAgain { at, why }),
        };
        let threads = match self.open_threads(row, subject, events).await? {
            OpenThreads::Known(threads) => threads,
            OpenThreads::AskAgain { at, why } => return Ok(HeadRead::AskAgain { at, why }),
        };
        Ok(match self.head_of_people(row, subject, events).await? {
            Ok(sha) => HeadRead::Known(Head { plan, base, threads, sha }),
            Err((at, why)) => HeadRead::AskAgain { at, why },
        })
    }

    /// The head of what people build, on Baton's branch or in a pull request of their own, if `events`
    /// may settle the last of it, and of any work that somebody tries again, also by a changed plan; or
    /// when to ask again. A push to it says itself what its head is.
    async fn head_of_people(
        &self,
        row: &InboxRow,
        subject: &Subject,
        events: &[Event],
    ) -> Result<Result<Option<Sha>, (Timestamp, String)>, CommitError> {
        let theirs = adopted(subject);
        let pushed = events.iter().find_map(|it| {
            let Event::Pushed { sha, elsewhere, .. } = it else { return None };
            Some(sha.clone()).filter(|_| *elsewhere || theirs.is_none())
        });
        let by_hand = subject.state.stage.work().map(|it| it.by_hand);
        let is_built = subject.state.built_work().is_some();
        let turns = |it: &Event| {
            by_hand.is_some_and(|by_hand| turns_on_the_head(it, by_hand))
                || is_built && may_start(it)
        };
        if pushed.is_some() || !events.iter().any(turns) {
            return Ok(Ok(pushed));
        }
        let reader = self.reader(subject.installation, &subject.repository);
        let branch = self.store.handle(subject.key, "branch").await?;
        let head = match (theirs, branch) {
            (Some(number), _) => reader.pull_request(number).await.map(|it| it.head_sha),
            (None, Some(branch)) => reader.branch_head(&branch).await,
            (None, None) => Ok(None),
        };
        Ok(match head {
            Ok(sha) => Ok(sha),
            Err(error) => match self.ask_again_at(row, subject.installation, &error).await? {
                Some(at) => Err((at, error.to_string())),
                None => Ok(None),
            },
        })
    }
}

/// Whether it may settle a task, or take settled ones up again, by somebody who may.
fn turns_on_the_head(event: &Event, by_hand: bool) -> bool {
    if let Event::Ticked { by, tick: Tick::Task { on: true, .. } } = event {
        return by_hand && Right::Write <= by.right;
    }
    if matches!(event, Event::TickedInFile { .. }) {
        return by_hand;
    }
    let Event::Asked { by, request: Request::Command(command), .. } = event else { return false };
    let settles = matches!(command, Command::Task { act, .. } if *act != TaskAct::Reopen);
    Right::Write <= by.right && (by_hand && settles || *command == Command::Retry)
}
