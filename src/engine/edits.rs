//! Edits whose server does not say what they changed. What the comment said before stands in the
//! newest earlier delivery about it. Where none is stored, a command in it may be one that was run
//! before: it is not run, and whoever may ask is told.

use crate::domain::command::{DEFAULT_BARE, Found, Names, commands_in};
use crate::domain::incoming::{ReviewCommentNews, What};
use crate::domain::permission::Right;
use crate::domain::workflow::{Event, Request};
use crate::engine::Engine;
use crate::engine::facts::Known;
use crate::engine::ingest::{Ingested, Subject, ignored, one};
use crate::engine::words::{OUR_MARK, Said};
use crate::github::webhook;
use crate::store::{CommitError, InboxRow, LaneLease, StoreError};

/// How many deliveries about comments are looked through.
const LOOKED_THROUGH: i64 = 200;
/// Why nothing is made of such an edit.
pub(super) const UNSAID: &str = "the server did not say what the edit changed";

impl Engine {
    /// What the comment that `row` tells of said before, as far as that was ever delivered.
    pub(super) async fn said_before(
        &self,
        lease: &LaneLease,
        row: &InboxRow,
        comment: i64,
    ) -> Result<Option<String>, StoreError> {
        let earlier = self.store.comments_before(lease, row, LOOKED_THROUGH).await?;
        Ok(earlier.iter().find_map(|body| {
            let what = webhook::incoming(&row.event, body).ok()?.what;
            written(&what).filter(|(id, _)| *id == comment).map(|(_, text)| text.clone())
        }))
    }

    /// What follows when nobody knows what an edit changed.
    pub(super) async fn edited_somehow(
        &self,
        row: &InboxRow,
        subject: Subject,
        said: Said,
    ) -> Result<Ingested, CommitError> {
        let Said { place, sender, comment, .. } = said;
        let ours = comment.body.trim_start().starts_with(OUR_MARK) || comment.by_app;
        let Some(sender) = sender.filter(|it| !it.bot && !ours) else { return Ok(ignored(UNSAID)) };
        let slug = self.slug().await;
        let names = Names { slug: &slug, bare: &DEFAULT_BARE };
        let found = commands_in(&comment.body, &names);
        if !found.iter().any(|it| matches!(it, Found::Command { .. })) {
            return Ok(ignored(UNSAID));
        }
        let by = match self.actor(row, &subject, &sender).await? {
            Known::Actor(by) => by,
            Known::AskAgain { at, why } => return Ok(Ingested::PutOff { until: at, why }),
        };
        if by.right < Right::Triage {
            return Ok(ignored(UNSAID));
        }
        let sentence = "the server did not say what was changed in the comment, so no command in \
                        it was run. Write it in a new comment."
            .to_owned();
        let at = comment.updated_at.or(comment.created_at).unwrap_or(row.received);
        let request = Request::Malformed { name: "edit", sentence };
        Ok(one(subject, Event::Asked { by, comment: comment.id, at, place, request }))
    }
}

/// Id and text of a comment that was written or changed.
fn written(what: &What) -> Option<(i64, &String)> {
    if let What::CommentCreated { comment, .. } | What::CommentEdited { comment, .. } = what {
        return Some((comment.id.0, &comment.body));
    }
    let What::ReviewComment { comment, news, .. } = what else { return None };
    (*news != ReviewCommentNews::Deleted).then_some((comment.id.0, &comment.body))
}
