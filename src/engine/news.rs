//! The same news under another delivery: what a person wrote once is asked for once. A redelivery has
//! the same bytes; a second hook of the repository tells the same words in a body of its own.

use sha2::{Digest as _, Sha256};

use crate::base::RepositoryId;
use crate::domain::incoming::{ReviewCommentNews, ReviewNews, What};
use crate::engine::Engine;
use crate::engine::presses::is_press;
use crate::store::{InboxRow, StoreError};

impl Engine {
    /// Whether this was decided upon under another delivery id.
    pub(super) async fn was_heard(
        &self,
        row: &InboxRow,
        what: &What,
        news: Option<&str>,
    ) -> Result<bool, StoreError> {
        // Of two presses of a button GitHub tells in the same words.
        if is_press(what) {
            return Ok(false);
        }
        if self.store.body_was_handled(row).await? {
            return Ok(true);
        }
        match news {
            Some(news) => self.store.news_was_handled(row, news).await,
            None => Ok(false),
        }
    }
}

/// By what the news is known that somebody wrote something: where it stands, when, and the hash of
/// the words. An edit without a time has none: the same words may come back by another edit. Nor
/// have labels, since one may be taken off and put on again within GitHub's second.
pub(super) fn news_key(repository: RepositoryId, what: &What) -> Option<String> {
    let (kind, id, at, text) = match what {
        What::CommentCreated { comment, .. } => {
            let at = comment.updated_at.or(comment.created_at);
            ("comment created", comment.id.0, at, &comment.body)
        }
        What::CommentEdited { comment, .. } => {
            ("comment edited", comment.id.0, Some(comment.updated_at?), &comment.body)
        }
        What::ReviewComment { comment, news: ReviewCommentNews::Created, .. } => {
            let at = comment.updated_at.or(comment.created_at);
            ("line created", comment.id.0, at, &comment.body)
        }
        What::ReviewComment { comment, news: ReviewCommentNews::Edited { .. }, .. } => {
            ("line edited", comment.id.0, Some(comment.updated_at?), &comment.body)
        }
        What::Review { review, news: ReviewNews::Submitted, .. } => {
            ("review submitted", review.id.0, review.submitted_at, &review.body)
        }
        What::Review { news: ReviewNews::Dismissed, .. }
        | What::ReviewComment { news: ReviewCommentNews::Deleted, .. }
        | What::IssueOpened(_)
        | What::IssueEdited { .. }
        | What::IssueLabelled { .. }
        | What::IssueUnlabelled { .. }
        | What::IssueClosed(_)
        | What::IssueReopened(_)
        | What::IssueGone(_)
        | What::IssueTransferred { .. }
        | What::IssueLocked(_)
        | What::IssueUnlocked(_)
        | What::CommentDeleted { .. }
        | What::PullRequestClosed { .. }
        | What::PullRequest { .. }
        | What::Ci(_)
        | What::Pushed { .. }
        | What::InstallationRemoved
        | What::InstallationSuspended
        | What::InstallationUnsuspended
        | What::RepositoriesGone(_)
        | What::RepositoryRenamed
        | What::Ignored(_) => return None,
    };
    let at = at.map_or_else(String::new, |it| it.0.to_string());
    let words = hex::encode(Sha256::digest(text.as_bytes()));
    Some(format!("{repository}/{kind}/{id}/{at}/{words}"))
}
