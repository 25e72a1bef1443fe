//! Baton's own check runs, as GitHub tells of them: a pressed button is heard like a ticked box, and
//! everything else is Baton's own echo, which never counts as a verdict (`trust.md`, rule 17).

use crate::base::AppId;
use crate::domain::incoming::{Account, CheckAct, CheckSnapshot, CiNews, What};
use crate::domain::workflow::Tick;
use crate::engine::Engine;
use crate::engine::ingest::{Ingested, Subject, ignored};
use crate::engine::view::{PlanCheck, PlanCheckHandle};
use crate::render::check::approved_by;
use crate::store::{CommitError, InboxRow, StoreError};

/// Whether somebody pressed a button.
pub(super) fn is_press(what: &What) -> bool {
    matches!(what, What::Ci(CiNews::Check { act: CheckAct::Pressed { .. }, .. }))
}

impl Engine {
    /// What follows when something was reported on a commit, or pressed there.
    pub(super) async fn told_of_a_commit(
        &self,
        row: &InboxRow,
        subject: Subject,
        sender: Option<Account>,
        news: &CiNews,
    ) -> Result<Ingested, CommitError> {
        if let CiNews::Check { check, act: CheckAct::Pressed { button } } = news {
            return match self.button_of(&subject, check, button).await? {
                Some(tick) => self.ticked(row, subject, sender, tick).await,
                None => Ok(ignored("it is no button of a plan's check")),
            };
        }
        if self.is_own(app_of(news)).await {
            return Ok(ignored("Baton's own echo: it is a check of Baton's"));
        }
        self.ci_news(subject, news).await
    }

    /// What a button stands for, if it is one that Baton made: a name alone proves nothing. While the
    /// check's id is not known yet, the key that Baton gave it along tells; nobody else's App can
    /// make a check in Baton's name.
    async fn button_of(
        &self,
        subject: &Subject,
        check: &CheckSnapshot,
        button: &str,
    ) -> Result<Option<Tick>, StoreError> {
        let Some(revision) = approved_by(button) else { return Ok(None) };
        let made = self.store.handle(subject.key, &PlanCheckHandle::kind(revision)).await?;
        let made = made.as_deref().and_then(PlanCheckHandle::read);
        let is_it = match made {
            Some(PlanCheckHandle { check: PlanCheck::Made(id), .. }) => id == check.id,
            Some(PlanCheckHandle { check: PlanCheck::Begun(key), sha }) => {
                let is_keyed = check.external_id.as_deref() == Some(key.as_str());
                is_keyed && sha == check.sha && self.is_own(check.app).await
            }
            None => false,
        };
        Ok(is_it.then_some(Tick::Approve { revision }))
    }

    async fn is_own(&self, app: Option<AppId>) -> bool {
        let Some(app) = app else { return false };
        let own = self.github.identity().await.ok().and_then(|it| it.id);
        own == Some(app.0)
    }
}

/// The App that reported, where it is named.
fn app_of(news: &CiNews) -> Option<AppId> {
    match news {
        CiNews::Check { check, .. } => check.app,
        CiNews::SuiteCompleted { app, .. } => *app,
        CiNews::Status { .. } | CiNews::WorkflowCompleted { .. } => None,
    }
}
