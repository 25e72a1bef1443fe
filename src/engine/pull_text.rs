//! The text of Baton's own pull request, when people edit it: a box of a task that was ticked there
//! says the same as in the status comment, and whatever else was changed in Baton's part is written
//! anew. What people write around that part is theirs.

use crate::domain::buttons;
use crate::domain::incoming::{Account, PullSnapshot};
use crate::domain::workflow::Event;
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::related::OWN_PULL;
use crate::render::comment::part_of;
use crate::store::{CommitError, InboxRow};

impl Engine {
    /// Somebody edited a pull request of this branches; `before` is the text that was there.
    /// Without it the text stayed, or the server does not tell: then the boxes in the status comment
    /// are those that count, because Baton may not have written the newest state here yet.
    pub(super) async fn pull_text_edited(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        (pull, before): (&PullSnapshot, Option<&str>),
    ) -> Result<Ingested, CommitError> {
        let Some(before) = before else { return Ok(ignored("its text did not change")) };
        if self.pull_request(subject.key).await? != Some(pull.number) {
            return Ok(ignored(OWN_PULL));
        }
        // A machine that formats texts would be answered by a machine, and so on.
        if sender.as_ref().is_some_and(|it| it.bot) {
            return Ok(ignored("a bot edited the text, perhaps Baton"));
        }
        // GitHub's pages save lines with a carriage return.
        let (before, after) = (before.replace('\r', ""), pull.body.replace('\r', ""));
        let part = |text| part_of(text).unwrap_or_default();
        let (before, after) = (part(&before), part(&after));
        if before == after {
            return Ok(ignored("what was edited is not Baton's part of the text"));
        }
        let ticks = match after {
            "" => Vec::new(),
            after => buttons::toggled(Some(before), before, after),
        };
        let Some(sender) = sender.filter(|_| !ticks.is_empty()) else {
            return Ok(one(subject, Event::StatusEdited));
        };
        self.all_ticked(row, subject, &sender, (ticks, vec![Event::StatusEdited])).await
    }
}
