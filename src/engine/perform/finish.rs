//! The end of the work: a person's yes is kept, the plan moves to its place among completed ones,
//! the pull request becomes the one that closes the issue.

use crate::base::{IssueKey, Sha};
use crate::domain::hygiene;
use crate::domain::plan::checklist::with_tick;
use crate::domain::plan::place::{completed_path, plan_path, state_path};
use crate::engine::ingest::read_state;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::publish::finish_message;
use crate::engine::perform::{Done, Performance};
use crate::engine::{COMPLETED_AT, Engine};
use crate::github::client::{Committed, FileChange, FileMode, GitHubError, Told};
use crate::render::comment;
use crate::store::StoreError;

/// After this many tries, about a minute, a server that fails inside is not asked any more to mark a
/// pull request as ready: a person does that with one press, and the work is done.
const MARK_TRIES: i64 = 5;

/// The handle that says whether Baton could mark the pull request as ready for review.
pub(super) const MARKED_READY: &str = "marked-ready";

/// The kind of handle under which a person's yes to a change stands.
pub(in crate::engine) fn yes_handle(hash: &str) -> String {
    format!("yes/{hash}")
}

impl Engine {
    /// Keeps a person's yes, with who said it.
    pub(super) async fn keep_yes(
        &self,
        performance: &Performance<'_>,
        hash: &str,
        by: &str,
    ) -> Result<Done, NotDone> {
        let by = if by.is_empty() { "somebody" } else { by };
        self.store.save_handle(performance.issue(), &yes_handle(hash), by).await?;
        Ok(Done::default())
    }

    /// Commits the end of the work and makes the pull request ready for people.
    pub(super) async fn finish_plan(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        // It may have been tried for an hour, and somebody may have taken a task up again.
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        if !stage.as_ref().is_some_and(|it| it.unpaused().is_ready()) {
            return Err(NotDone::Needless("the work is no longer ready"));
        }
        let branch = self.branch(performance).await?;
        self.move_plan(performance, &branch).await?;
        let Some(number) = self.pull_request(issue).await? else {
            return Err(NotDone::Never("the plan has no pull request".to_owned()));
        };
        let Some(news) = self.plan_news(issue, &performance.repository, revision).await? else {
            return Err(NotDone::Never("the plan is not stored".to_owned()));
        };
        let title = self.store.load_issue(issue).await?.map(|it| it.title).unwrap_or_default();
        let title = hygiene::title_text(&self.secrets.redact(&title));
        let title = if title.is_empty() { format!("Issue {}", issue.number) } else { title };
        let Some(own) = performance.writer.own_pull_request(number, &branch).await? else {
            return Err(NotDone::Never("the pull request is not Baton's".to_owned()));
        };
        let part = self.bounded(&comment::final_pull_request(&news));
        let body = comment::with_part(&own.as_it_was().body, &part);
        self.keep_pace(performance, 2).await?;
        performance.writer.update_pull_request(&own, Some(&title), Some(&body)).await?;
        // Where only a person can mark it as ready, the comment that follows asks for it.
        let marked = match performance.writer.mark_ready(&own).await {
            Ok(Told::Known(())) => "yes",
            Ok(Told::Unknown(_)) => "no",
            // The text was just taken, so GitHub is there and this part of it is not.
            Err(error @ GitHubError::Server(_)) if MARK_TRIES <= performance.claimed.attempt => {
                tracing::warn!(%error, "a person is asked to mark the pull request as ready");
                "no"
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Done { handles: vec![(MARKED_READY.to_owned(), marked.to_owned())], internal: None })
    }

    /// The plan's file with the boxes of all done tasks ticked; what people wrote in it stays.
    async fn with_ticks(
        &self,
        performance: &Performance<'_>,
        mut text: String,
    ) -> Result<String, NotDone> {
        let Some(row) = self.store.load_issue(performance.issue()).await? else { return Ok(text) };
        let state = read_state(&row)?;
        for id in state.stage.work().into_iter().flat_map(|it| &it.done) {
            text = with_tick(&text, id, true).unwrap_or(text);
        }
        Ok(text)
    }

    /// Moves the plan to its place among completed ones and drops STATE.md, as they stand at the
    /// branch's head. Doing it twice finds nothing left to move.
    async fn move_plan(
        &self,
        performance: &Performance<'_>,
        branch: &crate::github::BatonRef,
    ) -> Result<(), NotDone> {
        let number = performance.issue().number.to_string();
        let (plan, state) = (plan_path(&number), state_path(&number));
        let Some(head) = performance.reader.branch_head(branch.as_str()).await? else {
            return Err(NotDone::Never("the branch is gone".to_owned()));
        };
        let tree = performance.reader.tree(&head).await?;
        let stands = |path: &str| tree.entries.iter().find(|it| it.path == path);
        let mut changes = Vec::new();
        if let Some(file) = stands(&plan) {
            let bytes = performance.reader.blob(&file.sha).await?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let content = self.with_ticks(performance, text).await?;
            let path = completed_path(&number);
            changes.push(FileChange::Write { path, content, mode: FileMode::Regular });
            changes.push(FileChange::Delete { path: plan });
        } else if stands(&completed_path(&number)).is_some() {
            // An earlier try got through, and its answer did not.
            let issue = performance.issue();
            self.completed_at(issue, &head).await?;
        }
        if stands(&state).is_some() {
            changes.push(FileChange::Delete { path: state });
        }
        if changes.is_empty() {
            return Ok(());
        }
        let message = finish_message(performance.issue().number, &performance.claimed.key);
        self.about_to_write(performance, 3).await?;
        match performance.writer.commit_files(branch, &head, &message, &changes).await? {
            Committed::Done(sha) => {
                let issue = performance.issue();
                Ok(self.completed_at(issue, &sha).await?)
            }
            Committed::Unchanged => Ok(()),
            Committed::HeadMoved { .. } => {
                let why = "the branch moved while it was written".to_owned();
                Err(NotDone::Later { until: self.clock.now(), why })
            }
        }
    }

    async fn completed_at(&self, issue: IssueKey, commit: &Sha) -> Result<(), StoreError> {
        self.store.save_handle(issue, COMPLETED_AT, commit.as_str()).await?;
        self.store.save_handle(issue, "plan-commit", commit.as_str()).await
    }
}
