//! Reactions and comments.

use sha2::{Digest as _, Sha256};

use crate::base::{
    CommentId, EffectKey, IssueKey, IssueNumber, Millis, ReviewCommentId, RunId, Timestamp,
};
use crate::domain::command::{DEFAULT_BARE, Names};
use crate::domain::incoming::{Account, CommentSnapshot};
use crate::domain::workflow::{Post, Reaction, Refused, Stage};
use crate::engine::Engine;
use crate::engine::ci::call_handle;
use crate::engine::perform::finish::MARKED_READY;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::view::{PostedHandle, plan_news};
use crate::github::client::{self, GitHubError, Reacted};
use crate::render::{comment, help};
use crate::store::StoreError;

/// The handle under which the id of Baton's own account stands.
const SELF: &str = "self";
/// How far back a comment is looked for where an issue has more of them than are read.
const SEARCHED: Millis = Millis::days(1);

impl Engine {
    /// Reacts to a comment: in the same second, outside the pace that other writes keep.
    pub(super) async fn react(
        &self,
        performance: &Performance<'_>,
        comment: CommentId,
        with: Reaction,
    ) -> Result<Done, NotDone> {
        reacted(performance.writer.react_to_comment(comment, as_sent(with)).await?)
    }

    /// The same for a comment on a line.
    pub(super) async fn react_on_line(
        &self,
        performance: &Performance<'_>,
        comment: ReviewCommentId,
        with: Reaction,
    ) -> Result<Done, NotDone> {
        reacted(performance.writer.react_to_review_comment(comment, as_sent(with)).await?)
    }

    /// Posts a new comment under its key.
    pub(super) async fn post(
        &self,
        performance: &Performance<'_>,
        post: &Post,
    ) -> Result<Done, NotDone> {
        if let Post::Refused { refusal: Refused::AnswerHeld, .. } = post {
            return self.show_held_answers(performance, true).await;
        }
        let key = &performance.claimed.key;
        let cause = self.cause_of(performance.issue(), post).await?;
        let asks = cause.is_some() || matches!(post, Post::Questions { .. });
        let posted = match self.posted_before(performance).await? {
            Some(posted) => posted,
            None => {
                let Some(text) = self.text_of(performance, post).await? else {
                    return Err(NotDone::Needless("what it was about is gone"));
                };
                if let Some(cause) = &cause
                    && let Some(again) = self.called_again(performance, cause, &text).await?
                {
                    return Ok(again);
                }
                if asks {
                    self.fold_older(performance, None).await?;
                }
                self.posted_now(performance, &text).await?
            }
        };
        let id = posted.id;
        let at = posted.created_at.unwrap_or(performance.now);
        let handle = PostedHandle { comment: id, key: key.clone(), at };
        let mut done = Done::default();
        if asks {
            done.handles.extend(Engine::called(&handle, cause.as_ref()));
        }
        if let Post::Questions { run, round } = post {
            done.handles.push((questions_handle(run, *round), format!("{id} {key}")));
        }
        if let Post::Blocked { why, .. } = post
            && let Some(digits) = self.yes_digits(performance.issue(), *why).await?
        {
            done.handles.push((call_handle(&digits), id.to_string()));
        }
        if let Post::PlanReady { revision } = post {
            done.handles.push((plan_news(*revision), handle.to_string()));
        }
        if let Post::Stale { revision, login, stale } = post {
            done.handles.push(Engine::asked_stale(performance, id, (*revision, login), stale));
        }
        Ok(done)
    }

    /// What stands there under this effect's key already.
    async fn posted_before(
        &self,
        performance: &Performance<'_>,
    ) -> Result<Option<CommentSnapshot>, NotDone> {
        let marker = comment::key_marker(&performance.claimed.key);
        match performance.may_be_done() {
            true => self.find_comment(performance, &marker).await,
            false => Ok(None),
        }
    }

    /// Posts `text` under this effect's key, unless it stands there already.
    pub(super) async fn posted_once(
        &self,
        performance: &Performance<'_>,
        text: &str,
    ) -> Result<CommentSnapshot, NotDone> {
        match self.posted_before(performance).await? {
            Some(posted) => Ok(posted),
            None => self.posted_now(performance, text).await,
        }
    }

    async fn posted_now(
        &self,
        performance: &Performance<'_>,
        text: &str,
    ) -> Result<CommentSnapshot, NotDone> {
        self.is_not_done(performance).await?;
        let body = self.bounded(&comment::keyed(&performance.claimed.key, text));
        self.create_comment(performance, &body).await
    }

    /// Writes a comment on the issue, and learns from the first one who Baton is here: some servers
    /// answer as the owner of the account.
    async fn create_comment(
        &self,
        performance: &Performance<'_>,
        body: &str,
    ) -> Result<CommentSnapshot, NotDone> {
        self.about_to_write(performance, 1).await?;
        let number = performance.issue().number;
        let written = performance.writer.create_comment(number, body).await?;
        let place = self_handle(performance.issue());
        if let Some(author) = &written.author
            && self.store.handle(place, SELF).await?.is_none()
        {
            self.store.save_handle(place, SELF, &author.id.to_string()).await?;
        }
        Ok(written)
    }

    /// Shows in the announcement of a revision where its approval stands.
    pub(super) async fn show_plan_news(
        &self,
        performance: &Performance<'_>,
        revision: u16,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(handle) = self.posted(issue, &plan_news(revision)).await? else {
            return Err(NotDone::Needless("the revision was never announced"));
        };
        let Some(news) = self.plan_news(issue, &performance.repository, revision).await? else {
            return Err(NotDone::Needless("the plan is gone"));
        };
        let body = self.bounded(&comment::keyed(&handle.key, &comment::plan_ready(&news)));
        match self.edit_comment(performance, handle.comment, &body).await? {
            Some(_) => Ok(Done::default()),
            None => Err(NotDone::Needless("the comment was deleted")),
        }
    }

    /// Edits the comment with the questions so that it shows what was taken as their answers.
    pub(super) async fn show_answers(
        &self,
        performance: &Performance<'_>,
        run: &RunId,
        round: u8,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let posted = self.store.handle(issue, &questions_handle(run, round)).await?;
        let posted = posted.as_deref().and_then(|it| it.split_once(' '));
        let Some((id, key)) = posted.and_then(|(id, key)| Some((id.parse().ok()?, key))) else {
            return Err(NotDone::Needless("the questions were never posted"));
        };
        let Some(view) = self.questions_view(issue, run, round).await? else {
            return Err(NotDone::Needless("the questions are gone"));
        };
        let body = comment::keyed(&EffectKey::from(key), &comment::questions(&view));
        let body = self.bounded(&body);
        let edited = self.edit_comment(performance, CommentId(id), &body).await?;
        // One of them may have been held until now, and its box is used up.
        match self.show_held_answers(performance, false).await {
            Ok(_) | Err(NotDone::Needless(_)) => {}
            Err(error) => return Err(error),
        }
        match edited {
            Some(_) => Ok(Done::default()),
            None => Err(NotDone::Needless("the comment was deleted")),
        }
    }

    /// Posts the status comment the first time, edits it afterwards, and posts it anew when
    /// somebody deleted it. At most one edit in ten seconds, and only when the text is another.
    pub(super) async fn upsert_status(
        &self,
        performance: &Performance<'_>,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let due = self.status_due(issue, performance.now).await?;
        if performance.now < due {
            let why = "the status comment was edited a moment ago".to_owned();
            return Err(NotDone::Later { until: due, why });
        }
        let Some(view) = self.issue_view(issue).await? else {
            return Err(NotDone::Needless("the issue is not known"));
        };
        let body = self.bounded(&comment::status(&view));
        let hash = hex::encode(Sha256::digest(body.as_bytes()));
        let known = self.store.handle(issue, "status").await?;
        let stored = known.as_ref().and_then(|it| it.parse().ok()).map(CommentId);
        if stored.is_some()
            && self.store.handle(issue, "status-shown").await?.as_ref() == Some(&hash)
        {
            return Err(NotDone::Needless("it says so already"));
        }
        let mut shown = match stored {
            Some(id) => self.edit_comment(performance, id, &body).await?,
            None => None,
        };
        if shown.is_none() && (performance.may_be_done() || known.is_some()) {
            // It may stand there without our knowing: after a crash, or a try that was given up.
            let marker = comment::status_marker(issue.number);
            shown = match self.find_comment(performance, &marker).await? {
                Some(found) => self.edit_comment(performance, found.id, &body).await?,
                None => None,
            };
        }
        let id = match shown {
            Some(id) => id,
            None => {
                self.is_not_done(performance).await?;
                self.create_comment(performance, &body).await?.id
            }
        };
        let at = performance.now.0.to_string();
        let handles = [("status", id.to_string()), ("status-shown", hash), ("status-at", at)];
        let handles = handles.map(|(kind, value)| (kind.to_owned(), value)).to_vec();
        Ok(Done { handles, internal: None })
    }

    /// Edits a comment of ours; `None` when it is no longer there. An edit is the same when it is
    /// made twice, so its outcome need not be known.
    pub(super) async fn edit_comment(
        &self,
        performance: &Performance<'_>,
        id: CommentId,
        body: &str,
    ) -> Result<Option<CommentId>, NotDone> {
        self.keep_pace(performance, 1).await?;
        match performance.writer.update_comment(id, body).await {
            Ok(_) => Ok(Some(id)),
            Err(GitHubError::NotFound | GitHubError::Gone) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds a comment of ours by its hidden marker. A marker that a person wrote is not ours: the
    /// author has to be the App, or whoever the server said Baton is here.
    async fn find_comment(
        &self,
        performance: &Performance<'_>,
        marker: &str,
    ) -> Result<Option<CommentSnapshot>, NotDone> {
        let issue = performance.issue();
        let login = self.github.identity().await.ok().and_then(|it| it.bot_login);
        let learned = self.store.handle(self_handle(issue), SELF).await?;
        let is_ours = |author: &Account| match &learned {
            Some(id) => author.id.to_string() == *id || login.as_ref() == Some(&author.login),
            // Nothing was ever posted here as far as is known: the marker alone has to do.
            None => true,
        };
        let comments = performance.reader.comments(issue.number, None).await?;
        let mut found = comments.items.into_iter().filter(|it| it.body.starts_with(marker));
        let found = found.find(|it| it.author.as_ref().is_none_or(is_ours));
        if found.is_none() && !comments.complete {
            // The newest are missing; what may be ours of the last day is asked for by itself.
            let since = Timestamp(performance.now.0 - SEARCHED.0);
            let recent = performance.reader.comments(issue.number, Some(since)).await?.items;
            let mut recent = recent.into_iter().filter(|it| it.body.starts_with(marker));
            return Ok(recent.find(|it| it.author.as_ref().is_none_or(is_ours)));
        }
        Ok(found)
    }

    /// What people have to know when all tasks are done.
    async fn ready_news(
        &self,
        performance: &Performance<'_>,
        person: Option<String>,
    ) -> Result<comment::ReadyNews, StoreError> {
        let issue = performance.issue();
        let marked = self.store.handle(issue, MARKED_READY).await?;
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        let work = stage.as_ref().and_then(Stage::work);
        let theirs = work.and_then(|it| it.adopted);
        Ok(comment::ReadyNews {
            person,
            pull_request: theirs.or(self.pull_request(issue).await?),
            is_theirs: theirs.is_some(),
            is_draft: marked.as_deref() != Some("yes"),
            unchecked: work.is_some_and(|it| it.unchecked),
            spent: self.spent(performance.claimed.installation, issue).await?,
            reports: self.report_views(issue).await?,
        })
    }

    /// What a comment says; `None` when its subject is gone.
    async fn text_of(
        &self,
        performance: &Performance<'_>,
        post: &Post,
    ) -> Result<Option<String>, NotDone> {
        let issue = performance.issue();
        Ok(match post {
            Post::Analysis { tokens } => self.analysis_comment(issue, *tokens).await?,
            Post::Help { command } => {
                let slug = self.slug().await;
                let names = Names { slug: &slug, bare: &DEFAULT_BARE };
                let one = command.as_deref().and_then(help::command_help);
                Some(one.unwrap_or_else(|| help::help_comment(&names)))
            }
            Post::Cost => Some(self.cost_comment(performance.claimed.installation, issue).await?),
            Post::Questions { run, round } => {
                if !self.asks_now(issue, run, *round).await? {
                    return Ok(None);
                }
                let view = self.questions_view(issue, run, *round).await?;
                view.map(|it| comment::questions(&it))
            }
            Post::PlanReady { revision } => {
                let news = self.plan_news(issue, &performance.repository, *revision).await?;
                news.map(|it| comment::plan_ready(&it))
            }
            Post::Stale { revision, login, stale } => {
                let news = self.stale_news(issue, (*revision, login), stale).await?;
                news.map(|it| comment::stale(&it))
            }
            Post::Ready { person } => {
                let person = self.login_of(issue, *person).await?;
                Some(comment::ready(&self.ready_news(performance, person).await?))
            }
            Post::Merged => {
                let report = self.merged_report(issue).await?;
                report.map(|it| comment::merged(&it))
            }
            Post::Blocked { why, person } => {
                self.call_for_a_person(performance, *why, *person).await?
            }
            Post::OverLimit { person } => {
                let news = self.over_limit_news(issue, *person).await?;
                news.map(|it| comment::over_limit(&it))
            }
            Post::BudgetSet { limit, goes_on } => {
                let news = self.budget_news(issue, (*limit, *goes_on), performance.now).await?;
                Some(comment::budget_set(&news))
            }
            Post::Ended { why, person } => {
                let person = self.login_of(issue, *person).await?;
                let spent = self.spent(performance.claimed.installation, issue).await?;
                Some(comment::ended(*why, person.as_deref(), spent))
            }
            Post::Reminder { person } => {
                let person = self.login_of(issue, *person).await?;
                Some(comment::reminder(person.as_deref(), self.reminds_of(issue).await?))
            }
            Post::Refused { login, refusal } => {
                let repository = &performance.repository;
                let repository = format!("{}/{}", repository.owner, repository.name);
                Some(comment::refused(login, &repository, issue.number, refusal))
            }
        })
    }
}

fn questions_handle(run: &RunId, round: u8) -> String {
    format!("questions/{run}/{round}")
}

/// Handles of a repository as a whole stand under its issue 0, which no issue is.
fn self_handle(issue: IssueKey) -> IssueKey {
    IssueKey { number: IssueNumber(0), ..issue }
}

fn as_sent(reaction: Reaction) -> client::Reaction {
    match reaction {
        Reaction::Eyes => client::Reaction::Eyes,
        Reaction::Rocket => client::Reaction::Rocket,
        Reaction::Confused => client::Reaction::Confused,
    }
}

fn reacted(outcome: Reacted) -> Result<Done, NotDone> {
    match outcome {
        Reacted::Done => Ok(Done::default()),
        Reacted::Unsupported => Err(NotDone::Needless("there is nothing to react to")),
    }
}
