//! Boxes ticked under Baton's own comments, and pushes to its branches: what people do without
//! writing a command.

use crate::base::Sha;
use crate::domain::buttons;
use crate::domain::incoming::{Account, CommentSnapshot};
use crate::domain::workflow::{Event, Tick};
use crate::engine::Engine;
use crate::engine::actor::nobody;
use crate::engine::facts::Known;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::view::{StaleHandle, plan_news};
use crate::engine::words::Said;
use crate::github::client::GitHubError;
use crate::render::comment;
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
        if self.is_status(&subject, &said.comment).await? {
            return self.status_edited(row, subject, said).await;
        }
        if let Some(tick) = self.tick_in(&subject, &said.comment, said.before.as_deref()).await? {
            return self.ticked(row, subject, said.sender, tick).await;
        }
        if let Some(held) = self.held_answer_in(&subject, &said).await? {
            return self.taken_over(row, subject, said, held).await;
        }
        let before = match said.before {
            Some(before) => Some(before),
            None => self.said_before(lease, row, said.comment.id.0).await?,
        };
        let said = Said { before, ..said };
        if said.before.is_none() {
            return self.edited_somehow(row, subject, said).await;
        }
        self.said(lease, row, subject, said).await
    }

    /// Whether the comment is the issue's status comment.
    async fn is_status(
        &self,
        subject: &Subject,
        comment: &CommentSnapshot,
    ) -> Result<bool, StoreError> {
        Ok(self.store.handle(subject.key, "status").await? == Some(comment.id.to_string()))
    }

    /// Somebody edited the status comment: toggled boxes of tasks are heard, and whatever else was
    /// changed is written anew from the state.
    async fn status_edited(
        &self,
        row: &InboxRow,
        subject: Subject,
        said: Said,
    ) -> Result<Ingested, CommitError> {
        let shown = match self.issue_view(subject.key).await? {
            Some(view) => self.bounded(&comment::status(&view)),
            None => String::new(),
        };
        let ours = self.github.identity().await.ok().and_then(|it| it.bot_login);
        let is_ours = ours.is_some() && ours == said.sender.as_ref().map(|it| it.login.clone());
        if is_ours || shown.trim_end() == said.comment.body.trim_end() {
            return Ok(ignored("Baton's own echo: it is what Baton wrote"));
        }
        let ticks = buttons::toggled(said.before.as_deref(), &shown, &said.comment.body);
        // What stands there is no longer what Baton wrote.
        self.store.save_handle(subject.key, "status-shown", "").await?;
        let Some(sender) = said.sender.filter(|it| !ticks.is_empty() && !it.bot) else {
            return Ok(one(subject, Event::StatusEdited));
        };
        self.all_ticked(row, subject, &sender, (ticks, Vec::new())).await
    }

    /// What ticking several boxes at once asks for, and what else follows from the same edit.
    pub(super) async fn all_ticked(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: &Account,
        (ticks, behind): (Vec<Tick>, Vec<Event>),
    ) -> Result<Ingested, CommitError> {
        match self.actor(row, &subject, sender).await? {
            Known::Actor(by) => {
                let event = |tick| Event::Ticked { by: by.clone(), tick };
                let events = ticks.into_iter().map(event).chain(behind).collect();
                Ok(Ingested::Events { subject: Box::new(subject), events, links: Vec::new() })
            }
            Known::AskAgain { at, why } => Ok(Ingested::PutOff { until: at, why }),
        }
    }

    /// The box that an edit ticked, if the comment is the announcement or the call that holds it: a
    /// box that somebody copied into a comment of their own is no button.
    async fn tick_in(
        &self,
        subject: &Subject,
        comment: &CommentSnapshot,
        before: Option<&str>,
    ) -> Result<Option<Tick>, StoreError> {
        for tick in buttons::newly_ticked(before, &comment.body) {
            let place = match &tick {
                Tick::Approve { revision } | Tick::Start { revision } => {
                    let posted = self.posted(subject.key, &plan_news(*revision)).await?;
                    posted.map(|it| it.comment)
                }
                Tick::Anyway { revision, mark } | Tick::Refresh { revision, mark } => {
                    let kind = StaleHandle::kind(*revision, mark);
                    let handle = self.store.handle(subject.key, &kind).await?;
                    handle.as_deref().and_then(StaleHandle::read).map(|it| it.comment)
                }
                Tick::Allow { hash } => self.call_about(subject.key, hash).await?,
                Tick::Task { .. } | Tick::Fix { .. } => None,
            };
            if place == Some(comment.id) {
                return Ok(Some(tick));
            }
        }
        Ok(None)
    }

    /// What ticking a box asks for. Whoever ticked it is checked like the author of a command.
    pub(super) async fn ticked(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        tick: Tick,
    ) -> Result<Ingested, CommitError> {
        let Some(sender) = sender else {
            return Ok(one(subject, Event::Ticked { by: nobody(row), tick }));
        };
        self.all_ticked(row, subject, &sender, (vec![tick], Vec::new())).await
    }

    /// A push to a branch of the issue, or its deletion. Only the branch of the work counts.
    pub(super) async fn branch_news(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        branch: &str,
        moved: Moved<'_>,
    ) -> Result<Ingested, CommitError> {
        if !self.is_at_work_on(subject.key, branch).await? {
            return Ok(ignored("the work stands on another branch by now"));
        }
        if moved.deleted {
            return Ok(one(subject, Event::BranchDeleted));
        }
        self.pushed(row, subject, sender, moved).await
    }

    /// A push to the plan's branch that is not Baton's own commit.
    async fn pushed(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        moved: Moved<'_>,
    ) -> Result<Ingested, CommitError> {
        let Moved { after, forced, code, .. } = moved;
        let ours = self.store.handle(subject.key, "plan-commit").await?;
        // Baton never rewrites history: a branch that is put back to its commit is somebody's act.
        // A commit whose making was never answered is known by who pushed it.
        let is_ours = ours.as_deref() == Some(after.as_str());
        if !forced && (is_ours || self.is_baton(sender.as_ref()).await) {
            return Ok(ignored("Baton's own echo: it is a commit of Baton's"));
        }
        let by_bot = sender.is_none_or(|it| it.bot);
        let sha = after.clone();
        let mut events = vec![Event::Pushed { sha, elsewhere: false, forced, by_bot, code }];
        if !by_bot && subject.state.is_begun() {
            match self.ticks_of_push(&subject, moved).await {
                Ok(ticks) => events.extend(ticks),
                Err(error) => {
                    if let Some(later) = self.put_off(row, subject.installation, &error).await? {
                        return Ok(later);
                    }
                    tracing::warn!(%error, "the ticks in the plan's file could not be read");
                }
            }
        }
        Ok(Ingested::Events { subject: Box::new(subject), events, links: Vec::new() })
    }

    /// Whether it is this App's own account. GitHub lets nobody else be called so.
    pub(super) async fn is_baton(&self, account: Option<&Account>) -> bool {
        let Some(account) = account.filter(|it| it.bot) else { return false };
        let slug = self.github.identity().await.ok().and_then(|it| it.slug);
        slug.is_some_and(|it| account.login == format!("{it}[bot]"))
    }

    /// What the push did to the boxes in the plan's file: it is held against the commit before it,
    /// so that ticks of Baton's own commits are nobody's, and a push that is handled twice says the
    /// same twice.
    pub(super) async fn ticks_of_push(
        &self,
        subject: &Subject,
        moved: Moved<'_>,
    ) -> Result<Option<Event>, GitHubError> {
        let Some(before) = moved.before else { return Ok(None) };
        let before = self.boxes_at(subject, before).await?;
        let after = self.boxes_at(subject, moved.after).await?;
        let turned = |to: bool| -> Vec<String> {
            let was = |id: &String| before.get(id).copied();
            let is_turned = |id: &String| match to {
                true => was(id) != Some(true),
                false => was(id) == Some(true),
            };
            let now = after.iter().filter(|(_, is)| **is == to).map(|(id, _)| id);
            now.filter(|id| is_turned(id)).cloned().collect()
        };
        let (tasks, reopened) = (turned(true), turned(false));
        let nothing = tasks.is_empty() && reopened.is_empty();
        Ok((!nothing).then_some(Event::TickedInFile { tasks, reopened }))
    }
}

/// How a push moved a branch.
#[derive(Clone, Copy)]
pub(super) struct Moved<'a> {
    /// The commit it pointed to; `None` for a new branch.
    pub(super) before: Option<&'a Sha>,
    /// The commit it points to now.
    pub(super) after: &'a Sha,
    /// Whether history was rewritten.
    pub(super) forced: bool,
    /// Whether it may have changed anything beside Baton's own files.
    pub(super) code: bool,
    /// Whether the branch was deleted.
    pub(super) deleted: bool,
}
