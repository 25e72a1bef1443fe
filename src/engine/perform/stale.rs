//! The question about a stale plan, once it is asked.

use crate::base::CommentId;
use crate::domain::workflow::Stale;
use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::engine::view::StaleHandle;
use crate::render::comment;

impl Engine {
    /// Shows in the question what became of it.
    pub(super) async fn show_stale(
        &self,
        performance: &Performance<'_>,
        revision: u16,
        mark: &str,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let asked = self.store.handle(issue, &StaleHandle::kind(revision, mark)).await?;
        let Some(asked) = asked.as_deref().and_then(StaleHandle::read) else {
            return Err(NotDone::Needless("the question was never posted"));
        };
        let news = self.stale_news(issue, (revision, &asked.login), &asked.stale).await?;
        let Some(news) = news else { return Err(NotDone::Needless("the plan is gone")) };
        let body = self.bounded(&comment::keyed(&asked.key, &comment::stale(&news)));
        match self.edit_comment(performance, asked.comment, &body).await? {
            Some(_) => Ok(Done::default()),
            None => Err(NotDone::Needless("the comment was deleted")),
        }
    }

    /// What is remembered of a question that was posted.
    pub(super) fn asked_stale(
        performance: &Performance<'_>,
        comment: CommentId,
        (revision, login): (u16, &str),
        stale: &Stale,
    ) -> (String, String) {
        let key = performance.claimed.key.clone();
        let handle = StaleHandle { comment, key, login: login.to_owned(), stale: stale.clone() };
        (StaleHandle::kind(revision, &stale.mark), handle.text())
    }
}
