//! The plan's pull request: opened once for a branch, its text brought up to date with the plan and
//! the work, closed with its issue.

use crate::base::IssueNumber;
use crate::domain::hygiene;
use crate::domain::workflow::Stage;
use crate::engine::Engine;
use crate::engine::internal::Internal;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::github::BatonRef;
use crate::github::client::{GitHubError, NewPullRequest, OwnPullRequest, PullRequestOpened};
use crate::render::comment::{self, PlanNews, WorkPhase};

impl Engine {
    /// Opens the draft pull request of the plan, or brings its text up to date.
    pub(super) async fn upsert_pull_request(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(news) = self.plan_news(issue, &performance.repository, revision).await? else {
            return Err(NotDone::Never("the plan is not stored".to_owned()));
        };
        if self.merged_plan(issue).await?.is_some() {
            return Err(NotDone::Needless("it was merged meanwhile"));
        }
        let branch = self.branch(performance).await?;
        let part = comment::pull_request(&news);
        let number = match self.open_own(performance, &branch).await? {
            Some(own) => {
                self.show_part(performance, &own, &part).await?;
                own.as_it_was().number
            }
            None => self.open_pull_request(performance, &branch, (&news, &part)).await?,
        };
        let internal = Internal::Published { branch: branch.as_str().to_owned(), number };
        let id = format!("effect/{}/published", performance.claimed.key);
        let installation = performance.claimed.installation;
        let row = internal.to_row(id, installation, issue, self.clock.now());
        let handles = vec![("pull-request".to_owned(), number.to_string())];
        Ok(Done { handles, internal: Some(row) })
    }

    /// Brings the text of the pull request up to date with the work. One that was closed is left as
    /// it is.
    pub(super) async fn show_work(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(news) = self.plan_news(issue, &performance.repository, revision).await? else {
            return Err(NotDone::Needless("the plan is not stored"));
        };
        let Some(part) = work_part(&news) else {
            return Err(NotDone::Needless("nothing is being built there"));
        };
        let branch = self.branch(performance).await?;
        let Some(own) = self.open_own(performance, &branch).await? else {
            return Err(NotDone::Needless("the pull request was closed"));
        };
        self.show_part(performance, &own, &part).await?;
        Ok(Done::default())
    }

    /// Closes the plan's pull request, wherever it stands.
    pub(super) async fn close_pull_request(
        &self,
        performance: &Performance<'_>,
    ) -> Result<Done, NotDone> {
        let Some(number) = self.pull_request(performance.issue()).await? else {
            return Err(NotDone::Needless("there is no pull request"));
        };
        let branch = self.branch(performance).await?;
        let Some(own) = performance.writer.own_pull_request(number, &branch).await? else {
            return Err(NotDone::Needless("the pull request is not Baton's"));
        };
        self.point_to_merged(performance, &own).await?;
        // Closing what is closed changes nothing.
        self.keep_pace(performance, 1).await?;
        performance.writer.close_pull_request(&own).await?;
        Ok(Done::default())
    }

    /// Where the work was merged in a pull request of people's own, the plan's says which.
    async fn point_to_merged(
        &self,
        performance: &Performance<'_>,
        own: &OwnPullRequest,
    ) -> Result<(), NotDone> {
        let issue = performance.issue();
        let Some(merged) = self.merged_with(issue).await? else { return Ok(()) };
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        let revision = stage.as_ref().and_then(Stage::plan).map(|it| it.revision);
        let Some(revision) = revision else { return Ok(()) };
        let news = self.plan_news(issue, &performance.repository, revision).await?;
        let Some(news) = news else { return Ok(()) };
        let part = comment::superseded_pull_request(&news, merged);
        self.show_part(performance, own, &part).await
    }

    /// Puts Baton's part into the text of the pull request, beside what people wrote there; nothing
    /// is written where it says so already.
    async fn show_part(
        &self,
        performance: &Performance<'_>,
        own: &OwnPullRequest,
        part: &str,
    ) -> Result<(), NotDone> {
        let before = &own.as_it_was().body;
        let text = comment::with_part(before, &self.bounded(part));
        if text.trim_end() == before.trim_end() {
            return Ok(());
        }
        self.keep_pace(performance, 1).await?;
        performance.writer.update_pull_request(own, None, Some(&text)).await?;
        Ok(())
    }

    /// The pull request that is open; `None` when there is none yet, or when it was closed
    /// meanwhile, as GitHub does when its branch is deleted.
    async fn open_own(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
    ) -> Result<Option<OwnPullRequest>, NotDone> {
        let Some(number) = self.pull_request(performance.issue()).await? else { return Ok(None) };
        match performance.writer.own_pull_request(number, branch).await {
            Ok(own) => Ok(own.filter(|it| it.as_it_was().open)),
            Err(GitHubError::NotFound | GitHubError::Gone) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A plan that was merged already is not what this pull request is about.
    fn pull_request_title(&self, number: IssueNumber, title: &str, is_merged: bool) -> String {
        let about = if is_merged { "Work" } else { "Plan" };
        match hygiene::title_text(&self.secrets.redact(title)) {
            title if title.is_empty() => format!("{about}: issue {number}"),
            title => format!("{about}: {title}"),
        }
    }

    async fn open_pull_request(
        &self,
        performance: &Performance<'_>,
        branch: &BatonRef,
        (news, part): (&PlanNews, &str),
    ) -> Result<IssueNumber, NotDone> {
        // Of several tries one may have opened it: what is open is never opened twice.
        let open = performance.reader.pull_requests_of(branch).await?;
        if let Some(open) = open.into_iter().find(|it| it.open) {
            return Ok(open.number);
        }
        self.is_not_done(performance).await?;
        let issue = performance.issue();
        let title = self.store.load_issue(issue).await?.map(|it| it.title).unwrap_or_default();
        let is_merged = news.merged_in.is_some();
        let told = performance.repository.default_branch.as_deref();
        let mut pull = NewPullRequest {
            head: branch.clone(),
            base: performance.reader.repository().await?.default_branch_or(told),
            title: self.pull_request_title(issue.number, &title, is_merged),
            body: comment::with_part("", &self.bounded(part)),
            draft: true,
        };
        loop {
            self.about_to_write(performance, 1).await?;
            match performance.writer.open_pull_request(&pull).await? {
                PullRequestOpened::Opened(it) | PullRequestOpened::Exists(it) => {
                    return Ok(it.number);
                }
                // Private repositories on free plans refuse drafts.
                PullRequestOpened::DraftsUnsupported if pull.draft => pull.draft = false,
                PullRequestOpened::DraftsUnsupported => {
                    return Err(NotDone::Never("GitHub refused the pull request".to_owned()));
                }
            }
        }
    }
}

/// Baton's part while the work goes on and while people review it; `None` before and after.
fn work_part(news: &PlanNews) -> Option<String> {
    match news.work.as_ref()?.phase {
        WorkPhase::GoesOn => Some(comment::pull_request(news)),
        WorkPhase::Ready => Some(comment::final_pull_request(news)),
        WorkPhase::Over => None,
    }
}
