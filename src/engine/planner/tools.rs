//! What a run's tools do with its files.

use std::sync::Arc;

use crate::domain::hygiene::Secrets;
use crate::domain::session::{Action, Editing, ToolCall, ToolOutcome};
use crate::engine::planner::{Live, as_read};
use crate::scout::{Edits, Refusal, Workspace};

/// Runs the calls in their order, each on the files as the one before it left them. Files are read
/// off the async threads; secrets never reach the model. Returns what the run has changed now.
pub(super) async fn run(
    live: &Live,
    secrets: &Arc<Secrets>,
    calls: Vec<ToolCall>,
) -> (Vec<ToolOutcome>, Edits) {
    let (secrets, snapshot) = (Arc::clone(secrets), Arc::clone(&live.snapshot));
    let edits = live.edits.clone();
    let ids: Vec<String> = calls.iter().map(|it| it.id.clone()).collect();
    let ran = tokio::task::spawn_blocking(move || {
        let mut workspace = Workspace::with_edits(snapshot, edits);
        let outcome = |call: ToolCall| {
            let (content, is_error) = match act(&mut workspace, &call.action) {
                Ok(text) => (as_read(&secrets, &text), false),
                Err(refusal) => (as_read(&secrets, &refusal.to_string()), true),
            };
            ToolOutcome { id: call.id, content, is_error }
        };
        let outcomes: Vec<ToolOutcome> = calls.into_iter().map(outcome).collect();
        (outcomes, workspace.edits().clone())
    });
    // Of tools that broke nothing stays: their edits are told as failed, all of them.
    ran.await.unwrap_or_else(|_| {
        let failed = |id| ToolOutcome {
            id,
            content: "The tool failed; try another way.".to_owned(),
            is_error: true,
        };
        (ids.into_iter().map(failed).collect(), live.edits.clone())
    })
}

fn act(workspace: &mut Workspace, action: &Action) -> Result<String, Refusal> {
    match action {
        Action::Read(reading) => workspace.read(reading),
        Action::Edit(editing) => workspace.edit(editing),
        Action::Note => Ok("Noted.".to_owned()),
    }
}

/// Makes edits that succeeded before on the same commit.
pub(super) async fn make_again(live: &Live, editings: Vec<Editing>) -> Edits {
    let snapshot = Arc::clone(&live.snapshot);
    let run = live.claimed.run.id.clone();
    let made = tokio::task::spawn_blocking(move || {
        let mut workspace = Workspace::new(snapshot);
        for editing in &editings {
            if let Err(refusal) = workspace.edit(editing) {
                // The rules of editing became stricter since; the run finds the file as it was.
                tracing::warn!(%run, %refusal, "an edit could not be made again");
            }
        }
        workspace.edits().clone()
    });
    made.await.unwrap_or_default()
}
