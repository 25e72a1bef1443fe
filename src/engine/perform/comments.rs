//! Reactions and comments.

use sha2::{Digest as _, Sha256};

use crate::base::{CommentId, EffectKey, RunId};
use crate::domain::command::{DEFAULT_BARE, Names};
use crate::domain::hygiene;
use crate::domain::workflow::{Post, Reaction};
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::github::client::{self, GitHubError, Reacted};
use crate::render::{comment, help};

impl Engine {
    pub(super) async fn react(
        &self,
        performance: &Performance<'_>,
        comment: CommentId,
        with: Reaction,
    ) -> Result<Done, NotDone> {
        let reaction = match with {
            Reaction::Eyes => client::Reaction::Eyes,
            Reaction::Rocket => client::Reaction::Rocket,
            Reaction::Confused => client::Reaction::Confused,
        };
        match performance.writer.react_to_comment(comment, reaction).await? {
            Reacted::Done => Ok(Done::default()),
            Reacted::Unsupported => Err(NotDone::Needless("there is nothing to react to")),
        }
    }

    /// Posts a new comment under its key.
    pub(super) async fn post(
        &self,
        performance: &Performance<'_>,
        post: &Post,
    ) -> Result<Done, NotDone> {
        let key = &performance.claimed.key;
        let found = match performance.may_be_done() {
            true => self.find_comment(performance, &comment::key_marker(key)).await?,
            false => None,
        };
        let id = match found {
            Some(id) => id,
            None => {
                let Some(text) = self.text_of(performance, post).await? else {
                    return Err(NotDone::Needless("what it was about is gone"));
                };
                let body = bounded(&comment::keyed(key, &text));
                self.about_to_write(performance).await?;
                let number = performance.issue().number;
                performance.writer.create_comment(number, &body).await?.id
            }
        };
        let mut done = Done::default();
        if let Post::Questions { run, round } = post {
            done.handles.push((questions_handle(run, *round), format!("{id} {key}")));
        }
        Ok(done)
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
        self.about_to_write(performance).await?;
        match performance.writer.update_comment(CommentId(id), &bounded(&body)).await {
            Ok(_) => Ok(Done::default()),
            Err(GitHubError::NotFound | GitHubError::Gone) => {
                Err(NotDone::Needless("the comment was deleted"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Posts the status comment the first time, edits it afterwards, and posts it anew when
    /// somebody deleted it.
    pub(super) async fn upsert_status(
        &self,
        performance: &Performance<'_>,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let Some(view) = self.issue_view(issue).await? else {
            return Err(NotDone::Needless("the issue is not known"));
        };
        let body = bounded(&comment::status(&view));
        let hash = hex::encode(Sha256::digest(body.as_bytes()));
        let stored = self.store.handle(issue, "status").await?;
        let mut id = stored.and_then(|it| it.parse().ok()).map(CommentId);
        if id.is_some() && self.store.handle(issue, "status-shown").await?.as_ref() == Some(&hash) {
            return Err(NotDone::Needless("it says so already"));
        }
        if id.is_none() && performance.may_be_done() {
            let marker = comment::status_marker(issue.number);
            id = self.find_comment(performance, &marker).await?;
        }
        self.about_to_write(performance).await?;
        let updated = match id {
            Some(id) => match performance.writer.update_comment(id, &body).await {
                Ok(_) => Some(id),
                Err(GitHubError::NotFound | GitHubError::Gone) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        let id = match updated {
            Some(id) => id,
            None => performance.writer.create_comment(issue.number, &body).await?.id,
        };
        let at = performance.now.0.to_string();
        let handles = [("status", id.to_string()), ("status-shown", hash), ("status-at", at)];
        let handles = handles.map(|(kind, value)| (kind.to_owned(), value)).to_vec();
        Ok(Done { handles, internal: None })
    }

    /// Finds a comment of ours by its hidden marker. A marker that a person wrote is not ours.
    async fn find_comment(
        &self,
        performance: &Performance<'_>,
        marker: &str,
    ) -> Result<Option<CommentId>, NotDone> {
        let comments = performance.reader.comments(performance.issue().number, None).await?;
        let us = self.github.identity().await.ok().and_then(|it| it.bot_login);
        let found = comments.items.into_iter().find(|it| {
            let by_bot = it.author.as_ref().is_some_and(|author| author.bot);
            let by_us = it.author.as_ref().map(|author| &author.login) == us.as_ref();
            (it.by_app || by_bot || by_us || us.is_none()) && it.body.starts_with(marker)
        });
        Ok(found.map(|it| it.id))
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
                let view = self.questions_view(issue, run, *round).await?;
                view.map(|it| comment::questions(&it))
            }
            Post::PlanReady { revision } => {
                let news = self.plan_news(issue, &performance.repository, *revision).await?;
                news.map(|it| comment::plan_ready(&it))
            }
            Post::Blocked { why, person } => {
                let person = self.login_of(issue, *person).await?;
                let details = self.failure_details(issue, *why).await?;
                let spent = self.spent(performance.claimed.installation, issue).await?;
                Some(comment::blocked(*why, person.as_deref(), details.as_deref(), spent))
            }
            Post::Ended { why, person } => {
                let person = self.login_of(issue, *person).await?;
                let spent = self.spent(performance.claimed.installation, issue).await?;
                Some(comment::ended(*why, person.as_deref(), spent))
            }
            Post::Reminder { person } => {
                let person = self.login_of(issue, *person).await?;
                let asks = self.waits_for_answers(issue).await?;
                Some(comment::reminder(person.as_deref(), asks))
            }
            Post::Refused { login, refusal } => {
                let repository = &performance.repository;
                let repository = format!("{}/{}", repository.owner, repository.name);
                Some(comment::refused(login, &repository, refusal))
            }
        })
    }
}

fn questions_handle(run: &RunId, round: u8) -> String {
    format!("questions/{run}/{round}")
}

/// The last gate of everything that is posted: no secret leaves, nothing is too long.
pub(super) fn bounded(body: &str) -> String {
    hygiene::truncate_markdown(&hygiene::redact_secrets(body), hygiene::BODY_CHARS_MAX)
}
