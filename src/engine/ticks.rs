//! Boxes ticked under Baton's own comments, and pushes to its branches: what people do without
//! writing a command.

use crate::base::Sha;
use crate::domain::buttons::newly_ticked;
use crate::domain::incoming::{Account, CommentSnapshot};
use crate::domain::workflow::{Event, Tick};
use crate::engine::Engine;
use crate::engine::facts::Known;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::view::PlanNewsHandle;
use crate::engine::words::Said;
use crate::store::{CommitError, InboxRow, LaneLease, StoreError};

impl Engine {
    /// What an edited comment asks for: by a box that was ticked, or by what was added to it.
    pub(super) async fn edited(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        subject: Subject,
        said: Said,
    ) -> Result<Ingested, CommitError> {
        if let Some(tick) = self.tick_in(&subject, &said.comment, said.before.as_deref()).await? {
            return self.ticked(row, subject, said.sender, tick).await;
        }
        if said.before.is_none() {
            return Ok(ignored("the server did not say what the edit changed"));
        }
        self.said(lease, row, subject, said).await
    }

    /// The box that an edit ticked, if the comment is the announcement that holds it: a box that
    /// somebody copied into a comment of their own is no button.
    async fn tick_in(
        &self,
        subject: &Subject,
        comment: &CommentSnapshot,
        before: Option<&str>,
    ) -> Result<Option<Tick>, StoreError> {
        for tick in newly_ticked(before, &comment.body) {
            let Tick::Approve { revision } = tick;
            let kind = PlanNewsHandle::kind(revision);
            let handle = self.store.handle(subject.key, &kind).await?;
            let handle = handle.as_deref().and_then(PlanNewsHandle::read);
            if handle.is_some_and(|it| it.comment == comment.id) {
                return Ok(Some(tick));
            }
        }
        Ok(None)
    }

    /// What ticking a box asks for. Whoever ticked it is checked like the author of a command.
    async fn ticked(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        tick: Tick,
    ) -> Result<Ingested, CommitError> {
        let Some(sender) = sender else { return Ok(ignored("the sender is gone")) };
        match self.actor(row, &subject, &sender).await? {
            Known::Actor(by) => Ok(one(subject, Event::Ticked { by, tick })),
            Known::AskAgain { at, why } => Ok(Ingested::PutOff { until: at, why }),
        }
    }

    /// A push to the plan's branch that is not Baton's own commit.
    pub(super) async fn pushed(
        &self,
        subject: Subject,
        sender: Option<Account>,
        after: &Sha,
        forced: bool,
    ) -> Result<Ingested, CommitError> {
        let ours = self.store.handle(subject.key, "plan-commit").await?;
        // Baton never rewrites history: a branch that is put back to its commit is somebody's act.
        if !forced && ours.as_deref() == Some(after.as_str()) {
            return Ok(ignored("Baton's own echo: it is the commit of the plan"));
        }
        let by_bot = sender.is_none_or(|it| it.bot);
        Ok(one(subject, Event::Pushed { forced, by_bot }))
    }
}
