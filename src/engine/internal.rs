//! The events the engine tells itself: they wait in the same inbox as webhooks and are handled in
//! the same order.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::{DeliveryId, InstallationId, IssueKey, IssueNumber, RunId, Timestamp};
use crate::domain::workflow::{Event, Purpose, Report, TimerKind};
use crate::engine::related::{RelatedTold, TheirPull};
use crate::store::NewInternal;

/// One such event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "internal", rename_all = "snake_case")]
pub(super) enum Internal {
    /// A run has something to say.
    RunReported { run: RunId, report: Report },
    /// An effect was given up, and with it the run that it should have begun or let go on.
    EffectFailed {
        purpose: Purpose,
        #[serde(default)]
        run: Option<RunId>,
    },
    /// The plan has a branch and a pull request; what happens there concerns its issue.
    Published { branch: String, number: IssueNumber },
    /// Something happened to a pull request of people's own that names the issue, or did.
    RelatedPull { pull: TheirPull, told: RelatedTold },
    /// The operator has stopped everything here, and a run is live.
    Halted,
    /// The App was uninstalled or lost the repository.
    Uninstalled,
    /// The installation was suspended.
    Suspended,
    /// It is suspended no more.
    Unsuspended,
}

impl Internal {
    /// The row for it. `id` is deterministic, so that the same fact told twice is one event.
    pub(super) fn to_row(
        &self,
        id: String,
        installation: InstallationId,
        issue: IssueKey,
        now: Timestamp,
    ) -> NewInternal {
        NewInternal {
            delivery_id: DeliveryId(id),
            installation,
            issue,
            event: self.name().to_owned(),
            body: serde_json::to_value(self).unwrap_or(Value::Null),
            received: now,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Internal::RunReported { .. } => "run reported",
            Internal::EffectFailed { .. } => "effect failed",
            Internal::Published { .. } => "published",
            Internal::RelatedPull { .. } => "related pull request",
            Internal::Halted => "kill switch",
            Internal::Uninstalled => "uninstalled",
            Internal::Suspended => "suspended",
            Internal::Unsuspended => "unsuspended",
        }
    }
}

/// A timer's row, as the store writes it.
#[derive(Debug, Deserialize)]
pub(super) struct Fired {
    pub(super) kind: String,
    pub(super) epoch: i64,
}

impl Fired {
    /// The workflow's event, unless the kind is one this version does not know.
    pub(super) fn event(&self) -> Option<Event> {
        let kind = TimerKind::ALL.into_iter().find(|it| it.name() == self.kind)?;
        Some(Event::TimerDue { kind, epoch: u32::try_from(self.epoch).ok()? })
    }
}
