//! How often people push to the branch that Baton works on.

use crate::base::{IssueKey, Millis, Timestamp};
use crate::domain::workflow::{Event, State};
use crate::engine::Engine;
use crate::store::{InboxRow, StoreError};

/// The handle under which it stands when people pushed last while Baton worked.
const PUSHED_AT: &str = "pushed-at";
/// Two pushes in this time are people at work (`workflow.md`, `Working`).
const LATELY: Millis = Millis::minutes(10);

/// Whether these events are a person's push to Baton's branch. One that ticks tasks in the plan's file
/// is a word to Baton instead.
fn is_push(events: &[Event]) -> bool {
    let pushed = |it: &Event| matches!(it, Event::Pushed { by_bot: false, elsewhere: false, .. });
    let ticked = |it: &Event| matches!(it, Event::TickedInFile { .. });
    events.iter().any(pushed) && !events.iter().any(ticked)
}

/// What is remembered of a push that arrived with `row`, while `state` held.
pub(super) fn remembered(
    events: &[Event],
    state: &State,
    row: &InboxRow,
) -> Option<(String, String)> {
    let counts = is_push(events) && state.stage.work().is_some();
    counts.then(|| (PUSHED_AT.to_owned(), row.received.0.to_string()))
}

impl Engine {
    /// Whether these events, which arrived with `row`, are a push by people who had pushed a
    /// short time before. What arrived is compared, not when it was handled: after a pause many
    /// pushes are handled at once.
    pub(super) async fn pushed_lately(
        &self,
        issue: IssueKey,
        events: &[Event],
        row: &InboxRow,
    ) -> Result<bool, StoreError> {
        if !is_push(events) {
            return Ok(false);
        }
        let last = self.store.handle(issue, PUSHED_AT).await?;
        let last = last.and_then(|it| it.parse().ok()).map(Timestamp);
        Ok(last.is_some_and(|it| row.received - it <= LATELY))
    }
}
