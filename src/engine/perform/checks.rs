//! The check run `baton / plan` on the commit that a plan was announced at. It is a courtesy: where
//! the server has no checks, or the App may not write them, nothing is lost but its button.

use crate::base::{CheckRunId, EffectKey, IssueKey, Sha};
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::view::{PlanCheck, PlanCheckHandle};
use crate::github::client::{
    CheckButton, CheckState, GitHubError, NewCheckRun, ShownCheck, Told, Untold,
};
use crate::render::check::{self, PLAN_CHECK};
use crate::render::comment::{Approval, PlanNews};

/// What becomes of a check that cannot be written.
const NO_CHECKS: &str = "checks cannot be written here";

impl Engine {
    /// Makes the check of a revision, or brings it up to date.
    pub(super) async fn show_plan_check(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(news) = self.plan_news(issue, &performance.repository, revision).await? else {
            return Err(NotDone::Needless("the plan is gone"));
        };
        let shown = self.shown(&news);
        let kind = PlanCheckHandle::kind(revision);
        let known = self.store.handle(issue, &kind).await?;
        let known = known.as_deref().and_then(PlanCheckHandle::read);
        match known {
            Some(PlanCheckHandle { check: PlanCheck::Made(id), .. }) => {
                self.update_check(performance, id, &shown).await?;
                Ok(Done::default())
            }
            None if news.approval == Approval::Past => {
                Err(NotDone::Needless("the revision waits for nothing any more"))
            }
            Some(PlanCheckHandle { check: PlanCheck::Begun(key), sha }) => {
                let found = self.find_check(performance, &sha, &key).await?;
                self.make_check(performance, (&kind, sha, key), (found, shown)).await
            }
            None => {
                let Some(sha) = self.announced_at(performance, issue).await? else {
                    return Err(NotDone::Needless("the branch is gone"));
                };
                // A later try looks for it, and makes it, at this very commit; and whoever presses
                // its button before its id is known is heard by the key.
                let key = performance.claimed.key.clone();
                let check = PlanCheck::Begun(key.clone());
                let begun = PlanCheckHandle { sha: sha.clone(), check };
                self.store.save_handle(issue, &kind, &begun.to_string()).await?;
                self.make_check(performance, (&kind, sha, key), (None, shown)).await
            }
        }
    }

    /// The head of the plan's branch.
    async fn announced_at(
        &self,
        performance: &Performance<'_>,
        issue: IssueKey,
    ) -> Result<Option<Sha>, NotDone> {
        let Some(branch) = self.store.handle(issue, "branch").await? else { return Ok(None) };
        Ok(performance.reader.branch_head(&branch).await?)
    }

    async fn make_check(
        &self,
        performance: &Performance<'_>,
        (kind, sha, key): (&str, Sha, EffectKey),
        (found, shown): (Option<CheckRunId>, ShownCheck),
    ) -> Result<Done, NotDone> {
        let id = match found {
            Some(id) => {
                self.update_check(performance, id, &shown).await?;
                id
            }
            None => {
                self.is_not_done(performance).await?;
                let name = PLAN_CHECK.to_owned();
                let new = NewCheckRun { name, sha: sha.clone(), key, shown };
                self.about_to_write(performance, 1).await?;
                written(performance.writer.create_check_run(&new).await)?
            }
        };
        let handle = PlanCheckHandle { sha, check: PlanCheck::Made(id) };
        Ok(Done { handles: vec![(kind.to_owned(), handle.to_string())], internal: None })
    }

    /// The check that an earlier try made, by the key it was given.
    async fn find_check(
        &self,
        performance: &Performance<'_>,
        sha: &Sha,
        key: &EffectKey,
    ) -> Result<Option<CheckRunId>, NotDone> {
        let checks = performance.reader.check_runs_named(sha, PLAN_CHECK).await?;
        let checks = checks.known().map(|it| it.items).unwrap_or_default();
        Ok(checks
            .into_iter()
            .find(|it| it.external_id.as_deref() == Some(key.as_str()))
            .map(|it| it.id))
    }

    /// Shows the same twice without harm, so its outcome need not be known.
    async fn update_check(
        &self,
        performance: &Performance<'_>,
        id: CheckRunId,
        shown: &ShownCheck,
    ) -> Result<(), NotDone> {
        self.keep_pace(performance, 1).await?;
        written(performance.writer.update_check_run(id, shown).await)
    }

    fn shown(&self, news: &PlanNews) -> ShownCheck {
        let (title, summary) = check::plan(news);
        let button = || CheckButton {
            label: "Approve plan".to_owned(),
            description: format!("Approves revision {} as it stands", news.revision),
            identifier: check::approve_button(news.revision),
        };
        let (state, buttons) = match news.approval {
            Approval::Open => (CheckState::ActionRequired, vec![button()]),
            Approval::Given { .. } => (CheckState::Success, Vec::new()),
            Approval::Past => (CheckState::Neutral, Vec::new()),
        };
        ShownCheck { state, title, summary: self.bounded(&summary), buttons }
    }
}

/// What was written, or nothing where checks are not to be had.
fn written<T>(told: Result<Told<T>, GitHubError>) -> Result<T, NotDone> {
    match told {
        Ok(Told::Known(it)) => Ok(it),
        Ok(Told::Unknown(
            Untold::NotOffered | Untold::NotAllowed | Untold::NotKept | Untold::TooLarge,
        )) => Err(NotDone::Needless(NO_CHECKS)),
        Err(error) => Err(error.into()),
    }
}
