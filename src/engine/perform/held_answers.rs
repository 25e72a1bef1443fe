//! The comment with the answers that are held, and a box under each.

use crate::engine::Engine;
use crate::engine::perform::outcome::NotDone;
use crate::engine::perform::{Done, Performance};
use crate::render::comment;

impl Engine {
    /// Shows the answers of the round that are held: the first in a new comment, the further ones
    /// and what became of them in the same, which mentions nobody again.
    pub(super) async fn show_held_answers(
        &self,
        performance: &Performance<'_>,
        may_post: bool,
    ) -> Result<Done, NotDone> {
        let issue = performance.issue();
        let stage = self.subject_of(issue).await?.map(|it| it.state.stage);
        let held = match &stage {
            Some(stage) => self.held_answers(issue, stage).await?,
            None => None,
        };
        let views = held.as_ref().map(|it| it.views()).unwrap_or_default();
        let Some(held) = held.filter(|_| !views.is_empty()) else {
            return Err(NotDone::Needless("the questions are past"));
        };
        let text = comment::held_answers(&views, held.is_full());
        if let Some(shown) = self.held_answers_shown(issue, &held).await? {
            let body = self.bounded(&comment::keyed(&shown.key, &text));
            self.edit_comment(performance, shown.comment, &body).await?;
            return Ok(Done::default());
        }
        if !may_post {
            return Err(NotDone::Needless("they were never shown"));
        }
        let posted = self.posted_once(performance, &text).await?;
        let shown = held.shown_in(posted.id, performance.claimed.key.clone());
        Ok(Done { handles: vec![shown], ..Done::default() })
    }
}
