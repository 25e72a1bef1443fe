//! Calls for a person: what makes them mention somebody, once. The older call folds when a newer one
//! comes, and the same cause makes no second comment within a day (product.md, notification budget).

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::base::{IssueKey, Millis, UserId};
use crate::domain::budget::Scope;
use crate::domain::buttons;
use crate::domain::workflow::{Block, Post, Stage};
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::view::PostedHandle;
use crate::github::client::GitHubError;
use crate::render::comment;
use crate::store::StoreError;

/// How long people are not notified of the same cause again.
const ONCE_IN: Millis = Millis::days(1);
/// So often the older call is tried to be folded: a call must not wait for that.
const FOLD_TRIES_MAX: i64 = 3;
/// The handle of the newest comment that asks people for something.
const NEWEST: &str = "newest-call";

/// What makes a call: two of the same cause say the same to the same person.
pub(super) struct Cause(String);

impl Cause {
    fn kind(&self) -> String {
        format!("called/{}", self.0)
    }
}

impl Engine {
    /// What makes this comment a call, if it is one. What was spent is no part of it.
    pub(super) async fn cause_of(
        &self,
        issue: IssueKey,
        post: &Post,
    ) -> Result<Option<Cause>, StoreError> {
        let told = if let Post::Blocked { why, person } = post {
            let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
            let who = match &stage {
                Some(stage) => self.blocked_worker(issue, stage, *why).await?,
                None => None,
            };
            let details = self.failure_details(issue, *why).await?;
            let asks = self.yes_digits(issue, *why).await?;
            json!([why, format!("{who:?}"), person, details, asks])
        } else if let Post::OverLimit { person } = post {
            let met = self.met_limit(issue).await?;
            let run =
                met.as_ref().filter(|it| it.over.scope == Scope::Run).map(|it| it.run.clone());
            json!([person, run, met.map(|it| (it.over.scope, it.over.limit))])
        } else {
            return Ok(None);
        };
        Ok(Some(Cause(hex::encode(&Sha256::digest(told.to_string().as_bytes())[..8]))))
    }

    /// Where this cause was told within a day, its comment says now what there is to say, and nobody
    /// is notified. `None`: there is no such comment, and it has to be posted.
    pub(super) async fn called_again(
        &self,
        performance: &Performance<'_>,
        cause: &Cause,
        text: &str,
    ) -> Result<Option<Done>, NotDone> {
        let (issue, now) = (performance.issue(), performance.now);
        let Some(earlier) = self.posted(issue, &cause.kind()).await? else { return Ok(None) };
        if earlier.at + ONCE_IN <= now {
            return Ok(None);
        }
        let body = comment::keyed(&earlier.key, &comment::again(text, earlier.at, now));
        let edited = self.edit_comment(performance, earlier.comment, &self.bounded(&body)).await?;
        if edited.is_none() {
            return Ok(None);
        }
        self.fold_older(performance, Some(&earlier)).await?;
        let handles = vec![(NEWEST.to_owned(), earlier.to_string())];
        Ok(Some(Done { handles, internal: None }))
    }

    /// The handles of a comment that asks people for something.
    pub(super) fn called(posted: &PostedHandle, cause: Option<&Cause>) -> Vec<(String, String)> {
        let kinds = cause.map(Cause::kind).into_iter().chain([NEWEST.to_owned()]);
        kinds.map(|it| (it, posted.to_string())).collect()
    }

    /// Folds the newest call, which another one follows: it stays to be read, and takes one line.
    /// This comes before that other one is posted, so that a failure here leaves nothing half done.
    pub(super) async fn fold_older(
        &self,
        performance: &Performance<'_>,
        by: Option<&PostedHandle>,
    ) -> Result<(), NotDone> {
        let older = self.posted(performance.issue(), NEWEST).await?;
        let Some(older) = older.filter(|it| by.is_none_or(|by| by.comment != it.comment)) else {
            return Ok(());
        };
        if FOLD_TRIES_MAX < performance.claimed.attempt {
            return Ok(());
        }
        match self.fold(performance, &older).await {
            Err(NotDone::GitHub(error)) if !error.retryable() => {
                tracing::warn!(%error, "an older call could not be folded");
                Ok(())
            }
            other => other,
        }
    }

    async fn fold(
        &self,
        performance: &Performance<'_>,
        older: &PostedHandle,
    ) -> Result<(), NotDone> {
        let text = match performance.reader.comment(older.comment).await {
            Ok(comment) => comment.body,
            Err(GitHubError::NotFound | GitHubError::Gone) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if let Some(body) = comment::folded(&text, &older.key, older.at) {
            self.edit_comment(performance, older.comment, &self.bounded(&body)).await?;
        }
        Ok(())
    }

    /// The call for a person; `None` when nobody worked.
    pub(super) async fn call_for_a_person(
        &self,
        performance: &Performance<'_>,
        why: Block,
        person: Option<UserId>,
    ) -> Result<Option<String>, NotDone> {
        let issue = performance.issue();
        let Some(subject) = self.subject_of(issue).await? else { return Ok(None) };
        let stage = subject.state.stage;
        let Some(who) = self.blocked_worker(issue, &stage, why).await? else { return Ok(None) };
        let person = self.login_of(issue, person).await?;
        let details = self.failure_details(issue, why).await?;
        let spent = self.spent(performance.claimed.installation, issue).await?;
        let asks = self.yes_digits(issue, why).await?;
        let (person, details) = (person.as_deref(), details.as_deref());
        let looked = matches!(who, comment::Worker::Tester | comment::Worker::Reviewer);
        let rests = looked && stage.rested();
        let mut call =
            comment::blocked(why, (&who, rests), person, details, asks.as_deref(), spent);
        if let Some(plan) = stage.plan_that_waits() {
            call.push_str(&comment::still_stands(plan.revision));
        }
        let is_paused = matches!(stage, Stage::Paused { .. });
        Ok(Some(if is_paused { comment::while_paused(&call) } else { call }))
    }

    /// Shows in the call for a person what became of its box: open again, or who said yes.
    pub(super) async fn show_call(
        &self,
        performance: &Performance<'_>,
        digits: &str,
        by: Option<&str>,
    ) -> Result<Done, NotDone> {
        let Some(id) = self.call_about(performance.issue(), digits).await? else {
            return Err(NotDone::Needless("the call was never posted"));
        };
        let text = match performance.reader.comment(id).await {
            Ok(comment) => comment.body,
            Err(GitHubError::NotFound | GitHubError::Gone) => {
                return Err(NotDone::Needless("the comment was deleted"));
            }
            Err(error) => return Err(error.into()),
        };
        let by = by.map(comment::name);
        let Some(body) = buttons::settled(&text, digits, by) else {
            return Err(NotDone::Needless("its box is gone"));
        };
        if body == text {
            return Err(NotDone::Needless("it says so already"));
        }
        match self.edit_comment(performance, id, &self.bounded(&body)).await? {
            Some(_) => Ok(Done::default()),
            None => Err(NotDone::Needless("the comment was deleted")),
        }
    }
}
