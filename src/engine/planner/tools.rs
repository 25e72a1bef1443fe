//! What a run's tools do with its files, and for how long they may.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::base::RunId;
use crate::domain::hygiene::Secrets;
use crate::domain::session::{Action, Editing, ToolCall, ToolOutcome};
use crate::engine::Engine;
use crate::engine::planner::{Live, as_read};
use crate::scout::{Edits, Halt, Refusal, Snapshot, Workspace};
use crate::store::StoreError;

/// How long one call may take. A search over the largest repository that is read takes a few
/// seconds; what takes longer is a pattern or a repository that was made to, and a worker that waits
/// for it works for nobody else.
const CALL: Duration = Duration::from_secs(20);

/// How long all calls of one answer may take together: a model may ask for many at once.
const ANSWER: Duration = Duration::from_secs(60);

/// How often it is looked whether the run was stopped meanwhile.
const LOOK: Duration = Duration::from_secs(1);

/// What a call is answered with for which no time is left.
const NO_TIME: &str =
    "Not run: the calls of this answer took too long together. Ask for less at once.";

impl Engine {
    /// Runs the calls in their order, each on the files as the one before it left them. Files are
    /// read off the async threads; secrets never reach the model. Returns what the run has changed
    /// now; `None` where the run was stopped meanwhile, or this process is stopping.
    pub(super) async fn run_tools(
        &self,
        live: &Live,
        calls: Vec<ToolCall>,
    ) -> Result<Option<(Vec<ToolOutcome>, Edits)>, StoreError> {
        let mut all = pin!(tokio::time::sleep(ANSWER));
        let (mut outcomes, mut edits) = (Vec::new(), live.edits.clone());
        for call in calls {
            let id = call.id.clone();
            if all.is_elapsed() {
                outcomes.push(refused(id, NO_TIME));
                continue;
            }
            let (snapshot, secrets) = (Arc::clone(&live.snapshot), Arc::clone(&self.secrets));
            let before = edits.clone();
            let work = move |halt: &Halt| one(snapshot, before, &call, (&secrets, halt));
            let late = async {
                tokio::select! {
                    () = tokio::time::sleep(CALL) => {}
                    () = &mut all => {}
                }
            };
            match within(late, self.called_off(&live.claimed.run.id), work).await {
                Ended::CalledOff(Ok(())) => return Ok(None),
                Ended::CalledOff(Err(error)) => return Err(error),
                Ended::Done((outcome, after)) => {
                    outcomes.push(outcome);
                    edits = after;
                }
                // Nothing of it stays.
                Ended::Broke => outcomes.push(refused(id, "The tool failed; try another way.")),
            }
        }
        Ok(Some((outcomes, edits)))
    }

    /// Comes to its end when nobody waits for the run's tools any more.
    async fn called_off(&self, run: &RunId) -> Result<(), StoreError> {
        loop {
            if self.stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                return Ok(());
            }
            if self.store.load_run(run).await?.is_none_or(|it| !it.status.is_live()) {
                return Ok(());
            }
        }
    }
}

/// How work on a blocking thread ended.
enum Ended<T, Off> {
    Done(T),
    /// It was called off, and has stopped.
    CalledOff(Off),
    Broke,
}

/// Does `work` on a blocking thread, and asks it to stop when it is `late` or called off. It is
/// waited for then too: it stops soon, and of one run no two may read at once.
async fn within<T: Send + 'static, Off>(
    late: impl Future<Output = ()>,
    called_off: impl Future<Output = Off>,
    work: impl FnOnce(&Halt) -> T + Send + 'static,
) -> Ended<T, Off> {
    let halt = Halt::default();
    let asked = halt.clone();
    let mut working = tokio::task::spawn_blocking(move || work(&asked));
    let (mut late, mut called_off) = (pin!(late), pin!(called_off));
    loop {
        tokio::select! {
            ran = &mut working => return ran.map_or(Ended::Broke, Ended::Done),
            () = &mut late, if !halt.is_called() => halt.call(),
            off = &mut called_off => {
                halt.call();
                // What it found nobody waits for.
                drop(working.await);
                return Ended::CalledOff(off);
            }
        }
    }
}

/// One call on the files as they stand; what it answers, and how they stand then.
fn one(
    snapshot: Arc<Snapshot>,
    edits: Edits,
    call: &ToolCall,
    (secrets, halt): (&Secrets, &Halt),
) -> (ToolOutcome, Edits) {
    let mut workspace = Workspace::with_edits(snapshot, edits).until(halt);
    let (content, is_error) = match act(&mut workspace, &call.action) {
        Ok(text) => (as_read(secrets, &text), false),
        Err(refusal) => (as_read(secrets, &refusal.to_string()), true),
    };
    (ToolOutcome { id: call.id.clone(), content, is_error }, workspace.edits().clone())
}

fn refused(id: String, why: &str) -> ToolOutcome {
    ToolOutcome { id, content: why.to_owned(), is_error: true }
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    /// A tool that goes on until it is asked to stop.
    fn endless(halt: &Halt) -> &'static str {
        while !halt.is_called() {
            std::thread::yield_now();
        }
        "stopped"
    }

    #[tokio::test]
    async fn what_takes_too_long_is_stopped_and_heard() {
        let ended = within(ready(()), pending::<()>(), endless).await;
        assert!(matches!(ended, Ended::Done("stopped")));
    }

    #[tokio::test]
    async fn what_is_called_off_is_stopped_and_not_heard() {
        let ended = within(pending(), ready("off"), endless).await;
        assert!(matches!(ended, Ended::CalledOff("off")));
    }

    #[tokio::test]
    async fn what_is_done_in_time_is_not_asked_to_stop() {
        let ended = within(pending(), pending::<()>(), Halt::is_called).await;
        assert!(matches!(ended, Ended::Done(false)));
        let broke = within(pending(), pending::<()>(), |_| -> bool { panic!("it broke") }).await;
        assert!(matches!(broke, Ended::Broke));
    }
}
