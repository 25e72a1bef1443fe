//! Whose act an event is.

use crate::base::IssueKey;
use crate::domain::incoming::NOBODY;
use crate::domain::permission::Right;
use crate::domain::workflow::{Actor, Event, RelatedNews, State};
use crate::engine::Engine;
use crate::engine::view::login_handle;
use crate::store::{InboxRow, StoreError};

impl Engine {
    /// Keeps the login of whoever asked or approved, as it is now: they are named by it later.
    pub(super) async fn keep_login(
        &self,
        issue: IssueKey,
        event: &Event,
        after: &State,
    ) -> Result<(), StoreError> {
        let named = [after.requester, after.stage.approved()];
        let Some(by) = actor(event).filter(|by| named.contains(&Some(by.id))) else {
            return Ok(());
        };
        self.store.save_handle(issue, &login_handle(by.id), &by.login).await
    }
}

/// Who did what a delivery without a sender tells: nobody, who has no right. So it is refused where
/// a right is needed, and a label or a tick is taken back.
pub(super) fn nobody(row: &InboxRow) -> Actor {
    tracing::warn!(
        delivery = %row.delivery_id,
        event = row.event,
        "the delivery does not say whose act it tells, so nothing is done upon it"
    );
    Actor {
        id: NOBODY,
        login: String::new(),
        right: Right::None,
        unchecked: false,
        bot: false,
        author: false,
        told: false,
    }
}

/// The person or bot who did it; nothing for what time, runs, CI and the operator bring.
pub(super) fn actor(event: &Event) -> Option<&Actor> {
    match event {
        Event::Labelled { by, .. }
        | Event::Unlabelled { by, .. }
        | Event::Ticked { by, .. }
        | Event::Reviewed { by, .. }
        | Event::FixAsked { by, .. }
        | Event::Reopened { by }
        | Event::PlanMerged { by }
        | Event::RelatedPull { news: RelatedNews::Named { by }, .. }
        | Event::Asked { by, .. }
        | Event::Answered { by, .. } => Some(by),
        Event::Opened
        | Event::Edited
        | Event::Pushed { .. }
        | Event::CiConcluded { .. }
        | Event::TickedInFile { .. }
        | Event::StatusEdited
        | Event::Closed
        | Event::Gone
        | Event::RunReported { .. }
        | Event::TimerDue { .. }
        | Event::EffectFailed { .. }
        | Event::BranchDeleted
        | Event::PullRequestClosed { .. }
        | Event::RelatedPull { news: RelatedNews::Merged { .. } | RelatedNews::Left, .. }
        | Event::Locked { .. }
        | Event::Halted
        | Event::Uninstalled
        | Event::Suspended
        | Event::Unsuspended => None,
    }
}
