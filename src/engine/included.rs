//! The comments that a command includes, looked up before it is decided upon where a plan stands: a
//! mistyped link must not take its approval away and then start nothing. Where there is no plan, and
//! for what changes until the run begins, the run looks itself.

use crate::base::Timestamp;
use crate::domain::command::Command;
use crate::domain::permission::Right;
use crate::domain::workflow::{Actor, Request};
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject};
use crate::engine::planner::{Trouble, are_there};
use crate::store::{CommitError, InboxRow};

impl Engine {
    /// What is asked for, with a sentence in the place of each command that includes what no run may
    /// read; or when to ask GitHub again.
    pub(super) async fn with_what_is_there(
        &self,
        row: &InboxRow,
        subject: &Subject,
        (by, at): (&Actor, Timestamp),
        mut asks: Vec<Request>,
    ) -> Result<Result<Vec<Request>, Ingested>, CommitError> {
        if subject.state.stage.plan().is_none() || by.right < Right::Write {
            return Ok(Ok(asks));
        }
        for ask in &mut asks {
            let Request::Command(Command::Plan { include, .. } | Command::Revise { include, .. }) =
                ask
            else {
                continue;
            };
            if include.is_empty() {
                continue;
            }
            let reader = self.reader(subject.installation, &subject.repository);
            let all = match reader.comments(subject.key.number, None).await {
                Ok(all) => all,
                Err(error) => match self.put_off(row, subject.installation, &error).await? {
                    Some(later) => return Ok(Err(later)),
                    None => continue,
                },
            };
            if let Err(Trouble::NotIncluded { why }) =
                are_there(include, (&all.items, !all.complete), at)
            {
                *ask = Request::Malformed { name: "include", sentence: not_read(&why) };
            }
        }
        Ok(Ok(asks))
    }
}

fn not_read(why: &str) -> String {
    format!(
        "{why}. Nothing was started, and the plan stands as it stood. Give the command again with \
         links of comments that people wrote on this issue, or without `--include`."
    )
}
